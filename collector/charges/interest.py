"""Interest and late charges of one invoice, day by day: by a country's law, or by the credit policy. Pure and exact.

Days run from the first late day up to, not with, the last one given: the day money came bears no interest any more. A
year has 365 days, so a 29 February is one day more. Sums are exact until they are shown; each amount shown is what the
rounded total grew by, so that parts always add up, however the time is cut.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from collector.charges.rates import NoRate, Statute
from receivables.money import Money
from receivables.records import CustomerKind

DAYS_A_YEAR = 365
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was paid, and the day: from that day on it bears no interest."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Quiet:
    """Days, from the first up to and not with `to_on`, on which a part (None: all of it) bears nothing."""

    from_on: date
    to_on: date
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """One invoice: what it was for, when it was due, what of it was paid or credited since, and what was disputed."""

    principal: Money
    due_on: date
    paid: tuple[Part, ...] = ()
    disputed: tuple[Quiet, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """Days with one base and one rate: from the first, up to and not with `to_on`. Not `sure`: see `rates.Row`."""

    from_on: date
    to_on: date
    base: Money
    percent: Decimal
    interest: Money
    source: str
    sure: bool

    @property
    def days(self) -> int:
        """How many."""
        return (self.to_on - self.from_on).days


@dataclass(frozen=True, slots=True)
class Charge:
    """What is owed beside the invoice."""

    periods: tuple[Period, ...]
    interest: Money
    fixed: Money
    source: str
    fixed_source: str = ""

    @property
    def total(self) -> Money:
        """All of it."""
        return self.interest + self.fixed

    @property
    def sure(self) -> bool:
        """Does every rate come from a notice somebody has seen?"""
        return all(period.sure for period in self.periods)


class Per(StrEnum):
    """What a percentage is of."""

    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Terms:
    """Late charges as the credit policy states them. `flat` is owed once, in the invoice's currency.

    Neither interest nor fee before `grace_days` after the due date are over. `kinds` are the customers it binds.
    """

    percent: Decimal = Decimal(0)
    per: Per = Per.YEAR
    flat: Money | None = None
    grace_days: int = 0
    kinds: frozenset[CustomerKind] = frozenset({CustomerKind.BUSINESS})
    version: str = ""

    def __post_init__(self) -> None:
        if self.percent < 0 or (self.flat is not None and self.flat.minor < 0):
            raise ValueError("a late charge cannot be below zero; leave it out, or write a percentage of zero or more")
        if self.grace_days < 0:
            raise ValueError("the grace days cannot be below zero; write 0 for none")

    @property
    def yearly(self) -> Decimal:
        """The percentage of a whole year."""
        return self.percent * MONTHS_A_YEAR if self.per is Per.MONTH else self.percent


def statutory(
    owed: Owed,
    law: Statute,
    *,
    until_on: date,
    since_on: date | None = None,
    begins_on: date | None = None,
) -> Charge:
    """By law, for the days before `until_on`; with `since_on` only those from then on.

    `begins_on` is the first day that bears interest, else the day after the due date. Raises NoRate.
    """
    first = _first_day(owed, law, begins_on)
    own = _fixed_rate(law, first) if not law.floats else None

    def rate(day: date) -> _Rate:
        return own or _floating_rate(law, day)

    periods = _periods(owed, rate, first=first, until_on=until_on, yearly=law.compounds_yearly)
    late = _first_bearing(owed, first, until_on)
    fixed = law.fixed_sum(_bearing(owed, late)) if late else Money.zero(owed.principal.currency)
    return _charge(periods, owed, _once(fixed, late, since_on), since_on, sources=(law.source, law.sums_source))


def agreed(owed: Owed, terms: Terms, kind: CustomerKind, *, until_on: date, since_on: date | None = None) -> Charge:
    """By the credit policy, for the days before `until_on`. Raises NoRate when it does not bind this kind."""
    if kind not in terms.kinds:
        raise NoRate(f"The credit policy has no late charges for a customer of this kind ({_kind_words(kind)}).")
    if terms.flat is not None and terms.flat.currency != owed.principal.currency:
        raise NoRate(f"The late fee is in {terms.flat.currency} and the invoice in {owed.principal.currency}.")
    first = owed.due_on + timedelta(days=terms.grace_days + 1)
    source = f"credit policy {terms.version}".strip()
    rate = _Rate(Fraction(terms.yearly), source, date.max)
    periods = _periods(owed, lambda _: rate, first=first, until_on=until_on, yearly=False) if terms.percent else []
    late = _first_bearing(owed, first, until_on)
    fixed = terms.flat if terms.flat is not None and late else Money.zero(owed.principal.currency)
    return _charge(periods, owed, _once(fixed, late, since_on), since_on, sources=(source, source))


# --- rates by the day -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rate:
    """Percent a year, who says so, and the last day it is known to hold."""

    percent: Fraction
    source: str
    last_on: date
    sure: bool = True


def _fixed_rate(law: Statute, first: date) -> _Rate:
    return replace(_floating_rate(law, first), last_on=date.max)


def _floating_rate(law: Statute, day: date) -> _Rate:
    row = law.series.on(day)
    return _Rate(Fraction(row.bp + law.margin_bp, 100), f"{law.source}; {law.series.source}", row.to_on, row.sure)


def _first_day(owed: Owed, law: Statute, begins_on: date | None) -> date:
    if owed.principal.currency != law.currency:
        raise NoRate(
            f"{law.title}: the law's sums are in {law.currency}, and this invoice is in {owed.principal.currency}."
        )
    if begins_on is None and law.begins_must_be_told:
        raise NoRate(f"{law.title}: interest runs only from the day they were put in default; say which day that was.")
    first = begins_on or owed.due_on + timedelta(days=1)
    if first <= owed.due_on:
        raise NoRate(f"Interest cannot begin on {first:%-d %B %Y}: the invoice was due on {owed.due_on:%-d %B %Y}.")
    if first < law.since:
        raise NoRate(f"{law.title}: debts that were late before {law.since:%-d %B %Y} are not covered here.")
    return first


# --- the walk through the days --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days with nothing changing in them, and their exact interest in minor units."""

    from_on: date
    to_on: date
    base: Fraction
    rate: _Rate

    @property
    def interest(self) -> Fraction:
        days = (self.to_on - self.from_on).days
        return self.base * self.rate.percent / 100 * days / DAYS_A_YEAR


