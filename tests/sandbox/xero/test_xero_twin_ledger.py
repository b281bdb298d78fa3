"""The local Xero's postings: what pays, credits, reopens and voids an invoice, and what its balances say."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

BUSINESS = {"business": "brightwater"}


def one(caller: Any, path: str, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask(f"{path}/{id_}").json()[path][0]
    return found


def test_a_payment_closes_and_its_deletion_reopens(caller: Any) -> None:
    invoice = caller.invoice()
    before = one(caller, "Invoices", invoice)
    payment = caller.act("pay", **BUSINESS, invoice=before["InvoiceNumber"])["payment"]
    paid = one(caller, "Invoices", invoice)
    assert (paid["Status"], paid["AmountDue"], "FullyPaidOnDate" in paid) == ("PAID", 0, True)
    caller.act("unpay", **BUSINESS, payment=payment)
    again = one(caller, "Invoices", invoice)
    assert (again["Status"], again["AmountDue"], "FullyPaidOnDate" in again) == (
        "AUTHORISED", before["AmountDue"], False,
    )  # fmt: skip
    assert one(caller, "Payments", payment)["Status"] == "DELETED"


def test_payments_are_checked_in_xeros_words(caller: Any) -> None:
    invoice = caller.invoice()
    due = Decimal(str(one(caller, "Invoices", invoice)["AmountDue"]))

    def pay(id_: str, amount: Decimal) -> Any:
        entry = {"Invoice": {"InvoiceID": id_}, "Amount": str(amount), "Date": "2026-03-01", "Account": {"Code": "090"}}
        reply = caller.ask("Payments", "POST", json={"Payments": [entry]})
        if reply.status_code == 200:
            return reply.json()["Payments"][0]["PaymentType"]
        return reply.json()["Elements"][0]["ValidationErrors"][0]["Message"]

    assert pay(invoice, due + 1) == "Payment amount exceeds the amount outstanding on this document"
    assert pay(invoice, due) == "ACCRECPAYMENT"
    assert pay(invoice, Decimal(1)) == "Payments can only be made against Authorised documents"
    assert pay("nowhere", due) == "Invoice could not be found"


def test_a_void_invoice_keeps_its_total_and_owes_nothing(caller: Any) -> None:
    invoice = caller.invoice()
    total = one(caller, "Invoices", invoice)["Total"]
    caller.act("pay", **BUSINESS, invoice=invoice, amount="1.00")
    assert caller.act("void", **BUSINESS, invoice=invoice) == {"status": "VOIDED"}
    void = one(caller, "Invoices", invoice)
    assert [void[name] for name in ("AmountDue", "AmountPaid", "AmountCredited", "Total")] == [0, 0, 0, total]


def test_drafts_are_deleted_instead(caller: Any) -> None:
    draft = caller.invoice("DRAFT")
    assert caller.act("delete", **BUSINESS, invoice=draft) == {"status": "DELETED"}
    assert one(caller, "Invoices", draft)["Status"] == "DELETED"


def test_a_refunded_credit_note_is_shown_as_an_invoice(caller: Any) -> None:
    note = caller.act("credit", **BUSINESS, invoice=caller.invoice(), amount="10.00")["credit"]
    free = caller.act("hand_over", **BUSINESS, kind="ACCRECCREDIT", amount="9.00",
                      customer=one(caller, "CreditNotes", note)["Contact"]["ContactID"])["credit"]  # fmt: skip
    payment = caller.act("refund", **BUSINESS, credit=free, amount="4.00")["payment"]
    shown = one(caller, "Payments", payment)
    assert (shown["PaymentType"], shown["Invoice"]["Type"]) == ("ARCREDITPAYMENT", "ACCRECCREDIT")
    assert shown["Invoice"]["InvoiceID"] == free
    assert one(caller, "CreditNotes", free)["RemainingCredit"] == 5
    assert one(caller, "CreditNotes", note)["Status"] == "PAID"
    assert caller.ask(f"Prepayments/{free}").status_code == 404


def test_balances_are_net_of_credits_and_never_bump(caller: Any) -> None:
    invoice = caller.invoice()
    contact = one(caller, "Invoices", invoice)["Contact"]["ContactID"]

    def owed() -> tuple[Decimal, str]:
        shown = one(caller, "Contacts", contact)
        return Decimal(str(shown["Balances"]["AccountsReceivable"]["Outstanding"])), shown["UpdatedDateUTC"]

    before = owed()
    caller.act("hand_over", **BUSINESS, customer=contact, amount="3.00")
    caller.act("journal", **BUSINESS, customer=contact, amount="0.50")
    assert owed() == (before[0] - Decimal("2.50"), before[1])


def test_edits_of_part_paid_invoices_do_not_bump(caller: Any) -> None:
    invoice = caller.invoice()
    assert caller.act("change_due", **BUSINESS, invoice=invoice, due_on="2026-05-01") == {"bumped": True}
    caller.act("pay", **BUSINESS, invoice=invoice, amount="1.00")
    assert caller.act("change_due", **BUSINESS, invoice=invoice, due_on="2026-06-01") == {"bumped": False}
    assert one(caller, "Invoices", invoice)["DueDateString"].startswith("2026-06-01")


def test_a_merge_moves_the_documents(caller: Any) -> None:
    truth = caller.twin.truth("brightwater")
    loser = next(iter(truth["invoices"].values()))["customer"]
    survivor = next(id_ for id_ in truth["customers"] if id_ != loser)
    caller.act("merge", **BUSINESS, loser=loser, survivor=survivor)
    shown = one(caller, "Contacts", loser)
    assert (shown["ContactStatus"], shown["MergedToContactID"]) == ("ARCHIVED", survivor)
    assert loser not in {row["Contact"]["ContactID"] for row in caller.rows("Invoices")}


def test_history_lists_the_newest_first(caller: Any) -> None:
    invoice = caller.invoice()
    for text in ("first", "second"):
        caller.ask(f"Invoices/{invoice}/History", "PUT", json={"HistoryRecords": [{"Details": text}]})
    lines = caller.ask(f"Invoices/{invoice}/History").json()["HistoryRecords"]
    assert [line["Details"] for line in lines[:2]] == ["second", "first"]
    long = {"HistoryRecords": [{"Details": "x" * 2501}]}
    assert caller.ask(f"Invoices/{invoice}/History", "PUT", json=long).status_code == 400


def test_mail_works_on_paid_ones_and_has_a_quota(caller: Any) -> None:
    paid, draft = caller.invoice("PAID"), caller.invoice("DRAFT")
    assert caller.ask(f"Invoices/{paid}/Email", "POST", json={}).status_code == 204
    assert caller.ask(f"Invoices/{draft}/Email", "POST", json={}).status_code == 400
    caller.act("email_quota", **BUSINESS, left=0)
    assert caller.ask(f"Invoices/{paid}/Email", "POST", json={}).status_code == 400


def test_the_quota_of_mails_is_a_days(caller: Any) -> None:
    paid = caller.invoice("PAID")
    caller.act("email_quota", **BUSINESS, left=1)

    def statuses() -> list[int]:
        return [caller.ask(f"Invoices/{paid}/Email", "POST", json={}).status_code for _ in range(2)]

    assert statuses() == [204, 400]
    caller.sandbox.clock.move(timedelta(days=1))
    caller.keys = caller.twin.credentials()["businesses"]["brightwater"]
    assert statuses() == [204, 400]


@pytest.mark.parametrize(
    "text", ["2026-12-01", "2026-12-01T00:00:00", "/Date(1796083200000)/", "/Date(1796083200000+0000)/"]
)
def test_dates_are_taken_in_every_spelling(caller: Any, text: str) -> None:
    invoice = caller.invoice()
    body = {"Invoices": [{"InvoiceID": invoice, "ExpectedPaymentDate": text}]}
    reply = caller.ask(f"Invoices/{invoice}", "POST", json=body)
    assert reply.json()["Invoices"][0]["ExpectedPaymentDate"] == "/Date(1796083200000+0000)/"
    assert caller.ask(f"Invoices/{invoice}", "POST", data="{").json()["Type"] == "PostDataInvalidException"


def test_a_key_replays_for_six_minutes(caller: Any) -> None:
    invoice, note = caller.invoice(), {"HistoryRecords": [{"Details": "once"}]}

    def put(details: dict[str, Any]) -> int:
        headers = {"Idempotency-Key": "k1"}
        return int(caller.ask(f"Invoices/{invoice}/History", "PUT", json=details, headers=headers).status_code)

    def written() -> int:
        lines = caller.ask(f"Invoices/{invoice}/History").json()["HistoryRecords"]
        return sum(line["Details"] == "once" for line in lines)

    assert (put(note), put(note), written()) == (200, 200, 1)
    assert put({"HistoryRecords": [{"Details": "other"}]}) == 400
    caller.sandbox.clock.move(timedelta(minutes=6, seconds=1))
    assert (put(note), written()) == (200, 2)


def test_the_online_invoice_takes_money(caller: Any) -> None:
    invoice = caller.invoice()
    url = caller.ask(f"Invoices/{invoice}/OnlineInvoice").json()["OnlineInvoices"][0]["OnlineInvoiceUrl"]
    assert "Pay now" in requests.get(url, timeout=5).text
    assert "Nothing to pay" in requests.post(url, timeout=5).text
    assert one(caller, "Invoices", invoice)["Status"] == "PAID"
    assert caller.ask(f"Invoices/{caller.invoice('DRAFT')}/OnlineInvoice").status_code == 400
    assert requests.get(f"{caller.base}/in/nothing", timeout=5).status_code == 404
