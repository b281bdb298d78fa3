"""What a person let go is exactly what they read: anything else waits."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from collector.approving import Standing, approve, digest, settled, standing
from collector.decide import decide
from collector.judgement import Decision, Line, Message, Say
from collector.plan import Decided, _within_the_cap
from collector.policy import DEFAULT, Attach, Channel, Policy, Tone
from receivables.case import Case
from receivables.records import EmailAddress
from storage.approvals import Answered
from storage.connections import Connected, Role
from tests.collector.cases_at_hand import COMPANY, NOW, TODAY, case, days, invoice, usd

ORDINARY = decide(case(), DEFAULT, NOW)
ODD = decide(case(contacts=()), DEFAULT, NOW)


def message(decision: Decision = ORDINARY) -> Message:
    assert decision.message is not None
    return decision.message


def test_in_draft_everything_waits_until_it_was_approved_or_refused() -> None:
    yes, no = approve(message(), by="Robin", at=NOW), approve(message(), by="Robin", at=NOW, refused=True)

    assert standing(ORDINARY, None, automatic=False) is Standing.WAITS
    assert standing(ORDINARY, yes, automatic=False) is Standing.APPROVED
    assert standing(ORDINARY, no, automatic=True) is Standing.REFUSED


def test_in_automatic_the_ordinary_goes_and_the_odd_waits() -> None:
    assert standing(ORDINARY, None, automatic=True) is Standing.GOES
    assert standing(ODD, None, automatic=True) is Standing.WAITS
    assert standing(ODD, approve(message(ODD), by="Robin", at=NOW), automatic=True) is Standing.APPROVED


def test_only_what_may_leave_is_free() -> None:
    assert [one for one in Standing if one.free] == [Standing.GOES, Standing.APPROVED]


def _line(**changed: object) -> Line:
    return replace(message().lines[0], **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"to": (EmailAddress("somebody@else.example"),)},
        {"to": ()},
        {"channel": Channel.PLATFORM},
        {"tone": Tone.FINAL},
        {"step": DEFAULT.steps[-1]},
        {"step": replace(message().step, attach=Attach.NOTHING)},
        {"lines": (_line(asked=usd(9_999)),)},
        {"lines": (_line(invoice=invoice(id="another")),)},
        {"lines": (_line(step=DEFAULT.steps[-1]),)},
        {"lines": (_line(), _line(invoice=invoice(id="another")))},
        {"credits": (usd(1),)},
        {"debtor": "c1/bob"},
    ],
)
def test_an_approval_is_of_this_message_and_no_other(changed: dict[str, object]) -> None:
    other = replace(message(), **changed)  # type: ignore[arg-type]
    yes = approve(message(), by="Robin", at=NOW)

    assert digest(other) != digest(message())
    assert standing(replace(ORDINARY, message=other), yes, automatic=False) is Standing.WAITS


def test_the_same_message_has_the_same_digest_whenever_it_is_made() -> None:
    later = NOW + timedelta(minutes=40)

    assert digest(message(decide(case(synced_at=later), DEFAULT, later))) == digest(message())


def test_an_approval_says_who_when_and_what() -> None:
    given = approve(message(), by="Robin", at=NOW, edit="{}")

    assert (given.debtor, given.day, given.by, given.at, given.edit) == ("c1/ann", TODAY, "Robin", NOW, "{}")
    assert (given.state, given.digest) == (Answered.APPROVED, digest(message()))


def test_what_waits_is_held_with_its_reason_and_can_still_be_approved() -> None:
    waiting = settled(ODD, None, automatic=True)

    assert waiting.message is None
    assert waiting.waiting == ODD.message
    (verdict,) = waiting.verdicts
    assert (verdict.say, verdict.rule, verdict.step) == (Say.HOLD, "nobody_approved", "first-reminder")
    assert verdict.facts["odd"] == "first_contact"
    assert settled(ORDINARY, None, automatic=True) == ORDINARY
    nothing = Decision(())
    assert settled(nothing, None, automatic=False) is nothing


def test_what_was_held_before_keeps_its_own_reason() -> None:
    decision = decide(case(invoice(id="a"), invoice(-20, id="b")), DEFAULT, NOW)

    assert [one.rule for one in settled(decision, None, automatic=False).verdicts] == ["nobody_approved", "not_yet"]


# --- the daily cap ------------------------------------------------------------------------------------------------

CONNECTED = Connected("b1", "c1", "xero", "t", "Northwind", Role.BOOKS, "g", {}, NOW, company=COMPANY)


def decided(name: str, days_late: int, stands: Standing = Standing.WAITS) -> Decided:
    of = replace(case(invoice(days_late, id=name)), debtor=name)
    return Decided(CONNECTED, of, decide(of, DEFAULT, NOW), stands)


def _capped(ready: list[Decided], *, cap: int, sent: dict[date, int]) -> dict[str, str]:
    def ruling(_: Case) -> Policy:
        return replace(DEFAULT, daily_cap=cap)

    return {one.case.debtor: one.decision.verdicts[0].rule for one in _within_the_cap(ready, ruling, sent)}


def test_above_the_cap_whoever_has_waited_longest_goes_first() -> None:
    ready = [decided("new", 8), decided("old", 19), decided("middle", 13)]

    assert _capped(ready, cap=3, sent={}) == dict.fromkeys(("new", "old", "middle"), "step_earned")
    assert _capped(ready, cap=2, sent={}) == {"new": "daily_cap", "old": "step_earned", "middle": "step_earned"}
    assert _capped(ready, cap=2, sent={TODAY: 1, days(1): 9}) == {
        "new": "daily_cap",
        "old": "step_earned",
        "middle": "daily_cap",
    }
    assert set(_capped(ready, cap=2, sent={TODAY: 5}).values()) == {"daily_cap"}


def test_what_may_leave_comes_before_what_waits_and_the_refused_takes_no_place() -> None:
    ready = [decided("waits", 19), decided("goes", 8, Standing.GOES), decided("refused", 19, Standing.REFUSED)]

    told = _capped(ready, cap=1, sent={})

    assert told == {"refused": "step_earned", "waits": "daily_cap", "goes": "step_earned"}


def test_what_is_above_the_cap_says_so_and_when_it_comes_again() -> None:
    (one,) = _within_the_cap([decided("ann", 8)], lambda _: replace(DEFAULT, daily_cap=0), {})

    (verdict,) = one.decision.verdicts
    assert (verdict.say, verdict.next_look_on, one.decision.candidate) == (Say.HOLD, days(1), None)
    assert verdict.reason == "0 messages a day are the most this business sends; it comes on another day."
    assert verdict.step == "first-reminder"
