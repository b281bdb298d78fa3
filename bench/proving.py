"""Was the work the same? What stands in a database beside the sandbox's own ledger, before a time counts."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.lists import LISTS
from bench.processes import CaseFailed

EXPONENTS = {"JPY": 0, "KWD": 3}
Truth = Mapping[str, Any]


def prove_ours(file: Path, truth: Truth) -> dict[str, int]:
    """Every invoice to the smallest unit, and how many of the others; the counts. Raises CaseFailed."""
    with closing(sqlite3.connect(file)) as database:
        return prove_rows(truth, _invoices(database), {part: _live(database, part) for part in _wanted(truth)})


def _invoices(database: sqlite3.Connection) -> Iterator[tuple[str, str, int, int]]:
    yield from database.execute("SELECT id, currency, total_minor, open_minor FROM invoice WHERE gone_at IS NULL")


def _live(database: sqlite3.Connection, part: str) -> int:
    table = part.removesuffix("s")
    found = database.execute(f"SELECT count(*) FROM {table} WHERE gone_at IS NULL").fetchone()  # noqa: S608 - ours
    return int(found[0])


def prove_rows(
    truth: Truth, invoices: Iterator[tuple[str, str, int, int]], others: Mapping[str, int]
) -> dict[str, int]:
    """The same for rows from anywhere: id, currency, total and open in smallest units. Raises CaseFailed."""
    ours = {id: (currency, total, open_) for id, currency, total, open_ in invoices}
    theirs = {id: (one["currency"], one["total"], one["open"]) for id, one in truth["invoices"].items()}
    if ours != theirs:
        differing = sum(ours.get(id) != one for id, one in theirs.items()) + len(ours.keys() - theirs.keys())
        raise CaseFailed(f"{differing} invoices are not as the sandbox has them")
    if others != _wanted(truth):
        raise CaseFailed(f"there are {dict(others)} instead of {_wanted(truth)}")
    return {"invoices": len(ours), **others, "open": sum(1 for _, _, open_ in ours.values() if open_)}


def _wanted(truth: Truth) -> dict[str, int]:
    """How many live records of each kind there must be. Xero's deleted payments stay readable and are kept."""
    gone = len(truth.get("deleted_payments", ()))
    return {
        "payments": len(truth["payments"]) + gone,
        "customers": len(truth["customers"]),
        "credits": len(truth["credits"]),
    }


def prove_floor(file: Path, platform: str, truth: Truth) -> dict[str, int]:
    """The invoices' number and sums by currency, and enough payments; rows by list. Raises CaseFailed."""
    with closing(sqlite3.connect(file)) as database:
        rows = dict(database.execute("SELECT kind, count(*) FROM record GROUP BY kind"))
        listed = next(one.kind for one in LISTS[platform] if one.part == "invoices")
        wanted = "SELECT upper(currency), total FROM record WHERE kind = ?"
        sums = _summed(platform, database.execute(wanted, (listed,)))
    theirs: Counter[str] = Counter()
    for one in truth["invoices"].values():
        theirs[one["currency"]] += one["total"]
    if rows.get(listed) != len(truth["invoices"]) or sums != theirs:
        raise CaseFailed(
            f"the floor read {rows.get(listed)} invoices of {sums}, not {len(truth['invoices'])} of {theirs}"
        )
    for one in LISTS[platform]:
        if one.part == "payments" and rows.get(one.kind, 0) < len(truth["payments"]):
            raise CaseFailed(f"the floor lacks {one.kind}")
    return rows


def _summed(platform: str, rows: Iterator[tuple[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for currency, total in rows:
        found[currency] += int(total) if platform == "stripe" else round(total * 10 ** EXPONENTS.get(currency, 2))
    return found
