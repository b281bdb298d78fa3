"""Writes to Xero: done once, with a key, and found again after a lost reply."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from integrations.contract import Act, LateCharge, Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from receivables.money import Money
from receivables.records import Invoice, Kind, Ref

KEY = "k1234567890123456789"
LATER_ON = date(2026, 4, 1)
CHARGE = LateCharge("Interest for late payment of INV-1", Money(1240, "GBP"), LATER_ON, LATER_ON, "270", "NONE")
DONE_HERE = [act for act in Act if act is not Act.SET_PAY_LINK]
SILENT = (Act.SET_EXPECTED_DATE, Act.POST_CHARGE)
"""Leave no line in the history of the invoice they are about."""


def lines_of(desk: Any, invoice: str) -> list[str]:
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    return [line.details for line in ledger.invoices[invoice].history]


def sent_of(desk: Any, invoice: str) -> int:
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    made = [line for line in ledger.invoices[invoice].history if line.details.startswith("This invoice has been sent")]
    return len(made)


def write(desk: Any, act: Act, ref: Ref) -> Receipt:
    if act is Act.SEND_INVOICE:
        return desk.books.send_invoice(ref, key=KEY)  # type: ignore[no-any-return]
    if act is Act.LEAVE_NOTE:
        return desk.books.leave_note(ref, "Reminder sent", key=KEY)  # type: ignore[no-any-return]
    if act is Act.POST_CHARGE:
        return desk.books.post_charge(ref, CHARGE, key=KEY)  # type: ignore[no-any-return]
    return desk.books.set_expected_date(ref, LATER_ON, key=KEY)  # type: ignore[no-any-return]


@pytest.mark.parametrize("act", DONE_HERE)
def test_a_write_is_done_and_found(desk: Any, act: Act) -> None:
    ref, began = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False)), desk.clock.now()
    before = len(lines_of(desk, ref.id))
    receipt = write(desk, act, ref)
    assert isinstance(receipt, Receipt)
    assert receipt.at is not None
    assert began - timedelta(seconds=1) <= receipt.at <= desk.clock.now()
    found = desk.books.found(act, ref, KEY, since=began)
    assert isinstance(found, Receipt)
    assert len(lines_of(desk, ref.id)) == before + (act not in SILENT)


@pytest.mark.parametrize("act", DONE_HERE)
def test_a_lost_reply_is_ambiguous_and_then_found(desk: Any, act: Act) -> None:
    ref, began = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False)), desk.clock.now()
    before = len(lines_of(desk, ref.id))
    method = "PUT" if act in (Act.LEAVE_NOTE, Act.POST_CHARGE) else "POST"
    desk.fault("drop_after", method=method, path="/Invoices")
    with pytest.raises(TryLater) as caught:
        write(desk, act, ref)
    assert caught.value.may_have_acted
    desk.clock.sleep(600)
    assert isinstance(desk.books.found(act, ref, KEY, since=began), Receipt)
    assert len(lines_of(desk, ref.id)) == before + (act not in SILENT), "done more than once"
    calls = {route: count for route, count in desk.calls().items() if route.startswith(method)}
    assert sum(calls.values()) == 1, "the write was repeated behind our back"


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (Act.LEAVE_NOTE, Lookup.NOT_THERE),
        (Act.SET_EXPECTED_DATE, Lookup.NOT_THERE),
        (Act.POST_CHARGE, Lookup.NOT_THERE),
        # Xero keeps no sign that a mail was not sent
        (Act.SEND_INVOICE, Lookup.CANNOT_TELL),
    ],
)
def test_what_was_never_done_is_not_found(desk: Any, act: Act, answer: Lookup) -> None:
    ref, began = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False)), desk.clock.now()
    method = "PUT" if act in (Act.LEAVE_NOTE, Act.POST_CHARGE) else "POST"
    desk.fault("drop_before", method=method, path="/Invoices")
    with pytest.raises(TryLater) as caught:
        write(desk, act, ref)
    assert caught.value.may_have_acted
    assert desk.books.found(act, ref, KEY, since=began + timedelta(minutes=3)) is answer


def test_within_six_minutes_xero_itself_does_it_once(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    write(desk, Act.LEAVE_NOTE, ref)
    write(desk, Act.LEAVE_NOTE, ref)
    assert sum(KEY in line for line in lines_of(desk, ref.id)) == 1
    desk.clock.sleep(361)
    write(desk, Act.LEAVE_NOTE, ref)
    assert sum(KEY in line for line in lines_of(desk, ref.id)) == 2, "the window is six minutes, not for ever"


def test_one_key_serves_several_acts_and_records(desk: Any) -> None:
    """Xero refuses a key that comes back with another request, so each act and record has its own there."""
    first, second = (desk.ref(Kind.INVOICE, desk.invoice("open", paid=False, nth=nth)) for nth in (0, 1))
    for ref in (first, second):
        for act in Act:
            write(desk, act, ref)
    assert all(any(KEY in line for line in lines_of(desk, ref.id)) for ref in (first, second))


def test_mail_goes_out_only_while_something_is_due(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.act("pay", invoice=ref.id)
    with pytest.raises(Refused, match="nothing is due"):
        desk.books.send_invoice(ref, key=KEY)
    assert "POST /api.xro/2.0/Invoices/*/Email" not in desk.calls()
    assert sent_of(desk, ref.id) == 0


def test_mail_needs_an_address(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.act("edit_contact", customer=desk.truth["invoices"][ref.id]["customer"], fields={"email": ""})
    with pytest.raises(Refused, match="no e-mail address"):
        desk.books.send_invoice(ref, key=KEY)


def test_the_daily_quota_of_mails_is_told_in_xeros_words(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.act("email_quota", left=0)
    with pytest.raises(Refused, match="Daily email limit reached"):
        desk.books.send_invoice(ref, key=KEY)


def test_a_mail_sent_long_ago_is_not_taken_for_ours(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    write(desk, Act.SEND_INVOICE, ref)
    desk.clock.sleep(600)
    assert desk.books.found(Act.SEND_INVOICE, ref, KEY, since=desk.clock.now()) is Lookup.CANNOT_TELL


def test_an_older_expected_date_is_no_proof(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    write(desk, Act.SET_EXPECTED_DATE, ref)
    desk.clock.sleep(600)
    assert desk.books.found(Act.SET_EXPECTED_DATE, ref, KEY, since=desk.clock.now()) is Lookup.CANNOT_TELL


def test_the_expected_date_arrives_and_nothing_else_changes(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=True))
    before = desk.books.fetch([ref]).records[0]
    write(desk, Act.SET_EXPECTED_DATE, ref)
    after = desk.books.fetch([ref]).records[0]
    assert isinstance(after, Invoice)
    assert after.expected_on == LATER_ON
    assert (after.due_on, after.open, after.customer) == (before.due_on, before.open, before.customer)


def test_an_error_inside_a_good_status_is_seen(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    said = "The period for 'Mrs Example' (mrs@example.com) is locked"
    errors = {"HasErrors": True, "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": said}]}
    desk.act("distort", record=ref.id, fields=errors)
    with pytest.raises(Refused, match="The period for … \\(…\\) is locked"):
        write(desk, Act.SET_EXPECTED_DATE, ref)


def test_a_void_invoice_refuses_the_date(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("void") if "void" in _statuses(desk) else _voided(desk))
    with pytest.raises(Refused, match="not of valid status"):
        write(desk, Act.SET_EXPECTED_DATE, ref)


def _statuses(desk: Any) -> set[str]:
    return {one["status"] for one in desk.truth["invoices"].values()}


def _voided(desk: Any) -> str:
    invoice: str = desk.invoice("open", paid=False)
    desk.act("void", invoice=invoice)
    return invoice


@pytest.mark.parametrize(("length", "start"), [(10, "n"), (300, "[dw "), (9000, "[dw ")])
def test_the_key_stands_within_the_first_250_of_a_note(desk: Any, length: int, start: str) -> None:
    ref, began = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False)), desk.clock.now()
    desk.books.leave_note(ref, "n" * length, key=KEY)
    note = lines_of(desk, ref.id)[-1]
    assert note.startswith(start)
    assert f"[dw {KEY}]" in note[:250]
    assert len(note) <= 2500
    assert isinstance(desk.books.found(Act.LEAVE_NOTE, ref, KEY, since=began), Receipt)


def test_a_credit_note_takes_a_note(desk: Any) -> None:
    note = desk.act("credit", invoice=desk.invoice("open", paid=False), amount="5.00")["credit"]
    ref = desk.ref(Kind.CREDIT, note)
    desk.books.leave_note(ref, "Seen", key=KEY)
    assert isinstance(desk.books.found(Act.LEAVE_NOTE, ref, KEY, since=desk.clock.now()), Receipt)


def test_what_xero_has_no_place_for_is_unsupported_before_any_call(desk: Any) -> None:
    customer = desk.ref(Kind.CUSTOMER, desk.truth["customers"][0])
    writes: list[Callable[[], Any]] = [
        lambda: desk.books.leave_note(customer, "x", key=KEY),
        lambda: desk.books.send_invoice(customer, key=KEY),
        lambda: desk.books.set_expected_date(customer, LATER_ON, key=KEY),
        lambda: desk.books.payment_url(customer),
        lambda: desk.books.document(customer),
        lambda: desk.books.found(Act.SEND_INVOICE, customer, KEY, since=desk.clock.now()),
    ]
    for one in writes:
        with pytest.raises(Unsupported):
            one()
    assert desk.meter.calls == 0


@pytest.mark.parametrize("key", ["", "k" * 21])
def test_a_key_of_a_wrong_length_is_refused_before_any_call(desk: Any, key: str) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open"))
    with pytest.raises(Refused, match="a key has 1 to 20 characters"):
        desk.books.leave_note(ref, "x", key=key)
    assert desk.meter.calls == 0


def test_the_pay_page_and_the_pdf(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open"))
    assert desk.books.payment_url(ref).startswith("http://127.0.0.1:")
    assert desk.books.document(ref).startswith(b"%PDF")
    assert desk.books.payment_url(desk.ref(Kind.INVOICE, desk.invoice("draft"))) == ""
    with pytest.raises(NotThere):
        desk.books.payment_url(desk.ref(Kind.INVOICE, "00000000-0000-4000-8000-000000000000"))


def test_a_pdf_that_is_none_is_asked_for_later(desk: Any) -> None:
    desk.fault("html", times=9)
    with pytest.raises(TryLater, match="it is no PDF"):
        desk.books.document(desk.ref(Kind.INVOICE, desk.invoice("open")))


def test_trap_19_writes_send_plain_bodies(desk: Any) -> None:
    """The SDK's models would add HasErrors, HasAttachments and dates as /Date(ms)/."""
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.reset()
    write(desk, Act.SET_EXPECTED_DATE, ref)
    body = {"Invoices": [{"InvoiceID": ref.id, "ExpectedPaymentDate": LATER_ON.isoformat()}]}
    assert desk.meter.sent_bytes == len(json.dumps(body))


