"""One thread that writes for many: queued units are committed in groups, and answered only once they are durable."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Generic, TypeVar

from storage.database import Database, Tx
from storage.errors import StorageError

T = TypeVar("T")
GROUP_MOST = 200


class Stopped(StorageError):
    """The writer has been stopped."""


class _Unit(Generic[T]):
    """A piece of work and whoever waits for it."""

    def __init__(self, work: Callable[[Tx], T]) -> None:
        self._work = work
        self.future: Future[T] = Future()
        self._answer: Callable[[], None] = lambda: None

    def run(self, tx: Tx) -> None:
        """With the others; what it raises is the whole group's."""
        self._answer = partial(self.future.set_result, self._work(tx))

    def run_apart(self, tx: Tx) -> None:
        """In a savepoint of its own, so that its failure harms nobody else."""
        step = tx.begin_nested()
        try:
            result = self._work(tx)
            step.commit()
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever asked
            step.rollback()
            self._answer = partial(self.future.set_exception, error)
        else:
            self._answer = partial(self.future.set_result, result)

    def answer(self) -> None:
        """Tell, now that it is durable."""
        self._answer()


class GroupWriter:
    """Commits what threads hand in, many at a time: an fsync is dear and is shared.

    A unit gets the transaction and must not call a network, nor wait for another unit. It may be run twice, the first
    time undone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Unit[Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stopped = False
        self._thread = threading.Thread(target=self._serve, name="group-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Tx], T]) -> Future[T]:
        """Queue a unit; the future holds its result once it is durable, or what it raised. Raises Stopped."""
        unit = _Unit(work)
        with self._lock:
            if self._stopped:
                raise Stopped("nothing more is written: Duewell is stopping")
            self._queue.put(unit)
        return unit.future

    def do(self, work: Callable[[Tx], T]) -> T:
        """Queue a unit and wait until it is durable; its result, or what it raised."""
        return self.submit(work).result()

    def stop(self) -> None:
        """Write all that was handed in, then end. May be called twice."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        going = True
        while going:
            units = [self._queue.get()]
            while len(units) < GROUP_MOST and not self._queue.empty():
                units.append(self._queue.get())
            going = None not in units
            self._commit([unit for unit in units if unit is not None and unit.future.set_running_or_notify_cancel()])

    def _commit(self, units: list[_Unit[Any]]) -> None:
        """All or none; when the commit itself fails, nobody is told that their work is there.

        Savepoints cost nearly as much as the work, so the first try is without; when one unit fails, nothing was done
        and all run again, each apart.
        """
        try:
            self._together(units, _Unit.run)
        except Exception:  # noqa: BLE001  whose it is, the second try finds out
            self._commit_apart(units)
        else:
            for unit in units:
                unit.answer()

    def _commit_apart(self, units: list[_Unit[Any]]) -> None:
        try:
            self._together(units, _Unit.run_apart)
        except Exception as error:  # noqa: BLE001  the thread must live, and every unit must hear of it
            for unit in units:
                unit.future.set_exception(error)
        else:
            for unit in units:
                unit.answer()

    def _together(self, units: list[_Unit[Any]], run: Callable[[_Unit[Any], Tx], None]) -> None:
        with self._database.write() as tx:
            for unit in units:
                run(unit, tx)
