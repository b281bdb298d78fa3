"""The sandbox's control port as the witnesses use it: what is so, and a few changes between two passes."""

import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

ACTS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("pay", {}),
    ("pay", {"amount": 10}),
    ("void", {}),
    ("change_due", {"due_on": "2031-01-31"}),
    ("credit", {"amount": 10}),
    ("delete", {}),
)
WAIT_SECONDS = 60
SETTLE_SECONDS = 2.0  # tap-stripe reads up to the present second, and not of it


def told(address: str) -> Mapping[str, Any]:
    """What the control port says there."""
    with urllib.request.urlopen(address, timeout=WAIT_SECONDS) as answer:  # noqa: S310 - this machine's
        found: Mapping[str, Any] = json.load(answer)
    return found


def live(control: str, platform: str, company: str) -> None:
    """Something happens: invoices are paid, part paid, voided, changed, credited and deleted."""
    invoices = told(f"{control}/truth/{company}")["invoices"].items()
    untouched = [id for id, one in invoices if one["status"] == "open" and 0 < one["open"] == one["total"]]
    for invoice, (name, said) in zip(untouched, ACTS, strict=False):
        body = json.dumps({"business": company, "invoice": invoice, **said}).encode()
        asked = urllib.request.Request(f"{control}/act/{platform}/{name}", body)  # noqa: S310 - this machine's
        urllib.request.urlopen(asked, timeout=WAIT_SECONDS).close()  # noqa: S310 - this machine's
    time.sleep(SETTLE_SECONDS)
