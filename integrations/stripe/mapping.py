"""Pure: Stripe's objects in, our records out. Instants and the merchant's time zone are handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from integrations.stripe import payloads
from integrations.stripe.amounts import money
from receivables.money import Money
from receivables.records import (
    Address,
    Answer,
    Application,
    Chargeback,
    Collection,
    Company,
    Credit,
    CreditKind,
    Customer,
    CustomerKind,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    OtherEntry,
    OtherKind,
    Payment,
    PaymentStatus,
    Record,
    Ref,
)

TAG_MAX = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """How a payload was come by: our connection, since when it is known to be so, and the merchant's time zone."""

    connection: str
    at: datetime
    zone: tzinfo = UTC

    def ref(self, kind: Kind, key: str) -> Ref:
        """Our name for a record."""
        return Ref(self.connection, kind, key)

    def payer(self, customer: str | None, account: str | None) -> Ref | None:
        """Stripe's customer, or the account (`acct_…`) that is one since Accounts v2."""
        key = customer or account
        return self.ref(Kind.CUSTOMER, key) if key else None

    def day(self, seconds: int | None) -> date | None:
        """The day of an epoch second where the merchant is."""
        return None if seconds is None else datetime.fromtimestamp(seconds, self.zone).date()


class OddRecord(ValueError):
    """The record cannot be understood; the message is for people and quotes nothing of it."""


def zone(name: str) -> tzinfo:
    """The time zone called `name`, or UTC when it is unknown or empty."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def invoice(one: payloads.InvoicePayload, seen: Seen) -> list[Record]:
    """An invoice; before it the customer when it came along, or when only the invoice tells us about it."""
    payer = one.customer
    if isinstance(payer, str):
        return [_invoice(one, seen, seen.ref(Kind.CUSTOMER, payer))]
    if payer is not None:
        known = [] if payer.deleted else customer(payer, seen)
        return [*known, _invoice(one, seen, seen.ref(Kind.CUSTOMER, payer.id))]
    if not one.customer_account:
        raise OddRecord("it names no customer")
    account = seen.ref(Kind.CUSTOMER, one.customer_account)
    return [_customer_of(one, account), _invoice(one, seen, account)]


def _invoice(one: payloads.InvoicePayload, seen: Seen, customer: Ref) -> Invoice:
    status = InvoiceStatus.of(one.status)
    live = status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
    total, paid = money(one.total, one.currency), money(one.amount_paid, one.currency)
    credited = money(one.pre_payment_credit_notes_amount, one.currency)
    left = money(one.amount_remaining, one.currency) if live else Money.zero(total.currency)
    adds_up = live or status is InvoiceStatus.PAID
    automatic = one.collection_method == "charge_automatically"
    return Invoice(
        ref=seen.ref(Kind.INVOICE, one.id),
        number=one.number or "",
        customer=customer,
        issued_on=seen.day(one.effective_at or one.created),
        due_on=seen.day(one.due_date),
        total=total,
        open=left,
        paid=paid,
        credited=credited,
        adjusted=total - left - paid - credited if adds_up else Money.zero(total.currency),
        status=status,
        changed_at=seen.at,
        entered_at=_instant(one.created),
        collection=Collection.AUTOMATIC if automatic else Collection.SENT,
        next_attempt_at=None if one.next_payment_attempt is None else _instant(one.next_payment_attempt),
        attempts=one.attempt_count if automatic else 0,
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _customer_of(one: payloads.InvoicePayload, ref: Ref) -> Customer:
    """What an invoice says of its payer, as true as on the day it was frozen: the newest invoice wins."""
    return Customer(
        ref=ref,
        name=one.customer_name or one.customer_email or ref.id,
        changed_at=_instant(one.status_transitions.finalized_at or one.created),
        emails=_emails(one.customer_email),
        tax_number=next((known.value for known in one.customer_tax_ids or () if known.value), ""),
    )


def _emails(email: str | None) -> tuple[EmailAddress, ...]:
    return (EmailAddress(email),) if email else ()


def _tags(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Each pair as KEY=VALUE, in the order of the keys; what is too long for a policy to name is left out."""
    pairs = (f"{key}={value}" for key, value in sorted(metadata.items()))
    return tuple(pair for pair in pairs if len(pair) <= TAG_MAX and pair.isprintable())


