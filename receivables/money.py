"""Exact money: whole minor units of one currency, split without losing any."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

from iso4217 import Currency
from msgspec import Struct


class UnknownCurrency(ValueError):
    """The currency is not in ISO 4217, so its minor unit is not known."""


class TooPrecise(ValueError):
    """The amount has more decimals than its currency can hold."""


class MixedCurrencies(ValueError):
    """Amounts of different currencies cannot be added or compared."""


@cache
def exponent(currency: str) -> int:
    """How many decimals `currency` (ISO 4217, upper case) has: 2 for USD, 0 for JPY, 3 for KWD."""
    try:
        decimals = Currency(currency.upper()).exponent
    except ValueError:
        raise UnknownCurrency(f"{currency!r} is not an ISO 4217 currency") from None
    if decimals is None:
        raise UnknownCurrency(f"{currency!r} has no minor unit in ISO 4217")
    return decimals


class Money(Struct, frozen=True, gc=False):
    """An amount in minor units (cents, yen, fils) of one ISO 4217 currency."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def of(cls, amount: Decimal | int, currency: str) -> "Money":
        """From major units, exactly. Raises TooPrecise rather than round, UnknownCurrency for a stranger."""
        code = currency.upper()
        scaled = Decimal(amount).scaleb(exponent(code))
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise TooPrecise(f"{amount} has more decimals than {code} allows")
        return cls(int(scaled), code)

    @property
    def amount(self) -> Decimal:
        """In major units, with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.amount:,.{exponent(self.currency)}f} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other).minor

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency} cannot be mixed")
        return other

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by `weights` so that the parts add up exactly: what is left over goes to the largest remainders.

        Weights are whole and not negative, at least one above zero; ties go to the earlier part.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must be zero or more, with at least one above zero")
        shares = [divmod(abs(self.minor) * weight, whole) for weight in weights]
        left = abs(self.minor) - sum(share for share, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda at: -shares[at][1])
        topped_up = set(by_remainder[:left])
        sign = -1 if self.minor < 0 else 1
        return [Money(sign * (share + (at in topped_up)), self.currency) for at, (share, _) in enumerate(shares)]


def sum_money(amounts: Iterable[Money], currency: str) -> Money:
    """Add up amounts that must all be in `currency`. Raises MixedCurrencies."""
    total = Money.zero(currency)
    for amount in amounts:
        total = total + amount
    return total


def by_currency(amounts: Iterable[Money]) -> dict[str, Money]:
    """One sum per currency, in alphabetical order, never mixed."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Money.zero(amount.currency)) + amount
    return dict(sorted(sums.items()))
