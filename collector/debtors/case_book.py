"""Reads cases from storage: all debtors of a connection who owe, or one with everything that is fresh."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.debtors.cases import Material, build, customer_of, debtor_key
from collector.debtors.kin import Kin, company_of, kin, kin_of, mirrors, synced_at
from collector.debtors.owed import by_debtor, of_customers
from collector.debtors.paying import coming, plans_about, under_way
from receivables.case import Case, Past, Receipts, UnderWay
from receivables.money import Money
from receivables.records import Customer, Invoice, Kind, Payment, Ref
from receivables.said import Said
from storage import books, habits
from storage.businesses import business as business_of
from storage.charges import charge_invoices
from storage.connections import Connected
from storage.database import Database, Tx
from storage.differences import DifferenceState, differences
from storage.due import Narrow
from storage.said import said
from storage.told import contacts

REMINDERS = ("mail", "platform", "sms", "letter", "call")
MESSAGES = (*REMINDERS, "statement", "plan_offer", "payment_returned")
"""Every act that asks for what is owed. Thanks and apologies ask for nothing, so they use up no contact."""
LOG_DAYS = timedelta(days=75)
"""Older contacts are in no budget and under no rule; the last one is known however old it is."""


def cases(
    database: Database, connected: Connected, now: datetime, windows: Sequence[Narrow] | None = None
) -> Iterator[Case]:
    """One case per debtor with something open on this connection, a few hundred at a time.

    With `windows`, only those with an invoice that may have a step, or who were not told something yet, and of their
    invoices only these. None before the company is known.
    """
    if connected.company is None:
        return
    with database.read() as tx:
        shelf = _shelf(tx, kin(tx, connected, now), now)
        for some in by_debtor(tx, shelf.kin, windows):
            yield from build(_material(tx, shelf, _heads(shelf.kin, some), some))


def case(database: Database, connected: Connected, debtor: str, now: datetime) -> Case | None:
    """The case of one debtor, with its family and whoever it is elsewhere; None when nothing is open any more."""
    if connected.company is None:
        return None
    with database.read() as tx:
        found = kin_of(tx, connected, customer_of(debtor), now)
        if found is None:
            return None
        known, head = found
        invoices = list(of_customers(tx, known, known.families.of(head)))
        return build(material_of(tx, known, head, invoices, now=now))[0] if invoices else None


def material_of(tx: Tx, known: Kin, head: Ref, invoices: Sequence[Invoice], *, now: datetime) -> Material:
    """Everything about one debtor, with these of their invoices and what is left of payments and credits."""
    shelf = _shelf(tx, known, now, [debtor_key(ref) for ref in known.families.known_as(head)])
    return _material(tx, shelf, [head], invoices)


def _heads(known: Kin, invoices: Iterable[Invoice]) -> list[Ref]:
    return list(dict.fromkeys(known.families.head(invoice.customer) for invoice in invoices))


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is read once for all the cases of a connection."""

    kin: Kin
    since: date
    said: Mapping[str, tuple[Said, ...]]
    nobodys: tuple[Payment, ...]
    differing: tuple[Ref, ...]
    receipts: Receipts
    usual: Mapping[str, Money]
    operator: str
    charges: frozenset[Ref]
    under_way: tuple[UnderWay, ...]


def _shelf(tx: Tx, known: Kin, now: datetime, names: Sequence[str] = ()) -> _Shelf:
    """With `names`, only what was said of these debtors and of the whole business."""
    words: dict[str, tuple[Said, ...]] = {}
    connected, business = known.own, known.own.business
    told = [one for name in ("", *names) for one in said(tx, business, debtor=name)] if names else said(tx, business)
    for one in told:
        words[one.debtor] = (*words.get(one.debtor, ()), one)
    return _Shelf(
        kin=known,
        since=(now - LOG_DAYS).date(),
        said=words,
        nobodys=tuple(_nobodys(tx, connected)),
        differing=differing(tx, connected),
        receipts=habits.receipts(tx, business),
        usual=habits.usual_invoice(tx, business),
        operator=operator_of(tx, business),
        charges=frozenset(charge_invoices(tx, business)),
        under_way=under_way(coming(tx, business), now),
    )


def _for_these(payments: Iterable[Payment], invoices: Iterable[Invoice]) -> tuple[Payment, ...]:
    """Payments that name no customer, but one of these invoices."""
    refs = {invoice.ref for invoice in invoices}
    return tuple(one for one in payments if any(part.to in refs for part in one.applications))


def _nobodys(tx: Tx, one: Connected) -> Iterator[Payment]:
    return books.payments(tx, one.business, one.id, left=True, nobodys=True)


def _material(tx: Tx, shelf: _Shelf, heads: Sequence[Ref], invoices: Sequence[Invoice]) -> Material:
    """Everything that belongs to these debtors, whose invoices these are."""
    own, families = shelf.kin.own, shelf.kin.families
    everybody = [ref for head in heads for ref in families.of(head)]
    refs, only = shelf.kin.in_ledgers(everybody)
    ledgers = shelf.kin.ledgers({ref.connection for ref in refs}) or [own]
    others = [one for one in ledgers if one.id != own.id]
    debtors = [debtor_key(ref) for head in heads for ref in families.known_as(head)]
    nobodys = [*shelf.nobodys, *(one for other in others for one in _nobodys(tx, other))]
    mine = (tx, own.business, only)
    return Material(
        company=company_of(ledgers),
        customers=tuple(
            one for one in books.records(tx, own.business, everybody).values() if isinstance(one, Customer)
        ),
        invoices=tuple(invoices),
        payments=(*books.payments(*mine, customers=refs, left=True), *_for_these(nobodys, invoices)),
        credits=tuple(books.credits_of(*mine, customers=refs, left=True)),
        contacts=contacts(
            tx,
            own.business,
            acts=MESSAGES,
            since=shelf.since,
            debtors=debtors,
            invoices=[one.ref for one in invoices],
        ),
        said=tuple(one for debtor in ("", *debtors) for one in shelf.said.get(debtor, ())),
        receipts=shelf.receipts,
        usual=shelf.usual,
        pasts=_pasts(tx, ledgers, refs),
        reminder_days=tuple(dict.fromkeys(day for one in ledgers for day in reminder_days(one.details))),
        operator=shelf.operator,
        charges=shelf.charges,
        plans=plans_about(tx, own.business, invoices),
        under_way=shelf.under_way,
        differing=(*shelf.differing, *(ref for one in others for ref in differing(tx, one))),
        synced_at=synced_at(ledgers),
        mirrors=mirrors(tx, shelf.kin, invoices),
        elsewhere=shelf.kin.elsewhere,
        same={head: families.same[head] for head in heads if head in families.same},
    )


def _pasts(tx: Tx, ledgers: Sequence[Connected], refs: Sequence[Ref]) -> Mapping[Ref, Past]:
    """How they have paid, in each of the ledgers."""
    found: dict[Ref, Past] = {}
    for one in ledgers:
        found |= habits.pasts(tx, one.business, one.id, [ref for ref in refs if ref.connection == one.id])
    return found


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
