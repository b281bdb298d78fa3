"""A file that cannot be read keeps a message back for a few runs: it is neither lost for it nor sent twice."""

import json
from collections.abc import Callable

from collector.plan import Decided
from collector.policy import Channel
from collector.waiting import WAITS_MAX
from duewell.running import make_plan, send_plan
from sandbox.faults import Fault
from sandbox.mailbox import Mail
from storage import actions
from storage.actions import Action, ActionState
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
PROOF = "%PDF-1.4 signed by the customer"


def begin(plays: Plays, platform: str) -> tuple[Play, str, Decided]:
    """A play whose books are read, its key, and one debtor to whom a mail of ours is due about one invoice."""
    play = plays(platforms=(platform,), invoices=25, customers=8)
    play.sync()
    play.move(quiet=True, hours=3 if platform == "quickbooks" else 0.1)
    (key, *_) = play.connected_keys()
    here = play.connected(key).id
    due = (one for one in make_plan(play.house, play.business) if one.case.head.ref.connection == here)
    for one in due:
        message = one.decision.candidate
        if message is not None and message.channel is Channel.MAIL:
            return play, key, one
    raise AssertionError("nobody is to be mailed")


def attach(play: Play, key: str, one: Decided, name: str, text: str = PROOF, **said: object) -> None:
    assert one.decision.candidate is not None
    invoice = one.decision.candidate.lines[0].invoice.ref.id
    play.act("attach", key, invoice=invoice, file_name=name, text=text, **said)


def run(play: Play, one: Decided) -> str:
    """One run of the plan, for this debtor alone: what came of it."""
    assert one.decision.candidate is not None
    first = one.decision.candidate.lines[0].invoice.ref
    done = send_plan(play.house, play.business, only=[(first.connection, first.id)], by="Robin")
    return next((outcome.state for _, outcome in done), "")


def act_of(play: Play, one: Decided) -> Action:
    with play.house.database.read() as tx:
        (found,) = actions.actions(tx, play.business, debtor=one.case.debtor, act="mail")
    return found


def files(mail: Mail) -> dict[str, bytes]:
    found = {str(part.get_filename()): part.get_payload(decode=True) for part in mail.message.iter_attachments()}
    return {name: content for name, content in found.items() if isinstance(content, bytes)}


def test_a_file_that_cannot_be_read_is_waited_for_and_then_left_out_and_nothing_goes_twice(plays: Plays) -> None:
    play, key, one = begin(plays, "quickbooks")
    attach(play, key, one, "proof.pdf")
    play.sandbox.book.add(Fault("quickbooks", "503", path="/files/", times=1000))

    states = [run(play, one) for _ in range(WAITS_MAX)]

    assert states == ["unready"] * WAITS_MAX
    assert act_of(play, one).state is ActionState.PLANNED
    assert play.sandbox.mailbox.mails() == []
    assert run(play, one) == "sent"
    assert run(play, one) == ""
    (mail,) = play.sandbox.mailbox.mails()
    assert "proof.pdf" not in files(mail)
    assert files(mail)
    assert json.loads(act_of(play, one).payload)["left_out"] == [{"name": "proof.pdf", "why": "could not be read"}]
