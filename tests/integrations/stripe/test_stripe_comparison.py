"""Do the books agree? The open set listed again, and single records fetched."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from integrations.errors import Refused
from receivables.money import Money
from receivables.page import Scope
from receivables.records import Invoice, Kind, Ref


def ours(northwind: Any) -> dict[Ref, Money]:
    """Our own figures, from what was pulled, on the declared basis: gross, per invoice."""
    return {ref: one.open for ref, one in northwind.saved.items() if isinstance(one, Invoice) and one.owing}


def test_our_figures_are_stripes(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=500, customers=60)
    cursor = northwind.save(northwind.books().changes(None))
    totals = northwind.books().open_totals(northwind.wire.clock.now().date())
    assert (totals.basis.scope, totals.basis.re_read, totals.basis.net) == (Scope.INVOICE, True, False)
    assert {one.about: one.open for one in totals.figures} == ours(northwind)
    northwind.sandbox.move(timedelta(days=28))
    northwind.save(northwind.books().changes(cursor))
    totals = northwind.books().open_totals(northwind.wire.clock.now().date())
    assert {one.about: one.open for one in totals.figures} == ours(northwind)
    assert any(one.open.currency == "KWD" for one in totals.figures)


def test_the_open_set_costs_its_hundreds(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=1500, months=12)
    states = [one["status"] for one in northwind.truth()["invoices"].values()]
    northwind.calls()
    northwind.books().open_totals(northwind.wire.clock.now().date())
    expected = sum(max(1, -(-states.count(status) // 100)) for status in ("open", "uncollectible"))
    assert expected > 2
    assert northwind.calls() == {"GET /v1/invoices": expected}


def test_a_planted_difference_is_found_and_the_page_read_heals_it(northwind: Any) -> None:
    northwind.save(northwind.books().changes(None))
    invoice = northwind.invoice("open")
    northwind.act("silent_edit", invoice=invoice.id, due_on="2026-12-24")
    totals = northwind.books().open_totals(northwind.wire.clock.now().date())
    for page in totals.seen:
        northwind.take(page)
    assert northwind.saved[invoice].due_on.isoformat() == "2026-12-24"


def test_what_is_open_here_and_absent_there_is_fetched(northwind: Any) -> None:
    northwind.save(northwind.books().changes(None))
    paid, voided = northwind.invoice("open"), northwind.invoice("uncollectible")
    draft, customer = northwind.invoice("draft"), northwind.truth()["customers"][0]
    northwind.act("pay", invoice=paid.id)
    northwind.act("void", invoice=voided.id)
    northwind.act("delete", invoice=draft.id)
    northwind.act("delete_customer", customer=customer)
    person = northwind.ref(Kind.CUSTOMER, customer)
    page = northwind.books().fetch([paid, voided, draft, person])
    assert {one.ref: one.status.value for one in page.records} == {paid: "paid", voided: "void"}
    assert {one.ref for one in page.gone} == {draft, person}
    assert page.cursor is None


def test_every_kind_can_be_fetched(northwind: Any) -> None:
    payment = northwind.truth()["payments"][0]
    refund = northwind.act("refund", payment=payment, amount=10)["refund"]
    dispute = northwind.act("dispute", payment=payment)["dispute"]
    refs = [
        northwind.ref(Kind.CUSTOMER, northwind.truth()["customers"][0]),
        northwind.invoice("open"),
        northwind.ref(Kind.PAYMENT, payment),
        northwind.ref(Kind.CREDIT, northwind.truth()["credits"][0]),
        northwind.ref(Kind.OTHER, refund),
        northwind.ref(Kind.CHARGEBACK, dispute),
    ]
    assert [one.ref for one in northwind.books().fetch(refs).records] == refs


def test_ids_that_are_none_never_reach_stripe(northwind: Any) -> None:
    """An empty id would call the whole list, another's path something else."""
    northwind.calls()
    refs = [northwind.ref(Kind.INVOICE, key) for key in ("", "cus_123", "in_", "in_1/../../account", "in_é")]
    page = northwind.books().fetch(refs)
    assert (page.records, page.gone) == ((), ())
    assert [one.ref for one in page.odd] == refs
    with pytest.raises(Refused, match="not an id"):
        northwind.books().payment_url(refs[0])
    assert northwind.calls() == {}


def test_a_customer_that_is_an_account_is_left_to_its_invoices(northwind: Any) -> None:
    northwind.calls()
    page = northwind.books().fetch([northwind.ref(Kind.CUSTOMER, "acct_1234567890")])
    assert (page.records, page.gone, page.odd) == ((), (), ())
    assert northwind.calls() == {}


def test_sweeping_brings_no_page(northwind: Any) -> None:
    assert list(northwind.books().sweep([northwind.invoice("open")])) == []


def test_the_company_is_read_with_its_time_zone(northwind: Any) -> None:
    company = northwind.books().company()
    assert (company.name, company.base_currency, company.country) == ("Northwind Cloud", "USD", "US")
    assert company.time_zone == "America/New_York"
    assert company.own_reminders == "unknown"
