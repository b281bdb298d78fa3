"""Who is a new customer: by the day of the first invoice, or of the day it was sent to them."""

from datetime import date, timedelta
from typing import Any

from receivables.records import InvoiceStatus, Kind
from storage import actions
from storage.actions import Plan, Speaks
from storage.database import Database
from storage.occasions import newcomers
from tests.storage.amber import BUSINESS, CONNECTION, NOW, invoice, ref, save

SINCE = date(2026, 3, 1)
STEP = "send-invoice"


def new(database: Database) -> list[str]:
    with database.read() as tx:
        return newcomers(tx, BUSINESS, CONNECTION, since=SINCE, step=STEP)


def issued(number: int, of: int, on: date | None, **more: Any) -> Any:
    return invoice(number, of=of, issued_on=on, **more)


def test_a_customer_is_new_whose_first_invoice_is(database: Database) -> None:
    old, fresh = SINCE - timedelta(days=1), SINCE
    save(
        database,
        issued(1, 1, fresh),
        issued(2, 1, SINCE + timedelta(days=3)),
        issued(3, 2, old),
        issued(4, 2, fresh),
        issued(5, 3, fresh, status=InvoiceStatus.VOID),
        issued(6, 4, old, status=InvoiceStatus.DRAFT),
        issued(7, 4, fresh),
    )

    assert new(database) == ["1", "4"]


def test_so_is_one_who_was_sent_an_older_invoice_only_now(database: Database) -> None:
    save(database, *(issued(number, number, date(2026, 1, 1)) for number in (1, 2, 3)))
    with database.write() as tx:
        sent = ((STEP, SINCE), (STEP, SINCE - timedelta(days=1)), ("just-due", SINCE))
        for number, (step, day) in enumerate(sent, 1):
            about, key = ref(Kind.INVOICE, number), f"k{number}"
            actions.plan(tx, BUSINESS, Plan("platform", key, f"c1/{number}", CONNECTION, about), now=NOW)
            speaks = [Speaks(f"s{number}", about, step)]
            actions.claim(tx, BUSINESS, key, by="me", now=NOW, speaks=speaks, local_day=day)

    assert new(database) == ["1"]
