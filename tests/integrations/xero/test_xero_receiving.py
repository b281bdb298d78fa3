"""Payments recorded in Xero: each on its invoice, in the clearing account, once; what is beyond as an overpayment."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.receiving import Received
from receivables.money import Money
from receivables.records import Credit, CreditKind, Invoice, Kind, Payment, Ref

KEY = "8899aabbccddeeff0011"
PAID = "pi_3QzDuewell000000000000001"
DAY = date(2026, 3, 2)
PAYMENTS = "POST /api.xro/2.0/Payments"


def clearing(desk: Any, currency: str = "GBP") -> str:
    made: str = desk.books.make_clearing_account(f"Stripe clearing {currency}", currency, key=f"c{currency}").id
    return made


def owing(desk: Any, nth: int = 0, currency: str = "GBP") -> tuple[Ref, Money]:
    rows = desk.truth["invoices"].items()
    found = [id for id, one in rows if one["open"] > 2000 and one["currency"] == currency and one["status"] == "open"]
    return desk.ref(Kind.INVOICE, found[nth]), Money(desk.truth["invoices"][found[nth]]["open"], currency)


def taken(desk: Any, *on: tuple[Ref, Money], **more: Any) -> Received:
    return Received(PAID, DAY, on, **({"account": clearing(desk)} | more))


def ledger(desk: Any) -> Any:
    return next(one for one in desk.sandbox.twins["xero"].organisations if one.key == desk.key).ledger


def agrees(desk: Any, kept: Any) -> None:
    """Xero's own balances are our open invoices less what remains of credits; one currency each."""
    sums: dict[Ref, Money] = {}
    for one in [*kept.of(Invoice).values(), *kept.of(Credit).values()]:
        part = one.open if isinstance(one, Invoice) else -one.remaining
        if (not isinstance(one, Invoice) or one.owing) and one.customer is not None:
            sums[one.customer] = sums.get(one.customer, Money(0, part.currency)) + part
    told = desk.books.open_totals(DAY)
    assert {one.about: one.open for one in told.figures} == {whose: owed for whose, owed in sums.items() if owed}


def test_a_part_is_put_on_its_invoice_and_comes_back_by_the_ordinary_pull(desk: Any, shelf: Any) -> None:
    invoice, due = owing(desk)
    part = Money(1500, "GBP")
    one = taken(desk, (invoice, part))
    assert desk.books.together is False
    receipt = desk.books.record_payment(one, key=KEY)
    kept = shelf().take(desk.books.changes(None))
    made = kept.of(Payment)[receipt.id]
    assert (made.amount, made.received_on, made.reference) == (part, DAY, f"{KEY} {PAID}")
    assert [(one.to, one.amount) for one in made.applications] == [(invoice, part)]
    assert kept.of(Invoice)[invoice.id].open == due - part
    assert ledger(desk).payments[receipt.id].account == one.account
    agrees(desk, kept)


def test_what_was_paid_beyond_becomes_an_overpayment_with_or_without_an_invoice(desk: Any, shelf: Any) -> None:
    invoice, due = owing(desk)
    both = taken(desk, (invoice, due), unapplied=Money(700, "GBP"))
    receipt = desk.books.record_payment(both, key=KEY)
    customer = shelf().take(desk.books.changes(None)).of(Invoice)[invoice.id].customer
    alone = replace(both, payment="pi_alone", on=(), unapplied=Money(900, "GBP"), customer=customer)
    assert desk.books.found_payment(alone, "k2", since=desk.clock.now()) is Lookup.NOT_THERE
    over = desk.books.record_payment(alone, key="k2")
    assert desk.books.record_payment(alone, key="k2").id == over.id
    kept = shelf().take(desk.books.changes(None))
    assert receipt.id in kept.of(Payment)
    credit = kept.of(Credit)[over.id]
    assert (credit.kind, credit.remaining.minor, credit.customer) == (CreditKind.OVERPAYMENT, 900, customer)
    mine = [one.remaining.minor for one in kept.of(Credit).values() if one.customer == customer]
    assert {700, 900} <= set(mine)
    agrees(desk, kept)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_another_currency_goes_to_a_bank_of_its_own(desk: Any, shelf: Any, currency: str) -> None:
    customer = next(one for one in ledger(desk).contacts.values() if not one.supplier)
    desk.act("sell", customer=customer.id, amount="120.00", currency=currency)
    invoice, due = owing(desk, currency=currency) if currency == "KWD" else owing_yen(desk)
    receipt = desk.books.record_payment(taken(desk, (invoice, due), account=clearing(desk, currency)), key=KEY)
    kept = shelf().take(desk.books.changes(None))
    assert (kept.of(Payment)[receipt.id].amount, kept.of(Invoice)[invoice.id].open.minor) == (due, 0)


def owing_yen(desk: Any) -> tuple[Ref, Money]:
    rows = desk.truth["invoices"].items()
    id = next(id for id, one in rows if one["open"] and one["currency"] == "JPY" and one["status"] == "open")
    return desk.ref(Kind.INVOICE, id), Money(desk.truth["invoices"][id]["open"], "JPY")


