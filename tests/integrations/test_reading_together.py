"""Reading side by side: in order where asked, a little ahead and no further, and stopped cleanly."""

import threading
import time
from collections.abc import Iterator

import pytest

from integrations.errors import TryLater
from integrations.together import as_they_come, in_order


def test_numbered_calls_come_in_order_however_long_each_takes() -> None:
    gate = threading.Event()

    def slow() -> int:
        assert gate.wait(5)
        return 0

    def quick() -> int:
        gate.set()
        return 1

    assert list(in_order([slow, quick, lambda: 2], at_once=2)) == [0, 1, 2]


def test_no_more_calls_are_begun_than_may_be_ahead() -> None:
    begun: list[int] = []
    calls = [lambda number=number: begun.append(number) for number in range(10)]

    results = in_order(calls, at_once=3)
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert len(begun) <= 3


def test_what_a_call_raised_comes_in_its_place_and_later_ones_are_not_begun() -> None:
    begun: list[int] = []

    def fail() -> int:
        raise TryLater("busy", after=7)

    def later(number: int) -> int:
        begun.append(number)
        return number

    calls = [lambda: 0, fail, *(lambda number=number: later(number) for number in range(20))]
    results = in_order(calls, at_once=2)

    assert next(results) == 0
    with pytest.raises(TryLater) as caught:
        list(results)
    assert caught.value.after == 7
    assert len(begun) <= 2


def test_chains_come_complete_each_in_its_own_order() -> None:
    chains = [lambda start=start: iter(range(start, start + 5)) for start in (0, 100, 200)]

    came = list(as_they_come(chains, ahead=2))

    assert sorted(number for _, number in came) == sorted([*range(5), *range(100, 105), *range(200, 205)])
    for chain in range(3):
        assert [one for number, one in came if number == chain] == list(range(chain * 100, chain * 100 + 5))


def test_a_chain_stops_ahead_of_whoever_takes_its_results() -> None:
    made: list[int] = []

    def chain() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    results = as_they_come([chain], ahead=2)
    next(results)
    _settle()

    assert len(made) <= 4
    results.close()  # type: ignore[attr-defined]
    _settle()
    assert len(made) <= 5
    assert not [thread for thread in threading.enumerate() if thread.name == "reading"]


def test_a_broken_chain_ends_all_and_earlier_results_are_kept() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise TryLater("gone", after=3)

    def endless() -> Iterator[int]:
        while True:
            yield 0

    came: list[tuple[int, int]] = []
    with pytest.raises(TryLater):
        came.extend(as_they_come([broken, endless], ahead=1))

    assert (0, 1) in came
    assert not [thread for thread in threading.enumerate() if thread.name == "reading"]


def test_an_empty_chain_ends() -> None:
    assert list(as_they_come([lambda: iter(()), lambda: iter((1,))], ahead=1)) == [(1, 1)]


def _settle() -> None:
    """Let threads that could run on run on; what they may not do is asserted afterwards."""
    for _ in range(20):
        time.sleep(0.005)
