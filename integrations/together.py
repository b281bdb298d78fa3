"""Reading several things side by side, a little ahead of whoever saves them, and never further."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

LOOK_UP_SECONDS = 0.1


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


def as_they_come(chains: Sequence[Callable[[], Iterator[T]]], *, ahead: int) -> Iterator[tuple[int, T]]:
    """What several chains yield, each in its own order, told apart by its place in `chains`.

    Every chain runs in a thread of its own and stops `ahead` results before whoever takes them. Raises what a chain
    raised, once its earlier results are taken; the others are stopped.
    """
    waiting: queue.Queue[tuple[int, T | None, BaseException | None, bool]] = queue.Queue()
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
        yield from _taken(waiting, places, len(chains))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _taken(
    waiting: "queue.Queue[tuple[int, T | None, BaseException | None, bool]]",
    places: Sequence[threading.Semaphore],
    running: int,
) -> Iterator[tuple[int, T]]:
    while running:
        number, result, error, over = waiting.get()
        if error is not None:
            raise error
        if over:
            running -= 1
            continue
        places[number].release()
        yield number, result  # type: ignore[misc]


def _run(
    number: int,
    chain: Callable[[], Iterator[T]],
    waiting: "queue.Queue[tuple[int, T | None, BaseException | None, bool]]",
    brakes: tuple[threading.Semaphore, threading.Event],
) -> None:
    place, stop = brakes
    try:
        for result in chain():
            waiting.put((number, result, None, False))
            while not place.acquire(timeout=LOOK_UP_SECONDS):
                if stop.is_set():
                    return
            if stop.is_set():
                return
    except BaseException as error:  # noqa: BLE001 - handed to whoever takes the results
        with suppress(AttributeError):
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        waiting.put((number, None, error, False))
    else:
        waiting.put((number, None, None, True))
