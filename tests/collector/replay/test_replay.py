"""Replaying with values: the books walked back, what a policy would have sent, and how two differ."""

from collections.abc import Sequence
from dataclasses import replace as changed
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.calendar import is_business_day
from collector.decide import decide
from collector.judgement import Say
from collector.plan import Ruling
from collector.policy import DEFAULT, Channel, Policy
from collector.replay.archive import Archive, Shelf
from collector.replay.clan import Clan
from collector.replay.moment import Moment
from collector.replay.resting import Judged
from collector.replay.simulate import Turns, answers, sending, simulate, wrong
from collector.replay.told import Answer, Changed, Sending, difference_of, run_of
from collector.replay.walking_back import Books, as_of, pasts_on, settlements
from receivables.case import Case, Contact, Past
from receivables.records import Application, Invoice, InvoiceStatus, Kind, Payment, Ref
from receivables.said import Said, Saying
from storage.connections import Connected, Role
from storage.plannings import Known
from storage.versions import Version
from tests.collector.cases_at_hand import ANN, COMPANY, HERSELF, ME, NOW, TODAY, days, invoice, payment, said, usd

LONG_AGO = NOW - timedelta(days=365)
QUICK = changed(DEFAULT, gap_days=0, per_week=7, per_month=30, version="quick")


def clan(
    invoices: Sequence[Version[Invoice]],
    payments: Sequence[Version[Payment]] = (),
    *,
    words: Sequence[Said] = (),
    first_at: datetime | None = LONG_AGO,
) -> Clan:
    connected = Connected("b1", "c1", "xero", "t", "Northwind", Role.BOOKS, "g", {}, LONG_AGO, company=COMPANY)
    connected = changed(connected, first_pull_done_at=first_at)
    archive = Archive(
        connected=connected,
        since=days(-60),
        customers=Shelf([Version(HERSELF, LONG_AGO)]),
        invoices=Shelf(invoices),
        payments=Shelf(payments),
        credits=Shelf(()),
    )
    return Clan({"c1": archive}, said=tuple(words))


def moments(*, reconstructed: bool = False) -> list[Moment]:
    """Eleven in the morning of every business day of the last sixty."""
    every = (NOW + timedelta(days=at) for at in range(-60, 1))
    return [
        Moment(
            at,
            at.date(),
            {
                "c1": Known(
                    synced_at=at,
                    own_reminders="no",
                    country="US",
                    time_zone="America/New_York",
                    channels=tuple(Channel),
                )
            },
            frozenset({"c1"} if reconstructed else ()),
        )
        for at in every
        if is_business_day(at.date(), "US")
    ]


def held_to(policy: Policy) -> Ruling:
    return lambda _: policy


def run(of: Clan, policy: Policy = DEFAULT, *, reconstructed: bool = False) -> list[Judged]:
    return list(simulate(of, moments(reconstructed=reconstructed), lambda _: held_to(policy), Turns()))


def paid(one: Invoice, on: date, *, entered_at: datetime | None = None) -> tuple[Invoice, Payment]:
    """The invoice settled in full, and the money."""
    money = payment(one.total.minor, unapplied=0, received_on=on)
    used = replace(money, applications=(Application(one.ref, one.total, on),), entered_at=entered_at)
    return replace(one, open=usd(0), paid=one.total, status=InvoiceStatus.PAID), used


def test_each_step_would_have_gone_once_and_the_next_knows_of_it() -> None:
    sent = [sending(one) for one in run(clan([Version(invoice(30), LONG_AGO)])) if one.message]

    steps = [step for one in sent for _, step in one.steps]
    assert steps == ["before-due", "just-due", "first-reminder", "invoice-again", "second-reminder"]
    assert sent[0].odd
    assert "first_contact" not in sent[1].odd
    assert [one.day for one in sent] == sorted({one.day for one in sent})


