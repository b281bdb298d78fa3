"""Stripe as a till: pages on which somebody pays one sum, what came of each, and the balance behind them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from integrations.contract import Account, Lookup, Token, Wire
from integrations.errors import NotThere, Refused
from integrations.stripe.amounts import money
from integrations.stripe.balance import Balance, readable, walked
from integrations.stripe.client import StripeClient
from integrations.stripe.connecting import require_taking
from integrations.stripe.failures import KeyUsed, for_people
from integrations.stripe.minimums import least
from integrations.stripe.pay_links import PREFIX, PayLinks
from integrations.stripe.pricing import line, noted, require, told_about
from integrations.stripe.till_payloads import BalancePayload, ChargePayload, IntentPayload, SessionPayload
from integrations.stripe.writing import require_key
from integrations.tills import LastingLink, Movement, PageState, Payout, PayPage, Taken, Wanted, WantedLink
from receivables.money import Money, sum_money
from receivables.records import PaymentStatus

SESSIONS = "/v1/checkout/sessions"
CLOCKS_APART = timedelta(minutes=5)
KEPT = timedelta(hours=25)
BEHIND = ["latest_charge.balance_transaction"]
STATUS = {
    "succeeded": PaymentStatus.SETTLED,
    "processing": PaymentStatus.PENDING,
    "canceled": PaymentStatus.VOID,
}


class StripeTill:
    """The till of one account."""

    def __init__(self, wire: Wire, account: Account, token: Token) -> None:
        self._client = StripeClient(wire, token, account=account.details.get("account", ""))
        self._balance = Balance(self._client)
        self._links = PayLinks(self._client)

    def require(self) -> None:
        """Each permission is tried by a call that does nothing."""
        require_taking(self._client.wire, self._client)

    def least(self, currency: str) -> Money:
        """As Stripe publishes it."""
        return least(currency)

    def start_page(self, wanted: Wanted, *, key: str) -> PayPage:
        """A checkout session over one line, in our currency and no other."""
        asked = _asked(wanted, require_key(key))
        try:
            made = self._client.post(SESSIONS, _session, asked, key=f"dw-page-{key}")
        except KeyUsed:
            # Somebody asked under this key before, for a page that ends at another second, say.
            found = self.found_page(key, since=self._client.wire.clock.now() - KEPT)
            if isinstance(found, PayPage):
                return found
            raise
        return self.page(made.id) if self._client.replayed() else _page(made, writing=True)

    def page(self, id: str) -> PayPage:
        """As it is now."""
        return _page(self._client.get(f"{SESSIONS}/{require(id, 'cs_')}", _session))

    def expire_page(self, id: str) -> PayPage:
        """Ended, unless the payer was quicker or time has ended it."""
        path = f"{SESSIONS}/{require(id, 'cs_')}/expire"
        try:
            return _page(self._client.post(path, _session, key=f"dw-end-{id}"), writing=True)
        except NotThere:
            raise
        except Refused:
            now = self.page(id)
            if now.state is PageState.OPEN:
                raise
            return now

    def found_page(self, key: str, *, since: datetime) -> PayPage | Lookup:
        """Sessions cannot be asked for by our key: those made since are looked through."""
        require_key(key)
        asked = {"created": {"gte": int((since - CLOCKS_APART).timestamp())}}
        for one in walked(self._client, SESSIONS, SessionPayload, asked):
            if one.client_reference_id == key:
                return _page(one)
        return Lookup.NOT_THERE

    def start_link(self, wanted: WantedLink, *, key: str) -> LastingLink:
        """A payment link, for one payment."""
        return self._links.start(wanted, key)

    def link(self, id: str) -> LastingLink:
        """As it is now."""
        return self._links.one(id)

    def end_link(self, id: str) -> LastingLink:
        """Switched off; a page that somebody has open would else stay open for a day."""
        ended = self._links.switch_off(id)
        for page in self._opened_from(id, "open"):
            with suppress(Refused):  # Stripe will not end it: it takes no money either once its link is off
                self.expire_page(page.id)
        return ended

    def found_link(self, key: str) -> LastingLink | Lookup:
        """Looked for among all links."""
        return self._links.found(key)

    def paid_pages(self, link: str) -> tuple[PayPage, ...]:
        """One, as its limit is."""
        return tuple(_page(one) for one in self._opened_from(link, "complete"))

    def _opened_from(self, link: str, status: str) -> Iterator[SessionPayload]:
        asked = {"payment_link": require(link, PREFIX), "status": status}
        return walked(self._client, SESSIONS, SessionPayload, asked)

    def payment(self, id: str) -> Taken:
        """The intent with its charge, what was taken back of it, and where the money went."""
        path, asked = f"/v1/payment_intents/{require(id, 'pi_')}", {"expand": BEHIND}
        found = self._client.get(path, _intent, asked)
        return readable(partial(self._taken, found))

    def _taken(self, found: IntentPayload) -> Taken:
        charge = found.latest_charge if isinstance(found.latest_charge, ChargePayload) else None
        line = charge.balance_transaction if charge else None
        line = line if isinstance(line, BalancePayload) else None
        amount, returned = money(found.amount, found.currency), self._returned(found, charge)
        return Taken(
            id=found.id,
            amount=amount,
            status=_status(found, amount, returned),
            made_at=_instant(charge.created if charge else found.created),
            settled_at=_instant(line.created) if line else None,
            customer=found.customer or found.customer_account or "",
            method=charge.payment_method_details.type if charge and charge.payment_method_details else "",
            failure=for_people(found.last_payment_error.message) if found.last_payment_error else "",
            returned=returned,
            refunded=money(charge.amount_refunded if charge else 0, found.currency),
            disputed=bool(charge and charge.disputed),
            fee=money(line.fee, line.currency) if line else None,
            payout=self._balance.payout_of(line) if line else "",
            about=told_about(found.metadata),
        )

    def _returned(self, found: IntentPayload, charge: ChargePayload | None) -> Money:
        """Refunds, and disputes that were lost: one that is still argued about may come back."""
        if charge is None:
            return money(0, found.currency)
        given = money(charge.amount_refunded, found.currency)
        lost = self._balance.lost(found.id) if charge.disputed else []
        return sum_money([given, *lost], given.currency)

    def movements(self, since: datetime) -> Iterator[Movement]:
        """The whole balance, other programs' charges too."""
        return self._balance.movements(since)

    def payouts(self, since: datetime) -> Iterator[Payout]:
        """Payouts by Stripe and by hand."""
        return self._balance.payouts(since)


