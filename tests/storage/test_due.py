"""The query that finds what may have a step names too many at times, and never too few."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from collector.debtors.case_book import cases
from collector.decide import decide
from collector.judgement import Verdict
from collector.narrowing import windows
from collector.policy import DEFAULT, After, Policy, Step
from receivables.page import Page
from receivables.plans import Agreement, Covered, InstallmentPlan, Part
from receivables.records import Address, Answer, Company, Customer, Invoice, Kind, Ref
from storage import actions, installments
from storage.actions import ActionState, Plan, Speaks
from storage.businesses import add_business
from storage.connections import NewConnection, connect, connection, pulled, save_company
from storage.database import Database, Tx
from storage.installments import Begun
from storage.pages import save_page
from tests.collector.cases_at_hand import HERSELF, invoice, usd

NUMBERS = count(1)
EVENING = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Drawn:
    """One invoice: whose, when due and issued, what is open, which steps were done how many days ago; and how many days
    ago the next part of its plan was due, if it is in one."""

    customer: int
    due: int | None
    issued: int | None
    entered: int | None
    open: int
    done: tuple[tuple[str, int], ...]
    part: int | None = None


REPEATING = Policy(
    (
        Step("early", -2, "before_due"),
        Step("first", 5, "first_reminder"),
        Step("second", 12, "second_reminder", again=True),
        Step("later", 6, "second_reminder", again=True, after=After.CONTACT),
        Step("again", 9, "last_reminder", again=True, after=After.CONTACT, repeat=True),
    ),
    due_on_receipt_days=10,
)
ONE_STEP = Policy((Step("only", 3, "just_due"),), due_on_receipt_days=0)
POLICIES = (DEFAULT, REPEATING, ONE_STEP, replace(DEFAULT, minimum=replace(DEFAULT).minimum * 10))

days_ago = st.one_of(st.none(), st.integers(-40, 90))
drawn = st.builds(
    Drawn,
    customer=st.integers(0, 3),
    due=days_ago,
    issued=days_ago,
    entered=days_ago,
    open=st.sampled_from([0, 100, 10_000]),
    done=st.sampled_from(POLICIES).flatmap(
        lambda policy: st.lists(
            st.tuples(st.sampled_from([step.name for step in policy.steps]), st.integers(0, 40)),
            max_size=4,
            unique_by=lambda told: told[0],
        ).map(tuple)
    ),
    part=st.one_of(st.none(), st.integers(-6, 12)),
)


IN_JAPAN = 1
ON_THE_NEXT_DAY = Drawn(IN_JAPAN, due=2, issued=30, entered=None, open=10_000, done=())
"""Three days late where the customer is, and two where the clock is that all others go by."""
LONG_CHASED_IN_A_PLAN = Drawn(0, due=-30, issued=5, entered=None, open=10_000, done=(), part=0)
"""No window of the steps holds it, and its part is due today."""


@example([ON_THE_NEXT_DAY], {ONE_STEP}, 0)
@example([LONG_CHASED_IN_A_PLAN], {ONE_STEP}, 0)
@given(st.lists(drawn, min_size=1, max_size=12), st.sets(st.sampled_from(POLICIES), min_size=1), st.integers(0, 30))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_has_a_step_is_always_found(
    database: Database, invoices: list[Drawn], policies: set[Policy], hours: int
) -> None:
    now = EVENING + timedelta(hours=hours)
    business = f"drawn{next(NUMBERS)}"
    _fill(database, business, invoices, now)

    for policy in policies:
        everything = _stepped(database, business, policy, now, narrow=None)
        assert _stepped(database, business, policy, now, narrow=policies) == everything


def _stepped(
    database: Database, business: str, policy: Policy, now: datetime, *, narrow: set[Policy] | None
) -> dict[Ref, str]:
    """The invoices whose step has come, and which."""
    with database.read() as tx:
        connected = connection(tx, business, business)
    assert connected is not None
    wanted = None if narrow is None else windows(narrow, now)
    verdicts: list[Verdict] = []
    for case in cases(database, connected, now, wanted):
        verdicts += decide(case, policy, now).verdicts
    return {one.invoice: one.step for one in verdicts if one.step}


def _fill(database: Database, business: str, invoices: list[Drawn], now: datetime) -> None:
    company = Company(business, "Northwind", "USD", "US", "America/New_York", own_reminders=Answer.NO)
    records = [*(_customer(business, number) for number in range(4))]
    with database.write() as tx:
        add_business(tx, business, now=now, business=business)
        connect(tx, business, NewConnection("xero", business, "", id=business), now=now)
        save_company(tx, business, company)
        pulled(tx, business, business, now=now)
        made = [_invoice(business, number, one, now) for number, one in enumerate(invoices)]
        save_page(tx, business, business, Page((*records, *made)), now=now)
        for number, one in enumerate(invoices):
            for step, days in one.done:
                _tell(tx, business, (number, one.customer), step, now - timedelta(days=days))
            if one.part is not None and one.open:
                _in_plan(tx, business, (number, one), now)


def _customer(business: str, number: int) -> Customer:
    """Some on the other side of the world, whose day is another one; the last is billed with the first."""
    ref, where = Ref(business, Kind.CUSTOMER, str(number)), ("US", "JP", "WS", "NZ")[number]
    parent = Ref(business, Kind.CUSTOMER, "0") if number == 3 else None
    return structs.replace(HERSELF, ref=ref, address=Address(country=where), parent=parent, bills_with_parent=True)


def _invoice(business: str, number: int, one: Drawn, now: datetime) -> Invoice:
    def day(ago: int | None) -> date | None:
        return None if ago is None else now.date() - timedelta(days=ago)

    return invoice(
        ref=Ref(business, Kind.INVOICE, str(number)),
        customer=Ref(business, Kind.CUSTOMER, str(one.customer)),
        due_on=day(one.due),
        issued_on=day(one.issued),
        entered_at=None if one.entered is None else now - timedelta(days=one.entered),
        total=usd(10_000),
        open=usd(one.open),
        paid=usd(10_000 - one.open),
        changed_at=now,
    )


def _in_plan(tx: Tx, business: str, which: tuple[int, Drawn], now: datetime) -> None:
    """Two parts a month apart, of which the first has been paid."""
    number, one = which
    assert one.part is not None, "asked before"
    ref, half = Ref(business, Kind.INVOICE, str(number)), usd(one.open // 2)
    second = now.date() - timedelta(days=one.part)
    parts = (Part(1, second - timedelta(days=30), half), Part(2, second, half))
    covered = Covered(ref, usd(one.open), usd(10_000 - one.open))
    wanted = InstallmentPlan("", f"{business}/{one.customer}", (covered,), parts)
    id = installments.propose(tx, business, wanted, by="w", now=now)
    agreed = Agreement("w", now, "phone", "as told")
    settled = {ref: usd(10_000 - one.open) - half}
    assert installments.begin(tx, business, id, agreed, settled=settled) is Begun.YES


def _tell(tx: Tx, business: str, whose: tuple[int, int], step: str, at: datetime) -> None:
    number, customer = whose
    key = f"{number}-{step}"
    debtor = f"{business}/{customer}-{key}"  # a debtor of its own, so that two claims never share a day
    speaks = [Speaks(key, Ref(business, Kind.INVOICE, str(number)), step, "1")]
    actions.plan(tx, business, Plan("mail", key, debtor, business), now=at)
    actions.claim(tx, business, key, by="w", now=at, speaks=speaks, local_day=at.date())
    actions.mark(tx, business, key, ActionState.SENT, now=at)
