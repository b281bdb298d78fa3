"""Payment links at Stripe: one for each key, whatever line or clock does; paid by once; ended with all its pages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from integrations.contract import Lookup
from integrations.errors import NotThere, Refused, TryLater
from integrations.tills import LastingLink, PageState, WantedLink
from receivables.money import Money
from receivables.records import PaymentStatus
from sandbox.faults import Fault
from tests.integrations.stripe.till import BAD_ACCOUNT, GOOD, till_of

KEY, OTHER = "0011223344556677", "8899aabbccddeeff"
WANTED = WantedLink(Money(5000, "USD"), "Northwind Cloud: INV-1", about={"duewell": "k1", "plan": ""})


@pytest.fixture
def northwind(connect: Callable[..., Any]) -> Any:
    """A small account."""
    return connect(invoices=30, customers=8)


def visited(link: LastingLink) -> str:
    """The page that somebody who follows the link gets."""
    return requests.get(link.url, timeout=5).url


def pressed(page: str, **form: str) -> str:
    """One press of Pay there, and what is said then."""
    return requests.post(page, data=form, timeout=5).text


def links(northwind: Any) -> dict[str, Any]:
    """What Stripe has."""
    found: dict[str, Any] = northwind.truth()["links"]
    return found


def test_a_link_is_paid_by_once_and_tells_by_which_page(northwind: Any) -> None:
    till = till_of(northwind)
    link = till.start_link(WANTED, key=KEY)
    assert (link.live, link.about, till.paid_pages(link.id)) == (True, {"duewell": "k1"}, ())
    assert urlsplit(link.url).path.rpartition("/")[2] not in (repr(link), link.id)
    first, second = visited(link), visited(link)
    assert "50.00 USD" in requests.get(first, timeout=5).text
    pressed(first, card=GOOD)
    assert "no longer active" in pressed(second, card=GOOD)
    (page,) = till.paid_pages(link.id)
    taken = till.payment(page.payment)
    assert (page.state, page.amount, page.about) == (PageState.PAID, WANTED.amount, {"duewell": "k1"})
    assert (taken.status, taken.amount, taken.customer) == (PaymentStatus.SETTLED, WANTED.amount, "")
    for told in (till.link(link.id), till.start_link(WANTED, key=KEY), till.found_link(KEY)):
        assert told == replace(link, live=False, url=""), "the same link, as it is now"
    assert till.end_link(link.id).live is False


def test_a_debit_that_fails_has_used_its_link_up(northwind: Any) -> None:
    till = till_of(northwind)
    link = till.start_link(replace(WANTED, methods=("us_bank_account",)), key=KEY)
    page = visited(link)
    assert "Card number" not in requests.get(page, timeout=5).text
    pressed(page, account=BAD_ACCOUNT)
    (under_way,) = till.paid_pages(link.id)
    assert (under_way.state, till.link(link.id).live) == (PageState.PROCESSING, False)
    northwind.sandbox.move(timedelta(days=4), quiet=True)
    assert till.payment(till.paid_pages(link.id)[0].payment).status is PaymentStatus.FAILED
    assert till.link(link.id).live is False
    assert till.start_link(WANTED, key=OTHER).live


def test_a_lost_reply_makes_no_second_link_even_when_its_key_has_expired(northwind: Any) -> None:
    till = till_of(northwind)
    assert till.found_link(KEY) is Lookup.NOT_THERE
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/payment_links"))
    with pytest.raises(TryLater) as lost:
        till.start_link(WANTED, key=KEY)
    assert lost.value.may_have_acted
    found = till_of(northwind).found_link(KEY)
    assert isinstance(found, LastingLink)
    assert till.start_link(WANTED, key=KEY) == found
    assert till.start_link(replace(WANTED, text="In other words"), key=KEY) == found
    till.start_link(WANTED, key="other1")
    northwind.sandbox.move(timedelta(hours=26), quiet=True)
    assert till.found_link(KEY) == found, "Stripe has forgotten the key by now"
    northwind.sandbox.book.add(Fault("stripe", "drop_before", method="POST", path="/payment_links"))
    with pytest.raises(TryLater):
        till.start_link(WANTED, key=OTHER)
    assert till.found_link(OTHER) is Lookup.NOT_THERE
    assert len(links(northwind)) == 2


def test_an_ended_link_takes_no_money_nor_does_a_page_that_was_open(northwind: Any) -> None:
    till = till_of(northwind)
    link = till.start_link(WANTED, key=KEY)
    page = visited(link)
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/payment_links/"))
    with pytest.raises(TryLater):
        till.end_link(link.id)
    for _ in range(2):
        ended = till.end_link(link.id)
        assert (ended.live, ended.url) == (False, "")
    assert "expired" in pressed(page, card=GOOD)
    assert requests.get(link.url, timeout=5).status_code == 410
    assert till.paid_pages(link.id) == ()


def test_what_stripe_would_not_take_or_know_is_refused_in_a_sentence(northwind: Any) -> None:
    till = till_of(northwind)
    northwind.calls()
    with pytest.raises(Refused, match=r"0\.50 USD at least"):
        till.start_link(replace(WANTED, amount=Money(49, "USD")), key=KEY)
    for ask in (till.link, till.end_link, till.paid_pages):
        with pytest.raises(Refused, match="not an id"):
            ask("cs_test_1")
    assert northwind.calls() == {}
    for ask in (till.link, till.end_link):
        with pytest.raises(NotThere):
            ask("plink_nobody0000000000000000")
    old = northwind.act("make_key", without=["rak_payment_link_write"])["api_key"]
    northwind.grants.save(replace(northwind.grants.load("g1"), access=old))
    with pytest.raises(Refused, match="lacks the permission rak_payment_link_write"):
        till_of(northwind).start_link(WANTED, key=KEY)
