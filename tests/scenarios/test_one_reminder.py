"""One reminder: sent once, with a reason, never after the money came, whatever gets lost on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.dispatch import dispatch
from collector.wording.writing import Letter
from duewell.businesses import the_business
from duewell.clock import SystemClock
from duewell.desk.desk import Desk
from duewell.mailing import Notice, send_once
from duewell.policies import keep
from duewell.running import drain_inbox, follow_up_all, make_plan, parked_messages, send_plan, settle_parked
from duewell.showing.customers import customer
from duewell.showing.overview import plan
from duewell.stationery import stationery_of
from integrations.errors import NotThere
from sandbox.faults import Fault
from storage import actions
from storage.actions import Action, ActionState
from storage.plannings import plannings
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
# every platform, and both databases; which platform is on which is as good as drawn
EVERYWHERE = pytest.mark.parametrize(
    ("play", "database_url"),
    [("quickbooks", "sqlite"), ("xero", "postgresql"), ("stripe", "sqlite")],
    indirect=True,
)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def play(plays: Plays, request: pytest.FixtureRequest) -> Play:
    """One company on one platform, its books read: `@pytest.mark.parametrize("play", ["stripe"], indirect=True)`."""
    platform = getattr(request, "param", "quickbooks")
    begun = plays(platforms=(platform,), invoices=40, customers=10)
    begun.sync()
    return begun


def sent(play: Play) -> list[tuple[str, str]]:
    """Debtor and state of every turn of a sending."""
    return [(outcome.debtor, outcome.state) for _, outcome in send_plan(play.house, play.business, by="Robin")]


def messages(play: Play, *states: ActionState) -> list[Action]:
    with play.house.database.read() as tx:
        return [one for one in actions.actions(tx, play.business, states=states or None) if one.act != "leave_note"]


def notes(play: Play, *states: ActionState) -> list[Action]:
    with play.house.database.read() as tx:
        return actions.actions(tx, play.business, states=states or None, act="leave_note")


@EVERYWHERE
def test_the_plan_gives_a_reason_for_every_open_invoice_and_each_customer_one_message(play: Play) -> None:
    view = plan(play.house, play.business)
    still_open = [one for key in play.connected_keys() for one in play.invoices(key).values() if one.owing]

    assert len(view.rows) == len(still_open)
    assert all(row.reason.endswith(".") and row.rule for row in view.rows)
    outcomes = sent(play)

    assert outcomes
    assert {state for _, state in outcomes} == {"sent"}
    assert len({debtor for debtor, _ in outcomes}) == len(outcomes)
    mails = play.sandbox.mailbox.mails()
    by_platform = [one for one in messages(play, ActionState.SENT) if one.act == "platform"]
    assert len(mails) + len(by_platform) == len(outcomes)
    assert all(mail.message["Auto-Submitted"] == "auto-generated" for mail in mails)


def test_a_second_sending_on_the_same_day_sends_nothing(play: Play) -> None:
    first = sent(play)
    count = len(play.sandbox.mailbox.mails())

    assert first
    assert sent(play) == []
    assert len(play.sandbox.mailbox.mails()) == count
    play.move(hours=1)
    play.sync()
    assert not [state for _, state in sent(play) if state == "sent"]


@EVERYWHERE
def test_who_paid_a_minute_ago_is_not_reminded_although_no_webhook_came(play: Play) -> None:
    play.sandbox.courier.paused = True
    rows = [row for row in plan(play.house, play.business).rows if row.say == "send"]
    payer = rows[0]
    theirs = [row for row in rows if (row.connection, row.customer_id) == (payer.connection, payer.customer_id)]
    key = next(key for key in play.connected_keys() if play.connected(key).id == payer.connection)
    for row in theirs:
        play.act("pay", key, invoice=row.invoice_id)

    outcomes = dict(sent(play))

    assert outcomes[f"{payer.connection}/{payer.customer_id}"] == "nothing"
    texts = [str(mail.message) for mail in play.sandbox.mailbox.mails()]
    assert not [text for text in texts if f" {payer.number} " in text]


def test_the_webhook_of_a_payment_changes_the_verdict(play: Play) -> None:
    desk = Desk(play.house, reads=False)
    row = next(row for row in plan(play.house, play.business).rows if row.say == "send")
    play.act("pay", "cedar", invoice=row.invoice_id)
    assert _deliver(play, desk, row.invoice_id) == 200

    drained = drain_inbox(play.house)

    desk.close()
    assert (drained.deliveries, drained.records) == (1, 1)
    rows = {each.invoice_id for each in plan(play.house, play.business).rows}
    assert row.invoice_id not in rows
    assert not play.invoices("cedar")[row.invoice_id].owing


def _deliver(play: Play, desk: Desk, invoice: str) -> int:
    """A CloudEvent signed with the app's verifier token, as QuickBooks posts it."""
    import base64
    import hashlib
    import hmac
    import json

    realm = play.connected("cedar").external_id
    event = {
        "specversion": "1.0",
        "id": f"event-{invoice}",
        "type": "qbo.invoice.updated.v1",
        "time": "2026-03-10T16:31:00.123456789Z",
        "intuitentityid": invoice,
        "intuitaccountid": realm,
        "data": {},
    }
    body = json.dumps([event]).encode()
    secret = play.house.app("quickbooks").webhook_secrets[0]
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return desk.receive("quickbooks", "", {"intuit-signature": signature}, body)