def _asked(wanted: Wanted, key: str) -> dict[str, Any]:
    notes = noted(wanted.about, key)
    return {
        "mode": "payment",
        "line_items": [line(wanted.amount, wanted.text)],
        "success_url": wanted.back_url,
        "cancel_url": wanted.back_url,
        "expires_at": int(wanted.expires_at.timestamp()),
        "client_reference_id": key,
        # another currency at the till would not be the sum that was agreed
        "adaptive_pricing": {"enabled": "false"},
        "metadata": notes,
        "payment_intent_data": {"metadata": notes},
        **_whom(wanted),
    }


def _whom(wanted: Wanted) -> dict[str, Any]:
    """An account of Accounts v2 is named elsewhere than a customer; a mail address only where there is neither."""
    payer = "customer_account" if wanted.customer.startswith("acct_") else "customer"
    told: dict[str, Any] = {payer: wanted.customer} if wanted.customer else {}
    if wanted.email and not wanted.customer:
        told["customer_email"] = wanted.email
    language = _locale(wanted.language)
    methods = {"allowed_payment_method_types": list(wanted.methods)} if wanted.methods else {}
    return {**told, **methods, **({"locale": language} if language else {})}


LOCALES = frozenset(
    "bg cs da de el en es et fi fil fr hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh".split()
)


def _locale(language: str) -> str:
    """Stripe refuses a page in a language that it does not have; without one the payer's browser decides."""
    code = language.replace("_", "-").partition("-")[0].lower()
    return "en-GB" if language.replace("_", "-") == "en-GB" else code if code in LOCALES else ""


def _page(one: SessionPayload, *, writing: bool = False) -> PayPage:
    return readable(partial(_told, one), writing=writing)


def _told(one: SessionPayload) -> PayPage:
    return PayPage(
        id=one.id,
        state=_state(one),
        amount=money(one.amount_total, one.currency),
        expires_at=_instant(one.expires_at),
        url=one.url or "",
        payment=one.payment_intent or "",
        about=told_about(one.metadata),
    )


def _state(one: SessionPayload) -> PageState:
    if one.status == "complete":
        return PageState.PAID if one.payment_status == "paid" else PageState.PROCESSING
    return PageState.EXPIRED if one.status == "expired" else PageState.OPEN


def _status(found: IntentPayload, amount: Money, returned: Money) -> PaymentStatus:
    if found.status == "succeeded" and returned >= amount:
        return PaymentStatus.RETURNED
    failed = found.status == "requires_payment_method" and found.last_payment_error is not None
    return PaymentStatus.FAILED if failed else STATUS.get(found.status, PaymentStatus.OTHER)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _session(body: bytes) -> SessionPayload:
    return msgspec.json.decode(body, type=SessionPayload)


def _intent(body: bytes) -> IntentPayload:
    return msgspec.json.decode(body, type=IntentPayload)
