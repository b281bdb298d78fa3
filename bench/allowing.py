"""What the platforms' limits allow at best: seconds for so many calls, and which limit binds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.lists import LISTS, PAGE

XERO_A_MINUTE, XERO_AT_ONCE = 60, 5
QUICKBOOKS_A_SECOND, QUICKBOOKS_A_MINUTE = 10.0, 500
STRIPE_AN_ENDPOINT, STRIPE_SHARE = 25.0, 0.95
STRIPE_AN_ACCOUNT = {True: 100.0, False: 25.0}


@dataclass(frozen=True, slots=True)
class Allowance:
    """The least calls, the seconds that the limits allow them, and the limit that says so."""

    calls: int
    seconds: float
    binding: str


def rows_of(platform: str, truth: Mapping[str, Any]) -> dict[str, int]:
    """How many rows each list has, by the platform's names, from the sandbox's own ledger."""
    rows = {one.kind: len(truth.get(one.part, ())) for one in LISTS[platform]}
    if platform == "xero":
        kinds = [one["type"] for one in truth["records"]["credits"].values()]
        for kind, word in (("CreditNotes", "CREDIT"), ("Prepayments", "PREPAYMENT"), ("Overpayments", "OVERPAYMENT")):
            rows[kind] = sum(word in one for one in kinds)
        rows["Contacts"] += len(truth.get("merged", ()))
        rows["Payments"] += len(truth.get("deleted_payments", ()))
    return rows


def allowed(platform: str, rows: Mapping[str, int], *, latency: float, live: bool = False) -> Allowance:
    """For a first reading of lists of these lengths, were there nothing but the limits and the latency."""
    calls = {one.kind: max(1, -(-rows.get(one.kind, 0) // PAGE[platform])) for one in LISTS[platform]}
    total = sum(calls.values())
    if platform == "xero":
        return _xero(total, latency)
    if platform == "quickbooks":
        return _quickbooks(total, latency)
    return _stripe(calls, latency, live=live)


def _xero(calls: int, latency: float) -> Allowance:
    """Whole minutes that are used up, then the rest five at once."""
    minutes, rest = divmod(calls - 1, XERO_A_MINUTE)
    seconds = minutes * 60.0 + -(-(rest + 1) // XERO_AT_ONCE) * latency
    return Allowance(calls, seconds, f"{XERO_A_MINUTE} a minute" if minutes else f"{XERO_AT_ONCE} at once")


def _quickbooks(calls: int, latency: float) -> Allowance:
    paced = calls / QUICKBOOKS_A_SECOND + latency
    minutes, rest = divmod(calls - 1, QUICKBOOKS_A_MINUTE)
    windowed = minutes * 60.0 + (rest + 1) / QUICKBOOKS_A_SECOND + latency
    return Allowance(calls, max(paced, windowed), "500 a minute" if windowed > paced else "10 a second")


def _stripe(calls: Mapping[str, int], latency: float, *, live: bool) -> Allowance:
    longest = max(calls, key=lambda kind: calls[kind])
    account = STRIPE_AN_ACCOUNT[live]
    ways = {
        f"25 a second for {longest}": calls[longest] / (STRIPE_AN_ENDPOINT * STRIPE_SHARE),
        f"{account:.0f} a second for the account": sum(calls.values()) / (account * STRIPE_SHARE),
    }
    binding = max(ways, key=lambda way: ways[way])
    return Allowance(sum(calls.values()), ways[binding] + latency, f"95 % of {binding}")
