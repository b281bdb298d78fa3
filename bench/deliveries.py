"""Distinct webhook deliveries of about 3.4 kB, each signed as its platform signs, as HTTP requests ready to be sent."""

import base64
import hashlib
import hmac
import json
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BYTES = 3_400
LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery: where, its headers, its bytes, and how the inbox will know it."""

    path: str
    headers: str
    body: bytes
    dedupe: str

    def request(self, host: str) -> bytes:
        """The whole HTTP request."""
        head = f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(self.body)}\r\n{self.headers}\r\n"
        return head.encode() + self.body


def deliveries(platform: str, secret: str, connection: str, *, count: int) -> list[Delivered]:
    """So many, to the connection's own address or to the app's."""
    path = f"/webhooks/{platform}" + (f"/{connection}" if connection else "")
    sign, body_of = {"stripe": (_stripe, _event), "xero": (_xero, _thin), "quickbooks": (_intuit, _cloud)}[platform]
    found = []
    for number in range(count):
        body = json.dumps(body_of(number)).encode()
        headers = f"Content-Type: application/json\r\n{sign(body, secret)}\r\n"
        found.append(Delivered(path, headers, body, f"{platform}/{connection}/{hashlib.sha256(body).hexdigest()}"))
    return found


def write_requests(file: Path, host: str, wanted: Sequence[Delivered]) -> None:
    """All of them, each behind its length."""
    with file.open("wb") as out:
        for one in wanted:
            request = one.request(host)
            out.write(LENGTH.pack(len(request)))
            out.write(request)


def read_requests(file: Path) -> Iterator[bytes]:
    """As they were written."""
    data, at = file.read_bytes(), 0
    while at < len(data):
        (size,) = LENGTH.unpack_from(data, at)
        at += LENGTH.size
        yield data[at : at + size]
        at += size


def _stripe(body: bytes, secret: str) -> str:
    at = int(time.time())
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"Stripe-Signature: t={at},v1={made}"


def _xero(body: bytes, secret: str) -> str:
    return f"x-xero-signature: {_in_base64(body, secret)}"


def _intuit(body: bytes, secret: str) -> str:
    return f"intuit-signature: {_in_base64(body, secret)}"


def _in_base64(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _event(number: int) -> dict[str, Any]:
    """A snapshot event with an invoice of the usual size inside."""
    invoice = {"id": f"in_{number:024d}", "object": "invoice", "status": "open", "lines": ["x" * 40] * 70}
    told = {"id": f"evt_{number:024d}", "object": "event", "type": "invoice.updated", "created": 1_773_160_000}
    return {**told, "livemode": False, "api_version": "2026-01-28", "data": {"object": invoice}}


def _thin(number: int) -> dict[str, Any]:
    """Ten thin events."""
    id = f"00000000-0000-4000-8000-{number:012d}"
    event = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{id}",
        "resourceId": id,
        "eventDateUtc": "2026-03-10T16:31:00.000",
        "eventType": "UPDATE",
        "eventCategory": "INVOICE",
        "tenantId": "00000000-0000-4000-8000-000000000001",
        "tenantType": "ORGANISATION",
    }
    return {"events": [event] * 10, "firstEventSequence": number, "lastEventSequence": number + 9}


def _cloud(number: int) -> list[dict[str, Any]]:
    """Ten CloudEvents."""
    event = {
        "specversion": "1.0",
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": "qbo.invoice.updated.v1",
        "time": "2026-03-10T16:31:00.123456789Z",
        "intuitentityid": str(number),
        "intuitaccountid": "9341450000000000",
        "data": {},
    }
    return [event] * 10
