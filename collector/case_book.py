"""Reads cases from storage: all debtors of a connection who owe, or one with everything that is fresh."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from collector.cases import Material, build, debtor_key, heads_of
from receivables.case import Case, Receipts
from receivables.money import Money
from receivables.records import Answer, Customer, Invoice, Kind, Payment, Ref
from receivables.said import Said
from storage import books, due, habits
from storage.businesses import business as business_of
from storage.connections import Connected
from storage.database import Database, Tx
from storage.differences import DifferenceState, differences
from storage.due import Window
from storage.said import said
from storage.told import contacts

MESSAGES = ("mail", "platform", "sms", "letter", "call")


AT_ONCE = 500
LOG_DAYS = timedelta(days=75)
"""Older contacts are in no budget and under no rule; the last one is known however old it is."""


def cases(
    database: Database, connected: Connected, now: datetime, windows: Sequence[Window] | None = None
) -> Iterator[Case]:
    """One case per debtor with something open on this connection, a few hundred at a time.

    With `windows`, only those with an invoice that may have a step, and of their invoices only these. None before the
    company is known.
    """
    if connected.company is None:
        return
    if connected.company.own_reminders is Answer.YES:
        windows = None  # the platform's own mails count as contacts, whichever invoice they are about
    with database.read() as tx:
        shelf = _shelf(tx, connected, now)
        invoices = due.open_by_customer(tx, connected.business, connected.id, windows=windows)
        for some in _by_debtor(invoices, shelf.families):
            whole = some if windows is None else _completed(tx, shelf, some)
            yield from build(_material(tx, shelf, whole))


def case(database: Database, connected: Connected, debtor: str, now: datetime) -> Case | None:
    """The case of one debtor, with its family; None when nothing is open any more."""
    if connected.company is None:
        return None
    head = Ref(connected.id, Kind.CUSTOMER, debtor.partition("/")[2])
    with database.read() as tx:
        shelf = _shelf(tx, connected, now, debtor)
        family = [ref.id for ref in shelf.families.of(head)]
        invoices = due.open_by_customer(tx, connected.business, connected.id, customers=family)
        found = build(_material(tx, shelf, list(invoices)))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class _Families:
    """Who is billed with whom: for the few who have a parent, the head; and every head's family."""

    heads: Mapping[Ref, Ref]
    members: Mapping[Ref, list[Ref]]

    def head(self, customer: Ref) -> Ref:
        return self.heads.get(customer, customer)

    def of(self, head: Ref) -> list[Ref]:
        return [head, *self.members.get(head, ())]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is read once for all the cases of a connection."""

    connected: Connected
    since: date
    families: _Families
    said: Mapping[str, tuple[Said, ...]]
    nobodys: tuple[Payment, ...]
    differing: tuple[Ref, ...]
    receipts: Receipts
    usual: Mapping[str, Money]
    operator: str


def _shelf(tx: Tx, connected: Connected, now: datetime, debtor: str = "") -> _Shelf:
    words: dict[str, tuple[Said, ...]] = {}
    business = connected.business
    told = said(tx, business) if not debtor else (*said(tx, business, debtor=""), *said(tx, business, debtor=debtor))
    for one in told:
        words[one.debtor] = (*words.get(one.debtor, ()), one)
    return _Shelf(
        connected=connected,
        since=(now - LOG_DAYS).date(),
        families=_families(books.customers(tx, business, connected.id, children=True)),
        said=words,
        nobodys=tuple(books.payments(tx, business, connected.id, customers=None, left=True, nobodys=True)),
        differing=differing(tx, connected),
        receipts=habits.receipts(tx, business),
        usual=habits.usual_invoice(tx, business),
        operator=operator_of(tx, business),
    )


def _for_these(payments: Iterable[Payment], invoices: Iterable[Invoice]) -> tuple[Payment, ...]:
    """Payments that name no customer, but one of these invoices."""
    refs = {invoice.ref for invoice in invoices}
    return tuple(one for one in payments if any(part.to in refs for part in one.applications))


def _families(children: Iterable[Customer]) -> _Families:
    heads = {ref: head for ref, head in heads_of(children).items() if ref != head}
    members: dict[Ref, list[Ref]] = {}
    for ref, head in heads.items():
        members.setdefault(head, []).append(ref)
    return _Families(heads, members)


def _by_debtor(invoices: Iterable[Invoice], families: _Families) -> Iterator[list[Invoice]]:
    """The invoices of some hundred customers at a time; families, whose invoices do not stand together, at the end."""
    some: list[Invoice] = []
    apart: dict[Ref, list[Invoice]] = {}
    count = 0
    for customer, theirs in groupby(invoices, key=lambda invoice: invoice.customer):
        head = families.head(customer)
        if head in families.members:
            apart.setdefault(head, []).extend(theirs)
            continue
        some.extend(theirs)
        count += 1
        if count == AT_ONCE:
            yield some
            some, count = [], 0
    if some:
        yield some
    yield from apart.values()


def _completed(tx: Tx, shelf: _Shelf, invoices: list[Invoice]) -> list[Invoice]:
    """All that is open of those with money or credit to net: against a part of it, it would look like too much."""
    connected, families = shelf.connected, shelf.families
    mine = (tx, connected.business, connected.id)
    heads = dict.fromkeys(families.head(invoice.customer) for invoice in invoices)
    refs = [ref for head in heads for ref in families.of(head)]
    owners = [one.customer for one in books.payments(*mine, customers=refs, left=True)]
    owners += [one.customer for one in books.credits_of(*mine, customers=refs, left=True)]
    netted = {families.head(customer) for customer in owners if customer}
    if not netted:
        return invoices
    theirs = [ref.id for head in netted for ref in families.of(head)]
    others = [one for one in invoices if families.head(one.customer) not in netted]
    return [*others, *due.open_by_customer(*mine, customers=theirs)]


def _material(tx: Tx, shelf: _Shelf, invoices: list[Invoice]) -> Material:
    """Everything that belongs to the debtors of these invoices."""
    connected, families = shelf.connected, shelf.families
    assert connected.company is not None, "asked before"
    heads = dict.fromkeys(families.head(invoice.customer) for invoice in invoices)
    refs = [ref for head in heads for ref in families.of(head)]
    debtors = [debtor_key(head) for head in heads]
    mine = (tx, connected.business, connected.id)
    return Material(
        company=connected.company,
        customers=tuple(
            one for one in books.records(tx, connected.business, refs).values() if isinstance(one, Customer)
        ),
        invoices=tuple(invoices),
        payments=(*books.payments(*mine, customers=refs, left=True), *_for_these(shelf.nobodys, invoices)),
        credits=tuple(books.credits_of(*mine, customers=refs, left=True)),
        contacts=contacts(
            tx,
            connected.business,
            acts=MESSAGES,
            since=shelf.since,
            debtors=debtors,
            invoices=[one.ref for one in invoices],
        ),
        said=tuple(one for debtor in ("", *debtors) for one in shelf.said.get(debtor, ())),
        receipts=shelf.receipts,
        usual=shelf.usual,
        pasts=habits.pasts(*mine, refs),
        reminder_days=reminder_days(connected.details),
        operator=shelf.operator,
        differing=shelf.differing,
        synced_at=connected.last_pull_at or connected.usable_at,
    )


def operator_of(tx: Tx, business: str) -> str:
    """Who collects for the business, as a person said."""
    known = business_of(tx, business)
    return str(known.settings.get("operator", "")) if known else ""


def reminder_days(details: Mapping[str, str]) -> tuple[int, ...]:
    """The days, from the due date, on which the platform reminds by itself, as a person told at connect."""
    return tuple(int(part) for part in details.get("reminder_days", "").replace(",", " ").split())


def differing(tx: Tx, connected: Connected) -> tuple[Ref, ...]:
    """The customers of a connection whose balance is in doubt."""
    found = differences(tx, connected.business, connection=connected.id)
    return tuple(
        Ref(connected.id, Kind.CUSTOMER, one.customer_id)
        for one in found
        if one.state is DifferenceState.OPEN and one.customer_id
    )
