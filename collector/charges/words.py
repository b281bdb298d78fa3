"""What an invoice bears, as sentences for people: the sum, its days, the rate, where it comes from, on what. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from babel import Locale

from collector.charges.bearing import Borne
from collector.charges.interest import Charge, Period
from collector.charges.rates import Statute
from collector.wording.languages import date_words, money_words

UNSURE = "A rate in it was not seen in an official notice; check it before you rely on it."


def sentences(borne: Borne, locale: Locale) -> tuple[str, ...]:
    """Everything there is to say about one invoice."""
    return tuple(_sentences(borne, locale))


def _sentences(borne: Borne, locale: Locale) -> Iterator[str]:
    if borne.charge is None:
        yield borne.why_not
    else:
        yield from _charged(borne.charge, borne.law, locale)
        yield from _disputed(borne, locale)
    for one in borne.waived:
        note = f": {one.note.rstrip('.')}" if one.note else ""
        yield f"{money_words(one.amount, locale)} was waived by {one.by or 'somebody'}{note}."
    for posted in borne.posted:
        days = _days(posted.since_on, posted.until_on, locale)
        state = "was posted as an invoice of its own" if posted.made else "is being posted, and nobody knows yet"
        who = f" by {posted.by}" if posted.by and posted.made else ""
        yield f"{money_words(posted.amount, locale)} {days} {state}{who}."


def _disputed(borne: Borne, locale: Locale) -> Iterator[str]:
    for one in borne.disputed:
        first = max(one.from_on, borne.since_on or one.from_on)
        until = min(one.to_on, borne.until_on)
        if first < until:
            part = money_words(one.amount, locale) if one.amount else "all that is open"
            yield f"No interest {_days(first, until, locale)} on {part}, which was disputed or kept back."


def _charged(charge: Charge, law: Statute | None, locale: Locale) -> Iterator[str]:
    for period in charge.periods:
        yield period_words(period, law, locale)
    if charge.fixed:
        yield f"{money_words(charge.fixed, locale)} once ({charge.fixed_source})."
    if not charge.sure:
        yield UNSURE


def period_words(period: Period, law: Statute | None, locale: Locale) -> str:
    """£12.40 from 3 March to 20 May 2026 at 11.75 % a year (where it comes from) on £250.00."""
    days = _days(period.from_on, period.to_on, locale)
    interest, base = money_words(period.interest, locale), money_words(period.base, locale)
    return f"{interest} {days} at {percent(period.percent)} a year ({_origin(period, law)}) on {base}."


def _origin(period: Period, law: Statute | None) -> str:
    if law is None:
        return period.source
    margin = Decimal(law.margin_bp) / 100
    return f"{law.series.title} {percent(period.percent - margin)} + {percent(margin)}, {law.source}"


def percent(rate: Decimal) -> str:
    """11.75 %, 8 %."""
    plain = f"{rate.quantize(Decimal('0.0001')):f}".rstrip("0").rstrip(".")
    return f"{plain}\N{NO-BREAK SPACE}%"


def _days(first: date, until: date, locale: Locale) -> str:
    last = until - timedelta(days=1)
    if first >= last:
        return f"for {date_words(first, locale)}"
    if first.year == last.year:
        return f"from {_without_year(first, locale)} to {date_words(last, locale)}"
    return f"from {date_words(first, locale)} to {date_words(last, locale)}"


def _without_year(day: date, locale: Locale) -> str:
    american = locale.territory in ("US", "PH", "LR", None)
    return f"{day:%B %-d}" if american else f"{day:%-d %B}"
