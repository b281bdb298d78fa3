"""What an invoice of a case bears for lateness under its business's settings: by law or by the credit policy. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from collector.charges.interest import Charge, Owed, Part, Quiet, Terms, agreed, statutory
from collector.charges.rates import NoRate, Statute, statute_for
from receivables.case import Case
from receivables.money import Money
from receivables.records import CustomerKind, Invoice, PaymentStatus, Ref
from receivables.said import Said, Saying

COMMERCIAL = frozenset({CustomerKind.BUSINESS, CustomerKind.SOLE_TRADER, CustomerKind.PUBLIC_BODY})
ALL_DISPUTED = "All that is late of it is disputed or kept back, and bears nothing meanwhile."
NO_TERM_DAYS = 30
"""By law an invoice without a term of its own is late thirty days after it came (Directive 2011/7/EU art. 3(3)(b);
Late Payment of Commercial Debts (Interest) Act 1998 s. 4(5))."""
STANCES = (Saying.WAIVED, Saying.ENFORCED)
DISPUTES = (Saying.DISPUTE, Saying.RETAINED)


class Basis(StrEnum):
    """Where a business's late charges come from."""

    NONE = "none"
    STATUTORY = "statutory"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Agreed:
    """The credit policy's late charges, for the invoices issued from that day on."""

    from_on: date
    terms: Terms


