"""Makes the customer pages: the list, and one customer with everything that is known."""

import json
from collections.abc import Iterable, Mapping
from datetime import date

from collector.case_book import contacts
from collector.cases import debtor_key, heads_of
from collector.decide import decide
from collector.plan import Decided
from duewell.running import living
from duewell.showing import difference_view, rows_of
from duewell.views import ContactView, CustomerView, DifferenceView, HistoryLine
from duewell.web.office import CustomerLine, CustomerList
from duewell.wiring import House, account_of, policy_of
from integrations.registry import platform
from receivables.aging import age
from receivables.case import Case, Contact
from receivables.money import by_currency
from receivables.records import Customer, Invoice, Kind, PaymentStatus, Ref
from storage import actions, books
from storage.cases import CaseMaterial, case_material
from storage.connections import Connected
from storage.database import Tx
from storage.differences import differences

LINES_MAX = 200


def customers(house: House, business: str, text: str) -> CustomerList:
    """Customers whose name, e-mail or open invoice number holds `text`, who owes most first."""
    wanted = text.strip().lower()
    with house.database.read() as tx:
        lines = [line for one in living(house, business) for line in _lines(house, tx, one, wanted)]
    lines.sort(key=lambda line: (-max((money.minor for money in line.owed), default=0), line.name))
    return CustomerList(tuple(lines[:LINES_MAX]), len(lines))


def _lines(house: House, tx: Tx, one: Connected, wanted: str) -> Iterable[CustomerLine]:
    today = house.clock.now().date()
    owed: dict[Ref, list[Invoice]] = {}
    for invoice in books.invoices(tx, one.business, one.id, open_only=True):
        owed.setdefault(invoice.customer, []).append(invoice)
    for customer in books.customers(tx, one.business, one.id):
        invoices = owed.get(customer.ref, [])
        if _matches(customer, invoices, wanted):
            late = [each.open for each in invoices if each.owing and each.due_on and each.due_on < today]
            yield CustomerLine(
                connection=one.id,
                company=one.label,
                platform=one.platform,
                id=customer.ref.id,
                name=customer.name,
                owed=tuple(by_currency(each.open for each in invoices if each.owing).values()),
                overdue=tuple(by_currency(late).values()),
            )


def _matches(customer: Customer, invoices: Iterable[Invoice], wanted: str) -> bool:
    held = [customer.name, *(email.address for email in customer.emails), *(one.number for one in invoices)]
    return any(wanted in word.lower() for word in held)


def customer(house: House, business: str, connection: str, customer_id: str) -> CustomerView | None:
    """One customer's page; a sub-customer's page tells only of itself, but says who is written to."""
    connected = next((one for one in living(house, business) if one.id == connection), None)
    if connected is None or connected.company is None:
        return None
    ref = Ref(connection, Kind.CUSTOMER, customer_id)
    with house.database.read() as tx:
        heads = heads_of(books.customers(tx, business, connection))
        if ref not in heads:
            return None
        family = [one for one, head in heads.items() if head == heads[ref]]
        material = case_material(tx, business, sorted(family, key=lambda one: (one != heads[ref], one.id)))
        spoken = contacts(tx, business, debtor_key(heads[ref]), [one.ref for one in material.invoices])
        sent = [one for one in actions.actions(tx, business, debtor=debtor_key(heads[ref])) if one.act != "leave_note"]
        names = {one.ref.id: one.name for one in material.customers}
        doubts = _doubts(tx, connected, names)
    case = _case(connected, material, heads[ref], spoken, differs=any(one.state == "open" for one in doubts))
    return _view(house, connected, case, material, sent=sent, doubts=doubts)


def _doubts(tx: Tx, connected: Connected, names: Mapping[str, str]) -> tuple[DifferenceView, ...]:
    found = differences(tx, connected.business, connection=connected.id)
    return tuple(difference_view(one, names) for one in found if one.customer_id in names)


def _case(
    connected: Connected, material: CaseMaterial, head: Ref, spoken: tuple[Contact, ...], *, differs: bool
) -> Case:
    assert connected.company is not None, "asked before"
    ordered = sorted(material.customers, key=lambda one: one.ref != head)
    return Case(
        debtor=debtor_key(head),
        company=connected.company,
        customers=tuple(ordered),
        invoices=tuple(one for one in material.invoices if one.owing or one.status.value == "draft"),
        payments=tuple(one for one in material.payments if one.unapplied),
        credits=tuple(one for one in material.credits if one.remaining),
        contacts=spoken,
        synced_at=connected.last_pull_at or connected.usable_at,
        differs=differs,
    )


def _view(
    house: House,
    connected: Connected,
    case: Case,
    material: CaseMaterial,
    *,
    sent: list[actions.Action],
    doubts: tuple[DifferenceView, ...],
) -> CustomerView:
    now = house.clock.now()
    decision = decide(case, policy_of(house.settings), now)
    found, head = platform(connected.platform), case.head
    where = head.address
    return CustomerView(
        connection=connected.id,
        platform=connected.platform,
        platform_label=found.label,
        id=head.ref.id,
        name=head.name,
        emails=tuple(email.address for email in head.emails),
        phones=head.phones,
        address=", ".join(
            part for part in (*where.lines, where.city, where.region, where.postcode, where.country) if part
        ),
        owed=tuple(age(case.invoices, now.date())),
        on_account=tuple(money for money in case.on_account().values() if money),
        rows=tuple(rows_of(Decided(connected, case, decision), now)),
        contacts=tuple(contact_view(one) for one in sent),
        history=tuple(sorted(_history(material), key=lambda line: line.on, reverse=True)),
        platform_url=found.web_url(account_of(connected), head.ref),
        differences=doubts,
    )


def contact_view(one: actions.Action) -> ContactView:
    """One message as it was sent, or may have been."""
    told = json.loads(one.payload or "{}")
    return ContactView(
        at=one.claimed_at or one.planned_at,
        channel=one.act,
        state=one.state.value,
        step=told.get("step", ""),
        invoices=tuple(told.get("invoices", ())),
        to=tuple(told.get("to", ())),
        subject=told.get("subject", ""),
        text=told.get("text", ""),
        reason=one.reason,
    )


def _history(material: CaseMaterial) -> Iterable[HistoryLine]:
    for invoice in material.invoices:
        if invoice.issued_on:
            yield HistoryLine(
                invoice.issued_on, f"Invoice {invoice.number} issued ({invoice.status.value})", invoice.total
            )
    for payment in material.payments:
        if payment.received_on:
            word = "Payment recorded" if payment.status is PaymentStatus.SETTLED else f"Payment {payment.status.value}"
            yield HistoryLine(payment.received_on, word, payment.amount)
    for credit in material.credits:
        if credit.issued_on:
            name = credit.kind.value.replace("_", " ").capitalize()
            yield HistoryLine(credit.issued_on, f"{name} {credit.number}".strip(), credit.amount)
    for entry in material.other_entries:
        yield HistoryLine(entry.on or date.min, entry.kind.value.replace("_", " ").capitalize(), entry.amount)
