"""Plays a told history in the ledger of one company."""

from datetime import datetime
from decimal import Decimal

from sandbox.history import (
    Credited,
    Happening,
    Joined,
    Merged,
    Paid,
    Prepaid,
    Redated,
    Refunded,
    Sold,
    TakenBack,
    Undone,
)
from sandbox.quickbooks import undoing
from sandbox.quickbooks.ledger import Ledger, whole
from sandbox.quickbooks.rows import to_minor

FEW_ADDRESSES = 10


class Player:
    """Remembers which of the history's keys became which record."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parties: dict[str, str] = {}
        self._documents: dict[str, str] = {}

    def play(self, happening: Happening) -> None:
        """Enter it; what QuickBooks does not know (a bank's chargeback) is ignored."""
        name = type(happening).__name__.lower()
        act = getattr(self, f"_{name}", None)
        if act is not None:
            act(happening)

    def _joined(self, joined: Joined) -> None:
        party, count = joined.party, len(self._parties)
        also = f", accounts@{party.email.split('@')[1]}" if count % FEW_ADDRESSES == FEW_ADDRESSES - 1 else ""
        row = self._ledger.join(
            joined.at,
            name=party.name,
            contact=party.contact,
            emails=party.email + also,
            phone=party.phone,
            street=party.street,
            city=party.city,
            region=party.region,
            postcode=party.postcode,
            currency=party.currency,
            parent=self._parties.get(party.parent, ""),
            project=party.project,
            bills_with_parent=party.bills_with_parent,
        )
        self._parties[party.key] = row.id

    def _sold(self, sold: Sold) -> None:
        """QuickBooks has no drafts: one that was not finished is simply an invoice that nobody mailed yet."""
        mailed = sold.emailed and not sold.draft
        row = self._ledger.sell(
            self._parties[sold.party],
            sold.at,
            total=to_minor(sold.amount, sold.currency),
            deposit=to_minor(sold.deposit, sold.currency),
            number=sold.number,
            dated_on=sold.issued_on,
            due_on=sold.due_on,
            email_status="EmailSent" if mailed else "NotSet",
            sent_at=whole(sold.at) if mailed else None,
            online=sold.currency == self._ledger.home and not sold.draft,
        )
        self._documents[sold.sale] = row.id

    def _applied(self, parts: tuple[tuple[str, Decimal], ...], currency: str) -> list[tuple[str, int]]:
        return [(self._documents[sale], to_minor(amount, currency)) for sale, amount in parts]

    def _paid(self, paid: Paid) -> None:
        row = self._ledger.pay(
            self._parties[paid.party],
            paid.at,
            total=to_minor(paid.amount, paid.currency),
            applied=self._applied(paid.applied, paid.currency),
            dated_on=paid.on,
            reference=paid.reference,
        )
        self._documents[paid.payment] = row.id

    def _prepaid(self, prepaid: Prepaid) -> None:
        total = to_minor(prepaid.amount, prepaid.currency)
        customer = self._parties[prepaid.party]
        row = self._ledger.pay(customer, prepaid.at, total=total, applied=(), dated_on=prepaid.on)
        self._documents[prepaid.prepayment] = row.id

    def _credited(self, credited: Credited) -> None:
        row = self._ledger.credit(
            self._parties[credited.party],
            credited.at,
            total=to_minor(credited.amount, credited.currency),
            number=credited.number,
            applied=self._applied(credited.applied, credited.currency),
        )
        self._documents[credited.credit] = row.id

    def _takenback(self, taken: TakenBack) -> None:
        acts = {
            Undone.VOID_SALE: ("Invoice", undoing.void_invoice),
            Undone.DELETE_SALE: ("Invoice", undoing.delete_invoice),
            Undone.VOID_PAYMENT: ("Payment", undoing.void_payment),
            Undone.DELETE_PAYMENT: ("Payment", undoing.delete_payment),
            Undone.WRITE_OFF: ("Invoice", undoing.write_off),
        }
        entity, act = acts[taken.what]
        row_id = self._documents.get(taken.key, "")
        if row_id in self._ledger.tables[entity]:
            act(self._ledger, row_id, taken.at)

    def _refunded(self, refunded: Refunded) -> None:
        """A refund receipt is no receivable: it takes a number and moves the customer's time, no balance."""
        payment = self._ledger.payments.get(self._documents.get(refunded.payment, ""))
        if payment is not None:
            self._refund_receipt(payment.customer, whole(refunded.at))

    def _refund_receipt(self, customer: str, at: datetime) -> None:
        self._ledger.tell_of("RefundReceipt", self._ledger.new_id("transactions"), "created", at)
        self._ledger.owe(customer, 0, at)

    def _merged(self, merged: Merged) -> None:
        loser, survivor = self._parties[merged.loser], self._parties[merged.survivor]
        if loser != survivor and {loser, survivor} <= self._ledger.customers.keys():
            undoing.merge(self._ledger, loser, survivor, merged.at)
            for key in [key for key, customer in self._parties.items() if customer == loser]:
                self._parties[key] = survivor

    def _redated(self, redated: Redated) -> None:
        row = self._ledger.invoices.get(self._documents.get(redated.sale, ""))
        if row is not None and not row.voided:
            self._ledger.redate(row.id, redated.due_on, redated.at)
