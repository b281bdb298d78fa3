"""Records by when they were created, with ids of Stripe's look, paged the way Stripe pages."""

import hashlib
from base64 import b64encode
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar


class Ids:
    """Names records: the same seed gives the same ids in the same order."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """The next id with this prefix: `in_` and 24 letters, for instance."""
        self.skip(prefix)
        return f"{prefix}_{spelled(f'{self._seed}/{prefix}/{self._counts[prefix]}', 24)}"

    def skip(self, prefix: str) -> None:
        """Use up an id that nobody will ever see."""
        self._counts[prefix] += 1


def spelled(seed: str, length: int) -> str:
    """Letters and digits drawn from a hash, at most 43."""
    return b64encode(hashlib.sha256(seed.encode()).digest(), b"Qz").decode()[:length]


class Dated(Protocol):
    """Whatever stands on a shelf."""

    @property
    def created(self) -> int:
        """Epoch seconds."""
        ...


T = TypeVar("T", bound=Dated)
Place = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a shelf are meant: behind a cursor, in front of one, created within these seconds (inclusive)."""

    after: str = ""
    before: str = ""
    since: int = -(2**61)
    until: int = 2**61


class Shelf(Generic[T]):
    """Keeps rows by when they were created, then in the order of making. A dropped record's id is unknown from then."""

    def __init__(self) -> None:
        self._rows: dict[str, T] = {}
        self._places: dict[str, Place] = {}
        self._order: list[Place] = []
        self._parts: dict[str, list[Place]] = {}
        self._made = 0

    def put(self, key: str, row: T) -> T:
        """Add as the newest of its second."""
        self._made += 1
        self._rows[key] = row
        self._places[key] = place = (row.created, self._made, key)
        insort(self._order, place)
        self.changed()
        return row

    def get(self, key: str) -> T | None:
        """The record called `key`, if it is there."""
        return self._rows.get(key)

    def drop(self, key: str) -> None:
        """Forget it."""
        del self._rows[key]
        del self._order[bisect_left(self._order, self._places.pop(key))]
        self.changed()

    def changed(self) -> None:
        """Some row changed: which belong to what part has to be found out anew."""
        if self._parts:
            self._parts = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        return (self._rows[key] for _, _, key in self._order)

    def page(
        self,
        keep: Callable[[T], bool],
        limit: int,
        window: Window,
        *,
        part: tuple[str, Callable[[T], bool]] | None = None,
    ) -> tuple[list[T], bool]:
        """Newest first: the rows older than `after`, or the ones just newer than `before`; and whether there is more.

        `part` names a set of rows that is asked for again and again. Raises KeyError with an unknown cursor.
        """
        order = self._order if part is None else self._part(*part)
        low, high = bisect_left(order, (window.since,)), bisect_left(order, (window.until + 1,))
        if window.before:
            low = max(low, bisect_right(order, self._places[window.before]))
            found = self._take(islice(order, low, high), keep, limit)
            return found[:limit][::-1], len(found) > limit
        if window.after:
            high = min(high, bisect_left(order, self._places[window.after]))
        found = self._take((order[at] for at in range(high - 1, low - 1, -1)), keep, limit)
        return found[:limit], len(found) > limit

    def _part(self, name: str, belongs: Callable[[T], bool]) -> list[Place]:
        if name not in self._parts:
            self._parts[name] = [place for place in self._order if belongs(self._rows[place[2]])]
        return self._parts[name]

    def _take(self, order: Iterable[Place], keep: Callable[[T], bool], limit: int) -> list[T]:
        kept = (row for _, _, key in order if keep(row := self._rows[key]))
        return list(islice(kept, limit + 1))
