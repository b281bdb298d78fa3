"""What pages and links at the till are asked with alike: one line over one sum, the notes beside it, and their ids."""

from collections.abc import Mapping
from typing import Any

from integrations.errors import Refused
from integrations.stripe.amounts import THREE_DECIMALS, UnreadableAmount, units
from integrations.stripe.minimums import least
from receivables.money import Money

MARK = "dw_key"
ABOUT_MOST = 10
TEXT_MAX = 250


def line(amount: Money, text: str) -> dict[str, Any]:
    """The one line. Its price and product are made with it, each time. Raises Refused for a sum Stripe cannot take."""
    return {
        "quantity": 1,
        "price_data": {
            "currency": amount.currency.lower(),
            "unit_amount": _chargeable(amount),
            "product_data": {"name": text[:TEXT_MAX]},
        },
    }


def noted(about: Mapping[str, str], key: str) -> dict[str, str]:
    """The metadata: what it is about, and our key. Raises Refused for more than fits."""
    told = {name: text for name, text in about.items() if text}
    if len(told) > ABOUT_MOST:
        raise Refused(f"a payment page can carry {ABOUT_MOST} notes, not {len(told)}; leave some out")
    return {**told, MARK: key}


def told_about(metadata: Mapping[str, str]) -> dict[str, str]:
    """The notes again."""
    return {name: text for name, text in metadata.items() if name != MARK}


def require(key: str, prefix: str) -> str:
    """The id as it may stand in a path. Raises Refused for an id of another sort."""
    bare = key.removeprefix(prefix)
    if bare == key or not (bare.isascii() and bare.replace("_", "").isalnum()):
        raise Refused(f"{key[:40]!r} is not an id of Stripe's that begins with {prefix}")
    return key


def _chargeable(amount: Money) -> int:
    """In Stripe's smallest units. Raises Refused for what it would not take."""
    floor = least(amount.currency)
    if amount < floor:
        raise Refused(f"Stripe takes {floor} at least, and this is {amount}; take it together with another part")
    if amount.currency in THREE_DECIMALS and amount.minor % 10:
        raise Refused(f"Stripe does not take {amount}: the last decimal of {amount.currency} has to be 0; round it")
    try:
        return units(amount)
    except UnreadableAmount as error:
        raise Refused(f"Stripe cannot take {amount}: {error}; round it") from None