def test_what_becomes_known_later_was_not_known_before() -> None:
    one = invoice(10)
    settled, _ = paid(one, days(-1))
    late = clan([Version(one, LONG_AGO, NOW - timedelta(days=5)), Version(settled, NOW - timedelta(days=5))])

    said_of = {judged.moment.on: judged for judged in run(late)}

    assert days(-6) in said_of
    assert not [day for day in said_of if day > days(-5)]


def test_money_that_had_come_and_was_not_in_the_books_makes_a_message_wrong() -> None:
    one = invoice(8)
    settled, money = paid(one, days(-3))
    entered = NOW - timedelta(hours=1)
    theirs = clan([Version(one, LONG_AGO, entered), Version(settled, entered)], [Version(money, entered)])

    found = [mistake for judged in run(theirs) if judged.message and (mistake := wrong(theirs, judged))]

    (mistake,) = found
    assert days(-3) <= mistake.day <= TODAY
    assert (mistake.name, mistake.numbers, mistake.amount) == ("Ann's Bakery", ("INV-i1",), str(one.total))
    assert mistake.paid_on == days(-3)


def test_a_part_of_the_money_makes_no_message_wrong() -> None:
    one = invoice(8)
    part = replace(payment(4_000, unapplied=0, received_on=days(-3)), applications=(Application(ME, usd(4_000)),))
    theirs = clan([Version(one, LONG_AGO)], [Version(part, NOW)])

    assert not [judged for judged in run(theirs) if judged.message and wrong(theirs, judged)]


def test_before_connecting_an_invoice_is_open_until_its_money_came() -> None:
    settled, money = paid(invoice(20), days(-10))

    found = run(clan([Version(settled, NOW)], [Version(money, NOW)], first_at=NOW), reconstructed=True)

    assert {one.case.invoices[0].open for one in found} == {invoice().open}
    assert max(one.moment.on for one in found) < days(-10)
    assert all(one.case.reconstructed for one in found)


def test_before_connecting_money_counts_from_the_day_it_was_entered_where_that_is_told() -> None:
    settled, money = paid(invoice(20), days(-10), entered_at=NOW - timedelta(days=2))
    theirs = clan([Version(settled, NOW)], [Version(money, NOW)], first_at=NOW)

    found = [mistake for one in run(theirs, reconstructed=True) if one.message and (mistake := wrong(theirs, one))]

    assert found
    assert all(days(-10) <= one.day < days(-1) and one.reconstructed for one in found)


@given(
    st.lists(st.tuples(st.integers(-60, 0), st.integers(1, 4_000)), max_size=4),
    st.integers(-70, 0),
)
def test_walked_back_books_add_up_on_every_day(parts: list[tuple[int, int]], day: int) -> None:
    total = 20_000
    came = sum(minor for _, minor in parts)
    one = invoice(20, total - came, total=usd(total), paid=usd(came), issued_on=days(-80))
    payments = tuple(
        replace(
            payment(minor, unapplied=0, received_on=days(on)),
            ref=Ref("c1", Kind.PAYMENT, f"p{at}"),
            applications=(Application(ME, usd(minor)),),
        )
        for at, (on, minor) in enumerate(parts)
    )

    then = as_of(Books((one,), payments, ()), days(day), NOW + timedelta(days=day))

    (walked,) = then.invoices
    assert walked.balances()
    assert walked.open == usd(total - sum(minor for on, minor in parts if on <= day))
    assert {money.received_on for money in then.payments} == {days(on) for on, _ in parts if on <= day}


def test_money_that_was_matched_later_was_free_until_then() -> None:
    settled, money = paid(invoice(20), days(-5))
    early = replace(money, received_on=days(-9))

    then = as_of(Books((settled,), (early,), ()), days(-7), NOW - timedelta(days=7))

    assert then.payments[0].unapplied == settled.total
    assert then.invoices[0].open == settled.total


def test_how_a_customer_had_paid_by_a_day() -> None:
    in_time, money = paid(invoice(40, id="a"), days(-45))
    late, other = paid(invoice(40, id="b"), days(-30))
    books = Books((in_time, late), (money, replace(other, ref=Ref("c1", Kind.PAYMENT, "p2"))), ())

    assert pasts_on(settlements(books), days(-46)) == {}
    assert pasts_on(settlements(books), days(-40)) == {ANN: Past(1)}
    assert pasts_on(settlements(books), days(-30)) == {ANN: Past(2, 1, 10)}


