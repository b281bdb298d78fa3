"""Whatever a platform answers, only the contract's errors come out, with the right advice in them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations import errors
from integrations.errors import IntegrationError, Reconnect, TryLater
from integrations.http import retry_after
from receivables.records import Kind
from tests.conftest import HandClock
from tests.integrations.sides import Shelf, Side

CONTRACT = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, IntegrationError)}
PASSING = ("429", "500", "503", "html", "half", "drop_before", "drop_after")
READS: dict[str, Callable[[Side], Any]] = {
    "company": lambda side: side.books.company(),
    "changes": lambda side: list(side.books.changes(None)),
    "fetch": lambda side: side.books.fetch([side.ref(Kind.INVOICE, next(iter(side.truth()["invoices"])))]),
    "open_totals": lambda side: side.books.open_totals(side.clock.now().date()),
    "payment_url": lambda side: side.books.payment_url(side.ref(Kind.INVOICE, next(iter(side.truth()["invoices"])))),
    "document": lambda side: side.books.document(Shelf().take(side.books.changes(None)).due()),
}


@pytest.fixture
def side(kept: Callable[[str], Side], slug: str) -> Side:
    """Each platform in turn: nothing here changes its books."""
    return kept(slug)


@pytest.mark.parametrize("kind", [*PASSING, "429_day", "expired"])
def test_a_trouble_that_stays_comes_out_as_the_contract_says(side: Side, kind: str) -> None:
    side.fault(kind, times=10_000)

    for name, read in READS.items():
        with pytest.raises(IntegrationError) as raised:
            read(side)
        assert type(raised.value) in CONTRACT, name
        assert isinstance(raised.value, Reconnect if kind == "expired" else TryLater), (name, raised.value)
        assert raised.value.__cause__ is None, name
        assert not getattr(raised.value, "may_have_acted", False), name
        _says_nothing_private(side, str(raised.value))


def _says_nothing_private(side: Side, message: str) -> None:
    grant = side.grants.load("g1")
    for secret in (grant.access, grant.refresh, side.wire.app.client_secret, "127.0.0.1", "Traceback"):
        assert not secret or secret not in message


@pytest.mark.parametrize("kind", PASSING)
def test_a_trouble_that_passes_costs_a_pause_and_no_data(side: Side, kind: str) -> None:
    side.fault(kind, times=1, skip=1)

    shelf = Shelf().take(side.books.changes(None))

    assert set(shelf.invoices()) == set(side.truth()["invoices"])
    assert len(side.clock.slept) == 1


def test_reads_are_repeated_a_few_times_and_then_no_more(side: Side) -> None:
    side.token.current()
    side.forget()
    side.fault("503", times=10_000)

    with pytest.raises(TryLater):
        side.books.company()
    assert sum(side.calls().values()) == side.wire.attempts
    assert len(side.clock.slept) == side.wire.attempts - 1


def test_a_short_wait_is_kept_and_a_long_one_is_handed_on_at_once(side: Side) -> None:
    side.fault("429")
    side.books.company()
    assert len(side.clock.slept) == 1
    assert side.clock.slept[0] >= 1
    side.forget()
    side.fault("429_day", times=10_000)

    with pytest.raises(TryLater) as later:
        side.books.company()
    assert (later.value.after or 0) > 3600
    assert (sum(side.calls().values()), side.clock.slept) == (1, [])


def test_patience_is_a_setting(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug, wire={"patience": 0.5})
    side.fault("429")

    with pytest.raises(TryLater) as later:
        side.books.company()
    assert (later.value.after or 0) >= 1
    assert side.clock.slept == []


def test_a_silent_platform_is_left_after_the_time_out(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug, wire={"read_timeout": 0.5, "attempts": 1})
    side.fault("slow", seconds=1.5)

    with pytest.raises(TryLater) as later:
        side.books.company()
    assert not later.value.may_have_acted


def test_nobody_at_home_is_a_reason_to_come_later(side: Side) -> None:
    nowhere = dict.fromkeys(side.wire.app.addresses, "http://127.0.0.1:9")
    wire = replace(side.wire, app=replace(side.wire.app, addresses=nowhere))
    books = side.platform.open(wire, side.account, side.token)

    with pytest.raises(TryLater) as later:
        books.company()
    assert type(later.value) is TryLater
    assert not later.value.may_have_acted


def test_an_access_refused_once_is_renewed_and_the_read_goes_on(side: Side) -> None:
    side.fault("expired")

    if side.by_key:
        with pytest.raises(Reconnect):
            side.books.company()
        return
    before = side.grants.load("g1").generation
    assert side.books.company().name == side.account.label
    assert side.grants.load("g1").generation == before + 1


@given(value=st.text(max_size=40) | st.floats().map(str) | st.datetimes().map(lambda at: f"{at:%a, %d %b %Y %H:%M:%S}"))
@example("Tue, 10 Mar 2026 15:00:30 -0000")
@example("Tue, 10 Mar 2026 15:00:30")
@example("inf")
@example("nan")
@example("1e300")
def test_whatever_stands_in_retry_after_is_a_reasonable_wait_or_none(value: str) -> None:
    clock = HandClock()

    after = retry_after({"Retry-After": value}, clock)

    assert after is None or 0 <= after <= timedelta(days=31).total_seconds()
    assert clock.now() + timedelta(seconds=after or 0)
