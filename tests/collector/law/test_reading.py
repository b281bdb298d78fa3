"""A wrong row of the rules is told by file, name, what is wrong and how to mend it."""

import pytest

from collector.law.reading import BadRule, read_rules
from collector.law.rule import Cap, Counts, Hours, Mode, Party
from receivables.records import CustomerKind
from receivables.said import Saying
from tests.collector.lawful import book, cap, hours, row


def bad(text: str) -> str:
    with pytest.raises(BadRule) as found:
        read_rules({"test.toml": text})
    return str(found.value)


def test_a_whole_row_is_read() -> None:
    rule = book(
        row(
            "r",
            "hold",
            "hold",
            "Held",
            'on = ["dispute", "stop"]',
            jurisdiction='"US-NY"',
            until="2027-01-01",
            debtors='["consumer"]',
            parties='["first_party"]',
            channels='["mail", "call"]',
            cities='["new york"]',
            beyond_days="3",
            url='"https://example.org/"',
        )
    ).rule("r")

    assert rule.debtors == {CustomerKind.CONSUMER}
    assert rule.parties == {Party.FIRST}
    assert rule.channels == {"mail", "platform", "call"}
    assert rule.on == {Saying.DISPUTE, Saying.STOP}
    assert (rule.country, rule.subdivision, rule.cities) == ("US", "US-NY", frozenset({"new york"}))
    assert (rule.beyond_days, str(rule.until), rule.mode, rule.file) == (3, "2027-01-01", Mode.HOLD, "test.toml")
    assert rule.url == "https://example.org/"


def test_what_is_left_out_means_everybody() -> None:
    rule = book(row("r", "prohibition", "block")).rule("r")

    assert rule.debtors == set(CustomerKind)
    assert rule.parties == set(Party)
    assert (rule.channels, rule.until, rule.beyond_days, rule.cities, rule.url) == (
        frozenset(),
        None,
        None,
        frozenset(),
        "",
    )
    assert (rule.country, rule.subdivision) == ("*", "")


def test_hours_and_caps_are_read() -> None:
    text = "07:30 24:00 13:00 17:00"
    rule = book(
        hours("h", 'hours = { mon = "07:30-24:00", "sat-sun" = "13:00-17:00" }', "holidays = false", text=text)
    ).rule("h")
    assert rule.hours == Hours(((450, 1440), *[(0, 0)] * 4, (780, 1020), (780, 1020)), holidays=False)
    assert book(cap("c", 3, 7, counts="contacts", per="debt")).rule("c").cap == Cap(3, 7, Counts.CONTACTS, True)
    assert book(cap("c", 3, 0)).rule("c").cap == Cap(3, 0)


def test_what_is_not_covered_is_read() -> None:
    rules = read_rules({"a.toml": '[[not_covered]]\nplace = "Here"\ntext = "This."\n'})

    assert [(one.place, one.text) for one in rules.not_covered] == [("Here", "This.")]
    assert rules.all == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"mode": '"stop"'}, "“mode” is 'stop'; use one of hold, block, defer, warn, info."),
        ({"mode": '"defer"'}, "a rule of kind prohibition cannot defer; its mode is block or warn."),
        ({"since": '"soon"'}, "“since” is 'soon'; write a date like 2026-11-21."),
        ({"since": "2026-01-01T10:00:00Z"}, "“since” has a time of day; write a date like 2026-11-21."),
        ({"until": "2019-12-31"}, "it ends before it begins; let “until” be the last day it is in force."),
        ({"source": '""'}, "“source” is ''; write a text in quotes."),
        ({"title": "3"}, "“title” is 3; write a text in quotes."),
        (
            {"jurisdiction": '"Texas"'},
            "'Texas' is no place; write \"*\", a country like US, or a part of it like US-MA.",
        ),
        (
            {"debtors": '["firm"]'},
            "“debtors” holds 'firm'; use business, sole_trader, consumer, public_body, unknown, other.",
        ),
        ({"debtors": '"consumer"'}, "“debtors” is 'consumer'; write a list of words."),
        ({"channels": '["fax"]'}, "“channels” holds 'fax'; use mail, sms, call, letter, meeting."),
        (
            {"cities": '["bonn"]'},
            "it names cities of a whole country; let the jurisdiction be the part of it, like US-NY.",
        ),
        (
            {"cities": '["Albany"]', "jurisdiction": '"US-NY"'},
            "the city 'Albany' is not in small letters; write it as new york.",
        ),
        ({"beyond_days": "-1"}, "“beyond_days” is -1; write a whole number from 0 to 3650."),
        ({"beyond_days": "3651"}, "“beyond_days” is 3651; write a whole number from 0 to 3650."),
        ({"beyond_days": "true"}, "“beyond_days” is True; write a whole number from 0 to 3650."),
        (
            {"confidence": '"knowledge"'},
            "nobody has opened its source; let it only warn, or open the source and say so in “confidence”.",
        ),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, str], complaint: str) -> None:
    fields = {"kind": "prohibition", "mode": "block"} | change
    text = row("r", fields.pop("kind"), fields.pop("mode").strip('"'), **fields)

    assert bad(text) == f"test.toml, rule r: {complaint}"


