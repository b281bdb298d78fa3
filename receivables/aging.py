"""Ageing by due date: how much is how late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from receivables.money import Money
from receivables.records import Invoice


class Bucket(StrEnum):
    """The usual ageing columns, counted in days after the due date."""

    CURRENT = "Current"
    DAYS_1_30 = "1-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    OVER_90 = "Over 90"


def days_late(invoice: Invoice, today: date) -> int:
    """Days after the due date; zero or less when it is not overdue or has no due date."""
    return (today - invoice.due_on).days if invoice.due_on else 0


def bucket(days: int) -> Bucket:
    """The column for something `days` late."""
    for limit, column in (
        (0, Bucket.CURRENT),
        (30, Bucket.DAYS_1_30),
        (60, Bucket.DAYS_31_60),
        (90, Bucket.DAYS_61_90),
    ):
        if days <= limit:
            return column
    return Bucket.OVER_90


@dataclass(frozen=True, slots=True)
class Aging:
    """What is open in one currency, by column."""

    currency: str
    columns: dict[Bucket, Money]

    @property
    def open(self) -> Money:
        """The sum of all columns."""
        return Money(sum(part.minor for part in self.columns.values()), self.currency)

    @property
    def overdue(self) -> Money:
        """The sum of what is late."""
        return self.open - self.columns[Bucket.CURRENT]


def age(invoices: Iterable[Invoice], today: date) -> list[Aging]:
    """One ageing per currency, alphabetically, of whatever is still owed."""
    minors: dict[str, dict[Bucket, int]] = {}
    for invoice in invoices:
        if invoice.owing:
            columns = minors.setdefault(invoice.open.currency, dict.fromkeys(Bucket, 0))
            columns[bucket(days_late(invoice, today))] += invoice.open.minor
    return [
        Aging(currency, {column: Money(minor, currency) for column, minor in columns.items()})
        for currency, columns in sorted(minors.items())
    ]
