"""One round of chaos: a first pull and some nights in a seeded storm, killed at seeded points, and the truth."""

import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from duewell.businesses import living
from duewell.config import Settings
from duewell.logs import configure
from duewell.running import Synced, drain_inbox, follow_up_all, send_plan, sync_one
from duewell.serving import Serving
from duewell.wiring import House, build
from receivables.records import Ref
from sandbox.courier import Troubles
from sandbox.faults import Fault
from sandbox.server import Sandbox, Setup
from storage import actions, tables
from storage.connections import State
from storage.records import TABLES
from tests.chaos.nursery import NURSERY
from tests.scenarios.playing import Play, settle_in

NIGHTS = 3
RATE = 0.2
TRIES_A_NIGHT = 4
CALM_TRIES = 6
IN_TROUBLE = 3
# A dead worker's leases run out, and a platform that was rested is asked again; but Xero forgets a refresh token whose
# successor never arrived after half an hour, so a night's tries lie within that.
PAUSE_MINUTES = 6
HOLDS_MINUTES = 40
Work = Callable[[House, str], bool]
"""What a worker does for a business; whether all was well."""


@dataclass
class Tally:
    """What a round went through."""

    faults: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    workers: int = 0
    calls: int = 0
    mails: int = 0
    records: int = 0

    def __iadd__(self, other: "Tally") -> "Tally":
        self.faults += other.faults
        self.deliveries += other.deliveries
        self.kills += other.kills
        self.workers += other.workers
        self.calls += other.calls
        self.mails += other.mails
        self.records += other.records
        return self


@dataclass(frozen=True, slots=True)
class Death:
    """Where a worker dies: before or after a commit of its own, or while a platform carries out its call."""

    at: str
    count: int


@dataclass
class Deadly:
    """A storm's calls counted; one of them kills whoever made it, while the platform goes on to answer."""

    storms: dict[str, Any]
    at: int
    victim: int = 0
    seen: int = 0

    def strike(self, platform: str, route: str) -> Fault | None:
        """The storm's trouble, and perhaps the end."""
        self.seen += 1
        if self.seen == self.at and self.victim:
            os.kill(self.victim, signal.SIGKILL)
        storm = self.storms.get(platform)
        struck: Fault | None = storm.strike(platform, route) if storm else None
        return struck