def day_by_day(of: Clan, policy: Policy) -> list[tuple[date, tuple[tuple[Say, str, str, str], ...]]]:
    """The same without passing over any day."""
    told: list[Contact] = []
    found = []
    for moment in moments():
        for case in of.cases(moment, told):
            decision = decide(case, policy, moment.at)
            if decision.candidate:
                told = [*told, _told(case, moment, decision.candidate.invoices)]
            found.append((moment.on, tuple((one.say, one.rule, one.step, one.reason) for one in decision.verdicts)))
    return found


def _told(case: Case, moment: Moment, invoices: Sequence[tuple[Invoice, object]]) -> Contact:
    steps = tuple((one.ref, getattr(step, "name", "")) for one, step in invoices)
    return Contact(case.debtor, moment.at, moment.on, "mail", "sent", steps)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(-40, 60), st.integers(0, 70)), min_size=1, max_size=4),
    st.sampled_from([*Saying]),
    st.tuples(st.integers(-50, 0), st.integers(0, 20)),
    st.sampled_from([DEFAULT, QUICK]),
)
def test_passing_over_quiet_days_says_the_same_as_judging_each(
    born: list[tuple[int, int]], kind: Saying, told: tuple[int, int], policy: Policy
) -> None:
    versions = [Version(invoice(late, id=f"i{at}"), NOW - timedelta(days=seen)) for at, (late, seen) in enumerate(born)]
    word = said(kind, from_on=days(told[0]), until_on=days(told[0] + told[1]), at=NOW - timedelta(days=55))

    found = run(clan(versions, words=[word]), policy)

    assert [
        (one.moment.on, tuple((each.say, each.rule, each.step, each.reason) for each in one.decision.verdicts))
        for one in found
    ] == day_by_day(clan(versions, words=[word]), policy)


def test_no_day_has_more_messages_than_the_cap() -> None:
    turns, capped = Turns(), changed(DEFAULT, daily_cap=1)
    whole = [clan([Version(invoice(30), LONG_AGO)]) for _ in range(2)]

    first, second = ([*simulate(one, moments(), lambda _: held_to(capped), turns)] for one in whole)

    assert max(turns.taken.values()) == 1
    held = [answer for one in second for _, _, answer in answers(one) if answer.rule == "daily_cap"]
    assert held
    assert not [answer for one in first for _, _, answer in answers(one) if answer.rule == "daily_cap"]


def message(day: int, name: str = "Ann", step: str = "just-due", odd: tuple[str, ...] = ()) -> Sending:
    return Sending(days(day), f"c1/{name.lower()}", name, "mail", (("1", step),), odd)


def test_a_run_counts_customers_and_days() -> None:
    found = run_of("v1", [message(-3), message(-3, "Bob"), message(-1, odd=("first_contact",))], [], {"stale": 2})

    assert (found.messages, found.odd, found.busiest) == (3, 1, (days(-3), 2))
    assert [(one.name, one.messages) for one in found.customers] == [("Ann", 2), ("Bob", 1)]
    assert found.per_day == ((days(-3), 2), (days(-1), 1))
    assert run_of("v1", [], []).busiest is None


def test_a_difference_names_the_first_day_and_whom_it_concerns() -> None:
    ours, theirs = [message(-9), message(-3), message(-3, "Bob")], [message(-9), message(-2, "Bob")]
    verdict = Changed(days(-5), "c1/ann", "Ann", "1", Answer("send", "a", "A."), Answer("hold", "b", "B."))

    found = difference_of(ours, theirs, [verdict], 1)

    assert (found.more, found.first_on, found.invoices) == (-1, days(-5), 1)
    assert [(one.name, one.messages, one.other) for one in found.customers] == [("Ann", 2, 1)]
    assert difference_of(ours, ours, [], 0).first_on is None
