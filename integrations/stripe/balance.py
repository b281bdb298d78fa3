"""What moved an account's balance, and the payouts it went out in. Only automatic payouts tell what was in them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from integrations.errors import TryLater
from integrations.stripe.amounts import UnreadableAmount, money
from integrations.stripe.client import StripeClient
from integrations.stripe.listing import PAGE
from integrations.stripe.payloads import DisputePayload, PageOf, Payload
from integrations.stripe.till_payloads import BalancePayload, PayoutPayload, SourcePayload
from integrations.tills import Movement, MovementKind, Payout
from receivables.money import Money

P = TypeVar("P", bound=Payload)
T = TypeVar("T")

# How long after its money is there a payment may still wait for its payout: monthly ones are the slowest.
PAYOUT_WITHIN = timedelta(days=40)
KINDS = {
    "charge": MovementKind.PAYMENT,
    "charge_failure": MovementKind.PAYMENT,
    "refund": MovementKind.REFUND,
    "refund_failure": MovementKind.REFUND,
    "dispute": MovementKind.DISPUTE,
    "dispute_reversal": MovementKind.DISPUTE,
    "fee": MovementKind.FEE,
    "network_cost": MovementKind.FEE,
    "tax": MovementKind.FEE,
    "payout": MovementKind.PAYOUT,
    "payout_reversal": MovementKind.PAYOUT,
}


def walked(client: StripeClient, path: str, shape: type[P], params: Mapping[str, Any]) -> Iterator[P]:
    """Every record of a list, newest first, a page of a hundred at a time."""
    asked, more = {"limit": PAGE, **params}, True
    decoder: msgspec.json.Decoder[PageOf[P]] = msgspec.json.Decoder(PageOf[shape])  # type: ignore[valid-type]
    while more:
        page = client.get(path, decoder.decode, asked)
        yield from page.data
        more = page.has_more
        if more and (not page.data or page.data[-1].id == asked.get("starting_after")):
            raise TryLater("Stripe broke off one of its lists")
        asked["starting_after"] = page.data[-1].id if page.data else ""


def readable(read: Callable[[], T], *, writing: bool = False) -> T:
    """What `read` makes of an answer. Raises TryLater for an amount that nobody can read."""
    try:
        return read()
    except (UnreadableAmount, OverflowError, OSError, ValueError) as error:
        raise TryLater("Stripe told an amount or a time that cannot be read", may_have_acted=writing) from error


class Balance:
    """The balance of one account. What went out in a reconciled payout is remembered as long as this lives."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client
        self._lines: dict[str, frozenset[str]] = {}

    def movements(self, since: datetime) -> Iterator[Movement]:
        """Oldest first, each with its payout as far as Stripe tells."""
        asked = {**_since(since), "expand": ["data.source"]}
        lines = list(walked(self._client, "/v1/balance_transactions", BalancePayload, asked))
        payouts = {line: one.id for one in self._sent(_since(since)) for line in self._inside(one)}
        for line in reversed(lines):
            yield readable(lambda line=line: _movement(line, payouts.get(line.id, "")))  # type: ignore[misc]

    def payouts(self, since: datetime) -> Iterator[Payout]:
        """Oldest first."""
        for one in reversed(list(self._sent(_since(since)))):
            yield readable(lambda one=one: _payout(one))  # type: ignore[misc]

    def payout_of(self, line: BalancePayload) -> str:
        """The payout in which a line went out; empty while it has not, and where payouts are made by hand."""
        if line.status != "available":
            return ""
        made = datetime.fromtimestamp(line.created, UTC)
        upto = datetime.fromtimestamp(line.available_on, UTC) + PAYOUT_WITHIN
        asked = {"created": {"gte": int(made.timestamp()), "lte": int(upto.timestamp())}}
        for one in reversed(list(self._sent(asked))):
            if line.id in self._inside(one):
                return one.id
        return ""

    def lost(self, intent: str) -> list[Money]:
        """What disputes over a payment have cost for good."""
        found = walked(self._client, "/v1/disputes", DisputePayload, {"payment_intent": intent})
        return [money(one.amount, one.currency) for one in found if one.status == "lost"]

    def _sent(self, asked: Mapping[str, Any]) -> Iterator[PayoutPayload]:
        return walked(self._client, "/v1/payouts", PayoutPayload, asked)

    def _inside(self, one: PayoutPayload) -> frozenset[str]:
        """The lines that went out in it: final once Stripe has reconciled it."""
        if not one.automatic:
            return frozenset()
        if one.id in self._lines:
            return self._lines[one.id]
        found = walked(self._client, "/v1/balance_transactions", BalancePayload, {"payout": one.id})
        lines = frozenset(line.id for line in found)
        if one.reconciliation_status == "completed":
            self._lines[one.id] = lines
        return lines


def _since(at: datetime) -> dict[str, Any]:
    return {"created": {"gte": int(at.timestamp())}}


def _movement(line: BalancePayload, payout: str) -> Movement:
    kind = KINDS.get(line.reporting_category, MovementKind.OTHER)
    source = line.source if isinstance(line.source, SourcePayload) else None
    own = source.id if source and source.object == "payout" else ""
    return Movement(
        id=line.id,
        kind=kind,
        gross=money(line.amount, line.currency),
        fee=money(line.fee, line.currency),
        at=datetime.fromtimestamp(line.created, UTC),
        payment=(source.payment_intent or "") if source else "",
        payout=own or payout,
        exchange_rate="" if line.exchange_rate is None else f"{line.exchange_rate}",
    )


def _payout(one: PayoutPayload) -> Payout:
    arrives = None if one.arrival_date is None else datetime.fromtimestamp(one.arrival_date, UTC).date()
    amount, made_at = money(one.amount, one.currency), datetime.fromtimestamp(one.created, UTC)
    return Payout(one.id, amount, one.status, made_at, arrives, one.automatic)
