"""The local Xero's bad days: limits, faults in its own words, garbled answers, stirred books, and a wrong clock."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from integrations.xero.decoding import decode
from integrations.xero.mapping import Mapper
from integrations.xero.payloads import Unreadable
from integrations.xero.streams import NAMES, STREAMS
from receivables.records import Record
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.xero.troubles import IDLE, TWISTS, VITAL, Troubles, twist

MAPPER = Mapper("c1")


def limited(caller: Any, **calls: int) -> None:
    caller.act("limits", business="brightwater", **calls)


def test_what_is_left_is_told_on_every_answer(caller: Any) -> None:
    reply = caller.ask("Organisation")
    told = {name: int(reply.headers[f"X-{name}-Remaining"]) for name in ("DayLimit", "MinLimit", "AppMinLimit")}
    assert told == {"DayLimit": 4999, "MinLimit": 59, "AppMinLimit": 9999}
    assert "X-MinLimit-Remaining" in caller.ask("Nonsense").headers
    assert "X-MinLimit-Remaining" not in requests.get(f"{caller.base}/connections", timeout=5).headers


def test_the_minute_and_the_day_say_how_long(caller: Any) -> None:
    limited(caller, minute=2, day=4)
    replies = [caller.ask("Organisation") for _ in range(3)]
    assert [one.status_code for one in replies] == [200, 200, 429]
    assert replies[2].headers["X-Rate-Limit-Problem"] == "minute"
    assert 0 < int(replies[2].headers["Retry-After"]) <= 60
    caller.sandbox.clock.move(timedelta(seconds=61))
    replies = [caller.ask("Organisation") for _ in range(2)]
    assert [one.status_code for one in replies] == [200, 429]
    assert replies[1].headers["X-Rate-Limit-Problem"] == "day"
    assert 60 < int(replies[1].headers["Retry-After"]) <= 86_400
    assert replies[1].headers["X-DayLimit-Remaining"] == "0"


def test_an_app_has_a_minute_for_all_its_organisations_and_says_no_time(caller: Any) -> None:
    limited(caller)
    rule = next(one for one in caller.twin.caller(_request(caller)).rules if one.name == "appminute")
    app = caller.app["client_id"]
    caller.sandbox.world.limits.use_up("xero", rule, app, caller.sandbox.clock.now())
    reply = caller.ask("Organisation")
    assert (reply.status_code, reply.headers["X-Rate-Limit-Problem"]) == (429, "appminute")
    assert "Retry-After" not in reply.headers


def _request(caller: Any) -> Any:
    headers = [
        ("Authorization", f"Bearer {caller.keys['access_token']}"),
        ("xero-tenant-id", caller.keys["tenant_id"]),
    ]
    return Request(EnvironBuilder(path="/api.xro/2.0/Organisation", headers=headers).get_environ())


def test_a_sixth_call_at_once_is_refused(sandboxes: Callable[..., Sandbox]) -> None:
    sandbox = sandboxes(platforms=("xero",), invoices=10, customers=3, limits=True, latency=0.4)
    keys = sandbox.twins["xero"].credentials()["businesses"]["brightwater"]
    headers = {"Authorization": f"Bearer {keys['access_token']}", "xero-tenant-id": keys["tenant_id"]}
    replies: list[requests.Response] = []

    def ask() -> None:
        url = f"{sandbox.addresses['xero']}/api.xro/2.0/Organisation"
        replies.append(requests.get(url, headers=headers, timeout=5))

    threads = [threading.Thread(target=ask) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.status_code for one in replies) == [200] * 5 + [429] * 2
    refused = next(one for one in replies if one.status_code == 429)
    assert refused.headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in refused.headers


def test_every_app_has_a_minute_of_its_own(caller: Any) -> None:
    """An organisation that is reached by two apps lends none of one's calls to the other."""
    caller.act("limits", business="fenwick", minute=1)
    keys = caller.twin.credentials()["businesses"]["fenwick"]
    form = {name: keys["custom"][name] for name in ("client_id", "client_secret")}
    form["grant_type"] = "client_credentials"
    custom = requests.post(f"{caller.base}/connect/token", data=form, timeout=5).json()["access_token"]

    def status(token: str, **headers: str) -> int:
        headers["Authorization"] = f"Bearer {token}"
        return requests.get(f"{caller.base}/api.xro/2.0/Organisation", headers=headers, timeout=5).status_code

    assert [status(custom), status(custom)] == [200, 429]
    assert status(keys["access_token"], **{"xero-tenant-id": keys["tenant_id"]}) == 200


def test_bytes_are_counted_as_they_were_and_as_they_went(caller: Any) -> None:
    caller.sandbox.world.limits.clear()
    reply = caller.ask("Invoices", params={"page": 1})
    counted = caller.sandbox.world.limits.counts()["xero"]["bytes"][caller.keys["tenant_id"]]
    assert counted["raw"] == len(reply.content)
    assert 0 < counted["sent"] < counted["raw"] / 3


