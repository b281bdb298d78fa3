"""Stripe's webhooks: signatures judged by our own clock, and the records that a delivery names, never its values."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from integrations.contract import Delivery, Touched
from integrations.errors import BadSignature
from receivables.records import Kind

WINDOW = timedelta(seconds=300)
EVENTS = (
    *(
        f"invoice.{verb}"
        for verb in (
            "created", "finalized", "finalization_failed", "updated", "sent", "paid", "payment_succeeded",
            "payment_failed", "payment_action_required", "overpaid", "marked_uncollectible", "voided", "deleted",
        )
    ),
    "invoice_payment.paid",
    *(f"credit_note.{verb}" for verb in ("created", "updated", "voided")),
    *(f"customer.{verb}" for verb in ("created", "updated", "deleted")),
    *(f"refund.{verb}" for verb in ("created", "updated", "failed")),
    "charge.refunded",
    *(f"charge.dispute.{verb}" for verb in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")),
    *(
        f"checkout.session.{verb}"
        for verb in ("completed", "async_payment_succeeded", "async_payment_failed", "expired")
    ),
    *(f"payment_intent.{verb}" for verb in ("processing", "succeeded", "payment_failed", "canceled")),
)  # fmt: skip

KINDS = {
    "invoice": Kind.INVOICE,
    "invoice_payment": Kind.PAYMENT,
    "customer": Kind.CUSTOMER,
    "credit_note": Kind.CREDIT,
    "refund": Kind.OTHER,
    "dispute": Kind.CHARGEBACK,
    "checkout.session": Kind.CHECKOUT,
    "payment_intent": Kind.CHECKOUT,
}
# Money given back or taken back is to be looked at where it was taken, too.
OF_A_PAYMENT = frozenset({"refund", "dispute", "charge"})
NAMES = frozenset((*EVENTS, "charge.refund.updated"))


class About(msgspec.Struct, frozen=True):
    """The object of a snapshot event, or what a thin one is related to: names only."""

    id: Any = None
    object: Any = None
    type: Any = None
    invoice: Any = None
    refunds: Any = None
    payment_intent: Any = None


class AboutData(msgspec.Struct, frozen=True):
    """Where a snapshot event keeps its object."""

    object: About = About()


class Notice(msgspec.Struct, frozen=True):
    """Both shapes of a delivery. `account` (snapshot) and `context` (thin) name a connected account."""

    id: str = ""
    object: str = ""
    type: str = ""
    created: int | str | None = None
    livemode: bool | None = None
    account: str | None = None
    context: str | None = None
    data: AboutData | None = None
    related_object: About | None = None
    snapshot_event: str | None = None


def verify(delivery: Delivery, now: datetime) -> None:
    """Raises BadSignature unless one of the secrets signed these bytes within five minutes, for the right mode."""
    at, signatures = _signed(delivery.headers.get("stripe-signature", ""))
    told = f"{at}.".encode() + delivery.body
    made = [_signature(secret, told) for secret in delivery.secrets if secret]
    matches = [hmac.compare_digest(ours, theirs) for ours in made for theirs in signatures]
    if not any(matches):
        raise BadSignature("none of this connection's secrets signed the delivery")
    if abs(now.timestamp() - at) > WINDOW.total_seconds():
        raise BadSignature("the delivery was signed too long ago, or ahead of our clock")
    notice = _notice(delivery.body)
    said = notice.livemode if notice else None
    if None not in (said, delivery.livemode) and said is not delivery.livemode:
        raise BadSignature("the delivery is of the other mode (test or live)")


def _signed(header: str) -> tuple[int, list[bytes]]:
    """The time and every v1 of a Stripe-Signature header."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value.encode() for name, _, value in parts if name == "v1" and value]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or not signatures or len(times[0]) > 12:
        raise BadSignature("the delivery has no readable Stripe-Signature")
    return int(times[0]), signatures


def _signature(secret: str, told: bytes) -> bytes:
    return hmac.new(secret.encode(), told, hashlib.sha256).hexdigest().encode()


def _notice(body: bytes) -> Notice | None:
    try:
        return msgspec.json.decode(body, type=Notice)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def touched(delivery: Delivery) -> list[Touched]:
    """The records a delivery names. Whatever is unknown or odd names none."""
    notice = _notice(delivery.body)
    if notice is None:
        return []
    thin = notice.object == "v2.core.event"
    name = notice.type.removeprefix("v1.") if thin else notice.type
    about = notice.related_object if thin else (notice.data.object if notice.data else None)
    if name not in NAMES or about is None:
        return []
    word = about.type if thin else about.object
    return [_touched(notice, kind, key, name) for kind, key in _named(word, about)]


def _named(word: Any, about: About) -> Iterable[tuple[Kind, str]]:
    """The record itself, and the invoice that a payment or credit note speaks of; a charge's refunds if it has them;
    and the payment that was given or taken back."""
    kind = KINDS.get(word) if isinstance(word, str) else None
    if kind is not None and _is_id(about.id):
        yield kind, about.id
        if kind in (Kind.PAYMENT, Kind.CREDIT) and _is_id(about.invoice):
            yield Kind.INVOICE, about.invoice
    if isinstance(word, str) and word in OF_A_PAYMENT and _is_id(about.payment_intent):
        yield Kind.CHECKOUT, about.payment_intent
    if word == "charge" and isinstance(about.refunds, dict):
        rows = about.refunds.get("data")
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and _is_id(row.get("id")):
                yield Kind.OTHER, row["id"]


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _touched(notice: Notice, kind: Kind, key: str, name: str) -> Touched:
    return Touched(
        external_id=notice.account or notice.context or "",
        kind=kind,
        id=key,
        event=notice.snapshot_event or notice.id,
        at=_instant(notice.created),
        gone=name.endswith(".deleted") and kind in (Kind.INVOICE, Kind.CUSTOMER),
    )


def _instant(created: int | str | None) -> datetime | None:
    """Epoch seconds in a snapshot, ISO 8601 in a thin event; None for anything else."""
    try:
        if isinstance(created, int):
            return datetime.fromtimestamp(created, UTC)
        return datetime.fromisoformat(created).astimezone(UTC) if created else None
    except (ValueError, OverflowError, OSError):
        return None
