"""Records in the order they were made, with ids of Stripe's look, paged the way Stripe pages."""

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


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


class Shelf(Generic[T]):
    """Keeps the order of making; a dropped record leaves a hole and its id is unknown from then on."""

    def __init__(self) -> None:
        self._rows: list[T | None] = []
        self._at: dict[str, int] = {}

    def put(self, key: str, row: T) -> T:
        """Add as the newest."""
        self._at[key] = len(self._rows)
        self._rows.append(row)
        return row

    def get(self, key: str) -> T | None:
        """The record called `key`, if it is there."""
        at = self._at.get(key)
        return None if at is None else self._rows[at]

    def drop(self, key: str) -> None:
        """Forget it."""
        self._rows[self._at.pop(key)] = None

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[T]:
        return (row for row in self._rows if row is not None)

    def page(self, keep: Callable[[T], bool], limit: int, *, after: str = "", before: str = "") -> tuple[list[T], bool]:
        """Newest first: the rows older than `after`, or the ones just newer than `before`; and whether there is more.

        Raises KeyError with the cursor when it is unknown.
        """
        if before:
            found = self._take(range(self._at[before] + 1, len(self._rows)), keep, limit)
            return found[:limit][::-1], len(found) > limit
        top = self._at[after] if after else len(self._rows)
        found = self._take(range(top - 1, -1, -1), keep, limit)
        return found[:limit], len(found) > limit

    def _take(self, order: Iterable[int], keep: Callable[[T], bool], limit: int) -> list[T]:
        found: list[T] = []
        for at in order:
            row = self._rows[at]
            if row is not None and keep(row):
                found.append(row)
                if len(found) > limit:
                    break
        return found
