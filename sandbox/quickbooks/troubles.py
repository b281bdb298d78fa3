"""What goes wrong at QuickBooks: the answers it gives then, and records that look as nobody expected."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from sandbox.quickbooks import answers
from sandbox.quickbooks.answers import blocked, fault, forbidden, gateway, tid, unauthorised

TOKEN = "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..sandbox-token"  # noqa: S105 - a play
SOMEBODY = "Priya Weaver"
PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
HTML = {
    502: PAGE.format("502 Bad Gateway"),
    503: PAGE.format("503 Service Unavailable"),
    504: PAGE.format("504 Gateway Time-out"),
}
PLAIN = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
BROKEN_XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SystemFault"><Error code="10000">'
    "<Message>An application error has occurred while processing your request</Message>"
    "<Detail>System Failure Error: java.lang.NullPointerException</Detail></Error></Fault></IntuitResponse>"
)
APPLICATION_ERROR = "An application error has occurred while processing your request"
# What a storm may use: waits are short, nobody has to act, and afterwards the books are what they were.
STORMY = ("429", "429_json", "500", "500_xml", "502", "503", "503_text", "504", "html", "fault_200", "expired")


def _said(text: str, status: int, now: datetime, content_type: str = "text/html") -> Response:
    return Response(text, status, headers={"intuit_tid": tid(now)}, content_type=content_type)


def _throttled_by_the_gateway(now: datetime) -> Response:
    message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    response = gateway("3001", message, now, detail="The request limit was reached.", status=429)
    response.headers["Retry-After"] = "1"
    return response


def _stale(now: datetime) -> Response:
    """Somebody else was quicker; the detail says who, by name."""
    detail = f"Stale Object Error : You and {SOMEBODY} were working on this at the same time."
    return fault("5010", "Stale Object Error", now, detail=detail)


READY: Mapping[str, Callable[[datetime], Response]] = {
    "429": lambda now: answers.throttled(now, retry_after="2"),
    "429_silent": answers.throttled,
    "429_json": _throttled_by_the_gateway,
    "429_day": lambda now: blocked(now, until=86_400.0),
    "429_month": lambda now: blocked(now, until=66_975.0),
    "500": lambda now: fault("10000", APPLICATION_ERROR, now, status=500),
    "500_xml": lambda now: _said(BROKEN_XML, 500, now, "application/xml"),
    "502": lambda now: _said(HTML[502], 502, now),
    "503": lambda now: _said(HTML[503], 503, now),
    "503_text": lambda now: _said(PLAIN, 503, now, "text/plain"),
    "504": lambda now: _said(HTML[504], 504, now),
    "html": lambda now: _said(HTML[503], 200, now),
    "expired": lambda now: unauthorised(TOKEN, now),
    "forbidden": forbidden,
    "fault_200": lambda now: fault("10000", APPLICATION_ERROR, now, status=200),
    "read_only": lambda now: fault("6190", "Invalid Company Status", now, detail="Subscription period has ended"),
    "stale": _stale,
    "lost_rights": lambda now: fault("120", "Authorization Failure", now, status=401),
}
SIGNING_IN: Mapping[str, Callable[[datetime], Response]] = {
    **{kind: READY[kind] for kind in ("429", "429_silent", "502", "503", "503_text", "504", "html")},
    "500": lambda now: _said('{"error":"server_error"}', 500, now, "application/json"),
}


def trouble(kind: str, path: str, now: datetime) -> Response | None:
    """The answer for a fault on demand. The authorisation server knows fewer: no expired tokens, no companies."""
    ready = (READY if path.startswith("/v3/") else SIGNING_IN).get(kind)
    return None if ready is None else ready(now)


# Fields that say nothing of what is owed, and fields without which a record cannot be read at all.
IDLE = ("CustomerMemo", "SalesTermRef", "TxnTaxDetail", "PrintOnCheckName", "DepositToAccountRef", "domain")
VITAL = ("TotalAmt", "MetaData")
WORDS = {"PrintStatus": "PrintedByOwl", "PreferredDeliveryMethod": "Pigeon"}
NOVEL: Mapping[str, Any] = {
    "AllowOnlineAffirmPayment": False,
    "TxnRetainageDetail": {"RetainagePercent": 0, "Notes": None},
    "TaxTags": [{"Id": "7"}, []],
}


def twist(kind: str, document: Any, dice: random.Random) -> bool:
    """Garble one record of a good answer; False when it has none, or none that can be garbled so."""
    act = TWISTS.get(kind)
    records = list(_records(document)) if act else []
    dice.shuffle(records)
    return act is not None and any(act(record, dice) for record in records)


def _records(found: Any) -> Iterator[dict[str, Any]]:
    """Whatever has an id and a time of change, and is not the stub of something deleted."""
    if isinstance(found, list):
        for one in found:
            yield from _records(one)
    elif isinstance(found, dict) and "Id" in found and "MetaData" in found:
        if "status" not in found:
            yield found
    elif isinstance(found, dict):
        for one in found.values():
            yield from _records(one)


def _unknown_enum(record: dict[str, Any], dice: random.Random) -> bool:
    """A word that nobody knows, where no money depends on it."""
    known = [name for name in WORDS if name in record]
    if not known:
        return False
    name = dice.choice(known)
    record[name] = WORDS[name]
    return True


def _null_field(record: dict[str, Any], dice: random.Random) -> bool:
    name = dice.choice([name for name in (*IDLE, *VITAL) if name in record])
    record[name] = None
    return True


def _missing_field(record: dict[str, Any], dice: random.Random) -> bool:
    del record[dice.choice([name for name in (*IDLE, *VITAL) if name in record])]
    return True


def _new_field(record: dict[str, Any], dice: random.Random) -> bool:
    name = dice.choice(list(NOVEL))
    record[name] = NOVEL[name]
    return True


def _odd_currency(record: dict[str, Any], dice: random.Random) -> bool:
    if "CurrencyRef" not in record:
        return False
    record["CurrencyRef"] = {"value": dice.choice(("XBT", "DOUBLOON", "US$"))}
    return True


TWISTS: Mapping[str, Callable[[dict[str, Any], random.Random], bool]] = {
    "unknown_enum": _unknown_enum,
    "null_field": _null_field,
    "missing_field": _missing_field,
    "new_field": _new_field,
    "odd_currency": _odd_currency,
}
