"""Customers pay in a storm: calls, replies, workers and webhooks are lost, and money goes back; then it clears up.

Some replies are lost on purpose after each platform has done what it was asked, and what it remembers of the asking has
run out before anybody asks again.
"""

import random
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, groupby, islice
from pathlib import Path
from typing import Any

import requests

from collector.debtors.cases import debtor_key
from collector.paying.counter import OnTheWay, PaidAlready, TryAgain, Wish
from collector.paying.entries import MONEY_ACTS, REVERSE, payment_of
from collector.paying.opening import open_page
from duewell.businesses import living
from duewell.jobs import drain_job, follow_up_job, settle_job
from duewell.running import settle_parked
from duewell.serving import Serving
from duewell.wiring import House
from integrations.errors import IntegrationError
from receivables.money import Money
from receivables.records import Invoice, Ref
from sandbox.courier import Troubles
from sandbox.faults import Fault
from sandbox.faults import Weather as Strikes
from storage import actions
from storage.actions import ActionState
from storage.checkouts import UNSETTLED, checkouts
from tests.chaos.pages import TILL, open_for
from tests.chaos.payments import BACK, CARD, PART, SLUGS, counter, open_till, payable
from tests.chaos.storming import IN_TROUBLE, Death, one_worker
from tests.chaos.weathered import Weathered, weathered
from tests.scenarios.playing import Play

