"""The rates statutory interest is built on: series by half-years, and the laws that use them. A gap is an error."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from receivables.money import Money
from receivables.records import CustomerKind

SHELF = Path(__file__).parent / "rates.toml"
SURE = ("verified", "secondary")


class NoRate(ValueError):
    """Interest cannot be worked out: no law is known for it, or no rate for a day. The message is for people."""


@dataclass(frozen=True, slots=True)
class Row:
    """A rate from one day up to and with another, in basis points. Not `sure`: no official notice was seen."""

    from_on: date
    to_on: date
    bp: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of one reference rate, in their order."""

    id: str
    title: str
    source: str
    rows: tuple[Row, ...]

    def on(self, day: date) -> Row:
        """The row of a day. Raises NoRate where there is none: the last one is never carried forward."""
        for row in self.rows:
            if row.from_on <= day <= row.to_on:
                return row
        raise NoRate(
            f"The {self.title} of {day:%-d %B %Y} is not known here, so no interest can be worked out for that day; "
            "a newer version of Duewell may know it."
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """A fixed sum for debts below, or up to and with, an amount; for all that are left without either."""

    amount: Decimal
    below: Decimal | None = None
    up_to: Decimal | None = None

    def fits(self, debt: Decimal) -> bool:
        """Is it the sum for a debt of this size?"""
        if self.below is not None:
            return debt < self.below
        return self.up_to is None or debt <= self.up_to


@dataclass(frozen=True, slots=True)
class Statute:
    """One law: for whom, how much above which rate, whether a running debt follows the rate, and its fixed sums."""

    id: str
    title: str
    country: str
    kinds: frozenset[CustomerKind]
    series: Series
    margin_bp: int
    floats: bool
    currency: str
    since: date
    source: str
    sums: tuple[Sum, ...] = ()
    sums_source: str = ""
    compounds_yearly: bool = False
    begins_must_be_told: bool = False

    def fixed_sum(self, debt: Money) -> Money:
        """What is owed beside the interest, once for the debt; `debt` in the law's own currency."""
        found = next((one.amount for one in self.sums if one.fits(debt.amount)), Decimal(0))
        return Money.of(found, self.currency)


@cache
def load_statutes() -> tuple[Statute, ...]:
    """The laws that come with Duewell, read once."""
    return read_statutes(SHELF.read_text(encoding="utf-8"))


def read_statutes(text: str) -> tuple[Statute, ...]:
    """From TOML. Raises ValueError for rows that overlap or leave a gap."""
    document = tomllib.loads(text)
    series = {row["id"]: _series(row) for row in document["series"]}
    return tuple(_statute(row, series) for row in document["statute"])


def statute_for(country: str, kind: CustomerKind) -> Statute:
    """The law for customers of this kind in this country. Raises NoRate with a sentence."""
    if kind in (CustomerKind.UNKNOWN, CustomerKind.OTHER):
        raise NoRate("Whether this customer is a business or a person is not known; say so first, since it decides.")
    for statute in load_statutes():
        if statute.country == country and kind in statute.kinds:
            return statute
    who = kind.value.replace("_", " ")
    raise NoRate(f"Statutory interest for a {who} in {country or 'an unknown country'} is not covered here.")


def _series(row: Mapping[str, Any]) -> Series:
    rows = tuple(Row(one["from"], one["to"], one["bp"], one["confidence"] in SURE) for one in row["rows"])
    for earlier, later in pairwise(rows):
        if later.from_on != earlier.to_on + timedelta(days=1):
            raise ValueError(f"{row['id']}: the row from {later.from_on} does not follow the one up to {earlier.to_on}")
    return Series(row["id"], row["title"], row["source"], rows)


def _statute(row: Mapping[str, Any], series: Mapping[str, Series]) -> Statute:
    return Statute(
        id=row["id"],
        title=row["title"],
        country=row["country"],
        kinds=frozenset(map(CustomerKind, row["kinds"])),
        series=series[row["series"]],
        margin_bp=row["margin_bp"],
        floats=row["floats"],
        currency=row["currency"],
        since=row["since"],
        source=row["source"],
        sums=tuple(_sum(one) for one in row.get("sums", ())),
        sums_source=row.get("sums_source", ""),
        compounds_yearly=row.get("compounds_yearly", False),
        begins_must_be_told=row.get("begins_must_be_told", False),
    )


def _sum(row: Mapping[str, str]) -> Sum:
    bounds = {name: Decimal(row[name]) for name in ("below", "up_to") if name in row}
    return Sum(Decimal(row["amount"]), **bounds)
