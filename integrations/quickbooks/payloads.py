"""The shapes QuickBooks sends, as far as we keep them: decoded once, from the raw bytes, with exact decimals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Payload(msgspec.Struct, rename="pascal", frozen=True, gc=False):
    """Names as QuickBooks spells them. Everything may be missing, and some of it may be null."""


class Reference(msgspec.Struct, frozen=True, gc=False):
    """A pointer to another record; `name` is for people and often absent."""

    value: str = ""


class Times(Payload, frozen=True, gc=False):
    """When a record was made and last moved."""

    create_time: Instant | None = None
    last_updated_time: Instant | None = None


class Email(Payload, frozen=True, gc=False):
    """One text field that may hold several addresses with commas between them."""

    address: str | None = None


class Phone(Payload, frozen=True, gc=False):
    """A number as somebody typed it."""

    free_form_number: str | None = None


class PostalAddress(Payload, frozen=True, gc=False):
    """An address; the country may be a word, or a code of two or three letters."""

    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    city: str | None = None
    country_sub_division_code: str | None = None
    postal_code: str | None = None
    country: str | None = None


class LinkedTxn(Payload, frozen=True, gc=False):
    """Another document that a document is tied to."""

    txn_id: str | None = None
    txn_type: str | None = None


class PaymentLine(Payload, frozen=True, gc=False):
    """A part of a payment. `LineEx` repeats it as serialised Java and is never read."""

    amount: Decimal | None = None
    linked_txn: Sequence[LinkedTxn] | None = None


class DeliveryInfo(Payload, frozen=True, gc=False):
    """When QuickBooks mailed an invoice, and what went wrong."""

    delivery_time: Instant | None = None
    delivery_error_type: str | None = None


class Row(Payload, frozen=True, gc=False, kw_only=True):
    """What every record has. `status` says Deleted on the stubs of changed data."""

    id: str
    sync_token: str | None = None
    meta_data: Times | None = None
    status: str | None = msgspec.field(default=None, name="status")

    @property
    def changed(self) -> datetime | None:
        """LastUpdatedTime with the offset it was written with; None when it is missing."""
        return self.meta_data.last_updated_time if self.meta_data else None

    @property
    def deleted(self) -> bool:
        """Is this the stub of a record that is no more?"""
        return (self.status or "").lower() == "deleted"


class CustomerRow(Row, frozen=True, gc=False, kw_only=True):
    """A customer, sub-customer or project. `balance` is its own, without its jobs."""

    display_name: str | None = None
    company_name: str | None = None
    fully_qualified_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    primary_email_addr: Email | None = None
    primary_phone: Phone | None = None
    mobile: Phone | None = None
    alternate_phone: Phone | None = None
    bill_addr: PostalAddress | None = None
    currency_ref: Reference | None = None
    parent_ref: Reference | None = None
    job: bool | None = None
    bill_with_parent: bool | None = None
    is_project: bool | None = None
    active: bool | None = None
    balance: Decimal | None = None
    customer_type_ref: Reference | None = None


class DocumentRow(Row, frozen=True, gc=False, kw_only=True):
    """What invoices, credit memos and payments share."""

    doc_number: str | None = None
    customer_ref: Reference | None = None
    currency_ref: Reference | None = None
    txn_date: str | None = None
    total_amt: Decimal | None = None
    private_note: str | None = None

    @property
    def voided(self) -> bool:
        """There is no flag: an amount of nothing and a memo that begins with the word."""
        return not self.total_amt and self.total_amt is not None and (self.private_note or "").startswith("Voided")


class InvoiceRow(DocumentRow, frozen=True, gc=False, kw_only=True):
    """An invoice."""

    due_date: str | None = None
    balance: Decimal | None = None
    deposit: Decimal | None = None
    linked_txn: Sequence[LinkedTxn] | None = None
    email_status: str | None = None
    bill_email: Email | None = None
    delivery_info: DeliveryInfo | None = None
    invoice_link: str | None = None


class CreditMemoRow(DocumentRow, frozen=True, gc=False, kw_only=True):
    """A credit memo."""

    balance: Decimal | None = None
    remaining_credit: Decimal | None = None


class PaymentRow(DocumentRow, frozen=True, gc=False, kw_only=True):
    """A payment, or with an amount of nothing the use of a credit memo."""

    unapplied_amt: Decimal | None = None
    payment_ref_num: str | None = None
    deposit_to_account_ref: Reference | None = None
    line: Sequence[PaymentLine] | None = None


class EntityRef(msgspec.Struct, frozen=True, gc=False):
    """A pointer to a record of any kind: ids are counted anew for some of them."""

    type: str | None = None
    value: str = ""


class HangsOn(Payload, frozen=True, gc=False):
    """A record that something hangs on, and whether it goes along when QuickBooks mails that record."""

    entity_ref: EntityRef | None = None
    include_on_send: bool | None = None


class AttachableRow(Row, frozen=True, gc=False, kw_only=True):
    """A note or a file that hangs on a record."""

    note: str | None = None
    file_name: str | None = None
    content_type: str | None = None
    size: int | float | None = None
    attachable_ref: list[HangsOn] | None = None


class CompanyInfoRow(Payload, frozen=True, gc=False):
    """The company; it knows no time zone."""

    company_name: str | None = None
    legal_name: str | None = None
    country: str | None = None
    company_addr: PostalAddress | None = None


class AccountingPrefs(Payload, frozen=True, gc=False):
    """Until when the books are closed."""

    book_close_date: str | None = None


class CurrencyPrefs(Payload, frozen=True, gc=False):
    """The home currency, and whether there are others."""

    multi_currency_enabled: bool | None = None
    home_currency: Reference | None = None


class PreferencesRow(Payload, frozen=True, gc=False):
    """The company's settings."""

    accounting_info_prefs: AccountingPrefs | None = None
    currency_prefs: CurrencyPrefs | None = None


