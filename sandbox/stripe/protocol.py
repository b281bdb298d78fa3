"""How Stripe is spoken to: parameters with brackets, the error envelope, and keys with their permissions."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from sandbox.stripe.ledger import Ledger

PERMISSIONS = (
    "rak_customer_read",
    "rak_invoice_write",
    "rak_credit_note_read",
    "rak_charge_read",
    "rak_dispute_read",
    "rak_event_read",
    "rak_webhook_write",
    "rak_tax_rate_read",
    "rak_checkout_session_write",
    "rak_product_write",
    "rak_plan_write",
    "rak_payment_intent_read",
    "rak_balance_transaction_source_read",
    "rak_payout_read",
    "rak_payment_link_write",
    "rak_payment_record_write",
)
KNOWN = frozenset(
    f"rak_{room}_{verb}"
    for room in (
        "customer",
        "invoice",
        "credit_note",
        "charge",
        "dispute",
        "event",
        "webhook",
        "payment_intent",
        "tax_rate",
        "checkout_session",
        "product",
        "plan",
        "balance_transaction_source",
        "payout",
        "payment_link",
        "payment_record",
    )
    for verb in ("read", "write")
)
BRACKETS = re.compile(r"[^\[\]]+")


LOGS = "https://dashboard.stripe.com/test/logs/req_sandbox"


class Problem(Exception):
    """An answer that is an error, with Stripe's own type, code and message."""

    def __init__(self, status: int, message: str, *, kind: str = "", code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind or "invalid_request_error"
        self.code = code
        self.param = param

    def body(self) -> bytes:
        """The error envelope."""
        error: dict[str, str] = {"message": str(self), "type": self.kind, "request_log_url": LOGS}
        if self.code:
            error |= {"code": self.code, "doc_url": f"https://stripe.com/docs/error-codes/{self.code}"}
        if self.param:
            error["param"] = self.param
        return json.dumps({"error": error}, indent=2).encode()


@dataclass
class Key:
    """A restricted key of one account. A platform's key reaches other accounts by the Stripe-Account header."""

    text: str
    account: str
    permissions: frozenset[str]
    reaches: frozenset[str] = frozenset()
    state: str = "good"

    @property
    def live(self) -> bool:
        """Its mode, which it carries in its name."""
        return self.text.startswith(("rk_live_", "sk_live_"))

    def masked(self) -> str:
        """As messages show it."""
        return f"{self.text[:8]}{'*' * 12}{self.text[-4:]}"

    def may(self, permission: str) -> bool:
        """Write includes read."""
        return permission in self.permissions or permission.replace("_read", "_write") in self.permissions


def allow(key: Key, permission: str) -> None:
    """Raises the 403 that names the missing permission."""
    if permission and not key.may(permission):
        raise Problem(
            403,
            f"The provided key '{key.masked()}' does not have the required permissions for this endpoint on account "
            f"'{key.account}'. Having the '{permission}' permission would allow this request to continue.",
            code="more_permissions_required",
        )


def known_key(keys: dict[str, Key], scheme: str, secret: str) -> Key:
    """The key that was presented. Raises the 401 for none, a stranger, or one that has expired."""
    if not secret:
        raise Problem(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            f"Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). Got {scheme or 'nothing'}.",
        )
    key = keys.get(secret)
    if key is None:
        raise Problem(401, f"Invalid API Key provided: {secret[:8]}{'*' * 12}{secret[-4:]}")
    if key.state == "expired":
        raise Problem(401, f"Expired API Key provided: {key.masked()}", code="api_key_expired")
    return key


def reached(key: Key, header: str, ledgers: dict[str, Ledger]) -> Ledger:
    """The account a request is about. Raises the 403 for one the key has nothing to do with."""
    account = header or key.account
    if account != key.account and account not in key.reaches:
        raise Problem(
            403,
            f"The provided key '{key.masked()}' does not have access to account '{account}' (or that account does not "
            "exist). Application access may have been revoked.",
            code="account_invalid",
        )
    return ledgers[account].seen_in(live=key.live)


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b]=1&types[0]=x&types[]=y` as {"a": {"b": "1"}, "types": ["x", "y"]}."""
    found: dict[str, Any] = {}
    for count, (name, value) in enumerate(pairs):
        *path, last = BRACKETS.findall(name.replace("[]", f"[{count}]"))
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return {name: value if name == "metadata" else _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    """A mapping whose names are all numbers was a list."""
    if not isinstance(value, dict):
        return value
    inside = {name: _listed(one) for name, one in value.items()}
    return list(inside.values()) if all(name.isdigit() for name in inside) else inside


def only(params: dict[str, Any], allowed: Iterable[str]) -> None:
    """Raises the 400 for a parameter Stripe does not know."""
    for name in params:
        if name not in allowed:
            raise Problem(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def whole(params: dict[str, Any], name: str, default: int) -> int:
    """An integer parameter. Raises the 400 for anything else."""
    text = params.get(name, str(default))
    if not re.fullmatch(r"-?\d+", str(text)):
        raise Problem(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    return int(text)


def missing(what: str, key: str, param: str) -> Problem:
    """The 404 for an id that is not there."""
    return Problem(404, f"No such {what}: '{key}'", code="resource_missing", param=param)


def elsewhere(what: str, key: str, param: str, *, live: bool) -> Problem:
    """The 404 for an id of the other mode."""
    there, here = ("live", "test") if live else ("test", "live")
    told = f"No such {what}: '{key}'; a similar object exists in {there} mode, but a {here} mode key was used to make"
    return Problem(404, f"{told} this request.", code="resource_missing", param=param)


def fault(kind: str, path: str) -> Response | None:
    """Stripe's answers on a bad day, by the fault's name."""
    if kind == "html":
        page = "<html><head><title>502 Bad Gateway</title></head><body>upstream</body></html>"
        return Response(page, 502, mimetype="text/html")
    if kind == "plain":
        told = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
        return Response(told, 503, mimetype="text/plain")
    if kind == "html_200":
        return Response("<html><body>Sign in to this network</body></html>", 200, mimetype="text/html")
    if kind == "empty_page":
        nothing = {"object": "list", "data": [], "has_more": True, "url": path}
        return Response(json.dumps(nothing), 200, mimetype="application/json")
    known = FAULTS.get(kind)
    if known is None:
        return None
    problem, headers = known
    return Response(problem.body(), problem.status, {"Request-Id": "req_fault", **headers}, "application/json")


# What a storm may do: each is over with the next try.
PASSING = ("429", "429_silent", "lock_timeout", "500", "503", "html", "plain", "html_200", "empty_page")
BUSY = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing it."
)
BROKEN = "An unknown error occurred"
FAULTS: dict[str, tuple[Problem, dict[str, str]]] = {
    "429": (Problem(429, BUSY, code="rate_limit"), {"Retry-After": "1"}),
    "429_silent": (Problem(429, BUSY, code="rate_limit"), {"Stripe-Should-Retry": "false"}),
    "429_day": (Problem(429, BUSY, code="rate_limit"), {"Retry-After": "86400"}),
    "lock_timeout": (Problem(429, LOCKED, code="lock_timeout"), {"Stripe-Should-Retry": "true"}),
    "500": (Problem(500, BROKEN, kind="api_error"), {}),
    "503": (Problem(503, BROKEN, kind="api_error"), {"Retry-After": "2"}),
    "409": (Problem(409, "A request with this key is running.", code="idempotency_key_in_use"), {}),
    "402": (Problem(402, "The customer cus_1234567890abcdef cannot pay.", code="card_declined"), {}),
    "expired": (
        Problem(401, "Expired API Key provided: rk_test_************abcd", code="api_key_expired"),
        {},
    ),
}