def test_a_note_is_left_on_the_invoice_and_never_where_customers_look(play: Play) -> None:
    sent(play)

    left = notes(play, ActionState.SENT)
    spoken = {one.invoice.id for one in _spoken(play)}
    assert {one.about.id for one in left if one.about} == spoken
    assert not notes(play, ActionState.PLANNED, ActionState.FAILED, ActionState.AMBIGUOUS)


def _spoken(play: Play) -> list[Any]:
    with play.house.database.read() as tx:
        return [speaks for speaks, held in actions.spoken(tx, play.business) if held.state is ActionState.SENT]


def test_a_mail_whose_confirmation_was_lost_is_parked_and_never_sent_again(play: Play) -> None:
    play.sandbox.mailbox.answers.extend(["drop"])

    states = [state for _, state in sent(play)]

    assert states.count("ambiguous") == 1
    (parked,) = messages(play, ActionState.PARKED)
    assert "Nobody can tell" in parked.reason
    count = len(play.sandbox.mailbox.mails())
    for _ in range(3):
        play.move(days=1)
        play.sync()
        sent(play)
    again = [mail for mail in play.sandbox.mailbox.mails()[count:] if parked.key in str(mail.message["Message-ID"])]
    assert again == []


@pytest.mark.parametrize("arrived", [True, False])
def test_a_person_says_what_became_of_a_parked_message(play: Play, *, arrived: bool) -> None:
    play.sandbox.mailbox.answers.extend(["drop"])
    sent(play)
    (parked,) = parked_messages(play.house, play.business)
    assert parked.key in parked.reason

    settle_parked(play.house, play.business, parked.key, sent=arrived)

    assert parked_messages(play.house, play.business) == []
    outcomes = dict(sent(play))
    assert outcomes.get(parked.debtor) == (None if arrived else "sent")
    with pytest.raises(NotThere, match="nothing is parked"):
        settle_parked(play.house, play.business, parked.key, sent=True)


def test_a_mail_to_our_own_people_that_nobody_can_tell_of_is_parked_and_listed(play: Play) -> None:
    """It belongs to no connection, so that no connection's follow-up looked at it."""
    play.sandbox.mailbox.answers.extend(["drop"])
    notice = Notice("morning", "k1", "p1", "Kim", "kim@office.example", Letter("Good morning", "All is well.", ""))
    assert not send_once(play.house, play.business, notice)
    play.move(quiet=True, minutes=20)

    follow_up_all(play.house, play.business)

    (parked,) = parked_messages(play.house, play.business)
    assert parked.key == "k1"
    assert not send_once(play.house, play.business, notice)
    settle_parked(play.house, play.business, "k1", sent=False)
    assert send_once(play.house, play.business, notice)


class Ticking(SystemClock):
    """Each look at it takes five minutes."""

    def __init__(self, first: datetime) -> None:
        self._next = first

    def now(self) -> datetime:
        told, self._next = self._next, self._next + timedelta(minutes=5)
        return told


