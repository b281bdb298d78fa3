"""One debtor with everything that ever was, also what is settled: for messages about more than what is owed."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from collector.debtors.case_book import material_of
from collector.debtors.cases import build, customer_of
from collector.debtors.kin import kin_of
from receivables.case import Case
from receivables.records import Credit, Invoice, OtherEntry, Payment
from storage.cases import CaseMaterial, case_material
from storage.connections import Connected
from storage.database import Tx

R = TypeVar("R", Invoice, Payment, Credit, OtherEntry)


@dataclass(frozen=True, slots=True)
class Whole:
    """The case with all records of the ledgers, and their other lines; `material` also holds what tills know."""

    case: Case
    entries: tuple[OtherEntry, ...]
    material: CaseMaterial


def whole(tx: Tx, connected: Connected, debtor: str, now: datetime) -> Whole | None:
    """The debtor as they are known now, over all books in which they are one; None for one who is in none any more.

    `debtor` may be anybody of the family. The case is of whoever is written to.
    """
    found = kin_of(tx, connected, customer_of(debtor), now) if connected.company is not None else None
    if found is None:
        return None
    known, head = found
    family = known.families.of(head)
    everything = case_material(tx, connected.business, family)
    if not everything.customers:
        return None
    ledgers = {ref.connection for ref in known.in_ledgers(family)[0]} or {head.connection}
    invoices = _within(everything.invoices, ledgers)
    material = material_of(tx, known, head, invoices, now=now)
    nobodys = [one for one in material.payments if one.customer is None]
    payments = (*_within(everything.payments, ledgers), *nobodys)
    full = replace(material, payments=payments, credits=_within(everything.credits, ledgers))
    return Whole(build(full, [head])[0], _within(everything.other_entries, ledgers), everything)


def _within(records: Collection[R], ledgers: Collection[str]) -> tuple[R, ...]:
    """What a till took is in the ledger as well, so it is told once."""
    return tuple(one for one in records if one.ref.connection in ledgers)