def test_a_missing_and_a_strange_field_are_named() -> None:
    whole = row("r", "prohibition", "block")

    assert (
        bad(whole.replace('source = "Test 1"\n', ""))
        == "test.toml, rule r: “source” is missing; give a text in quotes."
    )
    assert bad(whole + "fine = 3\n").startswith("test.toml, rule r: “fine” is no field of a rule; use beyond_days, ")
    assert bad(whole.replace('id = "r"\n', "")) == "test.toml, rule ?: “id” is missing; give a text in quotes."
    assert bad(row("r", "hold", "hold", "Held", "days = 3")) == (
        "test.toml, rule r: “days” is no parameter of hold; it takes on."
    )
    assert bad(row("r", "consent", "block", "Held", "days = 3")).endswith("no parameter of consent; it takes none.")
    assert bad(row("r", "hold", "hold", "Held", 'on = ["sorrow"]')).startswith(
        "test.toml, rule r: “on” holds 'sorrow'; use"
    )
    assert bad(row("r", "require", "block", "Held", 'needs = ["tears"]')).endswith("use opt_out_line.")


def test_two_rules_of_one_name_and_broken_files() -> None:
    whole = row("r", "prohibition", "block")

    assert bad(whole + whole) == "test.toml, rule r: there is another of that name; give it a name of its own."
    assert bad("[[rule").startswith("test.toml: it cannot be read as TOML (")
    assert bad("[law]\n") == "test.toml: “law” means nothing here; a file holds [[rule]] and [[not_covered]]."


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("hours = {}", 'missing; write hours = { "mon-sat" = "09:00-20:00" }.'),
        ('hours = "9-5"', 'missing; write hours = { "mon-sat" = "09:00-20:00" }.'),
        ('hours = { mon = "9-17" }', "'9-17' is no span of a day; write it like 08:00-21:00, the earlier first."),
        ('hours = { mon = "17:00-09:00" }', "'17:00-09:00' is no span of a day"),
        ('hours = { mon = "09:00-09:00" }', "'09:00-09:00' is no span of a day"),
        ('hours = { mon = "09:00-24:01" }', "'09:00-24:01' is no span of a day"),
        ('hours = { mon = "08:60-21:00" }', "'08:60-21:00' is no span of a day"),
        ('hours = { mon = "08:00-20:60" }', "'08:00-20:60' is no span of a day"),
        ('hours = { day = "09:00-20:00" }', "names 'day'; name a day or a row of days such as sat or mon-fri."),
        ('hours = { "fri-mon" = "09:00-20:00" }', "names 'fri-mon'"),
        ('hours = { mon = "09:00-20:00", "mon-tue" = "08:00-21:00" }', "names mon twice; name each day once."),
        ('hours = { mon = "09:00-20:30" }', "its text does not say 20:30; let text and params say the same."),
        ('hours = { mon = "09:00-20:00" }\nholidays = 3', "“holidays” is 3; write true or false."),
    ],
)
def test_wrong_hours(written: str, complaint: str) -> None:
    assert complaint in bad(hours("h", written))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("most = 2", "most = 0"), "“most” is 0; write a whole number from 1 to 100."),
        (("most = 2", "most = 101"), "“most” is 101; write a whole number from 1 to 100."),
        (("days = 7", "days = 0"), "“days” is 0; write a whole number from 1 to 62."),
        (("days = 7", "days = 63"), "“days” is 63; write a whole number from 1 to 62."),
        (("days = 7", "days = 6"), "its text does not say 6; let text and params say the same."),
        (("most = 2", "most = 3"), "its text does not say 3; let text and params say the same."),
        (("days = 7", ""), "a frequency needs “days” or “calendar_month”; give one of the two."),
        (("days = 7", "days = 7\ncalendar_month = true"), "a frequency needs “days” or “calendar_month”"),
        (("attempts", "letters"), "“counts” is 'letters'; use one of attempts, contacts, conversations."),
        (("person", "house"), "“per” is 'house'; use one of debt, person."),
    ],
)
def test_wrong_caps(change: tuple[str, str], complaint: str) -> None:
    assert complaint in bad(cap("c", 2, 7).replace(*change))


def test_the_widest_bounds_are_fine() -> None:
    wide = cap("c", 100, 62)

    assert book(wide).rule("c").cap == Cap(100, 62)
    assert book(cap("c", 1, 1)).rule("c").cap == Cap(1, 1)
    assert book(row("r", "prohibition", "block", beyond_days="3650")).rule("r").beyond_days == 3650
    same_day = row("r", "prohibition", "warn", until="2020-01-01", confidence='"knowledge"')
    assert book(same_day).rule("r").until == book(same_day).rule("r").since
    month = cap("c", 2, 0).replace("month", "moon", 1)
    assert "its text does not say month" in bad(month)
    with pytest.raises(KeyError):
        book(wide).rule("other")
