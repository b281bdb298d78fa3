"""Reads cases from storage: all debtors of a connection who owe, or one with everything that is fresh."""

from collections.abc import Iterable, Mapping, Sequence

from collector.cases import Material, build, heads_of
from receivables.case import Case, Contact
from receivables.records import Customer, Kind, Payment, PaymentStatus, Ref
from receivables.said import Said
from storage import actions, books, habits
from storage.businesses import business as business_of
from storage.connections import Connected
from storage.database import Database, Tx
from storage.differences import DifferenceState, differences
from storage.said import said

MESSAGES = ("mail", "platform", "sms", "letter", "call")


def cases(database: Database, connected: Connected) -> list[Case]:
    """One case per debtor with something open on this connection. None before its company is known."""
    if connected.company is None:
        return []
    with database.read() as tx:
        customers = tuple(books.customers(tx, connected.business, connected.id))
        return build(_material(tx, connected, customers))


def case(database: Database, connected: Connected, debtor: str) -> Case | None:
    """The case of one debtor, with its family; None when nothing is open any more."""
    if connected.company is None:
        return None
    head = Ref(connected.id, Kind.CUSTOMER, debtor.partition("/")[2])
    with database.read() as tx:
        family = _family(books.customers(tx, connected.business, connected.id), head)
        found = build(_material(tx, connected, family, debtor))
    return found[0] if found else None


def _family(customers: Iterable[Customer], head: Ref) -> tuple[Customer, ...]:
    known = tuple(customers)
    heads = heads_of(known)
    return tuple(one for one in known if heads[one.ref] == head)


def _material(tx: Tx, connected: Connected, customers: tuple[Customer, ...], debtor: str = "") -> Material:
    """Everything of the connection, or with a debtor only what belongs to its `customers`."""
    assert connected.company is not None, "asked before"
    mine = (tx, connected.business, connected.id)
    only = [one.ref for one in customers] if debtor else None
    invoices = tuple(books.invoices(*mine, open_only=True, customers=only))
    return Material(
        company=connected.company,
        customers=customers,
        invoices=invoices,
        payments=tuple(one for one in books.payments(*mine, customers=only) if _may_still_come(one)),
        credits=tuple(one for one in books.credits_of(*mine, customers=only) if one.remaining),
        contacts=contacts(tx, connected.business, debtor or None, [one.ref for one in invoices]),
        said=(*said(tx, connected.business, debtor=debtor or None), *_of_business(tx, connected.business, debtor)),
        receipts=habits.receipts(tx, connected.business),
        usual=habits.usual_invoice(tx, connected.business),
        pasts=habits.pasts(*mine, only),
        reminder_days=reminder_days(connected.details),
        operator=_operator(tx, connected.business),
        differing=differing(tx, connected),
        synced_at=connected.last_pull_at or connected.usable_at,
    )


def _operator(tx: Tx, business: str) -> str:
    known = business_of(tx, business)
    return str(known.settings.get("operator", "")) if known else ""


def _may_still_come(payment: Payment) -> bool:
    """Is there money in it that no invoice shows yet?"""
    return bool(payment.unapplied) or payment.status is PaymentStatus.PENDING


def _of_business(tx: Tx, business: str, debtor: str) -> list[Said]:
    """What was said of the whole business, where it was not read with everything else."""
    return said(tx, business, debtor="") if debtor else []


def reminder_days(details: Mapping[str, str]) -> tuple[int, ...]:
    """The days, from the due date, on which the platform reminds by itself, as a person told at connect."""
    return tuple(int(part) for part in details.get("reminder_days", "").replace(",", " ").split())


def contacts(tx: Tx, business: str, debtor: str | None = None, invoices: Sequence[Ref] = ()) -> tuple[Contact, ...]:
    """What went out, or may have: to everybody, or to one debtor and about these invoices."""
    by_action: dict[str, tuple[actions.Action, list[actions.Speaks]]] = {}
    for speaks, action in actions.spoken(tx, business, debtor=debtor, invoices=invoices):
        by_action.setdefault(action.id, (action, []))[1].append(speaks)
    return tuple(_contact(action, spoken) for action, spoken in by_action.values())


def _contact(action: actions.Action, spoken: Iterable[actions.Speaks]) -> Contact:
    at = action.claimed_at or action.planned_at
    return Contact(
        debtor=action.debtor,
        at=at,
        day_on=action.local_day or at.date(),
        channel=action.act,
        state=action.state.value,
        steps=tuple((one.invoice, one.step) for one in spoken),
    )


def differing(tx: Tx, connected: Connected) -> tuple[Ref, ...]:
    """The customers of a connection whose balance is in doubt."""
    found = differences(tx, connected.business, connection=connected.id)
    return tuple(
        Ref(connected.id, Kind.CUSTOMER, one.customer_id)
        for one in found
        if one.state is DifferenceState.OPEN and one.customer_id
    )
