"""A reminder by every channel, from the plan to what became of it: texts, letters, calls, mail with the invoice."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from collector.channels.letter import LetterCarrier
from duewell import jobs
from duewell.businesses import the_business
from duewell.config import Settings, StepSetting
from duewell.config_ways import Answers, Letters, Sms
from duewell.running import follow_up_all, make_plan, send_plan
from duewell.ways import letters
from receivables.said import Said, Saying
from sandbox import inbox
from sandbox.faults import Fault
from storage import actions, tables
from storage.actions import Action, ActionState
from storage.said import said, say
from storage.todos import todos
from tests.scenarios.playing import Play

LETTERS = {"sms": "sms_reminder", "letter": "letter_reminder", "call": "call_script", "mail": "first_reminder"}


@pytest.fixture
def begun(plays: Callable[..., Play]) -> Callable[[str], Play]:
    """A play whose one step goes by the channel, with every way set up."""

    def begin(channel: str) -> Play:
        play = plays("quickbooks", invoices=60, customers=12)
        play.sync()
        play.house.settings = _with_ways(play, channel)
        play.move(quiet=True, hours=3)
        _consent(play)
        return play

    return begin


def _consent(play: Play) -> None:
    """Everybody has agreed to texts, which the rules want before a machine sends any."""
    now, decided = play.house.clock.now(), make_plan(play.house, play.business)
    with play.house.database.write() as tx:
        for one in decided:
            words = Said(one.case.debtor, Saying.CONSENT, now.date(), channel="sms", by="Robin")
            say(tx, play.business, words, now=now)


def _with_ways(play: Play, channel: str) -> Settings:
    told, addresses = play.sandbox.texting.credentials(), play.sandbox.addresses
    sms = Sms(
        account_sid=told["account_sid"],
        auth_token=SecretStr(told["auth_token"]),
        sender=told["sender"],
        addresses={"api": addresses["twilio"]},
    )
    host, _, port = addresses["imap"].partition(":")
    step = StepSetting(name="only-step", days=1, letter=LETTERS[channel], channel=channel)  # type: ignore[arg-type]
    old = play.house.settings
    mailbox = Answers(host=host, port=int(port), security="none", user=inbox.USER, password=SecretStr(inbox.PASSWORD))
    ways = {"sms": sms, "letters": Letters(sender_lines=["Northwind", "1 Quay"], country="US"), "mailbox": mailbox}
    return old.model_copy(update=ways | {"mail": old.mail.model_copy(update={"reply_plus": True}), "steps": [step]})


def sent(play: Play) -> dict[str, int]:
    """How many turns ended how."""
    states = [outcome.state for _, outcome in send_plan(play.house, play.business, by="Robin")]
    return {state: states.count(state) for state in states}


def messages(play: Play, *states: ActionState) -> list[Action]:
    with play.house.database.read() as tx:
        found = actions.actions(tx, play.business, states=states or None)
    return [one for one in found if one.act != "leave_note"]


def words(play: Play, *kinds: Saying) -> list[Said]:
    with play.house.database.read() as tx:
        return said(tx, play.business, kinds=kinds)


def tray(play: Play) -> LetterCarrier:
    return letters(play.house, the_business(play.house, play.business))


def test_texts_go_once_and_what_became_of_them_is_learnt(begun: Callable[[str], Play]) -> None:
    play = begun("sms")
    play.sandbox.book.add(Fault("twilio", "reset", method="POST"))

    outcomes = sent(play)
    texts = play.sandbox.texting.texts()
    assert outcomes["ambiguous"] == 1
    assert len(texts) == outcomes["sent"] + 1
    follow_up_all(play.house, play.business)
    assert len(messages(play, ActionState.SENT)) == len(texts)
    assert {one.receipt for one in messages(play, ActionState.SENT)} == {text.sid for text in texts}

    play.sandbox.texting.fate(texts[0].to, 30005)
    texts[0].fate = 30005
    play.move(quiet=True, minutes=5)
    jobs.mailbox_job(play.house)
    jobs.mailbox_job(play.house)

    told = {one.receipt: one.reason for one in messages(play, ActionState.SENT)}
    assert told[texts[0].sid] == "not delivered: the number is not in use (30005)"
    assert {reason for sid, reason in told.items() if sid != texts[0].sid} == {"delivered"}
    (closed,) = words(play, Saying.WRONG_ADDRESS)
    assert (closed.channel, closed.address) == ("sms", texts[0].to)


def test_who_replied_stop_is_remembered_and_never_texted_again(begun: Callable[[str], Play]) -> None:
    play = begun("sms")
    play.sandbox.texting._stopped = _Everybody()

    outcomes = sent(play)

    assert set(outcomes) == {"parked"}
    assert {one.channel for one in words(play, Saying.OPT_OUT)} == {"sms"}
    assert len(words(play, Saying.OPT_OUT)) == outcomes["parked"]
    assert play.sandbox.texting.texts() == []
    assert sent(play) == {}


class _Everybody(set[str]):
    def __contains__(self, _: object) -> bool:
        return True


def test_letters_lie_in_the_tray_once(begun: Callable[[str], Play]) -> None:
    play = begun("letter")

    outcomes = sent(play)

    waiting = tray(play).letters()
    assert outcomes == {"sent": len(waiting)}
    assert {one.receipt for one in messages(play)} == {f"{one.key}.pdf" for one in waiting}
    assert all(Path(one.file).read_bytes().startswith(b"%PDF") and one.to for one in waiting)


def test_a_letter_whose_worker_died_is_found_in_the_tray(begun: Callable[[str], Play]) -> None:
    play = begun("letter")
    sent(play)
    gone, kept = messages(play, ActionState.SENT)[:2]
    with play.house.database.write() as tx:
        tx.execute(update(tables.action).values(state="ambiguous").where(tables.action.c.key.in_([gone.key, kept.key])))
    for file in tray(play).tray.glob(f"{gone.key}.*"):
        file.unlink()

    follow_up_all(play.house, play.business)

    states = {one.key: one.state for one in messages(play)}
    assert (states[gone.key], states[kept.key]) == (ActionState.FAILED, ActionState.SENT)


def test_calls_become_to_dos_with_number_and_script(begun: Callable[[str], Play]) -> None:
    play = begun("call")

    outcomes = sent(play)

    with play.house.database.read() as tx:
        found = [todo for _, todo in todos(tx, [play.business]) if todo.key.startswith("call:")]
    assert outcomes == {"sent": len(found)}
    assert all(todo.title.startswith("Call ") and "+1" in todo.title and todo.note for todo in found)


def test_mail_brings_the_invoice_and_answers_come_home(begun: Callable[[str], Play]) -> None:
    play = begun("mail")
    jobs.mailbox_job(play.house)

    count = sent(play)["sent"]

    mails = play.sandbox.mailbox.mails()
    assert len(mails) == count
    first = mails[0].message
    attached = list(first.iter_attachments())
    assert attached
    assert all(part.get_content().startswith(b"%PDF") for part in attached)
    assert first["Reply-To"].startswith("accounts+")
    answers = EmailMessage()
    answers["From"], answers["To"], answers["Message-ID"] = (
        "Stranger <a@b.example>",
        first["Reply-To"],
        "<r1@b.example>",
    )
    answers["Subject"] = "Re: your mail"
    answers.set_content("We paid on Monday.")
    play.sandbox.inbox.put(answers)
    jobs.mailbox_job(play.house)
    jobs.mailbox_job(play.house)

    (reply,) = words(play, Saying.REPLY)
    (message,) = [one for one in messages(play, ActionState.SENT) if f"<{one.key}@" in str(first["Message-ID"])]
    assert reply.debtor == message.debtor
    assert "We paid on Monday." in reply.note
    assert play.sandbox.inbox.touched == []


def test_a_way_that_is_not_set_up_says_which_setting_it_needs(begun: Callable[[str], Play]) -> None:
    play = begun("sms")
    play.house.settings = play.house.settings.model_copy(update={"sms": Sms()})

    reasons = {outcome.reason for _, outcome in send_plan(play.house, play.business, by="Robin")}

    assert reasons == {"Text messages are not set up; see [sms] in the configuration."}
    assert messages(play) == []