def customer(one: payloads.CustomerPayload, seen: Seen) -> list[Record]:
    """A customer. Stripe's `delinquent` says nothing of use and is not read."""
    names = (one.name, one.business_name, one.individual_name, one.email, one.id)
    return [
        Customer(
            ref=seen.ref(Kind.CUSTOMER, one.id),
            name=next(name for name in names if name),
            changed_at=seen.at,
            emails=_emails(one.email),
            phones=(one.phone,) if one.phone else (),
            address=_address(one.address),
            language=one.preferred_locales[0] if one.preferred_locales else "",
            tags=_tags(one.metadata or {}),
            currency=(one.currency or "").upper(),
            kind=CustomerKind.BUSINESS if one.business_name else CustomerKind.UNKNOWN,
        )
    ]


def _address(one: payloads.AddressPayload | None) -> Address:
    if one is None:
        return Address()
    lines = tuple(line for line in (one.line1, one.line2) if line)
    return Address(lines, one.city or "", one.state or "", one.postal_code or "", one.country or "")


PAYMENT_STATUS = {"paid": PaymentStatus.SETTLED, "open": PaymentStatus.PENDING, "canceled": PaymentStatus.VOID}


def payment(one: payloads.InvoicePaymentPayload, seen: Seen) -> list[Record]:
    """Money on an invoice. Every open invoice has a default request to pay, which is no money: nothing then."""
    if one.is_default and one.status != "paid":
        return []
    status = PAYMENT_STATUS.get(one.status, PaymentStatus.OTHER)
    settled = status is PaymentStatus.SETTLED
    taken = one.amount_requested if one.amount_paid is None or not settled else one.amount_paid
    amount = money(taken, one.currency)
    paid_on = seen.day(one.status_transitions.paid_at)
    to = Application(seen.ref(Kind.INVOICE, one.invoice), amount, paid_on)
    return [
        Payment(
            ref=seen.ref(Kind.PAYMENT, one.id),
            customer=None,
            received_on=paid_on,
            amount=amount,
            unapplied=Money.zero(amount.currency),
            status=status,
            changed_at=seen.at,
            applications=(to,) if settled or status is PaymentStatus.PENDING else (),
            reference=one.payment.payment_intent or one.payment.charge or one.payment.payment_record or "",
            entered_at=_instant(one.created),
        )
    ]


def credit(one: payloads.CreditNotePayload, seen: Seen) -> list[Record]:
    """A credit note: what it took off the invoice before payment is applied, and nothing of it remains to use."""
    issued = one.status == "issued"
    amount = money(one.total, one.currency)
    applied = money(one.pre_payment_amount, one.currency)
    day = seen.day(one.effective_at or one.created)
    to = Application(seen.ref(Kind.INVOICE, one.invoice), applied, day)
    return [
        Credit(
            ref=seen.ref(Kind.CREDIT, one.id),
            customer=seen.payer(one.customer, one.customer_account),
            kind=CreditKind.CREDIT_NOTE,
            number=one.number,
            issued_on=day,
            amount=amount,
            remaining=Money.zero(amount.currency),
            status=InvoiceStatus.PAID if issued else InvoiceStatus.of(one.status),
            changed_at=seen.at,
            applications=(to,) if issued and applied else (),
            entered_at=_instant(one.created),
        )
    ]


def refund(one: payloads.RefundPayload, seen: Seen) -> list[Record]:
    """Money given back; nothing when it failed. It does not reopen the invoice."""
    came_to_nothing = one.status in ("failed", "canceled")
    return [
        OtherEntry(
            ref=seen.ref(Kind.OTHER, one.id),
            customer=seen.payer(one.customer, one.customer_account),
            kind=OtherKind.REFUND,
            on=seen.day(one.created),
            amount=money(0 if came_to_nothing else one.amount, one.currency),
            changed_at=seen.at,
            note=" ".join(part for part in (one.status, one.payment_intent or one.charge) if part),
        )
    ]


def dispute(one: payloads.DisputePayload, seen: Seen) -> list[Record]:
    """A chargeback, its status as Stripe says it: ten words today, more tomorrow."""
    return [
        Chargeback(
            ref=seen.ref(Kind.CHARGEBACK, one.id),
            amount=money(one.amount, one.currency),
            status=one.status,
            changed_at=seen.at,
            reference=one.payment_intent or one.charge or "",
            opened_on=seen.day(one.created),
        )
    ]


def company(one: payloads.AccountPayload, connection: str) -> Company:
    """The creditor. Whether Stripe reminds on its own cannot be read by anybody."""
    dashboard = one.settings.dashboard if one.settings else payloads.Dashboard()
    profile = one.business_profile.name if one.business_profile else None
    return Company(
        connection=connection,
        name=dashboard.display_name or profile or one.id,
        base_currency=(one.default_currency or "").upper(),
        country=one.country or "",
        time_zone=dashboard.timezone or "",
        own_reminders=Answer.UNKNOWN,
        multicurrency=True,
    )
