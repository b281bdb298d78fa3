"""Files that hang on an invoice: a debtor to whom a mail of ours is due, and what it carried."""

from collector.plan import Decided
from collector.policy import Channel
from duewell.running import make_plan, send_plan
from sandbox.mailbox import Mail
from storage import actions
from storage.actions import Action
from tests.scenarios.playing import Play

PROOF = "%PDF-1.4 signed by the customer"


def to_be_mailed(play: Play, platform: str) -> tuple[Play, str, Decided]:
    """The play with its books read, its key, and one debtor to whom a mail of ours is due about one invoice."""
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
