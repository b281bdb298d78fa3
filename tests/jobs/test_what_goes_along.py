"""What a mail carries beside its words: the invoices' own files, as far as they fit and can be read."""

import hashlib
import json
from collections.abc import Callable

import pytest

from collector.channels.composing import file_name
from collector.enclosing import FILES_MAX
from collector.plan import Decided
from duewell import policies
from duewell.running import follow_up_all
from sandbox.faults import Fault
from storage import actions
from tests.scenarios.files_at_hand import PROOF, act_of, attach, files, run, to_be_mailed
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


def begin(plays: Plays, platform: str) -> tuple[Play, str, Decided]:
    return to_be_mailed(plays(platform, invoices=40, customers=10), platform)


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
