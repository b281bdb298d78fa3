"""Plays a history in a Stripe account: what Stripe has no word for is played as its nearest neighbour or not at all."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sandbox.history import (
    ChargedBack,
    Credited,
    Happening,
    Joined,
    Paid,
    Prepaid,
    Redated,
    Refunded,
    Sold,
    TakenBack,
    Undone,
)
from sandbox.stripe import posting
from sandbox.stripe.currencies import units
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.records import Customer, Invoice
from sandbox.stripe.shelf import spelled

ACCOUNT_PARTIES = frozenset({"p3"})
BUSINESS_PARTIES = frozenset({"p1", "p2", "p4"})


def play(ledger: Ledger, happening: Happening) -> None:
    """Enter one happening, dated by its own instant. Merged customers do not exist here."""
    posting.tick(ledger, happening.at)
    match happening:
        case Joined():
            _join(ledger, happening)
        case Sold():
            _sell(ledger, happening)
        case Paid():
            _pay(ledger, happening)
        case Credited():
            _credit(ledger, happening)
        case Prepaid():
            _prepay(ledger, happening)
        case TakenBack():
            _take_back(ledger, happening)
        case _:
            _later_change(ledger, happening)


def _later_change(ledger: Ledger, happening: Happening) -> None:
    match happening:
        case Refunded():
            _refund(ledger, happening)
        case ChargedBack():
            _charge_back(ledger, happening)
        case Redated():
            _redate(ledger, happening)


def _join(ledger: Ledger, one: Joined) -> None:
    party = one.party
    account = f"acct_{spelled(ledger.account + party.key, 16)}" if party.key in ACCOUNT_PARTIES else ""
    customer = Customer(
        id=account or ledger.ids.new("cus"),
        created=posting.second(one.at),
        name=party.contact if party.key in BUSINESS_PARTIES else party.name,
        business_name=party.name if party.key in BUSINESS_PARTIES else "",
        email=party.email,
        phone=party.phone,
        currency=party.currency.lower(),
        address={"line1": party.street, "line2": None, "city": party.city, "state": party.region or None,
                 "postal_code": party.postcode, "country": party.country},
        account=account,
    )  # fmt: skip
    ledger.parties[party.key] = customer
    if not account:
        ledger.books.customers.put(customer.id, customer)
        ledger.emit("customer.created", customer, one.at)


def _sell(ledger: Ledger, one: Sold) -> None:
    customer = ledger.parties[one.party]
    deposit = units(one.deposit, one.currency)
    if deposit:
        posting.add_balance(ledger, customer, -deposit, one.at)
    invoice = Invoice(
        id=ledger.ids.new("in"),
        created=posting.second(one.at),
        customer=customer,
        currency=one.currency.lower(),
        total=units(one.amount, one.currency),
        automatic=one.automatic,
        due_date=None if one.automatic else end_of_day(one.due_on, ledger.time_zone),
    )
    ledger.sales[one.sale] = posting.draft(ledger, invoice, one.at)
    if one.draft:
        return
    invoice.number = one.number
    posting.finalize(ledger, invoice, one.at)
    if one.emailed and not one.automatic and invoice.status == "open":
        posting.send(ledger, invoice, one.at)


def end_of_day(on: date, zone: str) -> int:
    """The last second of a day where the merchant is: how the Dashboard writes due dates."""
    return int(datetime.combine(on, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC).timestamp())


def _pay(ledger: Ledger, one: Paid) -> None:
    for sale, amount in one.applied:
        invoice = ledger.sales[sale]
        if invoice.status in ("open", "uncollectible", "paid"):
            payment = posting.pay(ledger, invoice, units(amount, one.currency), one.at)
            if payment is not None:
                ledger.payments.setdefault(one.payment, []).append(payment)


def _credit(ledger: Ledger, one: Credited) -> None:
    invoice = ledger.sales[one.applied[0][0]]
    amount = min(units(one.amount, one.currency), invoice.total - invoice.pre - invoice.post)
    if invoice.status in ("open", "paid", "uncollectible") and amount > 0:
        posting.credit(ledger, invoice, amount, one.at, number=one.number)


def _prepay(ledger: Ledger, one: Prepaid) -> None:
    posting.add_balance(ledger, ledger.parties[one.party], -units(one.amount, one.currency), one.at)


def _take_back(ledger: Ledger, one: TakenBack) -> None:
    """A draft aside nothing can be deleted: a deleted sale is voided. A payment that bounced is a lost dispute."""
    if one.what in (Undone.VOID_PAYMENT, Undone.DELETE_PAYMENT):
        for payment in ledger.payments.get(one.key, ()):
            posting.dispute(ledger, payment, one.at, reason="bank_cannot_process", status="lost")
        return
    invoice = ledger.sales[one.key]
    if invoice.status != "open":
        return
    end = posting.mark_uncollectible if one.what is Undone.WRITE_OFF else posting.void
    end(ledger, invoice, one.at)


def _refund(ledger: Ledger, one: Refunded) -> None:
    for payment in ledger.payments.get(one.payment, ())[:1]:
        posting.refund(ledger, payment, units(one.amount, payment.invoice.currency), one.at)


def _charge_back(ledger: Ledger, one: ChargedBack) -> None:
    for payment in ledger.payments.get(one.payment, ()):
        posting.dispute(ledger, payment, one.at, reason="general", status="needs_response")


def _redate(ledger: Ledger, one: Redated) -> None:
    invoice = ledger.sales[one.sale]
    if invoice.status == "open" and invoice.due_date is not None:
        invoice.due_date = end_of_day(one.due_on, ledger.time_zone)
        ledger.emit("invoice.updated", invoice, one.at)
