"""Renewal: one of many at a time, across threads and processes, durable before use, recovered when a reply is lost."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from duewell.businesses import living
from duewell.connecting import Uncounted
from duewell.wiring import House, build
from integrations.contract import Grant, Wire
from integrations.errors import Reconnect, TryLater
from integrations.oauth import RenewingToken
from integrations.registry import platform
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.conftest import MemoryGrants, SandboxClock
from tests.scenarios.playing import Play, settle_in
from tests.scenarios.test_killed_anywhere import die_at

TOKEN = {"quickbooks": "POST /oauth2/v1/tokens/bearer", "xero": "POST /connect/token"}
KEYS = {"quickbooks": "cedar", "xero": "brightwater"}


class Renewals:
    """An installation with one authorisation, and how often the platform was asked for tokens."""

    def __init__(self, play: Play, slug: str) -> None:
        self.play, self.slug = play, slug
        self.grant_id = play.connected(KEYS[slug]).grant_id
        play.sandbox.book.clear()

    @property
    def grant(self) -> Grant:
        return self.play.house.grants.load(self.grant_id)

    def token(self, house: House | None = None) -> RenewingToken:
        house = house or self.play.house
        return RenewingToken(platform(self.slug), self.wire(house), house.grants, self.grant_id)

    def wire(self, house: House) -> Wire:
        return house.wire(self.slug, Uncounted())

    def asked(self) -> int:
        return self.play.calls(self.slug).get(TOKEN[self.slug], 0)

    def works(self) -> bool:
        """Does what is stored now open the books?"""
        with self.play.house.source(self.play.connected(KEYS[self.slug])) as source:
            return bool(source.books.company().name)

    def lose(self, times: int) -> None:
        """The platform issues new tokens, and the answer is lost."""
        path = TOKEN[self.slug].partition(" ")[2]
        self.play.sandbox.book.add(Fault(self.slug, "drop_after", path=path, times=times))


@pytest.fixture
def renewals(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Callable[..., Renewals]]:
    """Begins one: `renewals("xero", database)`."""
    begun: list[Play] = []

    def begin(slug: str, database: str = "") -> Renewals:
        sandbox = sandboxes(platforms=(slug,), invoices=5, customers=3)
        begun.append(settle_in(sandbox, tmp_path / str(len(begun)), database=database))
        return Renewals(begun[-1], slug)

    yield begin
    for play in begun:
        play.house.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").make_ready())


def at_once(number: int, work: Callable[[], Any]) -> list[Any]:
    gate = threading.Barrier(number)

    def run(_: int) -> Any:
        gate.wait()
        return work()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.parametrize("slug", TOKEN)
def test_of_eight_threads_one_renews(renewals: Callable[..., Renewals], slug: str, database: str) -> None:
    ours = renewals(slug, database)
    before = ours.grant

    tokens = at_once(8, lambda: ours.token().renewed(before.access))

    assert ours.asked() == 1
    assert set(tokens) == {ours.grant.access}
    assert ours.grant.access != before.access
    assert ours.grant.generation == before.generation + 1
    assert ours.works()


@pytest.mark.parametrize("slug", TOKEN)
def test_a_token_near_its_end_is_renewed_before_it_is_used(
    renewals: Callable[..., Renewals], slug: str, database: str
) -> None:
    ours = renewals(slug, database)
    kept = ours.token()
    assert kept.current() == ours.grant.access
    assert ours.asked() == 0
    ours.play.move(quiet=True, hours=1)

    tokens = at_once(8, lambda: ours.token().current())

    assert ours.asked() == 1
    assert {*tokens, kept.current()} == {ours.grant.access}
    assert ours.asked() == 1


@pytest.mark.parametrize("slug", TOKEN)
def test_of_three_processes_one_renews(renewals: Callable[..., Renewals], slug: str, database: str) -> None:
    ours = renewals(slug, database)
    before = ours.grant
    ends = [_renew_in_a_child(ours, before.access) for _ in range(3)]

    tokens = {os.read(end, 5000).decode() for end in ends}

    assert tokens == {ours.grant.access}
    assert ours.asked() == 1
    assert ours.grant.generation == before.generation + 1


def _renew_in_a_child(ours: Renewals, rejected: str) -> int:
    """Where the child writes its token, or what went wrong."""
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        try:
            said = ours.token(build(ours.play.house.settings)).renewed(rejected)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            said = repr(error)
        os.write(write_end, said.encode())
        os._exit(0)
    os.close(write_end)
    return read_end


def test_a_siblings_renewal_is_used(renewals: Callable[..., Renewals]) -> None:
    ours = renewals("xero")
    first, second = ours.token(), ours.token()
    old = first.current()
    assert second.current() == old
    fresh = first.renewed(old)

    assert second.renewed(old) == fresh
    assert second.current() == fresh
    assert second.refresh == ours.grant.refresh
    assert ours.asked() == 1


class LateNews(MemoryGrants):
    """The sibling's renewal reaches the store while ours is being refused."""

    def __init__(self, old: Grant, fresh: Grant) -> None:
        super().__init__(old)
        self.fresh = fresh
        self.looks = 0

    def load(self, grant_id: str) -> Grant:
        self.looks += 1
        if self.looks == 3:
            self.save(self.fresh)
        return super().load(grant_id)


