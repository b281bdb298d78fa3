"""The rules as people read them, on the command line and as values."""

import json

from click.testing import CliRunner, Result

from collector.law.lawbook import load_rules
from duewell.cli import group
from duewell.views.law import RuleView, law


def rules(*words: str) -> Result:
    return CliRunner().invoke(group, ["rules", *words])


def shown(id: str) -> RuleView:
    return next(rule for place in law().places for rule in place.rules if rule.id == id)


def test_every_rule_is_shown_once_everywhere_first() -> None:
    view = law()

    assert view.places[0].name == "Everywhere"
    assert [place.name for place in view.places[1:]] == sorted(place.name for place in view.places[1:])
    ids = [rule.id for place in view.places for rule in place.rules]
    assert sorted(ids) == sorted(rule.id for rule in load_rules().all)
    assert view.not_covered[0][0] == "Everywhere"


def test_a_rule_says_for_whom_it_is_and_what_follows() -> None:
    assert shown("us.agency.hours").about == "For consumers and customers whose kind is not known; binds agencies only."
    assert shown("us.ma.calls_and_texts").about.endswith("; binds businesses that collect for themselves only.")
    assert shown("us.texts.consent").about == "For all customers."
    assert shown("world.business.hours").about == "For businesses and public bodies."
    assert shown("us.dc.calls").about.endswith("known; from 31 days after the due date.")
    assert shown("us.nyc.week").about.endswith("known; once it is overdue.")
    assert shown("us.nyc.week").effect == "A message waits until there is room."
    assert shown("us.nyc.consent").effect == "Nothing is sent in this way."
    assert shown("gb.breathing_space").effect == "Nothing is sent while it lasts."
    assert shown("fr.costs").about == "For consumers."
    assert shown("ie.month").effect == "It only warns."


def test_a_rule_says_since_when_and_how_well_it_is_known() -> None:
    assert shown("us.fl.hours").dated == "In force since 16 May 2025; its text was read on 21 November 2026."
    assert shown("us.ma.calls_and_texts").dated.endswith("; a report of it was read on 21 November 2026.")
    assert shown("fr.costs").dated.endswith("; put down on 21 November 2026 from general knowledge, without its text.")
    assert shown("world.private.week").dated == "Last looked at on 21 November 2026."


def test_laws_on_interest_are_told() -> None:
    told = {one.title: one.text for one in law().interest}

    assert told["United Kingdom, between businesses"] == (
        "8 points above the Bank of England rate of the half-year in which it begins, which then stays."
    )
    assert told["Germany, between businesses"] == "9 points above the German base rate; a running debt follows it."
    assert told["Germany, consumers"].endswith("only from a day you name, when the customer was put in default.")
    assert told["Netherlands, between businesses"].endswith("It is added to the debt once a year.")


def test_the_command_shows_everything() -> None:
    told = rules()

    assert told.exit_code == 0
    assert told.output.startswith("This is not legal advice.")
    for heading in ("EVERYWHERE", "UNITED STATES", "INTEREST BY LAW", "NEVER SAID IN A MESSAGE", "NOT COVERED"):
        assert f"\n{heading}\n" in told.output
    assert "In Florida consumers are called and texted only between 08:00 and 21:00." in told.output
    assert "(us.fl.hours)" in told.output


def test_one_country_and_json() -> None:
    assert rules("--country", "au").output.startswith("AUSTRALIA\n  In Australia people are called")
    everything, one = json.loads(rules("--json").output), json.loads(rules("--country", "AU", "--json").output)
    assert [place["code"] for place in one] == ["AU"]
    assert {"places", "interest", "never_said", "not_covered"} == set(everything)
    assert everything["interest"][0]["known_until"] == "2026-12-31"


def test_a_country_without_rules_says_which_have_some() -> None:
    told = rules("--country", "zz")

    assert told.exit_code == 2
    assert (
        "No rules of collecting are known for 'zz'; there are some for AU, CA, FR, DE, IE, NL, GB, US." in told.output
    )
