"""Limits by fixed windows, storms that a seed repeats, deliveries that go astray, and clocks that disagree."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from sandbox.clock import MovedClock, SkewedClock
from sandbox.courier import Courier, Parcel, Troubles
from sandbox.faults import Fault
from sandbox.limits import Caller, Limits, Rule
from sandbox.server import START, Sandbox, Setup
from sandbox.storm import Storm

MINUTE = Rule("minute", 3, 60.0, "tenant")
AT_ONCE = Rule("concurrent", 2, 0.0, "tenant")
APP = Rule("app", 4, 60.0, "app")


def caller(tenant: str = "t1") -> Caller:
    return Caller((AT_ONCE, MINUTE, APP), {"tenant": tenant, "app": "a"}, metered="reads")


def call(limits: Limits, tenant: str = "t1", **after: float) -> tuple[str, int]:
    leave = limits.enter("xero", caller(tenant), START + timedelta(**after))
    limits.leave("xero", leave, raw=100, sent=10, good=leave.over is None)
    return leave.over.name if leave.over else "", leave.remaining["minute"]


def enforced() -> Limits:
    limits = Limits()
    limits.enforced.add("xero")
    return limits


def test_a_window_is_fixed_and_ends_at_a_moment_of_its_own() -> None:
    limits = enforced()

    assert [call(limits) for _ in range(4)] == [("", 2), ("", 1), ("", 0), ("minute", 0)]
    ends_in = limits.enter("xero", caller(), START).retry_after
    assert 0 < ends_in <= 60
    assert call(limits, seconds=ends_in - 0.01)[0] == "minute"
    assert call(limits, seconds=ends_in + 0.01) == ("", 2)
    assert {limits.enter("xero", caller(f"t{n}"), START).retry_after for n in range(3)} != {ends_in}


def test_tenants_have_their_own_windows_and_an_app_one_for_all() -> None:
    limits = enforced()

    assert [call(limits, "t1")[0] for _ in range(3)] == ["", "", ""]
    assert [call(limits, "t2")[0] for _ in range(2)] == ["", "app"]


def test_calls_under_way_count_until_they_end() -> None:
    limits = enforced()
    held = [limits.enter("xero", caller(), START) for _ in range(3)]

    assert [one.over.name if one.over else "" for one in held] == ["", "", "concurrent"]
    assert held[2].retry_after == 0
    limits.leave("xero", held[0], raw=0, sent=0, good=True)
    limits.leave("xero", held[2], raw=0, sent=0, good=False)
    assert limits.enter("xero", caller(), START).over is MINUTE


def test_what_is_not_enforced_is_counted_all_the_same() -> None:
    limits = Limits()
    for _ in range(9):
        assert call(limits)[0] == ""

    counted = limits.counts()["xero"]
    assert counted["calls"] == {"t1": 9}
    assert counted["billed"] == {"t1": {"reads": 9}}
    assert counted["bytes"] == {"t1": {"raw": 900, "sent": 90}}
    assert counted["most"]["minute"] == {"t1": 9}
    assert "refused" not in counted


def test_a_day_can_be_used_up_by_somebody_else() -> None:
    limits = enforced()
    limits.use_up("xero", MINUTE, "t1", START)

    assert call(limits)[0] == "minute"
    assert limits.counts()["xero"]["refused"] == {"minute": 1}


def test_the_same_seed_brings_the_same_storm_whatever_the_order() -> None:
    def struck(routes: list[str]) -> dict[tuple[str, int], str]:
        storm, seen, found = Storm("7", 0.3, ("500", "slow", "half")), Counter[str](), {}
        for route in routes:
            seen[route] += 1
            fault = storm.strike("xero", route)
            found[route, seen[route]] = fault.kind if fault else ""
        return found

    one_by_one = struck(["GET /a"] * 40 + ["GET /b"] * 40)

    assert one_by_one == struck(["GET /b", "GET /a"] * 40)
    assert set(one_by_one.values()) == {"", "500", "slow", "half"}
    assert 10 <= sum(bool(kind) for kind in one_by_one.values()) <= 40


def test_a_calm_storm_strikes_nothing() -> None:
    storm = Storm("7", 1.0, ("500",))
    storm.calm = True

    assert storm.strike("xero", "GET /a") is None


def test_deliveries_go_astray_as_the_seed_says() -> None:
    def carried(troubles: Troubles) -> list[tuple[bool, str]]:
        parcels = [Parcel("xero", "http://x", b"{}", {"x-xero-signature": "abcd="}, (), START) for _ in range(200)]
        sent = [one for number, parcel in enumerate(parcels) for one in troubles.befall(parcel, number)]
        return [(one.due_at > START, one.headers["x-xero-signature"]) for one in sent]

    troubles = Troubles("3", double=0.2, hold=0.2, drop=0.2, forge=0.2)
    sent = carried(troubles)

    assert sent == carried(Troubles("3", double=0.2, hold=0.2, drop=0.2, forge=0.2))
    assert all(troubles.met[kind] > 10 for kind in ("double", "hold", "drop", "forge"))
    assert {"abcd=", "abcA="} == {signature for _, signature in sent}
    assert 150 < len(sent) < 250


def test_the_courier_carries_what_the_troubles_leave() -> None:
    courier = Courier(MovedClock(START))
    courier.troubles = Troubles("1", drop=1.0)
    courier.post("xero", "http://127.0.0.1:9/", b"{}", {})

    assert courier.pending() == 0


def test_a_platforms_clock_may_be_ahead() -> None:
    clock = MovedClock(START)

    assert SkewedClock(clock, 90).now() - clock.now() > timedelta(seconds=89)
    assert Sandbox(Setup(platforms=("xero",), skews={"xero": -30})).world.clock_of("xero").now() < clock.now()


@pytest.fixture(scope="module")
def weathered() -> Iterator[Sandbox]:
    sandbox = Sandbox(Setup(platforms=("stripe",), customers=3, invoices=6, months=2))
    with sandbox:
        yield sandbox


def ask(sandbox: Sandbox) -> requests.Response:
    key = sandbox.twins["stripe"].credentials()["businesses"]["northwind"]["api_key"]
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{sandbox.addresses['stripe']}/v1/invoices", headers=headers, timeout=5)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "reset", "half"])
def test_a_cut_line_is_an_error_at_once_and_the_next_call_works(weathered: Sandbox, kind: str) -> None:
    weathered.book.clear()
    weathered.book.add(Fault("stripe", kind))

    with pytest.raises(requests.RequestException) as caught:
        ask(weathered)

    assert not isinstance(caught.value, requests.Timeout)
    assert ask(weathered).ok


def test_somebody_may_change_the_books_right_after_an_answer(weathered: Sandbox) -> None:
    weathered.book.clear()
    truth = weathered.twins["stripe"].truth
    before = truth("northwind")
    for turn in range(8):
        weathered.book.add(Fault("stripe", "stir", dice=turn / 8))
        assert ask(weathered).ok

    assert truth("northwind") != before


def test_the_control_port_brews_storms_switches_limits_and_troubles_deliveries(weathered: Sandbox) -> None:
    control = weathered.addresses["control"]

    brewed = requests.post(f"{control}/storm", json={"seed": "1", "rate": 1.0, "kinds": ["500"]}, timeout=5)
    assert brewed.json() == {"storms": ["stripe"]}
    assert ask(weathered).status_code == 500
    switched = requests.post(f"{control}/limits", json={"stripe": True}, timeout=5)
    assert switched.json() == {"enforced": ["stripe"]}
    assert "stripe" in requests.get(f"{control}/limits", timeout=5).json()
    requests.post(f"{control}/webhooks/troubles", json={"seed": "1", "drop": 1.0}, timeout=5)
    assert weathered.courier.troubles == Troubles("1", drop=1.0)
    requests.post(f"{control}/reset", timeout=5)
    assert weathered.courier.troubles is None
    assert ask(weathered).ok
