"""The composition root: one page on which everything meets."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from collector.channels.smtp import Postbox
from collector.dispatch import Sender
from collector.packing import Wrapping
from collector.plan import Ruling
from collector.policy import Channel
from collector.wording.stationery import Stationery
from duewell.clock import FollowingClock, SystemClock
from duewell.config import BadSetting, Settings
from duewell.ruling import ruling_of, windows_of
from duewell.ways import carriers, postbox
from duewell.workers import WORKER
from integrations.budget import Budgets
from integrations.contract import Account, AppKeys, Attempt, Budget, Clock, Grant, Meter, Token, Wire
from integrations.errors import Reconnect
from integrations.oauth import RenewingToken
from integrations.registry import platform, till_platform
from integrations.tills import Till
from storage.attempts import SealedAttempts
from storage.businesses import Business
from storage.businesses import business as business_of
from storage.connections import Connected, connection
from storage.database import Database
from storage.due import Narrow
from storage.errors import UnknownConnection
from storage.grants import SealedGrants
from storage.leases import Leases
from storage.meters import StoredMeter, calls_since
from storage.schema import upgrade
from storage.seals import Seal, holds_secrets, new_key
from storage.writer import GroupWriter
from sync.source import Source

A_DAY = 86_400.0


@dataclass
class House:
    """Everything that runs shares one of these."""

    settings: Settings
    database: Database
    clock: Clock
    keys: list[str] = field(repr=False)
    _counted: set[str] = field(default_factory=set, repr=False)

    @cached_property
    def grants(self) -> SealedGrants[Grant]:
        """Authorisations, sealed."""
        return SealedGrants(self.database, self.keys, self.clock.now, grant_type=Grant, missing=Reconnect)

    @cached_property
    def attempts(self) -> SealedAttempts[Attempt]:
        """Connectings that have begun."""
        return SealedAttempts(self.database, self.keys, self.clock.now, attempt_type=Attempt)

    @cached_property
    def leases(self) -> Leases:
        """One holder at a time, across processes."""
        return Leases(self.database, self.clock.now)

    @cached_property
    def budgets(self) -> Budgets:
        """Turns at the platforms' doors, shared by everything in this process."""
        return Budgets(self.clock)

    @cached_property
    def writer(self) -> GroupWriter:
        """The one thread that commits claims and deliveries in groups while pages are served."""
        return GroupWriter(self.database)

    @cached_property
    def seal(self) -> Seal:
        """For the webhook secrets."""
        return Seal(self.keys)

    def wire(self, slug: str, meter: Meter, keys: AppKeys | None = None) -> Wire:
        """What a platform needs to talk."""
        http = self.settings.http
        return Wire(
            app=keys or self.app(slug),
            clock=self.clock,
            meter=meter,
            connect_timeout=http.connect_timeout,
            read_timeout=http.read_timeout,
            patience=http.patience,
        )

    def app(self, slug: str) -> AppKeys:
        """What was registered at the platform, as the settings say."""
        told = self.settings.app(slug)
        secrets = tuple(secret.get_secret_value() for secret in told.webhook_secrets)
        return AppKeys(told.client_id, told.client_secret.get_secret_value(), secrets, dict(told.addresses))

    @contextmanager
    def source(self, connected: Connected) -> Iterator[Source]:
        """A connection with its books opened, and others of the business when asked for; what it cost is written when
        done."""
        with ExitStack() as opened:
            beside = cache(lambda other: self._opened(opened, self._other(connected.business, other)))
            yield replace(self._opened(opened, connected), beside=beside)

    def _opened(self, opened: ExitStack, connected: Connected) -> Source:
        meter = StoredMeter(self.database, connected.business, connected.id, clock_now=self.clock.now)
        opened.callback(meter.flush)
        return self.open(connected, meter)

    def _other(self, business: str, id: str) -> Connected:
        with self.database.read() as tx:
            found = connection(tx, business, id)
        if found is None:
            raise UnknownConnection(f"the business has no connection {id!r}")
        return found

    def open(self, connected: Connected, meter: Meter) -> Source:
        """The same, with a meter of the caller's."""
        books = platform(connected.platform).open(*self._line(connected, meter))
        return Source(self.database, self.clock, connected.business, connected.id, connected.platform, books)

    def till(self, connected: Connected, meter: Meter) -> Till:
        """Where the connection takes money. Raises Unsupported for a platform that takes none."""
        return till_platform(connected.platform).open_till(*self._line(connected, meter))

    def _line(self, connected: Connected, meter: Meter) -> tuple[Wire, Account, Token]:
        found, account = platform(connected.platform), account_of(connected)
        wire = self.wire(connected.platform, meter)
        token = RenewingToken(found, wire, self.grants, connected.grant_id)
        budget = self._budget(found.slug, wire.app.client_id, account)
        return replace(wire, budget=budget), account, token

    def _budget(self, slug: str, client_id: str, account: Account) -> Budget:
        """A company's turns. A month's calls are counted on from what the meters say of this month."""
        app, company, limits = f"{slug}:{client_id}", f"{slug}:{account.external_id}", platform(slug).limits(account)
        monthly = [limit for limit in limits if limit.seconds > A_DAY]
        if monthly and app not in self._counted:
            self._counted.add(app)
            first = self.clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            with self.database.read() as tx:
                calls = calls_since(tx, slug, first.date())
            for limit in monthly:
                self.budgets.used(app, company, limit, calls=calls, since=first.timestamp())
        return self.budgets.of(app, company, limits)

    def signature(self, business: Business) -> str:
        """Who signs for it."""
        return str(business.settings.get("sender_name") or self.settings.mail.sender_name or "Accounts")

    def sender(self, business: Business, paper: Stationery, *, automatic: bool, by: str = "") -> Sender:
        """How this business writes: the policy, the ways out, the paper, and the person who sends, if one does."""
        worker = f"{WORKER}, for {by}" if by else WORKER
        ruling = self.ruling(business.id)
        ways, mail = carriers(self, business), self.settings.mail
        plus = mail.reply_plus or any(server.reply_plus for server in mail.servers.values())
        wrapping = Wrapping(mail.attach_invoices, plus, int(mail.attachments_max_mb * 1_000_000))
        return Sender(ruling, automatic, ways, paper, worker=worker, commit=self.writer.do, wrapping=wrapping)

    def postbox(self) -> Postbox | None:
        """Our usual mail server, if one is set up."""
        return postbox(self)

    def ready(self, business: str) -> frozenset[Channel]:
        """The channels that are set up for a business."""
        with self.database.read() as tx:
            known = business_of(tx, business)
        return carriers(self, known).ready() if known else frozenset()

    def ruling(self, business: str) -> Ruling:
        """Which policy holds for which customer of the business."""
        return ruling_of(self.database, self.settings, business, self.clock.now())

    def windows(self, business: str) -> tuple[Narrow, ...] | None:
        """What may have a step today, so that nothing else is read; None when everything must be."""
        return windows_of(self.database, self.settings, business, self.clock.now())

    def close(self) -> None:
        """Write what is still to be written and give everything back."""
        if "writer" in vars(self):
            self.writer.stop()
        self.database.close()


