"""Where children are born: a process that has imported everything, has no threads and holds no database.

Workers are not forked from a test's own process: SQLite's memory of who holds which lock would be copied in
mid-sentence, and so would the locks of the sandbox's threads.
"""

import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.chaos.paying_storm", "tests.chaos.errands"])
READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Born:
    """A child of the warmed process, which alone can wait for it."""

    pid: int
    told: "Connection[Any, Any]"

    def ended(self, within: float) -> int | None:
        """Its exit code, or minus the signal that ended it; None when it goes on for longer (seconds)."""
        return int(self.told.recv()) if self.told.poll(within) else None


class Warmed:
    """A process warmed by `prepare(how)`, whose answer every child gets beside its task. A context manager."""

    def __init__(self, prepare: Callable[[Any], Any], how: Any) -> None:
        self._orders, theirs = NURSERY.Pipe()
        self._process = NURSERY.Process(target=_breed, args=(theirs, prepare, how))
        self._process.start()
        theirs.close()
        assert self._orders.poll(READY_SECONDS), "the process that is to be forked does not get warm"
        self._orders.recv()

    def __enter__(self) -> "Warmed":
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.join()

    def fork(self, work: Callable[[Any, Any], None], task: Any) -> Born:
        """A child that does `work` and ends itself. One at a time."""
        self._orders.send((work, task))
        return Born(int(self._orders.recv()), self._orders)


def _breed(orders: "Connection[Any, Any]", prepare: Callable[[Any], Any], how: Any) -> None:
    ready = prepare(how)
    orders.send(os.getpid())
    while (order := _next(orders)) is not None:
        work, task = order
        child = os.fork()
        if child == 0:
            _work(work, ready, task)
        orders.send(child)
        _, status = os.waitpid(child, 0)
        orders.send(os.waitstatus_to_exitcode(status))


def _next(orders: "Connection[Any, Any]") -> Any:
    with suppress(EOFError):
        return orders.recv()
    return None


def _work(work: Callable[[Any, Any], None], ready: Any, task: Any) -> None:
    try:
        work(ready, task)
    finally:
        os._exit(1)