def test_a_third_decimal_is_refused_rather_than_rounded(desk: Any) -> None:
    customer = next(one for one in ledger(desk).contacts.values() if not one.supplier)
    desk.act("sell", customer=customer.id, amount="120.00", currency="KWD")
    invoice, _ = owing(desk, currency="KWD")
    with pytest.raises(Refused, match="two decimals only"):
        desk.books.record_payment(taken(desk, (invoice, Money(12345, "KWD"))), key=KEY)
    assert PAYMENTS not in desk.calls()


def test_a_lost_reply_is_found_and_never_booked_twice_though_the_key_is_over(desk: Any) -> None:
    invoice, due = owing(desk)
    one = taken(desk, (invoice, due))
    assert desk.books.found_payment(one, KEY, since=desk.clock.now()) is Lookup.NOT_THERE
    desk.fault("drop_after", method="POST", path="/Payments")
    with pytest.raises(TryLater) as lost:
        desk.books.record_payment(one, key=KEY)
    assert lost.value.may_have_acted
    desk.clock.sleep(600)
    found = desk.books.found_payment(one, KEY, since=desk.clock.now())
    assert isinstance(found, Receipt)
    assert desk.books.record_payment(one, key=KEY).id == found.id
    assert desk.calls()[PAYMENTS] == 1


def test_a_payment_and_its_rest_are_finished_by_the_next_run_when_the_second_half_was_lost(desk: Any) -> None:
    invoice, due = owing(desk)
    one = taken(desk, (invoice, due), unapplied=Money(700, "GBP"))
    desk.fault("drop_before", method="PUT", path="/BankTransactions")
    with pytest.raises(TryLater):
        desk.books.record_payment(one, key=KEY)
    assert desk.books.found_payment(one, KEY, since=desk.clock.now()) is Lookup.NOT_THERE, "half of it is missing"
    desk.books.record_payment(one, key=KEY)
    assert isinstance(desk.books.found_payment(one, KEY, since=desk.clock.now()), Receipt)
    assert desk.calls()[PAYMENTS] == 1
    assert len(ledger(desk).banked) == 1


def test_one_that_never_arrived_is_not_there_and_booked_once(desk: Any) -> None:
    invoice, due = owing(desk)
    one = taken(desk, (invoice, due))
    desk.fault("drop_before", method="POST", path="/Payments")
    with pytest.raises(TryLater) as lost:
        desk.books.record_payment(one, key=KEY)
    assert lost.value.may_have_acted
    assert desk.books.found_payment(one, KEY, since=desk.clock.now()) is Lookup.NOT_THERE
    desk.books.record_payment(one, key=KEY)
    assert len(ledger(desk).invoices[invoice.id].payments) == 1


def test_within_six_minutes_xero_repeats_its_first_answer_and_its_errors(desk: Any) -> None:
    invoice, due = owing(desk)
    one = taken(desk, (invoice, due))
    desk.act("lock", until="2026-03-05")
    with pytest.raises(Refused, match="period lock date"):
        desk.books.record_payment(one, key=KEY)
    desk.act("lock", until="2020-01-01")
    with pytest.raises(Refused, match="period lock date"):
        desk.books.record_payment(one, key=KEY)
    assert isinstance(desk.books.record_payment(replace(one, received_on=date(2026, 3, 3)), key=KEY), Receipt)
    desk.act("unpay", payment=ledger(desk).invoices[invoice.id].payments[0].id)
    desk.clock.sleep(361)
    desk.books.record_payment(one, key="another1")
    assert len(ledger(desk).invoices[invoice.id].payments) == 1


def test_ours_is_found_even_when_a_person_deleted_it_and_then_nobody_books_it_again(desk: Any) -> None:
    invoice, due = owing(desk)
    one = taken(desk, (invoice, due))
    receipt = desk.books.record_payment(one, key=KEY)
    desk.act("unpay", payment=receipt.id)
    desk.clock.sleep(600)
    assert desk.books.record_payment(one, key=KEY).id == receipt.id
    assert ledger(desk).invoices[invoice.id].payments == []


def test_what_another_app_entered_for_the_same_payment_is_adopted_while_it_stands(desk: Any) -> None:
    invoice, due = owing(desk)
    theirs = desk.act("pay", invoice=invoice.id, reference=f"Stripe: {PAID}")["payment"]
    one = taken(desk, (invoice, due))
    found = desk.books.found_payment(one, KEY, since=desk.clock.now())
    assert isinstance(found, Receipt)
    assert found.id == theirs == desk.books.record_payment(one, key=KEY).id
    desk.act("unpay", payment=theirs)
    assert desk.books.found_payment(one, KEY, since=desk.clock.now()) is Lookup.NOT_THERE
    assert desk.books.record_payment(one, key=KEY).id != theirs