@pytest.mark.parametrize(
    ("kind", "status", "type_", "says"),
    [
        ("500", 500, "application/json", "An error occurred"),
        ("502", 502, "text/html", "Bad Gateway"),
        ("503", 503, "text/plain", "offline for maintenance"),
        ("503_busy", 503, "text/plain", "temporarily unavailable"),
        ("html", 200, "text/html", "right back"),
        ("expired", 401, "application/json", "TokenExpired"),
        ("scope", 401, "application/json", "AuthorizationUnsuccessful"),
        ("tenant", 403, "application/json", "AuthenticationUnsuccessful"),
    ],
)
def test_a_fault_in_xeros_own_words(caller: Any, kind: str, status: int, type_: str, says: str) -> None:
    caller.sandbox.book.add(Fault("xero", kind))
    reply = caller.ask("Organisation")
    assert (reply.status_code, reply.headers["Content-Type"].partition(";")[0]) == (status, type_)
    assert says in reply.text
    assert caller.ask("Organisation").status_code == 200


@pytest.mark.parametrize(
    ("kind", "problem", "wait"),
    [
        ("429", "minute", "7"),
        ("429_day", "day", "66975"),
        ("429_concurrent", "concurrent", None),
        ("429_app", "appminute", None),
    ],
)
def test_each_limit_has_its_own_429(caller: Any, kind: str, problem: str, wait: str | None) -> None:
    caller.sandbox.book.add(Fault("xero", kind))
    reply = caller.ask("Organisation")
    assert (reply.status_code, reply.headers["X-Rate-Limit-Problem"]) == (429, problem)
    assert reply.headers.get("Retry-After") == wait


def test_the_sign_in_service_never_says_that_a_token_is_over(caller: Any) -> None:
    for kind in ("expired", "expired_once", "scope", "tenant"):
        assert caller.twin.fail(kind, "/connect/token") is None
        assert caller.twin.fail(kind, "/in/whatever") is None
    assert caller.twin.fail("503", "/connect/token").status_code == 503
    assert caller.twin.fail("503", "/in/whatever") is None


def test_in_a_storm_no_token_dies_twice_running(caller: Any) -> None:
    """A client that renews would else be told to connect again, which no storm may do."""
    for _ in range(2):
        caller.sandbox.book.add(Fault("xero", "expired_once"))
    assert [caller.ask("Organisation").status_code for _ in range(2)] == [401, 401], "it is really over"
    caller.keys = caller.twin.credentials()["businesses"]["brightwater"]
    assert caller.ask("Organisation").status_code == 200
    caller.sandbox.clock.move(timedelta(minutes=3))
    caller.sandbox.book.add(Fault("xero", "expired_once"))
    assert caller.ask("Organisation").status_code == 401


def test_a_storm_holds_nothing_that_outlasts_it(caller: Any) -> None:
    for kind in caller.twin.troubles():
        reply = caller.twin.fail(kind, "/api.xro/2.0/Invoices")
        assert kind in TWISTS or (reply is not None and int(reply.headers.get("Retry-After", 0)) < 60)
    assert not {"429_day", "scope", "tenant", "expired"} & set(Troubles.STORM)


