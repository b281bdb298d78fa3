"""Books that record payments, by the contract alone: whatever becomes of the reply, nothing is booked twice or lost."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.contract import Lookup, Receipt
from integrations.errors import IntegrationError, TryLater
from integrations.receiving import Received
from receivables.records import Invoice, Kind, Payment, Ref
from tests.integrations.sides import DAY, Shelf, Side

LEDGERS = {"quickbooks": "POST /v3/company/*/payment", "xero": "POST /api.xro/2.0/Payments"}
KEY, BACK = "8899aabbccddeeff0011", "r899aabbccddeeff0011"
SILENT = ["drop_after", "reset", "500", "503", "half", "html"]
NOTHING = ["drop_before", "429"]
each_ledger = pytest.mark.parametrize("slug", LEDGERS)
each_silence = pytest.mark.parametrize("kind", SILENT)
each_trouble = pytest.mark.parametrize("kind", [*SILENT, *NOTHING])


def ready(side: Side) -> Received:
    """A payment for an open invoice, and where it goes; calls are counted from here."""
    invoice = next(
        one
        for one in Shelf().take(side.books.changes(None)).invoices().values()
        if one.owing and one.open.currency in ("USD", "GBP")
    )
    account = side.books.make_clearing_account("Stripe clearing", invoice.open.currency, key="c1").id
    side.clock.sleep(60)
    side.forget()
    return Received("pi_3QzDuewell000000000000001", DAY, ((invoice.ref, invoice.open),), account)


def lose(side: Side, kind: str, times: int = 1) -> None:
    path = LEDGERS[side.slug].rpartition("/")[2]
    side.fault(kind, method="POST", path=f"/{path}", times=times)


def run(side: Side, one: Received, since: Any) -> Receipt | None:
    """What a job does: it asks before any repeat. None when it has to come again."""
    try:
        found = side.books.found_payment(one, KEY, since=since)
        return found if isinstance(found, Receipt) else side.books.record_payment(one, key=KEY)
    except IntegrationError:
        return None


def booked(side: Side, one: Received) -> list[Payment]:
    """The payments on that invoice, as the ordinary pull brings them."""
    (ref, _), *_ = one.on
    rows = Shelf().take(side.books.changes(None)).records.values()
    paid = [row for row in rows if isinstance(row, Payment)]
    return [row for row in paid if any(part.to == ref for part in row.applications)]


@each_ledger
@each_trouble
def test_a_job_that_runs_again_books_it_once(side_of: Callable[..., Side], slug: str, kind: str) -> None:
    side = side_of(slug)
    one, since = ready(side), side.clock.now()
    (ref, amount), *_ = one.on
    before = len(booked(side, one))
    lose(side, kind)
    receipts = []
    for _ in range(4):
        receipts.append(run(side, one, since))
        side.later()
    assert len({found.id for found in receipts if found}) == 1
    assert receipts[-1] is not None
    made = booked(side, one)
    assert len(made) == before + 1
    assert sum(part.amount.minor for row in made for part in row.applications if part.to == ref) >= amount.minor
    kept = Shelf().take(side.books.changes(None)).invoices()[ref.id]
    assert (kept.owing, kept.open.minor) == (False, 0)


@each_ledger
@each_silence
def test_a_silent_answer_leaves_it_ambiguous(side_of: Callable[..., Side], slug: str, kind: str) -> None:
    side = side_of(slug)
    one = ready(side)
    lose(side, kind)
    with pytest.raises(TryLater) as lost:
        side.books.record_payment(one, key=KEY)
    assert lost.value.may_have_acted
    assert side.calls()[LEDGERS[slug]] == 1, "nothing is repeated behind our back"


@each_ledger
def test_what_is_taken_back_opens_its_invoice_and_is_found(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    one, since = ready(side), side.clock.now()
    (ref, amount), *_ = one.on
    payment = side.ref(Kind.PAYMENT, side.books.record_payment(one, key=KEY).id)
    assert side.books.found_reversal(payment, BACK, since=since) is Lookup.NOT_THERE
    for _ in range(2):
        assert side.books.reverse_payment(payment, DAY, "The debit came back.", key=BACK).id == payment.id
        side.later()
    assert isinstance(side.books.found_reversal(payment, BACK, since=since), Receipt)
    back = open_again(side, ref)
    assert back.open == amount


def open_again(side: Side, ref: Ref) -> Invoice:
    found = Shelf().take([side.books.fetch([ref])]).invoices()[ref.id]
    assert found.owing
    return found
