"""Plays a business's history in Xero's ledger: what has no place in Xero is left out or told in its nearest words."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.history import (
    Credited,
    Happening,
    Joined,
    Merged,
    Paid,
    Party,
    Prepaid,
    Redated,
    Refunded,
    Sold,
    TakenBack,
    Undone,
)
from sandbox.xero.ledger import Ledger
from sandbox.xero.records import NOTHING, Contact, Credit, Invoice, Payment, two_places

COUNTRIES = {"GB": "United Kingdom", "US": "USA", "NZ": "New Zealand", "AU": "Australia"}


class Player:
    """Remembers which document stands for which happening."""

    def __init__(self, ledger: Ledger, home: str) -> None:
        self._ledger = ledger
        self._home = home
        self._contacts: dict[str, str] = {}
        self._sales: dict[str, str] = {}
        self._payments: dict[str, list[Payment]] = {}
        self._acts: dict[type, Callable[[Any], None]] = {
            Joined: self._join,
            Sold: self._sell,
            Paid: self._pay,
            Credited: self._credit,
            Prepaid: self._prepay,
            TakenBack: self._take_back,
            Refunded: self._refund,
            Merged: self._merge,
            Redated: self._redate,
        }

    def play(self, happening: Happening) -> None:
        """Enter one happening. A chargeback has no place in Xero and is left out."""
        if not self._contacts:
            enter_purchases(self._ledger, self._home, happening.at)
        act = self._acts.get(type(happening))
        if act is not None:
            act(happening)

    def _join(self, joined: Joined) -> None:
        party = joined.party
        index = len(self._contacts)
        contact = _contact(self._ledger.guid(), party, joined.at)
        contact.currency = "" if party.currency == self._home else party.currency
        contact.group = "Monthly accounts" if index % 6 == 1 else ""
        if index % 4 == 2:
            billing = f"accounts.{party.email}"
            contact.persons = [("Billing", "Desk", billing, True), ("Front", "Office", f"hello.{party.email}", False)]
        self._contacts[party.key] = contact.id
        self._ledger.add_contact(contact, joined.at)

    def _sell(self, sold: Sold) -> None:
        invoice = Invoice(
            id=self._ledger.guid(),
            type="ACCREC",
            number=sold.number,
            contact=self._contacts[sold.party],
            currency=sold.currency,
            total=two_places(sold.amount),
            status="DRAFT" if sold.draft else "AUTHORISED",
            on=sold.issued_on,
            due_on=sold.due_on,
            updated=sold.at,
            # what other ledgers call a deposit on the invoice is tax withheld by the customer here
            withheld=two_places(sold.deposit),
            sent=sold.emailed and not sold.draft,
            reference=f"Order {sold.number[-3:]}",
        )
        self._sales[sold.sale] = self._ledger.add_invoice(invoice, sold.at).id

    def _pay(self, paid: Paid) -> None:
        left = two_places(paid.amount)
        for sale, asked in paid.applied:
            invoice = self._ledger.invoices[self._sales[sale]]
            part = min(two_places(asked), invoice.due, left)
            if invoice.status == "AUTHORISED" and part > 0:
                entered = self._ledger.pay(invoice, part, paid.on, at=paid.at, reference=paid.reference)
                self._payments.setdefault(paid.payment, []).append(entered)
                left -= part
        if left > Decimal("0.05"):
            self._add_credit("RECEIVE-OVERPAYMENT", paid.party, left, (paid.currency, paid.on, paid.at))

    def _credit(self, credited: Credited) -> None:
        when = (credited.currency, credited.on, credited.at)
        credit = self._add_credit("ACCRECCREDIT", credited.party, credited.amount, when, number=credited.number)
        for sale, asked in credited.applied:
            self._allocate(credit, self._ledger.invoices[self._sales[sale]], asked, credited.at)

    def _allocate(self, credit: Credit, invoice: Invoice, asked: Decimal, at: datetime) -> None:
        part = min(two_places(asked), invoice.due, credit.remaining)
        if invoice.status == "AUTHORISED" and part > 0:
            self._ledger.allocate(credit, invoice, part, on=at.date(), at=at)

    def _prepay(self, prepaid: Prepaid) -> None:
        kind = "RECEIVE-OVERPAYMENT" if prepaid.over else "RECEIVE-PREPAYMENT"
        self._add_credit(kind, prepaid.party, prepaid.amount, (prepaid.currency, prepaid.on, prepaid.at))

    def _add_credit(
        self, kind: str, party: str, amount: Decimal, when: tuple[str, date, datetime], *, number: str = ""
    ) -> Credit:
        currency, on, at = when
        contact = self._contacts[party]
        credit = Credit(self._ledger.guid(), kind, number, contact, currency=currency, total=two_places(amount), on=on,
                        updated=at)  # fmt: skip
        return self._ledger.add_credit(credit, at)

    def _take_back(self, taken: TakenBack) -> None:
        if taken.what in (Undone.VOID_PAYMENT, Undone.DELETE_PAYMENT):
            for payment in self._payments.pop(taken.key, []):
                if payment.status != "DELETED":
                    self._ledger.unpay(payment, taken.at)
            return
        invoice = self._ledger.invoices[self._sales[taken.key]]
        if taken.what == Undone.WRITE_OFF:
            self._write_off(invoice, taken.at)
        elif not invoice.part_paid and invoice.status in ("AUTHORISED", "DRAFT"):
            self._ledger.void(invoice, taken.at)

    def _write_off(self, invoice: Invoice, at: datetime) -> None:
        """Xero has no write-off: a credit note for bad debt takes the rest."""
        if invoice.status == "AUTHORISED" and invoice.due > NOTHING:
            credit = Credit(self._ledger.guid(), "ACCRECCREDIT", f"CN-W{invoice.number[-4:]}", invoice.contact,
                            currency=invoice.currency, total=invoice.due, on=at.date(), updated=at)  # fmt: skip
            self._ledger.add_credit(credit, at)
            self._allocate(credit, invoice, invoice.due, at)

    def _refund(self, refunded: Refunded) -> None:
        """A refund does not reopen the invoice: a credit note is paid out instead."""
        for payment in self._payments.get(refunded.payment, [])[:1]:
            invoice = self._ledger.invoices[payment.target]
            credit = Credit(self._ledger.guid(), "ACCRECCREDIT", f"CN-R{invoice.number[-4:]}", invoice.contact,
                            currency=invoice.currency, total=two_places(refunded.amount), on=refunded.on,
                            updated=refunded.at)  # fmt: skip
            self._ledger.add_credit(credit, refunded.at)
            self._ledger.refund(credit, refunded.amount, on=refunded.on, at=refunded.at)

    def _merge(self, merged: Merged) -> None:
        contacts = self._ledger.contacts
        loser, survivor = contacts[self._contacts[merged.loser]], contacts[self._contacts[merged.survivor]]
        self._ledger.merge(loser, survivor, merged.at)
        self._contacts[merged.loser] = survivor.id

    def _redate(self, redated: Redated) -> None:
        self._ledger.change_due(self._ledger.invoices[self._sales[redated.sale]], redated.due_on, redated.at)


def _contact(id_: str, party: Party, at: datetime) -> Contact:
    first, _, last = party.contact.partition(" ")
    return Contact(
        id=id_,
        name=party.name,
        updated=at,
        first=first,
        last=last,
        email=party.email,
        phone=party.phone,
        street=party.street,
        city=party.city,
        region=party.region,
        postcode=party.postcode,
        country=COUNTRIES.get(party.country, party.country),
    )


def enter_purchases(ledger: Ledger, home: str, at: datetime) -> None:
    """The bills, supplier credits and payments that share Xero's endpoints with the sales side."""
    supplier = ledger.add_contact(
        Contact(ledger.guid(), "Paper & Print Supplies", at, email="sales@paper.example", supplier=True), at
    )
    for index in range(3):
        bill = Invoice(
            id=ledger.guid(),
            type="ACCPAY",
            number=f"BILL-{index}",
            contact=supplier.id,
            currency=home,
            total=Decimal("120.00"),
            status="AUTHORISED",
            on=at.date(),
            due_on=at.date() + timedelta(days=20),
            updated=at,
        )
        ledger.add_invoice(bill, at)
    ledger.pay(bill, Decimal("120.00"), at.date(), at=at, reference="BACS")
    for kind in ("ACCPAYCREDIT", "SPEND-OVERPAYMENT", "SPEND-PREPAYMENT"):
        credit = Credit(ledger.guid(), kind, "", supplier.id, currency=home, total=Decimal("30.00"), on=at.date(),
                        updated=at)  # fmt: skip
        ledger.add_credit(credit, at)
        ledger.refund(credit, Decimal("10.00"), on=at.date(), at=at)
