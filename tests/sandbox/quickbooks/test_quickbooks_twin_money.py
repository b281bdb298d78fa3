"""Payments at the QuickBooks twin by plain HTTP: what it checks, what it answers twice, and whom it tells."""

import json
from typing import Any

CLEARING = {"Name": "Stripe clearing", "AccountType": "Other Current Asset", "AccountSubType": "OtherCurrentAssets"}


def open_invoice(caller: Any) -> dict[str, Any]:
    rows = caller.rows("SELECT * FROM Invoice WHERE Balance > '10' MAXRESULTS 1000")
    return next(dict(one) for one in rows if one["CurrencyRef"]["value"] == "USD")


def payment(invoice: dict[str, Any], amount: float, **more: Any) -> dict[str, Any]:
    linked = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": amount, "TxnDate": "2026-03-02"}
    return body | {"Line": [{"Amount": amount, "LinkedTxn": linked}]} | more


def post(caller: Any, body: dict[str, Any], path: str = "payment", **params: str) -> Any:
    return caller.ask("POST", path, json=body, params=params).json()


def why(answer: Any) -> str:
    return str(answer["Fault"]["Error"][0]["code"])


def test_it_checks_amounts_accounts_and_periods(caller: Any) -> None:
    invoice = open_invoice(caller)
    balance = invoice["Balance"]
    assert why(post(caller, payment(invoice, balance + 1))) == "6000"
    assert why(post(caller, payment(invoice, balance, DepositToAccountRef={"value": "84"}))) == "6000"
    assert why(post(caller, payment(invoice, balance, DepositToAccountRef={"value": "999"}))) == "2500"
    assert why(post(caller, payment(invoice, balance, TxnDate="2025-12-31"))) == "6200"
    assert why(post(caller, payment(invoice, balance, CurrencyRef={"value": "JPY"}))) == "6000"
    assert why(post(caller, payment(invoice, balance, PaymentRefNum="x" * 22))) == "2050"
    assert why(post(caller, payment(invoice, balance, Surprise=1))) == "2010"
    assert why(post(caller, payment(invoice | {"Id": "987654"}, balance))) == "610"
    assert why(post(caller, payment(invoice, 0.001))) == "2030"


def test_a_line_on_somebody_elses_invoice_stays_unapplied(caller: Any) -> None:
    invoice = open_invoice(caller)
    rows = caller.rows("SELECT * FROM Customer MAXRESULTS 1000")
    other = next(one for one in rows if one["Id"] != invoice["CustomerRef"]["value"] and
                 one["CurrencyRef"]["value"] == "USD")  # fmt: skip
    made = post(caller, payment(invoice, 5, CustomerRef={"value": other["Id"]}))["Payment"]
    assert (made["UnappliedAmt"], "Line" in made) == (5.0, False)


def test_a_repeated_request_id_is_answered_before_anything_is_looked_at(caller: Any) -> None:
    invoice = open_invoice(caller)
    body, before = payment(invoice, invoice["Balance"]), len(caller.truth()["unapplied"])
    first = post(caller, body, requestid="r1")
    assert post(caller, body, requestid="r1") == first
    assert len(caller.truth()["unapplied"]) == before + 1
    caller.act("forget_requests")
    assert why(post(caller, body, requestid="r1")) == "6000", "it is paid, and nobody remembers by whom"


def test_a_void_needs_the_token_of_this_moment_and_an_open_period(caller: Any) -> None:
    invoice = open_invoice(caller)
    made = post(caller, payment(invoice, invoice["Balance"]))["Payment"]
    how = {"operation": "update", "include": "void"}
    stale = post(caller, {"Id": made["Id"], "SyncToken": "7", "sparse": True}, **how)
    assert why(stale) == "5010"
    assert "Taylor Reed" in json.dumps(stale), "a name that must not get into any log"
    right = {"Id": made["Id"], "SyncToken": made["SyncToken"], "sparse": True}
    caller.act("close_books", until="2026-03-02")
    assert why(post(caller, right, **how)) == "6200"
    caller.act("close_books", until="")
    caller.act("deposit", payment=made["Id"])
    pinned = {**right, "SyncToken": "1"}
    assert why(post(caller, pinned, **how)) == "6000"
    assert why(post(caller, pinned, operation="delete", include="all")) == "500"


def test_our_own_writes_echo_as_webhooks(caller: Any) -> None:
    held: Any = caller.sandbox.twins["quickbooks"]._companies["cedar"]
    heard: list[tuple[str, str]] = []

    def flush(ledger: Any) -> None:
        heard.extend((one.entity, one.operation) for one in ledger.events)
        ledger.events.clear()

    held._flush = flush
    invoice = open_invoice(caller)
    made = post(caller, payment(invoice, invoice["Balance"]))["Payment"]
    post(caller, {"Id": made["Id"], "SyncToken": "0", "sparse": True}, operation="update", include="void")
    assert heard == [("Payment", "created"), ("Invoice", "updated"), ("Invoice", "updated"), ("Payment", "voided")]


def test_accounts_have_names_of_their_own_and_a_currency_of_the_company(caller: Any) -> None:
    made = post(caller, CLEARING, "account")["Account"]
    assert caller.rows(f"SELECT * FROM Account WHERE Id = '{made['Id']}'")[0]["AccountType"] == "Other Current Asset"
    assert why(post(caller, CLEARING, "account")) == "6240"
    assert why(post(caller, CLEARING | {"Name": "Euro", "CurrencyRef": {"value": "EUR"}}, "account")) == "6000"
    caller.act("keep_account", account=made["Id"], active=False)
    assert caller.rows(f"SELECT * FROM Account WHERE Id = '{made['Id']}'") == []