def read_by(caller: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in NAMES:
        yield name, caller.ask(STREAMS[name].plural, params={"page": 1}).json()


def understood(name: str, document: dict[str, Any]) -> list[Record | str | None]:
    """Each record as our own adapter reads it, or the word odd."""
    stream = STREAMS[name]
    found = decode(json.dumps(document).encode(), stream.plural, stream.payload, MAPPER.odd(stream.kind))
    told: list[Any] = ["odd"] * len(found.odd)
    for payload in found.payloads:
        try:
            told.append(stream.map_with(MAPPER, payload))
        except Unreadable:
            told.append("odd")
    return told


@pytest.mark.parametrize("kind", sorted(TWISTS))
def test_a_twist_never_tells_a_plausible_lie(caller: Any, kind: str) -> None:
    """What is garbled means what it meant, or cannot be read by anybody."""
    struck = unread = 0
    for name, good in read_by(caller):
        plain = understood(name, good)
        for number in range(30):
            document = deepcopy(good)
            if not twist(kind, document, random.Random(number)):
                assert document == good
                continue
            struck += document != good
            told = understood(name, document)
            assert [one for one in told if one != "odd" and one not in plain] == []
            assert len(told) == len(plain)
            unread += told.count("odd")
    assert struck > 20
    assert (unread > 0) is (kind in ("null_field", "missing_field", "odd_currency"))


def test_the_fields_that_may_be_garbled_are_really_there(caller: Any) -> None:
    for name, document in read_by(caller):
        plural = STREAMS[name].plural
        assert set(VITAL[plural] + IDLE[plural]) <= set(document[plural][0])


def test_a_twist_of_something_else_does_nothing() -> None:
    documents: tuple[Any, ...] = ([], {"Connections": 1}, {"Invoices": []}, "text", None)
    for document in documents:
        assert not any(twist(kind, document, random.Random(1)) for kind in TWISTS)
    assert not twist("another", {"Invoices": [{"Total": 1}]}, random.Random(1))


def test_stirring_follows_the_ledgers_rules(caller: Any) -> None:
    before = _books(caller)
    for number in range(60):
        caller.twin.stir(random.Random(number))
    assert _books(caller) != before
    for organisation in caller.twin.organisations:
        for one in organisation.ledger.invoices.values():
            assert one.due >= 0
            paid = sum((part.amount for part in one.payments), Decimal(0))
            credited = sum((part.amount for part in one.allocations), Decimal(0))
            assert (one.paid, one.credited) == (paid, credited)
            assert one.status not in ("AUTHORISED", "PAID") or (one.status == "PAID") is (one.due == 0)


def _books(caller: Any) -> list[Any]:
    return [caller.twin.truth(one.key)["invoices"] for one in caller.twin.organisations]


def test_the_same_dice_stir_the_same(sandboxes: Callable[..., Sandbox]) -> None:
    books = []
    for _ in range(2):
        twin: Any = sandboxes(platforms=("xero",), invoices=20, customers=5).twins["xero"]
        for number in range(12):
            twin.stir(random.Random(number))
        books.append([twin.truth(one.key)["invoices"] for one in twin.organisations])
    assert books[0] == books[1]


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_xero_stamps_expires_and_answers_by_its_own_clock(sandboxes: Callable[..., Sandbox], ahead: float) -> None:
    sandbox = sandboxes(platforms=("xero",), invoices=10, customers=3, skews={"xero": ahead})
    twin: Any = sandbox.twins["xero"]
    keys = twin.credentials()["businesses"]["brightwater"]
    headers = {
        "Authorization": f"Bearer {keys['access_token']}",
        "xero-tenant-id": keys["tenant_id"],
        "Accept": "application/json",
    }

    def off(text: str) -> float:
        told = datetime.fromtimestamp(int(text.strip("/Date()").partition("+")[0]) / 1000, UTC)
        return abs((told - sandbox.clock.now()).total_seconds() - ahead)

    url = f"{sandbox.addresses['xero']}/api.xro/2.0/Invoices"
    with sandbox.world.lock:
        number = next(one for one in twin.truth("brightwater")["invoices"])
        twin.controls()["touch"](business="brightwater", record=number)
    reply = requests.get(f"{url}/{number}", headers=headers, timeout=5).json()
    assert off(reply["DateTimeUTC"]) < 60
    assert off(reply["Invoices"][0]["UpdatedDateUTC"]) < 60
    expires_in = datetime.fromisoformat(keys["expires_at"]) - sandbox.clock.now()
    assert timedelta(minutes=29) < expires_in <= timedelta(minutes=30), "as a client reckons it"
    sandbox.clock.move(timedelta(minutes=31))
    assert requests.get(url, headers=headers, timeout=5).status_code == 401


def test_lists_that_are_kept_show_every_edit(caller: Any) -> None:
    """Pages are cut from a sorted list that is made once for every state of the books."""
    invoice = caller.invoice()
    asked = {"page": 1, "pageSize": 1000, "order": "DueDate ASC"}

    def shown() -> dict[str, Any]:
        rows = caller.rows("Invoices", **asked)
        assert [one["DueDateString"] for one in rows] == sorted(one["DueDateString"] for one in rows)
        return next(one for one in rows if one["InvoiceID"] == invoice)

    shown()
    caller.act("silent_edit", business="brightwater", record=invoice, fields={"due_on": "2031-01-01"})
    assert shown()["DueDateString"] == "2031-01-01T00:00:00"
    caller.act("pay", business="brightwater", invoice=invoice, amount="1.00")
    assert shown()["AmountPaid"] == 1
    caller.act("change_due", business="brightwater", invoice=invoice, due_on="2032-01-01")
    assert shown()["DueDateString"] == "2032-01-01T00:00:00"
    contact = next(iter(caller.twin.truth("brightwater")["customers"]))
    caller.rows("Contacts", page=1)
    caller.act("journal", business="brightwater", customer=contact, amount="7.77")
    (owed,) = (one["Balances"] for one in caller.rows("Contacts", page=1) if one["ContactID"] == contact)
    truth = Decimal(caller.twin.truth("brightwater")["outstanding"][contact])
    assert Decimal(str(owed["AccountsReceivable"]["Outstanding"])) == truth
