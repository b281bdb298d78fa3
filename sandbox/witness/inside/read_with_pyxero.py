"""Runs inside pyxero's own environment: reads every list that it knows, page by page, and prints a record a line."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from xero import Xero  # type: ignore[import-not-found]
from xero.auth import OAuth2Credentials  # type: ignore[import-not-found]

LISTS = ("contacts", "invoices", "creditnotes", "overpayments", "prepayments", "payments")
FULL_PAGE = 100
LAG = timedelta(minutes=5)  # two clocks never agree


def pages(manager: Any, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Pages of a hundred until one is not full, as pyxero's documentation shows it."""
    asked = {"since": since} if since else {}
    number = 1
    while True:
        rows = manager.filter(page=number, **asked)
        yield from rows
        if len(rows) < FULL_PAGE:
            return
        number += 1


def say(**message: Any) -> None:
    """A line like a Singer tap's."""
    print(json.dumps(message, default=str))  # noqa: T201 - its output


def opened(keys: dict[str, Any]) -> OAuth2Credentials:
    """Renews the token as pyxero does, and looks for its tenant."""
    token = {"token_type": "Bearer", "expires_in": 0, "expires_at": 0, **keys["token"]}
    credentials = OAuth2Credentials(keys["client_id"], keys["client_secret"], token=token)
    credentials.refresh()
    tenants = {one["tenantId"] for one in credentials.get_tenants()}
    if keys["tenant_id"] not in tenants:
        raise SystemExit("the connection is not among the tenants")
    credentials.tenant_id = keys["tenant_id"]
    return credentials


def main() -> None:
    """Read everything, or what changed since last time."""
    keys = json.loads(os.environ["DUEWELL_WITNESS_KEYS"])
    since = datetime.fromisoformat(keys["since"]) if keys["since"] else None
    began = datetime.now(UTC) - LAG
    credentials = opened(keys)
    xero = Xero(credentials)
    for name in LISTS:
        for record in pages(getattr(xero, name), since):
            say(type="RECORD", stream=name, record=record)
    say(type="STATE", value={"since": began.isoformat(), "token": credentials.token})


main()
