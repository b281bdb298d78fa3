"""One verdict per invoice, one reason, at most one message: every rule said once, with values."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from collector.decide import decide
from collector.judgement import Decision, Say, Verdict
from collector.policy import DEFAULT, Channel, Policy, Step
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.records import (
    Address,
    Answer,
    Collection,
    Company,
    Customer,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    PaymentStatus,
    Ref,
)

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # a Tuesday, eleven in the morning in New York
TODAY = date(2026, 3, 10)
ANN = Ref("c1", Kind.CUSTOMER, "ann")
COMPANY = Company("c1", "Northwind", "USD", country="US", time_zone="America/New_York", own_reminders=Answer.NO)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def invoice(days_late: int = 8, opened: int = 10_000, *, id: str = "i1") -> Invoice:
    return Invoice(
        Ref("c1", Kind.INVOICE, id),
        f"INV-{id}",
        ANN,
        TODAY - timedelta(days=days_late + 30),
        TODAY - timedelta(days=days_late),
        usd(opened),
        usd(opened),
        usd(0),
        usd(0),
        usd(0),
        InvoiceStatus.OPEN,
        NOW,
    )


def case(*invoices: Invoice, **changed: object) -> Case:
    customer = Customer(ANN, "Ann's Bakery", NOW, emails=(EmailAddress("ann@bakery.example", "Ann"),))
    whole = Case("c1/ann", COMPANY, (customer,), invoices or (invoice(),), synced_at=NOW - timedelta(hours=1))
    return replace(whole, **changed)  # type: ignore[arg-type]


def contact(step: str, *, days_ago: int, state: str = "sent", id: str = "i1") -> Contact:
    at = NOW - timedelta(days=days_ago)
    return Contact("c1/ann", at, at.date(), "mail", state, ((Ref("c1", Kind.INVOICE, id), step),))


def only(decision: Decision) -> Verdict:
    (verdict,) = decision.verdicts
    return verdict


def test_an_overdue_invoice_whose_step_has_come_is_sent() -> None:
    decision = decide(case(), DEFAULT, NOW)

    verdict = only(decision)
    assert (verdict.say, verdict.rule, verdict.step) == (Say.SEND, "step_earned", "first-reminder")
    assert "8 days overdue" in verdict.reason
    assert decision.message is not None
    assert tuple(one.address for one in decision.message.to) == ("ann@bakery.example",)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"status": InvoiceStatus.PAID, "open": usd(0)}, "paid"),
        ({"open": usd(0)}, "nothing_due"),
        ({"status": InvoiceStatus.DRAFT}, "draft"),
        ({"status": InvoiceStatus.VOID}, "void"),
        ({"status": InvoiceStatus.DELETED}, "deleted"),
        ({"status": InvoiceStatus.UNCOLLECTIBLE}, "written_off"),
        ({"status": InvoiceStatus.OTHER}, "unknown_status"),
        ({"collection": Collection.AUTOMATIC, "next_attempt_at": NOW}, "collected_automatically"),
        ({"due_on": None, "issued_on": TODAY}, "not_yet"),
        ({"due_on": TODAY + timedelta(days=10)}, "not_yet"),
        ({"open": usd(499)}, "below_minimum"),
    ],
)
def test_what_the_invoice_says_comes_first(changed: dict[str, object], rule: str) -> None:
    verdict = only(decide(case(structs.replace(invoice(), **changed)), DEFAULT, NOW))

    assert (Say.SKIP, rule) == (verdict.say, verdict.rule)
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"company": replace(COMPANY, own_reminders=Answer.YES)}, "platform_reminds"),
        ({"synced_at": None}, "books_stale"),
        ({"synced_at": NOW - timedelta(hours=25)}, "books_stale"),
        ({"differs": True}, "balance_differs"),
        ({"customers": (Customer(ANN, "Ann's Bakery", NOW),)}, "no_address"),
        ({"contacts": (contact("just-due", days_ago=3),)}, "contacted_lately"),
        ({"contacts": (contact("just-due", days_ago=3, state="ambiguous"),)}, "contacted_lately"),
    ],
)
def test_what_stands_in_the_way_holds(changed: dict[str, object], rule: str) -> None:
    decision = decide(case(**changed), DEFAULT, NOW)

    assert (Say.HOLD, rule) == (only(decision).say, only(decision).rule)
    assert decision.message is None


def test_a_promise_holds_until_the_day_after_it() -> None:
    promised = structs.replace(invoice(), expected_on=TODAY)

    assert only(decide(case(promised), DEFAULT, NOW)).rule == "promised"
    assert TODAY + timedelta(days=1) == only(decide(case(promised), DEFAULT, NOW)).next_look_on
    broken = structs.replace(invoice(), expected_on=TODAY - timedelta(days=1))
    assert Say.SEND is only(decide(case(broken), DEFAULT, NOW)).say


def test_unmatched_money_that_covers_the_invoice_holds_and_less_does_not() -> None:
    money = Payment(Ref("c1", Kind.PAYMENT, "p"), ANN, TODAY, usd(10_000), usd(10_000), PaymentStatus.SETTLED, NOW)

    assert only(decide(case(payments=(money,)), DEFAULT, NOW)).rule == "money_on_account"
    less = structs.replace(money, unapplied=usd(9_999))
    assert Say.SEND is only(decide(case(payments=(less,)), DEFAULT, NOW)).say


def test_a_step_is_done_once_and_the_next_one_is_named() -> None:
    verdict = only(decide(case(contacts=(contact("first-reminder", days_ago=1),)), DEFAULT, NOW))

    assert ("step_done", TODAY - timedelta(days=8) + timedelta(days=14)) == (verdict.rule, verdict.next_look_on)


def test_a_contact_that_provably_failed_does_not_count() -> None:
    assert (
        Say.SEND
        is only(decide(case(contacts=(contact("first-reminder", days_ago=1, state="failed"),)), DEFAULT, NOW)).say
    )


def test_the_first_message_never_speaks_of_earlier_ones_however_old_the_debt() -> None:
    assert only(decide(case(invoice(days_late=400)), DEFAULT, NOW)).step == "first-reminder"


def test_missed_first_messages_are_passed_over_and_the_others_come_one_by_one() -> None:
    late = invoice(days_late=60)
    done: list[str] = []
    for expected in ("first-reminder", "invoice-again", "second-reminder", "last-reminder"):
        told = tuple(contact(step, days_ago=30 - at) for at, step in enumerate(done))
        assert only(decide(case(late, contacts=told), DEFAULT, NOW)).step == expected
        done.append(expected)
    told = tuple(contact(step, days_ago=30 - at) for at, step in enumerate(done))
    end = only(decide(case(late, contacts=told), DEFAULT, NOW))
    assert (end.rule, end.next_look_on) == ("last_step_done", None)
    assert "a person should decide" in end.reason


def test_one_message_speaks_of_all_invoices_in_a_tone_that_is_true_of_each() -> None:
    new, old, early = invoice(2, id="a"), invoice(22, id="b"), invoice(-30, id="c")
    told = (contact("first-reminder", days_ago=14, id="b"), contact("invoice-again", days_ago=7, id="b"))

    both = decide(case(new, old, early, contacts=told), DEFAULT, NOW)
    alone = decide(case(old, contacts=told), DEFAULT, NOW)

    assert both.message is not None
    assert [(one.ref.id, step.name) for one, step in both.message.invoices] == [
        ("b", "second-reminder"),
        ("a", "just-due"),
    ]
    assert both.message.step.name == "just-due"
    assert len(both.verdicts) == 3
    assert alone.message is not None
    assert alone.message.step.name == "second-reminder"


def test_the_platform_mails_only_single_invoices() -> None:
    told = (contact("first-reminder", days_ago=8, id="a"),)
    alone = decide(case(invoice(15, id="a"), contacts=told), DEFAULT, NOW).message
    two = decide(case(invoice(15, id="a"), invoice(2, id="b"), contacts=told), DEFAULT, NOW).message

    assert alone is not None
    assert two is not None
    assert (alone.channel, two.channel) == (Channel.PLATFORM, Channel.MAIL)


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (datetime(2026, 3, 10, 12, 59, tzinfo=UTC), "outside_hours"),  # 08:59 in New York, two days after the change
        (datetime(2026, 3, 10, 21, 0, tzinfo=UTC), "outside_hours"),
        (datetime(2026, 3, 14, 15, 0, tzinfo=UTC), "no_business_day"),  # Saturday
        (datetime(2026, 5, 25, 15, 0, tzinfo=UTC), "no_business_day"),  # Memorial Day
    ],
)
def test_only_in_office_hours_of_a_business_day(now: datetime, rule: str) -> None:
    verdict = only(decide(case(synced_at=now), DEFAULT, now))

    assert rule == verdict.rule
    assert verdict.next_look_on is not None


def test_the_customers_own_zone_wins_over_the_companys() -> None:
    in_japan = Customer(ANN, "Ann", NOW, emails=(EmailAddress("ann@bakery.example"),), address=Address(country="JP"))

    assert only(decide(case(customers=(in_japan,)), DEFAULT, NOW)).rule == "outside_hours"  # midnight in Tokyo


def test_a_policy_that_makes_no_sense_is_refused_in_words() -> None:
    step = Step("a", 1, "just_due")
    for steps, words in (((), "at least one"), ((step, step), "name of its own"), ((step, Step("b", 0, "x")), "order")):
        with pytest.raises(ValueError, match=words):
            Policy(steps)
    with pytest.raises(ValueError, match="window"):
        replace(DEFAULT, opens_at=DEFAULT.closes_at)


STATES = st.sampled_from(list(InvoiceStatus))


@given(
    st.lists(st.tuples(st.integers(-60, 200), st.integers(0, 10**7), STATES), min_size=1, max_size=8),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_every_invoice_gets_exactly_one_verdict_and_only_open_ones_are_sent(
    drawn: list[tuple[int, int, InvoiceStatus]], now: datetime
) -> None:
    invoices = tuple(
        structs.replace(invoice(late, opened, id=str(at)), status=status)
        for at, (late, opened, status) in enumerate(drawn)
    )

    decision = decide(case(*invoices, synced_at=now), replace(DEFAULT, minimum=Decimal(1)), now)

    assert [one.ref for one in invoices] == [verdict.invoice for verdict in decision.verdicts]
    sent = {verdict.invoice for verdict in decision.verdicts if verdict.say is Say.SEND}
    assert sent <= {one.ref for one in invoices if one.status is InvoiceStatus.OPEN and one.open.minor > 0}
    assert (decision.message is not None) == bool(sent)
