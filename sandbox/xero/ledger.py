"""One organisation's books and the rules by which documents are posted, paid, credited and taken back."""

import random
import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from sandbox.xero.records import (
    LIVE,
    NOTHING,
    RECEIVABLE,
    REFUND_TYPES,
    Allocation,
    BankTransaction,
    Contact,
    Credit,
    Invoice,
    Line,
    Payment,
    Rejected,
    two_places,
)

Document = Invoice | Credit
Watcher = Callable[[str, str, str, datetime], None]


class Ledger:
    """The books of one organisation. Every change bumps UpdatedDateUTC as Xero does, and tells `watch`."""

    def __init__(self, seed: str, name: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a play, not a secret
        self.name = name
        self.tenant = self.guid()
        self.contacts: dict[str, Contact] = {}
        self.invoices: dict[str, Invoice] = {}
        self.credits: dict[str, Credit] = {}
        self.payments: dict[str, Payment] = {}
        self.banked: dict[str, BankTransaction] = {}
        self.numbers: dict[str, str] = {}
        self.seen_at: datetime | None = None
        self.edition = 0
        self.watch: Watcher = _nobody

    def guid(self) -> str:
        """The next id of this organisation's own sequence."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def stamp(self, at: datetime) -> datetime:
        """When a change dated `at` is entered: never before something a reader has already been told."""
        return max(at, self.seen_at) if self.seen_at else at

    def changed(self, record: Contact | Invoice | Credit | Payment, at: datetime, *, kind: str = "UPDATE") -> None:
        """Bump the record's time of change and tell whoever watches."""
        record.updated = self.stamp(at)
        self.edited()
        self.watch(_category(record), record.id, kind, record.updated)

    def edited(self) -> None:
        """Something is not as it was, whether or not anybody is told: lists made before are out of date."""
        self.edition += 1

    def add_contact(self, contact: Contact, at: datetime) -> Contact:
        """Enter a new contact."""
        self.contacts[contact.id] = contact
        self.changed(contact, at, kind="CREATE")
        return contact

    def add_invoice(self, invoice: Invoice, at: datetime) -> Invoice:
        """Enter a new invoice or bill."""
        self.invoices[invoice.id] = invoice
        self.numbers[invoice.number] = invoice.id
        what = "Invoice sent" if invoice.sent else "Created"
        invoice.history.append(Line(what, f"{invoice.number} for {invoice.total}", self.stamp(at)))
        self.changed(invoice, at, kind="CREATE")
        return invoice

    def add_credit(self, credit: Credit, at: datetime) -> Credit:
        """Enter a new credit note, prepayment or overpayment."""
        self.credits[credit.id] = credit
        credit.history.append(Line("Created", f"{credit.type} for {credit.total}", self.stamp(at)))
        self.changed(credit, at, kind="CREATE")
        return credit

    def pay(self, invoice: Invoice, amount: Decimal, on: date, *, at: datetime, reference: str = "") -> Payment:
        """Pay an authorised invoice; the last penny turns it PAID. Raises Rejected in Xero's words."""
        amount = two_places(amount)
        if invoice.status != "AUTHORISED":
            raise Rejected("Payments can only be made against Authorised documents")
        if amount > invoice.due or amount <= 0:
            raise Rejected("Payment amount exceeds the amount outstanding on this document")
        kind = "ACCRECPAYMENT" if invoice.type == "ACCREC" else "ACCPAYPAYMENT"
        payment = Payment(self.guid(), kind, invoice.id, amount, on, at, reference)
        self.payments[payment.id] = payment
        invoice.payments.append(payment)
        invoice.paid += amount
        self._settle(invoice, on)
        self.changed(payment, at, kind="CREATE")
        self.changed(invoice, at)
        return payment

    def unpay(self, payment: Payment, at: datetime) -> None:
        """Delete a payment: it stays as DELETED, and its document is open again."""
        if payment.status == "DELETED":
            raise Rejected("This payment has already been deleted")
        if payment.batched:
            raise Rejected("Payments that are part of a batch payment cannot be deleted on their own")
        payment.status = "DELETED"
        document = self.document(payment.target)
        document.payments.remove(payment)
        if isinstance(document, Invoice):
            document.paid -= payment.amount
            self._settle(document, payment.on)
        else:
            document.refunded -= payment.amount
            _use_up(document)
        self.changed(payment, at)
        self.changed(document, at)

    def allocate(self, credit: Credit, invoice: Invoice, amount: Decimal, *, on: date, at: datetime) -> None:
        """Use a part of a credit on an invoice."""
        amount = two_places(amount)
        if amount > credit.remaining or amount > invoice.due or invoice.status != "AUTHORISED" or amount <= 0:
            raise Rejected("The amount exceeds what is left of the credit or the document")
        allocation = Allocation(credit.id, invoice.id, amount, on)
        credit.allocations.append(allocation)
        invoice.allocations.append(allocation)
        credit.used += amount
        invoice.credited += amount
        _use_up(credit)
        self._settle(invoice, on)
        self.changed(credit, at)
        self.changed(invoice, at)

    def refund(self, credit: Credit, amount: Decimal, *, on: date, at: datetime) -> Payment:
        """Give a credit back as money: a payment on the credit, which the API shows as if on an invoice."""
        amount = two_places(amount)
        if amount > credit.remaining or amount <= 0:
            raise Rejected("Payment amount exceeds the amount outstanding on this document")
        payment = Payment(self.guid(), REFUND_TYPES[credit.type], credit.id, amount, on, at, "Refund")
        self.payments[payment.id] = payment
        credit.payments.append(payment)
        credit.refunded += amount
        _use_up(credit)
        self.changed(payment, at, kind="CREATE")
        self.changed(credit, at)
        return payment

    def void(self, invoice: Invoice, at: datetime) -> None:
        """Void an approved invoice, delete a draft. Xero wants payments and credits taken off before."""
        if invoice.part_paid:
            raise Rejected("This document cannot be edited as it has a payment or credit note allocated to it")
        invoice.status = "DELETED" if invoice.status in ("DRAFT", "SUBMITTED") else "VOIDED"
        invoice.paid_on = None
        invoice.history.append(Line(invoice.status.capitalize(), "", self.stamp(at)))
        self.changed(invoice, at)

    def unallocate(self, invoice: Invoice, at: datetime) -> None:
        """Take all payments and credits off an invoice."""
        for payment in tuple(invoice.payments):
            self.unpay(payment, at)
        for allocation in invoice.allocations:
            credit = self.credits[allocation.credit]
            credit.used -= allocation.amount
            credit.allocations.remove(allocation)
            _use_up(credit)
            self.changed(credit, at)
        invoice.allocations.clear()
        invoice.credited = NOTHING
        self._settle(invoice, invoice.on)
        self.changed(invoice, at)

    def change_due(self, invoice: Invoice, due_on: date, at: datetime) -> None:
        """Move the due date. On a part-paid invoice Xero does not bump UpdatedDateUTC and sends no webhook."""
        invoice.due_on = due_on
        invoice.history.append(Line("Edited", f"Due date changed to {due_on:%d %b %Y}", self.stamp(at)))
        self.edited()
        if not invoice.part_paid:
            self.changed(invoice, at)

    def merge(self, loser: Contact, survivor: Contact, at: datetime) -> None:
        """The loser is archived with MergedToContactID; its documents move over."""
        loser.status, loser.merged_to = "ARCHIVED", survivor.id
        survivor.unseen, loser.unseen = survivor.unseen + loser.unseen, NOTHING
        documents: tuple[Document, ...] = (*self.invoices.values(), *self.credits.values())
        for document in documents:
            if document.contact == loser.id:
                document.contact = survivor.id
                self.changed(document, at)
        self.changed(loser, at)
        self.changed(survivor, at)

    def document(self, id_: str) -> Document:
        """The invoice or credit with this id."""
        found = self.invoices.get(id_)
        return found if found is not None else self.credits[id_]

    def outstanding(self) -> dict[str, Decimal]:
        """What Contact.Balances says per contact: invoices due, less what is left of credits, currencies unmixed."""
        sums: dict[str, Decimal] = {one.id: one.unseen for one in self.contacts.values() if one.unseen}
        for invoice in self.invoices.values():
            if invoice.type == "ACCREC" and invoice.status == "AUTHORISED":
                sums[invoice.contact] = sums.get(invoice.contact, NOTHING) + invoice.due
        for credit in self.credits.values():
            if credit.type in RECEIVABLE and credit.status in LIVE:
                sums[credit.contact] = sums.get(credit.contact, NOTHING) - credit.remaining
        return sums

    def _settle(self, invoice: Invoice, on: date) -> None:
        if invoice.status not in LIVE:
            return
        invoice.status = "AUTHORISED" if invoice.due else "PAID"
        invoice.paid_on = None if invoice.due else on


def _nobody(*_: object) -> None:
    """Watches nothing."""


def _use_up(credit: Credit) -> None:
    credit.status = "AUTHORISED" if credit.total - credit.used - credit.refunded else "PAID"


def _category(record: Contact | Invoice | Credit | Payment) -> str:
    if isinstance(record, Credit):
        return record.group[:-1].upper()
    return type(record).__name__.upper()
