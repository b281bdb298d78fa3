"""Pure: a QuickBooks record in, a receivable out.

QuickBooks tells of an invoice what is open and what was deposited, not how the rest was settled: it counts as paid,
unless only credit memos are linked. A payment of nothing that draws on a credit memo carries the drawn part as a
negative application to that credit, so that amount == applied + unapplied for every payment.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from babel.core import get_global

from integrations.quickbooks.payloads import (
    CompanyInfoRow,
    CreditMemoRow,
    CustomerRow,
    DocumentRow,
    InvoiceRow,
    PaymentRow,
    Phone,
    PostalAddress,
    PreferencesRow,
    Reference,
    Row,
    TermRow,
    Unreadable,
)
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
    Payment,
    PaymentStatus,
    Record,
    Ref,
    Terms,
)

KINDS: Mapping[str, Kind] = {
    "Customer": Kind.CUSTOMER,
    "Invoice": Kind.INVOICE,
    "CreditMemo": Kind.CREDIT,
    "Payment": Kind.PAYMENT,
}
ENTITIES: Mapping[Kind, str] = {kind: entity for entity, kind in KINDS.items()}
# NotSet may have been printed or handed over: only what waits to be sent is known not to have been.
SENT: Mapping[str, Answer] = {"EmailSent": Answer.YES, "NeedToSend": Answer.NO}
DIGITS_MAX = 15
REMEMBERED = 8192
ALPHA_2 = 2


class NotUnderstood(ValueError):
    """A record that has the right shape but says something we cannot take; the message is for people."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records come from: our connection, the currency meant where none is named (may be empty), and the names
    of the customer types by id."""

    connection: str
    home: str = ""
    types: Mapping[str, str] = field(default_factory=dict)

    def ref(self, kind: Kind, row_id: str) -> Ref:
        """A reference into this company."""
        return Ref(self.connection, kind, row_id)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a list of rows became."""

    records: tuple[Record, ...] = ()
    gone: tuple[Gone, ...] = ()
    odd: tuple[Odd, ...] = ()

    def __add__(self, other: "Mapped") -> "Mapped":
        return Mapped(self.records + other.records, self.gone + other.gone, self.odd + other.odd)


def map_rows(entity: str, rows: Iterable[Row | Unreadable], place: Place, *, at: datetime) -> Mapped:
    """Every row as a record, as gone, or as odd. `at` is when a stub without a time counts as deleted."""
    kind, mapper = KINDS[entity], MAPPERS[entity]
    records: list[Record] = []
    gone: list[Gone] = []
    odd: list[Odd] = []
    for row in rows:
        try:
            if isinstance(row, Unreadable):
                odd.append(Odd(place.ref(kind, row.id), row.why))
            elif row.status and row.deleted:
                gone.append(Gone(place.ref(kind, row.id), utc(row.changed) or at))
            else:
                records.append(mapper(row, place))
        except NotUnderstood as error:
            odd.append(Odd(place.ref(kind, row.id), str(error)))
    return Mapped(tuple(records), tuple(gone), tuple(odd))


def lack_currency(rows: Iterable[Row | Unreadable]) -> bool:
    """Does any of them leave its currency out, as companies with a single one may?"""
    return any(
        isinstance(row, CustomerRow | DocumentRow) and not _value(row.currency_ref) and not row.deleted for row in rows
    )


def have_types(rows: Iterable[Row | Unreadable]) -> bool:
    """Is any of them a customer of a type, whose name it does not say?"""
    return any(isinstance(row, CustomerRow) and bool(_value(row.customer_type_ref)) for row in rows)


