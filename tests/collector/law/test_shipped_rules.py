"""The rules that come with Duewell: the traps of the law, and that the usual manners are as strict as any of it."""

import pytest

from collector.law.lawbook import Facts, Judged, PastContact, judge, load_rules
from collector.law.places import where
from collector.law.rule import NATURAL, Confidence, Mode, Operator, Party, RuleKind
from receivables.records import Address, CustomerKind
from receivables.said import Saying
from tests.collector.lawful import A, B, at, past, planned, theirs

RULES = load_rules()
NOON = "2026-10-20T16:00"
"""A Tuesday noon in New York."""


def living_in(country: str, region: str = "", city: str = "", kind: str = "consumer", **fields: object) -> Facts:
    found = where(Address(city=city, region=region, country=country), (), country, "")
    return Facts(
        CustomerKind(kind),
        found.zones,
        countries=found.countries,
        subdivisions=found.subdivisions,
        city=found.city,
        **fields,  # type: ignore[arg-type]
    )


def ask(who: Facts, channel: str = "mail", *log: PastContact, now: str = NOON, **fields: object) -> Judged:
    return judge(RULES, planned(channel, **fields), who, log, now=at(now))


def broken(answer: Judged) -> set[str]:
    return {one.rule for one in answer.tried if one.outcome.value != "passed"}


# --- the files ------------------------------------------------------------------------------------------------------


def test_every_place_of_the_first_release_is_spoken_of() -> None:
    places = {rule.jurisdiction for rule in RULES.all}

    assert places >= {"*", "US", "US-CA", "US-FL", "US-MA", "US-NY", "US-DC", "GB", "IE", "DE", "NL", "FR"}
    assert places >= {"AU", "CA-ON", "CA-QC"}
    assert len({one.text for one in RULES.not_covered}) >= 10


def test_what_nobody_has_read_only_warns() -> None:
    for rule in RULES.all:
        if rule.confidence is Confidence.KNOWLEDGE:
            assert rule.mode in (Mode.WARN, Mode.INFO), rule.id


def test_texts_are_sentences_and_rules_are_dated() -> None:
    for rule in RULES.all:
        assert rule.text[0].isupper(), rule.id
        assert rule.text.endswith("."), rule.id
        assert rule.source, rule.id
        assert rule.checked_on >= rule.since or rule.since > rule.checked_on, rule.id
        assert rule.file.endswith(".toml"), rule.id


def test_our_own_manners_are_as_strict_as_any_law_for_a_business_that_collects_itself() -> None:
    """So a customer whose state is not known is safe with them."""
    ours = RULES.rule("world.private.hours").hours
    assert ours is not None
    for rule in RULES.all:
        if rule.mode is Mode.INFO or Party.FIRST not in rule.parties or not rule.debtors & NATURAL:
            continue
        if rule.hours:
            for mine, law in zip(ours.days, rule.hours.days, strict=True):
                assert mine == (0, 0) or (law[0] <= mine[0] and mine[1] <= law[1]), rule.id
        if rule.cap and rule.cap.days == 7:
            limit = 2 if rule.channels and rule.channels <= {"sms", "call"} else 3
            assert rule.cap.most >= limit, rule.id


def test_the_places_own_hours_are_kept_by_agencies_too() -> None:
    assert all(rule.mode in (Mode.DEFER, Mode.WARN) for rule in RULES.all if rule.kind is RuleKind.QUIET_HOURS)


# --- the world ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["consumer", "sole_trader", "unknown", "other"])
def test_private_customers_have_hours_caps_and_holidays_everywhere(kind: str) -> None:
    who = living_in("BE", kind=kind)

    assert ask(who, now="2026-10-20T12:00").may
    assert ask(who, now="2026-10-20T06:59").rule == "world.private.hours"
    assert ask(who, now="2026-10-18T12:00").rule == "world.private.hours", "a Sunday"
    assert ask(who, now="2026-12-25T12:00").rule == "world.private.hours"
    week = [past(f"2026-10-{day}T12:00") for day in (15, 16, 17)]
    assert ask(who, "letter", *week, now="2026-10-20T12:00").rule == "world.private.week"
    calls = [past(f"2026-10-{day}T12:00", "call") for day in (16, 17)]
    assert ask(who, "sms", *calls, now="2026-10-20T12:00").rule == "world.private.calls_and_texts"
    assert ask(who, "mail", *calls, now="2026-10-20T12:00").may
    month = [past(f"2026-09-{day:02}T12:00") for day in range(20, 30)]
    assert ask(who, "mail", *month, now="2026-10-20T12:00").rule == "world.private.month"
    assert ask(who, "mail", *month, now="2026-10-21T12:00").may


def test_an_unknown_kind_is_told_so() -> None:
    assert "may be a private one" in ask(living_in("BE", kind="unknown"), now="2026-10-20T03:00").reason
    assert "may be a private one" not in ask(living_in("BE"), now="2026-10-20T03:00").reason


def test_businesses_are_only_warned_about() -> None:
    answer = ask(living_in("BE", kind="business"), now="2026-10-18T03:00")

    assert answer.may
    assert [one.rule for one in answer.warnings] == ["world.business.hours"]


