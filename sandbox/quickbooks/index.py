"""Sorted views of a company's tables, made once and kept until anything in the tables moves."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.quickbooks.rows import latest

TIME = "metadata.lastupdatedtime"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Rows in one order. Rows with equal keys come newest id first, whichever way the rest goes."""

    rows: Sequence[Any]
    descending: bool

    def between(self, low: datetime | None, high: datetime | None) -> Sequence[Any]:
        """Of rows in the order of their time of change, those from `low` on and before `high`."""
        if self.descending:
            begin = 0 if high is None else bisect_left(self.rows, True, key=lambda row: row.updated < high)
            end = len(self.rows) if low is None else bisect_left(self.rows, True, key=lambda row: row.updated < low)
        else:
            begin = 0 if low is None else bisect_left(self.rows, True, key=lambda row: row.updated >= low)
            end = len(self.rows) if high is None else bisect_left(self.rows, True, key=lambda row: row.updated >= high)
        return self.rows[begin:end]


class Index:
    """The views of one company's tables."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._tables = tables
        self._views: dict[tuple[str, str, bool], tuple[int, Sorted]] = {}

    def view(
        self, entity: str, order: str = "", read: Callable[[Any], Any] | None = None, *, descending: bool = False
    ) -> Sorted:
        """All rows of one kind, ordered by what `read` tells of them (called `order`); newest id first without."""
        kept = self._views.get((entity, order, descending))
        if kept is not None and kept[0] == latest():
            return kept[1]
        rows = sorted(self._tables.get(entity, {}).values(), key=lambda row: -int(row.id))
        if read is not None:
            rows.sort(key=read, reverse=descending)
        made = Sorted(rows, descending)
        self._views[entity, order, descending] = latest(), made
        return made

    def picked(self, entity: str, ids: Iterable[str]) -> Sorted:
        """Those with these ids, newest first."""
        table = self._tables.get(entity, {})
        found = [table[one] for one in set(ids) if one in table]
        return Sorted(sorted(found, key=lambda row: -int(row.id)), descending=False)

    def since(self, entity: str, since: datetime) -> Iterator[Any]:
        """Rows changed since then, newest first."""
        view = self.view(entity, TIME, lambda row: row.updated, descending=True)
        yield from view.between(since, None)
