"""QuickBooks' limits as Intuit publishes them, what a call is billed as, and how it says that there were too many."""

import re
from datetime import datetime

from werkzeug.wrappers import Request, Response

from sandbox.limits import Caller, Leave, Rule
from sandbox.quickbooks import answers
from sandbox.quickbooks.consent import CLIENT_ID

COMPANY = re.compile(r"/v3/company/(\d+)/(.*)")
MONTH = Rule("month", 500_000, 31 * 86_400.0, "app")
RULES = (
    Rule("second", 10, 1.0, "account"),
    Rule("minute", 500, 60.0, "tenant"),
    Rule("all", 800, 60.0, "account"),
)
BATCHES = (Rule("batch", 40, 60.0, "account"), Rule("batches", 120, 60.0, "tenant"))
READ, WRITTEN = "CorePlus", "Core"


def caller(request: Request) -> Caller | None:
    """The company alone is the tenant; company and app together stand under `account`. Only reads are billed, and
    only they use up the month that the free tier has."""
    found = COMPANY.match(request.path)
    if found is None:
        return None
    realm, what = found.groups()
    reading = request.method == "GET" or what in ("query", "batch")
    rules = (*RULES, *(BATCHES if what == "batch" else ()), *((MONTH,) if reading else ()))
    keys = {"tenant": realm, "app": CLIENT_ID, "account": f"{realm}/{CLIENT_ID}"}
    return Caller(rules, keys, READ if reading else WRITTEN)


def too_many(leave: Leave, now: datetime) -> Response:
    """XML without a word about when, or the gateway's JSON for the month."""
    if leave.over is not None and leave.over.name == MONTH.name:
        return answers.blocked(now, until=leave.retry_after)
    return answers.throttled(now)
