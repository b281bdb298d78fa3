"""The parts of Xero's JSON that we keep, decoded from raw bytes: exact decimals, dates in all of Xero's spellings.

Payloads hold no cycles, so the garbage collector need not look at them (`gc=False`).
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


class Unreadable(ValueError):
    """A field of a record is not what Xero's documents say; the message names the field, never its value."""


def instant(text: str | None, field: str) -> datetime:
    """An instant from /Date(ms+0000)/ (the offset changes nothing: ms are UTC) or ISO; no zone means UTC."""
    if not text:
        raise Unreadable(f"{field} is missing")
    try:
        return _moment(text)
    except (ValueError, OverflowError):
        raise Unreadable(f"{field} is not a date") from None


def calendar_date(text: str | None, field: str) -> date | None:
    """A document date: midnight UTC stands for a day of the calendar, so no zone is ever applied."""
    if not text:
        return None
    try:
        return _day(text)
    except (ValueError, OverflowError):
        raise Unreadable(f"{field} is not a date") from None


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    """Many documents share few days."""
    return _moment(text).date()


def _moment(text: str) -> datetime:
    found = MILLISECONDS.fullmatch(text)
    if found:
        return EPOCH + timedelta(milliseconds=int(found[1]))
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Paging(msgspec.Struct, gc=False):
    """The `pagination` object: lower-case keys, present on paged replies only."""

    page: int = 0
    pageSize: int = 0  # noqa: N815 - the platform's spelling
    pageCount: int = 0  # noqa: N815
    itemCount: int = 0  # noqa: N815


class _Payload(msgspec.Struct, rename="pascal", gc=False):
    """Xero spells its keys in Pascal case and leaves out what is empty."""


class Group(_Payload, gc=False):
    """A contact group."""

    name: str | None = None


class Person(_Payload, gc=False):
    """A further person of a contact."""

    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    include_in_emails: bool | None = None


class Phone(_Payload, gc=False):
    """A phone number in three parts."""

    phone_type: str | None = None
    phone_number: str | None = None
    phone_area_code: str | None = None
    phone_country_code: str | None = None


class Address(_Payload, kw_only=True, gc=False):
    """A postal (POBOX) or street address; the country is free text."""

    address_type: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    address_line4: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Balance(_Payload, gc=False):
    """What a contact owes, in currencies that are not converted."""

    outstanding: Decimal | None = None


class Balances(_Payload, gc=False):
    """Both ledgers' balances of a contact."""

    accounts_receivable: Balance | None = None


class Contact(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """A contact."""

    contact_id: str | None = msgspec.field(default=None, name="ContactID")
    name: str | None = None
    contact_status: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    contact_persons: list[Person] | None = None
    phones: list[Phone] | None = None
    addresses: list[Address] | None = None
    contact_groups: list[Group] | None = None
    default_currency: str | None = None
    tax_number: str | None = None
    company_number: str | None = None
    updated: str | None = msgspec.field(default=None, name="UpdatedDateUTC")
    merged_to: str | None = msgspec.field(default=None, name="MergedToContactID")
    balances: Balances | None = None


class Whose(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """A contact as other records show it; its e-mail only where a record is read on its own."""

    contact_id: str | None = msgspec.field(default=None, name="ContactID")
    email_address: str | None = None


class Invoice(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """An invoice; bills (ACCPAY) live at the same endpoint."""

    invoice_id: str | None = msgspec.field(default=None, name="InvoiceID")
    type: str | None = None
    invoice_number: str | None = None
    contact: Whose | None = None
    date: str | None = None
    due_date: str | None = None
    status: str | None = None
    total: Decimal | None = None
    amount_due: Decimal | None = None
    amount_paid: Decimal | None = None
    amount_credited: Decimal | None = None
    currency_code: str | None = None
    expected_payment_date: str | None = None
    sent_to_contact: bool | None = None
    updated: str | None = msgspec.field(default=None, name="UpdatedDateUTC")


class Document(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """What a payment or an allocation is for; called Invoice even when it is a credit note."""

    invoice_id: str | None = msgspec.field(default=None, name="InvoiceID")
    type: str | None = None
    invoice_number: str | None = None
    contact: Whose | None = None
    currency_code: str | None = None


class Allocation(_Payload, gc=False):
    """A part of a credit used by an invoice."""

    amount: Decimal | None = None
    date: str | None = None
    invoice: Document | None = None


class Credit(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """A credit note, prepayment or overpayment: one shape, three ids."""

    credit_note_id: str | None = msgspec.field(default=None, name="CreditNoteID")
    prepayment_id: str | None = msgspec.field(default=None, name="PrepaymentID")
    overpayment_id: str | None = msgspec.field(default=None, name="OverpaymentID")
    credit_note_number: str | None = None
    invoice_number: str | None = None
    reference: str | None = None
    type: str | None = None
    contact: Whose | None = None
    date: str | None = None
    status: str | None = None
    total: Decimal | None = None
    remaining_credit: Decimal | None = None
    allocations: list[Allocation] | None = None
    currency_code: str | None = None
    updated: str | None = msgspec.field(default=None, name="UpdatedDateUTC")

    @property
    def id(self) -> str:
        """Whichever of the three ids it has."""
        return self.credit_note_id or self.prepayment_id or self.overpayment_id or ""


class Payment(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """A payment. Its `invoice` may be a credit note that was refunded, told by its Type."""

    payment_id: str | None = msgspec.field(default=None, name="PaymentID")
    payment_type: str | None = None
    status: str | None = None
    date: str | None = None
    amount: Decimal | None = None
    reference: str | None = None
    invoice: Document | None = None
    updated: str | None = msgspec.field(default=None, name="UpdatedDateUTC")


class Attachment(msgspec.Struct, rename="pascal", kw_only=True, gc=False):
    """A file that hangs on a record. `include_online` shows it to the customer on the online invoice."""

    attachment_id: str | None = msgspec.field(default=None, name="AttachmentID")
    file_name: str | None = None
    mime_type: str | None = None
    content_length: int | None = None
    include_online: bool | None = None


class Organisation(msgspec.Struct, rename="pascal", kw_only=True):
    """The company."""

    organisation_id: str | None = msgspec.field(default=None, name="OrganisationID")
    name: str | None = None
    base_currency: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    short_code: str | None = None
    period_lock_date: str | None = None
    end_of_year_lock_date: str | None = None


class Line(msgspec.Struct, rename="pascal"):
    """A line of a record's history."""

    changes: str | None = None
    details: str | None = None
    date_utc: str | None = msgspec.field(default=None, name="DateUTC")
