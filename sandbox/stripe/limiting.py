"""Stripe's limits as published, in calls a second: an account's in all, one endpoint's, and searching's."""

from werkzeug.wrappers import Request, Response

from sandbox.limits import Caller, Leave, Rule
from sandbox.stripe.protocol import BUSY, Key, Problem

LIVE = Rule("account", 100, 1.0, "account")
TEST = Rule("account", 25, 1.0, "account")
ENDPOINT = Rule("endpoint", 25, 1.0, "endpoint")
SEARCH = Rule("search", 20, 1.0, "account")
REASONS = {"account": "global-rate", "search": "endpoint-rate", "endpoint": "endpoint-rate"}


def caller(request: Request, keys: dict[str, Key]) -> Caller | None:
    """The account behind the key. Pages for people, and keys nobody knows, are not counted.

    Calls of one list and of its single records count together: Stripe counts them apart, which is never stricter.
    """
    key = keys.get(presented(request)[1])
    if key is None or not request.path.startswith("/v1/"):
        return None
    account = request.headers.get("Stripe-Account", "") or key.account
    endpoint = "/".join(request.path.split("/")[:3])
    rules = (LIVE if key.live else TEST, ENDPOINT, *((SEARCH,) if request.path.endswith("/search") else ()))
    return Caller(rules, {"account": account, "endpoint": account + endpoint})


def presented(request: Request) -> tuple[str, str]:
    """How a request says who it is, and the key: Bearer, or Basic with the key as user name."""
    given = request.authorization
    if given is None:
        return "", ""
    if given.type == "basic":
        return "basic", given.username or ""
    return given.type, given.token or ""


def too_many(leave: Leave) -> Response:
    """The 429. It says which limit was met, and not how long to wait."""
    reason = REASONS[leave.over.name] if leave.over else ""
    told = {"Request-Id": "req_limited", "Stripe-Should-Retry": "false", "Stripe-Rate-Limited-Reason": reason}
    return Response(Problem(429, BUSY, code="rate_limit").body(), 429, told, "application/json")
