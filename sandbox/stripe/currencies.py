"""How Stripe writes amounts: whole smallest units, with its own list of currencies without or with three decimals."""

from decimal import ROUND_FLOOR, Decimal

WITHOUT_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())
MINIMUM = {"usd": 50, "gbp": 30, "eur": 50, "jpy": 50, "kwd": 150}


def units(amount: Decimal, currency: str) -> int:
    """Smallest units of a Decimal in major units. Three-decimal amounts are rounded down to end in 0, as required."""
    code = currency.lower()
    if code in WITHOUT_DECIMALS:
        return int(amount.to_integral_value(ROUND_FLOOR))
    if code in THREE_DECIMALS:
        return int((amount * 100).to_integral_value(ROUND_FLOOR)) * 10
    return int((amount * 100).to_integral_value(ROUND_FLOOR))


def minimum(currency: str) -> int:
    """What Stripe will not charge less than, in smallest units."""
    return MINIMUM.get(currency.lower(), 50)