class Round:
    """One seed's story. `play()` raises AssertionError when anything is not as it must be."""

    def __init__(
        self, seed: int, folder: Path, *, database: str = "", nights: int = NIGHTS, tries: int = TRIES_A_NIGHT
    ) -> None:
        self.seed = seed
        self.dice = random.Random(f"round/{seed}")
        self.tally = Tally()
        self._folder = folder
        self._database = database
        self._nights = nights
        self._tries = tries
        self._log = folder / "worker.log"

    def play(self) -> Tally:
        """Connect in fair weather, then the storm."""
        skews = {slug: self.dice.uniform(-45.0, 45.0) for slug in ("quickbooks", "xero", "stripe")}
        setup = Setup(seed=self.seed, customers=5, invoices=24, months=5, skews=skews, limits=True)
        with ExitStack() as stack:
            sandbox = stack.enter_context(Sandbox(setup))
            play = settle_in(sandbox, self._folder / "stormy", database=self._database)
            stack.callback(play.house.close)
            stack.enter_context(Serving(play.house, jobs=False))
            self._prepare(play)
            for night in range(self._nights + 1):
                if night:
                    self._sunset(play)
                self._night(play, night)
            self._hold_to_truth(play)
        return self.tally

    def _prepare(self, play: Play) -> None:
        for slug in ("quickbooks", "xero"):
            play.sandbox.act(slug, "subscribe", url=f"{play.house.settings.web.base_url}/webhooks/{slug}")
        # Intuit's older word: a refresh token lives on for a day beside its successor. Where it does not, a reply that
        # is lost at the daily change costs a reconnect, whatever anybody does; the renewal's own tests show that.
        play.sandbox.act("quickbooks", "token_grace", hours=24)
        assert play.sandbox.courier.settle(20)

    def _sunset(self, play: Play) -> None:
        """A day of business passes; its deliveries go astray."""
        troubles = Troubles(f"{self.seed}", double=0.2, hold=0.2, drop=0.1, forge=0.1)
        play.sandbox.courier.troubles = troubles
        play.move(days=1)
        for _ in range(6):
            self._stir(play)
        play.sandbox.courier.settle(20)
        play.sandbox.courier.troubles = None
        self.tally.deliveries += troubles.met

    def _stir(self, play: Play) -> None:
        for slug in sorted(play.sandbox.twins):
            with play.sandbox.world.lock:
                play.sandbox.twins[slug].stir(random.Random(self.dice.random()))

    def _night(self, play: Play, night: int) -> None:
        """A few tries in the storm, each perhaps to the death; then as many in the calm as it takes."""
        play.sandbox.brew(f"{self.seed}/{night}", RATE)
        for _ in range(self._tries):
            if self._work(play, self._death()) == 0:
                break
            play.move(quiet=True, minutes=PAUSE_MINUTES)
        self._gather(play)
        for _ in range(CALM_TRIES):
            if self._work(play, None) == 0:
                break
            play.move(quiet=True, minutes=HOLDS_MINUTES)
        else:
            raise AssertionError(f"seed {self.seed}: not well in the calm after night {night}: {_states(play)}")
        self._expect_agreement(play)

    def _death(self) -> Death | None:
        at = self.dice.choice(("commit", "committed", "call", ""))
        return Death(at, self.dice.randint(1, 25)) if at else None

    def _gather(self, play: Play) -> None:
        """The storm is over; what struck is counted."""
        for storm in play.sandbox.book.storms.values():
            self.tally.faults += storm.met  # type: ignore[attr-defined]
        play.sandbox.book.storms.clear()

    def _work(self, play: Play, death: Death | None) -> int:
        """One worker's try at the whole night; its exit code, or minus the signal that ended it."""
        self.tally.workers += 1
        code = one_worker(play, work, death, self._log)
        if code < 0 and death is not None:
            self.tally.kills[death.at] += 1
        assert code in (0, IN_TROUBLE, -signal.SIGKILL), f"seed {self.seed}: a worker broke ({code}), see {self._log}"
        return code

    def _expect_agreement(self, play: Play) -> None:
        play.expect_truth()
        results = play.sync()
        for key, one in results.items():
            assert one.night is not None, f"seed {self.seed}: {key}: {one.trouble}"
            assert one.night.agreement is not None
            assert one.night.agreement.agrees, f"seed {self.seed}: {key}: {one.night.agreement.differences}"
        play.expect_truth()

    def _hold_to_truth(self, play: Play) -> None:
        """Everything the promise says, at the end of the round."""
        self._expect_every_connection_works(play)
        self._expect_cursors_that_are_true(play)
        self._expect_what_a_fresh_reading_finds(play)
        self._expect_no_reminder_twice(play)
        self._expect_no_secret_in_the_log(play)
        self.tally.calls = sum(play.sandbox.book.calls.values())

    def _expect_every_connection_works(self, play: Play) -> None:
        """No token was lost on the way."""
        for one in living(play.house, play.business):
            assert one.state is State.HEALTHY, f"seed {self.seed}: {one.label}: {one.trouble}"

    def _expect_cursors_that_are_true(self, play: Play) -> None:
        """Reading on from where each stands brings nothing that should have been known."""
        for key, one in play.sync().items():
            assert one.night is not None, one.trouble
            news = one.night.pulled.saved
            assert (news.new, news.changed, news.gone, news.odd) == (0, 0, 0, 0), f"seed {self.seed}: {key}: {news}"

    def _expect_what_a_fresh_reading_finds(self, play: Play) -> None:
        """Another installation reads everything in fair weather: record by record it is the same."""
        fresh = settle_in(play.sandbox, self._folder / "fresh")
        try:
            synced = fresh.sync()
            assert not [one.trouble for one in synced.values() if one.trouble]
            for key in play.connected_keys():
                stormy, calm = _everything(play, key), _everything(fresh, key)
                differing = {ref for ref in stormy.keys() | calm.keys() if stormy.get(ref) != calm.get(ref)}
                shown = [(stormy.get(ref), calm.get(ref)) for ref in sorted(differing, key=str)[:2]]
                assert not differing, f"seed {self.seed}: {key}: {len(differing)} differ, as {shown}"
                self.tally.records += len(calm)
        finally:
            fresh.house.close()

    def _expect_no_reminder_twice(self, play: Play) -> None:
        mails = play.sandbox.mailbox.mails()
        self.tally.mails = len(mails)
        twice = [id for id, times in Counter(str(one.message["Message-ID"]) for one in mails).items() if times > 1]
        assert not twice, f"seed {self.seed}: {twice}"
        with play.house.database.read() as tx:
            held = actions.actions(tx, play.business)
        assert len({one.key for one in held}) == len(held)
        notes = Counter(_keys_noted(play))
        assert not [key for key, times in notes.items() if times > 1], f"seed {self.seed}: a note twice"

    def _expect_no_secret_in_the_log(self, play: Play) -> None:
        said = self._log.read_text() if self._log.exists() else ""
        for secret in _secrets(play):
            assert secret not in said, f"seed {self.seed}: a secret is in the log"


