"""Random years of one customer, lived hour by hour: what must never happen does not, and every reason names its fact.

The checks here know nothing of the engine's rooms: they look at the year itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from collector.decide import decide
from collector.judgement import Line, Message, Verdict
from collector.paying.progress import progress_of
from collector.policy import DEFAULT, After, Policy, Step
from receivables.case import Case, Contact, Receipts
from receivables.money import Money
from receivables.plans import Agreement, Covered, InstallmentPlan, Part, PlanState, settled_of, shares
from receivables.records import Address, Answer, Company, Invoice, InvoiceStatus, Kind, Payment, PaymentStatus, Ref
from receivables.said import CONTACTS, Said, Saying, Way
from tests.collector.cases_at_hand import ANN, HERSELF

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = (3, 8, 13, 15, 20)
"""When the engine looks, by the clock of Greenwich: somewhere it is always night, and somewhere office hours."""
PLACES = {"US": "America/New_York", "DE": "Europe/Berlin", "AU": "Australia/Lord_Howe", "IN": "Asia/Kolkata"}
NEVER = (
    Saying.INSOLVENCY,
    Saying.DEATH,
    Saying.BREATHING_SPACE,
    Saying.STOP,
    Saying.OBJECTION,
    Saying.HANDED_OVER,
    Saying.HARDSHIP,
    Saying.HOLD,
    Saying.REPLY,
    Saying.NEVER_CHASE,
    Saying.PROMISE,
    Saying.DISPUTE,
)
REPEATING = replace(
    DEFAULT,
    steps=(*DEFAULT.steps, Step("and-again", 12, "last_reminder", again=True, after=After.CONTACT, repeat=True)),
    per_month=4,
)


@dataclass(frozen=True)
class Sold:
    """One invoice of the year: issued and due on these days of it, and paid on that one, if it ever was."""

    issued: int
    terms: int
    minor: int
    paid: int | None


@dataclass(frozen=True)
class Event:
    """Something said on a day of the year, for so many days, about one invoice or all of it; perhaps ended early."""

    kind: Saying
    day: int
    lasts: int | None
    about: int | None
    ended: int | None
    theirs: bool


@dataclass(frozen=True)
class Deal:
    """A plan over the first invoices, agreed on a day: so many parts, so many days apart, and how late each is paid."""

    day: int
    over: int
    every: int
    late: tuple[int | None, ...]


@dataclass(frozen=True)
class Year:
    """One customer's year."""

    country: str
    sold: tuple[Sold, ...]
    events: tuple[Event, ...]
    policy: Policy
    deal: Deal | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(PLACES[self.country])


sold = st.builds(
    Sold,
    st.integers(0, 250),
    st.sampled_from([0, 7, 14, 30]),
    st.integers(400, 90_000),
    st.one_of(st.none(), st.integers(0, 360)),
)
events = st.builds(
    Event,
    st.sampled_from([*NEVER, Saying.OPT_OUT, *CONTACTS]),
    st.integers(0, 360),
    st.one_of(st.none(), st.integers(0, 40)),
    st.one_of(st.none(), st.integers(0, 4)),
    st.one_of(st.none(), st.integers(0, 360)),
    st.booleans(),
)
deals = st.builds(
    Deal,
    st.integers(20, 250),
    st.integers(1, 3),
    st.sampled_from([7, 14, 30]),
    st.lists(st.one_of(st.none(), st.integers(-5, 20)), min_size=1, max_size=4).map(tuple),
)
years = st.builds(
    Year,
    st.sampled_from(sorted(PLACES)),
    st.lists(sold, min_size=1, max_size=5).map(tuple),
    st.lists(events, max_size=4).map(tuple),
    st.sampled_from([DEFAULT, REPEATING]),
    st.one_of(st.none(), deals),
)