def test_what_is_kept_of_a_second_look_is_the_instant_it_judged(play: Play) -> None:
    """Doors close between the looks: the reason tells the minute, and a replay judges the instant that was kept."""
    house, business, begun = play.house, play.business, play.house.clock.now()
    keep(house, business, '[manners]\nopens_at = "06:00"\ncloses_at = "09:35"\n', by="Robin")
    due = {one.decision.candidate.debtor for one in make_plan(house, business) if one.decision.candidate}
    owner = the_business(house, business)
    sender = house.sender(owner, stationery_of(house, owner), automatic=False)
    with house.source(play.connected("cedar")) as source:
        slow = [dispatch(replace(source, clock=Ticking(begun)), sender, debtor) for debtor in sorted(due)]

    (judged, *_) = [one.reason[:11] for one in slow if one.reason.startswith("It is 09:")]
    with house.database.read() as tx:
        kept = {f"{at:%M}" for at, _ in plannings(tx, business, since=begun + timedelta(minutes=1), until=NEVER)}
    assert kept == {judged[-2:]}


def test_a_mail_server_that_asks_to_come_later_is_asked_later_with_the_same_message(play: Play) -> None:
    play.sandbox.mailbox.answers.extend(["451"])
    assert [state for _, state in sent(play)].count("failed") == 1
    (failed,) = messages(play, ActionState.FAILED)

    play.move(quiet=True, minutes=20)
    outcomes = dict(sent(play))

    assert outcomes == {failed.debtor: "sent"}
    ids = [str(mail.message["Message-ID"]) for mail in play.sandbox.mailbox.mails()]
    assert len(ids) == len(set(ids))


def test_a_mail_server_that_says_no_is_shown_to_a_person(play: Play) -> None:
    play.sandbox.mailbox.answers.extend(["550"])

    assert [state for _, state in sent(play)].count("parked") == 1
    (parked,) = messages(play, ActionState.PARKED)
    assert "refused" in parked.reason
    assert "@" not in parked.reason


@EVERYWHERE
def test_a_note_whose_reply_was_lost_is_looked_up_and_left_once(play: Play) -> None:
    platform = play.connected(play.connected_keys()[0]).platform
    method, path = {
        "quickbooks": ("POST", "/attachable"),
        "xero": ("PUT", "/History"),
        "stripe": ("POST", "/v1/invoices/"),
    }[platform]
    play.sandbox.book.add(Fault(platform, "drop_after", method=method, path=path, times=1, skip=_mailed_again(play)))

    sent(play)
    play.move(quiet=True, minutes=20)
    follow_up_all(play.house, play.business)

    play.move(quiet=True, minutes=20)
    follow_up_all(play.house, play.business)
    assert not notes(play, ActionState.PLANNED, ActionState.CLAIMED, ActionState.FAILED, ActionState.AMBIGUOUS)
    assert {one.state for one in notes(play)} == {ActionState.SENT}


def _mailed_again(play: Play) -> int:
    """On Stripe a note and a sending go to the same address: let the sendings pass."""
    decided = make_plan(play.house, play.business)
    return sum(
        one.decision.message is not None and one.decision.message.channel.value == "platform" for one in decided
    ) * (play.connected(play.connected_keys()[0]).platform == "stripe")


def test_a_pay_link_that_cannot_be_had_does_not_keep_the_message(play: Play) -> None:
    play.sandbox.book.add(Fault("quickbooks", "read_only", method="GET", path="/invoice/", times=1))

    states = [state for _, state in sent(play)]

    assert set(states) == {"sent"}
    texts = [str(mail.message.get_body(("plain",))) for mail in play.sandbox.mailbox.mails()]
    assert sum("://" in text for text in texts) < len(texts)


def test_one_customers_page_tells_the_whole_story(play: Play) -> None:
    sent(play)
    speaks = _spoken(play)[0]
    invoice = play.invoices("cedar")[speaks.invoice.id]
    head = next(one.debtor for one in messages(play, ActionState.SENT) if one.about == speaks.invoice).partition("/")[2]

    view = customer(play.house, play.business, speaks.invoice.connection, head)

    assert view is not None
    messages_of = [one.message for one in view.work.events if one.message]
    assert messages_of
    assert any(invoice.number in one.what for one in view.work.events)
    assert messages_of[0].state == "sent"
    assert "://" not in messages_of[0].text
