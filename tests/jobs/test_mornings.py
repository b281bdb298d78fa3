"""The morning mail and what owners are told at once: once, to the right people, and with no customer's name in it."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from collector.approving import digest
from duewell import jobs
from duewell.access import Role
from duewell.approving import answer_messages
from duewell.mornings import Place, morning_of
from duewell.running import make_plan
from sandbox.mailbox import Mail
from storage import actions, people
from storage.actions import ActionState, Plan
from storage.connections import disconnect, unwell, well
from storage.differences import Difference, save_differences
from tests.collector.cases_at_hand import usd
from tests.scenarios.playing import Play

HERE = "America/Los_Angeles"


def seat(play: Play, name: str, role: Role) -> str:
    """Somebody with a role at the business; their address."""
    email = f"{name.lower()}@juniper.example"
    with play.house.database.write() as tx:
        id = people.add_person(tx, email, name=name, password_hash="x", now=play.house.clock.now())
        assert id is not None
        people.give(tx, play.business, id, role.value)
    return email


def mails_to(play: Play, address: str) -> list[Mail]:
    return [one for one in play.sandbox.mailbox.mails() if address in str(one.message["To"])]


def texts(found: Sequence[Mail]) -> list[str]:
    bodies = [one.message.get_body(("plain",)) for one in found]
    return [body.get_content().replace("\r\n", "\n") for body in bodies if body is not None]


@pytest.fixture
def play(plays: Callable[..., Play]) -> Play:
    """Read, with old debts, on a Tuesday at half past nine in California."""
    begun = plays("quickbooks", invoices=40, customers=8)
    begun.sync()
    return begun


def morning(play: Play, *, days: int = 1) -> None:
    """A quarter past seven where the company is, so many days after the first."""
    local = play.house.clock.now().astimezone(ZoneInfo(HERE))
    then = datetime(2026, 3, 10 + days, 7, 15, tzinfo=ZoneInfo(HERE))
    play.move(quiet=True, seconds=(then - local).total_seconds())
    play.sync()
    jobs.mornings_job(play.house)


def test_one_mail_a_working_morning_to_each_who_approves(play: Play) -> None:
    robin, kim, vi = seat(play, "Robin", Role.OWNER), seat(play, "Kim", Role.BOOKKEEPER), seat(play, "Vi", Role.VIEWER)
    for days in (1, 1, 2, 3, 4, 5):
        morning(play, days=days)
        jobs.mornings_job(play.house)

    assert len(mails_to(play, robin)) == len(mails_to(play, kim)) == 3, "Wednesday to Friday, and no weekend"
    assert not mails_to(play, vi)


def test_nothing_comes_before_seven_or_after_noon(play: Play) -> None:
    robin = seat(play, "Robin", Role.OWNER)
    play.move(quiet=True, hours=3)
    jobs.mornings_job(play.house)
    play.move(quiet=True, hours=18, minutes=25)
    jobs.mornings_job(play.house)

    assert not mails_to(play, robin)
    play.move(quiet=True, minutes=10)
    jobs.mornings_job(play.house)
    assert len(mails_to(play, robin)) == 1


def test_the_mail_counts_and_names_no_customer(play: Play) -> None:
    robin = seat(play, "Robin", Role.OWNER)
    morning(play)
    (mail,) = mails_to(play, robin)
    (text,) = texts([mail])

    assert "to look at" in str(mail.message["Subject"])
    assert "To look at first: " in text
    assert f"{play.house.settings.web.base_url}/plan\n" in text
    names = {one.case.head.name for one in make_plan(play.house, play.business)}
    assert names
    assert not [name for name in names if name in mail.message.as_string()]


def test_with_nothing_to_say_there_is_no_mail_all_morning(play: Play) -> None:
    robin = seat(play, "Robin", Role.OWNER)
    refuse_everything(play, days=1)
    with play.house.database.read() as tx:
        assert not [one for one in actions.actions(tx, play.business) if one.act == "morning"]
    assert not mails_to(play, robin)


def refuse_everything(play: Play, *, days: int) -> None:
    """Said just before the morning of that day."""
    local = play.house.clock.now().astimezone(ZoneInfo(HERE))
    then = datetime(2026, 3, 10 + days, 6, 50, tzinfo=ZoneInfo(HERE))
    play.move(quiet=True, seconds=(then - local).total_seconds())
    found = [(one.case.debtor, one.decision.candidate) for one in make_plan(play.house, play.business)]
    asked = [(debtor, digest(message)) for debtor, message in found if message is not None]
    answer_messages(play.house, play.business, asked, by="Robin", refused=True)
    morning(play, days=days)


def test_what_nobody_answers_for_two_working_days_is_said_first(play: Play) -> None:
    robin = seat(play, "Robin", Role.OWNER)
    for days in (1, 2, 3):
        morning(play, days=days)
    first, _, last = mails_to(play, robin)

    assert "Today: " in str(first.message["Subject"])
    assert "Still waiting for you: " in str(last.message["Subject"])
    assert "waited for two working days or longer." in texts([last])[0]


def test_an_answer_ends_the_waiting(play: Play) -> None:
    seat(play, "Robin", Role.OWNER)
    morning(play, days=1)
    refuse_everything(play, days=2)
    morning(play, days=3)
    told = morning_of(play.house, Place(play.business, "The business", "US", date(2026, 3, 13), True))

    assert told.unanswered == 0


def test_owners_are_told_once_of_a_lost_connection_and_once_that_it_is_mended(play: Play) -> None:
    robin, kim = seat(play, "Robin", Role.OWNER), seat(play, "Kim", Role.BOOKKEEPER)
    cedar, now = play.connected("cedar"), play.house.clock.now()
    with play.house.database.write() as tx:
        unwell(tx, play.business, cedar.id, "Please connect again: it no longer renews our access", now=now, rest=None)
    jobs.alerts_job(play.house)
    jobs.alerts_job(play.house)

    assert [str(one.message["Subject"]) for one in mails_to(play, robin)] == [
        "The business: QuickBooks has to be connected again"
    ]
    assert not mails_to(play, kim)
    with play.house.database.write() as tx:
        well(tx, play.business, cedar.id)
    jobs.alerts_job(play.house)
    jobs.alerts_job(play.house)
    assert len(mails_to(play, robin)) == 2
    assert "is connected again." in str(mails_to(play, robin)[1].message["Subject"])


def test_a_trouble_that_comes_back_is_news_again(play: Play) -> None:
    robin, cedar = seat(play, "Robin", Role.OWNER), play.connected("cedar")
    for _ in range(2):
        play.move(quiet=True, hours=1)
        now = play.house.clock.now()
        with play.house.database.write() as tx:
            unwell(tx, play.business, cedar.id, "Please connect again: no", now=now, rest=None)
        jobs.alerts_job(play.house)
        with play.house.database.write() as tx:
            well(tx, play.business, cedar.id)
        jobs.alerts_job(play.house)

    assert len(mails_to(play, robin)) == 4


def test_what_only_waits_for_the_platform_is_no_alarm(play: Play) -> None:
    robin, cedar = seat(play, "Robin", Role.OWNER), play.connected("cedar")
    with play.house.database.write() as tx:
        unwell(tx, play.business, cedar.id, "QuickBooks is busy", now=play.house.clock.now(), rest=None)
    jobs.alerts_job(play.house)

    assert not mails_to(play, robin)


def test_a_server_that_refuses_is_told_a_wrong_mailbox_is_not(play: Play) -> None:
    robin = seat(play, "Robin", Role.OWNER)
    park(play, "a", "the mail server knows no such mailbox (code 550)")
    jobs.alerts_job(play.house)
    assert not mails_to(play, robin)

    park(play, "b", "the mail server does not let us in (code 535); correct user and password in [mail]")
    jobs.alerts_job(play.house)
    (mail,) = mails_to(play, robin)
    assert "refuses our messages" in str(mail.message["Subject"])
    assert "correct user and password in [mail]" in texts([mail])[0]


def test_a_difference_is_told_once_and_when_none_is_open_any_more(play: Play) -> None:
    robin, cedar = seat(play, "Robin", Role.OWNER), play.connected("cedar")
    found = Difference(cedar.id, usd(100), usd(200), customer_id="58")
    with play.house.database.write() as tx:
        save_differences(tx, play.business, cedar.id, [found], now=play.house.clock.now())
    jobs.alerts_job(play.house)
    jobs.alerts_job(play.house)
    (mail,) = mails_to(play, robin)
    assert str(mail.message["Subject"]) == "The business: the books differ from QuickBooks"

    play.sync()
    jobs.alerts_job(play.house)
    assert len(mails_to(play, robin)) == 2
    assert "No difference between QuickBooks" in str(mails_to(play, robin)[1].message["Subject"])


def test_what_a_person_disconnected_is_not_called_mended(play: Play) -> None:
    robin, cedar = seat(play, "Robin", Role.OWNER), play.connected("cedar")
    with play.house.database.write() as tx:
        unwell(tx, play.business, cedar.id, "Please connect again: no", now=play.house.clock.now(), rest=None)
    jobs.alerts_job(play.house)
    with play.house.database.write() as tx:
        disconnect(tx, play.business, cedar.id)
    jobs.alerts_job(play.house)

    assert len(mails_to(play, robin)) == 1


def park(play: Play, key: str, reason: str) -> None:
    now = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
    with play.house.database.write() as tx:
        actions.plan(tx, play.business, Plan("mail", key, "c/1"), now=now)
        actions.claim(tx, play.business, key, by="w", now=now)
        actions.mark(tx, play.business, key, ActionState.PARKED, now=now, reason=reason)
