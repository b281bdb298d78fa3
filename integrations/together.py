"""Reading several things side by side, a little ahead of whoever saves them, and never further."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


def in_order(calls: Iterable[Callable[[], T]], *, at_once: int) -> Iterator[T]:
    """The results in the order of `calls`, with up to `at_once` of them under way. Raises what a call raised, in its
    place; later ones that have not begun never do."""
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="reading")
    begun: deque[Future[T]] = deque()
    try:
        for call in calls:
            begun.append(pool.submit(call))
            if len(begun) >= at_once:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Came(Generic[T]):
    """What one chain handed over: results, or what it raised, or with neither that it is over."""

    chain: int
    results: tuple[T, ...] = ()
    error: BaseException | None = None


def as_they_come(chains: Sequence[Callable[[], Iterator[T]]], *, ahead: int) -> Iterator[tuple[int, T]]:
    """What several chains yield, each in its own order, told apart by its place in `chains`.

    Every chain runs in a thread of its own and stops `ahead` results before whoever takes them. Raises what a chain
    raised, once its earlier results are taken; the others are stopped.
    """
    waiting: queue.Queue[_Came[T]] = queue.Queue()
    stop = threading.Event()
    places = [threading.Semaphore(ahead) for _ in chains]
    threads = [
        threading.Thread(
            target=_run, args=(number, chain, waiting, (places[number], stop)), name="reading", daemon=True
        )
        for number, chain in enumerate(chains)
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _taken(waiting, places)
    finally:
        stop.set()
        for place in places:
            place.release()
        for thread in threads:
            thread.join()


def _taken(waiting: "queue.Queue[_Came[T]]", places: Sequence[threading.Semaphore]) -> Iterator[tuple[int, T]]:
    running = len(places)
    while running:
        came = waiting.get()
        if came.error is not None:
            raise came.error
        if not came.results:
            running -= 1
        for result in came.results:
            places[came.chain].release()
            yield came.chain, result


def _run(
    number: int,
    chain: Callable[[], Iterator[T]],
    waiting: "queue.Queue[_Came[T]]",
    brakes: tuple[threading.Semaphore, threading.Event],
) -> None:
    place, stop = brakes
    try:
        for result in chain():
            waiting.put(_Came(number, (result,)))
            place.acquire()
            if stop.is_set():
                return
    except BaseException as error:  # noqa: BLE001 - handed to whoever takes the results
        waiting.put(_Came(number, error=error))
    else:
        waiting.put(_Came(number))