ACCOUNT, BAD_ACCOUNT = "000123456789", "000111111116"
FORMS = ({"card": CARD}, {"card": CARD}, {"account": ACCOUNT}, {"account": BAD_ACCOUNT})
BOOKING = {"quickbooks": "/payment", "xero": "/Payments", "stripe": "/attach_payment"}
PAGES = "/checkout/sessions"
KINDS = ("drop_before", "drop_after", "reset", "429", "500", "503")
"""Trouble that tells no lies; the books stay what they were."""
LATE_HOURS = 26
"""So much later no platform knows any more what it was asked under which key."""
CROSSED, SECOND = 0.15, 0.4
LEFT_OVER = 10
PATIENCE, AT_LEAST = 60, 4
SOON = 2
"""The first worker that is to die is not given the time to come to its end."""
DONE_WITH = (ActionState.SENT, ActionState.PARKED, ActionState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is: the share of calls that go wrong, and of turns in which the worker is killed."""

    rate: float = 0.25
    deaths: float = 0.4


@dataclass(frozen=True, slots=True)
class SparingRenewals:
    """A storm in which tokens are renewed well: time leaps here, and who waits for hours after a lost renewal has to
    connect again, whatever anybody does. Other storms show that."""

    storm: Strikes

    def strike(self, platform: str, route: str) -> Fault | None:
        """The trouble that this call meets, if any."""
        return None if "token" in route else self.storm.strike(platform, route)


@dataclass
class Storm:
    """One seed's. `at_source` is what customers paid past the till, by invoice; `lost` the payments that a bank took
    back for good; `kills` where workers died, `astray` what befell webhooks."""

    play: Play
    seed: int
    log: Path
    weather: Weather = field(default_factory=Weather)
    at_source: dict[Ref, Money] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    kills: Counter[str] = field(default_factory=Counter)
    went_back: Counter[str] = field(default_factory=Counter)
    astray: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._dice = random.Random(f"paying/{self.seed}")
        self._keys = self.play.connected_keys()
        self._seen: set[str] = set()
        self._fates = _in_turn(["lost", "", "all", "part", "lost", "", "won", ""], self._dice)
        self._ends = _in_turn(["commit", "committed", "call"], self._dice)
        self._two_pages: list[str] = []

    def rage(self, customers: int) -> Weathered:
        """So many customers of each ledger pay; what came of it when it was over."""
        open_till(self.play)
        self.play.sandbox.act("quickbooks", "token_grace", hours=24)
        debts = [debt for slug in SLUGS for debt in islice(self._debts(slug), customers)]
        before = {one.ref: one.open for debt in debts for one in debt}
        unapplied = self._unapplied()
        with Serving(self.play.house, jobs=False):
            self._storm(debts)
            self._calm()
        self.play.move(days=9, quiet=True)
        self._shift()
        beyond = {key: there - unapplied[key] for key, there in self._unapplied().items()}
        ended = weathered(self.play, before, at_source=self.at_source, lost=self.lost, beyond=beyond)
        ended.wrong += self._two_pages
        return ended

    def _debts(self, slug: str) -> list[list[Invoice]]:
        """What one customer pays at once: one invoice, or two of their ledger's."""
        theirs = sorted(payable(self.play, slug), key=lambda one: debtor_key(one.customer))
        each = [list(some) for _, some in groupby(theirs, key=lambda one: debtor_key(one.customer))]
        return [some[: 2 if self._dice.random() < SECOND else 1] for some in each]

    def _unapplied(self) -> dict[str, int]:
        """What no invoice has used, by company and as it says itself, in minor units."""
        told = {key: self.play.truth(key) for key in self._keys if self._platform(key) != "stripe"}
        return {key: sum(one.get("unapplied", one["remaining"]).values()) for key, one in told.items()}

    # ---- the storm ----

    def _storm(self, debts: Sequence[list[Invoice]]) -> None:
        troubles = Troubles(f"{self.seed}", double=0.3, hold=0.3, drop=0.2, forge=0.1)
        self.play.sandbox.courier.troubles = troubles
        self._brew("")
        seen: set[str] = set()
        for debt in debts:
            slug = self._slug(debt[0])
            first = slug not in seen
            if first:
                self.play.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path=PAGES))
            self._pay_somehow(debt)
            if first:
                self._lose_the_reply(slug)
            seen.add(slug)
            self._a_while()
            self._give_back()
        self.play.sandbox.book.clear()
        self.play.sandbox.courier.troubles = None
        self.astray += troubles.met

    def _brew(self, name: str) -> None:
        self.play.sandbox.brew(f"paying/{self.seed}/{name}", self.weather.rate, KINDS)
        storms = self.play.sandbox.book.storms
        storms.update({slug: SparingRenewals(one) for slug, one in storms.items()})

    def _platform(self, key: str) -> str:
        return next(one.platform for one in self.play.sandbox.world.businesses if one.key == key)

    def _key(self, invoice: Invoice) -> str:
        return next(key for key in self._keys if self.play.connected(key).id == invoice.ref.connection)

    def _slug(self, invoice: Invoice) -> str:
        return self._platform(self._key(invoice))

    def _pay_somehow(self, debt: Sequence[Invoice]) -> None:
        """Most go on trying; a debit may fail days later."""
        form, crossed = self._dice.choice(FORMS), self._dice.random() < CROSSED
        for _ in range(self._dice.randint(2, 6)):
            try:
                self._pay(debt, form, crossed=crossed)
            except (OnTheWay, PaidAlready):
                return
            except (TryAgain, IntegrationError, requests.RequestException):
                self.play.move(seconds=200, quiet=True)

    def _pay(self, debt: Sequence[Invoice], form: Mapping[str, str], *, crossed: bool) -> None:
        crossed = crossed and len(debt) == 1 and self._slug(debt[0]) != "stripe"
        on = tuple((one.ref, one.open if crossed else Money(PART, one.open.currency)) for one in debt)
        page = open_page(counter(self.play), Wish(debtor_key(debt[0].customer), on, "A part", BACK))
        self._expect_one_page(debt)
        if crossed and debt[0].ref not in self.at_source:
            self._pay_at_the_source(debt[0])
        requests.post(page.url, data=form, timeout=5, allow_redirects=False)

    def _expect_one_page(self, debt: Sequence[Invoice]) -> None:
        """Whatever was lost when one was opened: never two on which the same could be paid."""
        with self.play.house.database.read() as tx:
            there = open_for(self.play.sandbox, tx, self.play.business, [one.ref for one in debt])
        if there != 1:
            self._two_pages.append(f"{there} pages are open for {[one.number for one in debt]}")

    def _pay_at_the_source(self, invoice: Invoice) -> None:
        """By another way, most of it, while the page is open."""
        paid = invoice.open - Money.of(LEFT_OVER, invoice.open.currency)
        self.play.act("pay", self._key(invoice), invoice=invoice.ref.id, amount=str(paid.amount))
        self.at_source[invoice.ref] = paid

    def _lose_the_reply(self, slug: str) -> None:
        """The ledger books it, nobody hears of it, and what it was asked is forgotten before it is asked again."""
        self.play.sandbox.book.storms.clear()
        self.play.sandbox.book.add(
            Fault(slug, "drop_after", method="POST" if slug != "xero" else "PUT", path=BOOKING[slug])
        )
        self._shift()
        self.play.move(hours=LATE_HOURS, quiet=True)
        for key in self._keys:
            if self._platform(key) == "quickbooks":
                self.play.act("forget_requests", key)
        self._shift()
        self._brew(slug)

    def _a_while(self) -> None:
        """Jobs at their usual hours, or late; some twice, some in a worker that dies."""
        self.play.move(minutes=self._dice.choice([1, 3, 20, 60 * LATE_HOURS]), quiet=True)
        for _ in range(self._dice.choice([0, 1, 2])):
            if self._dice.random() < self.weather.deaths:
                self._die()
            else:
                self._shift()

    def _shift(self) -> None:
        self.play.sandbox.courier.settle(5)
        shift(self.play.house, self.play.business)

    def _die(self) -> None:
        """A worker of its own, which may come to its end before it is killed."""
        death = Death(next(self._ends), self._dice.randint(1, 12 if self.kills else SOON))
        code = one_worker(self.play, shift, death, self.log)
        assert code in (0, IN_TROUBLE, -signal.SIGKILL), f"seed {self.seed}: a worker broke ({code}), see {self.log}"
        self.kills[death.at] += code < 0
        self._use_every_token()

    def _use_every_token(self) -> None:
        """Who died while renewing one has left half an hour in which the old one works."""
        self.play.move(minutes=6, quiet=True)
        for connected in living(self.play.house, self.play.business):
            with self.play.house.source(connected) as source, suppress(IntegrationError):
                source.books.company()

    def _give_back(self) -> None:
        """Of some payments money goes back: a part, all of it, or what a bank takes; some disputes are won."""
        for intent, told in self.play.truth(TILL)["intents"].items():
            if told["status"] == "succeeded" and intent not in self._seen:
                self._seen.add(intent)
                what = next(self._fates)
                self._go_back(intent, what, told)
                self.went_back[what or "stayed"] += 1

    def _go_back(self, intent: str, what: str, told: Mapping[str, Any]) -> None:
        if what in ("lost", "won"):
            dispute = self.play.act("dispute", TILL, payment=intent)["dispute"]
            self.play.act("move_dispute", TILL, dispute=dispute, status=what)
            self.lost |= {intent} if what == "lost" else set()
        elif what:
            self.play.act("refund", TILL, payment=intent, amount=told["amount"] // (1 if what == "all" else 3))

    # ---- afterwards ----

    def _calm(self) -> None:
        """Nothing new happens, and whatever was held back arrives, until nothing is under way any more."""
        self.play.act("charge_elsewhere", TILL, amount=500_000)  # else what is owed to the till would wait for ever
        self.play.move(days=5, quiet=True)
        for turn in range(PATIENCE):
            if turn >= AT_LEAST and not self._under_way():
                return
            self._shift()
            self._refund_overpayments()
            self.play.move(hours=1, quiet=True)

    def _refund_overpayments(self) -> None:
        """What a person does in Xero when told that it takes no overpayment back."""
        with self.play.house.database.read() as tx:
            parked = actions.actions(tx, self.play.business, states=(ActionState.PARKED,), act=REVERSE)
        for act in (one for one in parked if "as an overpayment" in one.reason):
            for organisation in self.play.sandbox.twins["xero"].organisations:  # type: ignore[attr-defined]
                for credit in organisation.ledger.credits.values():
                    if payment_of(act) in credit.reference.split():
                        self.play.act("refund", organisation.key, credit=credit.id, amount=str(credit.remaining))
            settle_parked(self.play.house, self.play.business, act.key, sent=False)

    def _under_way(self) -> bool:
        with self.play.house.database.read() as tx:
            if checkouts(tx, self.play.business, states=UNSETTLED):
                return True
            found = [one for act in MONEY_ACTS for one in actions.actions(tx, self.play.business, act=act)]
        return any(one.state not in DONE_WITH for one in found)


def _in_turn(what: Sequence[str], dice: random.Random) -> Iterator[str]:
    """One after the other, so that each has its turn even in a short storm; where it begins is by the seed."""
    shuffled = dice.sample(what, len(what))
    return cycle(shuffled)


def shift(house: House, _business: str) -> bool:
    """What production does about money every few minutes."""
    for job in (drain_job, settle_job, follow_up_job):
        with suppress(IntegrationError):
            job(house)
    return True
