"""The code flow: a state that works once, a verifier that fits, and tokens renewed by one of many at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from duewell.connecting import Uncounted, disconnect
from duewell.story.visitor import Visitor
from duewell.wiring import House
from integrations.contract import Attempt, Platform, Wire
from integrations.errors import Reconnect, Refused
from integrations.oauth import ATTEMPT_LIFE, begin, complete
from integrations.registry import platform, slugs
from sandbox.server import Sandbox
from tests.conftest import SandboxClock, wire_to
from tests.integrations.sides import BACK, challenge_of
from tests.scenarios.playing import Play, settle_in

OAUTH = ("quickbooks", "xero")
TOKEN = {"quickbooks": "POST /oauth2/v1/tokens/bearer", "xero": "POST /connect/token"}


class Attempts:
    """Attempts in memory, each given back once; the last one begun can be looked at."""

    def __init__(self) -> None:
        self.kept: dict[str, Attempt] = {}

    def begin(self, attempt: Attempt) -> None:
        self.kept[attempt.state] = attempt

    def take(self, state: str) -> Attempt | None:
        return self.kept.pop(state, None)


class Flow:
    """One person who connects one platform, step by step."""

    def __init__(self, sandbox: Sandbox, slug: str) -> None:
        self.sandbox = sandbox
        self.found: Platform = platform(slug)
        self.wire: Wire = wire_to(sandbox, slug)
        self.attempts = Attempts()

    def begin(self) -> str:
        return begin(self.found, self.wire, self.attempts, business="b1", redirect_uri=BACK, answers={"role": "books"})

    def consented(self, url: str, press: str = "") -> dict[str, str]:
        """The query with which the person comes back."""
        visitor = Visitor(until=BACK)
        visitor.open(url)
        if press:
            visitor.submit(visitor.form(), press=press)
        else:
            visitor.consent()
        return dict(parse_qsl(urlsplit(visitor.url).query))

    def complete(self, query: dict[str, str]) -> Any:
        return complete(self.found, self.wire, self.attempts, query)

    def exchanges(self) -> int:
        counted: dict[str, int] = self.sandbox.book.counts()["calls"].get(self.found.slug, {})
        return counted.get(TOKEN[self.found.slug], 0)


@pytest.fixture(params=OAUTH)
def flow(request: pytest.FixtureRequest, sandboxes: Callable[..., Sandbox]) -> Flow:
    """Each platform with a consent page."""
    return Flow(sandboxes(platforms=(request.param,), invoices=5, customers=3), request.param)


def test_a_consent_is_completed_once_with_what_was_begun(flow: Flow) -> None:
    query = flow.consented(flow.begin())

    attempt, consent = flow.complete(query)

    assert (attempt.business, attempt.answers, attempt.platform) == ("b1", {"role": "books"}, flow.found.slug)
    assert consent.grant.access
    assert flow.exchanges() == 1
    with pytest.raises(Refused, match="already finished"):
        flow.complete(query)
    assert flow.exchanges() == 1


@pytest.mark.parametrize("state", ["", "somebody-elses", "\x00", "a" * 5000])
def test_a_state_that_is_not_ours_costs_no_exchange(flow: Flow, state: str) -> None:
    query = flow.consented(flow.begin())

    for wrong in ({**query, "state": state}, {name: value for name, value in query.items() if name != "state"}):
        with pytest.raises(Refused, match="not started here"):
            flow.complete(wrong)
    assert flow.exchanges() == 0


def test_a_state_of_another_platform_is_refused(sandboxes: Callable[..., Sandbox]) -> None:
    sandbox = sandboxes(platforms=OAUTH, invoices=5, customers=3)
    quickbooks, xero = (Flow(sandbox, slug) for slug in OAUTH)
    query = quickbooks.consented(quickbooks.begin())
    xero.attempts = quickbooks.attempts

    with pytest.raises(Refused, match="not started here"):
        xero.complete(query)
    assert (quickbooks.exchanges(), xero.exchanges()) == (0, 0)


def test_fifteen_minutes_are_enough_and_more_are_too_much(flow: Flow) -> None:
    assert isinstance(flow.wire.clock, SandboxClock)
    url = flow.begin()
    flow.wire.clock.sleep(ATTEMPT_LIFE.total_seconds() - 60)
    flow.complete(flow.consented(url))
    url = flow.begin()
    flow.wire.clock.sleep(ATTEMPT_LIFE.total_seconds() + 1)
    with pytest.raises(Refused, match="15 minutes"):
        flow.complete(flow.consented(url))
    assert flow.exchanges() == 1


def test_whoever_says_no_is_told_so_and_the_state_is_used_up(flow: Flow) -> None:
    query = flow.consented(flow.begin(), press="cancel")

    assert query["error"] == "access_denied"
    with pytest.raises(Refused, match="consent was not given"):
        flow.complete(query)
    with pytest.raises(Refused, match="already finished"):
        flow.complete({**query, "code": "stolen"})
    assert flow.exchanges() == 0


def test_a_code_that_the_platform_does_not_know_is_refused_in_a_sentence(flow: Flow) -> None:
    query = flow.consented(flow.begin())

    with pytest.raises(Refused) as refused:
        flow.complete({**query, "code": "stolen-code"})
    assert "stolen-code" not in str(refused.value)
    assert "again" in str(refused.value)


def test_every_attempt_has_a_state_and_a_verifier_of_its_own(flow: Flow) -> None:
    urls = [flow.begin() for _ in range(3)]

    attempts = list(flow.attempts.kept.values())
    assert len({one.state for one in attempts}) == len({one.verifier for one in attempts}) == 3
    for url, attempt in zip(urls, attempts, strict=True):
        asked = parse_qs(urlsplit(url).query)
        assert asked["state"] == [attempt.state]
        assert asked["redirect_uri"] == [BACK]
        assert attempt.verifier not in url
        assert attempt.verifier not in repr(attempt)
        assert 43 <= len(attempt.verifier) <= 128
        if flow.found.slug == "xero":
            assert asked["code_challenge"] == [challenge_of(attempt.verifier)]
            assert asked["code_challenge_method"] == ["S256"]


def test_a_code_without_its_verifier_opens_nothing(sandboxes: Callable[..., Sandbox]) -> None:
    flow = Flow(sandboxes(platforms=("xero",), invoices=5, customers=3), "xero")
    query = flow.consented(flow.begin())
    state = query["state"]
    flow.attempts.kept[state] = replace(flow.attempts.kept[state], verifier="w" * 64)

    with pytest.raises(Refused):
        flow.complete(query)
    assert flow.exchanges() == 1


@pytest.fixture
def xero_play(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Play]:
    """An installation with the three organisations of one consent."""
    play = settle_in(sandboxes(platforms=("xero",), invoices=10, customers=4), tmp_path)
    yield play
    play.house.close()


def revocations(play: Play) -> int:
    return play.calls("xero").get("POST /connect/revocation", 0)


def test_only_the_last_disconnect_revokes(xero_play: Play) -> None:
    house: House = xero_play.house
    ids = {key: xero_play.connected(key).id for key in xero_play.connected_keys()}
    grant_id = xero_play.connected("fenwick").grant_id
    grant = house.grants.load(grant_id)

    for key in ("brightwater", "harbour"):
        disconnect(house, xero_play.business, ids[key])
        assert revocations(xero_play) == 0
        assert not xero_play.sync("fenwick")["fenwick"].trouble
    disconnect(house, xero_play.business, ids["fenwick"])

    assert revocations(xero_play) == 1
    with pytest.raises(Reconnect):
        house.grants.load(grant_id)
    with pytest.raises(Reconnect):
        platform("xero").renew(house.wire("xero", Uncounted()), grant)


def test_disconnecting_after_the_owner_did_so_there_still_ends_it_here(xero_play: Play) -> None:
    xero_play.act("disconnect", "harbour")

    label = disconnect(xero_play.house, xero_play.business, xero_play.connected("harbour").id)

    assert label == "Harbour Lane Catering"
    assert set(xero_play.connected_keys()) == {"brightwater", "fenwick"}
    assert set(OAUTH) < set(slugs())
