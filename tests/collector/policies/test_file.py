"""The policy file: in and out without loss, and every value that will not do said with its line and a remedy."""

import tomllib
from dataclasses import replace
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from collector.paying.limits import Band
from collector.policies.check import check
from collector.policies.fields import ANY, Known, countries
from collector.policies.file import OURS_ALONE, Finding, Weight, brief, read, write
from collector.policies.layers import Layer, build, makes_policy, merge, whole
from collector.policies.lines import lines_of
from collector.policy import DEFAULT, After, Attach, Channel, Policy, Receiver, Segment, Tone
from receivables.records import CustomerKind

LETTERS = frozenset({"before_due", "just_due", "first_reminder", "second_reminder", "last_reminder", "call_script"})
KNOWN = Known(LETTERS, frozenset({"legal"}))
BASE = whole(DEFAULT)
AT_LEISURE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(text: str) -> list[str]:
    return [str(found) for found in read(text, KNOWN).findings]


# --- lines --------------------------------------------------------------------------------------------------------


def test_every_value_is_found_on_its_line() -> None:
    text = '# one\n[manners]\ngap_days = 4\n\n[[steps]]\nname = "a"\n[[steps]]\nname="b" # steps\ndays = 3\n'
    text += (
        '[[segments]]\ntags = [\n  "x", # ]\n  "y",\n]\n[segments.manners]\nper_week=1\n[[segments.steps]]\noff=true\n'
    )
    text += 'note = """\n[[steps]]\n"""\n[[segments]]\nmanners = { gap_days = 1 }\n'

    found = lines_of(text)

    assert found["manners", "gap_days"] == 3
    assert (found["steps", 0], found["steps", 0, "name"]) == (5, 6)
    assert (found["steps", 1], found["steps", 1, "days"]) == (7, 9)
    assert (found["segments", 0, "tags"], found["segments", 0, "tags", 1]) == (11, 11)
    assert found["segments", 0, "manners", "per_week"] == 16
    assert found["segments", 0, "steps", 0, "off"] == 18
    assert found["segments", 0, "steps", 0, "note"] == 19
    assert (found["segments", 1], found["segments", 1, "manners", "gap_days"]) == (22, 23)
    assert ("steps", 2) not in found


def test_other_ways_to_write_the_same_are_found_as_well() -> None:
    found = lines_of("steps = [\r\n {name='a'},\r\n {name='b'}]\r\nmanners.gap_days = 4\r\n'segments' = []")

    assert (found["steps", 1, "name"], found["manners", "gap_days"], found[("segments",)]) == (1, 4, 5)


# --- in and out ---------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b-1", "just-due", "before-due", "invoice-again", "0"])
TEXTS = st.text('a\u00df"\\#[]=\u2019', min_size=1, max_size=4)
MANNERS: dict[str, st.SearchStrategy[Any]] = {
    "gap_days": st.integers(0, 90),
    "minimum": st.decimals(0, 10**6, places=2),
    "opens_at": st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    "closes_at": st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    "per_week": st.integers(1, 50),
    "receipts_quiet_days": st.none() | st.integers(1, 365),
    "daily_cap": st.integers(1, 1000),
    "tone_ceiling": st.sampled_from(Tone),
    "never_chase_tags": st.lists(TEXTS, unique=True, max_size=3).map(tuple),
    "thank_you": st.booleans(),
    "send_credit_policy": st.booleans(),
    "chase_charges": st.booleans(),
    "statement_on": st.none() | st.integers(1, 31),
}
PLANS: dict[str, st.SearchStrategy[Any]] = {
    "parts_most": st.integers(1, 60),
    "months_most": st.integers(1, 60),
    "first_percent": st.integers(0, 99),
    "settle": st.sampled_from([(), (Band(0, 5),), (Band(90, 10), Band(180, 25))]),
    "cure_days": st.integers(0, 60),
    "remind_before": st.none() | st.integers(1, 30),
    "remind_on": st.booleans(),
    "remind_after": st.none() | st.integers(1, 60),
}
STEP: dict[str, st.SearchStrategy[Any]] = {
    "days": st.integers(-60, 365),
    "letter": st.sampled_from(sorted(LETTERS)),
    "channel": st.just(Channel.MAIL),
    "again": st.booleans(),
    "tone": st.sampled_from(Tone),
    "after": st.sampled_from(After),
    "repeat": st.booleans(),
    "sender": st.sampled_from(["", "legal"]),
    "to": st.sampled_from(Receiver),
    "automatic": st.booleans(),
    "attach": st.sampled_from(Attach),
    "off": st.booleans(),
}


