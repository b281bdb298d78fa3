"""What a mail carries beside its words: the invoices' own files, as far as they fit and can be read."""

import hashlib
import json
from collections.abc import Callable

import pytest

from collector.channels.composing import file_name
from collector.enclosing import FILES_MAX
from collector.plan import Decided
from collector.policy import Channel
from duewell import policies
from duewell.running import follow_up_all, make_plan, send_plan
from sandbox.faults import Fault
from sandbox.mailbox import Mail
from storage import actions
from storage.actions import Action
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
PROOF = "%PDF-1.4 signed by the customer"


def begin(plays: Plays, platform: str) -> tuple[Play, str, Decided]:
    """A play whose books are read, its key, and one debtor to whom a mail of ours is due about one invoice."""
    play = plays(platform, invoices=40, customers=10)
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


@pytest.mark.parametrize("platform", ["quickbooks", "xero"])
def test_files_meant_for_the_customer_go_along_and_what_does_not_fit_is_named(plays: Plays, platform: str) -> None:
    play, key, one = begin(plays, platform)
    attach(play, key, one, "../Proof: of “delivery”.PDF")
    attach(play, key, one, "viewer.exe")
    attach(play, key, one, "scan.pdf", "MZ, in truth a program")
    attach(play, key, one, "plans.pdf", size=12_000_000)
    attach(play, key, one, "modest.pdf", size=9_000_000, told_size=10)
    attach(play, key, one, "empty.txt", "")
    attach(play, key, one, "large.pdf", "%PDF" + 8_000_000 * " ", told_size=10)

    assert run(play, one) == "sent"

    (mail,) = play.sandbox.mailbox.mails()
    proof = file_name("../Proof: of “delivery”.PDF")
    carried = files(mail)
    assert list(carried)[-1] == proof
    assert "/" not in proof
    assert carried.pop(proof) == PROOF.encode()
    assert carried, "the invoices themselves come first"
    assert all(content.startswith(b"%PDF") for content in carried.values())
    told = json.loads(act_of(play, one).payload)
    assert told["attached"][-1] == {
        "name": proof,
        "bytes": len(PROOF),
        "digest": hashlib.blake2b(PROOF.encode(), digest_size=20).hexdigest(),
    }
    assert [(left["name"], left["why"]) for left in told["left_out"]] == [
        ("viewer.exe", "of a type that is not sent by mail"),
        ("scan.pdf", "not what its name says"),
        ("plans.pdf", "too large to go along"),
        ("modest.pdf", "not what its name says"),
        ("empty.txt", "empty"),
        ("large.pdf", "too large to go along"),
    ]
    follow_up_all(play.house, play.business)
    with play.house.database.read() as tx:
        notes = actions.actions(tx, play.business, act="leave_note")
    assert any("Not sent along: viewer.exe (of a type" in json.loads(note.payload)["text"] for note in notes)


def test_a_file_that_can_be_read_again_goes_along_with_the_next_run(plays: Plays) -> None:
    play, key, one = begin(plays, "quickbooks")
    attach(play, key, one, "proof.pdf")
    play.sandbox.book.add(Fault("quickbooks", "503", path="/files/", times=1000))
    assert run(play, one) == "unready"
    play.sandbox.book.clear()

    assert run(play, one) == "sent"

    (mail,) = play.sandbox.mailbox.mails()
    assert files(mail)["proof.pdf"] == PROOF.encode()
    assert "left_out" not in json.loads(act_of(play, one).payload)


def test_a_step_says_what_its_mails_carry(plays: Plays) -> None:
    play, key, one = begin(plays, "quickbooks")
    assert one.decision.candidate is not None
    attach(play, key, one, "proof.pdf")
    step = one.decision.candidate.step.name
    policies.keep(play.house, play.business, f'[[steps]]\nname = "{step}"\nattach = "nothing"\n', by="Robin")

    assert run(play, one) == "sent"

    (mail,) = play.sandbox.mailbox.mails()
    assert files(mail) == {}
    assert "attached" not in json.loads(act_of(play, one).payload)


def test_files_of_one_name_get_names_of_their_own_and_not_too_many_go(plays: Plays) -> None:
    play, key, one = begin(plays, "xero")
    for _ in range(FILES_MAX + 1):
        attach(play, key, one, "pod.txt", "signed")
    assert one.decision.candidate is not None
    number = one.decision.candidate.lines[0].invoice.number

    assert run(play, one) == "sent"

    (mail,) = play.sandbox.mailbox.mails()
    names = [name for name in files(mail) if name.endswith(".txt")]
    assert names[:3] == ["pod.txt", f"{number} pod.txt", f"2 {number} pod.txt"]
    assert len(set(names)) == FILES_MAX
    (left,) = json.loads(act_of(play, one).payload)["left_out"]
    assert left["why"] == "more than 20 files"