def test_a_letter_has_no_hours() -> None:
    assert ask(living_in("BE"), "letter", now="2026-10-18T03:00").may


# --- the United States ----------------------------------------------------------------------------------------------


def agency(region: str = "TX") -> Facts:
    return living_in("US", region, operator=Operator.AGENCY)


def test_an_agency_may_not_call_after_seven_tries_in_seven_days() -> None:
    tries = [past(f"2026-10-{day}T16:00", "call", A, reached=False) for day in (14, 15, 15, 16, 17, 19, 19)]

    assert "us.agency.calls" in broken(ask(agency(), "call", *tries))
    assert "us.agency.calls" not in broken(ask(agency(), "call", *tries[1:]))
    assert "us.agency.calls" not in broken(ask(agency(), "call", *tries, now="2026-10-21T16:00"))
    of_another = [past(f"2026-10-{day}T16:00", "call", B) for day in (14, 15, 15, 16, 17, 19, 19)]
    assert "us.agency.calls" not in broken(ask(agency(), "call", *of_another))


def test_the_day_of_a_talk_is_the_first_of_seven() -> None:
    monday = past("2026-10-12T16:00", "call", A, conversation=True)

    sunday, next_monday = "2026-10-18T16:00", "2026-10-19T16:00"
    assert "us.agency.after_a_talk" in broken(ask(agency(), "call", monday, now=sunday))
    assert "us.agency.after_a_talk" not in broken(ask(agency(), "call", monday, now=next_monday))


def test_their_own_call_is_not_counted_but_starts_the_quiet() -> None:
    calls = [theirs("2026-10-19T16:00") for _ in range(7)]

    assert broken(ask(agency(), "call", *calls)) == {"us.agency.after_a_talk"}


def test_an_agency_keeps_hours_says_how_to_opt_out_and_sends_no_texts() -> None:
    carried = frozenset({"opt_out_line"})

    assert "us.agency.hours" in broken(ask(agency(), "mail", now="2026-10-20T12:59", carries=carried))
    assert "us.agency.hours" not in broken(ask(agency(), "mail", now="2026-10-20T14:00", carries=carried))
    assert ask(agency()).rule == "us.agency.opt_out_line"
    assert ask(agency(), carries=carried).may
    assert "us.agency.no_texts" in broken(ask(agency(), "sms", carries=carried))
    firm = living_in("US", "TX", kind="business", operator=Operator.AGENCY)
    assert "us.agency.no_texts" in broken(ask(firm, "sms"))
    assert ask(living_in("CA", "ON", operator=Operator.AGENCY), "sms").rule == "ca.agency.no_texts"
    assert "us.agency.calls" not in {one.rule for one in ask(living_in("US", "TX"), "call").tried}


def test_texts_want_consent_from_everybody() -> None:
    firm = living_in("US", "TX", kind="business")

    assert ask(firm, "sms").rule == "us.texts.consent"
    assert ask(living_in("US", "TX", kind="business", consents=frozenset({"sms"})), "sms").may


def test_one_stop_for_all_comes_later_and_only_warns() -> None:
    who = living_in("US", "TX", kind="business", opt_outs=frozenset({"sms"}))

    assert [one.rule for one in ask(who, "call", now="2027-02-01T16:00").warnings] == ["us.texts.one_stop_for_all"]
    assert ask(who, "call", now="2027-01-29T16:00").warnings == ()


def test_massachusetts() -> None:
    who = living_in("US", "Massachusetts")
    texts = [past("2026-10-14T16:00", "call", A), past("2026-10-16T16:00", "sms", A)]

    assert "us.ma.calls_and_texts" in broken(ask(who, "call", *texts))
    assert "us.ma.calls_and_texts" not in broken(ask(who, "call", *texts, now="2026-10-21T16:00"))
    assert "us.ma.hours" in broken(ask(who, "call", now="2026-10-20T11:59"))
    assert "us.ma.hours" not in broken(ask(who, "call", now="2026-10-20T12:00"))


def test_california_and_florida() -> None:
    late = "2026-10-21T04:00"
    assert "us.ca.hours" in broken(ask(living_in("US", "CA"), now=late))
    assert "us.ca.hours_small_business" in broken(ask(living_in("US", "CA", kind="sole_trader"), now=late))
    florida = living_in("US", "FL")
    assert florida.zones == ("America/New_York", "America/Chicago")
    assert "us.fl.hours" in broken(ask(florida, "call", now="2026-10-21T01:00"))
    assert "us.fl.hours" not in broken(ask(florida, "call", now="2026-10-21T00:59"))
    assert "us.fl.hours" not in {one.rule for one in ask(florida, "mail").tried}


