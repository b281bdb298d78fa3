"""The six kinds of record we read: where Stripe lists each, its shape, how its ids begin, and what it becomes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from integrations.stripe import mapping
from integrations.stripe.amounts import UnreadableAmount
from integrations.stripe.mapping import OddRecord, Seen
from integrations.stripe.payloads import (
    CreditNotePayload,
    CustomerPayload,
    DisputePayload,
    InvoicePayload,
    InvoicePaymentPayload,
    PageOf,
    Payload,
    RawPage,
    RefundPayload,
)
from receivables.page import Odd
from receivables.records import Kind, Record

P = TypeVar("P", bound=Payload)

RAW_PAGE = msgspec.json.Decoder(RawPage)
UNREADABLE = (msgspec.MsgspecError, UnreadableAmount, OddRecord, OverflowError, OSError)


class Dated(Payload, frozen=True, gc=False):
    """What a cursor needs of the last record of a page."""

    created: int = 0


@dataclass(frozen=True, slots=True)
class Sheet(Generic[P]):
    """A page of a list, newest first. `dated` are all its records; `unread` those without their shape, and why."""

    rows: Sequence[P]
    dated: Sequence[Any]
    unread: Sequence[tuple[str, str]]
    has_more: bool

    @property
    def last(self) -> Dated:
        """Where to go on; nothing when there is none or it has no id."""
        return Dated(self.dated[-1].id, self.dated[-1].created) if self.dated else Dated("")

    @property
    def seconds(self) -> int:
        """How long a time its records took to come about."""
        return int(self.dated[0].created - self.dated[-1].created) if self.dated else 0


@dataclass(frozen=True)
class Stream(Generic[P]):
    """One kind of record."""

    name: str
    kind: Kind
    shape: type[P]
    prefixes: tuple[str, ...]
    becomes: Callable[[P, Seen], Iterable[Record]]
    page: msgspec.json.Decoder[PageOf[P]]

    def sheet(self, body: bytes) -> Sheet[P]:
        """A list answer, at one go; record by record only when one of them is odd. Raises MsgspecError for no list."""
        try:
            page = self.page.decode(body)
        except msgspec.MsgspecError:
            return self._one_by_one(RAW_PAGE.decode(body))
        return Sheet(page.data, page.data, (), page.has_more)

    def _one_by_one(self, page: RawPage) -> Sheet[P]:
        rows: list[P] = []
        unread: list[tuple[str, str]] = []
        dated = [dated_of(raw) for raw in page.data]
        for raw, known in zip(page.data, dated, strict=True):
            try:
                rows.append(msgspec.json.decode(raw, type=self.shape))
            except msgspec.MsgspecError as error:
                unread.append((known.id, str(error)))
        return Sheet(rows, dated, unread, page.has_more)

    def mapped(self, sheet: Sheet[P], seen: Seen) -> tuple[tuple[Record, ...], tuple[Odd, ...]]:
        """What a page becomes. One odd record is set aside and loses nothing else."""
        odd = [self.odd(key, why, seen) for key, why in sheet.unread]
        records: list[Record] = []
        for one in sheet.rows:
            try:
                records += self.becomes(one, seen)
            except UNREADABLE as error:
                odd.append(self.odd(one.id, str(error), seen))
        return tuple(records), tuple(odd)

    def read(self, raw: bytes | msgspec.Raw, seen: Seen, records: list[Record], odd: list[Odd]) -> None:
        """One record: what it becomes is added to `records`, or why not to `odd`."""
        try:
            records += self.becomes(msgspec.json.decode(raw, type=self.shape), seen)
        except UNREADABLE as error:
            odd.append(self.odd(dated_of(raw).id, str(error), seen))

    def odd(self, key: str, why: str, seen: Seen) -> Odd:
        """A record set aside; `why` comes from our own sentences and paths, never from its values."""
        return Odd(seen.ref(self.kind, key), f"{self.name}: {why}")


def dated_of(raw: bytes | msgspec.Raw) -> Dated:
    """Id and age of a record that may be odd; an empty id when it has none."""
    for shape in (Dated, Payload):
        try:
            found = msgspec.json.decode(raw, type=shape)
        except msgspec.MsgspecError:
            continue
        return Dated(found.id, getattr(found, "created", 0))
    return Dated("")


def _stream(
    name: str, kind: Kind, shape: type[P], prefixes: tuple[str, ...], *, becomes: Callable[[P, Seen], Iterable[Record]]
) -> Stream[P]:
    page = PageOf[shape]  # type: ignore[valid-type]
    return Stream(name, kind, shape, prefixes, becomes, msgspec.json.Decoder(page))


CUSTOMERS = _stream("customers", Kind.CUSTOMER, CustomerPayload, ("cus_",), becomes=mapping.customer)
INVOICES = _stream("invoices", Kind.INVOICE, InvoicePayload, ("in_",), becomes=mapping.invoice)
PAYMENTS = _stream("invoice_payments", Kind.PAYMENT, InvoicePaymentPayload, ("inpay_",), becomes=mapping.payment)
CREDITS = _stream("credit_notes", Kind.CREDIT, CreditNotePayload, ("cn_",), becomes=mapping.credit)
REFUNDS = _stream("refunds", Kind.OTHER, RefundPayload, ("re_", "pyr_"), becomes=mapping.refund)
DISPUTES = _stream("disputes", Kind.CHARGEBACK, DisputePayload, ("du_", "dp_"), becomes=mapping.dispute)

STREAMS: tuple[Stream[Any], ...] = (CUSTOMERS, INVOICES, PAYMENTS, CREDITS, REFUNDS, DISPUTES)
BY_NAME = {stream.name: stream for stream in STREAMS}
BY_KIND = {stream.kind: stream for stream in STREAMS}
