"""One debtor with everything that ever was, also what is settled: for messages about more than what is owed."""

from dataclasses import dataclass
from datetime import datetime

from collector.debtors.case_book import LOG_DAYS, MESSAGES, differing, operator_of, reminder_days
from collector.debtors.cases import debtor_key, heads_of
from receivables.case import Case
from receivables.records import Kind, OtherEntry, Ref
from storage import books
from storage.cases import case_material
from storage.connections import Connected
from storage.database import Tx
from storage.said import said
from storage.told import contacts


@dataclass(frozen=True, slots=True)
class Whole:
    """The case with all its records, and the other lines of the ledger."""

    case: Case
    entries: tuple[OtherEntry, ...] = ()


def whole(tx: Tx, connected: Connected, debtor: str, now: datetime) -> Whole | None:
    """The debtor as it is known now; None for one who is not in the books any more."""
    business, head = connected.business, Ref(connected.id, Kind.CUSTOMER, debtor.partition("/")[2])
    heads = heads_of(books.customers(tx, business, connected.id, children=True))
    family = [head, *(one for one, its_head in heads.items() if its_head == head and one != head)]
    found = case_material(tx, business, family)
    if connected.company is None or not found.customers:
        return None
    case = Case(
        debtor=debtor_key(head),
        company=connected.company,
        customers=tuple(sorted(found.customers, key=lambda one: (one.ref != head, one.name))),
        invoices=found.invoices,
        payments=found.payments,
        credits=found.credits,
        contacts=contacts(
            tx,
            business,
            acts=MESSAGES,
            since=(now - LOG_DAYS).date(),
            debtors=[debtor],
            invoices=[one.ref for one in found.invoices],
        ),
        said=(*said(tx, business, debtor=""), *said(tx, business, debtor=debtor)),
        reminder_days=reminder_days(connected.details),
        operator=operator_of(tx, business),
        synced_at=connected.last_pull_at or connected.usable_at,
        differs=not set(family).isdisjoint(differing(tx, connected)),
    )
    return Whole(case, found.other_entries)