def test_new_york_city() -> None:
    who = living_in("US", "NY", "Brooklyn")

    assert ask(who, days_late=1).rule == "us.nyc.consent"
    assert ask(who, days_late=0).may
    assert ask(who, days_late=1, now="2026-08-31T16:00").may
    agreed = living_in("US", "NY", "Brooklyn", consents=frozenset({"mail"}))
    assert ask(agreed, days_late=1).may
    three = [past(f"2026-10-{day}T16:00", "call", reached=False) for day in (14, 15)] + [past("2026-10-16T16:00")]
    assert "us.nyc.week" in broken(ask(agreed, "letter", *three, days_late=1))
    assert "us.nyc.consent" not in {one.rule for one in ask(living_in("US", "NY", "Albany")).tried}


def test_the_district_of_columbia() -> None:
    who, agreed = living_in("US", "DC"), living_in("US", "DC", consents=frozenset({"mail"}))

    assert ask(who, days_late=31).rule == "us.dc.consent"
    assert ask(who, days_late=30).may
    calls = [past(f"2026-10-{day}T16:00", "call") for day in (14, 15, 16, 17)]
    assert "us.dc.calls" in broken(ask(who, "call", *calls, days_late=31))
    assert "us.dc.calls" not in broken(ask(who, "call", *calls[1:], days_late=31))
    mails = [past(f"2026-10-{day}T16:00") for day in (14, 15, 16, 17, 19)]
    assert "us.dc.messages" in broken(ask(agreed, "mail", *mails, days_late=31))
    assert "us.dc.messages" not in broken(ask(agreed, "mail", *mails[1:], days_late=31))


def test_a_state_that_is_not_known_is_said() -> None:
    answer = ask(living_in("US"), now="2026-10-20T20:00")

    assert answer.may
    assert [one.rule for one in answer.warnings] == ["place_unknown"]
    assert "state or province of US" in answer.warnings[0].reason
    assert ask(living_in("US", "TX")).warnings == ()


# --- elsewhere ------------------------------------------------------------------------------------------------------


def test_a_breathing_space_names_its_law() -> None:
    held = ask(living_in("GB", said=frozenset({Saying.BREATHING_SPACE})), now="2026-10-20T12:00")

    assert (held.hold, held.rule, held.source) == (True, "gb.breathing_space", "SI 2020/1311")
    firm = living_in("GB", kind="business", said=frozenset({Saying.BREATHING_SPACE}))
    assert ask(firm, now="2026-10-20T12:00").rule == "breathing_space"


def test_ireland_warns() -> None:
    who = living_in("IE")
    log = [past(f"2026-10-{day:02}T12:00") for day in (1, 2, 12)]

    assert [one.rule for one in ask(who, "letter", *log, now="2026-10-31T12:00").warnings] == ["ie.month"]
    assert ask(who, "letter", *log, now="2026-11-01T12:00").warnings == ()
    assert "ie.hours" in broken(ask(who, "call", now="2026-10-18T12:00")), "a Sunday"


def test_australia_counts_what_reached_them() -> None:
    who = living_in("AU", "VIC")
    now = "2026-10-20T02:00"
    reached = [past(f"2026-10-{day}T02:00") for day in (14, 15, 16)]
    missed = [past(f"2026-10-{day}T02:00", reached=False) for day in (14, 15, 16)]

    assert "au.week" in broken(ask(who, "mail", *reached, now=now))
    assert "au.week" not in broken(ask(who, "mail", *missed, now=now))
    month = [past(f"2026-09-{day}T02:00") for day in range(20, 30)]
    assert "au.month" in broken(ask(who, "mail", *month, now=now))
    assert "au.month" not in broken(ask(who, "mail", *month[1:], now=now))
    assert "au.hours" in broken(ask(who, "call", now="2026-10-19T20:29"))
    assert "au.hours" not in broken(ask(who, "call", now="2026-10-19T20:30"))
    assert "au.hours" in broken(ask(who, "call", now="2026-10-16T21:59")), "Saturday before nine"
    assert "au.hours" not in broken(ask(who, "call", now="2026-10-16T22:00"))
    assert "au.hours" in broken(ask(who, "call", now="2026-01-26T02:00")), "Australia Day"


def test_agencies_in_ontario_and_quebec() -> None:
    ontario = living_in("CA", "Ontario", operator=Operator.AGENCY)
    quebec = living_in("CA", "Québec", operator=Operator.AGENCY)

    assert "ca.on.agency_hours" in broken(ask(ontario, "call", now="2026-10-18T17:59"))
    assert "ca.on.agency_hours" not in broken(ask(ontario, "call", now="2026-10-18T18:00"))
    week = [past(f"2026-10-{day}T16:00") for day in (14, 15, 16)]
    assert "ca.on.agency_week" in broken(ask(ontario, "call", *week))
    assert "ca.on.agency_week" not in broken(ask(ontario, "call", *week[1:]))
    assert "ca.on.agency_week" not in {one.rule for one in ask(ontario, "letter").tried}
    assert "ca.qc.agency_hours" in broken(ask(quebec, "call", now="2026-10-20T11:59"))
    assert "ca.qc.agency_hours" not in broken(ask(quebec, "call", now="2026-10-20T12:00"))
    assert not {one.rule for one in ask(living_in("CA", "QC"), "call").tried} & {"ca.qc.agency_hours"}
