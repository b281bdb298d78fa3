"""Files that hang on invoices: what is meant for the customer, as it is, and what a platform does wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.contract import Attached, Capability
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.registry import platform
from receivables.records import Kind, Ref
from tests.integrations.sides import TRAITS, Shelf, Side

WITH = [slug for slug in TRAITS if Capability.ATTACHMENTS in platform(slug).capabilities]
WITHOUT = [slug for slug in TRAITS if slug not in WITH]
KEPT_FOR_THEMSELVES = {"quickbooks": "with_mail", "xero": "online"}
LISTED = {"quickbooks": "/query", "xero": "/Attachments"}
FETCHED = {"quickbooks": "/files/", "xero": "/Attachments/"}

each = pytest.mark.parametrize("slug", WITH)


def ready(side: Side) -> Ref:
    due = Shelf().take(side.books.changes(None)).due()
    side.forget()
    return due


def attach(side: Side, on: Ref, name: str, text: str = "signed for", **said: Any) -> str:
    return str(side.act("attach", business=side.key, invoice=on.id, file_name=name, text=text, **said)["attachment"])


@each
def test_files_meant_for_the_customer_come_as_they_are(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    on = ready(side)
    assert side.books.attachments(on) == []
    first = attach(side, on, "Proof of delivery.pdf", "%PDF signed", kind="application/pdf")
    odd = attach(side, on, "../Größe & “Maß” (1).PNG", "png", kind="")
    attach(side, on, "our margin.xlsx", "sums", **{KEPT_FOR_THEMSELVES[slug]: False})
    empty = attach(side, on, "empty.pdf", "")

    listed = side.books.attachments(on)

    assert [(one.id, one.name, one.size) for one in listed] == [
        (first, "Proof of delivery.pdf", 11),
        (odd, "../Größe & “Maß” (1).PNG", 3),
        (empty, "empty.pdf", 0),
    ]
    assert listed[0].kind == "application/pdf"
    assert [side.books.attachment(on, one) for one in listed] == [b"%PDF signed", b"png", b""]


@each
def test_what_was_taken_away_in_between_is_not_there(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    on = ready(side)
    attach(side, on, "pod.pdf")
    (one,) = side.books.attachments(on)
    where = {"invoice": on.id} if slug == "xero" else {}
    side.act("detach", business=side.key, attachment=one.id, **where)

    with pytest.raises(NotThere):
        side.books.attachment(on, one)
    assert side.books.attachments(on) == []


@each
@pytest.mark.parametrize("kind", ["503", "drop_after"])
def test_a_passing_trouble_is_waited_for_and_a_lasting_one_is_for_later(
    side_of: Callable[..., Side], slug: str, kind: str
) -> None:
    side = side_of(slug)
    on = ready(side)
    attach(side, on, "pod.pdf")
    side.fault(kind, path=LISTED[slug], times=1)

    (one,) = side.books.attachments(on)
    side.fault(kind, path=FETCHED[slug], times=1)
    assert side.books.attachment(on, one) == b"signed for"
    side.fault(kind, path=FETCHED[slug], times=20)
    with pytest.raises(TryLater) as later:
        side.books.attachment(on, one)

    assert not later.value.may_have_acted


@pytest.mark.parametrize("slug", WITHOUT)
def test_a_platform_without_files_says_so_without_a_call(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    on = ready(side)

    with pytest.raises(Unsupported):
        side.books.attachments(on)
    with pytest.raises(Unsupported):
        side.books.attachment(on, Attached("1", "pod.pdf"))
    assert side.meter.calls == 0


@each
def test_only_invoices_are_asked(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    side.forget()
    with pytest.raises(Unsupported):
        side.books.attachments(side.ref(Kind.CUSTOMER, "1"))
    with pytest.raises(Unsupported):
        side.books.attachment(side.ref(Kind.CUSTOMER, "1"), Attached("1", "pod.pdf"))
    assert side.meter.calls == 0


def test_an_address_that_is_over_is_asked_for_again(side_of: Callable[..., Side]) -> None:
    side = side_of("quickbooks")
    on = ready(side)
    attach(side, on, "pod.pdf")
    (one,) = side.books.attachments(on)
    side.act("stale_addresses", business=side.key, times=1)

    assert side.books.attachment(on, one) == b"signed for"
    side.act("stale_addresses", business=side.key, times=9)
    with pytest.raises(TryLater, match="403"):
        side.books.attachment(on, one)


def test_who_connected_without_that_permission_is_not_asked_to_connect_again(side_of: Callable[..., Side]) -> None:
    """A Reconnect would keep back everything, only because files cannot be read."""
    side = side_of("xero")
    on = ready(side)
    attach(side, on, "pod.pdf")
    side.act("drop_scope", scope="accounting.attachments")

    with pytest.raises(Refused, match=r"accounting\.attachments\.read"):
        side.books.attachments(on)
    with pytest.raises(Refused, match=r"accounting\.attachments\.read"):
        side.books.attachment(on, Attached("1", "pod.pdf"))
    assert side.books.document(on).startswith(b"%PDF")
