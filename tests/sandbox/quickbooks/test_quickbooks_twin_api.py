"""The twin's API is as awkward as the real one."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.faults import Fault
from tests.sandbox.quickbooks.conftest import Caller


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT * FROM Custmoer", "4001"),
        ("SELECT * FROM customer", "4001"),
        ("SELECT * FROM Customer STARTPOSITION 0", "4001"),
        ("SELECT * FROM Customer MAXRESULTS many", "4000"),
        ("SELECT * FROM Customer WHERE Nonsense = 'x'", "4001"),
        ("SELECT * FROM Invoice WHERE TxnDate > 'soon'", "4001"),
        ("SELECT * FROM Invoice WHERE Balance > 'much'", "4001"),
        ("SELECT * FROM Invoice WHERE Id = '1' OR Id = '2'", "4000"),
        ("SELECT * FROM Invoice WHERE Id != '1'", "4000"),
        ("SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime >= '2026-01-01T00:00:00'", "4001"),
        ("SELECT Id FROM Customer", "4000"),
        ("SELECT * FROM Customer WHERE Id = 'x", "4000"),
        ("SELECT * FROM Customer WHERE", "4000"),
        ("DELETE FROM Customer", "4000"),
        ("", "4000"),
    ],
)
def test_queries_it_cannot_answer(caller: Caller, statement: str, code: str) -> None:
    assert caller.code(statement) == code


def test_query_grammar(caller: Caller) -> None:
    count = caller.query("select count(*) from Invoice")["QueryResponse"]["totalCount"]
    assert count == len(caller.truth()["invoices"])
    ordered = caller.rows("SELECT * FROM Invoice ORDER BY MetaData.LastUpdatedTime DESC MAXRESULTS 5 STARTPOSITION 2")
    times = [row["MetaData"]["LastUpdatedTime"] for row in ordered]
    assert len(times) == 5
    assert [datetime.fromisoformat(one) for one in times] == sorted(map(datetime.fromisoformat, times), reverse=True)
    assert len(caller.rows("SELECT * FROM Invoice WHERE Id IN ('1', '2', '3')")) <= 3
    like = caller.rows("SELECT * FROM Customer WHERE DisplayName LIKE '%a%' MAXRESULTS 1000")
    assert like
    assert all("a" in row["DisplayName"].lower() for row in like)
    assert caller.query("SELECT * FROM Invoice WHERE DocNumber = 'it\\'s'")["QueryResponse"] == {}
    early = caller.rows(
        "SELECT * FROM Invoice WHERE TxnDate <= '2025-01-01' AND metadata.lastupdatedtime > '2020-01-01T00:00:00Z'"
    )
    assert all(row["TxnDate"] <= "2025-01-01" for row in early)


def test_a_query_may_also_come_in_the_address(caller: Caller) -> None:
    answer = caller.ask("GET", "query", params={"query": "SELECT * FROM Term", "minorversion": "75"})
    assert [row["Type"] for row in answer.json()["QueryResponse"]["Term"]] == ["STANDARD"] * 4
    posted = caller.ask("POST", "query", data="SELECT * FROM Term", headers={"Content-Type": "application/json"})
    assert posted.status_code == 400


def test_pages_are_a_hundred_rows_unless_asked_and_never_more_than_a_thousand(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=5, invoices=5)
    caller.act("crowd", entity="Customer", count=1200)
    assert len(caller.rows("SELECT * FROM Customer")) == 100
    assert len(caller.rows("SELECT * FROM Customer MAXRESULTS 5000")) == 1000
    page = caller.query("SELECT * FROM Customer STARTPOSITION 1001 MAXRESULTS 1000")["QueryResponse"]
    assert page["maxResults"] == len(page["Customer"]) == 205
    assert page["startPosition"] == 1001


def test_inactive_names_are_hidden_unless_asked_for(caller: Caller) -> None:
    customer = caller.truth()["customers"][0]
    caller.act("deactivate", customer=customer)
    assert customer not in {row["Id"] for row in caller.rows("SELECT * FROM Customer MAXRESULTS 1000")}
    (row,) = caller.rows(f"SELECT * FROM Customer WHERE Active IN (true, false) AND Id = '{customer}'")
    assert row["Active"] is False
    assert row["DisplayName"].endswith("(deleted)")


def test_records_look_like_quickbooks_writes_them(caller: Caller) -> None:
    rows = caller.rows("SELECT * FROM Invoice MAXRESULTS 1000")
    assert all(row["MetaData"]["LastUpdatedTime"][-6:] in ("-08:00", "-07:00") for row in rows)
    assert all(value is not None for row in rows for value in row.values())
    assert any(row["LinkedTxn"] == [] for row in rows)
    assert any(row["Balance"] == 0 and isinstance(row["Balance"], int) for row in rows)
    assert all(isinstance(row["SyncToken"], str) for row in rows)
    payments = caller.rows("SELECT * FROM Payment MAXRESULTS 1000")
    assert any("LineEx" in line for row in payments for line in row.get("Line", []))
    assert any(row["TotalAmt"] == 0 and {"Invoice", "CreditMemo"} == _linked(row) for row in payments)
    assert caller.ask("GET", "companyinfo/1").json()["CompanyInfo"]["Id"] == "1"
    assert caller.ask("GET", "preferences").json()["Preferences"]["CurrencyPrefs"]["HomeCurrency"] == {"value": "USD"}


def _linked(row: dict[str, Any]) -> set[str]:
    return {line["LinkedTxn"][0]["TxnType"] for line in row.get("Line", [])}


def test_a_payment_moves_three_records_but_not_the_customers_token(caller: Caller) -> None:
    invoice = next(one for one, row in caller.truth()["invoices"].items() if row["open"] > 500)
    before = caller.rows(f"SELECT * FROM Invoice WHERE Id = '{invoice}'")[0]
    owner = before["CustomerRef"]["value"]
    customer = caller.rows(f"SELECT * FROM Customer WHERE Id = '{owner}'")[0]
    payment = caller.act("pay", invoice=invoice)["payment"]
    after = caller.rows(f"SELECT * FROM Invoice WHERE Id = '{invoice}'")[0]
    later = caller.rows(f"SELECT * FROM Customer WHERE Id = '{owner}'")[0]
    assert after["Balance"] == 0
    assert int(after["SyncToken"]) == int(before["SyncToken"]) + 1
    assert {"TxnId": payment, "TxnType": "Payment"} in after["LinkedTxn"]
    assert later["SyncToken"] == customer["SyncToken"]
    assert later["MetaData"]["LastUpdatedTime"] > customer["MetaData"]["LastUpdatedTime"]
    assert later["Balance"] < customer["Balance"]


def test_a_voided_invoice_is_zeroed_and_its_money_free_again(caller: Caller) -> None:
    invoice = next(
        one for one, row in caller.truth()["invoices"].items() if row["open"] > 500 and row["currency"] == "USD"
    )
    payment = caller.act("pay", invoice=invoice, amount="4.00")["payment"]
    caller.act("void", invoice=invoice)
    row = caller.rows(f"SELECT * FROM Invoice WHERE Id = '{invoice}'")[0]
    assert (row["TotalAmt"], row["Balance"], row["PrivateNote"]) == (0, 0, "Voided")
    assert all(line["Amount"] == 0 for line in row["Line"])
    paid = caller.rows(f"SELECT * FROM Payment WHERE Id = '{payment}'")[0]
    assert paid["UnappliedAmt"] == 4
    assert "Line" not in paid


def test_a_deleted_record_is_only_told_by_changed_data(caller: Caller) -> None:
    invoice = next(one for one, row in caller.truth()["invoices"].items() if row["open"] > 500)
    since = (caller.sandbox.clock.now() - timedelta(seconds=1)).isoformat()
    caller.act("delete", invoice=invoice)
    assert caller.rows(f"SELECT * FROM Invoice WHERE Id = '{invoice}'") == []
    gone = caller.ask("GET", f"invoice/{invoice}")
    assert (gone.status_code, gone.json()["Fault"]["Error"][0]["code"]) == (400, "610")
    slots = _changed(caller, "Invoice,Term", since)
    (stub,) = slots[0]["Invoice"]
    assert (stub["Id"], stub["status"]) == (invoice, "Deleted")
    assert "TotalAmt" not in stub
    assert slots[1] == {}


def _changed(caller: Caller, entities: str, since: str) -> list[dict[str, Any]]:
    answer = caller.ask("GET", "cdc", params={"entities": entities, "changedSince": since})
    slots: list[dict[str, Any]] = answer.json()["CDCResponse"][0]["QueryResponse"]
    return slots


def test_changed_data_stops_at_a_thousand_without_a_word(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=5, invoices=5)
    since = (caller.sandbox.clock.now() - timedelta(seconds=1)).isoformat()
    caller.act("crowd", entity="Customer", count=700)
    caller.act("crowd", entity="Invoice", count=700)
    slots = _changed(caller, "Customer,Invoice", since)
    assert len(slots[0]["Customer"]) >= 700
    assert len(slots[0]["Customer"]) + len(slots[1]["Invoice"]) == 1000


def test_changed_data_reaches_back_thirty_days_whatever_is_asked(caller: Caller) -> None:
    slots = _changed(caller, "Invoice", "2011-01-01T00:00:00Z")
    month = caller.sandbox.clock.now() - timedelta(days=30, seconds=1)
    assert slots[0]["Invoice"]
    assert all(datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"]) >= month for row in slots[0]["Invoice"])
    assert (
        caller.ask("GET", "cdc", params={"entities": "Invoice", "changedSince": "2026-03-01T00:00:00"}).status_code
        == 400
    )
    assert (
        caller.ask("GET", "cdc", params={"entities": "Beer", "changedSince": "2026-03-01T00:00:00Z"}).status_code == 400
    )


def test_a_customers_balance_is_its_documents(dial: Callable[..., Caller]) -> None:
    caller = dial(customers=40, invoices=400)
    sums: dict[str, int] = {}
    for entity, field, sign in (
        ("Invoice", "Balance", 1),
        ("Payment", "UnappliedAmt", -1),
        ("CreditMemo", "Balance", -1),
    ):
        for row in caller.rows(f"SELECT * FROM {entity} MAXRESULTS 1000"):
            owner = row["CustomerRef"]["value"]
            sums[owner] = sums.get(owner, 0) + sign * round(row[field] * 1000)
    customers = caller.rows("SELECT * FROM Customer WHERE Active IN (true, false) MAXRESULTS 1000")
    assert {row["Id"]: round(row["Balance"] * 1000) for row in customers} == {
        row["Id"]: sums.get(row["Id"], 0) for row in customers
    }
    families = [row for row in customers if row["BalanceWithJobs"] != row["Balance"]]
    assert families, "no parent has a job that owes"


def test_sending_needs_an_address_and_keeps_a_new_one(caller: Caller) -> None:
    invoice = next(one for one, row in caller.truth()["invoices"].items() if row["open"] > 500)
    plain = {"Content-Type": "application/octet-stream"}
    sent = caller.ask("POST", f"invoice/{invoice}/send", params={"sendTo": "new@x.example"}, headers=plain)
    assert sent.json()["Invoice"]["BillEmail"] == {"Address": "new@x.example"}
    assert sent.json()["Invoice"]["EmailStatus"] == "EmailSent"
    assert caller.rows(f"SELECT * FROM Invoice WHERE Id = '{invoice}'")[0]["BillEmail"] == {"Address": "new@x.example"}
    assert caller.ask("POST", f"invoice/{invoice}/send", json={}).status_code == 400
    assert caller.ask("POST", f"invoice/{invoice}/send", params={"sendTo": ""}, headers=plain).status_code == 400


def test_a_repeated_request_id_gets_the_first_answer_until_it_is_forgotten(caller: Caller) -> None:
    body = {
        "AttachableRef": [{"EntityRef": {"type": "Customer", "value": caller.truth()["customers"][0]}}],
        "Note": "n",
    }
    first, second = (caller.ask("POST", "attachable", params={"requestid": "r1"}, json=body) for _ in range(2))
    assert first.content == second.content
    caller.act("forget_requests")
    third = caller.ask("POST", "attachable", params={"requestid": "r1"}, json=body)
    assert third.json()["Attachable"]["Id"] != first.json()["Attachable"]["Id"]
    assert caller.ask("POST", "attachable", params={"requestid": "r" * 51}, json=body).status_code == 400
    unknown = caller.ask("POST", "attachable", json={**body, "Priority": 1})
    assert unknown.json()["Fault"]["Error"][0]["code"] == "2010"


def test_a_pdf_is_given_to_those_who_accept_one(caller: Caller) -> None:
    invoice = next(iter(caller.truth()["invoices"]))
    given = caller.ask("GET", f"invoice/{invoice}/pdf", headers={"Accept": "application/pdf"})
    assert given.content.startswith(b"%PDF-1.4")
    start = int(given.content.split(b"startxref\n")[1].split(b"\n")[0])
    assert given.content[start : start + 4] == b"xref"
    assert caller.ask("GET", f"invoice/{invoice}/pdf").status_code == 400


def test_unknown_paths_are_unsupported(caller: Caller) -> None:
    assert caller.ask("GET", "bill/1").json()["Fault"]["Error"][0]["code"] == "500"


def test_a_bad_token_gets_the_gateways_answer_with_the_token_in_it(caller: Caller) -> None:
    caller.token = "stolen-token"
    refused = caller.ask("GET", "preferences")
    assert refused.status_code == 401
    assert refused.json()["fault"]["error"][0] == {
        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "detail": "Token expired: stolen-token",
        "code": "3200",
        "element": None,
    }
    assert isinstance(refused.json()["time"], int)


def test_a_token_opens_its_own_company_only(caller: Caller) -> None:
    caller.realm = "1234567890"
    refused = caller.ask("GET", "preferences")
    assert (refused.status_code, refused.json()["fault"]["error"][0]["code"]) == (403, "3100")


@pytest.mark.parametrize(
    ("kind", "status", "begins", "header"),
    [
        ("429", 429, b"<?xml", "2"),
        ("429_silent", 429, b"<?xml", None),
        ("429_day", 429, b'{"warnings":null', "86400"),
        ("500", 500, b'{"Fault"', None),
        ("503", 503, b"<html>", None),
        ("html", 200, b"<html>", None),
        ("expired", 401, b'{"warnings":null', None),
        ("stale", 400, b'{"Fault"', None),
    ],
)
def test_faults_look_as_they_do_on_the_real_one(
    caller: Caller, kind: str, status: int, begins: bytes, header: str | None
) -> None:
    caller.sandbox.book.add(Fault("quickbooks", kind))
    answer = caller.ask("GET", "preferences")
    assert answer.status_code == status
    assert answer.content.startswith(begins)
    assert answer.headers.get("Retry-After") == header
    assert caller.ask("GET", "preferences").status_code == 200


def test_playing_and_listing_are_quick(dial: Callable[..., Caller]) -> None:
    """The ledger's own cost: a generous bound on what twenty thousand postings and a page may take."""
    caller = dial(customers=10, invoices=10)
    began = time.process_time()
    caller.act("crowd", entity="Invoice", count=20_000)
    page = caller.ask(
        "POST",
        "query",
        data="SELECT * FROM Invoice ORDERBY Id MAXRESULTS 1000",
        headers={"Content-Type": "application/text"},
    )
    assert page.json()["QueryResponse"]["maxResults"] == 1000
    assert time.process_time() - began < 5


