"""Layers over each other, segments, and which policy holds for whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from collector.policies.layers import (
    Layer,
    Layers,
    Numbered,
    Profile,
    build,
    makes_policy,
    matches,
    merge,
    profile_of,
    whole,
)
from collector.policy import DEFAULT, After, Channel, Segment, Tone
from receivables.case import Case
from receivables.money import Money
from receivables.records import Address, Company, Customer, CustomerKind, Invoice, InvoiceStatus, Kind, Ref
from receivables.said import Said, Saying

BASE = whole(DEFAULT)
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
ANN = Ref("c1", Kind.CUSTOMER, "ann")
OFF = Layer(steps=({"name": "invoice-again", "off": True},))
LARGE = Segment("large", balance_from=Decimal(1000), changes={"manners": {"gap_days": 9}})
FOREIGN = Segment("foreign", countries=("DE",), changes={"manners": {"gap_days": 2, "per_week": 1}})


def case(*, open_minor: int = 10_000, days_late: int = 8, said: tuple[Said, ...] = (), **customer: object) -> Case:
    open_, nothing = Money(open_minor, "USD"), Money(0, "USD")
    due_on = TODAY - timedelta(days=days_late)
    invoice = Invoice(
        Ref("c1", Kind.INVOICE, "i1"),
        "INV-1",
        ANN,
        due_on - timedelta(days=30),
        due_on,
        open_,
        open_,
        nothing,
        nothing,
        nothing,
        InvoiceStatus.OPEN,
        NOW,
    )
    head = Customer(ANN, "Ann's Bakery", NOW, **customer)  # type: ignore[arg-type]
    return Case("c1/ann", Company("c1", "Northwind", "USD", country="US"), (head,), (invoice,), said=said)


def test_a_whole_layer_makes_its_policy_again() -> None:
    assert build(BASE) == DEFAULT
    assert build(merge(BASE, Layer())) == DEFAULT


def test_settings_go_key_by_key_and_steps_by_name() -> None:
    above = Layer({"gap_days": 7}, ({"name": "just-due", "days": 2, "tone": Tone.NEUTRAL},))
    made = build(merge(BASE, above), "v1")

    assert (made.gap_days, made.per_week, made.version) == (7, DEFAULT.per_week, "v1")
    assert made.step("just-due") == replace(DEFAULT.step("just-due"), days=2, tone=Tone.NEUTRAL)
    assert made.steps[2:] == DEFAULT.steps[2:]


def test_a_step_can_be_left_out_and_brought_back() -> None:
    without = merge(BASE, OFF)

    assert "invoice-again" not in [step.name for step in build(without).steps]
    assert without.left_out == ("invoice-again",)
    assert build(merge(without, Layer(steps=({"name": "invoice-again", "off": False},)))) == DEFAULT


def test_new_steps_take_their_place_by_their_days_and_those_after_a_contact_come_last() -> None:
    new = (
        {"name": "call", "days": 5, "after": After.CONTACT, "letter": "call_script", "channel": Channel.CALL},
        {"name": "early", "days": -10, "letter": "before_due"},
    )
    names = [step.name for step in build(merge(BASE, Layer(steps=new))).steps]

    assert (names[0], names[-1], len(names)) == ("early", "call", 8)


@pytest.mark.parametrize(
    ("step", "letter"),
    [({"days": -5}, "before_due"), ({"days": 9}, "first_reminder"), ({"days": 30, "again": True}, "second_reminder")],
)
def test_what_the_platform_repeats_goes_in_our_words_when_several_go_together(
    step: dict[str, object], letter: str
) -> None:
    told = {"name": "theirs", "channel": Channel.PLATFORM, **step}

    assert build(merge(BASE, Layer(steps=(told,)))).step("theirs").letter == letter


def test_a_letter_that_speaks_of_earlier_ones_makes_its_step_so() -> None:
    told = {"name": "again", "days": 50, "letter": "last_reminder"}

    assert build(merge(BASE, Layer(steps=(told,)))).step("again").again


def test_a_layer_that_makes_no_policy_is_known() -> None:
    assert makes_policy(BASE)
    assert not makes_policy(merge(BASE, Layer(steps=({"name": "new"},))))
    assert not makes_policy(merge(BASE, Layer({"opens_at": DEFAULT.closes_at})))


@pytest.mark.parametrize(
    ("segment", "profile", "belongs"),
    [
        (Segment("all"), Profile(), True),
        (Segment("s", balance_from=Decimal(100)), Profile((Money(10_000, "USD"),)), True),
        (Segment("s", balance_from=Decimal(100)), Profile((Money(9_999, "USD"),)), False),
        (
            Segment("s", balance_from=Decimal(100)),
            Profile((Money(1, "USD"), Money(99, "EUR"), Money(100, "JPY"))),
            True,
        ),
        (Segment("s", balance_below=Decimal(100)), Profile((Money(10_000, "USD"),)), False),
        (Segment("s", balance_below=Decimal(100)), Profile((Money(9_999, "USD"),)), True),
        (Segment("s", balance_from=Decimal(5), balance_below=Decimal(9)), Profile((Money(100, "USD"),) * 2), False),
        (Segment("s", balance_from=Decimal(0)), Profile(), False),
        (Segment("s", older_than_days=30), Profile(late_days=30), False),
        (Segment("s", older_than_days=30), Profile(late_days=31), True),
        (Segment("s", older_than_days=0), Profile(), False),
        (Segment("s", countries=("DE", "AT")), Profile(country="AT"), True),
        (Segment("s", countries=("DE", "AT")), Profile(), False),
        (Segment("s", kinds=(CustomerKind.CONSUMER,)), Profile(kind=CustomerKind.CONSUMER), True),
        (Segment("s", kinds=(CustomerKind.CONSUMER,)), Profile(), False),
        (Segment("s", tags=("VIP", "x")), Profile(tags=("vip",)), True),
        (Segment("s", tags=("VIP",)), Profile(tags=("y",)), False),
        (Segment("s", countries=("DE",), tags=("x",)), Profile(country="DE"), False),
    ],
)
def test_who_belongs_to_a_segment(segment: Segment, profile: Profile, belongs: bool) -> None:
    assert matches(segment, profile) is belongs


def test_what_segments_see_in_a_case() -> None:
    seen = profile_of(case(address=Address(country="DE"), tags=("vip",)), TODAY, NOW)

    assert seen == Profile((Money(10_000, "USD"),), 8, "DE", CustomerKind.UNKNOWN, ("vip",))
    assert profile_of(case(days_late=-5), TODAY, NOW).late_days == -5
    assert profile_of(case(), TODAY, NOW).country == "US"


def test_the_kind_a_person_confirmed_counts_more_than_the_books() -> None:
    told = Said("c1/ann", Saying.KIND, TODAY, reason="consumer", at=NOW)
    later = replace(told, reason="business", at=NOW + timedelta(hours=1))
    found = profile_of(case(kind=CustomerKind.BUSINESS, said=(told, later)), TODAY, NOW)

    assert found.kind is CustomerKind.CONSUMER
    assert profile_of(case(kind=CustomerKind.BUSINESS), TODAY, NOW).kind is CustomerKind.BUSINESS


def test_the_customers_own_layer_lies_over_segments_and_a_later_segment_over_an_earlier() -> None:
    business = Layer(segments=(LARGE, FOREIGN))
    own = Layer({"per_week": 3})
    layers = Layers(BASE, Numbered(business, 4), {"c1/ann": Numbered(own, 2), "c1/bob": Numbered(Layer(), 1)})
    rich = Profile((Money(200_000, "EUR"),), country="DE")

    assert (layers.policy.version, layers.policy.gap_days) == ("v4", 4)
    assert layers.policy_for("c1/bob", Profile((Money(200_000, "EUR"),))).gap_days == 9
    both = layers.policy_for("c1/bob", rich)
    assert (both.version, both.gap_days, both.per_week) == ("v4", 2, 1)
    mine = layers.policy_for("c1/ann", rich)
    assert (mine.version, mine.gap_days, mine.per_week) == ("v4+c2", 2, 3)
    assert layers.policy_for("c1/bob", rich) is both


def test_a_case_gets_the_policy_of_its_customer() -> None:
    plain = Layers(BASE)
    layers = Layers(BASE, Numbered(Layer(segments=(LARGE,)), 1), {"c1/eve": Numbered(OFF, 1)})

    assert plain.of(case(), TODAY, NOW) is plain.policy
    assert plain.policy.version == "base"
    assert layers.of(case(), TODAY, NOW).gap_days == 4
    assert layers.of(case(open_minor=200_000), TODAY, NOW).gap_days == 9
    assert Layers(BASE, None, {"c1/ann": Numbered(OFF, 7)}).of(case(), TODAY, NOW).version == "base+c7"


def test_what_fits_no_policy_with_the_rest_is_left_out_so_that_the_plan_goes_on() -> None:
    late = Segment("late", countries=("DE",), changes={"manners": {"opens_at": DEFAULT.closes_at}})
    layers = Layers(BASE, Numbered(Layer(segments=(late, FOREIGN)), 1))

    assert layers.policy_for("x", Profile(country="DE")) == replace(
        DEFAULT, gap_days=2, per_week=1, version="v1", segments=()
    )


def test_layers_that_make_no_policy_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="must open before it closes"):
        Layers(BASE, Numbered(Layer({"opens_at": DEFAULT.closes_at}), 1))


def test_every_policy_that_may_hold_is_known_beforehand() -> None:
    early = Numbered(Layer(steps=({"name": "early", "days": -20, "letter": "before_due"},)), 1)
    near = Segment("near", tags=("near",), changes={"manners": {"gap_days": 3}})
    layers = Layers(BASE, Numbered(Layer(segments=(FOREIGN, near)), 1), {"a": early})

    possible = layers.possible()

    assert possible is not None
    assert len(possible) == 8
    for debtor in ("a", "b"):
        for tags, country in ((("near",), "DE"), (("near",), "US"), ((), "DE"), ((), "US")):
            assert layers.policy_for(debtor, Profile(tags=tags, country=country)) in possible


def test_what_looks_at_all_that_is_owed_cannot_be_narrowed() -> None:
    old = replace(FOREIGN, older_than_days=30)
    many = tuple(replace(FOREIGN, name=f"n{number}") for number in range(5))

    for segments in ((LARGE,), (old,), many):
        assert Layers(BASE, Numbered(Layer(segments=segments), 1)).possible() is None
