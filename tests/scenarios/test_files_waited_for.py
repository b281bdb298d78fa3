"""A file that cannot be read keeps a message back for a few runs: it is neither lost for it nor sent twice."""

import json
from collections.abc import Callable

from collector.plan import Decided
from collector.waiting import WAITS_MAX
from sandbox.faults import Fault
from storage.actions import ActionState
from tests.scenarios.files_at_hand import act_of, attach, files, run, to_be_mailed
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


def begin(plays: Plays, platform: str) -> tuple[Play, str, Decided]:
    return to_be_mailed(plays(platforms=(platform,), invoices=25, customers=8), platform)


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