def test_refused_because_a_sibling_was_first_we_look_once_more(renewals: Callable[..., Renewals]) -> None:
    ours = renewals("quickbooks")
    ours.play.move(quiet=True, hours=25)  # by now a renewal kills the old refresh token at once
    old = ours.grant
    wire = ours.wire(ours.play.house)
    fresh = platform("quickbooks").renew(wire, old)

    token = RenewingToken(platform("quickbooks"), wire, LateNews(old, fresh), old.id)
    assert token.renewed(old.access) == fresh.access
    alone = RenewingToken(platform("quickbooks"), wire, MemoryGrants(old), old.id)
    with pytest.raises(Reconnect, match="connected again"):
        alone.renewed(old.access)


def test_a_lost_renewal_recovers_on_xero_within_its_grace(renewals: Callable[..., Renewals]) -> None:
    ours = renewals("xero")
    old = ours.grant
    ours.lose(times=1)

    fresh = ours.token().renewed(old.access)

    assert fresh != old.access
    assert ours.asked() == 2
    assert ours.works()


def in_sandbox_time(ours: Renewals) -> RenewingToken:
    """Pauses move the sandbox instead of taking time."""
    wire = replace(ours.wire(ours.play.house), clock=SandboxClock(ours.play.sandbox))
    return RenewingToken(platform(ours.slug), wire, ours.play.house.grants, ours.grant_id)


def test_after_xeros_grace_a_lost_renewal_needs_a_person(renewals: Callable[..., Renewals]) -> None:
    ours = renewals("xero")
    old = ours.grant
    ours.lose(times=2)
    with pytest.raises(TryLater):
        in_sandbox_time(ours).renewed(old.access)
    assert ours.grant == old
    assert in_sandbox_time(ours).renewed(old.access) != old.access
    late = replace(old, id="late")
    ours.play.move(quiet=True, minutes=31)

    with pytest.raises(Reconnect):
        platform("xero").renew(ours.wire(ours.play.house), late)


def test_a_lost_renewal_on_quickbooks_recovers_unless_the_refresh_token_changed(
    renewals: Callable[..., Renewals],
) -> None:
    ours = renewals("quickbooks")
    ours.lose(times=1)
    assert in_sandbox_time(ours).renewed(ours.grant.access)
    assert ours.works()
    ours.play.move(quiet=True, hours=25)
    old = ours.grant
    ours.lose(times=1)

    with pytest.raises(Reconnect):
        in_sandbox_time(ours).renewed(old.access)
    assert ours.grant == old
    assert not _leased(ours)


def _leased(ours: Renewals) -> bool:
    with ours.play.house.grants.lease(f"renew:{ours.grant_id}", seconds=1) as free:
        return not free


def renew(house: House, business: str) -> None:
    """In a child that is about to die."""
    (connected, *_) = living(house, business)
    wire = house.wire(connected.platform, Uncounted())
    token = RenewingToken(platform(connected.platform), wire, house.grants, connected.grant_id)
    token.renewed(token.current())


@pytest.mark.parametrize("slug", TOKEN)
def test_killed_at_any_commit_of_a_renewal_the_next_one_finds_its_way(
    renewals: Callable[..., Renewals], slug: str
) -> None:
    ours = renewals(slug)
    ends = set()

    for commit in range(1, 20):
        old = ours.grant
        ours.play.sandbox.book.clear()
        if not die_at(ours.play, renew, commit):
            break
        issued, saved = ours.asked() == 1, ours.grant != old
        ours.play.move(quiet=True, minutes=3)  # the lease of the dead runs out
        fresh = ours.token().renewed(old.access)
        assert fresh == ours.grant.access != old.access
        assert ours.asked() == (1 if saved else 1 + issued)
        assert ours.works()
        ends.add((issued, saved))

    assert ends == {(False, False), (True, False), (True, True)}


def test_whoever_waits_too_long_for_a_sibling_comes_later(renewals: Callable[..., Renewals]) -> None:
    ours = renewals("xero")
    grants = MemoryGrants(ours.grant)
    wire = replace(ours.wire(ours.play.house), clock=SandboxClock(ours.play.sandbox))
    token = RenewingToken(platform("xero"), wire, grants, ours.grant_id)

    with grants.lease("somebody", seconds=60), pytest.raises(TryLater, match="too long"):
        token.renewed(ours.grant.access)
    assert ours.asked() == 0


def test_a_grant_that_is_gone_asks_for_a_person(renewals: Callable[..., Renewals]) -> None:
    ours = renewals("xero")
    token = ours.token()
    ours.play.house.grants.forget(ours.grant_id)

    for ask in (token.current, lambda: token.renewed("any"), lambda: token.refresh):
        with pytest.raises(Reconnect):
            ask()
    assert ours.asked() == 0
