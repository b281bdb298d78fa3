"""Late charges at Stripe: three calls, of which any may be lost, and never two invoices that somebody owes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from integrations.contract import Act, LateCharge, Lookup, Receipt
from integrations.errors import Refused, TryLater
from integrations.stripe.amounts import UnreadableAmount, money, units
from receivables.money import Money
from receivables.records import Kind, Ref
from sandbox.faults import Fault

KEY = "charge-1"
DUE_ON = date(2026, 4, 15)
CHARGE = LateCharge("Late payment of NWC-1", Money(1240, "USD"), date(2026, 4, 1), DUE_ON, "", "none")
CALLS = ("/v1/invoices", "/v1/invoiceitems", "/finalize")


def made(northwind: Any, key: str = KEY) -> list[Any]:
    ledger = northwind.sandbox.twins["stripe"]._ledgers["northwind"]
    return [one for one in ledger.books.invoices if one.metadata.get("dw_charge") == key]


def owed(northwind: Any) -> list[Any]:
    return [one for one in made(northwind) if one.status == "open"]


def late(northwind: Any) -> Ref:
    found: Ref = northwind.invoice("open", automatic=False, currency="USD")
    return found


def test_it_is_final_neither_mailed_nor_collected_and_no_discount_takes_from_it(northwind: Any) -> None:
    on, mails = late(northwind), len(northwind.truth()["mails"])
    receipt = northwind.books().post_charge(on, CHARGE, key=KEY)
    (one,) = made(northwind)
    assert (one.id, one.status, one.total, one.automatic) == (receipt.id, "open", 1240, False)
    assert one.lines == [("Late payment of NWC-1", 1240)]
    assert len(northwind.truth()["mails"]) == mails
    northwind.save(northwind.books().changes(None))
    assert northwind.of(Kind.INVOICE)[one.id].due_on == DUE_ON


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "500"])
@pytest.mark.parametrize("call", CALLS)
def test_whichever_call_is_lost_it_is_made_once(northwind: Any, call: str, kind: str) -> None:
    on, books, since = late(northwind), northwind.books(), northwind.wire.clock.now()
    northwind.sandbox.book.add(Fault("stripe", kind, method="POST", path=call))
    with pytest.raises(TryLater) as lost:
        books.post_charge(on, CHARGE, key=KEY)
    assert lost.value.may_have_acted
    answer = books.found(Act.POST_CHARGE, on, KEY, since=since)
    assert isinstance(answer, Receipt) == ((call, kind) == ("/finalize", "drop_after"))
    for _ in range(2):
        books.post_charge(on, replace(CHARGE, amount=Money(1300, "USD")), key=KEY)
    (one,) = owed(northwind)
    assert len(made(northwind)) == 1, "drafts of tries that broke off are taken away"
    assert one.total == (1240 if isinstance(answer, Receipt) else 1300)
    assert books.found(Act.POST_CHARGE, on, KEY, since=since) == Receipt(
        one.id, books.post_charge(on, CHARGE, key=KEY).at
    )


def test_what_stripe_refuses_is_said_and_posted_after_it_was_mended(northwind: Any) -> None:
    on, books, since = late(northwind), northwind.books(), northwind.wire.clock.now()
    with pytest.raises(Refused, match="archived"):
        books.post_charge(on, replace(CHARGE, tax="txr_duewellOldWithin17"), key=KEY)
    assert books.found(Act.POST_CHARGE, on, KEY, since=since) is Lookup.NOT_THERE
    books.post_charge(on, CHARGE, key=KEY)
    assert [one.total for one in made(northwind)] == [1240]


def test_another_currency_is_refused_before_anything_is_made(northwind: Any) -> None:
    with pytest.raises(Refused, match="currency"):
        northwind.books().post_charge(late(northwind), replace(CHARGE, amount=Money(1240, "EUR")), key=KEY)
    assert not made(northwind)


@pytest.mark.parametrize(
    ("amount", "found"),
    [
        (Money(1240, "USD"), 1240),
        (Money(1240, "JPY"), 1240),
        (Money(12, "ISK"), 1200),
        (Money(1200, "MGA"), 12),
        (Money(1241, "MGA"), None),
    ],
)
def test_an_amount_in_stripes_own_units_is_exact_or_refused(amount: Money, found: int | None) -> None:
    if found is None:
        with pytest.raises(UnreadableAmount, match="decimals of MGA"):
            units(amount)
    else:
        assert units(amount) == found
        assert money(found, amount.currency) == amount


def test_rates_that_lie_within_an_amount_are_offered_and_none_to_a_key_that_may_not_read_them(northwind: Any) -> None:
    names = [one.name for one in northwind.books().charge_choices().taxes]
    assert names == ["No tax", "VAT 20\N{NO-BREAK SPACE}%, GB"]
    keys = northwind.sandbox.twins["stripe"]._desk.keys
    for key in keys.values():
        key.permissions -= {"rak_tax_rate_read"}
    assert [one.code for one in northwind.books().charge_choices().taxes] == ["none"]
    assert northwind.books().charge_choices().accounts == ()
