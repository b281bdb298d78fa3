"""A payer in a real browser: from the link through Pay on another origin and back, at a phone's and a desk's width.

With SCREENSHOTS=FOLDER in the environment the pictures of docs/paying.md are made there.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.debtors.cases import debtor_key
from collector.wording.writing import Bank
from duewell.bank import set_bank
from duewell.links import opened, way_back
from duewell.pay_page import change, pay_url
from duewell.serving import Serving
from sandbox.server import Sandbox
from storage.checkouts import KeptCheckout, keep_checkout
from storage.links import Aim
from tests.chromium import IN_A_BROWSER, barriers, chromium
from tests.scenarios.paying import GOOD, TILL, Shop, open_shop
from tests.scenarios.playing import settle_in

SHOTS = os.environ.get("SCREENSHOTS", "")
WIDTHS = (360, 1200)
pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def shop(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Shop]:
    """A business with a till, its pages on localhost, the till's on 127.0.0.1."""
    play = settle_in(sandboxes(platforms=("stripe",), invoices=40, customers=10), tmp_path)
    shop = open_shop(play)
    set_bank(play.house, play.business, Bank(("Northwind Cloud Inc.", "Routing 021000021", "Account 12345678")), by="R")
    with Serving(play.house, jobs=False):
        yield shop
    play.house.close()


def link_of(shop: Shop, skip: int = 0) -> str:
    invoice = shop.owing(TILL, skip=skip)
    return pay_url(shop.play.house, shop.play.business, Aim(debtor_key(invoice.customer)))


def came_back(shop: Shop, url: str) -> str:
    """The code in the address to which a till leads back."""
    house, (code, hashed) = shop.play.house, way_back()
    link = opened(house, url.rpartition("/")[2])
    assert link is not None
    now, invoice = house.clock.now(), shop.owing(TILL)
    about, till = ((invoice.ref, invoice.open),), shop.play.connected(TILL).id
    made = KeptCheckout(
        till, code[:16], link.aim.debtor, invoice.open, about, now, now, link=link.id, back_digest=hashed
    )
    with house.database.write() as tx:
        keep_checkout(tx, shop.play.business, made)
    return code


def listening(page: Any) -> list[str]:
    """Breaches of a page's policy, and whatever else the browser complains about."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def tab_to(page: Any, name: str) -> None:
    """By keyboard alone: on and on until what is called so has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.inner_text() or ""):
            return
    raise AssertionError(f"{name!r} is not reached by keyboard")


def test_by_keyboard_and_without_scripts_from_the_link_to_the_till_and_back(browser: Any, shop: Shop) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.set_default_timeout(20_000)
    url = link_of(shop)
    page.goto(url)
    tab_to(page, "Pay ")
    page.keyboard.press("Enter")
    page.wait_for_url("http://127.0.0.1:*/c/pay/**")
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay", exact=True).click()
    page.wait_for_url(f"{shop.play.house.settings.web.base_url}/b/*")
    assert "We are looking for your payment." in page.content()
    assert not [one for one in context.cookies() if "duewell" in one["name"]]
    shop.settle()
    page.reload()
    assert "Your payment has arrived." in page.content()
    tab_to(page, "Back to your account")
    page.keyboard.press("Enter")
    page.wait_for_url(url)
    context.close()


def test_every_page_passes_the_accessibility_check_at_both_widths(browser: Any, shop: Shop) -> None:
    url = link_of(shop)
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
        page = context.new_page()
        page.set_default_timeout(20_000)
        heard = listening(page)
        page.goto(url)
        look(page, width, "account")
        for details in page.locator("details").all():
            details.evaluate("one => one.open = true")
        look(page, width, "account-open", shot=False)
        page.get_by_role("button", name="Show me the installments").click()
        look(page, width, "plan")
        page.get_by_role("button", name="Back to your account").click()
        page.get_by_role("button", name="Send me a statement of account").click()
        look(page, width, "answered", shot=False)
        page.goto(f"{shop.play.house.settings.web.base_url}/b/{came_back(shop, url)}")
        look(page, width, "back", shot=False)
        change(shop.play.house, shop.play.business, {"second_fact": "yes"})
        page.goto(url)
        look(page, width, "question")
        change(shop.play.house, shop.play.business, {"second_fact": "no"})
        page.goto(f"{url}x")
        look(page, width, "closed", shot=False)
        assert [one for one in heard if "404" not in one] == []
        context.close()


def look(page: Any, width: int, name: str, *, shot: bool = True) -> None:
    assert barriers(page) == "", f"{name} at {width}"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    if SHOTS and shot:
        page.screenshot(path=f"{SHOTS}/pay-{name}-{width}.png", full_page=True)


def test_the_strict_policy_stops_nothing_of_ours(browser: Any, shop: Shop) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(20_000)
    heard = listening(page)
    page.goto(link_of(shop))
    assert page.evaluate("getComputedStyle(document.querySelector('.panel')).borderTopStyle") == "solid"
    page.get_by_role("button", name="Send me a statement of account").click()
    page.get_by_role("status").wait_for()

    assert heard == []
    page.context.close()