def test_amounts_and_records_that_do_not_fit_are_refused_before_anything_is_sent(desk: Any) -> None:
    (invoice, due), other = owing(desk), owing(desk, 1)
    good = taken(desk, (invoice, due))
    paid = desk.ref(Kind.INVOICE, desk.invoice("paid"))
    wrong = {
        "has only": replace(good, on=((invoice, due + Money(1, "GBP")),)),
        "more than nothing": replace(good, on=((invoice, Money(0, "GBP")),)),
        "is in GBP": replace(good, on=((invoice, Money(100, "JPY")),)),
        "one invoice at a time": replace(good, on=((invoice, due), other)),
        "no clearing account": replace(good, account=""),
        "is not open": replace(good, on=((paid, due),)),
        "letters and digits only": replace(good, payment='pi"x'),
        "whose money": replace(good, on=(), unapplied=due),
    }
    for words, one in wrong.items():
        with pytest.raises(Refused, match=words):
            desk.books.record_payment(one, key=KEY)
    for key in ("", "k" * 21, 'a"b'):
        with pytest.raises(Refused, match="key"):
            desk.books.record_payment(good, key=key)
    with pytest.raises(Unsupported):
        desk.books.record_payment(replace(good, on=((desk.ref(Kind.CUSTOMER, invoice.id), due),)), key=KEY)
    nowhere = desk.ref(Kind.INVOICE, "00000000-0000-4000-8000-00000000dead")
    with pytest.raises(NotThere):
        desk.books.record_payment(replace(good, on=((nowhere, due),)), key=KEY)
    assert PAYMENTS not in desk.calls()


def test_what_xero_refuses_comes_with_its_own_words(desk: Any) -> None:
    invoice, due = owing(desk)
    sales = "00000000-0000-4000-8000-000000000200"
    cases = {"not valid for payments": sales, "could not be found": "nowhere", "does not match": clearing(desk, "JPY")}
    for words, account in cases.items():
        with pytest.raises(Refused, match=words):
            desk.books.record_payment(taken(desk, (invoice, due), account=account), key=KEY)
    current = desk.act("open_account", called="Stripe", code="610")["account"]
    over = taken(desk, (invoice, due), account=current, unapplied=Money(5, "GBP"))
    with pytest.raises(Refused, match="valid, active bank account"):
        desk.books.record_payment(over, key=KEY)
    assert (
        ledger(desk).payments[desk.books.record_payment(replace(over, unapplied=None), key=KEY).id].account == current
    )


def test_without_the_permission_for_overpayments_a_payment_is_recorded_and_the_rest_refused(desk: Any) -> None:
    invoice, due = owing(desk)
    one = taken(desk, (invoice, due), unapplied=Money(700, "GBP"))
    desk.trouble("drop_scope", scope="accounting.banktransactions")
    desk.books.record_payment(replace(one, unapplied=None), key=KEY)
    with pytest.raises(Refused, match=r"connect again and allow it \(accounting.banktransactions\)"):
        desk.books.record_payment(one, key=KEY)


def test_accounts_to_clear_say_why_they_cannot_be_used(desk: Any) -> None:
    made = desk.books.make_clearing_account("Stripe clearing", "GBP", key="c1")
    assert desk.books.make_clearing_account("stripe clearing", "GBP", key="c2") == made, "it is there already"
    current = desk.act("open_account", called="Card money", code="610")["account"]
    desk.act("open_account", called="Stock", code="630", payments=False)
    known = desk.books.clearing_accounts("GBP")
    assert [one.name for one in known] == ["Brightwater Studio Current Account", "Card money", "Stripe clearing"]
    assert not any(one.unusable for one in known)
    assert all("kept in GBP" in one.unusable for one in desk.books.clearing_accounts("JPY"))
    desk.act("keep_account", account=current, active=False)
    assert "archived" in next(one.unusable for one in desk.books.clearing_accounts("GBP") if one.id == current)
    with pytest.raises(Refused, match=r"already has an account.*archived"):
        desk.books.make_clearing_account("Card money", "GBP", key="c3")
    with pytest.raises(Refused, match="not been added"):
        desk.books.make_clearing_account("Euro clearing", "EUR", key="c4")
    with pytest.raises(Refused, match="characters"):
        desk.books.make_clearing_account(" ", "GBP", key="c5")
    desk.trouble("drop_scope", scope="accounting.settings")
    desk.trouble("drop_scope", scope="accounting.contacts")


def test_making_one_again_after_a_lost_reply_makes_no_second(desk: Any) -> None:
    desk.fault("drop_after", method="PUT", path="/Accounts")
    with pytest.raises(TryLater) as lost:
        desk.books.make_clearing_account("Stripe clearing", "GBP", key="c1")
    assert lost.value.may_have_acted
    desk.clock.sleep(600)
    desk.books.make_clearing_account("Stripe clearing", "GBP", key="c1")
    assert [one.name for one in desk.books.clearing_accounts("GBP")].count("Stripe clearing") == 1
