"""The order of system calls: is the claim durable before the first byte of the message goes?"""

from collections.abc import Callable, Sequence

from storage.database import Database
from tests.chaos.tracing import Call

WRITES = ("pwrite64", "pwritev", "write", "writev")
SENDS = ("send", "sendmmsg", "sendmsg", "sendto", "write", "writev")
FULL, EXTRA = 2, 3  # of SQLite's synchronous
SYNCS = ("fdatasync", "fsync")
ASKED, ANSWERED = '"Q\\0\\0\\0\\vCOMMIT\\0"', '"C\\0\\0\\0\\vCOMMIT\\0'


def first_byte(calls: Sequence[Call], act: str) -> int | None:
    """Where it begins to leave: into the tray, or on a line to another program."""
    if act == "letter":
        return _first(calls, lambda one: "/letters/" in one.line and one.name in ("mkdir", "openat"))
    return _first(calls, lambda one: one.name in SENDS and one.on.startswith("TCP"))


def complaint(calls: Sequence[Call], act: str, *, sqlite: bool) -> str:
    """Why the claim cannot be relied upon when it begins to leave; empty when it can."""
    sent = first_byte(calls, act)
    if sent is None:
        return "nothing was sent at all"
    before = calls[:sent]
    return _unsynced(before) if sqlite else _unanswered(before)


def _unsynced(before: Sequence[Call]) -> str:
    """All that was written to SQLite's log is synced after the last writing."""
    written = _last(before, lambda one: one.name in WRITES and one.on.endswith("-wal"))
    if written is None:
        return "nothing was claimed before the first byte"
    synced = _first(before[written:], lambda one: one.name in SYNCS and one.on.endswith("-wal") and one.well)
    return "" if synced is not None else "the claim was written but not synced before the first byte"


def _unanswered(before: Sequence[Call]) -> str:
    """PostgreSQL has said that it has committed what was asked last."""
    asked = _last(before, lambda one: one.on.startswith("UNIX") and ASKED in one.line)
    if asked is None:
        return "nothing was claimed before the first byte"
    told = _first(before[asked:], lambda one: one.on.startswith("UNIX") and ANSWERED in one.line)
    return "" if told is not None else "the claim was not confirmed before the first byte"


def durable(database: Database) -> bool:
    """Does a confirmed commit outlive a power cut, on a line such as the worker opens?"""
    with database.read() as tx:
        if database.sqlite:
            return tx.exec_driver_sql("PRAGMA synchronous").scalar() in (FULL, EXTRA)
        return tx.exec_driver_sql("SHOW synchronous_commit").scalar() != "off"


def _first(calls: Sequence[Call], fits: Callable[[Call], bool]) -> int | None:
    return next((at for at, one in enumerate(calls) if fits(one)), None)


def _last(calls: Sequence[Call], fits: Callable[[Call], bool]) -> int | None:
    return next((at for at in reversed(range(len(calls))) if fits(calls[at])), None)
