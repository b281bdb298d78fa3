"""Xero's way of answering: CRLF-indented JSON, escaped dates, the envelope, and the exact bodies of its errors."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from werkzeug.wrappers import Response

_ENCODER = msgspec.json.Encoder(decimal_format="number")
NOT_FOUND = "The resource you're looking for cannot be found"


class Answer(Exception):
    """Leaves the handling of a request at once with this reply."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def json_reply(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Indented with CRLF and with the slashes of dates escaped, as real replies are."""
    text = msgspec.json.format(_ENCODER.encode(payload), indent=2)
    text = text.replace(b"\n", b"\r\n").replace(b'"/Date(', b'"\\/Date(').replace(b')/"', b')\\/"')
    return Response(text, status, headers=dict(headers or {}), content_type="application/json; charset=utf-8")


def envelope(now: datetime, name: str, records: list[Any], paging: dict[str, int] | None = None) -> Response:
    """The usual wrapping of a list; single records come as a list of one."""
    payload: dict[str, Any] = {
        "Id": str(uuid.UUID(int=int(now.timestamp() * 1_000_000), version=4)),
        "Status": "OK",
        "ProviderName": "Duewell Sandbox",
        "DateTimeUTC": f"/Date({int(now.timestamp() * 1000)})/",
    }
    if paging is not None:
        payload["pagination"] = paging
    payload[name] = records
    return json_reply(payload)


def text_reply(text: str, status: int) -> Response:
    """Some of Xero's errors are plain text."""
    return Response(text, status, content_type="text/plain; charset=utf-8")


def not_found() -> Response:
    """404, for a missing record and for a URL that is too long alike."""
    return text_reply(NOT_FOUND, 404)


def problem(status: int, title: str, detail: str) -> Response:
    """The body of 401 and 403."""
    return json_reply(
        {
            "Type": None,
            "Title": title,
            "Status": status,
            "Detail": detail,
            "Instance": "3f0b9a52-2f1b-4b6e-9a52-000000000000",
            "Extensions": {},
        },
        status,
    )


def token_expired(now: datetime) -> Response:
    """401 that a renewal cures."""
    return problem(401, "Unauthorized", f"TokenExpired: token expired at {now:%m/%d/%Y %H:%M:%S}")


def scope_missing() -> Response:
    """401 that no renewal cures: a scope or the user's role is missing."""
    return problem(401, "Unauthorized", "AuthorizationUnsuccessful")


def wrong_tenant() -> Response:
    """403: the organisation is not connected (any more)."""
    return problem(403, "Forbidden", "AuthenticationUnsuccessful")


def bad_query(message: str) -> Response:
    """400 without Elements."""
    return json_reply({"ErrorNumber": 16, "Type": "QueryParseException", "Message": message}, 400)


def invalid(message: str, element: Mapping[str, Any] | None = None) -> Response:
    """400 with the sentence inside Elements."""
    element = {**(element or {}), "ValidationErrors": [{"Message": message}]}
    body = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [element],
    }
    return json_reply(body, 400)


def too_many(kind: str, wait: int | None) -> Response:
    """429. Only the minute and the day limit say how long to wait."""
    headers = {"X-Rate-Limit-Problem": kind}
    if wait is not None:
        headers["Retry-After"] = str(wait)
    return Response("", 429, headers=headers)


def amount(value: Any) -> Decimal:
    """A figure from a control act, exactly."""
    return Decimal(str(value))