def _periods(owed: Owed, rate: Callable[[date], _Rate], *, first: date, until_on: date, yearly: bool) -> list[_Stretch]:
    """Stretches in which base and rate stay the same, as long as something is open; without the days on which all that
    is open is disputed."""
    stretches: list[_Stretch] = []
    grown = Fraction(0)
    since_birthday = Fraction(0)
    day = first
    while day < until_on and _open(owed, day) > 0:
        base, now = _base(owed, day), rate(day)
        birthday = _birthday_after(first, day) if yearly else date.max
        end = min([until_on, birthday, *_after(day, now, owed)])
        if base > 0:
            stretches.append(_Stretch(day, end, base + grown, now))
            since_birthday += stretches[-1].interest
        if end == birthday:
            grown, since_birthday = grown + since_birthday, Fraction(0)
        day = end
    return stretches


def _after(day: date, rate: _Rate, owed: Owed) -> Iterator[date]:
    """The days after `day` on which something changes."""
    if rate.last_on < date.max:
        yield rate.last_on + timedelta(days=1)
    changes = (*(part.on for part in owed.paid), *_borders(owed))
    yield from (on for on in changes if on > day)


def _borders(owed: Owed) -> Iterator[date]:
    for one in owed.disputed:
        yield one.from_on
        yield one.to_on


def _birthday_after(first: date, day: date) -> date:
    """The next day on which interest has run for another whole year."""
    years = day.year - first.year
    return next(one for one in (_years_on(first, years + more) for more in (0, 1)) if one > day)


def _years_on(first: date, years: int) -> date:
    try:
        return first.replace(year=first.year + years)
    except ValueError:
        return date(first.year + years, 3, 1)


def _open(owed: Owed, day: date) -> int:
    return owed.principal.minor - sum(part.amount.minor for part in owed.paid if part.on <= day)


def _base(owed: Owed, day: date) -> int:
    """What bears interest that day: what is open and not disputed."""
    quiet = [one.amount for one in owed.disputed if one.from_on <= day < one.to_on]
    if any(amount is None for amount in quiet):
        return 0
    return max(0, _open(owed, day) - sum(amount.minor for amount in quiet if amount is not None))


def _bearing(owed: Owed, day: date) -> Money:
    return Money(_base(owed, day), owed.principal.currency)


def _first_bearing(owed: Owed, first: date, until_on: date) -> date | None:
    """The first late day on which anything bears interest."""
    days = sorted({first, *(on for on in _borders(owed) if on > first)})
    return next((day for day in days if day < until_on and _base(owed, day) > 0), None)


def _once(fixed: Money, first: date | None, since_on: date | None) -> Money:
    """A fixed sum belongs to the first day that bears, so that days cut in two do not ask for it twice."""
    asked = first is not None and (since_on is None or since_on <= first)
    return fixed if asked else Money.zero(fixed.currency)


# --- what is shown --------------------------------------------------------------------------------------------------


def _charge(
    stretches: Iterable[_Stretch], owed: Owed, fixed: Money, since_on: date | None, *, sources: tuple[str, str]
) -> Charge:
    shown = tuple(_shown(_cut(stretches, since_on), owed.principal.currency, since_on))
    interest = Money(sum(period.interest.minor for period in shown), owed.principal.currency)
    return Charge(shown, interest, fixed, sources[0], sources[1] if fixed else "")


def _cut(stretches: Iterable[_Stretch], since_on: date | None) -> Iterator[_Stretch]:
    """With a border where the days that are shown begin."""
    for one in stretches:
        if since_on is not None and one.from_on < since_on < one.to_on:
            yield replace(one, to_on=since_on)
            yield replace(one, from_on=since_on)
        else:
            yield one


def _shown(stretches: Iterable[_Stretch], currency: str, since_on: date | None) -> Iterator[Period]:
    """The amount of each is what the rounded sum of all so far grew by."""
    exact, before = Fraction(0), 0
    for one in stretches:
        exact += one.interest
        so_far = _rounded(exact)
        if since_on is None or one.from_on >= since_on:
            base, percent = Money(_rounded(one.base), currency), _decimal(one.rate.percent)
            amount = Money(so_far - before, currency)
            yield Period(one.from_on, one.to_on, base, percent, amount, one.rate.source, one.rate.sure)
        before = so_far


def _rounded(amount: Fraction) -> int:
    """Half a minor unit goes up; amounts are never below zero."""
    return floor(amount + Fraction(1, 2))


def _decimal(percent: Fraction) -> Decimal:
    return Decimal(percent.numerator) / Decimal(percent.denominator)


def _kind_words(kind: CustomerKind) -> str:
    return kind.value.replace("_", " ")
