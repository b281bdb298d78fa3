"""What is usual: how a customer has paid so far, how often receipts are entered, how large an invoice is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import msgspec
from sqlalchemy import ColumnElement, func, select

from receivables.case import Past, Receipts
from receivables.money import Money
from receivables.records import Invoice, InvoiceStatus, Kind, Payment, PaymentStatus, Ref
from storage import books, tables
from storage.charges import charge_invoices
from storage.database import Tx
from storage.dialects import among, put
from storage.settings import set_setting, setting

RECEIPTS_MIN = 10
"""With fewer days of receipts nothing is usual yet."""
USUAL_SHARE = 0.95
A_YEAR = timedelta(days=365)
AT_ONCE = 500


def refresh_habits(tx: Tx, business: str, connection: str, *, since: datetime | None, today: date) -> None:
    """Bring up to date what is usual, for the customers whose records changed after `since` (None: for all)."""
    for some in _at_once(_changed(tx, business, connection, since)):
        put(tx, tables.paid_past, [_row(business, ref, past) for ref, past in _pasts(tx, business, connection, some)])
    set_setting(tx, business, "usual_gap_days", str(_usual_gap(tx, business, today) or ""))
    usual = {money.currency: money.minor for money in _usual_invoices(tx, business)}
    set_setting(tx, business, "usual_invoice", msgspec.json.encode(usual).decode())


def pasts(tx: Tx, business: str, connection: str, customers: Sequence[Ref] | None = None) -> dict[Ref, Past]:
    """How they have paid, for those who ever did."""
    table = tables.paid_past
    wanted = select(table).where(table.c.business_id == business, table.c.connection_id == connection)
    if customers is not None:
        wanted = wanted.where(among(tx, table.c.customer_id, [ref.id for ref in customers]))
    return {
        Ref(connection, Kind.CUSTOMER, row.customer_id): Past(row.settled, row.late, row.late_days)
        for row in tx.execute(wanted)
    }


def receipts(tx: Tx, business: str) -> Receipts:
    """The last day a receipt was entered for, and how many days usually lie between two at the most."""
    table = tables.payment
    mine = (table.c.business_id == business, table.c.received_on.is_not(None))
    newest = select(table.c.received_on).where(*mine, *_counts()).order_by(table.c.received_on.desc()).limit(1)
    usual = setting(tx, business, "usual_gap_days")
    return Receipts(tx.execute(newest).scalar(), int(usual) if usual else None)


def usual_invoice(tx: Tx, business: str) -> Mapping[str, Money]:
    """What an invoice is usually about, per currency."""
    told = msgspec.json.decode(setting(tx, business, "usual_invoice", "{}"), type=dict[str, int])
    return {currency: Money(minor, currency) for currency, minor in told.items()}


def _counts() -> tuple[ColumnElement[bool], ...]:
    table = tables.payment
    return table.c.gone_at.is_(None), table.c.status == PaymentStatus.SETTLED.value


def _changed(tx: Tx, business: str, connection: str, since: datetime | None) -> list[Ref]:
    found: set[str] = set()
    for table in (tables.invoice, tables.payment):
        wanted = select(table.c.customer_id).where(table.c.business_id == business, table.c.connection_id == connection)
        wanted = wanted if since is None else wanted.where(table.c.seen_at >= since)
        found |= {id for id in tx.execute(wanted.distinct()).scalars() if id}
    return [Ref(connection, Kind.CUSTOMER, id) for id in sorted(found)]


def _at_once(refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
    for start in range(0, len(refs), AT_ONCE):
        yield refs[start : start + AT_ONCE]


def _pasts(tx: Tx, business: str, connection: str, some: Sequence[Ref]) -> Iterator[tuple[Ref, Past]]:
    payments, charges = books.payments(tx, business, connection, customers=some), charge_invoices(tx, business)
    invoices = (one for one in books.invoices(tx, business, connection, customers=some) if one.ref not in charges)
    found = pasts_of(invoices, payments)
    yield from (dict.fromkeys(some, Past()) | found).items()


def pasts_of(invoices: Iterable[Invoice], payments: Iterable[Payment]) -> dict[Ref, Past]:
    """How the customers of these invoices have paid them."""
    settled_on = _settled_on(payments)
    pasts: dict[Ref, Past] = {}
    for invoice in invoices:
        pasts[invoice.customer] = pasts.get(invoice.customer, Past()) + _past(invoice, settled_on)
    return pasts


def _settled_on(payments: Iterable[Payment]) -> dict[Ref, date]:
    """The day of the last money on each invoice."""
    days: dict[Ref, date] = {}
    for payment in payments:
        if payment.status is PaymentStatus.SETTLED:
            for part in payment.applications:
                on = part.on or payment.received_on
                if on is not None:
                    days[part.to] = max(on, days.get(part.to, on))
    return days


def _past(invoice: Invoice, settled_on: Mapping[Ref, date]) -> Past:
    on = settled_on.get(invoice.ref)
    if invoice.status is not InvoiceStatus.PAID or on is None:
        return Past()
    days = (on - invoice.due_on).days if invoice.due_on else 0
    return Past(1, 1, days) if days > 0 else Past(1)


def _row(business: str, customer: Ref, past: Past) -> dict[str, object]:
    return {
        "business_id": business,
        "connection_id": customer.connection,
        "customer_id": customer.id,
        "settled": past.settled,
        "late": past.late,
        "late_days": past.late_days,
    }


def receipt_days(tx: Tx, business: str) -> list[date]:
    """Every day for which a receipt was entered, in their order."""
    table = tables.payment
    wanted = select(table.c.received_on).where(table.c.business_id == business, table.c.received_on.is_not(None))
    return sorted(tx.execute(wanted.where(*_counts()).distinct()).scalars())


def _usual_gap(tx: Tx, business: str, today: date) -> int | None:
    """The longest of all but the rarest gaps between two days with receipts, over a year."""
    table = tables.payment
    since = (table.c.business_id == business, table.c.received_on >= today - A_YEAR)
    days = list(tx.execute(select(table.c.received_on).where(*since, *_counts()).distinct()).scalars())
    if len(days) < RECEIPTS_MIN:
        return None
    gaps = sorted((later - earlier).days for earlier, later in pairwise(sorted(days)))
    return int(gaps[int((len(gaps) - 1) * USUAL_SHARE)])


def _usual_invoices(tx: Tx, business: str) -> Iterator[Money]:
    """The mean of the issued invoices, which a few large ones only raise."""
    table = tables.invoice
    issued = (table.c.business_id == business, table.c.gone_at.is_(None), table.c.status.in_(("open", "paid")))
    mean = select(table.c.currency, func.sum(table.c.total_minor), func.count()).where(*issued)
    for currency, total, count in tx.execute(mean.group_by(table.c.currency)):
        yield Money(int(total) // int(count), currency)
