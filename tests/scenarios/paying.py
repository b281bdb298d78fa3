"""What the stories of paying share: a business with a till, a payer at its pages, and what the books then say."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from collector.debtors.cases import debtor_key
from collector.paying.counter import Counter, Wish
from collector.paying.opening import open_page
from duewell.paying import counter_of, settle_all
from duewell.running import drain_inbox
from duewell.tills import choose_clearing, choose_till
from integrations.tills import PayPage
from receivables.money import Money
from receivables.records import Collection, Invoice, Ref
from storage import actions
from storage.actions import Action
from storage.checkouts import KeptCheckout, checkouts
from tests.scenarios.playing import Play

GOOD, DECLINED = "4242424242424242", "4000000000000002"
GOOD_ACCOUNT, BAD_ACCOUNT = "000123456789", "000111111116"
BACK = "http://127.0.0.1:9/back"
TILL = "northwind"


@dataclass
class Shop:
    """A play whose business has a till, and clearing accounts where its ledgers need them."""

    play: Play

    @property
    def counter(self) -> Counter:
        """Opened afresh, as another process would."""
        found = counter_of(self.play.house, self.play.business)
        assert found is not None
        return found

    def owing(self, key: str, *, at_least: int = 6000, currency: str = "USD", skip: int = 0) -> Invoice:
        """An invoice that is sent to be paid."""
        fitting = [
            one
            for _, one in sorted(self.play.invoices(key).items())
            if one.owing
            and one.collection is not Collection.AUTOMATIC
            and one.customer
            and one.open.currency == currency
            and one.open.minor >= at_least
        ]
        return fitting[skip]

    def page(self, *shares: tuple[Invoice, int], plan: str = "") -> PayPage:
        """A payment page for so much of each invoice."""
        first = shares[0][0]
        assert first.customer is not None
        on = tuple((one.ref, Money(minor, one.open.currency)) for one, minor in shares)
        return open_page(self.counter, Wish(debtor_key(first.customer), on, "Part 1 of 3", BACK, plan=plan))

    def settle(self, *, news: bool = True) -> object:
        """As after a webhook, or as now and then."""
        return settle_all(self.play.house, self.play.business, ("cs_news",) if news else ())

    def drained(self) -> object:
        """The webhooks that have arrived are worked off, as the job does it."""
        assert self.play.sandbox.courier.settle(20)
        return drain_inbox(self.play.house)

    def now(self, invoice: Invoice) -> Invoice:
        """The invoice as our books have it."""
        key = next(key for key in self.play.connected_keys() if self.play.connected(key).id == invoice.ref.connection)
        return self.play.invoices(key)[invoice.ref.id]

    def acts(self, act: str = "record_payment") -> list[Action]:
        """What was done, or is to be."""
        with self.play.house.database.read() as tx:
            return actions.actions(tx, self.play.business, act=act)

    def checkouts(self) -> list[KeptCheckout]:
        """Every page that was opened."""
        with self.play.house.database.read() as tx:
            return checkouts(tx, self.play.business)

    def listed(self, what: str) -> list[dict[str, Any]]:
        """The newest hundred of a list at Stripe, as it tells anybody with a key."""
        sandbox = self.play.sandbox
        key = sandbox.twins["stripe"].credentials()["businesses"][TILL]["api_key"]
        asked = f"{sandbox.addresses['stripe']}/v1/{what}?limit=100"
        told = requests.get(asked, headers={"Authorization": f"Bearer {key}"}, timeout=5).json()
        found: list[dict[str, Any]] = told["data"]
        return found

    def till_truth(self) -> dict[str, Any]:
        """What Stripe has."""
        return self.play.truth(TILL)


def open_shop(play: Play, *, methods: str = "", card_most: str = "") -> Shop:
    """Its till named, and a clearing account made in every ledger."""
    play.sync()
    house, business = play.house, play.business
    told = {"connection": play.connected(TILL).id, "methods": methods, "card_most": card_most}
    choose_till(house, business, told, by="Robin")
    for key in play.connected_keys():
        if key != TILL:
            one = play.connected(key)
            assert one.company is not None
            currency = one.company.base_currency
            choose_clearing(house, business, one.id, currency, typed=f"Stripe clearing {currency}", make=True)
    return Shop(play)


def press(page: PayPage, **form: str) -> requests.Response:
    """One press of Pay, with a card or an account."""
    assert urlsplit(page.url).hostname == "127.0.0.1"
    return requests.post(page.url, data=form, timeout=5, allow_redirects=False)


def of(invoice: Ref, shop: Shop) -> Invoice:
    """The invoice as it is now."""
    return shop.now(shop.play.invoices(TILL)[invoice.id])
