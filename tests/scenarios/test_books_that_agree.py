"""The books: read whole, kept up to date, equal to the platforms' own to the cent, every difference named."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil

import pytest
from sqlalchemy import update

from duewell.businesses import living
from duewell.connecting import disconnect
from duewell.desk.desk import Desk
from duewell.running import drain_inbox
from duewell.showing.customers import customer as customer_page
from receivables.money import Money
from sandbox.faults import Fault
from storage import tables
from storage.differences import Difference, DifferenceState, differences
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


def test_a_first_day_reads_everything_and_agrees(plays: Plays) -> None:
    play = plays(invoices=130, customers=27)

    results = play.sync()

    assert len(results) == 5
    for result in results.values():
        assert result.night is not None, result.trouble
        assert result.night.agreement is not None
        assert result.night.agreement.agrees
        assert result.night.agreement.compared > 0
    play.expect_truth()
    currencies = {one.total.currency for key in play.connected_keys() for one in play.invoices(key).values()}
    assert {"USD", "GBP", "JPY", "KWD"} <= currencies


def test_reading_again_when_nothing_happened_writes_nothing(plays: Plays) -> None:
    play = plays(invoices=60, customers=12)
    play.sync()

    for key, result in play.sync().items():
        assert result.night is not None
        saved = result.night.pulled.saved
        assert (saved.new, saved.changed, saved.gone, saved.odd) == (0, 0, 0, 0), key


def test_ninety_days_later_the_books_still_agree(plays: Plays) -> None:
    play = plays(invoices=70, customers=15)
    play.sync()

    for days in (1, 6, 20, 33, 30):  # thirty-three is more than any change feed looks back
        play.move(days=days)
        for key, result in play.sync().items():
            assert result.night is not None, (key, result.trouble)
            assert result.night.agreement is not None
            assert result.night.agreement.agrees, (key, result.night.agreement.differences)
    play.expect_truth()


def test_what_happens_to_documents_is_followed(plays: Plays) -> None:
    play = plays(invoices=80, customers=15)
    play.sync()
    for key in ("cedar", "brightwater", "northwind"):
        first, second, third, fourth = _open_ids(play, key)[:4]
        play.act("pay", key, invoice=first)
        play.act("credit", key, invoice=second, amount=100 if key == "northwind" else "1.00")
        play.act("void", key, invoice=third)
        play.act("change_due", key, invoice=fourth, due_on="2026-12-24")
    play.move(quiet=True, minutes=5)

    for key, result in play.sync().items():
        assert result.night is not None, (key, result.trouble)
        assert result.night.agreement is not None
        assert result.night.agreement.agrees, (key, result.night.agreement.differences)
    play.expect_truth()


def _open_ids(play: Play, key: str) -> list[str]:
    """Home-currency invoices with something open and nothing paid, not drawn automatically."""
    return [
        id
        for id, one in sorted(play.invoices(key).items())
        if one.owing and not one.paid and one.open.currency in ("USD", "GBP") and one.collection.value == "sent"
    ]


def test_a_journal_no_api_shows_is_a_named_remainder_until_a_person_accepts_it(plays: Plays) -> None:
    play = plays(platforms=("quickbooks",), invoices=40, customers=10)
    play.move(quiet=True, days=60)  # every open invoice has earned a step by now
    play.sync()
    owing = (one for one in play.invoices("cedar").values() if one.owing and one.open.currency == "USD")
    customer = next(one.customer.id for one in owing if one.due_on)
    play.act("journal", "cedar", customer=customer, amount="123.45")

    night = play.sync()["cedar"].night

    assert night is not None
    assert night.agreement is not None
    (difference,) = night.agreement.differences
    assert (difference.about.id, difference.remainder) == (customer, Money(12345, "USD"))
    assert "balance_differs" in _rules_shown(play, customer)
    _accept(play, note="Opening balance from the old books")
    assert "balance_differs" not in _rules_shown(play, customer)
    again = play.sync()["cedar"].night
    assert again is not None
    (kept,) = _differences(play)
    assert (kept.state, kept.accepted_note) == (DifferenceState.ACCEPTED, "Opening balance from the old books")


def _rules_shown(play: Play, customer: str) -> set[str]:
    """What the customer's page says of its invoices."""
    view = customer_page(play.house, play.business, play.connected("cedar").id, customer)
    assert view is not None
    return {row.rule for row in view.rows}


def _differences(play: Play) -> list[Difference]:
    with play.house.database.read() as tx:
        return differences(tx, play.business)


def _accept(play: Play, *, note: str) -> None:
    desk = Desk(play.house, reads=False)
    (one,) = _differences(play)
    desk.accept_difference(play.business, one.id, note, by="Robin")
    desk.close()


def test_a_row_that_went_wrong_here_is_found_mended_and_not_absorbed(plays: Plays) -> None:
    play = plays(invoices=60, customers=12)
    play.sync()
    for key in play.connected_keys():
        damaged = next(id for id, one in play.invoices(key).items() if one.owing)
        _damage(play, key, damaged)

        night = play.sync(key)[key].night

        assert night is not None
        assert night.agreement is not None
        assert night.agreement.agrees, key
        if night.swept.changed:
            continue  # Xero's sweep of the open set was there first
        assert len(night.agreement.mended) == 1, key
        with play.house.database.read() as tx:
            traces = differences(tx, play.business, connection=play.connected(key).id, gone=True)
        assert [one.state for one in traces] == [DifferenceState.GONE], key
    play.expect_truth()