class CustomerTypeRow(Payload, frozen=True, gc=False):
    """A sort of customers: what a CustomerTypeRef points to, which says no name itself."""

    id: str = ""
    name: str | None = None


class TermRow(Payload, frozen=True, gc=False):
    """Credit terms; standard ones have days, date-driven ones a day of the month."""

    id: str = ""
    name: str | None = None
    due_days: int | None = None
    day_of_month_due: int | None = None


class Named(msgspec.Struct, frozen=True, gc=False):
    """A pointer to another record, with what it is called."""

    value: str = ""
    name: str | None = None


class ItemRow(Payload, frozen=True, gc=False, kw_only=True):
    """Something that is sold, and the account where what it brings is booked."""

    id: str
    name: str | None = None
    type: str | None = None
    income_account_ref: Named | None = None


class AccountRow(Payload, frozen=True, gc=False, kw_only=True):
    """An account of the ledger. A company with a single currency leaves it out."""

    id: str
    name: str | None = None
    active: bool | None = None
    account_type: str | None = None
    account_sub_type: str | None = None
    currency_ref: Reference | None = None


class TaxRateDetail(Payload, frozen=True, gc=False):
    """One rate of a tax code."""

    tax_rate_ref: Reference = Reference()


class TaxRateList(Payload, frozen=True, gc=False):
    """The rates of a tax code on sales."""

    tax_rate_detail: Sequence[TaxRateDetail] = ()


class TaxCodeRow(Payload, frozen=True, gc=False, kw_only=True):
    """A tax code, which stands for one rate or several."""

    id: str
    name: str | None = None
    sales_tax_rate_list: TaxRateList | None = None

    @property
    def sales(self) -> list[str]:
        """The ids of its rates on sales; none when it is not for sales."""
        rates = self.sales_tax_rate_list.tax_rate_detail if self.sales_tax_rate_list else ()
        return [one.tax_rate_ref.value for one in rates]


class TaxRateRow(Payload, frozen=True, gc=False, kw_only=True):
    """One rate, in per cent."""

    id: str
    rate_value: Decimal | None = None


class Glimpse(Payload, frozen=True, gc=False):
    """The least we want to know of a record that cannot be read."""

    id: object = None
    meta_data: object = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record whose shape is not what it should be. `why` names fields and types, never contents."""

    id: str
    why: str
    changed: datetime | None = None


ROWS: Mapping[str, type[Row]] = {
    "Customer": CustomerRow,
    "Invoice": InvoiceRow,
    "CreditMemo": CreditMemoRow,
    "Payment": PaymentRow,
    "Attachable": AttachableRow,
}
_ONE = {entity: msgspec.json.Decoder(row) for entity, row in ROWS.items()}
_MANY = {entity: msgspec.json.Decoder(list[row]) for entity, row in ROWS.items()}  # type: ignore[valid-type]
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


def decode(entity: str, listed: bytes) -> Sequence[Row | Unreadable]:
    """A JSON list of one kind of record: all at once, or each for itself when one of them is odd.

    Raises msgspec.DecodeError only when the bytes are no list at all.
    """
    try:
        return _MANY[entity].decode(listed)
    except (msgspec.ValidationError, UnicodeDecodeError):
        return [_decode_one(entity, bytes(raw)) for raw in _RAWS.decode(listed)]


def _decode_one(entity: str, raw: bytes) -> Row | Unreadable:
    try:
        return _ONE[entity].decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, msgspec.ValidationError) else "its text cannot be decoded"
    try:
        seen = msgspec.json.decode(raw, type=Glimpse)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unreadable("", why)
    return Unreadable(str(seen.id or ""), why, _glimpsed(seen.meta_data))


def _glimpsed(times: object) -> datetime | None:
    try:
        return msgspec.convert(times, Times).last_updated_time
    except msgspec.ValidationError:
        return None
