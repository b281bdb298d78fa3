"""Late charges on real books: chosen, worked out, waived, and told in messages only where the policy says so."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collector.charges.bearing import Basis
from collector.charges.posting import posted_of
from collector.charges.words import sentences
from collector.occasions.statement import StatementKind
from collector.wording.languages import locale
from duewell.businesses import the_business
from duewell.charging import borne_by, borne_of, charging_view, last_day, late_of, set_charging
from duewell.charging_acts import enforce, post_charges, waive
from duewell.charging_to import picked, set_posted_to
from duewell.desk.desk import Desk
from duewell.finding import find_invoice, whole_case
from duewell.policies import keep
from duewell.stating import make_statement, statement_letter
from duewell.stationery import stationery_of
from duewell.wiring import House
from integrations.contract import Choice
from integrations.errors import NotThere, Refused
from receivables.records import Address, Application, CustomerKind, Invoice, Kind
from storage import actions
from storage.actions import ActionState, Plan
from storage.charges import CHARGE, charge_invoices, posted_charges
from storage.habits import pasts, refresh_habits
from tests.duewell.amber_house import furnishing, moved_in
from tests.storage.amber import BUSINESS, CONNECTION, customer, gbp, invoice, payment, ref

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
BY = "Robin"
STATUTORY = {"basis": "statutory"}
TERMS = {"basis": "policy", "percent": "1,5 %", "per": "month", "flat": "5", "grace_days": "3"}


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Amber with Xero's books: one invoice half paid late, one open, one settled late."""
    folder = tmp_path_factory.mktemp("furnished")
    books = (
        customer(1, name="Ann Lee Ltd", kind=CustomerKind.BUSINESS, address=Address(country="GB")),
        invoice(1, 5_000, of=1),
        invoice(2, 10_000, of=1),
        invoice(3, 0, of=1),
        payment(1, 5_000, received_on=date(2026, 2, 20), applications=(Application(ref(Kind.INVOICE, 1), gbp(5_000)),)),
        payment(
            2, 10_000, received_on=date(2026, 2, 20), applications=(Application(ref(Kind.INVOICE, 3), gbp(10_000)),)
        ),
    )
    with furnishing(folder, *books, now=NOW):
        return folder


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[House]:
    """An installation of the test's own, at a time that is moved by hand."""
    with moved_in(furnished, tmp_path / "data", now=NOW) as opened:
        yield opened


def one(house: House, number: int = 1) -> Invoice:
    return find_invoice(house, BUSINESS, f"INV-{number}")


def lines(house: House, number: int = 1) -> tuple[str, ...]:
    return sentences(borne_of(house, BUSINESS, one(house, number))[0], locale("en", "GB"))


def test_nothing_is_asked_for_before_somebody_chose(house: House) -> None:
    view = charging_view(house, BUSINESS)
    assert (view.charging.basis, view.currency, view.posted_to[0].account) == (Basis.NONE, "GBP", "")
    assert "asks for nothing" in lines(house)[0]
    assert Desk(house).late_charges(BUSINESS, CONNECTION, "1") == ()


