"""A plan in parts, lived: its invoices rest, its parts are reminded of once each, and money from anywhere counts."""

from collections.abc import Callable

import pytest

from duewell.automatic import choose_automatic
from duewell.finding import today_of
from duewell.judging import decide_one
from duewell.occasions import send_plan_offer
from duewell.plan_wishes import Wish
from duewell.plans import Shown, approve, plan_called, propose, show
from duewell.replaying import last_days, replay
from duewell.running import make_plan, send_plan
from receivables.plans import PlanState
from receivables.records import Collection, Invoice
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
EVERYWHERE = pytest.mark.parametrize(
    ("platform", "database_url"),
    [("quickbooks", "sqlite"), ("xero", "postgresql"), ("stripe", "sqlite")],
    indirect=["database_url"],
)


def whose(play: Play, key: str) -> Invoice:
    """The one who owes just one late invoice, of a size that can be parted."""
    today = today_of(play.house, play.business)
    late = [one for one in play.invoices(key).values() if one.owing and one.due_on and one.due_on < today]
    sent = [one for one in late if one.collection is not Collection.AUTOMATIC and one.open.minor >= 10_000]
    alone = [one for one in sent if sum(other.customer == one.customer for other in late) == 1]
    return max(alone or sent, key=lambda one: one.open.minor)


def begun(play: Play, invoice: Invoice, *, parts: int = 2, days: int = 5) -> Shown:
    wish = Wish((invoice.ref.id,), parts=str(parts), every="weekly", first_on=f"in {days} days")
    found = propose(play.house, play.business, wish, by="Robin", may_exceed=False)
    return approve(play.house, play.business, found.plan.id, by="Robin", who="Jo", way="phone")


def debtor_of(invoice: Invoice) -> str:
    return f"{invoice.customer.connection}/{invoice.customer.id}"


def rule(play: Play, invoice: Invoice) -> str:
    found = decide_one(play.house, play.business, debtor_of(invoice))
    assert found is not None
    return next(one.rule for one in found.decision.verdicts if one.invoice == invoice.ref)


def day(play: Play, key: str) -> list[str]:
    """The books are read and everything goes that may; the texts of the mails that went."""
    before = len(play.sandbox.mailbox.mails())
    play.sync(key)
    make_plan(play.house, play.business)
    send_plan(play.house, play.business, by="Robin")
    return texts(play)[before:]


def texts(play: Play) -> list[str]:
    """The plain text of every mail that went."""
    bodies = [one.message.get_body(("plain",)) for one in play.sandbox.mailbox.mails()]
    return [str(body.get_content()) for body in bodies if body is not None]


def business_days(play: Play, key: str, wanted: Callable[[], bool], *, most: int = 14) -> list[str]:
    """Days go by until it is so, or no more; every mail of these days."""
    found: list[str] = []
    for _ in range(most):
        found += day(play, key)
        if wanted():
            break
        play.move(quiet=True, days=1)
    return found


@EVERYWHERE
def test_a_plan_is_reminded_of_paid_from_anywhere_and_kept(plays: Plays, platform: str) -> None:
    play = plays(platforms=(platform,), invoices=40, customers=10)
    play.sync()
    key = play.connected_keys()[0]
    invoice = whose(play, key)
    plan = begun(play, invoice, days=12).plan
    assert rule(play, invoice) == "in_plan"
    assert not [text for text in day(play, key) if invoice.number in text], "the ordinary chase rests"

    play.move(quiet=True, days=9)
    mails = business_days(play, key, lambda: rule(play, invoice) in ("in_plan", "contacted_lately"), most=3)

    (told,) = [text for text in mails if invoice.number in text]
    assert "Part 1 of 2 of your payment plan" in told
    first, second = (part.amount for part in plan.parts)
    paid = first.minor if platform == "stripe" else f"{first.amount}"
    play.act("pay", key, invoice=invoice.ref.id, amount=paid)
    play.sync(key)
    known = show(play.house, play.business, plan.id)
    assert [one.state.value for one in known.standings] == ["paid", "coming"]

    play.act("pay", key, invoice=invoice.ref.id)
    play.sync(key)
    assert plan_called(play.house, play.business, plan.id).state is PlanState.KEPT
    assert second


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_broken_plan_is_chased_again_and_all_of_it_replays_row_by_row(plays: Plays) -> None:
    play = plays(platforms=("quickbooks",), invoices=40, customers=10)
    play.sync()
    key = play.connected_keys()[0]
    invoice = whose(play, key)
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    plan = begun(play, invoice, days=2).plan

    seen, mails = [], []
    for _ in range(12):
        mails += [text for text in day(play, key) if invoice.number in text]
        seen.append(rule(play, invoice))
        play.move(quiet=True, days=1, minutes=7)

    assert "in_plan" in seen
    assert plan_called(play.house, play.business, plan.id).state is PlanState.BROKEN
    assert seen[-1] not in ("in_plan", "part_earned")
    assert 1 <= len(mails) <= 4
    assert mails[0].count("Part 1 of 2") >= 1
    report = replay(play.house, play.business, last_days(play.house, play.business))
    assert report.reproduced is not None
    assert report.reproduced.examples == ()
    assert report.reproduced.strayed == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_proposal_is_mailed_once_a_day_with_its_parts(plays: Plays) -> None:
    play = plays(platforms=("xero",), invoices=40, customers=10)
    play.sync()
    key = play.connected_keys()[0]
    invoice = whose(play, key)
    wish = Wish((invoice.ref.id,), parts="3", first_on="in 10 days")
    plan = propose(play.house, play.business, wish, by="Robin", may_exceed=False).plan

    said = send_plan_offer(play.house, play.business, plan, by="Robin")

    assert said == "The proposal went out."
    (text,) = texts(play)
    assert "in 3 parts" in text
    assert invoice.number in text
    assert rule(play, invoice) != "in_plan", "nobody has agreed yet"
