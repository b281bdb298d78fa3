"""How rules are combined: which are asked, which decides, and when it may be tried again. Rules of the tests' own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.law.lawbook import MANNERS, Outcome, Tried, judge, next_allowed
from collector.law.rule import Operator
from receivables.said import Saying
from tests.collector.lawful import A, B, at, book, cap, facts, hours, past, planned, row, theirs

NINE_TO_EIGHT = 'hours = { "mon-sat" = "09:00-20:00" }'
EIGHT_TO_NINE = 'hours = { "mon-sun" = "08:00-21:00" }'
MONDAY = "2026-03-02T"


@pytest.mark.parametrize(
    ("time", "may"), [("08:59:59", False), ("09:00:00", True), ("19:59:59", True), ("20:00:00", False)]
)
def test_a_window_is_open_from_its_first_minute_up_to_its_last(time: str, may: bool) -> None:
    assert judge(book(hours("h", NINE_TO_EIGHT)), planned(), facts(), (), now=at(MONDAY + time)).may is may


def test_outside_of_hours_it_waits_for_the_next_opening() -> None:
    late = judge(book(hours("h", NINE_TO_EIGHT)), planned(), facts(), (), now=at("2026-03-07T20:00"))

    assert (late.may, late.hold, late.rule) == (False, False, "h")
    assert late.tried[0].outcome is Outcome.DEFERRED
    assert late.again_at == at("2026-03-09T09:00"), "Sunday is closed"
    assert late.reason == "09:00 20:00 08:00 21:00; it is 20:00 on Saturday in UTC."
    assert (late.source, str(late.checked_on)) == ("Test 1", "2026-01-01")


def test_windows_meet_in_every_plausible_zone() -> None:
    rules, who = book(hours("h", NINE_TO_EIGHT)), facts("consumer", "America/New_York", "America/Denver")

    assert not judge(rules, planned(), who, (), now=at(MONDAY + "15:59")).may
    assert judge(rules, planned(), who, (), now=at(MONDAY + "16:00")).may
    assert not judge(rules, planned(), who, (), now=at("2026-03-03T01:00")).may
    assert judge(rules, planned(), who, (), now=at("2026-03-03T00:59")).may
    early = judge(rules, planned(), who, (), now=at(MONDAY + "14:00"))
    assert early.again_at == at(MONDAY + "16:00")
    assert early.reason.endswith("it is 07:00 on Monday in Denver.")


def test_zones_that_share_no_hour_are_never_open() -> None:
    rules = book(hours("h", 'hours = { "mon-sun" = "09:00-11:00" }', text="09:00 11:00"))

    never = judge(rules, planned(), facts("consumer", "Asia/Tokyo", "UTC"), (), now=at(MONDAY + "10:00"))
    assert (never.may, never.again_at) == (False, None)


def test_two_windows_leave_what_both_allow_and_the_later_opening_decides() -> None:
    rules = book(
        hours("early", EIGHT_TO_NINE), hours("late", 'hours = { "mon-sun" = "10:00-22:00" }', text="10:00 22:00")
    )

    answer = judge(rules, planned(), facts(), (), now=at(MONDAY + "07:00"))
    assert (answer.rule, answer.again_at) == ("late", at(MONDAY + "10:00"))
    assert [one.outcome for one in answer.tried] == [Outcome.DEFERRED, Outcome.DEFERRED]
    assert judge(rules, planned(), facts(), (), now=at(MONDAY + "21:00")).rule == "early"


def test_a_zone_of_half_hours_is_kept() -> None:
    rules, who = book(hours("h", NINE_TO_EIGHT)), facts("consumer", "Asia/Kolkata")

    assert judge(rules, planned(), who, (), now=at(MONDAY + "03:29")).again_at == at(MONDAY + "03:30")
    assert judge(rules, planned(), who, (), now=at(MONDAY + "03:30")).may


def test_the_night_the_clocks_go_forward() -> None:
    rules, who = book(hours("h", EIGHT_TO_NINE)), facts("consumer", "America/New_York")

    assert judge(rules, planned(), who, (), now=at("2026-03-08T04:00")).again_at == at("2026-03-08T12:00")
    assert judge(rules, planned(), who, (), now=at("2026-03-07T12:59")).again_at == at("2026-03-07T13:00")


def test_the_night_the_clocks_go_back() -> None:
    rules = book(hours("h", 'hours = { "mon-sun" = "01:00-01:30" }', text="01:00 01:30"))
    who = facts("consumer", "America/New_York")

    assert judge(rules, planned(), who, (), now=at("2026-11-01T05:15")).may
    assert judge(rules, planned(), who, (), now=at("2026-11-01T06:15")).may, "one o'clock comes twice"
    assert not judge(rules, planned(), who, (), now=at("2026-11-01T05:45")).may


def test_a_minute_that_is_skipped_opens_after_the_gap() -> None:
    rules = book(hours("h", 'hours = { "mon-sun" = "02:30-05:00" }', text="02:30 05:00"))
    who = facts("consumer", "America/New_York")

    opens = judge(rules, planned(), who, (), now=at("2026-03-08T05:00")).again_at
    assert opens is not None
    assert judge(rules, planned(), who, (), now=opens).may


def test_public_holidays_of_where_they_are() -> None:
    rules = book(hours("h", EIGHT_TO_NINE, "holidays = false"))
    christmas = at("2026-12-25T12:00")

    held = judge(rules, planned(), facts("consumer", "Europe/Berlin", countries=("DE",)), (), now=christmas)
    assert held.again_at == at("2026-12-27T07:00"), "the 26th is a holiday there, too"
    assert "on Friday, a public holiday in Berlin" in held.reason
    assert judge(rules, planned(), facts("consumer", countries=("XX",)), (), now=christmas).may
    assert judge(book(hours("h", EIGHT_TO_NINE)), planned(), facts(countries=("DE",)), (), now=christmas).may


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    rules = book(hours("h", EIGHT_TO_NINE, "holidays = false"))
    epiphany = at("2026-01-06T12:00")

    bavarian = facts("consumer", countries=("DE",), subdivisions=("DE-BY",))
    assert not judge(rules, planned(), bavarian, (), now=epiphany).may
    assert judge(rules, planned(), facts(countries=("DE",)), (), now=epiphany).may
    there = book(hours("h", EIGHT_TO_NINE, "holidays = false", jurisdiction='"DE-BY"'))
    assert not judge(there, planned(), bavarian, (), now=epiphany).may


# --- caps -----------------------------------------------------------------------------------------------------------


def test_seven_days_have_today_among_them() -> None:
    rules = book(cap("c", 2, 7))
    log = (past("2026-03-02T10:00"), past("2026-03-04T10:00"))

    full = judge(rules, planned(), facts(), log, now=at("2026-03-08T23:59"))
    assert (full.may, full.rule, full.tried[0].outcome) == (False, "c", Outcome.BLOCKED)
    assert full.again_at == at("2026-03-09T00:00")
    assert full.reason.endswith("; there have been 2.")
    assert judge(rules, planned(), facts(), log, now=at("2026-03-09T00:00")).may
    assert judge(rules, planned(), facts(), log[:1], now=at("2026-03-02T10:00")).may
    assert judge(book(cap("c", 1, 7)), planned(), facts(), log[:1], now=at("2026-03-03T10:00")).reason.endswith(
        "there has been 1."
    )


def test_the_contact_that_must_leave_is_the_one_that_makes_room() -> None:
    log = tuple(past(f"2026-03-0{day}T10:00") for day in (2, 3, 5, 6))

    assert next_allowed(book(cap("c", 2, 7)), planned(), facts(), log, now=at("2026-03-07T10:00")) == at("2026-03-12")
    assert next_allowed(book(cap("c", 4, 7)), planned(), facts(), log, now=at("2026-03-07T10:00")) == at("2026-03-09")


def test_a_calendar_month_begins_anew() -> None:
    rules = book(cap("c", 2, 0))
    log = (past("2026-01-30T10:00"), past("2026-01-31T10:00"))

    full = judge(rules, planned(), facts(), log, now=at("2026-01-31T11:00"))
    assert full.again_at == at("2026-02-01T00:00")
    assert judge(rules, planned(), facts(), log, now=at("2026-02-01T00:00")).may
    last_year = (past("2025-03-05T10:00"), past("2025-03-06T10:00"))
    assert next_allowed(rules, planned(), facts(), last_year, now=at("2026-03-10T10:00")) == at("2026-03-10T10:00")


def test_days_are_those_of_every_plausible_zone() -> None:
    rules = book(cap("c", 1, 7))
    log = (past("2026-03-02T02:00"),)

    there = facts("consumer", "America/New_York")
    assert judge(rules, planned(), there, log, now=at("2026-03-08T04:59")).again_at == at("2026-03-08T05:00")
    both = facts("consumer", "America/New_York", "UTC")
    assert judge(rules, planned(), both, log, now=at("2026-03-08T05:30")).again_at == at("2026-03-09T00:00")


def test_the_lowest_cap_wins() -> None:
    log = tuple(past(f"2026-03-0{day}T10:00") for day in (2, 3, 4))
    rules = book(cap("loose", 3, 7), cap("tight", 2, 7), cap("looser", 3, 6))

    answer = judge(rules, planned(), facts(), log, now=at("2026-03-05T10:00"))
    assert (answer.rule, answer.again_at) == ("tight", at("2026-03-10T00:00"))
    same = tuple(past("2026-03-02T10:00") for _ in range(3))
    assert judge(rules, planned(), facts(), same, now=at("2026-03-05T10:00")).rule == "tight"


def test_tries_and_contacts_and_what_they_begin() -> None:
    missed = past("2026-03-02T10:00", "call", reached=False)
    now = at("2026-03-03T10:00")

    assert not judge(book(cap("c", 1, 7)), planned("call"), facts(), (missed,), now=now).may
    reached = book(cap("c", 1, 7, counts="contacts"))
    assert judge(reached, planned("call"), facts(), (missed,), now=now).may
    assert not judge(reached, planned("call"), facts(), (past("2026-03-02T10:00"),), now=now).may
    for counts in ("attempts", "contacts"):
        rules = book(cap("c", 1, 7, counts=counts))
        assert judge(rules, planned("call"), facts(), (theirs("2026-03-02T10:00"),), now=now).may


def test_quiet_after_a_talk_begins_with_a_talk_alone() -> None:
    rules, now = book(cap("c", 1, 7, counts="conversations")), at("2026-03-03T10:00")

    assert judge(rules, planned("call"), facts(), (past("2026-03-02T10:00", "call"),), now=now).may
    assert not judge(rules, planned("call"), facts(), (theirs("2026-03-02T10:00"),), now=now).may


def test_a_cap_counts_its_own_channels_for_its_own_channels() -> None:
    rules = book(cap("c", 1, 7, channels='["sms", "call"]'))
    now = at("2026-03-03T10:00")

    assert judge(rules, planned("sms"), facts(), (past("2026-03-02T10:00", "mail"),), now=now).may
    assert not judge(rules, planned("sms"), facts(), (past("2026-03-02T10:00", "call"),), now=now).may
    assert judge(rules, planned("mail"), facts(), (past("2026-03-02T10:00", "call"),), now=now).may


def test_the_platforms_mail_is_mail() -> None:
    rules = book(cap("c", 1, 7, channels='["mail"]'))

    full = judge(rules, planned("platform"), facts(), (past("2026-03-02T10:00"),), now=at("2026-03-03T10:00"))
    assert full.rule == "c"


def test_per_debt_counts_what_spoke_of_it() -> None:
    rules, now = book(cap("c", 2, 7, per="debt")), at("2026-03-04T10:00")
    log = (past("2026-03-02T10:00", "mail", A), past("2026-03-03T10:00", "mail", B))

    assert judge(rules, planned("mail", A), facts(), log, now=now).may
    assert not judge(rules, planned("mail", A), facts(), (*log, past("2026-03-03T11:00")), now=now).may
    assert not judge(book(cap("c", 2, 7)), planned("mail", A), facts(), log, now=now).may
    both = (*log, past("2026-03-03T11:00", "mail", B))
    answer = judge(rules, planned("mail", A, B), facts(), both, now=now)
    assert (answer.may, answer.again_at) == (False, at("2026-03-10T00:00"))
    assert answer.reason.endswith("there have been 2.")


def test_again_is_when_hours_and_caps_agree() -> None:
    rules = book(cap("c", 1, 7), hours("h", NINE_TO_EIGHT))

    answer = judge(rules, planned(), facts(), (past("2026-03-01T10:00"),), now=at(MONDAY + "10:00"))
    assert (answer.rule, answer.again_at) == ("c", at("2026-03-09T09:00")), "the eighth is a Sunday"
    assert answer.tried[1].outcome is Outcome.PASSED


# --- what stops -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("saying", ["insolvency", "death", "breathing_space", "stop", "objection", "dispute"])
def test_what_always_holds_needs_no_rule(saying: str) -> None:
    held = judge(book(), planned(), facts("business", said=frozenset({Saying(saying)})), (), now=at(MONDAY + "10:00"))

    assert (held.may, held.hold, held.rule, held.again_at) == (False, True, saying, None)
    assert held.reason.endswith(".")
    assert held.tried[0].outcome is Outcome.HELD


def test_other_sayings_hold_nothing() -> None:
    told = facts(said=frozenset({Saying.NOTE, Saying.CALL}))

    assert judge(book(), planned(), told, (), now=at(MONDAY + "10:00")).may


def test_a_hold_beats_all() -> None:
    rules = book(
        row("never", "prohibition", "block", "Never"), row("space", "hold", "hold", "Space", 'on = ["lawyer"]')
    )
    now = at(MONDAY + "10:00")

    held = judge(rules, planned(), facts(said=frozenset({Saying.LAWYER})), (), now=now)
    assert (held.hold, held.rule, held.reason) == (True, "space", "Space.")
    both = facts(said=frozenset({Saying.STOP, Saying.LAWYER}), opt_outs=frozenset({"mail"}))
    assert judge(rules, planned(), both, (), now=now).rule == "space"
    stop = facts(said=frozenset({Saying.STOP}), opt_outs=frozenset({"mail"}))
    assert judge(rules, planned(), stop, (), now=now).rule == "stop"
    assert judge(rules, planned(), facts(), (), now=now).rule == "never"


def test_an_opt_out_of_the_channel_always_blocks() -> None:
    now = at(MONDAY + "10:00")

    blocked = judge(book(), planned("sms"), facts(opt_outs=frozenset({"sms"})), (), now=now)
    assert (blocked.may, blocked.hold, blocked.rule) == (False, False, "opted_out")
    assert blocked.tried[0].outcome is Outcome.BLOCKED
    assert not judge(book(), planned("platform"), facts(opt_outs=frozenset({"mail"})), (), now=now).may
    assert judge(book(), planned("call"), facts(opt_outs=frozenset({"sms"})), (), now=now).may
    assert not judge(book(), planned("fax"), facts(opt_outs=frozenset({"fax"})), (), now=now).may


def test_a_rule_may_make_one_opt_out_count_for_several_channels() -> None:
    rules = book(row("one", "opt_out", "block", "One stops all", channels='["sms", "call"]'))

    assert judge(rules, planned("call"), facts(opt_outs=frozenset({"sms"})), (), now=at(MONDAY)).rule == "one"
    assert judge(rules, planned("call"), facts(opt_outs=frozenset({"letter"})), (), now=at(MONDAY)).may
    assert judge(rules, planned("mail"), facts(opt_outs=frozenset({"sms"})), (), now=at(MONDAY)).may


def test_consent_is_wanted_for_the_medium() -> None:
    rules = book(row("agreed", "consent", "block", "Only if agreed", channels='["mail"]'))

    missing = judge(rules, planned("platform"), facts(consents=frozenset({"sms"})), (), now=at(MONDAY))
    assert (missing.rule, missing.again_at) == ("agreed", None)
    assert missing.reason == "Only if agreed; no consent is recorded."
    assert judge(rules, planned("platform"), facts(consents=frozenset({"mail"})), (), now=at(MONDAY)).may


def test_what_a_message_must_carry() -> None:
    rules = book(row("line", "require", "block", "It must say how to opt out", 'needs = ["opt_out_line"]'))

    assert judge(rules, planned(), facts(), (), now=at(MONDAY)).rule == "line"
    assert judge(rules, planned(carries=frozenset({"opt_out_line"})), facts(), (), now=at(MONDAY)).may


def test_a_lasting_block_decides_before_hours_and_caps() -> None:
    rules = book(hours("h", NINE_TO_EIGHT), cap("c", 1, 7), row("never", "prohibition", "block", "Never"))

    answer = judge(rules, planned(), facts(), (past("2026-03-01T10:00"),), now=at(MONDAY + "03:00"))
    assert (answer.rule, answer.again_at, answer.reason) == ("never", None, "Never.")
    assert [one.outcome.value for one in answer.tried] == ["deferred", "blocked", "blocked"]


def test_what_only_warns_stops_nothing() -> None:
    rules = book(hours("h", NINE_TO_EIGHT, mode="warn"), cap("c", 9, 7))

    answer = judge(rules, planned(), facts(), (), now=at(MONDAY + "03:00"))
    assert (answer.may, answer.rule, answer.again_at) == (True, "", None)
    assert [one.rule for one in answer.warnings] == ["h"]
    assert [one.outcome.value for one in answer.tried] == ["warned", "passed"]
    full = judge(rules, planned(), facts(), tuple(past("2026-03-01T10:00") for _ in range(9)), now=at(MONDAY + "03:00"))
    assert full.again_at == at("2026-03-08T00:00"), "a window that warns is waited for by nobody"
    assert [one.rule for one in full.warnings] == ["h"]


# --- which rules are asked ------------------------------------------------------------------------------------------


def asked(rules: str, channel: str = "mail", kind: str = "consumer", **fields: object) -> bool:
    return bool(judge(book(rules), planned(channel), facts(kind, **fields), (), now=at(MONDAY)).tried)


def test_a_rule_is_asked_where_it_holds() -> None:
    assert asked(row("r", "prohibition", "block"))
    assert asked(row("r", "prohibition", "block", jurisdiction='"DE"'), countries=("FR", "DE"))
    assert not asked(row("r", "prohibition", "block", jurisdiction='"DE"'), countries=("FR",))
    state = row("r", "prohibition", "block", jurisdiction='"US-MA"')
    assert asked(state, countries=("US",), subdivisions=("US-MA",))
    assert not asked(state, countries=("US",), subdivisions=("US-NY",))
    city = row("r", "prohibition", "block", jurisdiction='"US-NY"', cities='["bronx"]')
    assert asked(city, countries=("US",), subdivisions=("US-NY",), city="bronx")
    assert not asked(city, countries=("US",), subdivisions=("US-NY",), city="albany")
    assert not asked(city, countries=("US",), subdivisions=("US-NJ",), city="bronx")


def test_a_rule_is_asked_for_whom_it_is_about() -> None:
    private = row("r", "prohibition", "block", debtors='["consumer"]')
    firms = row("r", "prohibition", "block", debtors='["business"]')
    advice = row("r", "prohibition", "warn", debtors='["business"]')

    assert [asked(private, kind=kind) for kind in ("consumer", "business", "unknown", "other")] == [
        True,
        False,
        True,
        True,
    ]
    assert [asked(firms, kind=kind) for kind in ("consumer", "business", "unknown")] == [False, True, True]
    assert [asked(advice, kind=kind) for kind in ("business", "unknown")] == [True, False]


def test_a_rule_is_asked_of_who_collects_through_its_channels() -> None:
    agency = row("r", "prohibition", "block", parties='["third_party"]', channels='["call"]')

    assert asked(agency, "call", operator=Operator.AGENCY)
    assert not asked(agency, "call", operator=Operator.BUSINESS)
    assert not asked(agency, "call", operator=Operator.BOOKKEEPER), "who writes in the business's name"
    assert not asked(agency, "mail", operator=Operator.AGENCY)


def test_a_rule_is_in_force_on_its_days_in_any_zone() -> None:
    rule = row("r", "prohibition", "block", since="2026-03-02", until="2026-03-03")
    who = facts("consumer", "Pacific/Auckland", "America/New_York")

    days = {
        "2026-03-01T10:59": False,
        "2026-03-01T11:00": True,
        "2026-03-04T04:59": True,
        "2026-03-04T05:00": False,
    }
    for moment, expected in days.items():
        assert bool(judge(book(rule), planned(), who, (), now=at(moment)).tried) is expected, moment


@pytest.mark.parametrize(("late", "may"), [(None, False), (0, True), (30, True), (31, False)])
def test_some_rules_begin_when_a_debt_is_late(late: int | None, may: bool) -> None:
    rules = book(row("r", "prohibition", "block", beyond_days="30"))

    assert judge(rules, planned(days_late=late), facts(), (), now=at(MONDAY)).may is may


def test_a_rule_for_late_debts_does_not_keep_others_waiting() -> None:
    rules = book(cap("late", 1, 7, beyond_days="0"), hours("h", NINE_TO_EIGHT))

    early = judge(rules, planned(days_late=0), facts(), (past("2026-03-02T07:00"),), now=at(MONDAY + "08:00"))
    assert early.again_at == at(MONDAY + "09:00")
    none = row("r", "prohibition", "block")
    assert not judge(book(none), planned(days_late=-3), facts(), (), now=at(MONDAY)).may


def test_an_unknown_state_is_a_warning_where_states_have_rules() -> None:
    rules = book(row("r", "prohibition", "block", jurisdiction='"US-MA"'))

    def warned(kind: str, **fields: object) -> list[str]:
        return [one.rule for one in judge(rules, planned(), facts(kind, **fields), (), now=at(MONDAY)).warnings]

    assert warned("consumer", countries=("US",)) == ["place_unknown"]
    assert warned("unknown", countries=("US", "DE")) == ["place_unknown"]
    assert warned("business", countries=("US",)) == []
    assert warned("consumer", countries=("US",), subdivisions=("US-NY",)) == []
    assert warned("consumer", countries=("DE",)) == []


def test_old_contacts_weigh_nothing_and_a_wrong_zone_says_so() -> None:
    with pytest.raises(ValueError, match="'Mars/Base' is no time zone; use a name like Europe/Berlin"):
        judge(book(), planned(), facts("consumer", "Mars/Base"), (), now=at(MONDAY))


def test_the_same_question_is_picked_out_once() -> None:
    rules = book(row("r", "prohibition", "warn"))

    for _ in range(3):
        judge(rules, planned(), facts(), (), now=at(MONDAY + "10:00"))
    assert len(rules.picked) == 1
    judge(rules, planned("sms"), facts(), (), now=at(MONDAY + "10:00"))
    assert len(rules.picked) == 2


@given(
    days=st.lists(st.integers(0, 40), max_size=12),
    hour=st.integers(0, 24 * 14),
    zones=st.sets(st.sampled_from(["America/New_York", "Asia/Kolkata", "Europe/Berlin"]), min_size=1).map(tuple),
)
def test_what_is_answered_as_the_next_moment_is_allowed_then_and_not_an_hour_before(
    days: list[int], hour: int, zones: tuple[str, ...]
) -> None:
    from datetime import timedelta

    now = at("2026-10-20T00:00") + timedelta(hours=hour)
    rules = book(cap("week", 2, 7), cap("month", 4, 0), hours("h", NINE_TO_EIGHT), hours("g", EIGHT_TO_NINE))
    who = facts("consumer", *zones)
    log = [past((now - timedelta(days=back)).replace(tzinfo=None).isoformat()) for back in days]

    moment = next_allowed(rules, planned(), who, log, now=now)
    if moment is None:
        return
    answer = judge(rules, planned(), who, log, now=now)
    assert answer.may is (moment == now)
    assert answer.may or answer.again_at == moment
    assert judge(rules, planned(), who, log, now=moment).may
    hour_before = moment - timedelta(hours=1)
    assert hour_before < now or not judge(rules, planned(), who, log, now=hour_before).may


def test_what_no_data_can_turn_off_is_said_in_full() -> None:
    noon = at(MONDAY + "12:00")
    held = judge(book(), planned(), facts(said=frozenset({Saying.INSOLVENCY})), (), now=noon)
    blocked = judge(book(), planned("platform"), facts(opt_outs=frozenset({"mail"})), (), now=noon)

    insolvent = "An insolvency procedure is recorded for this customer, so nothing is sent."
    assert held.tried == (Tried("insolvency", Outcome.HELD, insolvent, MANNERS),)
    assert (held.may, held.hold, held.rule, held.reason, held.source) == (False, True, "insolvency", insolvent, MANNERS)
    unwanted = "This customer asked not to be contacted in this way."
    assert blocked.tried == (Tried("opted_out", Outcome.BLOCKED, unwanted, MANNERS),)
    assert (blocked.may, blocked.hold, blocked.reason, blocked.source) == (False, False, unwanted, MANNERS)


def test_an_unknown_part_of_a_country_is_a_warning_in_full() -> None:
    rules = book(hours("h", EIGHT_TO_NINE, jurisdiction='"US-MA"'))

    answer = judge(rules, planned(), facts(countries=("US",)), (), now=at(MONDAY + "12:00"))

    told = (
        "It is not known which state or province of US the customer lives in, so only the rules of the country count."
    )
    assert answer.may
    assert answer.warnings == (Tried("place_unknown", Outcome.WARNED, told, MANNERS),)


def test_what_passed_is_told_too() -> None:
    answer = judge(book(hours("h", EIGHT_TO_NINE)), planned(), facts(), (), now=at(MONDAY + "12:00"))

    assert answer.may
    assert [(one.rule, one.outcome) for one in answer.tried] == [("h", Outcome.PASSED)]


def test_the_month_of_the_longest_way_ends_where_it_ends() -> None:
    """From the thirty-first of January the next month begins on the first of February, not of March."""
    answer = judge(book(cap("c", 1, 0)), planned(), facts(), [past("2026-01-30T12:00")], now=at("2026-01-31T12:00"))

    assert answer.again_at == at("2026-02-01T00:00")
