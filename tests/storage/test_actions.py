"""An act is planned, claimed by one, and what came of it is kept; never two for one key or one debtor's day."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from receivables.records import Kind
from storage.actions import (
    Action,
    ActionState,
    Claim,
    Plan,
    Speaks,
    abandoned,
    action,
    actions,
    at_work,
    claim,
    mark,
    plan,
    spoken,
)
from storage.database import Database, Tx
from tests.storage.amber import BUSINESS, NOW, ref

TODAY = date(2026, 3, 10)


def speaks(*numbers: int, step: str = "first") -> list[Speaks]:
    return [Speaks(f"k{number}:{step}", ref(Kind.INVOICE, number), step, "1") for number in numbers]


def planned(tx: Tx, key: str = "a1", debtor: str = "d1", payload: str = "dear") -> bool:
    return plan(tx, BUSINESS, Plan("message", key, debtor, "c1", ref(Kind.CUSTOMER, 1), payload), now=NOW)


def claimed(tx: Tx, key: str = "a1", *, on: tuple[int, ...] = (1, 2), day: date | None = TODAY) -> Claim:
    return claim(tx, BUSINESS, key, by="me", now=NOW, speaks=speaks(*on), local_day=day)


def state(tx: Tx, key: str = "a1") -> Action:
    found = action(tx, BUSINESS, key)
    assert found is not None
    return found


def test_from_plan_to_sent(database: Database) -> None:
    with database.write() as tx:
        assert planned(tx)
        assert planned(tx, payload="dearest")
        assert state(tx).payload == "dearest"
        assert claimed(tx) is Claim.MINE
        assert not planned(tx, payload="too late")
        assert mark(tx, BUSINESS, "a1", ActionState.SENT, now=NOW, receipt="r1")
    with database.read() as tx:
        found = state(tx)
        assert (found.state, found.receipt, found.attempts, found.local_day) == (ActionState.SENT, "r1", 1, TODAY)
        assert found.about == ref(Kind.CUSTOMER, 1)
        assert [(one.invoice.id, act.key) for one, act in spoken(tx, BUSINESS)] == [("1", "a1"), ("2", "a1")]
        assert spoken(tx, BUSINESS, debtor="d2") == []


def test_an_act_is_claimed_once(database: Database) -> None:
    with database.write() as tx:
        planned(tx)
        assert claimed(tx) is Claim.MINE
        assert claimed(tx) is Claim.NOT_FREE
        assert claimed(tx, "never planned") is Claim.NOT_FREE


def test_one_taken_key_leaves_all_untouched(database: Database) -> None:
    with database.write() as tx:
        planned(tx, "a1", "d1")
        planned(tx, "a2", "d2")
        assert claimed(tx, "a1", on=(1, 2)) is Claim.MINE
        assert claimed(tx, "a2", on=(0, 2, 3)) is Claim.KEY_TAKEN
        assert state(tx, "a2").state is ActionState.PLANNED
        assert [one.invoice.id for one, _ in spoken(tx, BUSINESS)] == ["1", "2"]
        assert claimed(tx, "a2", on=(0, 3)) is Claim.MINE


def test_one_message_a_debtor_and_day(database: Database) -> None:
    with database.write() as tx:
        for key in ("a1", "a2", "a3"):
            planned(tx, key)
        planned(tx, "b1", "d2")
        assert claimed(tx, "a1", on=(1,)) is Claim.MINE
        assert claimed(tx, "a2", on=(2,)) is Claim.DAY_TAKEN
        assert state(tx, "a2").state is ActionState.PLANNED
        assert claimed(tx, "a2", on=(2,), day=TODAY + timedelta(days=1)) is Claim.MINE
        assert claimed(tx, "a3", on=(3,), day=None) is Claim.MINE
        assert claimed(tx, "b1", on=(4,)) is Claim.MINE


def test_what_provably_failed_may_be_tried_again(database: Database) -> None:
    with database.write() as tx:
        planned(tx, "a1")
        planned(tx, "a2")
        claimed(tx, "a1")
        assert mark(tx, BUSINESS, "a1", ActionState.FAILED, now=NOW, reason="mailbox busy")
        assert spoken(tx, BUSINESS) == []
        assert claimed(tx, "a1") is Claim.MINE
        assert state(tx).attempts == 2
        mark(tx, BUSINESS, "a1", ActionState.FAILED, now=NOW)
        assert mark(tx, BUSINESS, "a1", ActionState.CANCELLED, now=NOW)
        assert claimed(tx, "a1") is Claim.NOT_FREE
        assert claimed(tx, "a2") is Claim.MINE


def test_what_may_have_acted_keeps_its_keys_and_its_day(database: Database) -> None:
    with database.write() as tx:
        planned(tx, "a1")
        planned(tx, "a2")
        claimed(tx, "a1")
        assert mark(tx, BUSINESS, "a1", ActionState.AMBIGUOUS, now=NOW, by="me")
        assert claimed(tx, "a1") is Claim.NOT_FREE
        assert claimed(tx, "a2", on=(5,)) is Claim.DAY_TAKEN
        assert mark(tx, BUSINESS, "a1", ActionState.PARKED, now=NOW)
        assert claimed(tx, "a2", on=(1,), day=None) is Claim.KEY_TAKEN
        assert mark(tx, BUSINESS, "a1", ActionState.SENT, now=NOW)


@pytest.mark.parametrize("target", [ActionState.SENT, ActionState.FAILED, ActionState.AMBIGUOUS])
def test_nothing_becomes_of_what_was_not_claimed(database: Database, target: ActionState) -> None:
    with database.write() as tx:
        planned(tx)
        assert not mark(tx, BUSINESS, "a1", target, now=NOW)
        claimed(tx)
        assert not mark(tx, BUSINESS, "a1", target, now=NOW, by="somebody else")
        assert not mark(tx, BUSINESS, "a1", ActionState.CANCELLED, now=NOW)
        assert mark(tx, BUSINESS, "a1", target, now=NOW, by="me")


def test_abandoned_claims_turn_ambiguous(database: Database) -> None:
    with database.write() as tx:
        planned(tx, "a1")
        planned(tx, "a2", "d2")
        claimed(tx, "a1")
        later = NOW + timedelta(minutes=10)
        assert abandoned(tx, BUSINESS, before=NOW, now=later) == []
        found = abandoned(tx, BUSINESS, before=NOW + timedelta(minutes=5), now=later)
        assert [(one.key, one.state) for one in found] == [("a1", ActionState.AMBIGUOUS)]
        assert found[0].claimed_at == NOW
        assert abandoned(tx, BUSINESS, before=later, now=later) == []


def test_the_claims_of_who_is_gone_are_abandoned_at_once(database: Database) -> None:
    with database.write() as tx:
        for key, debtor, who in (("a1", "d1", "gone"), ("a2", "d2", "at work")):
            planned(tx, key, debtor)
            claim(tx, BUSINESS, key, by=who, now=NOW)
        assert sorted(at_work(tx, BUSINESS)) == ["at work", "gone"]
        assert [one.key for one in abandoned(tx, BUSINESS, before=NOW, now=NOW, workers=["gone"])] == ["a1"]
        assert at_work(tx, BUSINESS) == ["at work"]


def test_acts_are_listed_by_any_condition(database: Database) -> None:
    with database.write() as tx:
        for number in range(3):
            planned(tx, f"a{number}", f"d{number}")
        claimed(tx, "a1", on=(7,))

        def keys(**by: Any) -> list[str]:
            return sorted(one.key for one in actions(tx, BUSINESS, **by))

        assert keys() == ["a0", "a1", "a2"]
        assert keys(states=[ActionState.PLANNED]) == ["a0", "a2"]
        assert keys(debtor="d2") == ["a2"]
        assert keys(debtor="") == keys(states=[]) == []
        assert keys(act="note") == []
        assert keys(invoice=ref(Kind.INVOICE, 7)) == ["a1"]
        assert keys(since=NOW + timedelta(seconds=1)) == []
        assert len(keys(limit=2)) == 2
        assert actions(tx, "somebody else") == []


def race(database: Database, keys: list[str], on: tuple[int, ...], day: date | None) -> list[Claim]:
    gate = threading.Barrier(len(keys))

    def run(key: str) -> Claim:
        gate.wait()
        with database.write() as tx:
            return claimed(tx, key, on=on, day=day)

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(run, keys))


@pytest.mark.parametrize(
    ("keys", "debtors", "day", "losers"),
    [
        (["a"] * 8, 1, TODAY, Claim.NOT_FREE),
        ([f"a{one}" for one in range(8)], 1, TODAY, Claim.DAY_TAKEN),
        ([f"a{one}" for one in range(8)], 8, TODAY, Claim.KEY_TAKEN),
        ([f"a{one}" for one in range(8)], 1, None, Claim.KEY_TAKEN),
    ],
)
def test_of_eight_racing_claims_one_wins(
    database: Database, keys: list[str], debtors: int, day: date | None, losers: Claim
) -> None:
    with database.write() as tx:
        for number, key in enumerate(keys):
            planned(tx, key, f"d{number % debtors}")
    assert sorted(race(database, keys, (1, 2, 3), day)) == sorted([Claim.MINE] + [losers] * 7)