def made_of(desk: Any) -> list[Any]:
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    return [one for one in ledger.invoices.values() if one.reference == f"Late payment {KEY}"]


def test_late_charges_are_an_invoice_of_their_own_to_the_same_contact(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    receipt = write(desk, Act.POST_CHARGE, ref)
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    (made,) = made_of(desk)
    assert (receipt.id, made.contact, f"{made.total}") == (made.id, ledger.invoices[ref.id].contact, "12.40")
    assert made.line == ("Interest for late payment of INV-1", "270", "NONE")
    page = desk.books.fetch([desk.ref(Kind.INVOICE, receipt.id)])
    assert [one.open for one in page.records if isinstance(one, Invoice)] == [Money(1240, "GBP")]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"account": "999"}, "Account code … is not a valid code"),
        ({"tax": "MOONTAX"}, "The TaxType code … does not exist"),
        ({"amount": Money(1240, "EUR")}, "another currency"),
    ],
)
def test_late_charges_that_xero_would_not_take_are_refused_and_nothing_is_made(
    desk: Any, wrong: dict[str, Any], told: str
) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    with pytest.raises(Refused, match=told):
        desk.books.post_charge(ref, replace(CHARGE, **wrong), key=KEY)
    assert made_of(desk) == []


def test_a_voided_charge_still_counts_as_posted(desk: Any) -> None:
    ref, began = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False)), desk.clock.now()
    write(desk, Act.POST_CHARGE, ref)
    (made,) = made_of(desk)
    made.status = "VOIDED"
    assert isinstance(desk.books.found(Act.POST_CHARGE, ref, KEY, since=began), Receipt)
