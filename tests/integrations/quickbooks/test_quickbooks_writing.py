"""Writing back: once, with a key, and found again when the reply was lost."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from integrations.contract import Act, Capability, Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.quickbooks.platform import PLATFORM
from receivables.records import Kind
from tests.integrations.quickbooks.conftest import Cedar


def notes(cedar: Cedar) -> list[tuple[str, str]]:
    return [(target, note) for target, note in cedar.truth()["notes"].values()]


def payload(cedar: Cedar, path: str) -> Any:
    base = cedar.wire.app.addresses["api"]
    url = f"{base}/v3/company/{cedar.account.external_id}/{path}"
    return requests.get(url, headers={"Authorization": f"Bearer {cedar.token.current()}"}, timeout=5).json()


def test_an_invoice_is_sent_again_to_the_address_on_it(cedar: Cedar) -> None:
    invoice = cedar.an_open_invoice()
    before = payload(cedar, f"invoice/{invoice}")["Invoice"]["BillEmail"]
    receipt = cedar.books.send_invoice(cedar.ref(Kind.INVOICE, invoice), key="k1")
    assert receipt.id == invoice
    assert receipt.at is not None
    assert abs((receipt.at - cedar.wire.clock.now()).total_seconds()) < 5
    assert payload(cedar, f"invoice/{invoice}")["Invoice"]["BillEmail"] == before
    sent = cedar.pull().invoices()[invoice]
    assert sent.sent_at == receipt.at
    assert sent.sent_to


def test_sending_with_the_same_key_sends_once(cedar: Cedar) -> None:
    invoice = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    first = cedar.books.send_invoice(invoice, key="k1")
    cedar.sandbox.clock.move(timedelta(minutes=5))
    assert cedar.books.send_invoice(invoice, key="k1") == first
    assert cedar.books.send_invoice(invoice, key="k2") != first


def test_a_mail_that_came_back_is_told(cedar: Cedar) -> None:
    invoice = cedar.an_open_invoice()
    cedar.books.send_invoice(cedar.ref(Kind.INVOICE, invoice), key="k1")
    cedar.act("bounce", invoice=invoice)
    assert cedar.pull().invoices()[invoice].mail_problem == "Bounced Email"


def test_a_lost_reply_to_a_mail_is_found_by_its_time(cedar: Cedar) -> None:
    invoice = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    claimed_at = cedar.wire.clock.now()
    cedar.fault("drop_after", path="/send")
    with pytest.raises(TryLater) as lost:
        cedar.books.send_invoice(invoice, key="k1")
    assert lost.value.may_have_acted
    found = cedar.books.found(Act.SEND_INVOICE, invoice, "k1", since=claimed_at)
    assert isinstance(found, Receipt)
    assert cedar.sandbox.book.calls["quickbooks", "POST /v3/company/*/invoice/*/send"] == 1


def test_a_mail_that_perhaps_never_went_cannot_be_told(cedar: Cedar) -> None:
    invoice = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    cedar.books.send_invoice(invoice, key="k0")
    cedar.sandbox.clock.move(timedelta(minutes=5))
    claimed_at = cedar.wire.clock.now()
    cedar.fault("drop_before", path="/send")
    with pytest.raises(TryLater) as lost:
        cedar.books.send_invoice(invoice, key="k1")
    assert lost.value.may_have_acted
    assert cedar.books.found(Act.SEND_INVOICE, invoice, "k1", since=claimed_at) is Lookup.CANNOT_TELL


@pytest.mark.parametrize("ahead", [600.0, -600.0])
def test_a_mail_is_found_by_its_time_although_the_clocks_disagree(connect: Callable[..., Cedar], ahead: float) -> None:
    cedar = connect(customers=6, invoices=30, skews={"quickbooks": ahead})
    invoice = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    cedar.books.send_invoice(invoice, key="k0")
    cedar.sandbox.clock.move(timedelta(minutes=5))
    claimed_at = cedar.wire.clock.now()
    assert cedar.books.found(Act.SEND_INVOICE, invoice, "k1", since=claimed_at) is Lookup.CANNOT_TELL
    cedar.books.send_invoice(invoice, key="k1")
    assert isinstance(cedar.books.found(Act.SEND_INVOICE, invoice, "k1", since=claimed_at), Receipt)


@pytest.mark.parametrize("ahead", [600.0, -600.0])
def test_books_agree_although_the_clocks_disagree(connect: Callable[..., Cedar], ahead: float) -> None:
    cedar = connect(customers=6, invoices=30, skews={"quickbooks": ahead})
    shelf = cedar.pull()
    for _ in range(3):
        cedar.act("pay", invoice=cedar.an_open_invoice())
        cedar.sandbox.move(timedelta(days=1))
        cedar.pull(shelf)
    cedar.matches_truth(shelf)


def test_an_invoice_without_an_address_is_refused_for_people(cedar: Cedar) -> None:
    customer = cedar.act("crowd", entity="Customer", count=1)
    customer = cedar.truth()["customers"][-1]
    invoice = cedar.act("sell", customer=customer, amount="10.00", due_on="2026-04-01")["invoice"]
    with pytest.raises(Refused, match="e-mail address"):
        cedar.books.send_invoice(cedar.ref(Kind.INVOICE, invoice), key="k1")


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CUSTOMER, Kind.PAYMENT, Kind.CREDIT])
def test_a_note_hangs_on_the_record_without_moving_it(cedar: Cedar, kind: Kind) -> None:
    tables = {Kind.INVOICE: "invoices", Kind.CUSTOMER: "customers", Kind.PAYMENT: "payments", Kind.CREDIT: "credits"}
    row_id = next(iter(cedar.truth()[tables[kind]]))
    before = cedar.books.fetch([cedar.ref(kind, row_id)]).records
    receipt = cedar.books.leave_note(cedar.ref(kind, row_id), "Reminded on 10 March: naïve “quotes”", key="dw-1")
    assert notes(cedar) == [(row_id, "Reminded on 10 March: naïve “quotes” [dw dw-1]")]
    assert receipt.id
    assert receipt.at is not None
    assert cedar.books.fetch([cedar.ref(kind, row_id)]).records == before


def test_a_note_stays_off_what_the_customer_sees(cedar: Cedar) -> None:
    invoice = cedar.an_open_invoice()
    cedar.books.leave_note(cedar.ref(Kind.INVOICE, invoice), "internal", key="k1")
    told = payload(cedar, f"invoice/{invoice}")["Invoice"]
    assert "internal" not in str(told)
    row_id = next(iter(cedar.truth()["notes"]))
    assert payload(cedar, f"attachable/{row_id}")["Attachable"]["AttachableRef"][0]["IncludeOnSend"] is False


def test_a_note_whose_reply_was_lost_is_found_by_its_key(cedar: Cedar) -> None:
    on = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    now = cedar.wire.clock.now()
    assert cedar.books.found(Act.LEAVE_NOTE, on, "k1", since=now) is Lookup.NOT_THERE
    cedar.fault("drop_after", path="/attachable")
    with pytest.raises(TryLater) as lost:
        cedar.books.leave_note(on, "reminded", key="k1")
    assert lost.value.may_have_acted
    found = cedar.books.found(Act.LEAVE_NOTE, on, "k1", since=now)
    assert isinstance(found, Receipt)
    assert found.id in cedar.truth()["notes"]
    assert cedar.books.found(Act.LEAVE_NOTE, on, "k11", since=now) is Lookup.NOT_THERE
    other = cedar.ref(Kind.INVOICE, cedar.an_open_invoice(1))
    assert cedar.books.found(Act.LEAVE_NOTE, other, "k1", since=now) is Lookup.NOT_THERE


def test_a_note_is_written_once_for_a_key_while_quickbooks_remembers_it(cedar: Cedar) -> None:
    on = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    assert cedar.books.leave_note(on, "a", key="k1") == cedar.books.leave_note(on, "a", key="k1")
    assert len(notes(cedar)) == 1
    cedar.act("forget_requests")
    assert isinstance(cedar.books.found(Act.LEAVE_NOTE, on, "k1", since=cedar.wire.clock.now()), Receipt)


def test_a_long_note_is_shortened_but_keeps_its_key(cedar: Cedar) -> None:
    on = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    cedar.books.leave_note(on, "x" * 5000, key="k1")
    ((_, note),) = notes(cedar)
    assert len(note) == 2000
    assert note.endswith("… [dw k1]")


def test_a_note_is_found_behind_many_others(cedar: Cedar) -> None:
    on = cedar.ref(Kind.INVOICE, cedar.an_open_invoice())
    for index in range(105):
        cedar.books.leave_note(on, "n", key=f"k{index}")
    assert isinstance(cedar.books.found(Act.LEAVE_NOTE, on, "k104", since=cedar.wire.clock.now()), Receipt)
    assert isinstance(cedar.books.found(Act.LEAVE_NOTE, on, "k0", since=cedar.wire.clock.now()), Receipt)


@pytest.mark.parametrize("key", ["", "x" * 21, "line\nbreak", "schlüssel"])
def test_a_key_that_does_not_fit_is_refused_before_any_call(cedar: Cedar, key: str) -> None:
    on = cedar.ref(Kind.INVOICE, "1")
    with pytest.raises(Refused, match="20"):
        cedar.books.send_invoice(on, key=key)
    with pytest.raises(Refused, match="20"):
        cedar.books.leave_note(on, "n", key=key)
    assert cedar.calls() == 0


def test_what_quickbooks_cannot_do_is_said_before_any_call(cedar: Cedar) -> None:
    invoice, customer = cedar.ref(Kind.INVOICE, "1"), cedar.ref(Kind.CUSTOMER, "1")
    assert Capability.SET_EXPECTED_DATE not in PLATFORM.capabilities
    now = cedar.wire.clock.now()
    for act in (
        lambda: cedar.books.set_expected_date(invoice, date(2026, 4, 1), key="k"),
        lambda: cedar.books.found(Act.SET_EXPECTED_DATE, invoice, "k", since=now),
        lambda: cedar.books.send_invoice(customer, key="k"),
        lambda: cedar.books.payment_url(customer),
        lambda: cedar.books.document(customer),
        lambda: cedar.books.leave_note(cedar.ref(Kind.OTHER, "1"), "n", key="k"),
    ):
        with pytest.raises(Unsupported):
            act()
    assert cedar.calls() == 0


def test_trap_08_the_pay_link_is_fetched_fresh_and_empty_without_quickbooks_payments(cedar: Cedar) -> None:
    """The SDK's own switch for the link sends nothing."""
    invoice = next(
        row
        for row in cedar.truth()["invoices"]
        if "InvoiceLink" in payload(cedar, f"invoice/{row}?include=invoiceLink")["Invoice"]
    )
    first, second = (cedar.books.payment_url(cedar.ref(Kind.INVOICE, invoice)) for _ in range(2))
    assert first.startswith("http")
    assert first != second
    cedar.act("online_payments", on=False)
    assert cedar.books.payment_url(cedar.ref(Kind.INVOICE, invoice)) == ""


