"""One act in a child, which stops itself just before its claim, so that it can be held, killed or failed there."""

import ctypes
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from duewell.businesses import living, the_business
from duewell.clock import SystemClock
from duewell.config import Settings
from duewell.logs import configure
from duewell.running import follow_up_all
from duewell.stationery import stationery_of
from duewell.wiring import House, sealing_keys
from storage import actions
from storage.actions import ActionState, Claim
from storage.database import Database, Tx
from storage.writer import GroupWriter

LOST_AFTER, AGAIN_AFTER, ENDED_AFTER = timedelta(minutes=20), timedelta(minutes=25), timedelta(minutes=45)
MEETING_SECONDS = 8.0
PR_SET_PTRACER, ANYBODY = 0x59616D61, ctypes.c_ulong(-1)

Work = Callable[[Tx], Claim]


@dataclass(frozen=True, slots=True)
class Errand:
    """One turn of one act (see `acts`): with whose settings, and how far the sandbox's clock is ahead.

    A reminder has a `debtor`; what is no reminder has its `key` and brings its `task`. `beside` are done at the same
    moment. `broken` is how a worker goes wrong that the matrix and the audit must catch: "late" claims only after it
    has sent, "unsynced" does not wait for the disk.
    """

    settings: Settings
    business: str
    connection: str
    act: str
    ahead: timedelta
    log: Path
    debtor: str = ""
    invoices: tuple[str, ...] = ()
    key: str = ""
    task: Any = None
    beside: tuple["Errand", ...] = ()
    broken: str = ""

    @property
    def each(self) -> tuple["Errand", ...]:
        """Itself and those beside it."""
        return (self, *self.beside)


class Ahead(SystemClock):
    """This machine's clock, so far ahead; nobody waits by it, it goes on instead."""

    def __init__(self, by: timedelta) -> None:
        self._by = by.total_seconds()

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._by, UTC)

    def monotonic(self) -> float:
        return time.monotonic() + self._by

    def sleep(self, seconds: float) -> None:
        self._by += seconds


def rehearse(errands: Sequence[Errand]) -> Database:
    """Do errands undisturbed, so that everything is imported and compiled; nothing is left open.

    Nothing that keeps threads, as the printing of letters does, may be rehearsed: children would miss them.
    """
    database = Database.open(errands[0].settings.database_url)
    for errand in errands:
        _do(house_of(database, errand), errand, lambda work: _at_once(database, work))
    import typst  # noqa: F401

    database.close()
    return database


def live(database: Database, errand: Errand) -> None:
    """One dispatch over a line of its own."""
    _to_the_end(errand.log, errand.settings, lambda: send_one(database, errand))


def follow(database: Database, errands: Sequence[Errand]) -> None:
    """What production does afterwards: follow up, look at everybody again, follow up."""
    _to_the_end(errands[0].log, errands[0].settings, lambda: _afterwards(database, errands))


def _to_the_end(log: Path, settings: Settings, work: Callable[[], None]) -> None:
    code = 1
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, sys.stderr.fileno())
        faulthandler.enable()
        configure(settings)
        work()
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told by the code and the log
        os.write(2, f"worker broke: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def house_of(database: Database, errand: Errand, later: timedelta = timedelta()) -> House:
    """The sandbox's time, or so much later."""
    return House(errand.settings, database, Ahead(errand.ahead + later), sealing_keys(errand.settings.key_file))


def do_not_wait(database: Database) -> None:
    """Of all careless lines the worst: whatever was set when they were opened."""
    word = "PRAGMA synchronous = OFF" if database.sqlite else "SET synchronous_commit = off"

    def spoil(connection: DBAPIConnection, *_: object) -> None:
        connection.cursor().execute(word)
        connection.commit()

    event.listen(database.engine, "checkout", spoil)


def send_one(database: Database, errand: Errand) -> None:
    """Do it, with a halt before the claim."""
    house = house_of(database, errand)
    if errand.broken == "unsynced":
        do_not_wait(database)
    if errand.beside:
        _together(house, errand)
        return
    promised: list[Work] = []

    def commit(work: Work) -> Claim:
        halt()
        if errand.broken == "late":
            promised.append(work)
            return Claim.MINE
        return _at_once(database, work)

    _do_and_tell(house, errand, commit, pause=halt)
    for work in promised:
        with database.write() as tx:
            work(tx)
            key = actions.actions(tx, errand.business, debtor=errand.debtor)[0].key
            actions.mark(tx, errand.business, key, ActionState.SENT, now=house.clock.now())


def _together(house: House, errand: Errand) -> None:
    """Several at once, as in `serve`: their claims come to the one thread that writes for many at the same moment."""
    writer, works, claims = GroupWriter(house.database), list[Work](), list["Future[Claim]"]()

    def meet() -> None:
        halt()
        claims.extend(map(writer.submit, works))

    meeting = threading.Barrier(len(errand.each), action=meet, timeout=MEETING_SECONDS)

    def commit(work: Work) -> Claim:
        works.append(work)
        meeting.wait()
        return claims[works.index(work)].result()

    with ThreadPoolExecutor(len(errand.each)) as pool:
        turns = [pool.submit(_do_and_tell, house_of(house.database, one), one, commit) for one in errand.each]
    writer.stop()
    for turn in turns:
        turn.result()


def _do(
    house: House, errand: Errand, commit: Callable[[Work], Claim], pause: Callable[[], None] = lambda: None
) -> object:
    from tests.chaos.acts import ACTS, Hand  # its errands are those of this module

    connected = next(one for one in living(house, errand.business) if one.id == errand.connection)
    owner = the_business(house, errand.business)
    vars(house)["writer"] = _Writer(commit)
    usual = house.sender(owner, stationery_of(house, owner), automatic=False)
    with house.source(connected) as source:
        return ACTS[errand.act].do(Hand(house, source, replace(usual, worker=f"worker {os.getpid()}"), errand, pause))


def _do_and_tell(
    house: House, errand: Errand, commit: Callable[[Work], Claim], pause: Callable[[], None] = lambda: None
) -> None:
    os.write(2, f"{errand.act}: {_do(house, errand, commit, pause)}\n".encode())


@dataclass(frozen=True, slots=True)
class _Writer:
    """In place of the thread that commits for many: strace holds the one thread that claims, acts and records."""

    do: Callable[[Work], Claim]


def halt() -> None:
    """Stand still until somebody holds us; whoever it is may."""
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)


def _afterwards(database: Database, errands: Sequence[Errand]) -> None:
    first = errands[0]
    follow_up_all(house_of(database, first, LOST_AFTER), first.business)
    for errand in errands:
        _do_and_tell(house_of(database, errand, AGAIN_AFTER), errand, lambda work: _at_once(database, work))
    follow_up_all(house_of(database, first, ENDED_AFTER), first.business)


def _at_once(database: Database, work: Work) -> Claim:
    with database.write() as tx:
        return work(tx)
