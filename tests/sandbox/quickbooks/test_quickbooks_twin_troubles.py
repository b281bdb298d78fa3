"""The twin's limits, storms and odd clocks, met with nothing but HTTP."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.faults import Fault
from sandbox.limits import Caller as Who
from sandbox.quickbooks.limiting import MONTH, RULES
from sandbox.quickbooks.stirring import STIRS
from sandbox.quickbooks.troubles import STORMY, TWISTS
from sandbox.server import Sandbox, Setup
from tests.sandbox.quickbooks.conftest import Caller

APP = "ABsandboxCedarClient"


@pytest.fixture(scope="module")
def kept() -> Iterator[Caller]:
    """A company whose books nobody changes."""
    with Sandbox(Setup(platforms=("quickbooks",), customers=6, invoices=30)) as sandbox:
        ready = sandbox.twins["quickbooks"].credentials()["businesses"]["cedar"]
        yield Caller(sandbox, ready["external_id"], ready["access"], ready["refresh"])


@pytest.fixture
def limited(kept: Caller) -> Iterator[Caller]:
    """The same while the limits hold; everything counted is forgotten before and after."""
    kept.sandbox.book.clear()
    kept.sandbox.world.limits.clear()
    kept.sandbox.world.limits.enforced.add("quickbooks")
    yield kept
    kept.sandbox.world.limits.enforced.clear()
    kept.sandbox.world.limits.clear()


def use_up(caller: Caller, name: str) -> None:
    rule = {one.name: one for one in (*RULES, MONTH)}[name]
    keys = {"tenant": caller.realm, "app": APP, "account": f"{caller.realm}/{APP}"}
    who = Who((rule,), keys)
    caller.sandbox.world.limits.use_up("quickbooks", rule, who.keys[rule.per], caller.sandbox.clock.now())


@pytest.mark.parametrize("name", ["second", "minute", "all"])
def test_too_many_calls_are_refused_in_xml_without_a_word_about_when(limited: Caller, name: str) -> None:
    assert limited.ask("GET", "preferences").status_code == 200
    use_up(limited, name)
    refused = limited.ask("GET", "preferences")
    assert (refused.status_code, refused.headers.get("Retry-After")) == (429, None)
    assert refused.headers["Content-Type"] == "application/xml"
    assert b'code="3001"' in refused.content
    limited.sandbox.clock.move(timedelta(minutes=1))
    assert limited.ask("GET", "preferences").status_code == 200


def test_the_month_is_used_up_by_reads_and_writes_are_free(limited: Caller) -> None:
    invoice = next(iter(limited.truth()["invoices"]))
    use_up(limited, "month")
    refused = limited.ask("POST", "query", data="SELECT * FROM Term", headers={"Content-Type": "application/text"})
    assert refused.status_code == 429
    assert refused.json()["fault"]["error"][0]["code"] == "3001"
    assert int(refused.headers["Retry-After"]) > 0
    written = limited.ask("POST", f"invoice/{invoice}/send", headers={"Content-Type": "application/octet-stream"})
    assert written.status_code == 200
    assert limited.sandbox.world.limits.counts()["quickbooks"]["billed"][limited.realm] == {"Core": 1}


def test_only_good_reads_are_billed_and_the_sign_in_is_not_counted(limited: Caller) -> None:
    limited.ask("GET", "preferences")
    limited.code("SELECT * FROM Custmoer")
    requests.post(f"{limited.base}/oauth2/v1/tokens/bearer", timeout=5)
    told = limited.sandbox.world.limits.counts()["quickbooks"]
    assert (told["calls"], told["billed"]) == ({limited.realm: 2}, {limited.realm: {"CorePlus": 1}})


def test_batches_have_a_limit_of_their_own(limited: Caller) -> None:
    body = {"BatchItemRequest": [{"bId": "1", "Query": "SELECT * FROM Term"}]}
    assert limited.ask("POST", "batch", json=body).status_code == 200
    most = limited.sandbox.world.limits.counts()["quickbooks"]["most"]
    assert {"batch", "batches"} <= most.keys()


def test_a_storm_knows_only_what_passes_by_itself(kept: Caller) -> None:
    kinds = kept.sandbox.twins["quickbooks"].troubles()
    assert set(kinds) == {*STORMY, *TWISTS}
    assert not {"429_day", "429_month", "lost_rights", "forbidden", "read_only", "stale"} & set(kinds)
    for kind in STORMY:
        kept.sandbox.book.add(Fault("quickbooks", kind))
        answer = kept.ask("GET", "preferences")
        assert answer.status_code != 200 or not answer.content.startswith(b'{"Preferences"'), kind
        assert int(answer.headers.get("Retry-After", 0)) <= 2, kind


@pytest.mark.parametrize("kind", TWISTS)
def test_a_twist_touches_one_record_and_never_what_is_owed(kept: Caller, kind: str) -> None:
    good = kept.query("SELECT * FROM Invoice")
    for seed in range(20):
        odd = copy.deepcopy(good)
        assert kept.sandbox.twins["quickbooks"].twist(kind, odd, random.Random(seed))
        differing = [
            (before, after)
            for before, after in zip(good["QueryResponse"]["Invoice"], odd["QueryResponse"]["Invoice"], strict=True)
            if before != after
        ]
        ((before, after),) = differing
        changed = {name for name in before | after if before.get(name) != after.get(name) or name not in before}
        assert len(changed) == 1
        assert not changed & {"Balance", "DueDate", "Id", "PrivateNote", "LinkedTxn", "SyncToken", "EmailStatus"}
        assert after.get("TotalAmt", None) in (before["TotalAmt"], None), "a plausible lie"


def test_what_has_no_records_cannot_be_garbled(kept: Caller) -> None:
    twin = kept.sandbox.twins["quickbooks"]
    documents: tuple[Any, ...] = ({}, [], {"access_token": "x"}, {"QueryResponse": {}}, {"time": 5})
    for document in documents:
        assert not any(twin.twist(kind, document, random.Random(1)) for kind in (*TWISTS, "dance"))


def test_stirring_keeps_the_books_in_order(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=8, invoices=60)
    twin = caller.sandbox.twins["quickbooks"]
    before, again = caller.truth(), dial(customers=8, invoices=60)
    for seed in range(6 * len(STIRS)):
        for one in (caller, again):
            one.sandbox.twins["quickbooks"].stir(random.Random(seed))
    truth = twin.truth("cedar")
    assert truth["invoices"] == again.truth()["invoices"], "the dice do not decide alone"
    assert truth["deleted"]["Invoice"] != before["deleted"]["Invoice"]
    assert len(truth["payments"]) > len(before["payments"])
    owed: dict[str, int] = {}
    for entity, field, sign in (
        ("Invoice", "Balance", 1),
        ("Payment", "UnappliedAmt", -1),
        ("CreditMemo", "Balance", -1),
    ):
        for row in caller.rows(f"SELECT * FROM {entity} MAXRESULTS 1000"):
            owner = row["CustomerRef"]["value"]
            owed[owner] = owed.get(owner, 0) + sign * round(row[field] * 1000)
    balances = caller.rows("SELECT * FROM Customer WHERE Active IN (true, false) MAXRESULTS 1000")
    assert {row["Id"]: round(row["Balance"] * 1000) for row in balances} == {
        row["Id"]: owed.get(row["Id"], 0) for row in balances
    }


def test_a_batch_answers_every_item_by_its_own_name(kept: Caller) -> None:
    since = (kept.sandbox.clock.now() - timedelta(days=1)).isoformat()
    items: list[dict[str, Any]] = [
        {"bId": "a", "Query": "SELECT * FROM Invoice WHERE Metadata.LastUpdatedTime >= '2019-01-01T00:00:00Z' "
                              "ORDER BY Metadata.LastUpdatedTime ASC STARTPOSITION 1 MAXRESULTS 1000"},
        {"bId": "b", "Query": "SELECT * FROM Budget WHERE Active IN (true, false)"},
        {"bId": "c", "Query": "SELECT * FROM Nonsense"},
        {"bId": "d", "CDCQuery": {"Entities": "Invoice,Estimate", "ChangedSince": since}},
        {"bId": "e", "operation": "create", "Invoice": {}},
    ]  # fmt: skip
    told = kept.ask("POST", "batch", json={"BatchItemRequest": items}).json()["BatchItemResponse"]
    by_name = {one["bId"]: one for one in told}
    assert [one["bId"] for one in told] != [one["bId"] for one in items]
    assert {row["Id"] for row in by_name["a"]["QueryResponse"]["Invoice"]} == set(kept.truth()["invoices"])
    assert by_name["b"]["QueryResponse"] == {}
    assert by_name["c"]["Fault"]["Error"][0]["code"] == "4001"
    assert len(by_name["d"]["CDCResponse"]["QueryResponse"]) == 2
    assert by_name["e"]["Fault"]["Error"][0]["code"] == "500"
    many = {"BatchItemRequest": items[1:2] * 31}
    assert kept.ask("POST", "batch", json=many).status_code == 400


def test_what_other_companies_have_is_empty_here_and_no_error(kept: Caller) -> None:
    since = (kept.sandbox.clock.now() - timedelta(days=1)).isoformat()
    answer = kept.ask("GET", "cdc", params={"entities": "Account,Invoice,Vendor", "changedSince": since}).json()
    slots = answer["CDCResponse"][0]["QueryResponse"]
    assert (slots[0], slots[2]) == ({}, {})


def test_a_query_may_come_compressed(kept: Caller) -> None:
    headers = {"Content-Type": "application/text", "Content-Encoding": "gzip"}
    answer = kept.ask("POST", "query", data=gzip.compress(b"SELECT * FROM Term"), headers=headers)
    assert len(answer.json()["QueryResponse"]["Term"]) == 4


def test_where_everything_is_can_be_asked(kept: Caller) -> None:
    told = requests.get(f"{kept.base}/.well-known/openid_configuration/", timeout=5).json()
    assert told["token_endpoint"] == f"{kept.base}/oauth2/v1/tokens/bearer"
    assert told["revocation_endpoint"] == f"{kept.base}/v2/oauth2/tokens/revoke"


def test_quickbooks_has_a_clock_of_its_own(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=3, invoices=3, skews={"quickbooks": 600.0})
    said = datetime.fromisoformat(caller.ask("GET", "preferences").json()["time"])
    assert 590 < (said - caller.sandbox.clock.now()).total_seconds() < 610
    told = caller.sandbox.twins["quickbooks"].credentials()["businesses"]["cedar"]["expires_at"]
    lasts = datetime.fromisoformat(told) - caller.sandbox.clock.now()
    assert timedelta(minutes=59) < lasts <= timedelta(hours=1), "reckoned by everybody's clock"
    caller.sandbox.clock.move(timedelta(minutes=61))
    assert caller.ask("GET", "preferences").status_code == 401


def test_a_replaced_refresh_token_lasts_as_long_as_it_is_given_grace(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=2, invoices=2)
    url, who = f"{caller.base}/oauth2/v1/tokens/bearer", (APP, "sandbox-client-secret")
    form = {"grant_type": "refresh_token", "refresh_token": caller.refresh}
    caller.sandbox.act("quickbooks", "token_grace", hours=24)
    caller.sandbox.clock.move(timedelta(hours=25))
    fresh = requests.post(url, data=form, auth=who, timeout=5).json()["refresh_token"]
    assert fresh != caller.refresh
    again = requests.post(url, data=form, auth=who, timeout=5)
    assert (again.status_code, again.json()["refresh_token"]) == (200, fresh)
    caller.sandbox.clock.move(timedelta(hours=25))
    assert requests.post(url, data=form, auth=who, timeout=5).status_code == 400


def test_a_day_may_have_no_mails_left_and_a_repeated_request_may_be_refused(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=4, invoices=10)
    headers = {"Content-Type": "application/octet-stream"}
    invoice = next(iter(caller.truth()["invoices"]))
    caller.act("mail_limit", a_day=1)
    caller.act("refuse_requests", on=True)
    send = f"invoice/{invoice}/send?requestid=k1"
    assert caller.ask("POST", send, headers=headers).status_code == 200
    for path in (send, f"invoice/{invoice}/send"):
        assert json.loads(caller.ask("POST", path, headers=headers).text)["Fault"]["Error"][0]["code"] == "6000"
    caller.sandbox.clock.move(timedelta(days=1))
    caller.token = caller.sandbox.twins["quickbooks"].credentials()["businesses"]["cedar"]["access"]
    assert caller.ask("POST", f"invoice/{invoice}/send", headers=headers).status_code == 200


def test_a_record_is_written_anew_when_another_that_it_names_moves(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=6, invoices=20)
    before = caller.rows("SELECT * FROM Invoice MAXRESULTS 1")[0]
    assert caller.rows("SELECT * FROM Invoice MAXRESULTS 1")[0] == before
    caller.act("deactivate", customer=before["CustomerRef"]["value"])
    after = caller.rows("SELECT * FROM Invoice MAXRESULTS 1")[0]
    assert after["CustomerRef"]["name"] == f"{before['CustomerRef']['name']} (deleted)"


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_a_time_cuts_a_list_at_either_end(kept: Caller, direction: str) -> None:
    times = sorted(
        datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"])
        for row in kept.rows("SELECT * FROM Invoice MAXRESULTS 1000")
    )
    low, high = times[5], times[15]
    rows = kept.rows(
        f"SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime >= '{low.isoformat()}' AND "
        f"MetaData.LastUpdatedTime < '{high.isoformat()}' ORDERBY MetaData.LastUpdatedTime {direction}"
    )
    found = [datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"]) for row in rows]
    assert sorted(found) == [one for one in times if low <= one < high]
    assert found == sorted(found, reverse=direction == "DESC")
