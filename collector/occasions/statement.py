"""A statement of account: what one customer owes, item by item, per currency, with credits and how late it is. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from collector.debtors.once import once
from receivables.aging import Aging, Bucket, age
from receivables.case import Case
from receivables.money import Money, sum_money
from receivables.records import CreditKind, Invoice, InvoiceStatus, OtherEntry, PaymentStatus

LIVE = (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE)


class StatementKind(StrEnum):
    """The open items alone, or everything that happened between two days."""

    OPEN = "open"
    ACTIVITY = "activity"


class What(StrEnum):
    """What a line of a statement is. The words are in the phrases of each language."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    UNAPPLIED = "unapplied"
    CREDIT_NOTE = "credit_note"
    PREPAYMENT = "prepayment"
    OVERPAYMENT = "overpayment"
    ENTRY = "entry"


CREDITS = {
    CreditKind.CREDIT_NOTE: What.CREDIT_NOTE,
    CreditKind.PREPAYMENT: What.PREPAYMENT,
    CreditKind.OVERPAYMENT: What.OVERPAYMENT,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line. The amount is signed: plus is owed, minus is in the customer's favour. `balance` is after this line.

    Of an open invoice `total` is what it was for; `amount` is what is still open of it.
    """

    on: date | None
    what: What
    number: str
    amount: Money
    balance: Money
    due_on: date | None = None
    total: Money | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One currency. opening + unlisted + every item's amount == closing.

    `unlisted` is what the books' own open figures hold and no record we have explains; never hidden in the opening.
    `credits` is what of the closing stands in the customer's favour (zero or minus).
    """

    currency: str
    opening: Money
    unlisted: Money
    items: tuple[Item, ...]
    closing: Money
    credits: Money
    aging: Aging


@dataclass(frozen=True, slots=True)
class Statement:
    """What a customer gets. Open items are as of `to_on`; an activity is from `from_on` to `to_on`, both included."""

    debtor: str
    kind: StatementKind
    from_on: date
    to_on: date
    sheets: tuple[Sheet, ...]

    @property
    def due(self) -> tuple[Money, ...]:
        """What is to be paid, one sum per currency in which anything is."""
        return tuple(sheet.closing for sheet in self.sheets if sheet.closing.minor > 0)


def statement(
    case: Case, kind: StatementKind, from_on: date, to_on: date, *, entries: Sequence[OtherEntry] = ()
) -> Statement:
    """The statement of a case that holds all records of its customers, the settled ones too. Drafts and what is void
    do not count, nor money that is not there yet. Raises ValueError when the days are in the wrong order.

    `entries` are the other lines of the ledger. A sale that stands in two books is told once. Open items tell what is
    open now of all that is dated up to `to_on`.
    """
    if from_on > to_on:
        raise ValueError(f"a statement must begin before it ends; {from_on} is after {to_on}")
    case = once(case)
    moves = [*_moves(case), *_entries(entries)]
    currencies = sorted({one.amount.currency for one in [*moves, *_open_items(case, entries)]})
    sheet = _open_sheet if kind is StatementKind.OPEN else _activity_sheet
    sheets = tuple(sheet(case, currency, (from_on, to_on), entries) for currency in currencies)
    return Statement(case.debtor, kind, from_on, to_on, tuple(one for one in sheets if _says_something(one)))


def _says_something(sheet: Sheet) -> bool:
    return bool(sheet.items or sheet.opening or sheet.unlisted)


def _open_sheet(case: Case, currency: str, days: tuple[date, date], entries: Sequence[OtherEntry]) -> Sheet:
    found = [one for one in _open_items(case, entries) if one.amount.currency == currency and _by(one, days[1])]
    none = Money.zero(currency)
    items = _with_balance(found, none)
    return _sheet(case, currency, days[1], (none, none, items))


def _activity_sheet(case: Case, currency: str, days: tuple[date, date], entries: Sequence[OtherEntry]) -> Sheet:
    from_on, to_on = days
    moves = [one for one in [*_moves(case), *_entries(entries)] if one.amount.currency == currency]
    before = [one for one in moves if one.on is None or one.on < from_on]
    during = [one for one in moves if one.on is not None and from_on <= one.on <= to_on]
    opening = sum_money((one.amount for one in before), currency)
    told = sum_money((one.amount for one in moves), currency)
    truth = sum_money((one.amount for one in _open_items(case, entries) if one.amount.currency == currency), currency)
    unlisted = truth - told
    return _sheet(case, currency, to_on, (opening, unlisted, _with_balance(during, opening + unlisted)))


def _sheet(case: Case, currency: str, on: date, body: tuple[Money, Money, tuple[Item, ...]]) -> Sheet:
    opening, unlisted, items = body
    moved = sum_money((one.amount for one in items), currency)
    held = [one.amount for one in _held(case) if one.amount.currency == currency and _by(one, on)]
    late = [one for one in case.invoices if one.open.currency == currency and _issued_by(one, on)]
    none = Aging(currency, {column: Money.zero(currency) for column in Bucket})
    return Sheet(
        currency=currency,
        opening=opening,
        unlisted=unlisted,
        items=items,
        closing=opening + unlisted + moved,
        credits=sum_money(held, currency),
        aging=next(iter(age(late, on)), none),
    )


def _with_balance(found: Iterable[Item], start: Money) -> tuple[Item, ...]:
    """In the order of their days; of one day what is owed comes first."""
    items, balance = [], start
    for one in sorted(found, key=lambda one: (one.on or date.min, one.amount.minor < 0, one.number)):
        balance = balance + one.amount
        items.append(replace(one, balance=balance))
    return tuple(items)


def _open_items(case: Case, entries: Sequence[OtherEntry]) -> list[Item]:
    """Everything that is not settled: open invoices, money and credit nobody has used, and the ledger's other lines."""
    invoices = [
        _item(one.issued_on, What.INVOICE, one.number, one.open, due_on=one.due_on, total=one.total)
        for one in case.invoices
        if one.owing
    ]
    return [*invoices, *_held(case), *_entries(entries)]


def _held(case: Case) -> Iterator[Item]:
    """What stands in the customer's favour, as minus."""
    for payment in case.payments:
        if payment.status is PaymentStatus.SETTLED and payment.unapplied:
            yield _item(payment.received_on, What.UNAPPLIED, payment.reference, -payment.unapplied)
    for credit in case.credits:
        if credit.status in LIVE and credit.remaining:
            yield _item(credit.issued_on, _credit(credit.kind), credit.number, -credit.remaining)


def _moves(case: Case) -> Iterator[Item]:
    """Everything that ever changed the balance, each on its day; a deposit or withholding on its invoice's."""
    for invoice in case.invoices:
        if invoice.status in LIVE:
            amount = invoice.total - invoice.adjusted
            yield _item(invoice.issued_on, What.INVOICE, invoice.number, amount, due_on=invoice.due_on)
    for payment in case.payments:
        if payment.status is PaymentStatus.SETTLED:
            yield _item(payment.received_on, What.PAYMENT, payment.reference, -payment.amount)
    for credit in case.credits:
        if credit.status in LIVE:
            yield _item(credit.issued_on, _credit(credit.kind), credit.number, -credit.amount)


def _entries(entries: Iterable[OtherEntry]) -> list[Item]:
    return [_item(one.on, What.ENTRY, one.note, one.amount) for one in entries]


def _item(
    on: date | None, what: What, number: str, amount: Money, *, due_on: date | None = None, total: Money | None = None
) -> Item:
    return Item(on, what, number, amount, Money.zero(amount.currency), due_on, total)


def _credit(kind: CreditKind) -> What:
    return CREDITS.get(kind, What.CREDIT_NOTE)


def _by(item: Item, on: date) -> bool:
    return item.on is None or item.on <= on


def _issued_by(invoice: Invoice, on: date) -> bool:
    return invoice.issued_on is None or invoice.issued_on <= on