def test_the_document_is_a_pdf(cedar: Cedar) -> None:
    body = cedar.books.document(cedar.ref(Kind.INVOICE, cedar.an_open_invoice()))
    assert body.startswith(b"%PDF-")
    assert body.rstrip().endswith(b"%%EOF")


def test_a_page_in_place_of_a_pdf_is_no_document(cedar: Cedar) -> None:
    cedar.fault("html", path="/pdf", times=9)
    with pytest.raises(TryLater):
        cedar.books.document(cedar.ref(Kind.INVOICE, cedar.an_open_invoice()))


def test_a_record_that_is_gone_is_named_so(cedar: Cedar) -> None:
    gone = cedar.ref(Kind.INVOICE, "987654")
    for act in (
        lambda: cedar.books.send_invoice(gone, key="k"),
        lambda: cedar.books.leave_note(gone, "n", key="k"),
        lambda: cedar.books.payment_url(gone),
        lambda: cedar.books.document(gone),
    ):
        with pytest.raises(NotThere):
            act()


def test_records_have_a_page_on_quickbooks_own_site(cedar: Cedar) -> None:
    assert PLATFORM.web_url(cedar.account, cedar.ref(Kind.INVOICE, "12")).endswith("/invoice?txnId=12")
    assert PLATFORM.web_url(cedar.account, cedar.ref(Kind.OTHER, "12")) == ""
    assert PLATFORM.web_url(cedar.account, cedar.ref(Kind.INVOICE, "1&x=2")) == ""
