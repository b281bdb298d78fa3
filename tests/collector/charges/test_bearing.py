"""What an invoice of a case bears: the base by days, the first day, whose law, who waived it, what was posted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from collector.charges.bearing import Agreed, Basis, Borne, Charging, Moment, Posted, bear, due_on, sums
from collector.charges.interest import Per, Terms
from collector.charges.words import UNSURE, sentences
from collector.law.rule import Operator
from collector.wording.languages import LANGUAGES, phrases
from collector.wording.lint import lint
from receivables.case import Case
from receivables.money import Money
from receivables.records import Address, Application, Company, CustomerKind, Invoice, Kind, Payment, PaymentStatus, Ref
from receivables.said import Said, Saying
from tests.storage.amber import credit, customer, gbp, invoice, payment, ref

BRITISH = Locale("en", "GB")
NOW = datetime(2026, 5, 21, 9, 0, tzinfo=UTC)
UNTIL = date(2026, 5, 21)
ONE = ref(Kind.INVOICE, 1)
LAW = Charging(Basis.STATUTORY)
POLICY = Charging(
    Basis.POLICY,
    (Agreed(date(2026, 1, 1), Terms(Decimal("1.5"), Per.MONTH, gbp(500), 5, version="of 1 January 2026")),),
)
LATE = with_(invoice(1, 25_000), total=gbp(25_000), issued_on=date(2026, 1, 31), due_on=date(2026, 3, 2))


def case(*invoices: Invoice, said: tuple[Said, ...] = (), **more: Any) -> Case:
    who = customer(1, name="Ann Lee Ltd", kind=CustomerKind.BUSINESS, address=Address(country="GB"))
    company = Company("c1", "Amber", "GBP", country="GB", time_zone="Europe/London")
    return Case("c1/1", company, (more.pop("head", who),), invoices or (LATE,), said=said, **more)


def borne(one: Invoice = LATE, charging: Charging = LAW, *, until: date = UNTIL, **more: Any) -> Borne:
    posted = more.pop("posted", ())
    return bear(case(one, **more), one, charging, Moment(until, NOW, UTC), posted=posted)


def said(kind: Saying, first: date, last: date | None = None, *, at: int = 0, by: str = "Robin") -> Said:
    return Said("c1/1", kind, first, last, ONE, by=by, at=NOW - timedelta(hours=10 - at))


def paid(minor: int, on: date, **more: Any) -> Payment:
    return payment(7, minor, received_on=on, applications=(Application(ONE, gbp(minor)),), **more)


# --- base, first day, and the sentence ------------------------------------------------------------------------------


def test_the_sentence_says_how_much_for_which_days_at_which_rate_from_where_and_on_what() -> None:
    found = borne()
    assert sentences(found, BRITISH) == (
        (
            "£6.36 from 3 March to 20 May 2026 at 11.75\N{NO-BREAK SPACE}% a year (Bank of England rate "
            "3.75\N{NO-BREAK SPACE}% + 8\N{NO-BREAK SPACE}%, Late Payment of Commercial Debts (Interest) Act 1998; "
            "SI 2002/1675) on £250.00."
        ),
        "£40.00 once (Late Payment of Commercial Debts (Interest) Act 1998 s.5A).",
    )
    assert found.since_on == date(2026, 3, 3)


def test_a_part_payment_lowers_the_base_from_its_day_on() -> None:
    late = with_(LATE, open=gbp(15_000), paid=gbp(10_000))
    found = borne(late, payments=(paid(10_000, date(2026, 4, 1)),))
    assert found.charge
    assert [(one.from_on, one.base) for one in found.charge.periods] == [
        (date(2026, 3, 3), gbp(25_000)),
        (date(2026, 4, 1), gbp(15_000)),
    ]


def test_a_credit_note_counts_from_its_day_and_pending_money_not_at_all() -> None:
    late = with_(LATE, open=gbp(24_000), credited=gbp(1_000))
    noted = credit(1, 0, issued_on=date(2026, 4, 1), applications=(Application(ONE, gbp(1_000)),))
    pending = paid(500, date(2026, 4, 2), status=PaymentStatus.PENDING)
    found = borne(late, credits=(noted,), payments=(pending,))
    assert found.charge
    assert [one.base for one in found.charge.periods] == [gbp(25_000), gbp(24_000)]


def test_what_left_the_invoice_unseen_counts_for_the_customer_from_the_first_day() -> None:
    found = borne(with_(LATE, open=gbp(20_000), adjusted=gbp(5_000)))
    assert found.charge
    assert [one.base for one in found.charge.periods] == [gbp(20_000)]


def test_books_that_do_not_add_up_give_no_sum() -> None:
    found = borne(payments=(paid(30_000, date(2026, 4, 1)),))
    assert (found.charge, found.total) == (None, gbp(0))
    assert "bring the books up to date" in found.why_not


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ({}, date(2026, 3, 2)),
        ({"sent_at": datetime(2026, 2, 10, 12, tzinfo=UTC)}, date(2026, 3, 12)),
        ({"due_on": date(2026, 1, 31)}, date(2026, 3, 2)),
        ({"due_on": None}, date(2026, 3, 2)),
        ({"due_on": None, "sent_at": datetime(2026, 2, 10, 12, tzinfo=UTC)}, date(2026, 3, 12)),
        ({"issued_on": None}, date(2026, 3, 2)),
    ],
)
def test_it_is_due_by_its_terms_or_thirty_days_after_it_came(changed: dict[str, Any], due: date) -> None:
    assert due_on(with_(LATE, **changed), UTC, 30) == due


def test_the_credit_policy_gives_grace_then_interest_and_its_fee_once() -> None:
    found = borne(charging=POLICY)
    assert found.charge
    assert (found.since_on, found.charge.fixed) == (date(2026, 3, 8), gbp(500))
    (words, fee) = sentences(found, BRITISH)
    assert "at 18\N{NO-BREAK SPACE}% a year (credit policy of 1 January 2026) on £250.00" in words
    assert fee == "£5.00 once (credit policy of 1 January 2026)."


# --- no sum, and the sentence instead -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (borne(charging=Charging()), "This business asks for nothing when it is paid late"),
        (borne(until=date(2026, 3, 3)), "its first late day is 3 March 2026"),
        (borne(until=date(2027, 2, 1)), None),
        (borne(with_(LATE, total=Money(25_000, "EUR"), open=Money(25_000, "EUR"))), "this invoice is in EUR"),
        (borne(head=customer(1, kind=CustomerKind.CONSUMER)), "for a consumer in GB is not covered"),
        (borne(head=customer(1)), "is not known; say so first"),
        (borne(head=customer(1, kind=CustomerKind.BUSINESS, address=Address(country="FR"))), "The customer is in FR"),
        (borne(with_(LATE, issued_on=date(2025, 12, 31)), POLICY), "before the credit policy had late charges"),
        (borne(with_(LATE, total=Money(9, "EUR"), open=Money(9, "EUR")), POLICY), "The late fee is in GBP"),
        (
            borne(with_(LATE, open=gbp(0), paid=gbp(25_000)), payments=(paid(25_000, date(2026, 3, 2)),)),
            "paid before it was late",
        ),
    ],
)
def test_what_cannot_be_worked_out_is_said_in_a_sentence(found: Borne, sentence: str | None) -> None:
    if sentence is None:
        assert found.charge, "the English rate of the first day holds for the life of the debt"
        return
    assert (found.charge, found.total.minor) == (None, 0)
    (line,) = sentences(found, BRITISH)
    assert sentence in line
    assert line.endswith(".")


def test_a_day_without_a_rate_gives_no_sum_and_names_the_day() -> None:
    far = with_(LATE, issued_on=date(2029, 1, 1), due_on=date(2029, 3, 2))
    found = borne(far, until=date(2029, 6, 1))
    assert found.charge is None
    assert "of 3 March 2029 is not known here" in found.why_not


def test_a_rate_nobody_saw_in_a_notice_says_so() -> None:
    found = borne(with_(LATE, issued_on=date(2024, 6, 1), due_on=date(2024, 7, 10)))
    assert UNSURE in sentences(found, BRITISH)


def test_a_person_who_confirmed_the_kind_is_believed() -> None:
    kind = Said("c1/1", Saying.KIND, date(2026, 1, 1), reason="business", at=NOW - timedelta(days=9))
    assert borne(head=customer(1), said=(kind,)).charge


def test_where_the_law_wants_a_default_the_enforced_day_is_the_first() -> None:
    consumer = customer(1, kind=CustomerKind.CONSUMER, address=Address(country="DE"))
    euros = with_(LATE, total=Money(25_000, "EUR"), open=Money(25_000, "EUR"))
    german = replace(case(euros, head=consumer), company=Company("c1", "Amber", "EUR", country="DE"))
    moment = Moment(UNTIL, NOW, UTC)
    assert "put in default" in bear(german, euros, LAW, moment).why_not
    told = replace(german, said=(said(Saying.ENFORCED, date(2026, 4, 1)),))
    found = bear(told, euros, LAW, moment)
    assert found.since_on == date(2026, 4, 1)
    assert found.total
    assert (found.may_be_shown, sums([found])) == (False, {}), "what the law gives is shown to businesses alone"


# --- waived and enforced --------------------------------------------------------------------------------------------


def test_a_waiver_of_everything_names_who_waived_how_much() -> None:
    found = borne(said=(said(Saying.WAIVED, LATE.issued_on or UNTIL),))
    assert (found.charge, found.total) == (None, gbp(0))
    assert sentences(found, BRITISH) == (
        "Nothing is left to ask for: it was waived.",
        f"£{borne().total.amount} was waived by Robin.",
    )


def test_the_last_word_counts_for_each_day_and_the_fixed_sum_goes_with_the_first() -> None:
    whole = borne()
    first, kim = date(2026, 3, 1), date(2026, 4, 1)
    words = (said(Saying.WAIVED, first, at=1), said(Saying.ENFORCED, kim, date(2026, 4, 30), at=2, by="Kim"))
    found = borne(said=words)
    assert found.charge
    assert [(one.from_on, one.to_on) for one in found.charge.periods] == [(kim, date(2026, 5, 1))]
    assert not found.charge.fixed
    assert found.total + sum((one.amount for one in found.waived), gbp(0)) == whole.total


def test_an_ended_waiver_and_one_of_another_invoice_waive_nothing() -> None:
    ended = replace(said(Saying.WAIVED, date(2026, 3, 1)), ended_at=NOW)
    other = replace(said(Saying.WAIVED, date(2026, 3, 1)), invoice=ref(Kind.INVOICE, 2))
    assert borne(said=(ended, other)) == borne()
    everybody = replace(other, invoice=None)
    assert borne(said=(everybody,)).charge is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 90), st.integers(0, 40)), max_size=5))
def test_however_it_is_waived_the_parts_add_up_to_the_whole(told: list[tuple[bool, int, int]]) -> None:
    words = tuple(
        said(
            Saying.WAIVED if waived else Saying.ENFORCED,
            date(2026, 3, 1) + timedelta(days=begins),
            date(2026, 3, 1) + timedelta(days=begins + length),
            at=at,
        )
        for at, (waived, begins, length) in enumerate(told)
    )
    found = borne(said=words)
    assert found.total + sum((one.amount for one in found.waived), gbp(0)) == borne().total


# --- posted ---------------------------------------------------------------------------------------------------------


def posted_up_to(until: date, **changed: Any) -> Posted:
    return replace(Posted(ONE, date(2026, 3, 3), until, gbp(4_300), ref(Kind.INVOICE, 99), "Kim"), **changed)


def test_what_was_posted_is_not_asked_for_again_and_the_fixed_sum_comes_once() -> None:
    up_to = date(2026, 4, 1)
    found, before = borne(posted=(posted_up_to(up_to),)), borne(until=up_to)
    assert found.charge
    assert (found.since_on, found.charge.fixed) == (up_to, gbp(0))
    assert before.total + found.total == borne().total
    assert "£43.00 from 3 March to 31 March 2026 was posted as an invoice of its own by Kim." in sentences(
        found, BRITISH
    )


@pytest.mark.parametrize("later", [0, 5])
def test_nothing_is_left_on_the_day_it_was_posted(later: int) -> None:
    found = borne(posted=(posted_up_to(UNTIL + timedelta(days=later)),))
    assert (found.charge, found.total) == (None, gbp(0))
    assert found.why_not.startswith("What it bore was posted up to")


def test_an_invoice_of_late_charges_bears_none() -> None:
    found = borne(posted=(posted_up_to(UNTIL, of=Ref("c1", Kind.INVOICE, "5"), made=ONE),))
    assert found.charge is None
    assert "itself an invoice for late payment" in found.why_not


def test_sums_are_by_currency() -> None:
    found = borne()
    euros = with_(LATE, total=Money(10_000, "EUR"), open=Money(10_000, "EUR"))
    terms = Charging(Basis.POLICY, (Agreed(date(2026, 1, 1), Terms(Decimal(8))),))
    other = borne(euros, terms)
    assert sums([found, found, other]) == {"GBP": found.total + found.total, "EUR": other.total}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_in_messages_is_careful_in_every_language(language: str) -> None:
    line = phrases(language)["late_charges"].format(day="1 May 2026", amount="£12.40")
    assert "£12.40" in line
    for operator in Operator:
        assert not lint(line, language=language, operator=operator)


# --- disputed -------------------------------------------------------------------------------------------------------


def dispute(first: date, amount: int | None = None, *, ended: datetime | None = None, **more: Any) -> Said:
    word = said(more.pop("kind", Saying.DISPUTE), first, more.pop("last", None), at=1)
    return replace(word, amount=gbp(amount) if amount else None, ended_at=ended, **more)


@pytest.mark.parametrize("kind", [Saying.DISPUTE, Saying.RETAINED])
def test_the_disputed_part_bears_nothing_while_it_is_disputed(kind: Saying) -> None:
    found = borne(said=(dispute(date(2026, 4, 1), 10_000, kind=kind, last=date(2026, 4, 9)),))
    assert found.charge
    assert [(one.from_on, one.base) for one in found.charge.periods] == [
        (date(2026, 3, 3), gbp(25_000)),
        (date(2026, 4, 1), gbp(15_000)),
        (date(2026, 4, 10), gbp(25_000)),
    ]
    assert "No interest from 1 April to 9 April 2026 on £100.00, which was disputed or kept back." in sentences(
        found, BRITISH
    )


def test_a_dispute_that_was_ended_has_been_one_up_to_the_day_of_its_end() -> None:
    ended = datetime(2026, 4, 10, 12, tzinfo=UTC)
    found = borne(said=(dispute(date(2026, 4, 1), ended=ended),))
    assert found.charge
    assert [(one.from_on, one.to_on) for one in found.charge.periods] == [
        (date(2026, 3, 3), date(2026, 4, 1)),
        (date(2026, 4, 10), UNTIL),
    ]
    slip = borne(said=(dispute(date(2026, 4, 10), ended=ended),))
    assert slip.total == borne().total, "written down and ended on one day"
    assert slip.disputed == ()


def test_what_is_disputed_altogether_says_so() -> None:
    found = borne(said=(dispute(date(2026, 3, 1)),))
    assert (found.charge, found.total) == (None, gbp(0))
    assert "disputed or kept back" in found.why_not
    assert sentences(found, BRITISH) == (found.why_not,)


def test_about_another_invoice_or_not_yet_said_or_before_it_was_late_it_changes_nothing() -> None:
    other = replace(dispute(date(2026, 3, 1)), invoice=ref(Kind.INVOICE, 9))
    coming = replace(dispute(date(2026, 3, 1)), at=NOW + timedelta(hours=1))
    before = dispute(date(2026, 1, 1), last=date(2026, 2, 1))
    assert borne(said=(other, coming, before)).total == borne().total
    assert len(sentences(borne(said=(before,)), BRITISH)) == 2
    everything = replace(dispute(date(2026, 3, 1)), invoice=None)
    assert borne(said=(everything,)).charge is None


def test_charges_for_disputed_days_may_be_asked_for_by_a_person_afterwards() -> None:
    word = dispute(date(2026, 4, 1), ended=datetime(2026, 5, 1, 12, tzinfo=UTC))
    some = said(Saying.ENFORCED, date(2026, 4, 11), at=2)
    found = borne(said=(word, some))
    assert [(one.from_on, one.to_on) for one in found.disputed] == [(date(2026, 4, 1), date(2026, 4, 11))]
    assert borne(said=(said(Saying.ENFORCED, date(2026, 4, 1), at=0), word)).disputed[0].to_on == date(2026, 5, 1)


def test_a_dispute_written_down_after_posting_never_asks_for_the_fixed_sum_again() -> None:
    posted = Posted(ONE, date(2026, 3, 3), date(2026, 4, 1), gbp(4_233), ref(Kind.INVOICE, 8))
    found = borne(said=(dispute(date(2026, 3, 1), last=date(2026, 4, 10)),), posted=(posted,))
    assert found.charge
    assert not found.charge.fixed
    assert [one.from_on for one in found.charge.periods] == [date(2026, 4, 11)]
