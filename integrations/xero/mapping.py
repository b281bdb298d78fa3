"""From Xero's payloads to receivables: pure, exact, and one odd record never costs its page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from integrations.xero import payloads
from integrations.xero.payloads import EPOCH, Unreadable, calendar_date, instant
from integrations.xero.places import country, time_zone
from receivables.money import Money, UnknownCurrency, exponent
from receivables.page import Gone, Odd
from receivables.records import (
    Address,
    Answer,
    Application,
    Company,
    Credit,
    CreditKind,
    Customer,
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

NOTHING = Decimal(0)
MILLISECOND = timedelta(milliseconds=1)
DOCUMENT_STATUS = {
    "DRAFT": InvoiceStatus.DRAFT,
    "SUBMITTED": InvoiceStatus.DRAFT,
    "AUTHORISED": InvoiceStatus.OPEN,
    "PAID": InvoiceStatus.PAID,
    "VOIDED": InvoiceStatus.VOID,
    "DELETED": InvoiceStatus.DELETED,
}
TAKEN_BACK = (InvoiceStatus.VOID, InvoiceStatus.DELETED)
CREDIT_KINDS = {
    "ACCRECCREDIT": CreditKind.CREDIT_NOTE,
    "RECEIVE-PREPAYMENT": CreditKind.PREPAYMENT,
    "ARPREPAYMENT": CreditKind.PREPAYMENT,
    "RECEIVE-OVERPAYMENT": CreditKind.OVERPAYMENT,
    "AROVERPAYMENT": CreditKind.OVERPAYMENT,
}
PAYABLE_CREDITS = ("ACCPAYCREDIT", "SPEND-PREPAYMENT", "APPREPAYMENT", "SPEND-OVERPAYMENT", "APOVERPAYMENT")
REFUNDS = ("ARCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT")
PAYABLE_PAYMENTS = ("ACCPAYPAYMENT", "APCREDITPAYMENT", "APOVERPAYMENTPAYMENT", "APPREPAYMENTPAYMENT")
PAYMENT_STATUS = {"AUTHORISED": PaymentStatus.SETTLED, "DELETED": PaymentStatus.VOID}
SENT = {True: Answer.YES, False: Answer.NO, None: Answer.UNKNOWN}
Mapped = Record | Gone | None


@dataclass(frozen=True, slots=True)
class Mapper:
    """Maps the records of one connection."""

    connection: str

    def ref(self, kind: Kind, id_: str | None) -> Ref:
        """Our pointer to a record of this connection. Raises Unreadable without an id."""
        if not id_:
            raise Unreadable(f"the id of the {kind} is missing")
        return Ref(self.connection, kind, id_)

    def odd(self, kind: Kind) -> Callable[[str, str], Odd]:
        """How a record of this kind is set aside."""
        return lambda id_, why: Odd(Ref(self.connection, kind, id_), why)

    def contact(self, payload: payloads.Contact) -> Mapped:
        """A customer, or gone when it was merged into another contact."""
        ref = self.ref(Kind.CUSTOMER, payload.contact_id)
        changed_at = instant(payload.updated, "UpdatedDateUTC")
        if payload.merged_to:
            return Gone(ref, changed_at, self.ref(Kind.CUSTOMER, payload.merged_to))
        return Customer(
            ref=ref,
            name=payload.name or "",
            changed_at=changed_at,
            emails=_emails(payload),
            phones=_phones(payload),
            address=_address(payload),
            currency=payload.default_currency or "",
            tags=tuple(group.name for group in payload.contact_groups or () if group.name),
            active=payload.contact_status not in ("ARCHIVED", "GDPRREQUEST"),
            version=_version(changed_at),
            tax_number=payload.tax_number or "",
            company_number=payload.company_number or "",
        )

    def invoice(self, payload: payloads.Invoice) -> Mapped:
        """A sales invoice; None for a bill. Void and deleted ones keep their total and owe nothing."""
        if payload.type == "ACCPAY":
            return None
        money = _purse(payload.currency_code)
        status = DOCUMENT_STATUS.get(payload.status or "", InvoiceStatus.OTHER)
        changed_at = instant(payload.updated, "UpdatedDateUTC")
        total = money.of(payload.total, "Total")
        open_ = paid = credited = adjusted = money.nothing
        if status not in TAKEN_BACK:
            open_ = money.of(payload.amount_due, "AmountDue")
            paid = money.of(payload.amount_paid or NOTHING, "AmountPaid")
            credited = money.of(payload.amount_credited or NOTHING, "AmountCredited")
            # what neither was paid nor credited nor is due: tax withheld by the customer, such as CIS
            adjusted = money.minor(total.minor - open_.minor - paid.minor - credited.minor)
        return Invoice(
            ref=self.ref(Kind.INVOICE, payload.invoice_id),
            number=payload.invoice_number or "",
            customer=self.ref(Kind.CUSTOMER, payload.contact.contact_id if payload.contact else None),
            issued_on=calendar_date(payload.date, "Date"),
            due_on=calendar_date(payload.due_date, "DueDate"),
            total=total,
            open=open_,
            paid=paid,
            credited=credited,
            adjusted=adjusted,
            status=status,
            changed_at=changed_at,
            expected_on=calendar_date(payload.expected_payment_date, "ExpectedPaymentDate"),
            sent=SENT[payload.sent_to_contact],
            version=_version(changed_at),
        )

    def credit(self, payload: payloads.Credit) -> Mapped:
        """A credit note, prepayment or overpayment in a customer's favour; None for a supplier's."""
        if payload.type in PAYABLE_CREDITS:
            return None
        money = _purse(payload.currency_code)
        changed_at = instant(payload.updated, "UpdatedDateUTC")
        contact = payload.contact.contact_id if payload.contact else None
        status = DOCUMENT_STATUS.get(payload.status or "", InvoiceStatus.OTHER)
        back = status in TAKEN_BACK
        return Credit(
            ref=self.ref(Kind.CREDIT, payload.id),
            customer=self.ref(Kind.CUSTOMER, contact) if contact else None,
            kind=CREDIT_KINDS.get(payload.type or "", CreditKind.OTHER),
            number=payload.credit_note_number or payload.invoice_number or payload.reference or "",
            issued_on=calendar_date(payload.date, "Date"),
            amount=money.of(payload.total, "Total"),
            remaining=money.nothing if back else money.of(payload.remaining_credit, "RemainingCredit"),
            status=status,
            changed_at=changed_at,
            applications=tuple(self._allocation(one, money) for one in payload.allocations or ()),
            version=_version(changed_at),
        )

    def _allocation(self, payload: payloads.Allocation, money: "_Purse") -> Application:
        invoice = payload.invoice.invoice_id if payload.invoice else None
        amount = money.of(payload.amount, "Allocations.Amount")
        return Application(self.ref(Kind.INVOICE, invoice), amount, calendar_date(payload.date, "Allocations.Date"))

    def payment(self, payload: payloads.Payment) -> Mapped:
        """A customer's payment, or the refund of a credit; None for a supplier's.

        A refund comes as a payment on a document called Invoice whose Type is ACCRECCREDIT: it is no payment
        of an invoice, and what it took is already out of the credit's remaining amount.
        """
        kind, document = payload.payment_type, payload.invoice or payloads.Document()
        if kind in PAYABLE_PAYMENTS:
            return None
        if kind == "ACCRECPAYMENT" and document.type in (None, "ACCREC"):
            return self._paid(payload, document)
        return self._other(payload, document)

    def _paid(self, payload: payloads.Payment, document: payloads.Document) -> Payment:
        money = _purse(document.currency_code)
        amount = money.of(payload.amount, "Amount")
        changed_at = instant(payload.updated, "UpdatedDateUTC")
        received_on = calendar_date(payload.date, "Date")
        status = PAYMENT_STATUS.get(payload.status or "", PaymentStatus.OTHER)
        applied = Application(self.ref(Kind.INVOICE, document.invoice_id), amount, received_on)
        return Payment(
            ref=self.ref(Kind.PAYMENT, payload.payment_id),
            customer=self._payer(document),
            received_on=received_on,
            amount=amount,
            unapplied=money.nothing,
            status=status,
            changed_at=changed_at,
            applications=() if status is PaymentStatus.VOID else (applied,),
            reference=payload.reference or "",
            version=_version(changed_at),
        )

    def _other(self, payload: payloads.Payment, document: payloads.Document) -> Mapped:
        ref = self.ref(Kind.OTHER, payload.payment_id)
        changed_at = instant(payload.updated, "UpdatedDateUTC")
        if payload.status == "DELETED":
            return Gone(ref, changed_at)
        refund = payload.payment_type in REFUNDS or document.type in CREDIT_KINDS
        return OtherEntry(
            ref=ref,
            customer=self._payer(document),
            kind=OtherKind.REFUND if refund else OtherKind.OTHER,
            on=calendar_date(payload.date, "Date"),
            amount=_purse(document.currency_code).of(payload.amount, "Amount"),
            changed_at=changed_at,
            note=f"refund of {document.invoice_number or 'a credit'}" if refund else "",
            version=_version(changed_at),
        )

    def _payer(self, document: payloads.Document) -> Ref | None:
        contact = document.contact.contact_id if document.contact else None
        return self.ref(Kind.CUSTOMER, contact) if contact else None

    def company(self, payload: payloads.Organisation, *, reminders: Answer, multicurrency: bool) -> Company:
        """The creditor. The later of the two lock dates counts."""
        period = calendar_date(payload.period_lock_date, "PeriodLockDate")
        year = calendar_date(payload.end_of_year_lock_date, "EndOfYearLockDate")
        return Company(
            connection=self.connection,
            name=payload.name or "",
            base_currency=payload.base_currency or "",
            country=payload.country_code or "",
            time_zone=time_zone(payload.timezone or ""),
            locked_until_on=max((one for one in (period, year) if one), default=None),
            own_reminders=reminders,
            short_code=payload.short_code or "",
            multicurrency=multicurrency,
        )

    def outstanding(self, payload: payloads.Contact, base_currency: str) -> Money | None:
        """What Xero says the contact owes, net of credits; None when it says nothing or nothing is owed.

        Xero does not name the currency. It is the contact's default one, else the company's.
        """
        balances = payload.balances
        owed = balances.accounts_receivable.outstanding if balances and balances.accounts_receivable else None
        return _purse(payload.default_currency or base_currency).of(owed, "Balances") if owed else None


class _Purse:
    """Makes money of one currency, as Money.of does, with what is the same for every amount made once."""

    def __init__(self, currency: str) -> None:
        self.nothing = Money.of(0, currency)
        self._currency = self.nothing.currency
        self._scale = Decimal(10) ** exponent(self._currency)

    def of(self, amount: Decimal | None, field: str) -> Money:
        """Raises Unreadable, naming the field and never the amount."""
        if amount is None:
            raise Unreadable(f"{field} is missing")
        scaled = amount * self._scale
        try:
            minor = int(scaled)
        except (ValueError, OverflowError):
            raise Unreadable(f"{field} is no number") from None
        if minor != scaled:
            raise Unreadable(f"{field} has more decimals than its currency allows")
        return self.minor(minor)

    def minor(self, minor: int) -> Money:
        return Money(minor, self._currency) if minor else self.nothing


@lru_cache(maxsize=256)
def _known(currency: str) -> _Purse:
    return _Purse(currency)


def _purse(currency: str | None) -> _Purse:
    """The purse of a currency. Raises Unreadable for none and for a stranger."""
    if not currency:
        raise Unreadable("the currency is missing")
    try:
        return _known(currency)
    except UnknownCurrency:
        raise Unreadable(f"{currency[:8]!r} is not an ISO 4217 currency") from None


def _version(changed_at: datetime) -> int:
    return (changed_at - EPOCH) // MILLISECOND


def _emails(payload: payloads.Contact) -> tuple[EmailAddress, ...]:
    name = f"{payload.first_name or ''} {payload.last_name or ''}".strip()
    found = [EmailAddress(payload.email_address, name)] if payload.email_address else []
    for person in payload.contact_persons or ():
        if person.email_address:
            called = f"{person.first_name or ''} {person.last_name or ''}".strip()
            found.append(EmailAddress(person.email_address, called, bool(person.include_in_emails)))
    return tuple(found)


def _phones(payload: payloads.Contact) -> tuple[str, ...]:
    found = []
    for phone in payload.phones or ():
        parts = (phone.phone_country_code, phone.phone_area_code, phone.phone_number)
        if phone.phone_number and phone.phone_type != "FAX":
            found.append(" ".join(part for part in parts if part))
    return tuple(found)


def _address(payload: payloads.Contact) -> Address:
    """The postal address (POBOX) where invoices go, else the street."""
    told = {one.address_type: one for one in payload.addresses or () if one.city or one.address_line1 or one.country}
    one = told.get("POBOX") or told.get("STREET")
    if one is None:
        return Address()
    lines = (one.address_line1, one.address_line2, one.address_line3, one.address_line4)
    return Address(
        lines=tuple(line for line in lines if line),
        city=one.city or "",
        region=one.region or "",
        postcode=one.postal_code or "",
        country=country(one.country or ""),
    )