@dataclass(frozen=True, slots=True)
class Charging:
    """How a business charges for lateness; `agreed` in the order of their days."""

    basis: Basis = Basis.NONE
    agreed: tuple[Agreed, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """Charges that were made an invoice of their own: for which invoice and days (not with `until_on`), and which.

    `made` is missing while nobody knows yet whether it was made.
    """

    of: Ref
    since_on: date
    until_on: date
    amount: Money
    made: Ref | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """What is not asked for, and who said so."""

    amount: Money
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """The days before `until_on` are looked at. `zone` is the company's; `term_days` is the term of an invoice that is
    due on receipt, where the credit policy rules."""

    until_on: date
    now: datetime
    zone: tzinfo
    term_days: int = 7

    def day_of(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Borne:
    """What one invoice bears. `charge` is neither waived nor posted yet; without it `why_not` says why, for people.

    `since_on` is the first day of it, which names it when it is posted.
    """

    invoice: Invoice
    until_on: date
    charge: Charge | None = None
    why_not: str = ""
    since_on: date | None = None
    waived: tuple[Waived, ...] = ()
    posted: tuple[Posted, ...] = ()
    disputed: tuple[Quiet, ...] = ()
    law: Statute | None = None
    kind: CustomerKind = CustomerKind.UNKNOWN

    @property
    def total(self) -> Money:
        """What can be asked for now."""
        return self.charge.total if self.charge else Money.zero(self.invoice.total.currency)

    @property
    def may_be_shown(self) -> bool:
        """In a message: what the law gives only to those in business, what was agreed to whom it binds."""
        return bool(self.total) and (self.law is None or self.kind in COMMERCIAL)


@dataclass(frozen=True, slots=True)
class _Span:
    """Days that are all treated alike."""

    from_on: date
    to_on: date
    waiver: Said | None = None


Reckon = Callable[[date, date], Charge]
"""What is owed for the days from the first, not with the second."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """How it is reckoned for one invoice, and its first late day."""

    first_on: date
    reckon: Reckon
    law: Statute | None = field(default=None)


def bear(case: Case, invoice: Invoice, charging: Charging, moment: Moment, *, posted: Iterable[Posted] = ()) -> Borne:
    """What the invoice bears up to and not with `moment.until_on`; never a sum where something is not known.

    The case holds every payment and credit of the customer. `posted` are all of the business's.
    """
    known = list(posted)
    own = tuple(sorted((one for one in known if one.of == invoice.ref), key=lambda one: one.since_on))
    kind = kind_of(case, moment.now)
    disputed = tuple(_disputed(case, invoice, moment))
    plain = Borne(invoice, moment.until_on, posted=own, disputed=disputed, kind=kind)
    if any(one.made == invoice.ref for one in known):
        return replace(plain, why_not="It is itself an invoice for late payment, and those bear nothing.")
    words = _stances(case, invoice, moment.now)
    try:
        rule = _rule(case, plain, charging, moment, words=words)
        return _borne(plain, rule, words)
    except NoRate as error:
        return replace(plain, why_not=str(error))


def kind_of(case: Case, now: datetime) -> CustomerKind:
    """What the customer is: as a person confirmed it, else as the platform tells."""
    told = [one for one in case.said if one.kind is Saying.KIND and one.known(now)]
    return CustomerKind.of(told[-1].reason) if told else case.head.kind


def sums(borne: Iterable[Borne]) -> dict[str, Money]:
    """What may be shown in a message, per currency."""
    found: dict[str, Money] = {}
    for one in borne:
        if one.may_be_shown:
            found[one.total.currency] = found.get(one.total.currency, Money.zero(one.total.currency)) + one.total
    return found


# --- what rules the invoice -----------------------------------------------------------------------------------------


def _rule(case: Case, plain: Borne, charging: Charging, moment: Moment, *, words: Sequence[Said]) -> _Rule:
    if charging.basis is Basis.NONE:
        raise NoRate("This business asks for nothing when it is paid late; choose what it asks for under Late charges.")
    statute = charging.basis is Basis.STATUTORY
    invoice, term_days = plain.invoice, NO_TERM_DAYS if statute else moment.term_days
    owed = replace(owed_of(case, invoice, due_on(invoice, moment.zone, term_days)), disputed=plain.disputed)
    return _by_law(case, owed, plain.kind, words) if statute else _by_policy(invoice, owed, charging, plain.kind)


def _by_law(case: Case, owed: Owed, kind: CustomerKind, words: Sequence[Said]) -> _Rule:
    home, theirs = case.company.country, case.head.address.country
    if theirs and theirs != home:
        raise NoRate(
            f"The customer is in {theirs} and the business in {home or 'an unknown country'}; whether the "
            "law of the one or of the other gives interest has to be looked up, so none is worked out here."
        )
    law = statute_for(home, kind)
    told = min((one.from_on for one in words if one.kind is Saying.ENFORCED), default=None)
    begins = told if law.begins_must_be_told else None

    def reckon(first: date, last: date) -> Charge:
        return statutory(owed, law, until_on=last, since_on=first, begins_on=begins)

    return _Rule(begins or owed.due_on + timedelta(days=1), reckon, law)


def _by_policy(invoice: Invoice, owed: Owed, charging: Charging, kind: CustomerKind) -> _Rule:
    issued = invoice.issued_on or owed.due_on
    held = [one.terms for one in charging.agreed if one.from_on <= issued]
    if not held:
        raise NoRate(
            f"It was issued on {_day(issued)}, before the credit policy had late charges, so it came under none."
        )
    terms = held[-1]

    def reckon(first: date, last: date) -> Charge:
        return agreed(owed, terms, kind, until_on=last, since_on=first)

    return _Rule(owed.due_on + timedelta(days=terms.grace_days + 1), reckon)


def due_on(invoice: Invoice, zone: tzinfo, term_days: int) -> date:
    """The last day in time: the due date, or later when it went out so late that its term was cut short.

    What has no term of its own is due `term_days` after it was issued, or sent if that was later.
    """
    issued, due = invoice.issued_on, invoice.due_on
    own = due is not None and (issued is None or due > issued)
    begins = issued or due or invoice.changed_at.astimezone(zone).date()
    term = (due - begins if issued else timedelta(0)) if own and due else timedelta(days=term_days)
    sent = invoice.sent_at or invoice.entered_at
    last = due if own and due else begins + term
    return max(last, sent.astimezone(zone).date() + term) if sent else last


def owed_of(case: Case, invoice: Invoice, due: date) -> Owed:
    """The invoice with every part that was paid or credited, on its day.

    What left it in a way nobody can see here (a deposit, tax kept back) counts as never having been owed, which is in
    the customer's favour. Raises NoRate when more was taken off than the invoice was about.
    """
    parts = tuple(sorted(_parts(case, invoice), key=lambda part: part.on))
    seen = sum(part.amount.minor for part in parts)
    principal = Money(invoice.open.minor + seen, invoice.open.currency)
    if principal > invoice.total:
        raise NoRate(
            "The payments and credits known here are more than what the books took off this invoice; "
            "bring the books up to date before interest is worked out."
        )
    return Owed(principal, due, parts)


def _parts(case: Case, invoice: Invoice) -> Iterator[Part]:
    for payment in case.payments:
        if payment.status is PaymentStatus.SETTLED:
            for one in payment.applications:
                if one.to == invoice.ref:
                    yield Part(one.on or payment.received_on or date.min, one.amount)
    for credit in case.credits:
        for one in credit.applications:
            if one.to == invoice.ref:
                yield Part(one.on or credit.issued_on or date.min, one.amount)


# --- the days, and what people said of them -------------------------------------------------------------------------


def _disputed(case: Case, invoice: Invoice, moment: Moment) -> Iterator[Quiet]:
    """The days on which the invoice, or a part of it, was disputed or kept back; a dispute that was ended has been one,
    unless charges for its days were asked for afterwards."""
    asked = [one for one in case.said if one.kind is Saying.ENFORCED and one.known(moment.now)]
    for word in case.said:
        if word.kind in DISPUTES and word.about(invoice.ref) and (word.at is None or word.at <= moment.now):
            overruled = [one for one in asked if one.about(invoice.ref) and _later(one, word)]
            for start, end in _without(_days_of(word, moment), overruled):
                yield Quiet(start, end, word.amount)


def _later(one: Said, other: Said) -> bool:
    return one.at is not None and other.at is not None and one.at > other.at


def _days_of(word: Said, moment: Moment) -> tuple[date, date]:
    """From the first up to and not with the second; the day on which it was ended is free again."""
    ends = [word.until_on + timedelta(days=1)] if word.until_on else []
    if word.ended_at is not None and word.ended_at <= moment.now:
        ends.append(moment.day_of(word.ended_at))
    return word.from_on, min(ends, default=moment.until_on)


def _without(days: tuple[date, date], words: Sequence[Said]) -> Iterator[tuple[date, date]]:
    """The days that none of the words covers."""
    first, until = days
    for span in _cut(first, until, words):
        if not any(_covers(word, span[0]) for word in words):
            yield span


def _stances(case: Case, invoice: Invoice, now: datetime) -> list[Said]:
    """What people said of charging it, in the order they said it: for each day the last word counts."""
    found = [one for one in case.said if one.kind in STANCES and one.known(now)]
    return sorted(
        (one for one in found if one.about(invoice.ref)), key=lambda one: one.at.timestamp() if one.at else 0.0
    )


def _borne(plain: Borne, rule: _Rule, words: Sequence[Said]) -> Borne:
    until = plain.until_on
    if rule.first_on >= until:
        raise NoRate(f"It bears nothing yet: its first late day is {_day(rule.first_on)}.")
    whole = rule.reckon(rule.first_on, until)
    if not whole.periods and not whole.fixed:
        raise NoRate(ALL_DISPUTED if plain.disputed else "It was paid before it was late, so it bears nothing.")
    since = max((one.until_on for one in plain.posted), default=rule.first_on)
    spans = list(_spans(since, until, words))
    owed = [rule.reckon(one.from_on, one.to_on) for one in spans if one.waiver is None]
    waived = tuple(_waived(one.waiver, rule.reckon(one.from_on, one.to_on)) for one in spans if one.waiver)
    charge = _together(owed) if owed else None
    if charge and plain.posted:
        # it was in what was posted, even if a dispute that was written down later moves its day
        charge = replace(charge, fixed=Money.zero(charge.fixed.currency), fixed_source="")
    borne = replace(plain, waived=tuple(one for one in waived if one.amount), law=rule.law, since_on=since)
    if charge is None or not charge.total:
        return replace(borne, why_not=_nothing_left(borne))
    return replace(borne, charge=charge)


def _spans(first: date, until: date, words: Sequence[Said]) -> Iterator[_Span]:
    for start, end in _cut(first, until, words):
        word = next((one for one in reversed(words) if _covers(one, start)), None)
        yield _Span(start, end, word if word and word.kind is Saying.WAIVED else None)


def _cut(first: date, until: date, words: Sequence[Said]) -> Iterator[tuple[date, date]]:
    """These days, cut where a word begins or ends."""
    ends = [one.until_on + timedelta(days=1) for one in words if one.until_on]
    inside = (day for day in [*(one.from_on for one in words), *ends] if first < day < until)
    return pairwise(sorted({first, until, *inside})) if first < until else iter(())


def _covers(word: Said, day: date) -> bool:
    return word.from_on <= day and (word.until_on is None or day <= word.until_on)


def _waived(word: Said, charge: Charge) -> Waived:
    return Waived(charge.total, word.by, word.note)


def _together(charges: Sequence[Charge]) -> Charge:
    first, *others = charges
    for one in others:
        first = replace(
            first,
            periods=first.periods + one.periods,
            interest=first.interest + one.interest,
            fixed=first.fixed + one.fixed,
            fixed_source=first.fixed_source or one.fixed_source,
        )
    return first


def _nothing_left(borne: Borne) -> str:
    if borne.waived:
        return "Nothing is left to ask for: it was waived."
    if borne.posted:
        return f"What it bore was posted up to {_day(borne.posted[-1].until_on - timedelta(days=1))}."
    return "It bears less than the smallest coin."


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
