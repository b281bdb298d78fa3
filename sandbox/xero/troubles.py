"""What goes wrong at Xero: its own answers for a trouble, and how a good answer may be garbled."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from sandbox.xero.replies import json_reply, scope_missing, text_reply, token_expired, too_many, wrong_tenant

API, SIGN_IN = "/api.xro/", "/connect/"
OFFLINE = "The Xero API is currently offline for maintenance"
BUSY = "The Xero API is temporarily unavailable"
SORRY = "<html><body><h1>We'll be right back</h1></body></html>"
GATEWAY = "<HTML><HEAD><TITLE>Bad Gateway</TITLE></HEAD><BODY><H1>Bad Gateway</H1>Reference #102.1a2b3c</BODY></HTML>"
BROKEN = {"ErrorNumber": 500, "Type": "InternalException", "Message": "An error occurred"}
BETWEEN_EXPIRIES = timedelta(minutes=2)
# without what a record cannot be understood, and what nobody misses
VITAL = {
    "Invoices": ("Total", "AmountDue", "CurrencyCode", "UpdatedDateUTC", "Contact"),
    "CreditNotes": ("Total", "RemainingCredit", "CurrencyCode", "UpdatedDateUTC"),
    "Prepayments": ("Total", "RemainingCredit", "CurrencyCode", "UpdatedDateUTC"),
    "Overpayments": ("Total", "RemainingCredit", "CurrencyCode", "UpdatedDateUTC"),
    "Payments": ("Amount", "UpdatedDateUTC"),
    "Contacts": ("UpdatedDateUTC",),
}
IDLE = {
    "Invoices": ("LineAmountTypes", "SubTotal", "CurrencyRate"),
    "CreditNotes": ("LineAmountTypes", "SubTotal", "CurrencyRate"),
    "Prepayments": ("LineAmountTypes", "SubTotal", "CurrencyRate"),
    "Overpayments": ("LineAmountTypes", "SubTotal", "CurrencyRate"),
    "Payments": ("BankAmount", "CurrencyRate"),
    "Contacts": ("BankAccountDetails", "IsSupplier"),
}
Reply = Callable[[], Response]
Record = dict[str, Any]


class Troubles:
    """Answers for faults. `now` is the platform's own time, `end_tokens` makes every access token be over."""

    # a day's limit, a lost permission and a lost organisation outlast any storm: those are for tests on demand
    STORM = (
        "429", "429_concurrent", "429_app", "500", "502", "503", "503_busy", "html", "expired_once",
        "unknown_enum", "null_field", "missing_field", "new_field", "odd_currency",
    )  # fmt: skip

    def __init__(self, now: Callable[[], datetime], end_tokens: Callable[[], object]) -> None:
        self._now = now
        self._end_tokens = end_tokens
        self._expired_at: datetime | None = None
        self._anywhere: dict[str, Reply] = {
            "429": lambda: too_many("minute", 7),
            "429_day": lambda: too_many("day", 66975),
            "429_concurrent": lambda: too_many("concurrent", None),
            "429_app": lambda: too_many("appminute", None),
            "500": lambda: json_reply(BROKEN, 500),
            "502": lambda: _html(GATEWAY, 502),
            "503": lambda: text_reply(OFFLINE, 503),
            "503_busy": lambda: text_reply(BUSY, 503),
            "html": lambda: _html(SORRY, 200),
        }
        self._api: dict[str, Reply] = {
            "expired": lambda: token_expired(self._now()),
            "scope": scope_missing,
            "tenant": wrong_tenant,
        }

    def answer(self, kind: str, path: str) -> Response | None:
        """Xero's own answer, or None where the path has none of that kind. Pay pages and consent have no troubles."""
        api = path.lower().startswith(API)
        if kind == "expired_once" and api:
            return self._expire()
        found = self._anywhere.get(kind) if api or path.startswith((SIGN_IN, "/connections")) else None
        found = found or (self._api.get(kind) if api else None)
        return found() if found else None

    def _expire(self) -> Response | None:
        """Tokens die early now and then, but never the one that was got because of it."""
        now = self._now()
        if self._expired_at is not None and now - self._expired_at < BETWEEN_EXPIRIES:
            return None
        self._expired_at = now
        self._end_tokens()
        return token_expired(now)


def _html(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/html; charset=utf-8")


def twist(kind: str, document: Any, dice: random.Random) -> bool:
    """Garble one record of a reply: its meaning stays, or nobody can read it any more."""
    act = TWISTS.get(kind)
    name = next((one for one in VITAL if isinstance(document, dict) and document.get(one)), "")
    if act is None or not name:
        return False
    record: Record = dice.choice(document[name])
    return act(record, name, dice)


def _unknown_word(record: Record, name: str, dice: random.Random) -> bool:
    """A word of a list that only bookkeepers read; money and standing keep theirs."""
    del name, dice
    if "LineAmountTypes" in record:
        record["LineAmountTypes"] = "Intergalactic"
    elif record.get("Phones"):
        record["Phones"][0]["PhoneType"] = "PIGEON"
    else:
        return False
    return True


def _null(record: Record, name: str, dice: random.Random) -> bool:
    record[dice.choice(VITAL[name] + IDLE[name])] = None
    return True


def _missing(record: Record, name: str, dice: random.Random) -> bool:
    return record.pop(dice.choice(VITAL[name] + IDLE[name]), None) is not None


def _new(record: Record, name: str, dice: random.Random) -> bool:
    del name
    record["Aurora"] = {"Hue": dice.randrange(360), "Bands": [None, {"Green": True}]}
    return True


def _strange_money(record: Record, name: str, dice: random.Random) -> bool:
    del dice
    holder = record.get("Invoice") if name == "Payments" else record
    if not isinstance(holder, dict) or "CurrencyCode" not in holder:
        return False
    holder["CurrencyCode"] = "ZZZ"
    return True


TWISTS: dict[str, Callable[[Record, str, random.Random], bool]] = {
    "unknown_enum": _unknown_word,
    "null_field": _null,
    "missing_field": _missing,
    "new_field": _new,
    "odd_currency": _strange_money,
}