def test_the_law_is_worked_out_on_what_was_open_each_day_up_to_yesterday(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    told = lines(house)
    assert told[0].startswith("£0.48 from 5 February to 19 February 2026 at 11.75")
    assert told[0].endswith("on £100.00.")
    assert told[1].startswith("£0.29 from 20 February to 9 March 2026")
    assert told[1].endswith("on £50.00.")
    assert told[2].startswith("£40.00 once")


def test_a_customers_page_lists_what_is_open_and_what_was_spoken_of(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    desk = Desk(house)
    assert [each.number for each in desk.late_charges(BUSINESS, CONNECTION, "1")] == ["INV-1", "INV-2"]
    said = desk.charge_act(BUSINESS, (CONNECTION, "3"), "waive", {"words": "an old customer"}, by=BY)
    assert said == "Late charges on invoice INV-3 are waived altogether."
    shown = {each.number: each for each in desk.late_charges(BUSINESS, CONNECTION, "1")}
    assert shown["INV-3"].total is None
    assert shown["INV-3"].sentences[-1].endswith("was waived by Robin: an old customer.")
    assert (shown["INV-1"].posts, shown["INV-3"].posts) == (True, False)
    assert desk.late_charges(BUSINESS, CONNECTION, "9") == ()
    with pytest.raises(NotThere):
        desk.charge_act(BUSINESS, ("c9", "3"), "waive", {}, by=BY)
    with pytest.raises(Refused, match="choose one of the three"):
        desk.charge_act(BUSINESS, (CONNECTION, "3"), "forgive", {}, by=BY)


def test_days_are_waived_and_asked_for_again(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    whole = borne_of(house, BUSINESS, one(house))[0]
    told = {"from": "2026-02-01", "until": "2026-02-19", "words": ""}
    assert waive(house, BUSINESS, one(house), told, by=BY).endswith("from 1 February 2026 until 19 February 2026.")
    assert borne_of(house, BUSINESS, one(house))[0].total == gbp(29)
    house.clock.sleep(60)
    enforce(house, BUSINESS, one(house), {}, by="Kim")
    assert borne_of(house, BUSINESS, one(house))[0].total == whole.total


@pytest.mark.parametrize(
    ("told", "by", "sentence"),
    [
        ({"from": "2026-03-02", "until": "2026-03-01"}, BY, "before it begins"),
        ({"from": "soonish"}, BY, "soonish"),
        ({"words": "x" * 1001}, BY, "too long"),
        ({}, " ", "Say who decides"),
    ],
)
def test_what_cannot_be_waived_so_is_said_in_a_sentence(
    house: House, told: dict[str, str], by: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        waive(house, BUSINESS, one(house), told, by=by)
    assert not whole_case(house, BUSINESS, ref(Kind.CUSTOMER, 1))[0].said


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"basis": "magic"}, "Choose what is asked for"),
        ({"percent": "lots"}, "The percentage must be a number from 0 to 100"),
        ({"percent": "101"}, "from 0 to 100"),
        ({"percent": "0", "flat": ""}, "at least one of them"),
        ({"flat": "1.234"}, "fewer decimals"),
        ({"flat": "-1"}, "The late fee must be a number"),
        ({"grace_days": "-3"}, "days of grace"),
        ({"per": "week"}, "of a year or of a month"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_what_to_write(
    house: House, changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        set_charging(house, BUSINESS, TERMS | changed, by=BY)
    assert charging_view(house, BUSINESS).charging.basis is Basis.NONE


def test_terms_hold_for_invoices_issued_from_their_day_on(house: House) -> None:
    set_charging(house, BUSINESS, TERMS, by=BY)
    assert lines(house)[0].startswith("It was issued on 5 January 2026, before the credit policy had late charges")
    house.clock.sleep(86_400)
    set_charging(house, BUSINESS, TERMS, by=BY)
    assert [each.from_on for each in charging_view(house, BUSINESS).charging.agreed] == [date(2026, 3, 10)], "unchanged"
    set_charging(house, BUSINESS, TERMS | {"percent": "2"}, by="Kim")
    view = charging_view(house, BUSINESS)
    assert [each.from_on for each in view.charging.agreed] == [date(2026, 3, 10), date(2026, 3, 11)]
    assert (view.by, view.latest and view.latest.terms.flat) == ("Kim", gbp(500))
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    assert len(charging_view(house, BUSINESS).charging.agreed) == 2, "what held is not forgotten"


def test_messages_tell_of_it_only_where_the_policy_says_so(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    case, _ = whole_case(house, BUSINESS, ref(Kind.CUSTOMER, 1))
    paper = stationery_of(house, the_business(house, BUSINESS))
    assert paper.late(case, [one(house)]) is None
    show(house)
    told = paper.late(case, [one(house)])
    assert told is not None
    assert (told.last_on, told.sums) == (date(2026, 3, 9), (gbp(40_77),))
    assert late_of(house, BUSINESS, case, []) is None


def show(house: House) -> None:
    keep(house, BUSINESS, "[manners]\nshow_interest = true\n", by=BY)


def test_where_nothing_was_chosen_nothing_is_posted(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    with pytest.raises(Refused, match="Choose first what late charges of Amber are posted to"):
        post_charges(house, BUSINESS, one(house), by=BY)
    with pytest.raises(NotThere):
        set_posted_to(house, BUSINESS, "c9", ("270", "NONE"), by=BY)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2700", "Xero lists no account '2700' that late charges can be posted to; nearest are: 270 Interest (270)"),
        ("270 Intrest", "nearest are: 270 Interest (270)"),
        ("xyz", "there are: 270 Interest (270), Interest paid late (271)."),
        ("", "Choose the account in Xero that late charges are posted to; there are: 270 Interest (270)"),
    ],
)
def test_what_is_not_in_the_list_is_answered_with_what_is(typed: str, sentence: str) -> None:
    among = (Choice("270", "270 Interest"), Choice("271", "Interest paid late"))
    with pytest.raises(Refused) as refused:
        picked(among, typed, "account", "Xero")
    assert sentence in str(refused.value)
    assert picked(among, "interest PAID late", "account", "Xero") == picked(among, "271", "account", "Xero")
    with pytest.raises(Refused, match="has no item that late charges could be posted to; make one there first"):
        picked((), typed, "item", "QuickBooks")


def test_a_statement_tells_of_late_charges_as_a_message_does(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    told, case = make_statement(house, BUSINESS, ref(Kind.CUSTOMER, 1), kind=StatementKind.OPEN)
    assert "late payment" not in statement_letter(house, BUSINESS, told, case).text
    show(house)
    owing = [each for each in case.invoices if each.owing]
    late = stationery_of(house, the_business(house, BUSINESS)).late(case, owing)
    assert late is not None
    letter = statement_letter(house, BUSINESS, told, case)
    assert f"up to 9 March 2026, come to £{late.sums[0].amount}" in letter.text.replace("\n", " ")
    assert "come to" in letter.html
    days = (date(2026, 2, 1), date(2026, 2, 28))
    earlier, case = make_statement(house, BUSINESS, ref(Kind.CUSTOMER, 1), kind=StatementKind.ACTIVITY, days=days)
    assert "come to" not in statement_letter(house, BUSINESS, earlier, case).text


def test_an_invoice_of_late_charges_bears_none_and_says_nothing_of_how_they_pay(house: House) -> None:
    set_charging(house, BUSINESS, STATUTORY, by=BY)
    payload = '{"since":"2026-02-05","until":"2026-03-10","minor":77,"currency":"GBP","by":"Robin"}'
    wanted = Plan(CHARGE, "k1", "c1/1", CONNECTION, ref(Kind.INVOICE, 1), payload)
    with house.database.write() as tx:
        refresh_habits(tx, BUSINESS, CONNECTION, since=None, today=NOW.date())
        before = pasts(tx, BUSINESS, CONNECTION)[ref(Kind.CUSTOMER, 1)]
        actions.plan(tx, BUSINESS, wanted, now=NOW)
        actions.claim(tx, BUSINESS, "k1", by="w", now=NOW)
        actions.mark(tx, BUSINESS, "k1", ActionState.SENT, now=NOW, receipt="3")
        refresh_habits(tx, BUSINESS, CONNECTION, since=None, today=NOW.date())
        after = pasts(tx, BUSINESS, CONNECTION)[ref(Kind.CUSTOMER, 1)]
        (posted,) = posted_of(posted_charges(tx, BUSINESS))
        assert set(charge_invoices(tx, BUSINESS)) == {ref(Kind.INVOICE, 3)}
    assert (before.late, after.late) == (1, 0)
    assert (posted.made, posted.amount, posted.by) == (ref(Kind.INVOICE, 3), gbp(77), "Robin")
    assert "itself an invoice for late payment" in lines(house, 3)[0]
    assert lines(house, 1)[0] == "What it bore was posted up to 9 March 2026."
    found, _ = borne_by(house, BUSINESS, ref(Kind.CUSTOMER, 1))
    assert {last_day(each) for each in found} == {NOW.date() - timedelta(days=1)}
