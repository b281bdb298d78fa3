"""The claim is on the disk before the first byte leaves; and the audit that says so finds whoever does otherwise."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from storage.database import Database
from tests.chaos.killing import KILL, Killer, Point, judged
from tests.chaos.ordering import LEAVES, complaint, durable


def test_the_claim_is_durable_before_the_first_byte_leaves_and_the_audit_finds_who_does_otherwise(
    killers: Callable[..., Killer],
) -> None:
    killer = killers(seed=5, customers=200, invoices=560)
    sqlite = killer.stage.sqlite
    assert durable(killer.stage.play.house.database)
    for channel in LEAVES:
        watched = killer.watch(killer.take(channel))
        assert watched.code == 0
        assert complaint(watched.calls, channel, sqlite=sqlite) == ""

    late = killer.watch(replace(killer.take("mail"), broken="late"))
    assert complaint(late.calls, "mail", sqlite=sqlite) == "nothing was claimed before the first byte"
    if sqlite:
        unsynced = killer.watch(replace(killer.take("mail"), broken="unsynced"))
        said = "the claim was written but not synced before the first byte"
        assert complaint(unsynced.calls, "mail", sqlite=sqlite) == said
    _expect_that_the_matrix_finds_who_claims_too_late(killer)


def _expect_that_the_matrix_finds_who_claims_too_late(killer: Killer) -> None:
    watched = killer.watch(replace(killer.take("mail"), broken="late")).calls
    gone = max(at for at, one in enumerate(watched) if one.on.startswith("TCP"))
    written = next(one for one in watched[gone:] if one.on.endswith("-wal") or "INSERT INTO action" in one.line)
    late = replace(killer.take("mail"), broken="late")

    tried = killer.strike(late, Point(KILL, written.name, written.nth))
    killer.afterwards([late])

    tally = judged(killer.stage, [tried])
    assert tried.struck
    assert tally.of("doubled", "mail", KILL) == 1


def test_a_server_that_confirms_before_it_is_sure_is_found(request: pytest.FixtureRequest) -> None:
    url = str(request.getfixturevalue("postgres").make_ready())
    careless = Database.open(f"{url}{'&' if '?' in url else '?'}options=-csynchronous_commit%3Doff")

    assert not durable(careless)
    careless.close()