def steps() -> st.SearchStrategy[tuple[dict[str, Any], ...]]:
    named: dict[str, st.SearchStrategy[Any]] = {"name": NAMES}
    theirs: dict[str, st.SearchStrategy[Any]] = {**named, "channel": st.just(Channel.PLATFORM)}
    kept = ("days", "again", "after", "repeat", "automatic", "off")
    elsewhere = {**named, "channel": st.sampled_from([Channel.SMS, Channel.LETTER, Channel.CALL])}
    told = {name: STEP[name] for name in (*kept, "letter", "tone", "sender")}
    ours = st.fixed_dictionaries(named, optional=STEP)
    platform = st.fixed_dictionaries(theirs, optional={name: STEP[name] for name in kept})
    by_others = st.fixed_dictionaries(elsewhere, optional=told)
    return st.lists(ours | by_others | platform, unique_by=lambda step: step["name"], max_size=4).map(tuple)


def segments() -> st.SearchStrategy[tuple[Segment, ...]]:
    manners = {name: MANNERS[name] for name in ("gap_days", "tone_ceiling")}
    some: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional=manners)
    plans: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional=PLANS)
    changes = st.fixed_dictionaries({"manners": some, "steps": steps(), "plans": plans})
    one = st.builds(
        Segment,
        name=NAMES,
        balance_from=st.none() | st.decimals(1, 10**6, places=2),
        older_than_days=st.none() | st.integers(0, 900),
        countries=st.lists(st.sampled_from(sorted(countries())), unique=True, max_size=3).map(tuple),
        kinds=st.lists(st.sampled_from([CustomerKind.CONSUMER, CustomerKind.UNKNOWN]), unique=True).map(tuple),
        tags=st.lists(TEXTS, unique=True, max_size=2).map(tuple),
        changes=changes,
    )
    return st.lists(one, unique_by=lambda segment: segment.name, max_size=3).map(tuple)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    plans: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=PLANS))
    return Layer(draw(st.fixed_dictionaries({}, optional=MANNERS)), draw(steps()), draw(segments()), plans)


@AT_LEISURE
@given(layers())
def test_what_was_written_is_read_as_the_same(layer: Layer) -> None:
    text = write(layer)
    reading = read(text, KNOWN)

    assert reading.findings == []
    assert as_values(reading.layer) == as_values(trimmed(layer))
    assert write(reading.layer) == text


def trimmed(layer: Layer) -> Layer:
    """A step that is off keeps nothing else."""
    kept = tuple({"name": step["name"], "off": True} if step.get("off") else step for step in layer.steps)
    inner = tuple(
        replace(one, changes={**(one.changes or {}), "steps": trimmed(Layer(steps=one.changes["steps"])).steps})  # type: ignore[index, arg-type]
        for one in layer.segments
    )
    return Layer(layer.manners, kept, inner, layer.plans)


def as_values(layer: Layer) -> tuple[object, ...]:
    """Compared by what it says, in whatever order a table says it."""
    return dict(layer.manners), [dict(step) for step in layer.steps], layer.segments, dict(layer.plans)


def _words_for_the_platform(layer: Layer) -> bool:
    """A wording for a step that the platform sends in its own words: the check refuses it before it is imported."""
    by_platform = {step.name for step in DEFAULT.steps if step.channel is Channel.PLATFORM}
    theirs = [step for step in layer.steps if step["name"] in by_platform]
    return any("letter" in one or ("channel" not in one and one.keys() & set(OURS_ALONE)) for one in theirs)


