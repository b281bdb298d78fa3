"""Late charges at Stripe: an invoice of one line, made in three calls, of which only the last makes it one to be paid.

A draft is no debt, so what broke off before the last call was not done: the next try takes such drafts away.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec

from integrations.contract import ChargeChoices, Choice, LateCharge, Lookup, Receipt
from integrations.errors import Refused
from integrations.stripe.amounts import UnreadableAmount, units
from integrations.stripe.failures import MissingPermission
from integrations.stripe.listing import PAGE, Lists, require_id
from integrations.stripe.payloads import ChargedInvoice, PageOf, Payload, TaxRatePayload
from integrations.stripe.streams import INVOICES
from integrations.stripe.writing import require_key
from receivables.records import Ref

MARK = "dw_charge"
UNTAXED = Choice("none", "No tax")
LOOK_BACK = timedelta(days=30)
CLOCKS_APART = timedelta(minutes=5)
TEXT_MAX = 5000
LAST_SECOND = time(23, 59, 59)
CHARGED = msgspec.json.Decoder(PageOf[ChargedInvoice])
RATES = msgspec.json.Decoder(PageOf[TaxRatePayload])


class Charging:
    """Late charges of one account."""

    def __init__(self, lists: Lists) -> None:
        self._client = lists.client
        self._zone = lists.zone

    def choices(self) -> ChargeChoices:
        """Stripe keeps no accounts. Of its tax rates those that lie within an amount, so that the invoice is about what
        is asked for; none where the key may not read them."""
        try:
            rates = list(self._rates())
        except MissingPermission:
            rates = []
        named = sorted((Choice(one.id, one.title) for one in rates), key=lambda one: (one.name.casefold(), one.code))
        return ChargeChoices((), (UNTAXED, *named), account_word="")

    def _rates(self) -> Iterator[TaxRatePayload]:
        asked: dict[str, Any] = {"limit": PAGE, "active": "true", "inclusive": "true"}
        more = True
        while more:
            page = self._client.get("/v1/tax_rates", RATES.decode, asked)
            yield from page.data
            more = page.has_more and bool(page.data)
            asked["starting_after"] = page.data[-1].id if page.data else ""

    def post(self, on: Ref, charge: LateCharge, key: str) -> Receipt:
        """To whoever owes `on`; final at once, and neither mailed nor reminded of by Stripe."""
        require_key(key)
        late = self._read(on)
        if late.currency.upper() != charge.amount.currency:
            raise Refused("the invoice at Stripe has another currency, so nothing was posted")
        at = self._client.wire.clock.now()
        known = list(self._made(late, key, since=at - LOOK_BACK))
        done = next((one for one in known if one.status != "draft"), None)
        return _receipt(done) if done else self._make(late, charge, key, begun=known)

    def _make(self, late: ChargedInvoice, charge: LateCharge, key: str, *, begun: Sequence[ChargedInvoice]) -> Receipt:
        line = self._line(late, charge)
        for draft in begun:
            self._client.delete(f"/v1/invoices/{draft.id}")
        body = self._body(late, charge, key)
        named = f"dw-charge-{key}-{_digest(body, [one.id for one in begun])}"
        made = self._client.post("/v1/invoices", _invoice, body, key=named)
        self._client.post("/v1/invoiceitems", _payload, {**line, "invoice": made.id}, key=f"dw-charge-line-{made.id}")
        final = {"auto_advance": "false"}
        return _receipt(
            self._client.post(f"/v1/invoices/{made.id}/finalize", _invoice, final, key=f"dw-charge-final-{made.id}")
        )

    def _body(self, late: ChargedInvoice, charge: LateCharge, key: str) -> dict[str, Any]:
        due_at = datetime.combine(charge.due_on, LAST_SECOND, self._zone)
        return {
            **_payer(late),
            "collection_method": "send_invoice",
            "currency": late.currency,
            "due_date": int(due_at.timestamp()),
            "auto_advance": "false",
            # nothing that waits for the customer's next invoice belongs on this one
            "pending_invoice_items_behavior": "exclude",
            "metadata": {MARK: key},
        }

    def _line(self, late: ChargedInvoice, charge: LateCharge) -> dict[str, Any]:
        try:
            amount = units(charge.amount)
        except UnreadableAmount as error:
            raise Refused(f"Stripe cannot take this amount: {error}") from None
        taxed = {} if charge.tax in ("", UNTAXED.code) else {"tax_rates": [charge.tax]}
        text = {"description": charge.text[:TEXT_MAX], "discountable": "false"}
        return {**_payer(late), "currency": late.currency, "amount": amount, **text, **taxed}

    def found(self, on: Ref, key: str, since: datetime) -> Receipt | Lookup:
        """The invoice whose metadata carries the key, unless it is still a draft."""
        require_key(key)
        for one in self._made(self._read(on), key, since=since):
            if one.status != "draft":
                return _receipt(one)
        return Lookup.NOT_THERE

    def _read(self, on: Ref) -> ChargedInvoice:
        return self._client.get(f"/v1/invoices/{require_id(INVOICES, on.id)}", _invoice)

    def _made(self, late: ChargedInvoice, key: str, *, since: datetime) -> Iterator[ChargedInvoice]:
        asked = {**_payer(late), "limit": PAGE, "created": {"gte": int((since - CLOCKS_APART).timestamp())}}
        more = True
        while more:
            page = self._client.get("/v1/invoices", CHARGED.decode, asked)
            yield from (one for one in page.data if one.metadata.get(MARK) == key)
            more = page.has_more and bool(page.data)
            asked["starting_after"] = page.data[-1].id if page.data else ""


def _payer(late: ChargedInvoice) -> dict[str, Any]:
    if late.customer:
        return {"customer": late.customer}
    if late.customer_account:
        return {"customer_account": late.customer_account}
    raise Refused("the invoice at Stripe has no customer, so nothing was posted")


def _digest(body: Mapping[str, Any], replaced: Sequence[str]) -> str:
    """Another request under the same key is refused for a day; and a draft that was taken away would come back."""
    return hashlib.blake2b(msgspec.json.encode([body, replaced]), digest_size=8).hexdigest()


def _receipt(made: ChargedInvoice) -> Receipt:
    return Receipt(made.id, datetime.fromtimestamp(made.created, UTC))


def _invoice(body: bytes) -> ChargedInvoice:
    return msgspec.json.decode(body, type=ChargedInvoice)


def _payload(body: bytes) -> Payload:
    return msgspec.json.decode(body, type=Payload)