def _damage(play: Play, key: str, invoice: str) -> None:
    """A cent is lost in our own table, with the hash as it would be."""
    table = tables.invoice
    mine = (table.c.connection_id == play.connected(key).id, table.c.id == invoice)
    with play.house.database.write() as tx:
        body = tx.execute(table.select().with_only_columns(table.c.body).where(*mine)).scalar_one()
        minor = play.invoices(key)[invoice].open.minor
        broken = body.replace(f'"open":{{"minor":{minor},', f'"open":{{"minor":{minor - 1},')
        assert broken != body
        tx.execute(update(table).where(*mine).values(open_minor=minor - 1, body=broken, hash=b"damaged"))


def test_one_of_three_tenants_is_disconnected_and_the_others_go_on(plays: Plays) -> None:
    play = plays(platforms=("xero",), invoices=30, customers=8)
    play.sync()
    gone = play.connected("harbour")

    disconnect(play.house, play.business, gone.id)

    assert {one.label for one in living(play.house, play.business)} == {
        "Brightwater Studio",
        "Fenwick & Sons Joinery",
    }
    for result in play.sync().values():
        assert result.trouble == ""
    play.expect_truth()


def test_without_any_webhook_polling_alone_is_complete(plays: Plays) -> None:
    play = plays(invoices=60, customers=12)
    play.sync()
    play.sandbox.courier.paused = True
    play.move(days=10)

    play.sync()

    assert drain_inbox(play.house).deliveries == 0
    play.expect_truth()


LISTS = {"cedar": "quickbooks", "northwind": "stripe", "brightwater": "xero"}


@pytest.mark.parametrize("key", LISTS)
def test_a_first_pull_costs_the_fewest_calls(plays: Plays, key: str) -> None:
    platform = LISTS[key]
    play = plays(platforms=(platform,), invoices=220, customers=20)
    play.sandbox.book.clear()

    play.sync(key)

    truth, page = play.truth(key), 100 if platform == "stripe" else 1000
    streams = [len(truth[name]) for name in ("invoices", "customers", "payments", "credits")]
    pages = sum(max(1, ceil(count / page)) for count in streams)
    # two more streams each: terms; pre- and overpayments; refunds and disputes; then a closing page a stream, and six
    allowed = pages + 2 + len(streams) + 2 + 6
    assert sum(play.calls(platform).values()) <= allowed, play.calls(platform)


@pytest.mark.parametrize(("key", "most"), [("cedar", 2), ("brightwater", 8)])
def test_a_night_costs_what_the_feed_costs(plays: Plays, key: str, most: int) -> None:
    platform = LISTS[key]
    play = plays(platforms=(platform,), invoices=120, customers=30)
    play.sync(key)
    play.move(days=1)
    play.sandbox.book.clear()

    night = play.sync(key)[key].night

    assert night is not None
    assert night.agreement is not None
    assert night.agreement.agrees
    renewals = sum(number for route, number in play.calls(platform).items() if "token" in route.lower())
    assert sum(play.calls(platform).values()) - renewals == most, play.calls(platform)


def test_a_stripe_night_costs_its_events_and_the_open_set(plays: Plays) -> None:
    play = plays(platforms=("stripe",), invoices=120, customers=30)
    play.sync()
    play.move(days=1)
    play.sandbox.book.clear()

    play.sync()

    calls = play.calls("stripe")
    statuses = [told["status"] for told in play.truth("northwind")["invoices"].values()]
    lists = sum(max(1, ceil(statuses.count(status) / 100)) for status in ("open", "uncollectible"))
    assert calls["GET /v1/invoices"] == lists
    assert set(calls) == {"GET /v1/invoices", "GET /v1/events"}
    assert calls["GET /v1/events"] <= 2


def test_a_platform_out_of_reach_is_noted_once_and_recovers_once(
    plays: Plays, capsys: pytest.CaptureFixture[str]
) -> None:
    play = plays(platforms=("quickbooks",), invoices=20, customers=5)
    play.sync()

    play.sandbox.book.add(Fault("quickbooks", "503", times=50))

    for _ in range(3):
        assert play.sync()["cedar"].trouble
    broken = play.connected("cedar")
    assert broken.state.value == "unhealthy"
    assert broken.trouble
    play.sandbox.book.clear()
    assert not play.sync()["cedar"].trouble
    assert play.connected("cedar").state.value == "healthy"
    said = capsys.readouterr()
    assert (said.out + said.err).count("connection in trouble") == 1
    assert (said.out + said.err).count("connection works again") == 1


def test_a_long_wait_parks_the_connection_until_its_hour(plays: Plays) -> None:
    play = plays(platforms=("xero",), invoices=20, customers=5)
    play.sync()

    play.sandbox.book.add(Fault("xero", "429_day", times=1))
    play.move(quiet=True, hours=1)

    play.sync("brightwater")

    parked = play.connected("brightwater")
    assert parked.state.value == "parked"
    assert parked.parked_until is not None
    assert parked.parked_until - play.house.clock.now() > timedelta(hours=1)
    play.sandbox.book.clear()
    assert play.sync("brightwater")["brightwater"].trouble.startswith("parked")
    assert play.calls("xero") == {}
    play.move(days=1)
    assert play.sync("brightwater")["brightwater"].trouble == ""