@AT_LEISURE
@given(layers())
def test_an_exported_policy_is_the_same_policy_when_it_is_imported(layer: Layer) -> None:
    assume(not _words_for_the_platform(layer))
    over = merge(BASE, layer)
    if not makes_policy(over):
        over = merge(BASE, Layer(layer.manners, (), layer.segments, layer.plans))
    if not makes_policy(over):
        return
    text = write(brief(over, BASE))
    again = merge(BASE, read(text, KNOWN).layer)

    assert build(again).steps == build(over).steps
    assert build(again) == replace(build(over), segments=again.segments)
    assert again.segments == trimmed(over).segments


def test_the_shipped_policy_written_out_is_good_and_changes_nothing() -> None:
    checked = check(write(brief(BASE, BASE), {"gap_days": "Days between."}), KNOWN, BASE)

    assert checked.findings == ()
    assert checked.policy == replace(DEFAULT, version="new")


def test_what_is_usual_elsewhere_is_said_where_it_differs_from_what_lies_below() -> None:
    mine = ({"name": "invoice-again", "channel": Channel.MAIL, "letter": "just_due", "again": False},)
    over = merge(BASE, Layer(steps=mine))

    again = merge(BASE, read(write(brief(over, BASE)), KNOWN).layer)

    assert build(again).step("invoice-again").again is False
    assert build(again) == build(over)


def test_what_is_kept_exactly_keeps_what_the_platforms_step_says_as_well() -> None:
    base = whole(replace(DEFAULT, steps=(replace(DEFAULT.steps[3], again=False, letter="just_due", tone=Tone.FIRM),)))

    assert build(read(write(base, exactly=True), ANY).layer) == build(base)


def test_hours_may_be_written_as_toml_has_them() -> None:
    layer = read("[manners]\nopens_at = 08:30:00\nminimum = 7.5\n", KNOWN).layer

    assert layer.manners == {"minimum": Decimal("7.5"), "opens_at": time(8, 30)}


@AT_LEISURE
@given(layers())
def test_the_lines_of_whatever_is_written_hold_what_they_are_said_to(layer: Layer) -> None:
    text = write(layer)
    lines = text.split("\n")
    for path, number in lines_of(text).items():
        if isinstance(path[-1], str) and "=" in lines[number - 1]:
            assert f"{path[-1]} = " in lines[number - 1]


