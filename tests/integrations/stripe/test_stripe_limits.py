"""Stripe's limits: published, counted by the twin, and never run into by a first pull that knows them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from integrations.budget import Budgets, CompanyBudget
from integrations.contract import Account, Turn
from integrations.errors import TryLater
from integrations.stripe.platform import PLATFORM


@dataclass
class OneAtATime:
    """A turn lasts until the answer is there. Here waiting moves the clock, so that calls on their way would else
    arrive seconds late, which no network does."""

    budget: CompanyBudget
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, path: str = "") -> Iterator[Turn]:
        with self.lock, self.budget.turn(path) as turn:
            yield turn


def within_limits(northwind: Any) -> Any:
    """The same account, its calls taking turns."""
    limits = PLATFORM.limits(northwind.account)
    budget = Budgets(northwind.wire.clock).of("app", northwind.account.id, limits)
    return replace(northwind, wire=replace(northwind.wire, budget=OneAtATime(budget)))


def test_the_published_limits_are_a_hundred_live_and_twenty_five_in_test_mode_and_for_each_endpoint() -> None:
    told = {
        mode: {
            one.name: (one.calls, one.seconds) for one in PLATFORM.limits(Account("c", "a", details={"livemode": mode}))
        }
        for mode in ("true", "false")
    }
    assert told["true"] == {"endpoint": (25, 1.0), "account": (100, 1.0)}
    assert told["false"] == {"endpoint": (25, 1.0), "account": (25, 1.0)}


def test_a_first_pull_meets_no_limit(connect: Callable[..., Any]) -> None:
    northwind = within_limits(connect(invoices=1200, customers=250, limits=True))
    northwind.save(northwind.books().changes(None))
    limits = northwind.sandbox.world.limits.counts()["stripe"]
    assert limits["calls"] == {northwind.account.external_id: northwind.wire.meter.calls}
    assert "refused" not in limits
    assert northwind.wire.clock.slept, "it waited for its turn"


def test_a_spent_budget_is_raised_as_itself_and_costs_no_call(northwind: Any) -> None:
    limited = within_limits(northwind)
    northwind.sandbox.book.clear()
    with limited.wire.budget.turn("/v1/account") as turn:
        turn.answered(429, {"Retry-After": "600"})
    with pytest.raises(TryLater, match="limit of 25 calls") as parked:
        limited.books().company()
    assert (parked.value.after or 0) > 500
    assert limited.calls() == {}
