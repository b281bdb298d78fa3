"""Xero's limits: counted for each app and organisation, told on every answer, and a 429 that names what ran out."""

import math
from collections.abc import Mapping

from werkzeug.wrappers import Request, Response

from sandbox.limits import Caller, Leave, Rule
from sandbox.xero.consents import Consents
from sandbox.xero.organisation import Organisation
from sandbox.xero.replies import too_many

# how Xero spells the app's limit in X-Rate-Limit-Problem nobody has written down
CONCURRENT, MINUTE, DAY, APP = "concurrent", "minute", "day", "appminute"
RULES = (
    Rule(CONCURRENT, 5, 0.0, "line"),
    Rule(MINUTE, 60, 60.0, "line"),
    Rule(DAY, 5000, 86_400.0, "line"),
    Rule(APP, 10_000, 60.0, "app"),
)
TOLD = {DAY: "X-DayLimit-Remaining", MINUTE: "X-MinLimit-Remaining", APP: "X-AppMinLimit-Remaining"}


def caller(request: Request, consents: Consents, organisations: Mapping[str, Organisation]) -> Caller | None:
    """Which app calls for which organisation; None for sign-in, connections, pay pages and strangers."""
    if not request.path.lower().startswith("/api.xro/"):
        return None
    token = consents.token(request.headers.get("Authorization", "").partition(" ")[2])
    if token is None:
        return None
    organisation = organisations.get(token.custom_tenant or request.headers.get("xero-tenant-id", "").lower())
    if organisation is None:
        return None
    keys = {"tenant": organisation.tenant, "app": token.app, "line": f"{token.app}/{organisation.tenant}"}
    return Caller(rules(organisation), keys)


def rules(organisation: Organisation) -> tuple[Rule, ...]:
    """The published rules, with what this organisation's tier allows instead (Starter: 1,000 a day)."""
    if not organisation.allowed:
        return RULES
    return tuple(Rule(one.name, organisation.allowed.get(one.name, one.calls), one.seconds, one.per) for one in RULES)


def refused(leave: Leave) -> Response:
    """429. Only the minute and the day limit say how long to wait."""
    assert leave.over is not None
    wait = math.ceil(leave.retry_after) if leave.over.name in (MINUTE, DAY) else None
    return too_many(leave.over.name, wait)


def told(response: Response, leave: Leave) -> Response:
    """What is left of the day, the minute and the app's minute."""
    for name, header in TOLD.items():
        response.headers[header] = str(leave.remaining[name])
    return response