# --- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "Line 1: This cannot be read, nor can what comes after it (Invalid value)."),
        ("[manners]\n\nx = [1\ny = 2", "Line 4: This cannot be read"),
        ("[manners]\ngap_days = 1\ngap_days = 2\n", "Line 3: This cannot be read"),
        ("gap_days = 3", "Line 1: There is no setting “gap_days” here. It stands under the heading [manners]."),
        ("gap_day = 3", "Line 1: There is no setting “gap_day” here. Did you mean “gap_days”, under the heading"),
        ("[maners]", "Line 1: There is no setting “maners” here. Did you mean “manners”?"),
        ("[rules]", "Line 1: There is no setting “rules” here. Known are manners, plans, steps, segments."),
        ("manners = 3", "Line 1: manners must be a table, not 3."),
        ("steps = 3", "Line 1: steps must be a list of tables, not 3. Begin each one with [[steps]] in double"),
        ("[steps]\na = 1", "Line 1: steps must be a list of tables, not a table."),
        ("steps = [1]", "Line 1: Each of the steps must be a table, not 1."),
        ("[manners]\nper_weak = 3", "Line 2: There is no setting “per_weak” here. Did you mean “per_week”?"),
        ("[manners]\ngap_days = '4'", "Line 2: gap_days must be a whole number from 0 to 90, not “4”."),
        ("[manners]\ngap_days = true", "not true. Write gap_days = 4."),
        ("[manners]\ngap_days = -1", "from 0 to 90, not -1."),
        (
            "[plans]\nsettle = 3",
            "Line 2: settle must be a list of tables, not 3. Begin each one with [[plans",
        ),
        ("[plans]\nsettle = [\n3]", "Line 2: Each table under settle says overdue_days and percent; 3 does not."),
        (
            "[[plans.settle]]\npercent = 9",
            "Line 1: This table under settle does not say its overdue_days. Add",
        ),
        (
            "[[plans.settle]]\noverdue_days = 9\npercent = 9\n[[plans.settle]]\noverdue_days = 19\npercent = 0",
            "Line 6: percent must be a whole number from 1 to 100, not 0. Write percent = 10.",
        ),
        ("[[plans.settle]]\ndays = 9", "Line 2: There is no setting “days” here. Known are overdue_days, percent."),
        (
            "[[plans.settle]]\noverdue_days = 9\npercent = 9\n[[plans.settle]]\noverdue_days = 9\npercent = 10",
            "Line 5: A second table under settle is for overdue_days = 9. Give each age one percent; remove one of the",
        ),
        ("[manners]\nper_week = 0", "per_week must be a whole number from 1 to 50, not 0."),
        ("[manners]\nper_month = -2", "per_month must be a whole number from 1 to 200, not -2."),
        ("[manners]\ndaily_cap = 1.5", "daily_cap must be a whole number from 1 to 100000, not 1.5."),
        ("[manners]\nminimum = -3", 'minimum is below zero (-3). Write 0 or more, as in minimum = "5.00".'),
        ("[manners]\nminimum = 'five'", "minimum must be a sum such as 5.00, not “five”."),
        ("[manners]\nminimum = nan", "minimum must be a sum"),
        ("[manners]\nminimum = false", "minimum must be a sum"),
        ("[manners]\nopens_at = '9:00'", 'a time of day from 00:00 to 23:59, not “9:00”. Write it like opens_at = "09'),
        ("[manners]\nopens_at = 09:00:30", "opens_at must be a time of day"),
        ("[manners]\ncloses_at = '24:00'", "closes_at must be a time of day"),
        ("[manners]\nreceipts_quiet_days = 0", "a whole number from 1 to 365 or “usual”, not 0."),
        ("[manners]\ntone_ceiling = 'frim'", 'Did you mean tone_ceiling = "firm"? Known are friendly, neutral,'),
        ("[manners]\ntone_ceiling = 3", "tone_ceiling is 3, which is none of those there are."),
        ("[manners]\nnever_chase_tags = 'x'", "never_chase_tags must be a list of words in quotes, not “x”."),
        ('[manners]\nnever_chase_tags = ["a\\u0000b"]', "must be a list of words"),
        ("[[steps]]\ndays = 3", "Line 1: This one of the steps has no name."),
        ("[[steps]]\nname = 'Just Due'", 'Write it like name = "just-due".'),
        ("[[steps]]\nname = 'x'\n[[steps]]\nname = 'x'", "Line 3: A second one of the steps is called “x”."),
        ("[[steps]]\nname = 'x'\ndays = 400", "Line 3: days must be a whole number from -60 to 365, not 400."),
        ("[[steps]]\nname = 'x'\nletter = 'just_du'", 'Did you mean letter = "just_due"?'),
        (
            "[[steps]]\nname = 'x'\nchannel = 'email'",
            "channel is “email”, which is none of those there are. Did you mean",
        ),
        ("[[steps]]\nname = 'x'\nagain = 'yes'", "again must be true or false, not “yes”."),
        ("[[steps]]\nname = 'x'\nsender = 'sales'", "no mail account is called so. Those set up are: legal."),
        ("[[steps]]\nname = 'x'\nsender = 1", "sender must be the name of a mail account, not 1."),
        ("[[steps]]\nname = 'x'\nto = 'boss'", "Known are invoice, accounts, primary, escalation."),
        ("[[steps]]\nname = 'x'\nafter = 'contakt'", 'Did you mean after = "contact"?'),
        ("[[segments]]\nname = 's'\ncountries = ['UK']", "Did you mean “GB” (United Kingdom)?"),
        ("[[segments]]\nname = 's'\ncountries = ['Germny']", "Did you mean “DE” (Germany)?"),
        ("[[segments]]\nname = 's'\ncountries = ['EU']", "Line 3: countries holds “EU”, which is no country's code."),
        ("[[segments]]\nname = 's'\ncountries = []", "countries is an empty list, so the segment can never match."),
        ("[[segments]]\nname = 's'\nkinds = ['consumr']", 'Did you mean kinds = "consumer"?'),
        ("[[segments]]\nname = 's'\nkinds = ['other']", "kinds is “other”, which is none"),
        ("[[segments]]\nname = 's'\nolder_than_days = 9999", "from 0 to 3650, not 9999."),
        ("[[segments]]\nname = 's'\n[segments.manners]\ngap_dys = 1", "Line 4: There is no setting “gap_dys” here."),
        (
            "[[segments]]\nname = 's'\n[[segments.steps]]\noff = 1\nname = 'a'",
            "Line 4: off must be true or false, not 1.",
        ),
        ("[manners]\nstatement_on = 32", "statement_on must be a whole number from 1 to 31 or “never”, not 32."),
        ("[plans]\nparts_most = 0", "parts_most must be a whole number from 1 to 60, not 0. Write parts_most = 4."),
        ("[plans]\nremind_before = 0", "remind_before must be a whole number from 1 to 30 or “never”, not 0."),
        ("parts_most = 4", "Line 1: There is no setting “parts_most” here. It stands under the heading [plans]."),
        ("\n" * 1000, "longer than 64,000 characters or 1,000 lines"),
        ("#" * 64_001, "longer than 64,000 characters"),
        ("\n".join(f"[[steps]]\nname = 's{at}'" for at in range(51)), "There are more than 50 steps."),
    ],
)
def test_each_mistake_is_said_with_its_line_and_a_remedy(text: str, said: str) -> None:
    found = told(text)

    assert any(said in one for one in found), found
    assert all(one.endswith((".", "?")) for one in found)