def instant(text: str) -> datetime:
    """A time with an offset, as aware UTC. Raises NotUnderstood."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotUnderstood("one of its times cannot be read") from None
    raise NotUnderstood("one of its times has no offset")


def _day(text: str | None) -> date | None:
    """A date; XML dates may carry an offset behind them."""
    return _date(text[:10]) if text else None


@lru_cache(maxsize=REMEMBERED)
def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("one of its dates cannot be read") from None


@dataclass(frozen=True, slots=True)
class Coin:
    """A currency with what is reckoned in it again and again."""

    code: str
    exponent: int
    nothing: Money

    def money(self, amount: Decimal | None) -> Money:
        """An amount in major units, exactly; nothing when it is not told. Raises NotUnderstood."""
        if not amount:
            return self.nothing
        if not amount.is_finite() or amount.adjusted() >= DIGITS_MAX:
            raise NotUnderstood("an amount is not a number that money can have")
        scaled = amount.scaleb(self.exponent)
        minor = int(scaled)
        if minor != scaled:
            raise NotUnderstood(f"an amount has more decimals than {self.code} allows")
        return Money(minor, self.code)


@lru_cache(maxsize=REMEMBERED)
def _coin(code: str) -> Coin:
    try:
        return Coin(code.upper(), exponent(code.upper()), Money.zero(code.upper()))
    except UnknownCurrency:
        raise NotUnderstood("its currency is not one of ISO 4217") from None


def _currency(row: CustomerRow | DocumentRow, place: Place) -> Coin:
    return _coin(_value(row.currency_ref) or place.home)


def _value(reference: Reference | None) -> str:
    return reference.value if reference is not None else ""


def _changed_at(row: Row) -> datetime:
    changed = utc(row.changed)
    if changed is None:
        raise NotUnderstood("it does not say when it was changed")
    return changed


def _entered_at(row: Row) -> datetime | None:
    return utc(row.meta_data.create_time if row.meta_data else None)


def utc(moment: datetime | None) -> datetime | None:
    """The instant as we keep it, if there is one. Raises NotUnderstood."""
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError:
        raise NotUnderstood("one of its times cannot be read") from None


def _version(row: Row) -> int:
    token = row.sync_token or ""
    return int(token) if token.isdecimal() else 0


@lru_cache(maxsize=REMEMBERED)
def split_addresses(text: str | None) -> tuple[str, ...]:
    """Several mail addresses may stand in one field, with commas (or semicolons) between them."""
    return tuple(part.strip() for part in (text or "").replace(";", ",").split(",") if part.strip())


@lru_cache(maxsize=REMEMBERED)
def country_code(text: str | None) -> str:
    """ISO 3166 alpha-2 for a code of two or three letters; empty for anything else, since words are not guessed."""
    code = (text or "").strip().upper()
    if len(code) == ALPHA_2 and code.isalpha():
        return code
    alias = get_global("territory_aliases").get(code, [])
    return str(alias[0]) if len(alias) == 1 and len(str(alias[0])) == ALPHA_2 else ""


def _address(found: PostalAddress | None) -> Address:
    if found is None:
        return Address()
    return Address(
        lines=tuple(line for line in (found.line1, found.line2, found.line3) if line),
        city=found.city or "",
        region=found.country_sub_division_code or "",
        postcode=found.postal_code or "",
        country=country_code(found.country),
    )


def _phones(*phones: Phone | None) -> tuple[str, ...]:
    numbers = (phone.free_form_number for phone in phones if phone is not None)
    return tuple(dict.fromkeys(number for number in numbers if number))


def customer(row: CustomerRow, place: Place) -> Customer:
    """A customer, sub-customer or project."""
    contact = " ".join(part for part in (row.given_name, row.family_name) if part)
    parent, sort = _value(row.parent_ref), place.types.get(_value(row.customer_type_ref), "")
    addresses = split_addresses(row.primary_email_addr.address if row.primary_email_addr else None)
    return Customer(
        ref=place.ref(Kind.CUSTOMER, row.id),
        name=row.display_name or row.fully_qualified_name or row.company_name or contact,
        changed_at=_changed_at(row),
        emails=tuple(EmailAddress(one, contact) for one in addresses),
        phones=_phones(row.primary_phone, row.mobile, row.alternate_phone),
        address=_address(row.bill_addr),
        currency=_currency(row, place).code if _value(row.currency_ref) or place.home else "",
        parent=place.ref(Kind.CUSTOMER, parent) if parent else None,
        bills_with_parent=bool(parent) and bool(row.bill_with_parent),
        project=bool(row.is_project),
        tags=(sort,) if sort else (),
        active=row.active is not False,
        version=_version(row),
    )


def customer_balance(row: CustomerRow, place: Place) -> Money:
    """The customer's own balance, net of what is unapplied. Raises NotUnderstood."""
    return _currency(row, place).money(row.balance)


def _status(row: DocumentRow, left: Money) -> InvoiceStatus:
    if row.voided:
        return InvoiceStatus.VOID
    return InvoiceStatus.OPEN if left.minor else InvoiceStatus.PAID


def _customer_ref(row: DocumentRow, place: Place) -> Ref | None:
    owner = _value(row.customer_ref)
    return place.ref(Kind.CUSTOMER, owner) if owner else None


def invoice(row: InvoiceRow, place: Place) -> Invoice:
    """An invoice; total == open + paid + credited + adjusted."""
    coin, owner = _currency(row, place), _customer_ref(row, place)
    if owner is None or row.total_amt is None or row.balance is None:
        raise NotUnderstood("it names no customer, no total or no balance")
    total, left = coin.money(row.total_amt), coin.money(row.balance)
    paid, credited, adjusted = _settled(row, coin, total=total, left=left)
    sent, delivery = row.email_status == "EmailSent", row.delivery_info
    return Invoice(
        ref=place.ref(Kind.INVOICE, row.id),
        number=row.doc_number or "",
        customer=owner,
        issued_on=_day(row.txn_date),
        due_on=_day(row.due_date),
        total=total,
        open=left,
        paid=paid,
        credited=credited,
        adjusted=adjusted,
        status=_status(row, left),
        changed_at=_changed_at(row),
        entered_at=_entered_at(row),
        sent_at=utc(delivery.delivery_time) if delivery and sent else None,
        sent_to=split_addresses(row.bill_email.address if row.bill_email else None) if sent else (),
        sent=SENT.get(row.email_status or "", Answer.UNKNOWN),
        mail_problem=(delivery.delivery_error_type or "") if delivery else "",
        version=_version(row),
    )


