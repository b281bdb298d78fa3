"""The first pull of a Xero organisation: everything, exactly, in the calls that were promised."""

from collections.abc import Callable
from typing import Any

import pytest

from receivables.page import Gone
from receivables.records import Credit, Customer, Invoice, OtherEntry, OtherKind, Payment, PaymentStatus


def test_first_pull_is_the_ledger_itself(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=400, customers=40)
    ours = shelf().take(desk.books.changes(None))
    truth = desk.truth
    told = {
        id_: (one.number, one.customer.id, one.status, one.total.currency, one.total.minor, one.open.minor)
        for id_, one in ours.of(Invoice).items()
    }
    expected = {
        id_: (one["number"], one["customer"], one["status"], one["currency"], one["total"], one["open"])
        for id_, one in truth["invoices"].items()
    }
    assert told == expected
    assert set(ours.of(Customer)) == set(truth["customers"])
    settled = {id_ for id_, one in ours.of(Payment).items() if one.status is PaymentStatus.SETTLED}
    assert settled == set(truth["payments"])
    assert {id_: one.remaining.minor for id_, one in ours.of(Credit).items()} == truth["remaining"]
    assert not ours.odd
