"""What the jobs do alone: ordinary messages when that was chosen and is safe, and idle authorisations kept alive."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from collector.debtors.cases import debtor_key
from duewell import jobs
from duewell.connecting import change_answers
from duewell.running import may_send_alone, send_plan
from receivables.records import Answer
from receivables.said import Said, Saying
from storage import books, tables
from storage.businesses import business as business_of
from storage.businesses import set_automatic
from storage.said import say
from tests.scenarios.playing import Play


def office_hours(play: Play) -> None:
    """A Tuesday noon in California, where the company is."""
    play.move(quiet=True, hours=3)


def known_customers(play: Play) -> None:
    """A person has said of every customer that it is a business, as one does before sending is left to itself."""
    with play.house.database.write() as tx:
        for one in books.customers(tx, play.business):
            words = Said(debtor_key(one.ref), Saying.KIND, date(2026, 1, 1), reason="business", by="Robin")
            say(tx, play.business, words, now=play.house.clock.now())


def bank_is_entered(play: Play) -> None:
    """A person has said that the bank is entered up to today, although no money came in."""
    now = play.house.clock.now()
    words = Said("", Saying.BANK_ENTERED, date(2026, 1, 1), now.date() + timedelta(days=1), by="Robin")
    with play.house.database.write() as tx:
        say(tx, play.business, words, now=now)


UNSAFE = [(False, Answer.NO), (True, Answer.UNKNOWN), (True, Answer.YES)]


def test_messages_go_alone_only_when_chosen_and_safe(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks", invoices=60, customers=12)
    play.sync()
    known_customers(play)
    office_hours(play)
    send_plan(play.house, play.business, by="Robin")
    play.move(quiet=True, days=6, hours=22)
    play.sync()
    bank_is_entered(play)
    before = len(play.sandbox.mailbox.mails())

    for automatic, reminders in UNSAFE:
        assert not _alone(play, automatic=automatic, reminders=reminders)
        jobs.collect(play.house)
        assert len(play.sandbox.mailbox.mails()) == before

    assert _alone(play, automatic=True, reminders=Answer.NO)
    jobs.collect(play.house)
    jobs.collect(play.house)

    mails = [str(one.message["Message-ID"]) for one in play.sandbox.mailbox.mails()]
    assert len(mails) > before
    assert len(mails) == len(set(mails))


def _alone(play: Play, *, automatic: bool, reminders: Answer) -> bool:
    """Whether this business may send by itself once it is so."""
    change_answers(play.house, play.business, play.connected("cedar").id, {"own_reminders": reminders.value})
    with play.house.database.write() as tx:
        set_automatic(tx, play.business, automatic)
    with play.house.database.read() as tx:
        known = business_of(tx, play.business)
    assert known is not None
    return may_send_alone(play.house, known)


def test_authorisations_that_were_idle_for_a_week_are_renewed(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks", "xero", "stripe")
    before = {key: _generation(play, key) for key in ("cedar", "brightwater", "northwind")}

    play.move(quiet=True, days=5)
    jobs.renew(play.house)
    assert {key: _generation(play, key) for key in before} == before
    play.move(quiet=True, days=2)
    jobs.renew(play.house)

    assert _generation(play, "cedar") == before["cedar"] + 1
    assert _generation(play, "brightwater") == before["brightwater"] + 1
    assert _generation(play, "northwind") == before["northwind"]
    jobs.renew(play.house)
    assert _generation(play, "cedar") == before["cedar"] + 1


def _generation(play: Play, key: str) -> int:
    return play.house.grants.load(play.connected(key).grant_id).generation


def test_a_refresh_token_kept_alive_by_the_jobs_outlives_its_idle_days(plays: Callable[..., Play]) -> None:
    play = plays("xero")

    for _ in range(13):
        play.move(quiet=True, days=7)
        jobs.renew(play.house)

    assert not play.sync("harbour")["harbour"].trouble


def test_a_grant_that_no_key_opens_does_not_keep_the_others_from_being_renewed(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks", "xero")
    spoilt = play.connected("cedar").grant_id
    with play.house.database.write() as tx:
        mine = tables.grant.c.id == spoilt
        early = datetime(2026, 1, 1, tzinfo=UTC)
        tx.execute(update(tables.grant).where(mine).values(sealed=b"spoilt", expires_at=early))
    play.move(quiet=True, days=7)

    jobs.renew(play.house)

    assert _generation(play, "brightwater") == 1
