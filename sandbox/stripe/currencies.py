"""How Stripe writes amounts: whole smallest units, with its own list of currencies without or with three decimals."""

from decimal import ROUND_FLOOR, Decimal

WITHOUT_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())
MINIMUM = {"usd": 50, "gbp": 30, "eur": 50, "jpy": 50, "kwd": 150}
STANDARD_METHODS = ("card", "us_bank_account")
# What one of the currency is worth in the currency the account settles in; others one to one.
RATES = {"jpy": 0.0067, "kwd": 3.25, "eur": 1.08, "gbp": 1.27}


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


def places(currency: str) -> int:
    """How many decimals Stripe's smallest units have."""
    code = currency.lower()
    return 0 if code in WITHOUT_DECIMALS else 3 if code in THREE_DECIMALS else 2


def exchanged(amount: int, currency: str, into: str) -> tuple[int, float | None]:
    """Smallest units of another currency, rounded down, and the rate; no rate within one currency."""
    if currency == into:
        return amount, None
    rate = RATES.get(currency, 1.0) / RATES.get(into, 1.0)
    major = Decimal(abs(amount)).scaleb(-places(currency)) * Decimal(str(rate))
    whole = int(major.scaleb(places(into)).to_integral_value(ROUND_FLOOR))
    return (whole if amount >= 0 else -whole), rate