def _settled(row: InvoiceRow, coin: Coin, *, total: Money, left: Money) -> tuple[Money, Money, Money]:
    """What is no longer open, as paid, credited and adjusted. A balance above the total is an adjustment."""
    nothing, deposit = coin.nothing, coin.money(row.deposit)
    gone = total if not left.minor else total - left
    rest = gone if not deposit.minor else gone - deposit
    if rest.minor < 0:
        return nothing, nothing, gone
    types = {link.txn_type for link in row.linked_txn or ()}
    only_credits = "CreditMemo" in types and "Payment" not in types
    return (nothing, rest, deposit) if only_credits else (rest, nothing, deposit)


def credit_memo(row: CreditMemoRow, place: Place) -> Credit:
    """A credit memo and what of it is still usable. Where it went is told by the payments that draw on it."""
    coin = _currency(row, place)
    remaining = coin.money(row.remaining_credit if row.remaining_credit is not None else row.balance)
    if row.total_amt is None:
        raise NotUnderstood("it names no total")
    return Credit(
        ref=place.ref(Kind.CREDIT, row.id),
        customer=_customer_ref(row, place),
        kind=CreditKind.CREDIT_NOTE,
        number=row.doc_number or "",
        issued_on=_day(row.txn_date),
        amount=coin.money(row.total_amt),
        remaining=remaining,
        status=_status(row, remaining),
        changed_at=_changed_at(row),
        entered_at=_entered_at(row),
        version=_version(row),
    )


def payment(row: PaymentRow, place: Place) -> Payment:
    """A payment; QuickBooks books it when it is there, so it is settled unless voided."""
    coin = _currency(row, place)
    if row.total_amt is None:
        raise NotUnderstood("it names no total")
    return Payment(
        ref=place.ref(Kind.PAYMENT, row.id),
        customer=_customer_ref(row, place),
        received_on=_day(row.txn_date),
        amount=coin.money(row.total_amt),
        unapplied=coin.money(row.unapplied_amt),
        status=PaymentStatus.VOID if row.voided else PaymentStatus.SETTLED,
        changed_at=_changed_at(row),
        applications=() if row.voided else _applications(row, place, coin),
        reference=row.payment_ref_num or "",
        entered_at=_entered_at(row),
        version=_version(row),
    )


def _applications(row: PaymentRow, place: Place, coin: Coin) -> tuple[Application, ...]:
    """Lines on invoices count plus, lines on credit memos minus; other kinds (journals, cheques) are left out,
    because the payload does not tell in which direction they go."""
    on = _day(row.txn_date)
    parts: list[Application] = []
    for line in row.line or ():
        amount = coin.money(line.amount)
        for link in (line.linked_txn or ())[:1]:
            if link.txn_type == "Invoice" and link.txn_id:
                parts.append(Application(place.ref(Kind.INVOICE, link.txn_id), amount, on))
            elif link.txn_type == "CreditMemo" and link.txn_id:
                parts.append(Application(place.ref(Kind.CREDIT, link.txn_id), -amount, on))
    return tuple(parts)


MAPPERS: Mapping[str, Callable[..., Record]] = {
    "Customer": customer,
    "Invoice": invoice,
    "CreditMemo": credit_memo,
    "Payment": payment,
}


def home_currency(settings: PreferencesRow) -> str:
    """The company's own currency; empty when it is not told."""
    currencies = settings.currency_prefs
    return _value(currencies.home_currency if currencies else None).upper()


def company(info: CompanyInfoRow, settings: PreferencesRow, place: Place, details: Mapping[str, str]) -> Company:
    """The creditor. QuickBooks tells neither the time zone nor whether it reminds on its own: both are asked at
    connect and kept in the account's details (`time_zone`, `own_reminders`)."""
    currencies = settings.currency_prefs
    accounting = settings.accounting_info_prefs
    answers: Sequence[str] = [member.value for member in Answer]
    asked = details.get("own_reminders", "")
    return Company(
        connection=place.connection,
        name=info.company_name or info.legal_name or "",
        base_currency=home_currency(settings),
        country=country_code(info.country) or country_code(info.company_addr.country if info.company_addr else None),
        time_zone=details.get("time_zone", ""),
        locked_until_on=_day(accounting.book_close_date if accounting else None),
        own_reminders=Answer(asked) if asked in answers else Answer.UNKNOWN,
        multicurrency=bool(currencies and currencies.multi_currency_enabled),
    )


def terms(rows: Sequence[TermRow]) -> tuple[Terms, ...]:
    """Credit terms by name."""
    told = [Terms(row.id, row.name or "", row.due_days, row.day_of_month_due) for row in rows]
    return tuple(sorted(told, key=lambda one: one.name))
