"""Reminders, notes, pay links and documents at Stripe: each once, and found again when the reply was lost."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from integrations.contract import Act, Capability, Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.stripe.platform import PLATFORM
from receivables.records import Kind
from sandbox.faults import Fault

KEY = "m1-step2-abcdef"


def sent_events(northwind: Any, invoice: str) -> int:
    events = northwind.sandbox.twins["stripe"]._ledgers["northwind"].books.events
    return sum(one.type == "invoice.sent" and invoice.encode() in one.body for one in events)


def metadata(northwind: Any, invoice: str) -> dict[str, str]:
    found: dict[str, str] = northwind.sandbox.twins["stripe"]._ledgers["northwind"].books.invoices.get(invoice).metadata
    return found


def test_an_invoice_is_mailed_again(northwind: Any) -> None:
    invoice = northwind.invoice("open", automatic=False)
    before = sent_events(northwind, invoice.id)
    northwind.books().send_invoice(invoice, key=KEY)
    assert sent_events(northwind, invoice.id) == before + 1
    assert northwind.calls()["POST /v1/invoices/*/send"] == 1


def test_the_same_key_never_mails_twice(northwind: Any) -> None:
    invoice = northwind.invoice("open", automatic=False)
    before = sent_events(northwind, invoice.id)
    for _ in range(3):
        northwind.books().send_invoice(invoice, key=KEY)
    assert sent_events(northwind, invoice.id) == before + 1


def test_a_mailing_whose_reply_was_lost_is_found(northwind: Any) -> None:
    invoice, books = northwind.invoice("open", automatic=False), northwind.books()
    since = northwind.wire.clock.now()
    assert books.found(Act.SEND_INVOICE, invoice, KEY, since=since) is Lookup.NOT_THERE
    before = sent_events(northwind, invoice.id)
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/send"))
    with pytest.raises(TryLater) as lost:
        books.send_invoice(invoice, key=KEY)
    assert lost.value.may_have_acted
    receipt = books.found(Act.SEND_INVOICE, invoice, KEY, since=since)
    assert isinstance(receipt, Receipt)
    assert receipt.id.startswith("evt_")
    northwind.sandbox.move(timedelta(hours=30), quiet=True)
    assert books.found(Act.SEND_INVOICE, invoice, KEY, since=since) == receipt
    assert sent_events(northwind, invoice.id) == before + 1


def test_a_mailing_that_never_arrived_is_not_found_and_may_be_sent(northwind: Any) -> None:
    invoice, books = northwind.invoice("open", automatic=False), northwind.books()
    since = northwind.wire.clock.now()
    northwind.sandbox.book.add(Fault("stripe", "drop_before", method="POST", path="/send"))
    with pytest.raises(TryLater) as lost:
        books.send_invoice(invoice, key=KEY)
    assert lost.value.may_have_acted
    assert books.found(Act.SEND_INVOICE, invoice, KEY, since=since) is Lookup.NOT_THERE
    books.send_invoice(invoice, key=KEY)
    assert isinstance(books.found(Act.SEND_INVOICE, invoice, KEY, since=since), Receipt)


def test_somebody_elses_mailing_is_not_taken_for_ours(northwind: Any) -> None:
    invoice, books = northwind.invoice("open", automatic=False), northwind.books()
    since = northwind.wire.clock.now()
    northwind.act("send", invoice=invoice.id)
    books.send_invoice(invoice, key="another-key")
    assert books.found(Act.SEND_INVOICE, invoice, KEY, since=since) is Lookup.NOT_THERE


def test_an_old_mailing_nobody_can_tell(northwind: Any) -> None:
    invoice = northwind.invoice("open", automatic=False)
    since = northwind.wire.clock.now() - timedelta(days=30)
    assert northwind.books().found(Act.SEND_INVOICE, invoice, KEY, since=since) is Lookup.CANNOT_TELL


def test_what_must_not_be_mailed_is_refused_after_a_fresh_look(northwind: Any) -> None:
    paid = northwind.invoice("open", automatic=False)
    northwind.save(northwind.books().changes(None))
    northwind.act("pay", invoice=paid.id)
    northwind.calls()
    cases = ((paid, "nothing is due"), (northwind.invoice("draft", automatic=False), "draft"))
    automatic = northwind.invoice("paid", automatic=True)
    for invoice, why in (*cases, (automatic, "automatically"), (northwind.invoice("void"), "nothing is due")):
        with pytest.raises(Refused, match=why):
            northwind.books().send_invoice(invoice, key=KEY)
    assert "POST /v1/invoices/*/send" not in northwind.calls()


def test_an_invoice_that_is_no_more_is_not_there(northwind: Any) -> None:
    with pytest.raises(NotThere):
        northwind.books().send_invoice(northwind.ref(Kind.INVOICE, "in_doesnotexist"), key=KEY)


def test_a_note_goes_into_the_metadata_and_nowhere_else(northwind: Any) -> None:
    invoice = northwind.invoice("open")
    receipt = northwind.books().leave_note(invoice, "Reminded by mail:\n they  promised Friday.", key=KEY)
    assert receipt.id == f"dw_note_{KEY}"
    text = metadata(northwind, invoice.id)[f"dw_note_{KEY}"]
    day = northwind.wire.clock.now().date()
    assert text.startswith(f"{day} ")
    assert text[16:] == " Reminded by mail: they promised Friday."
    twin = northwind.sandbox.twins["stripe"]
    shown = requests.get(
        f"{northwind.sandbox.addresses['stripe']}/v1/invoices/{invoice.id}",
        headers={"Authorization": f"Bearer {twin.credentials()['businesses']['northwind']['api_key']}"},
        timeout=5,
    ).json()
    assert (shown["description"], shown["footer"], shown["custom_fields"]) == (None, None, None)


def test_a_note_whose_reply_was_lost_is_found_and_not_left_twice(northwind: Any) -> None:
    invoice, books = northwind.invoice("open"), northwind.books()
    since = northwind.wire.clock.now()
    assert books.found(Act.LEAVE_NOTE, invoice, KEY, since=since) is Lookup.NOT_THERE
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST"))
    with pytest.raises(TryLater) as lost:
        books.leave_note(invoice, "Called.", key=KEY)
    assert lost.value.may_have_acted
    assert isinstance(books.found(Act.LEAVE_NOTE, invoice, KEY, since=since), Receipt)
    northwind.sandbox.move(timedelta(hours=30), quiet=True)
    kept = metadata(northwind, invoice.id)
    northwind.calls()
    books.leave_note(invoice, "Called.", key=KEY)
    assert metadata(northwind, invoice.id) == kept
    assert "POST /v1/invoices/*" not in northwind.calls()


def test_a_note_that_is_not_there_may_be_left_again_later(northwind: Any) -> None:
    """The minute in the text has moved on: the same idempotency key would be refused for its other parameters."""
    invoice, books = northwind.invoice("open"), northwind.books()
    books.leave_note(invoice, "Called.", key=KEY)
    metadata(northwind, invoice.id).clear()
    northwind.sandbox.move(timedelta(minutes=5), quiet=True)
    books.leave_note(invoice, "Called.", key=KEY)
    assert f"dw_note_{KEY}" in metadata(northwind, invoice.id)


def test_long_notes_are_cut_and_our_oldest_make_room(northwind: Any) -> None:
    invoice, books = northwind.invoice("open"), northwind.books()
    own = {f"order_{number}": "theirs" for number in range(30)}
    metadata(northwind, invoice.id).update(own)
    for number in range(22):
        northwind.sandbox.move(timedelta(minutes=2), quiet=True)
        books.leave_note(invoice, "x" * 900, key=f"n{number}")
    kept = metadata(northwind, invoice.id)
    assert len(kept) == 50
    assert own.items() <= kept.items()
    assert {"dw_note_n0", "dw_note_n1"}.isdisjoint(kept)
    assert len(kept["dw_note_n21"]) == 500


def test_no_room_among_other_peoples_metadata_is_said(northwind: Any) -> None:
    invoice = northwind.invoice("open")
    metadata(northwind, invoice.id).update({f"order_{number}": "theirs" for number in range(50)})
    with pytest.raises(Refused, match="fifty places"):
        northwind.books().leave_note(invoice, "Called.", key=KEY)


def test_a_pay_link_is_written_beside_what_is_the_owners_and_replaced_and_taken_out(northwind: Any) -> None:
    invoice, books = northwind.invoice("open"), northwind.books()
    since, own = northwind.wire.clock.now(), {f"order_{number}": "theirs" for number in range(48)}
    metadata(northwind, invoice.id).update(own)
    for key, url in (("k1", "https://pay.example/p/one"), ("k2", "https://pay.example/p/two")):
        books.set_pay_link(invoice, url, key=key)
        assert metadata(northwind, invoice.id) == {**own, "duewell_pay_link": url, "dw_link": key}
    books.set_pay_link(invoice, "", key="k3")
    assert metadata(northwind, invoice.id) == {**own, "dw_link": "k3"}
    assert isinstance(books.found(Act.SET_PAY_LINK, invoice, "k3", since=since), Receipt)
    assert books.found(Act.SET_PAY_LINK, invoice, "k2", since=since) is Lookup.NOT_THERE
    metadata(northwind, invoice.id)["order_48"] = "theirs"
    with pytest.raises(Refused, match="fifty places"):
        books.set_pay_link(invoice, "https://pay.example/p/three", key="k4")


@pytest.mark.parametrize("key", ["", "x" * 21, "a[b]"])
def test_a_key_without_a_place_is_refused_before_any_call(northwind: Any, key: str) -> None:
    invoice = northwind.invoice("open", automatic=False)
    northwind.calls()
    with pytest.raises(Refused, match="1 to 20"):
        northwind.books().send_invoice(invoice, key=key)
    with pytest.raises(Refused, match="1 to 20"):
        northwind.books().leave_note(invoice, "x", key=key)
    assert northwind.calls() == {}


def test_what_stripe_lacks_is_unsupported_before_any_call(northwind: Any) -> None:
    invoice, books = northwind.invoice("open"), northwind.books()
    today = northwind.wire.clock.now().date()
    northwind.calls()
    with pytest.raises(Unsupported):
        books.set_expected_date(invoice, today, key=KEY)
    with pytest.raises(Unsupported):
        books.found(Act.SET_EXPECTED_DATE, invoice, KEY, since=northwind.wire.clock.now())
    with pytest.raises(Unsupported):
        books.leave_note(northwind.ref(Kind.CUSTOMER, "cus_123"), "x", key=KEY)
    assert northwind.calls() == {}
    assert Capability.SET_EXPECTED_DATE not in PLATFORM.capabilities


def test_the_pay_link_is_fetched_fresh_each_time(northwind: Any) -> None:
    invoice, books = northwind.invoice("open"), northwind.books()
    old = books.payment_url(invoice)
    assert requests.get(old, timeout=5).status_code == 200
    northwind.sandbox.move(timedelta(days=130), quiet=True)
    assert requests.get(old, timeout=5).status_code == 410
    fresh = books.payment_url(invoice)
    assert requests.get(fresh, timeout=5).status_code == 200
    requests.post(fresh, timeout=5)
    assert northwind.truth()["invoices"][invoice.id]["status"] == "paid"
    assert books.payment_url(invoice) == ""
    assert books.payment_url(northwind.invoice("draft")) == ""


def test_the_document_is_fetched_without_our_key(northwind: Any) -> None:
    invoice = northwind.invoice("open")
    assert northwind.books().document(invoice).startswith(b"%PDF-")
    calls = northwind.calls()
    assert calls["GET /i/*/pdf"] == 1
    assert northwind.wire.meter.calls == sum(calls.values())
    with pytest.raises(Refused, match="no document"):
        northwind.books().document(northwind.invoice("draft"))


@pytest.mark.parametrize("kind", ["500", "html_200", "half", "drop_before"])
def test_a_document_that_fails_is_tried_again_and_later(northwind: Any, kind: str) -> None:
    northwind.sandbox.book.add(Fault("stripe", kind, path="/pdf", times=1))
    assert northwind.books().document(northwind.invoice("open")).startswith(b"%PDF-")
    northwind.sandbox.book.add(Fault("stripe", kind, path="/pdf", times=50))
    with pytest.raises(TryLater):
        northwind.books().document(northwind.invoice("open"))