def account_of(connected: Connected) -> Account:
    """What the contract calls an account."""
    return Account(connected.id, connected.external_id, connected.label, dict(connected.details))


def build(settings: Settings) -> House:
    """Open everything; the database is brought up to date first. Raises BadSetting or a StorageError."""
    clock = FollowingClock(_loopback(settings.sandbox_control)) if settings.sandbox_control else SystemClock()
    database = open_database(settings)
    if not settings.key_file.exists() and holds_secrets(database):
        database.close()
        said = f"the key file {settings.key_file} is missing, and tokens are sealed with it"
        raise BadSetting(f"{said}; put its backup back, or connect every company again with a new database")
    return House(settings, database, clock, sealing_keys(settings.key_file))


def open_database(settings: Settings) -> Database:
    """The database, with its tables as this version wants them."""
    if not settings.database:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database.open(settings.database_url)
    upgrade(database)
    return database


def sealing_keys(file: Path) -> list[str]:
    """The keys, newest first, one a line; a first one is made when there is no file. Raises BadSetting."""
    if not file.exists():
        _first_key(file)
    keys = [line.strip() for line in file.read_text().splitlines() if line.strip()]
    if not keys:
        raise BadSetting(f"{file} holds no key; put a backup of it back, since without it no token can be opened")
    return keys


def _first_key(file: Path) -> None:
    """Two processes may start at once: the key of whoever is first is everybody's."""
    mine = file.with_suffix(f".{os.getpid()}")
    write_keys(mine, [new_key()])
    with suppress(FileExistsError):
        os.link(mine, file)
    mine.unlink()


def write_keys(file: Path, keys: list[str]) -> None:
    """Put the keys there, readable by the owner alone, all or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as made:
        made.write("\n".join(keys) + "\n")
        made.flush()
        os.fsync(made.fileno())
    beside.replace(file)


def _loopback(control: str) -> str:
    from integrations.http import require_loopback

    require_loopback("sandbox_control", control)
    return control.rstrip("/")
