"""Late charges in one company: the items and tax codes to choose from, an invoice of one item, found by its memo."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from integrations.contract import ChargeChoices, Choice, LateCharge, Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater
from integrations.quickbooks.lookups import fetch, pages_by_id
from integrations.quickbooks.payloads import AccountRow, InvoiceRow, ItemRow, TaxCodeRow, TaxRateRow
from integrations.quickbooks.reader import Reader
from integrations.quickbooks.statements import PAGE, literal, select
from integrations.quickbooks.writing import marked, require_invoice, require_key, row_of, told_at
from receivables.records import Invoice, Ref

T = TypeVar("T", AccountRow, ItemRow, TaxCodeRow, TaxRateRow)
SOLD = ("Service", "NonInventory")
UNTAXED, TAXED = Choice("NON", "No sales tax"), Choice("TAX", "Taxed, as QuickBooks reckons it")
"""Of a line in the United States, where QuickBooks itself reckons the sales tax."""
CLOCKS_APART = timedelta(hours=1)
TEXT_MAX = 4000


def choices(reader: Reader) -> ChargeChoices:
    """What is sold and has an income account; and the tax codes that add nothing, so that the invoice is about the
    amount asked for: what lateness costs is nowhere a price with tax in it."""
    return ChargeChoices(_items(reader), taxes(reader), account_word="item")


def credit_choices(reader: Reader) -> ChargeChoices:
    """The same items, and every tax code of sales: a credit note takes the tax back as it was charged."""
    if _american(reader):
        return ChargeChoices(_items(reader), (UNTAXED, TAXED), account_word="item")
    codes = (one for one in listed(reader, "TaxCode", TaxCodeRow) if one.sales)
    return ChargeChoices(_items(reader), _by_name(Choice(one.id, one.name or one.id) for one in codes), "item")


def _items(reader: Reader) -> tuple[Choice, ...]:
    items = (one for one in listed(reader, "Item", ItemRow) if one.type in SOLD and one.income_account_ref)
    return _by_name(map(_item, items))


def _american(reader: Reader) -> bool:
    return (reader.info().country or "US").upper() in ("US", "USA")


def _item(row: ItemRow) -> Choice:
    account = row.income_account_ref.name if row.income_account_ref else None
    name = row.name or row.id
    return Choice(row.id, f"{name} ({account})" if account else name)


def taxes(reader: Reader) -> tuple[Choice, ...]:
    """Tax codes that add nothing."""
    if _american(reader):
        return (UNTAXED,)
    nothing = {one.id for one in listed(reader, "TaxRate", TaxRateRow) if one.rate_value == Decimal(0)}
    codes = (one for one in listed(reader, "TaxCode", TaxCodeRow) if one.sales and set(one.sales) <= nothing)
    return _by_name(Choice(one.id, one.name or one.id) for one in codes)


def _by_name(found: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.code)))


def listed(reader: Reader, entity: str, shape: type[T]) -> Iterator[T]:
    """All of a list, page by page; of most lists only what is in use."""
    start, full = 1, True
    while full:
        found = reader.client.query(select(entity, order_by="Id", start=start)).listed(entity)
        try:
            rows = msgspec.json.decode(found, type=list[shape])  # type: ignore[valid-type]
        except msgspec.DecodeError:
            raise TryLater(f"QuickBooks did not tell its {entity} list") from None
        yield from rows
        start, full = start + PAGE, len(rows) == PAGE


def post_charge(reader: Reader, on: Ref, charge: LateCharge, *, key: str) -> Receipt:
    """To the customer of `on` as it is now. QuickBooks numbers it, and mails it only when somebody has it mailed."""
    require_key(key)
    require_invoice(on)
    late = next((one for one in fetch(reader, [on]).records if isinstance(one, Invoice)), None)
    if late is None:
        raise NotThere("QuickBooks does not have this invoice (any more)")
    if late.total.currency != charge.amount.currency:
        raise Refused("the invoice in QuickBooks has another currency, so nothing was posted")
    return enter(reader, charge, late.customer.id, key=key)


def enter(reader: Reader, charge: LateCharge, customer: str, *, key: str, memo: str = "Late payment") -> Receipt:
    """The invoice itself, to any customer; `memo` stands before the key."""
    body = _body(charge, customer, f"{memo} {marked(key)}")
    answer = reader.client.make_invoice(body, key=f"{key}-{digest(body)}")
    row = row_of(answer.invoice, InvoiceRow)
    if row is None:
        raise TryLater("QuickBooks did not confirm the invoice", may_have_acted=True)
    return _receipt(row)


def _body(charge: LateCharge, customer: str, memo: str) -> dict[str, object]:
    amount = charge.amount.amount
    sold = {
        "ItemRef": {"value": charge.account},
        "TaxCodeRef": {"value": charge.tax},
        "Qty": 1,
        "UnitPrice": amount,
    }
    line = {
        "DetailType": "SalesItemLineDetail",
        "Description": charge.text[:TEXT_MAX],
        "Amount": amount,
        "SalesItemLineDetail": sold,
    }
    return {
        "CustomerRef": {"value": customer},
        "CurrencyRef": {"value": charge.amount.currency},
        "TxnDate": charge.issued_on.isoformat(),
        "DueDate": charge.due_on.isoformat(),
        "PrivateNote": memo,
        "Line": [line],
    }


def digest(body: Mapping[str, object]) -> str:
    """What QuickBooks answers to a mended request under an old id is not documented, so it gets another one."""
    return hashlib.blake2b(msgspec.json.encode(body), digest_size=8).hexdigest()


def found_charge(reader: Reader, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
    """The invoice whose memo carries the key, whatever became of it: a memo cannot be asked for, so what was made since
    then is looked through. A voided one still has it; a deleted one is not there, and then nobody is charged."""
    require_invoice(on)
    return invoice_marked(reader, key, since)


def invoice_marked(reader: Reader, key: str, since: datetime) -> Receipt | Lookup:
    """The invoice made since then whose memo carries the key."""
    require_key(key)
    begun = f"MetaData.CreateTime >= {literal((since - CLOCKS_APART).isoformat(timespec='seconds'))}"
    for _, rows in pages_by_id(reader, "Invoice", begun):
        for row in rows:
            if isinstance(row, InvoiceRow) and marked(key) in (row.private_note or ""):
                return _receipt(row)
    return Lookup.NOT_THERE


def _receipt(row: InvoiceRow) -> Receipt:
    return Receipt(row.id, told_at(row.meta_data.create_time if row.meta_data else None))
