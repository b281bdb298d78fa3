"""Stripe's own table of decimals, and its amounts turned into ISO minor units, exactly."""

from functools import cache

from receivables.money import Money, UnknownCurrency, exponent

WITHOUT_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())


class UnreadableAmount(ValueError):
    """The amount cannot be written in the currency's minor unit, or the currency is not known."""


@cache
def decimals(currency: str) -> int:
    """How many decimals Stripe's integers have. ISK and UGX have two that ISO does not know; MGA has none."""
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def money(units: int, currency: str) -> Money:
    """Stripe's smallest units as Money in ISO minor units. Raises UnreadableAmount rather than round."""
    code = currency.upper()
    try:
        shift = exponent(code) - decimals(code)
    except UnknownCurrency:
        raise UnreadableAmount("its currency is not in ISO 4217") from None
    if shift >= 0:
        return Money(units * 10**shift, code)
    minor, rest = divmod(units, 10**-shift)
    if rest:
        raise UnreadableAmount(f"its amount has decimals that {code} does not have")
    return Money(minor, code)


def units(amount: Money) -> int:
    """Money in Stripe's smallest units. Raises UnreadableAmount rather than round."""
    shift = exponent(amount.currency) - decimals(amount.currency)
    if shift <= 0:
        return amount.minor * int(10**-shift)
    found, rest = divmod(amount.minor, int(10**shift))
    if rest:
        raise UnreadableAmount(f"it has decimals of {amount.currency} that Stripe does not have")
    return found
