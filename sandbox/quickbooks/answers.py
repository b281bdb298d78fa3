"""QuickBooks' answers: its JSON, and the three different shapes in which it says no."""

import math
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from sandbox.quickbooks.payloads import PACIFIC, WRITE

THROTTLED = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="SERVICE"><Error code="3001">'
    "<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
    "<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"
)


def pacific(at: datetime) -> str:
    """The time of an answer, in milliseconds."""
    return at.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def answer(body: dict[str, Any], now: datetime, *, status: int = 200) -> Response:
    """A JSON answer with the server's time and a number for support."""
    written = WRITE.encode(body | {"time": pacific(now)})
    return Response(written, status, headers={"intuit_tid": tid(now)}, content_type="application/json;charset=UTF-8")


def tid(now: datetime) -> str:
    """What support asks for."""
    return f"1-{int(now.timestamp()):x}-sandbox"


def fault(code: str, message: str, now: datetime, *, detail: str = "", status: int = 400) -> Response:
    """The ordinary refusal."""
    error = {"Message": message, "code": code} | ({"Detail": detail} if detail else {})
    kind = "SystemFault" if code == "10000" else "ValidationFault"
    return answer({"Fault": {"Error": [error], "type": kind}}, now, status=status)


def gateway(code: str, message: str, now: datetime, *, detail: str, status: int) -> Response:
    """The gateway's refusal: all lower case, with a time in milliseconds since 1970."""
    body: dict[str, Any] = {
        "warnings": None,
        "intuitObject": None,
        "fault": {
            "error": [{"message": message, "detail": detail, "code": code, "element": None}],
            "type": "AUTHENTICATION" if status == 401 else "SERVICE",
        },
        "queryResponse": None,
        "batchItemResponse": [],
        "cdcresponse": [],
        "time": int(now.timestamp() * 1000),
    }
    return Response(WRITE.encode(body), status, headers={"intuit_tid": tid(now)}, content_type="application/json")


def unauthorised(token: str, now: datetime) -> Response:
    """401, with the refused token in the detail, as the real one has it."""
    message = "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    return gateway("3200", message, now, detail=f"Token expired: {token}", status=401)


def forbidden(now: datetime) -> Response:
    """403: the token is fine, but not for this company or environment."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return gateway("3100", message, now, detail="ApplicationAuthorizationFailed", status=403)


def throttled(now: datetime, *, retry_after: str = "") -> Response:
    """429, as XML whatever was asked for."""
    headers = {"intuit_tid": tid(now)} | ({"Retry-After": retry_after} if retry_after else {})
    return Response(THROTTLED.format(time=pacific(now)), 429, headers=headers, content_type="application/xml")


def blocked(now: datetime, *, until: float) -> Response:
    """The month's allowance is used up; it lasts `until` so many seconds are over."""
    message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    response = gateway("3001", message, now, detail="Monthly CorePlus limit reached", status=429)
    response.headers["Retry-After"] = str(math.ceil(until))
    return response
