"""Connecting by restricted key: the prefilled link, the key looked at, and each permission tried without a trace."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from integrations.contract import Authorised, Consent, Grant, Wire
from integrations.errors import NotThere, Reconnect, Refused
from integrations.http import address
from integrations.stripe.books import account_payload
from integrations.stripe.client import StripeClient
from integrations.stripe.failures import MissingPermission
from integrations.stripe.payloads import AccountPayload

DASHBOARD = "https://dashboard.stripe.com"
KEY = re.compile(r"rk_(test|live)_[A-Za-z0-9]{10,}")
ACCOUNT = re.compile(r"acct_[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that does nothing, whatever the key may do, and tells by its refusal that a permission is missing.

    `bare` ones are posted without a field.
    """

    permission: str
    method: str
    path: str
    bare: bool = False


NOBODY = "duewellprobe000000000000"
PROBES = (
    Probe("rak_customer_read", "get", "/v1/customers"),
    Probe("rak_invoice_write", "get", "/v1/invoices"),
    Probe("rak_invoice_write", "get", "/v1/invoice_payments"),
    Probe("rak_invoice_write", "post", f"/v1/invoices/in_{NOBODY}"),
    Probe("rak_credit_note_read", "get", "/v1/credit_notes"),
    Probe("rak_charge_read", "get", "/v1/refunds"),
    Probe("rak_dispute_read", "get", "/v1/disputes"),
    Probe("rak_event_read", "get", "/v1/events"),
    Probe("rak_webhook_write", "get", "/v1/webhook_endpoints"),
    Probe("rak_webhook_write", "post", f"/v1/webhook_endpoints/we_{NOBODY}"),
)
TAKING = (
    Probe("rak_checkout_session_write", "post", f"/v1/checkout/sessions/cs_test_{NOBODY}/expire", bare=True),
    Probe("rak_product_write", "post", f"/v1/products/prod_{NOBODY}", bare=True),
    # "Prices" in the Dashboard; rak_price_… is ignored there
    Probe("rak_plan_write", "post", f"/v1/prices/price_{NOBODY}", bare=True),
    Probe("rak_payment_intent_read", "get", "/v1/payment_intents"),
    Probe("rak_charge_read", "get", "/v1/charges"),
    Probe("rak_balance_transaction_source_read", "get", "/v1/balance_transactions"),
    Probe("rak_payout_read", "get", "/v1/payouts"),
)
PERMISSIONS = tuple(dict.fromkeys(probe.permission for probe in PROBES))
"""Without these no books can be read."""
TO_TAKE_MONEY = tuple(dict.fromkeys(probe.permission for probe in TAKING if probe.permission not in PERMISSIONS))
"""Insisted on only where money is taken."""
WELCOME = ("rak_tax_rate_read", "rak_payment_link_write")
"""Asked for, and done without."""
ASKED = (*PERMISSIONS, *TO_TAKE_MONEY, *WELCOME)


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A key somebody typed in, as a Token: there is no other to be had."""

    text: str

    @property
    def refresh(self) -> str:
        """There is none."""
        return ""

    def current(self) -> str:
        """The key."""
        return self.text

    def renewed(self, rejected: str) -> str:  # noqa: ARG002 - the port's
        """Never. Raises Reconnect."""
        raise Reconnect("Stripe does not accept this key; please copy it again or make a new one")


def key_link(wire: Wire) -> str:
    """Where a person makes a restricted key with the permissions we need already chosen."""
    asked = "&".join(f"permissions[{at}]={name}" for at, name in enumerate(ASKED))
    return f"{address(wire, 'dashboard', DASHBOARD)}/apikeys/create?name=Duewell&{asked}"


def connected(wire: Wire, callback: Mapping[str, str]) -> Consent:
    """A grant for the key in `api_key`, and for its account or the one named in `account`. Raises Refused."""
    key = checked_key(wire, callback.get("api_key", "").strip())
    account = callback.get("account", "").strip()
    if account and not ACCOUNT.fullmatch(account):
        raise Refused("a Stripe account is named like acct_1A2b3C…; leave it empty for the key's own")
    client = StripeClient(wire, GivenKey(key), account=account)
    try:
        found = client.get("/v1/account", account_payload)
    except Reconnect as dead:
        raise Refused(str(dead)) from None
    _require_all(wire, client, PROBES)
    grant = Grant(id="", platform="stripe", access=key, kind="key")
    return Consent(grant, (_authorised(found, key, account),))


def _authorised(found: AccountPayload, key: str, account: str) -> Authorised:
    dashboard = found.settings.dashboard if found.settings else None
    profile = found.business_profile.name if found.business_profile else None
    details = {"livemode": "true" if key.startswith("rk_live_") else "false"}
    if dashboard and dashboard.timezone:
        details["time_zone"] = dashboard.timezone
    if account:
        details["account"] = account
    return Authorised(found.id, (dashboard and dashboard.display_name) or profile or found.id, details)


def checked_key(wire: Wire, key: str) -> str:
    """A restricted key, or Refused with the reason and the link: Stripe forbids asking people for standard keys."""
    if KEY.fullmatch(key):
        return key
    start = key[:3]
    reasons = {
        "": "no key was given",
        "sk_": "this is a standard secret key, which may do everything; Duewell takes only a restricted key (rk_…)",
        "pk_": "this is a publishable key, which may read nothing; Duewell needs a restricted key (rk_…)",
    }
    reason = reasons.get(start, "this is not a restricted key of Stripe's (rk_live_… or rk_test_…)")
    raise Refused(f"{reason}. Make one here: {key_link(wire)}")


def require_taking(wire: Wire, client: StripeClient) -> None:
    """Raises Refused naming every permission that taking money needs and the key lacks, with where to mend it."""
    _require_all(wire, client, TAKING, purpose="to take money ")


def _require_all(wire: Wire, client: StripeClient, probes: Sequence[Probe], *, purpose: str = "") -> None:
    """Raises Refused naming all missing permissions at once."""
    missing = [name for probe in probes if (name := _missing(client, probe))]
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        raise Refused(
            f"{purpose}the key lacks {names}. Add that to it at Stripe, or make a new one here: {key_link(wire)}"
        )


def _missing(client: StripeClient, probe: Probe) -> str:
    """The permission the call was refused for; empty when it was let in. Nobody has the ids that are written to."""
    try:
        if probe.method == "get":
            client.get(probe.path, bytes, {"limit": 1})
        else:
            told = {} if probe.bare else {"description": "Duewell"}
            client.post(probe.path, bytes, told, key=f"dw-probe-{quote(probe.path, safe='')}")
    except NotThere:
        return ""
    except MissingPermission as lacking:
        return lacking.permission or probe.permission
    return ""
