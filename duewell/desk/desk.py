"""The desk: answers whatever the pages ask, by handing on to the rooms that know."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from duewell import connecting, running
from duewell.businesses import all_businesses, living, zone_among
from duewell.desk.charges import ChargesDesk
from duewell.desk.manners import MannersDesk
from duewell.desk.pay_page import PayPageDesk
from duewell.desk.people import PeopleDesk
from duewell.desk.plan import PlanDesk
from duewell.desk.plans import PlansDesk
from duewell.desk.policy import PolicyDesk
from duewell.desk.replay import ReplayDesk
from duewell.desk.sames import SamesDesk
from duewell.desk.till import TillDesk
from duewell.desk.wording import WordingDesk
from duewell.desk.work import WorkDesk
from duewell.showing import customers as showing_customers
from duewell.showing import overview as showing
from duewell.views.pages import ConnectChoice, ConnectionView, CustomerView, Overview
from duewell.web.office import Business, CustomerList
from duewell.wiring import House
from integrations import registry
from integrations.contract import Capability, Clock, Delivery, Platform
from integrations.errors import BadSignature, NotThere, Refused
from receivables.records import Company
from storage import actions, connections, differences, inbox
from storage.businesses import Business as Creditor
from storage.businesses import businesses
from storage.connections import Connected, State, WebhookAddress, webhook_address
from storage.errors import StorageError
from storage.schema import schema
from webhooks.receive import Arrived, Counts, receive

log = structlog.get_logger(__name__)


class Desk(
    ChargesDesk,
    PeopleDesk,
    WorkDesk,
    WordingDesk,
    PolicyDesk,
    PlanDesk,
    PlansDesk,
    ReplayDesk,
    MannersDesk,
    SamesDesk,
    PayPageDesk,
    TillDesk,
):
    """The Office of the pages (see `duewell/web/office.py`). Thread-safe."""

    def __init__(self, house: House, *, reads: bool = True) -> None:
        self._house = house
        self._reads = reads
        self._soon = ThreadPoolExecutor(2, thread_name_prefix="soon")
        self._counts = Counts()
        self._registry = CollectorRegistry()
        self._webhooks = Gauge("duewell_webhooks", "Webhooks since start", ["outcome"], registry=self._registry)
        self._waiting = Gauge("duewell_inbox_waiting", "Webhooks not yet drained", registry=self._registry)
        self._healthy = Gauge(
            "duewell_connection_healthy", "1 when it works", ["connection", "platform"], registry=self._registry
        )
        self._manners = Gauge(
            "duewell_messages_90_days",
            "Messages, and wrong ones: paid before",
            ["business", "kind"],
            registry=self._registry,
        )
        self._acts = Gauge("duewell_acts", "Messages and notes by state", ["act", "state"], registry=self._registry)

    @property
    def clock(self) -> Clock:
        """The house's time."""
        return self._house.clock

    def session_key(self) -> bytes:
        """Derived from the sealing key, so that it is the same in every process and stored nowhere."""
        return hashlib.blake2b(self._house.keys[-1].encode(), person=b"duewell session").digest()[:64]

    def businesses(self, among: Collection[str]) -> tuple[Business, ...]:
        """Those of all businesses whose ids are named."""
        with self._house.database.read() as tx:
            known, companies = [one for one in businesses(tx) if one.id in among], connections.companies(tx)
        return tuple(_shown(one, companies.get(one.id, [])) for one in known)

    def business_count(self) -> int:
        """How many there are in all."""
        return len(all_businesses(self._house))

    def overview(self, business: str) -> Overview:
        """The first page."""
        return showing.overview(self._house, business)

    def connections(self, business: str) -> tuple[ConnectionView, ...]:
        """Every connected company."""
        return showing.connections(self._house, business)

    def customers(self, business: str, text: str) -> CustomerList:
        """The customers that match."""
        return showing_customers.customers(self._house, business, text)

    def customer(self, business: str, connection: str, customer_id: str) -> CustomerView | None:
        """One customer."""
        return showing_customers.customer(self._house, business, connection, customer_id)

    def connect_choices(self) -> tuple[ConnectChoice, ...]:
        """Every platform and how it can be connected."""
        return tuple(self._choice(found) for found in connecting.all_platforms())

    def _choice(self, found: Platform) -> ConnectChoice:
        ways = [Capability.OAUTH, Capability.API_KEY, Capability.CLIENT_CREDENTIALS]
        missing = connecting.what_is_missing(self._house, found.slug)
        url = "" if missing else self._consent_url(found)
        by_key = Capability.API_KEY in found.capabilities
        parts = urlsplit(url)
        return ConnectChoice(
            slug=found.slug,
            label=found.label,
            ways=tuple(way.value for way in ways if way in found.capabilities),
            ready=not missing,
            missing=missing,
            key_url=url if by_key else "",
            foreign_host="" if by_key or not url else f"{parts.scheme}://{parts.netloc}",
        )

    def _consent_url(self, found: Platform) -> str:
        """Only to learn where the consent page is; nothing is begun by it."""
        wire = self._house.wire(found.slug, connecting.Uncounted())
        uri = connecting.redirect_uri(self._house, found.slug)
        return found.authorize_url(wire, state="none", redirect_uri=uri, challenge="none")

    def connect_questions(self, platform: str) -> frozenset[str]:
        """What must be asked."""
        return connecting.questions(platform)

    def begin_connect(self, business: str, platform: str, answers: Mapping[str, str]) -> str:
        """The consent page's address."""
        return connecting.begin_connect(self._house, business, platform, answers)

    def finish_connect(self, platform: str, query: Mapping[str, str], among: Collection[str]) -> tuple[str, ...]:
        """The labels of what is connected now; their books are read soon."""
        return self._read_soon(connecting.finish_connect(self._house, platform, query, among))

    def connect_with_key(
        self, business: str, platform: str, fields: Mapping[str, str], answers: Mapping[str, str]
    ) -> tuple[str, ...]:
        """The same, by a key."""
        labels = connecting.connect_with_key(self._house, business, platform, fields=fields, answers=answers)
        return self._read_soon(labels)

    def _read_soon(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Unless another process does the reading, the first pull starts now."""
        if not self._reads:
            return labels
        for business in all_businesses(self._house):
            for one in living(self._house, business.id):
                if one.first_pull_done_at is None:
                    self._soon.submit(self._sync, one)
        return labels

    def answer(self, business: str, connection: str, answers: Mapping[str, str]) -> None:
        """Change what a person said at connect."""
        connecting.change_answers(self._house, business, connection, answers)

    def disconnect(self, business: str, connection: str) -> None:
        """End one company."""
        connecting.disconnect(self._house, business, connection)

    def accept_difference(self, business: str, difference_id: str, note: str, *, by: str) -> None:
        """A person accepts a remainder; `by` is their name."""
        if not note.strip():
            raise Refused("please say in a few words what the difference is, so that it can be understood later")
        now = self.clock.now()
        with self._house.database.write() as tx:
            done = differences.accept(tx, business, difference_id, by=by, note=note.strip(), now=now)
        if not done:
            raise NotThere("this difference is no longer open")

    def sync_now(self, business: str, connection: str) -> None:
        """Read one connection's books soon."""
        for one in living(self._house, business):
            if one.id == connection:
                self._soon.submit(self._sync, one)

    def _sync(self, one: Connected) -> None:
        try:
            running.sync_one(self._house, one)
        except Exception:
            log.exception("sync failed", connection=one.id)

    def receive(self, platform: str, connection: str, headers: Mapping[str, str], body: bytes) -> int:
        """Verify, remember, answer: 200, 401 or 403 for a wrong signature, 404 for an address that is nobody's."""
        if platform not in registry.slugs():
            return 404
        found = registry.platform(platform)
        address, secrets = self._signers(platform, connection)
        if not secrets:
            return 404
        mode = address.details.get("livemode") if address else None
        delivery = Delivery(body, headers, secrets, connection, {"true": True, "false": False}.get(mode or ""))
        try:
            receive(found, delivery, now=self.clock.now(), remember=self._remember, counts=self._counts)
        except BadSignature:
            return found.refusal
        return 200

    def _signers(self, slug: str, id: str) -> tuple[WebhookAddress | None, tuple[str, ...]]:
        """Whose address it is, and what signs there: the connection's own secret, else those of the app.

        Nothing signs at an address that is nobody's. An empty secret would verify whatever anybody forges.
        """
        of_the_app = tuple(secret for secret in self._house.app(slug).webhook_secrets if secret)
        if not id:
            return None, of_the_app
        with self._house.database.read() as tx:
            address = webhook_address(tx, slug, id, seal=self._house.seal)
        if address is None:
            return None, ()
        return address, (address.secret,) if address.secret else of_the_app

    def _remember(self, arrived: Arrived) -> bool:
        kept = inbox.Arrived(
            arrived.platform, arrived.dedupe, arrived.body, headers=arrived.headers, connection=arrived.connection
        )
        return self._house.writer.do(lambda tx: inbox.remember(tx, kept, now=arrived.received_at))

    def health(self) -> tuple[bool, str]:
        """The process answers."""
        return True, "ok"

    def ready(self) -> tuple[bool, str]:
        """The database answers and has the tables this version wants."""
        try:
            at_head = schema(self._house.database).ready
        except StorageError:
            return False, "the database was made by a newer version"
        except Exception:
            log.exception("not ready")
            return False, "the database does not answer"
        return at_head, "ready" if at_head else "the database must be upgraded"

    def metrics(self) -> tuple[str, bytes]:
        """For Prometheus."""
        for outcome in ("received", "repeated", "refused"):
            self._webhooks.labels(outcome).set(self._counts[outcome])
        with self._house.database.read() as tx:
            self._waiting.set(inbox.waiting(tx)[0])
        for business in all_businesses(self._house):
            for one in living(self._house, business.id):
                self._healthy.labels(one.id, one.platform).set(one.state is State.HEALTHY)
            self._count_acts(business.id)
            self._count_manners(business.id)
        return CONTENT_TYPE_LATEST, generate_latest(self._registry)

    def _count_acts(self, business: str) -> None:
        with self._house.database.read() as tx:
            for (act, state), number in actions.counted(tx, business).items():
                self._acts.labels(act, state.value).set(number)

    def _count_manners(self, business: str) -> None:
        found = self.manners(business)
        self._manners.labels(business, "all").set(found.messages)
        self._manners.labels(business, "wrong").set(len(found.wrong))

    def close(self) -> None:
        """Let what was begun come to its end."""
        self._soon.shutdown(wait=True, cancel_futures=True)


def _shown(business: Creditor, companies: Sequence[Company]) -> Business:
    """The business as pages know it: the country is its first company's that has one."""
    country = next((company.country for company in companies if company.country), "")
    return Business(business.id, business.name, country, str(zone_among(business, companies)))