@given(years)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_year_of_it_never_embarrasses(year: Year) -> None:
    sent: list[Contact] = []
    keys: list[str] = []
    for number in range(365 * len(HOURS)):
        now = NEW_YEAR + timedelta(days=number // len(HOURS), hours=HOURS[number % len(HOURS)])
        case = _case(year, now, sent)
        decision = decide(case, year.policy, now)
        assert [verdict.invoice for verdict in decision.verdicts] == [invoice.ref for invoice in case.invoices]
        if decision.message is not None:
            _expect_decent(year, case, decision.message, now)
            sent.append(_contact(decision.message, now))
            keys += [_key(line) for line in decision.message.lines]
    assert len({(contact.day_on) for contact in sent}) == len(sent)
    assert len(set(keys)) == len(keys)


def _key(line: Line) -> str:
    number = line.occurrence if line.part or line.step.name == "and-again" else 1
    return f"{line.invoice.ref}/{line.step.name}/{line.part.plan.id if line.part else ''}/{number}"


def _expect_decent(year: Year, case: Case, message: Message, now: datetime) -> None:
    local = now.astimezone(year.zone)
    assert 9 <= local.hour < 17
    assert local.weekday() < 5
    assert local.date() not in holidays.country_holidays(year.country, years=local.year)
    earlier = _contact_days(case, local.date())
    assert sum(day > local.date() - timedelta(days=7) for day in earlier) < year.policy.per_week
    assert sum(day > local.date() - timedelta(days=30) for day in earlier) < year.policy.per_month
    for line in message.lines:
        assert line.invoice.status is InvoiceStatus.OPEN
        assert line.asked.minor > 0
        for said in case.said:
            if said.kind in (*NEVER, Saying.OPT_OUT) and said.holds(local.date(), now):
                assert not said.about(line.invoice.ref), said.kind
    _expect_parts_kept(case, message)


def _expect_parts_kept(case: Case, message: Message) -> None:
    """Nobody who keeps to a plan is asked for more than the part, or otherwise than on its days."""
    for progress in case.plans:
        plan, today = progress.plan, message.day_on
        lines = [line for line in message.lines if plan.covers(line.invoice.ref)]
        if not lines:
            continue
        owed = sum(part.amount.minor for part in plan.parts if part.due_on <= today + timedelta(days=3))
        given_up = sum(part.amount.minor for part in plan.parts if today > part.due_on + timedelta(days=plan.cure_days))
        if progress.paid.minor >= given_up:
            assert all(line.part is not None for line in message.lines)
            assert sum(line.asked.minor for line in lines) <= owed - progress.paid.minor
        else:
            assert all(line.part is None for line in lines)


def _contact_days(case: Case, today: date) -> list[date]:
    by_people = [one.from_on for one in case.said if one.kind in CONTACTS and one.way is Way.OURS and not one.ended_at]
    return [day for day in [*(contact.day_on for contact in case.contacts), *by_people] if day <= today]


@given(years, st.integers(0, 364), st.sampled_from(HOURS))
@settings(max_examples=60, deadline=None)
def test_taking_away_what_a_verdict_names_changes_it(year: Year, day: int, hour: int) -> None:
    now = NEW_YEAR + timedelta(days=day, hours=hour)
    case = _case(year, now, [])

    for verdict in decide(case, year.policy, now).verdicts:
        take_away = TAKEN.get(verdict.rule)
        if take_away is not None:
            other, moment = take_away(case, verdict, now)
            again = {one.invoice: one for one in decide(other, year.policy, moment).verdicts}[verdict.invoice]
            assert (again.say, again.rule, again.reason) != (verdict.say, verdict.rule, verdict.reason)


Taken = Callable[[Case, Verdict, datetime], tuple[Case, datetime]]


def _without_words(case: Case, verdict: Verdict, now: datetime) -> tuple[Case, datetime]:
    return replace(case, said=()), now


def _with_invoice(**changed: object) -> Taken:
    def change(case: Case, verdict: Verdict, now: datetime) -> tuple[Case, datetime]:
        invoices = (structs.replace(one, **changed) if one.ref == verdict.invoice else one for one in case.invoices)
        return replace(case, invoices=tuple(invoices)), now

    return change


def _without_money(case: Case, verdict: Verdict, now: datetime) -> tuple[Case, datetime]:
    return replace(case, payments=()), now


def _on_the_named_day(case: Case, verdict: Verdict, now: datetime) -> tuple[Case, datetime]:
    assert verdict.next_look_on is not None
    zone = ZoneInfo(case.company.time_zone)
    noon = datetime(verdict.next_look_on.year, verdict.next_look_on.month, verdict.next_look_on.day, 12, tzinfo=zone)
    return replace(case, synced_at=noon.astimezone(UTC)), noon.astimezone(UTC)


BY_WORDS = (
    "insolvency",
    "death",
    "breathing_space",
    "asked_to_stop",
    "objected",
    "handed_over",
    "hardship",
    "on_hold",
    "reply_unread",
    "never_chase",
    "promised",
    "disputed",
    "opted_out",
    "contacted_lately",
    "contact_budget",
)


def _without_plans(case: Case, verdict: Verdict, now: datetime) -> tuple[Case, datetime]:
    return replace(case, plans=()), now


TAKEN: Mapping[str, Taken] = {
    **dict.fromkeys(BY_WORDS, _without_words),
    "in_plan": _without_plans,
    "part_earned": _without_plans,
    "paid": _with_invoice(status=InvoiceStatus.OPEN),
    "not_yet": _with_invoice(issued_on=date(2024, 1, 1), due_on=date(2024, 2, 1)),
    "below_minimum": _with_invoice(open=Money(10**6, "USD")),
    "money_on_account": _without_money,
    "we_owe_them": _without_money,
    "no_business_day": _on_the_named_day,
    "outside_hours": _on_the_named_day,
}


def _case(year: Year, now: datetime, sent: list[Contact]) -> Case:
    """What was known at `now`."""
    today = now.astimezone(year.zone).date()
    sold = [_invoice(number, one, today) for number, one in enumerate(year.sold) if _day(one.issued) <= today]
    plan, invoices = _dealt(year, sold, today)
    settled = {one.ref: settled_of(one) for one in invoices}
    return Case(
        debtor="c1/ann",
        company=Company("c1", "Northwind", "USD", year.country, PLACES[year.country], own_reminders=Answer.NO),
        customers=(structs.replace(HERSELF, address=Address(("1 Main Street",), "", "", "", "")),),
        invoices=tuple(invoices),
        payments=_payments(year, today),
        plans=(progress_of(plan, settled, ()),) if plan else (),
        contacts=tuple(sent),
        said=tuple(_said(one) for one in year.events if _at(one.day) <= now),
        synced_at=now - timedelta(hours=2),
        receipts=Receipts(today, 7),
    )


def _invoice(number: int, one: Sold, today: date) -> Invoice:
    amount, nothing = Money(one.minor, "USD"), Money(0, "USD")
    paid = one.paid is not None and _day(one.paid) <= today
    return Invoice(
        ref=Ref("c1", Kind.INVOICE, str(number)),
        number=f"INV-{number}",
        customer=ANN,
        issued_on=_day(one.issued),
        due_on=_day(one.issued + one.terms),
        total=amount,
        open=nothing if paid else amount,
        paid=amount if paid else nothing,
        credited=nothing,
        adjusted=nothing,
        status=InvoiceStatus.PAID if paid else InvoiceStatus.OPEN,
        changed_at=NEW_YEAR,
    )


def _dealt(year: Year, sold: list[Invoice], today: date) -> tuple[InstallmentPlan | None, list[Invoice]]:
    """The plan, once it was agreed, and the invoices with what came in for its parts."""
    deal = year.deal
    if deal is None or today < _day(deal.day):
        return None, sold
    then = [_invoice(number, one, _day(deal.day)) for number, one in enumerate(year.sold[: deal.over])]
    covered = [one for one in then if one.issued_on and one.issued_on <= _day(deal.day) and one.open]
    total = sum(one.open.minor for one in covered)
    if total < len(deal.late):
        return None, sold
    sums = Money(total, "USD").allocate([1] * len(deal.late))
    parts = tuple(Part(at + 1, _day(deal.day + deal.every * (at + 1)), one) for at, one in enumerate(sums))
    agreed = Agreement("Ann", _at(deal.day), "phone", "as told")
    about = tuple(Covered(one.ref, one.open, Money(0, "USD")) for one in covered)
    plan = InstallmentPlan("deal", "c1/ann", about, parts, state=PlanState.ACTIVE, agreement=agreed)
    came = [
        part.amount.minor
        for part, late in zip(parts, deal.late, strict=True)
        if late is not None and part.due_on + timedelta(days=late) <= today
    ]
    laid = shares(Money(sum(came), "USD"), ((one.ref, one.open) for one in covered))
    return plan, [_with_paid(one, laid[one.ref]) if one.ref in laid and one.open else one for one in sold]


def _with_paid(invoice: Invoice, more: Money) -> Invoice:
    left = invoice.open - more
    status = InvoiceStatus.OPEN if left else InvoiceStatus.PAID
    return structs.replace(invoice, open=left, paid=invoice.paid + more, status=status)


def _payments(year: Year, today: date) -> tuple[Payment, ...]:
    """The first invoice's money is there three days before anybody matches it."""
    first = year.sold[0]
    if first.paid is None or not _day(first.paid - 3) <= today < _day(first.paid):
        return ()
    amount = Money(first.minor, "USD")
    ref, settled = Ref("c1", Kind.PAYMENT, "p"), PaymentStatus.SETTLED
    return (Payment(ref, ANN, _day(first.paid - 3), amount, amount, settled, NEW_YEAR),)


def _said(one: Event) -> Said:
    ended = _at(one.ended) if one.ended is not None and one.ended > one.day else None
    lasts = 0 if one.kind in CONTACTS else one.lasts
    return Said(
        debtor="c1/ann",
        kind=one.kind,
        from_on=_day(one.day),
        until_on=None if lasts is None else _day(one.day + lasts),
        invoice=None if one.about is None else Ref("c1", Kind.INVOICE, str(one.about)),
        channel="mail" if one.kind is Saying.OPT_OUT else "",
        way=Way.THEIRS if one.theirs else Way.OURS,
        reason="reached" if one.kind is Saying.CALL else "",
        by="Robin",
        at=_at(one.day),
        ended_at=ended,
    )


def _contact(message: Message, now: datetime) -> Contact:
    steps = tuple((line.invoice.ref, line.step.name) for line in message.lines)
    return Contact(message.debtor, now, message.day_on, message.channel.value, "sent", steps)


def _day(number: int) -> date:
    return NEW_YEAR.date() + timedelta(days=number)


def _at(number: int) -> datetime:
    return NEW_YEAR + timedelta(days=number)
