"""A payer at the local Stripe's own pages, and what they are to pay."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import requests

from integrations.stripe.platform import PLATFORM
from integrations.tills import PayPage, Till, Wanted
from receivables.money import Money
from receivables.records import Kind, Ref

GOOD, DECLINED, TO_AUTHENTICATE = "4242424242424242", "4000000000000002", "4000002500003155"
GOOD_ACCOUNT, BAD_ACCOUNT = "000123456789", "000111111116"
BACK = "http://127.0.0.1:9/back"


def till_of(northwind: Any) -> Till:
    """Opened afresh, as another process would."""
    return PLATFORM.open_till(northwind.wire, northwind.account, northwind.token)


def wanted(northwind: Any, minor: int = 5000, currency: str = "USD", **more: Any) -> Wanted:
    about = more.pop("about", {"duewell": "k1", "plan": ""})
    until = northwind.wire.clock.now() + timedelta(hours=1)
    return Wanted(Money(minor, currency), "Part 1 of 3", BACK, until, about=about, **more)


def press(page: PayPage, **form: str) -> requests.Response:
    """One press of Pay, with a card or an account."""
    return requests.post(page.url, data=form, timeout=5, allow_redirects=False)


def owing(northwind: Any, currency: str = "USD", at_least: int = 6000) -> tuple[Ref, str, int]:
    """An invoice that is sent to be paid, its customer and what is open."""
    for key, one in northwind.truth()["invoices"].items():
        fits = one["status"] == "open" and one["currency"] == currency and not one["automatic"]
        if fits and one["open"] >= at_least and one["customer"].startswith("cus_"):
            return northwind.ref(Kind.INVOICE, key), one["customer"], one["open"]
    raise AssertionError("the sandbox has no such invoice")


def sessions(northwind: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = northwind.truth()["sessions"]
    return found