def test_the_same_seed_gives_the_same_company(dial: Callable[..., Caller]) -> None:
    first, second, other = dial(invoices=40), dial(invoices=40), dial(invoices=40, seed=2)
    assert first.truth() == second.truth()
    assert (first.realm, first.token) == (second.realm, second.token)
    assert (first.realm, first.truth()) != (other.realm, other.truth())


def test_every_act_that_all_twins_have_is_there(caller: Caller) -> None:
    acts = caller.sandbox.twins["quickbooks"].controls()
    assert {"pay", "void", "delete", "change_due", "credit", "subscribe", "expire_token", "journal"} <= acts.keys()
    invoice = next(
        one for one, row in caller.truth()["invoices"].items() if row["open"] > 500 and row["currency"] == "USD"
    )
    before = caller.truth()["invoices"][invoice]["open"]
    credit = caller.act("credit", invoice=invoice, amount="1.25")["credit"]
    assert caller.truth()["invoices"][invoice]["open"] == before - 125
    assert caller.truth()["remaining"][credit] == 0


def test_control_acts_on_unknown_names_fail_loudly(caller: Caller) -> None:
    answer = requests.post(f"{caller.sandbox.addresses['control']}/act/quickbooks/dance", json={}, timeout=5)
    assert answer.status_code == 404
