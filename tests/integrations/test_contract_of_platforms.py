"""The contract that every platform keeps, against every twin: connecting, reading, resuming, what is not offered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from integrations.contract import Act, Capability
from integrations.errors import BadCursor, Reconnect, Unsupported
from integrations.registry import platform, slugs
from receivables.page import Cursor
from receivables.records import Kind, Record, Ref
from tests.conftest import NOON
from tests.integrations.sides import CAPABLE, TRAITS, Shelf, Side, each_page, write

WAYS = {Capability.OAUTH, Capability.CLIENT_CREDENTIALS, Capability.API_KEY}


def test_there_is_a_twin_and_a_way_in_for_every_platform(slug: str) -> None:
    found = platform(slug)

    assert (found.slug, bool(found.label)) == (slug, True)
    assert found.capabilities & WAYS
    assert found.capabilities <= set(Capability)
    assert set(TRAITS) == set(slugs())
    assert {act for act, needed in CAPABLE.items() if needed in found.capabilities} == set(TRAITS[slug].routes)


def test_a_consent_brings_a_grant_and_names_its_companies(side: Side) -> None:
    grant, companies = side.consent.grant, side.consent.companies

    assert (grant.id, grant.platform, grant.generation) == ("", side.slug, 0)
    assert grant.access
    assert grant.access not in repr(side.consent)
    assert all(one.external_id and one.label for one in companies)
    assert len({one.external_id for one in companies}) == len(companies)
    assert (grant.expires_at is None) is side.by_key
    if grant.expires_at is not None:
        assert grant.expires_at > side.clock.now()


def test_a_first_pull_equals_the_platforms_own_ledger(side: Side) -> None:
    shelf, truth = Shelf().take(side.books.changes(None)), side.truth()

    told = {
        id: (one.number, one.total.currency, one.total.minor, one.open.minor) for id, one in shelf.invoices().items()
    }
    assert told == {
        id: (one["number"], one["currency"], one["total"], one["open"]) for id, one in truth["invoices"].items()
    }
    assert all(one.balances() for one in shelf.invoices().values())
    assert shelf.ids(Kind.CUSTOMER) == set(truth["customers"])
    assert shelf.ids(Kind.CREDIT) == set(truth["credits"])
    assert shelf.ids(Kind.PAYMENT) >= set(truth["payments"])
    assert all(ref.connection == side.account.id for ref in shelf.records)


def test_the_platforms_own_figures_are_what_was_read(side: Side) -> None:
    totals = side.books.open_totals(side.clock.now().date())

    shelf = Shelf().take(side.books.changes(None))
    assert totals.figures
    for figure in totals.figures:
        if figure.about.kind is Kind.INVOICE:
            assert shelf.invoices()[figure.about.id].open == figure.open
    assert {figure.about for figure in totals.figures} <= set(shelf.records)


def test_reading_resumes_after_every_page_without_loss_or_double(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug, invoices=1080, customers=30)
    pages = list(side.books.changes(None))
    whole, resumed = Shelf().take(pages), Shelf()
    met: list[Ref] = []

    for page in each_page(side, None):
        resumed.take([page])
        met += [record.ref for record in page.records]
        if resumed.pages == whole.pages:
            break

    assert whole.pages >= 4
    assert contents(resumed) == contents(whole)
    assert len(met) <= 1.01 * sum(len(page.records) for page in pages), "a few rows again, never a page"
    assert not [
        one for page in side.books.changes(resumed.cursor) for one in page.records if one.ref not in whole.records
    ]


def contents(shelf: Shelf) -> dict[Ref, Record]:
    """Stripe has no time of change, so that the time of reading stands in its place."""
    return {ref: structs.replace(one, changed_at=NOON) for ref, one in shelf.records.items()}


def test_what_happens_between_two_pages_is_not_lost(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug, invoices=330, customers=20)
    shelf = Shelf()
    pages = side.books.changes(None)
    shelf.take([next(pages)])
    open_ids = [id for id, one in side.truth()["invoices"].items() if one["open"] and one["status"] == "open"]

    for invoice in open_ids[:3]:
        side.act("pay", business=side.key, invoice=invoice)
    shelf.take(pages)
    side.clock.sleep(60)
    shelf.take(side.books.changes(shelf.cursor))

    truth = side.truth()["invoices"]
    assert {id: one.open.minor for id, one in shelf.invoices().items()} == {id: t["open"] for id, t in truth.items()}
    assert {truth[id]["open"] for id in open_ids[:3]} == {0}


NONSENSE = ("", "{}", "null", "[]", "0", "\x00", "not a cursor", '{"read_at": "soon"}', "\ud800", "1" * 5000)


@pytest.mark.parametrize("value", NONSENSE)
def test_a_cursor_that_is_not_ours_is_named_and_costs_no_call(
    slug: str, value: str, kept: Callable[[str], Side]
) -> None:
    side = kept(slug)

    with pytest.raises(BadCursor):
        list(side.books.changes(Cursor(value)))
    assert side.calls() == {}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(max_size=80))
def test_no_text_whatever_breaks_the_reading_of_cursors(slug: str, value: str, kept: Callable[[str], Side]) -> None:
    with pytest.raises(BadCursor):
        next(kept(slug).books.changes(Cursor(value)))


def test_records_that_are_not_there_come_back_as_gone(side: Side) -> None:
    refs = [side.ref(kind, id) for kind, id in side.traits.unknown.items()]

    page = side.books.fetch(refs)

    assert {one.ref for one in page.gone} == set(refs)
    assert (page.records, page.cursor) == ((), None)
    assert all(one.at.tzinfo is UTC or one.at.utcoffset() is not None for one in page.gone)


def test_records_are_fetched_as_they_are_now(side: Side) -> None:
    ref = Shelf().take(side.books.changes(None)).due()
    side.act("pay", business=side.key, invoice=ref.id)

    page = side.books.fetch([ref])

    (fetched,) = Shelf().take([page]).invoices().values()
    assert (fetched.ref, fetched.open.minor) == (ref, 0)
    side.forget()
    nothing = side.books.fetch([])
    assert (nothing.records, nothing.gone, side.calls()) == ((), (), {})


TRIES: dict[Capability, Callable[[Side, Ref], object]] = {
    Capability.SEND_INVOICE: lambda side, ref: side.books.send_invoice(ref, key="k1"),
    Capability.PAYMENT_URL: lambda side, ref: side.books.payment_url(ref),
    Capability.LEAVE_NOTE: lambda side, ref: side.books.leave_note(ref, "note", key="k1"),
    Capability.SET_EXPECTED_DATE: lambda side, ref: write(side, Act.SET_EXPECTED_DATE, ref, "k1"),
    Capability.CARRY_PAY_LINK: lambda side, ref: write(side, Act.SET_PAY_LINK, ref, "k1"),
    Capability.POST_CHARGE: lambda side, ref: write(side, Act.POST_CHARGE, ref, "k1"),
    Capability.DOCUMENT: lambda side, ref: side.books.document(ref),
    Capability.WEBHOOK_PER_CONNECTION: lambda side, ref: side.platform.subscribe(
        side.wire, side.account, side.token, url="http://localhost:9/webhooks"
    ),
}


LACKING = [(slug, one) for slug in slugs() for one in TRIES if one not in platform(slug).capabilities]
STRANGE = [(slug, act) for slug in slugs() for act in Act if act not in TRAITS[slug].routes]


@pytest.mark.parametrize(("slug", "capability"), LACKING)
def test_what_a_platform_lacks_is_unsupported_before_any_call(
    slug: str, capability: Capability, kept: Callable[[str], Side]
) -> None:
    side = kept(slug)
    ref = side.ref(Kind.INVOICE, side.traits.unknown[Kind.INVOICE])

    with pytest.raises(Unsupported):
        TRIES[capability](side, ref)
    assert (side.meter.calls, side.calls()) == (0, {})


@pytest.mark.parametrize(("slug", "act"), STRANGE)
def test_looking_up_an_act_the_platform_lacks_is_unsupported_before_any_call(
    slug: str, act: Act, kept: Callable[[str], Side]
) -> None:
    side = kept(slug)
    with pytest.raises(Unsupported):
        side.books.found(act, side.ref(Kind.INVOICE, "1"), "k1", since=datetime(2026, 3, 1, tzinfo=UTC))
    assert (side.meter.calls, side.calls()) == (0, {})


def test_writing_on_a_kind_of_record_that_takes_none_is_unsupported(slug: str, kept: Callable[[str], Side]) -> None:
    side = kept(slug)
    for act in side.traits.routes:
        with pytest.raises(Unsupported):
            write(side, act, Ref(side.account.id, Kind.OTHER, "1"), "k1")
    assert (side.meter.calls, side.calls()) == (0, {})


def test_an_access_that_ran_out_is_renewed_once(side: Side) -> None:
    side.books.company()
    side.expire()
    side.forget()

    if side.by_key:
        with pytest.raises(Reconnect):
            side.books.company()
        return
    assert side.books.company().name == side.account.label
    assert side.calls()[side.traits.token_route] == 1
    assert side.grants.load("g1").generation == 1


def test_a_dead_grant_asks_for_a_person(side: Side) -> None:
    side.grants.save(replace(side.grants.load("g1"), access="rk_test_stranger00", refresh="stranger"))

    for _ in range(2):
        with pytest.raises(Reconnect):
            side.books.company()
    assert side.grants.load("g1").generation == 0


def test_every_exchange_is_counted_once_with_its_bytes(side: Side) -> None:
    side.forget()
    side.fault("503", times=1, skip=2)
    Shelf().take(side.books.changes(None))
    side.books.open_totals(side.clock.now().date())

    assert side.meter.calls == sum(side.calls().values()) > 3
    assert side.meter.received_bytes == side.sandbox.book.bytes_out[side.slug]
    assert side.sandbox.book.bytes_out[side.slug] < side.sandbox.book.bytes_raw[side.slug]