def _states(play: Play) -> list[tuple[str, str]]:
    return [(one.label, one.trouble) for one in living(play.house, play.business)]


def one_worker(play: Play, work: Work, death: Death | None, log: Path) -> int:
    """A process of its own does `work`, perhaps to the death; its exit code, or minus the signal that ended it."""
    deadly = _threaten(play, death)
    worker = NURSERY.Process(target=live, args=(play.house.settings, play.business, work, death, log))
    worker.start()
    if deadly is not None:
        deadly.victim = worker.pid or 0
    worker.join()
    if deadly is not None:
        play.sandbox.book.storms.update(deadly.storms)
    assert worker.exitcode is not None
    return int(worker.exitcode)


def _threaten(play: Play, death: Death | None) -> Deadly | None:
    if death is None or death.at != "call":
        return None
    storms = dict(play.sandbox.book.storms)
    deadly = Deadly(storms, death.count)
    play.sandbox.book.storms.update(dict.fromkeys(storms, deadly))
    return deadly


def live(settings: Settings, business: str, work: Work, death: Death | None, log: Path) -> None:
    """In the child: a house of its own, everything that is to be done there, and perhaps the end of it."""
    code = 1
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, sys.stderr.fileno())
        configure(settings.model_copy(update={"log_level": "debug", "log_format": "json"}))
        house = build(settings)
        if death is not None:
            _await(house, death)
        code = 0 if work(house, business) else IN_TROUBLE
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told by the code and the log
        os.write(2, f"worker broke: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def work(house: House, business: str) -> bool:
    """Read every connection side by side, drain what came, send today's plan, end what was begun. Was all well?"""
    with ThreadPoolExecutor(4) as pool:
        synced: list[Synced] = list(pool.map(lambda one: sync_one(house, one), living(house, business)))
    drain_inbox(house)
    outcomes = send_plan(house, business, by="Robin")
    follow_up_all(house, business)
    unread = [outcome for _, outcome in outcomes if outcome.state == "unread"]
    return not unread and all(one.night is not None and not one.night.pulled.busy for one in synced)


def _await(house: House, death: Death) -> None:
    left, name = Counter(commits=death.count), {"commit": "commit", "committed": "checkin"}.get(death.at)
    committed = Counter[str]()

    def commit(*_: object) -> None:
        committed["now"] += 1

    def strike(*_: object) -> None:
        if name == "checkin" and not committed["now"]:
            return
        committed["now"] = 0
        left["commits"] -= 1
        if left["commits"] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = house.database.engine
    if name is not None:
        event.listen(engine, "commit", commit)
        event.listen(engine, name, strike)


def _everything(play: Play, key: str) -> dict[Ref, Any]:
    """All living records of a company as plain values, without when they were seen and under which connection."""
    connection, found = play.connected(key).id, {}
    with play.house.database.read() as tx:
        for kind, table in TABLES.items():
            mine = (
                table.c.business_id == play.business,
                table.c.connection_id == connection,
                table.c.gone_at.is_(None),
            )
            for row in tx.execute(select(table.c.id, table.c.body).where(*mine)):
                plain = json.loads(row.body.replace(connection, "here"))
                found[Ref("here", kind, row.id)] = {**plain, "changed_at": None, "version": None}
    return found


def _keys_noted(play: Play) -> list[str]:
    """Our keys in the notes that QuickBooks and Xero hold."""
    found: list[str] = []
    for key in play.connected_keys():
        for note in (play.truth(key).get("notes") or {}).values():
            text = note[-1] if isinstance(note, list | tuple) else str(note)
            found += [part.partition("]")[0] for part in str(text).split("[dw ")[1:]]
    return found


def _secrets(play: Play) -> list[str]:
    """What must never be told: tokens as they are now, keys of the apps, the sealing keys, the customers' addresses."""
    found = list(play.house.keys)
    with play.house.database.read() as tx:
        ids = [row.id for row in tx.execute(select(tables.grant.c.id))]
    for id in ids:
        grant = play.house.grants.load(id)
        found += [grant.access, grant.refresh]
    for slug in play.sandbox.twins:
        app = play.house.app(slug)
        found += [app.client_secret, *app.webhook_secrets]
    return [one for one in found if len(one) > 8]