def test_all_mistakes_are_told_at_once_and_the_rest_is_read() -> None:
    reading = read(
        "[manners]\ngap_days = 'x'\nper_week = 1\n[[steps]]\nname = 'a'\ndays = 'b'\nagain = true\nx=1", KNOWN
    )

    assert [found.line for found in reading.findings] == [2, 8, 6]
    assert reading.layer == Layer({"per_week": 1}, ({"name": "a", "again": True},))


def test_a_finding_reads_as_a_sentence() -> None:
    assert str(Finding(3, "It is so.", "Mend it.")) == "Line 3: It is so. Mend it."
    assert str(Finding(0, "It is so.", weight=Weight.WARNING)) == "It is so."


def test_a_byte_order_mark_and_other_line_ends_are_no_mistakes() -> None:
    assert read("\ufeff[manners]\r\ngap_days = 4\r\n", KNOWN).layer.manners == {"gap_days": 4}


def test_what_was_checked_when_it_was_saved_is_read_without_knowing_the_letters() -> None:
    text = "[[steps]]\nname = 'a'\nletter = 'one_of_yesterday'\nsender = 'gone'\n"

    assert read(text, ANY).findings == []
    assert len(read(text, KNOWN).findings) == 2


@AT_LEISURE
@given(st.text(max_size=200))
def test_whatever_is_typed_is_answered(text: str) -> None:
    reading = read(text, KNOWN)

    assert reading.findings or isinstance(reading.layer, Layer)


@AT_LEISURE
@given(st.recursive(st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_whatever_stands_where_a_value_belongs_is_answered(value: object) -> None:
    for place in ("manners", "steps", "segments", "manners.gap_days", "manners.opens_at", "manners.never_chase_tags"):
        text = f"{place} = {_toml(value)}"
        tomllib.loads(text)
        assert isinstance(read(text, KNOWN).findings, list)


def _toml(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")


def test_policy_of_the_whole_world_has_known_countries() -> None:
    assert {"US", "GB", "DE", "NZ", "XK"} <= countries().keys()
    assert not {"EU", "UN", "ZZ"} & countries().keys()
    assert isinstance(build(BASE), Policy)
