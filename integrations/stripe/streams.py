"""The six kinds of record we read: where Stripe lists each, its shape, how its ids begin, and what it becomes."""

from collections.abc import Callable, Iterable
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

UNREADABLE = (msgspec.MsgspecError, UnreadableAmount, OddRecord, OverflowError, OSError)


class Dated(Payload, frozen=True, gc=False):
    """What a cursor needs of the last record of a page."""

    created: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A page as it was read: our records, the odd ones, the ids in Stripe's order, and whether there is more."""

    records: tuple[Record, ...]
    odd: tuple[Odd, ...]
    ids: tuple[str, ...]
    last_created: int
    has_more: bool


@dataclass(frozen=True)
class Stream(Generic[P]):
    """One kind of record."""

    name: str
    kind: Kind
    shape: type[P]
    prefixes: tuple[str, ...]
    becomes: Callable[[P, Seen], list[Record]]

    def listing(self, body: bytes, seen: Seen) -> Listing:
        """A list answer. One odd record is set aside. Raises MsgspecError for no list at all."""
        try:
            page = msgspec.json.decode(body, type=PageOf[self.shape])  # type: ignore[name-defined]
        except msgspec.MsgspecError:
            return self._one_by_one(msgspec.json.decode(body, type=RawPage), seen)
        records, odd = self._mapped(page.data, seen)
        return Listing(records, odd, tuple(one.id for one in page.data), _created(page.data), page.has_more)

    def _mapped(self, shaped: Iterable[P], seen: Seen) -> tuple[tuple[Record, ...], tuple[Odd, ...]]:
        records: list[Record] = []
        odd: list[Odd] = []
        for one in shaped:
            try:
                records += self.becomes(one, seen)
            except UNREADABLE as error:
                odd.append(self.odd(one.id, str(error), seen))
        return tuple(records), tuple(odd)

    def _one_by_one(self, page: RawPage, seen: Seen) -> Listing:
        records: list[Record] = []
        odd: list[Odd] = []
        for raw in page.data:
            self.read(raw, seen, records, odd)
        dated = [dated_of(raw) for raw in page.data]
        return Listing(tuple(records), tuple(odd), tuple(one.id for one in dated), _created(dated), page.has_more)

    def read(self, raw: bytes | msgspec.Raw, seen: Seen, records: list[Record], odd: list[Odd]) -> None:
        """One record: what it becomes is added to `records`, or why not to `odd`."""
        try:
            records += self.becomes(msgspec.json.decode(raw, type=self.shape), seen)
        except UNREADABLE as error:
            odd.append(self.odd(dated_of(raw).id, str(error), seen))

    def odd(self, key: str, why: str, seen: Seen) -> Odd:
        """A record set aside; `why` comes from our own sentences and paths, never from its values."""
        return Odd(seen.ref(self.kind, key), f"{self.name}: {why}")


def _created(rows: list[Any]) -> int:
    return int(rows[-1].created) if rows else 0


def dated_of(raw: bytes | msgspec.Raw) -> Dated:
    """Id and age of a record that may be odd; an empty id when it has none."""
    for shape in (Dated, Payload):
        try:
            found = msgspec.json.decode(raw, type=shape)
        except msgspec.MsgspecError:
            continue
        return Dated(found.id, getattr(found, "created", 0))
    return Dated("")


CUSTOMERS = Stream("customers", Kind.CUSTOMER, CustomerPayload, ("cus_",), mapping.customer)
INVOICES = Stream("invoices", Kind.INVOICE, InvoicePayload, ("in_",), mapping.invoice)
PAYMENTS = Stream("invoice_payments", Kind.PAYMENT, InvoicePaymentPayload, ("inpay_",), mapping.payment)
CREDITS = Stream("credit_notes", Kind.CREDIT, CreditNotePayload, ("cn_",), mapping.credit)
REFUNDS = Stream("refunds", Kind.OTHER, RefundPayload, ("re_", "pyr_"), mapping.refund)
DISPUTES = Stream("disputes", Kind.CHARGEBACK, DisputePayload, ("du_", "dp_"), mapping.dispute)

STREAMS: tuple[Stream[Any], ...] = (CUSTOMERS, INVOICES, PAYMENTS, CREDITS, REFUNDS, DISPUTES)
BY_NAME = {stream.name: stream for stream in STREAMS}
BY_KIND = {stream.kind: stream for stream in STREAMS}
