"""Puts cases together: who is billed with whom, and everything that belongs to each debtor. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from msgspec import structs

from receivables.case import Case, Contact, Mirror, Past, Receipts, UnderWay, head_of
from receivables.money import Money
from receivables.plans import Progress
from receivables.records import Company, Credit, Customer, Invoice, Kind, Payment, Ref
from receivables.said import Said

T = TypeVar("T")
Owned = TypeVar("Owned", Invoice, Payment, Credit)


@dataclass(frozen=True, slots=True)
class Material:
    """What the books hold of one connection, or of some of its customers, and what people said.

    `differing` are customers in doubt; `elsewhere` is by debtor; `same` are, for a customer who is several, all who
    they are. The rest is as in `Case`.
    """

    company: Company
    customers: tuple[Customer, ...]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...] = ()
    credits: tuple[Credit, ...] = ()
    contacts: tuple[Contact, ...] = ()
    said: tuple[Said, ...] = ()
    differing: Collection[Ref] = ()
    synced_at: datetime | None = None
    receipts: Receipts = Receipts()
    mirrors: tuple[Mirror, ...] = ()
    elsewhere: Mapping[str, tuple[Payment, ...]] = field(default_factory=dict)
    usual: Mapping[str, Money] = field(default_factory=dict)
    pasts: Mapping[Ref, Past] = field(default_factory=dict)
    reminder_days: tuple[int, ...] = ()
    operator: str = ""
    reconstructed: bool = False
    same: Mapping[Ref, Sequence[Ref]] = field(default_factory=dict)
    charges: frozenset[Ref] = frozenset()
    plans: tuple[Progress, ...] = ()
    under_way: tuple[UnderWay, ...] = ()


def debtor_key(head: Ref) -> str:
    """The name of a debtor in everything that is recorded about it."""
    return f"{head.connection}/{head.id}"


def customer_of(debtor: str) -> Ref:
    """The customer whom such a name is of."""
    connection, _, id = debtor.partition("/")
    return Ref(connection, Kind.CUSTOMER, id)


def build(material: Material, only: Sequence[Ref] = ()) -> list[Case]:
    """One case per debtor who has an invoice, in the order of their names; with `only`, for these heads alone."""
    heads = _one_for_all(heads_of(material.customers), material.same)
    by_ref = {customer.ref: customer for customer in material.customers}
    invoices = _by_head(material.invoices, heads)
    payments = _by_head([_owned(one, material.invoices) for one in material.payments], heads)
    credits = _by_head(material.credits, heads)
    members = _members(material.customers, heads)
    told, said = _Told(material.contacts), _said_by_debtor(material.said)
    names = {head: tuple(map(debtor_key, material.same.get(head, (head,)))) for head in only or invoices}
    in_doubt = {heads.get(ref, ref) for ref in material.differing}
    plans = _by_invoice((covered.invoice, one) for one in material.plans for covered in one.plan.covered)
    under_way = _by_invoice((one.invoice, one) for one in material.under_way)
    cases = [
        Case(
            debtor=debtor_key(head),
            company=material.company,
            customers=tuple(members.get(head, ())) or (_stranger(head, own),),
            invoices=tuple(own),
            payments=tuple(payments.get(head, ())),
            credits=tuple(credits.get(head, ())),
            contacts=tuple(told.about(names[head], own)),
            said=(*said.get("", ()), *_of_any(said, names[head])),
            receipts=material.receipts,
            mirrors=_mirrors_of(own, material.mirrors),
            elsewhere=material.elsewhere.get(debtor_key(head), ()),
            usual=material.usual,
            past=sum((material.pasts.get(one.ref, Past()) for one in members.get(head, ())), Past()),
            reminder_days=material.reminder_days,
            operator=material.operator,
            reconstructed=material.reconstructed,
            synced_at=material.synced_at,
            differs=head in in_doubt,
            known_as=names[head][1:],
            charges=material.charges and material.charges & {one.ref for one in own},
            plans=_about(own, plans),
            under_way=_about(own, under_way),
        )
        for head, own in ((head, invoices.get(head, [])) for head in names)
    ]
    return sorted(cases, key=lambda case: (by_ref[case.head.ref].name if case.head.ref in by_ref else "", case.debtor))


def _by_invoice(pairs: Iterable[tuple[Ref, T]]) -> dict[Ref, list[T]]:
    found: dict[Ref, list[T]] = {}
    for ref, one in pairs:
        found.setdefault(ref, []).append(one)
    return found


def _about(invoices: Iterable[Invoice], found: Mapping[Ref, Sequence[T]]) -> tuple[T, ...]:
    """What is about any of these invoices, each once."""
    if not found:
        return ()
    return tuple(dict.fromkeys(one for invoice in invoices for one in found.get(invoice.ref, ())))


def _one_for_all(heads: Mapping[Ref, Ref], same: Mapping[Ref, Sequence[Ref]]) -> dict[Ref, Ref]:
    """Who is billed with whom, when some who are billed are one."""
    lead = {ref: head for head, theirs in same.items() for ref in theirs}
    return {ref: lead.get(head, head) for ref, head in heads.items()} | lead


def _of_any(said: Mapping[str, list[Said]], names: Sequence[str]) -> list[Said]:
    """What was said under any of these names, oldest first."""
    found = [one for name in names for one in said.get(name, ())]
    return found if len(names) == 1 else sorted(found, key=lambda one: one.at.timestamp() if one.at else 0)


def _said_by_debtor(said: Iterable[Said]) -> dict[str, list[Said]]:
    """What was said of each debtor; under the empty key what was said of the whole business."""
    grouped: dict[str, list[Said]] = {}
    for one in said:
        grouped.setdefault(one.debtor, []).append(one)
    return grouped


def _mirrors_of(invoices: Iterable[Invoice], mirrors: tuple[Mirror, ...]) -> tuple[Mirror, ...]:
    if not mirrors:
        return ()
    refs = {invoice.ref for invoice in invoices}
    return tuple(one for one in mirrors if one.invoice in refs or one.other in refs)


class _Told:
    """What was said, by whom it was said to and by what it was about.

    After two customers were merged, an invoice's past was told to somebody else than who owes it now.
    """

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._to: dict[str, list[Contact]] = {}
        self._of: dict[Ref, list[Contact]] = {}
        for contact in contacts:
            self._to.setdefault(contact.debtor, []).append(contact)
            for ref, _ in contact.steps:
                self._of.setdefault(ref, []).append(contact)

    def about(self, names: Sequence[str], invoices: Iterable[Invoice]) -> list[Contact]:
        """Everything that was said to the debtor, by any name, or about their invoices, oldest first, each once."""
        found = dict.fromkeys(contact for name in names for contact in self._to.get(name, ()))
        for invoice in invoices:
            found.update(dict.fromkeys(self._of.get(invoice.ref, ())))
        return sorted(found, key=lambda contact: contact.at)


def heads_of(customers: Iterable[Customer]) -> dict[Ref, Ref]:
    """For every customer, the one who is billed: itself, or the parent its invoices go to."""
    known = list(customers)
    parents = {one.ref: one.parent for one in known if one.parent is not None and one.bills_with_parent}
    return {one.ref: head_of(one.ref, parents) for one in known}


def _members(customers: Iterable[Customer], heads: Mapping[Ref, Ref]) -> dict[Ref, list[Customer]]:
    """The head first, then its family by name. A head that is not in the books leaves its family to itself."""
    members: dict[Ref, list[Customer]] = {}
    for customer in sorted(customers, key=lambda one: (heads[one.ref] != one.ref, one.name)):
        members.setdefault(heads[customer.ref], []).append(customer)
    return members


def _owned(payment: Payment, invoices: Iterable[Invoice]) -> Payment:
    """A payment that names nobody belongs to whoever owes the invoice it is for."""
    if payment.customer is not None:
        return payment
    paid = {part.to for part in payment.applications}
    owner = next((one.customer for one in invoices if one.ref in paid), None)
    return structs.replace(payment, customer=owner)


def _by_head(records: Iterable[Owned], heads: Mapping[Ref, Ref]) -> dict[Ref, list[Owned]]:
    grouped: dict[Ref, list[Owned]] = {}
    for record in records:
        if record.customer is not None:
            grouped.setdefault(heads.get(record.customer, record.customer), []).append(record)
    return grouped


def _stranger(head: Ref, invoices: Iterable[Invoice]) -> Customer:
    """An invoice may name a customer the platform no longer shows; it has no address, so nothing is sent."""
    changed_at = min(invoice.changed_at for invoice in invoices)
    return Customer(Ref(head.connection, Kind.CUSTOMER, head.id), f"Customer {head.id}", changed_at)
