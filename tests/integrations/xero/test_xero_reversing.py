"""Payments taken back in Xero: deleted while the period is open, set off by later entries once it is locked."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.receiving import Received
from receivables.money import Money
from receivables.records import Invoice, Kind, Payment, PaymentStatus, Ref

KEY, BACK = "8899aabbccddeeff0011", "r899aabbccddeeff0011"
ON, DAY = date(2026, 5, 4), date(2026, 3, 2)
WHY = "The bank took the debit back."
DELETES = "POST /api.xro/2.0/Payments/*"


def ledger(desk: Any) -> Any:
    return next(one for one in desk.sandbox.twins["xero"].organisations if one.key == desk.key).ledger


def booked(desk: Any, account: str = "") -> tuple[Ref, Ref]:
    """A payment of ours, and the invoice that it settled."""
    invoice = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    told = desk.truth["invoices"][invoice.id]
    held = account or desk.books.make_clearing_account("Stripe clearing", told["currency"], key="c1").id
    one = Received("pi_1", DAY, ((invoice, Money(told["open"], told["currency"])),), held)
    return desk.ref(Kind.PAYMENT, desk.books.record_payment(one, key=KEY).id), invoice


def test_it_is_deleted_with_a_note_and_its_invoice_is_open_again(desk: Any, shelf: Any) -> None:
    payment, invoice = booked(desk)
    since = desk.clock.now()
    assert desk.books.found_reversal(payment, BACK, since=since) is Lookup.NOT_THERE
    receipt = desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert receipt.id == payment.id
    kept = shelf().take(desk.books.changes(None))
    assert kept.of(Payment)[payment.id].status is PaymentStatus.VOID
    assert kept.of(Invoice)[invoice.id].owing
    assert isinstance(desk.books.found_reversal(payment, BACK, since=since), Receipt)
    assert any(line.details == f"{WHY} [dw {BACK}]" for line in ledger(desk).invoices[invoice.id].history)
    desk.clock.sleep(600)
    assert desk.books.reverse_payment(payment, ON, WHY, key=BACK).id == payment.id
    assert desk.calls()[DELETES] == 1


def test_a_lost_reply_is_found_and_it_is_deleted_once(desk: Any) -> None:
    payment, _ = booked(desk)
    desk.fault("drop_after", method="POST", path="/Payments/")
    with pytest.raises(TryLater) as lost:
        desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert lost.value.may_have_acted
    desk.clock.sleep(600)
    assert isinstance(desk.books.found_reversal(payment, BACK, since=desk.clock.now()), Receipt)
    desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert desk.calls()[DELETES] == 1


def test_one_of_a_batch_is_refused_with_xeros_own_words(desk: Any) -> None:
    payment, invoice = booked(desk)
    desk.act("batch", payment=payment.id)
    with pytest.raises(Refused, match="part of a batch payment"):
        desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert not any(BACK in line.details for line in ledger(desk).invoices[invoice.id].history)


def test_in_a_locked_period_an_invoice_on_the_clearing_account_stands_for_it(desk: Any, shelf: Any) -> None:
    account = desk.act("open_account", called="Card money", code="610")["account"]
    payment, invoice = booked(desk, account)
    desk.act("lock", until="2026-03-31")
    since = desk.clock.now()
    receipt = desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    desk.clock.sleep(600)
    assert desk.books.reverse_payment(payment, ON, WHY, key=BACK).id == receipt.id
    found = desk.books.found_reversal(payment, BACK, since=since)
    assert isinstance(found, Receipt)
    assert found.id == receipt.id
    kept = shelf().take(desk.books.changes(None))
    entry, paid = kept.of(Invoice)[receipt.id], kept.of(Payment)[payment.id]
    assert (entry.open, entry.customer, entry.issued_on) == (paid.amount, paid.customer, ON)
    assert not kept.of(Invoice)[invoice.id].owing
    assert ledger(desk).invoices[receipt.id].line == (WHY, "610", "NONE")


def test_from_a_bank_the_money_goes_out_by_a_second_entry_through_an_account_made_for_it(desk: Any) -> None:
    payment, _ = booked(desk)
    desk.act("lock", until="2026-03-31")
    with pytest.raises(Refused, match=r"locked in Xero up to 2026-03-31.*named Returned payments"):
        desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    desk.act("open_account", called="Returned payments", code="620", payments=False)
    before = len(ledger(desk).invoices)
    desk.fault("drop_after", method="PUT", path="/BankTransactions")
    with pytest.raises(TryLater):
        desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    desk.clock.sleep(600)
    receipt = desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    (spent,) = ledger(desk).banked.values()
    entry = ledger(desk).invoices[receipt.id]
    assert (spent.type, spent.on, spent.code, spent.total) == ("SPEND", ON, "620", entry.total)
    assert (len(ledger(desk).invoices), entry.line[1]) == (before + 1, "620")
    assert isinstance(desk.books.found_reversal(payment, BACK, since=desk.clock.now()), Receipt)


def test_half_of_it_is_not_all_of_it(desk: Any) -> None:
    payment, _ = booked(desk)
    desk.act("lock", until="2026-03-31")
    desk.act("open_account", called="Returned payments", code="620", payments=False)
    desk.fault("drop_before", method="PUT", path="/BankTransactions")
    with pytest.raises(TryLater):
        desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert desk.books.found_reversal(payment, BACK, since=desk.clock.now()) is Lookup.NOT_THERE
    desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert len(ledger(desk).banked) == 1


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_kept_as_an_overpayment_is_for_a_person_and_never_forgotten(desk: Any, whole: bool) -> None:
    """Xero takes no overpayment back: the customer would keep credit for money that is gone."""
    invoice = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    told = desk.truth["invoices"][invoice.id]
    due = Money(told["open"], told["currency"])
    held = desk.books.make_clearing_account("Stripe clearing", told["currency"], key="c1").id
    customer = desk.ref(Kind.CUSTOMER, told["customer"])
    on = () if whole else ((invoice, due),)
    over = replace(Received("pi_1", DAY, on, held), unapplied=Money(700, told["currency"]), customer=customer)
    payment = desk.ref(Kind.PAYMENT, desk.books.record_payment(over, key=KEY).id)
    for _ in range(2):
        with pytest.raises(Refused, match=r"7\.00 .* stands in Xero as an overpayment"):
            desk.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert desk.books.found_reversal(payment, BACK, since=desk.clock.now()) is Lookup.NOT_THERE
    assert desk.truth["invoices"][invoice.id]["open"] == due.minor, "what can be taken back is"
    (credit,) = [one for one in ledger(desk).credits.values() if one.reference == f"{KEY} pi_1"]
    desk.act("refund", credit=credit.id, amount="7.00")
    assert desk.books.reverse_payment(payment, ON, WHY, key=BACK).id == payment.id
    assert isinstance(desk.books.found_reversal(payment, BACK, since=desk.clock.now()), Receipt)


def test_what_is_no_payment_is_said_so(desk: Any) -> None:
    _, invoice = booked(desk)
    with pytest.raises(Unsupported):
        desk.books.reverse_payment(invoice, ON, WHY, key=BACK)
    nowhere = desk.ref(Kind.PAYMENT, "00000000-0000-4000-8000-00000000dead")
    with pytest.raises(NotThere):
        desk.books.reverse_payment(nowhere, ON, WHY, key=BACK)
