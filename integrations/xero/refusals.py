"""What Xero's error replies mean for the caller: status, headers and body in, one of our errors out."""

import re
from collections.abc import Mapping

import msgspec

from integrations.contract import Clock
from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, TryLater
from integrations.http import retry_after

SENTENCE_MAX = 160
PERSONAL = re.compile(r"[\w.+-]+@[\w.-]+|'[^']*'|\"[^\"]*\"|[\w-]{24,}")


class TokenRefused(Exception):
    """The access token is over; a renewal may cure it. Never leaves this folder."""


class ScopeMissing(Reconnect):
    """The person who connected did not, or may not, give this permission; other calls may well work."""


class _Problem(msgspec.Struct, rename="pascal"):
    detail: str | None = None


class Sentence(msgspec.Struct, rename="pascal"):
    """One validation error."""

    message: str | None = None


class Element(msgspec.Struct, rename="pascal"):
    """A written record as it came back, as far as errors go."""

    has_errors: bool | None = None
    status_attribute_string: str | None = None
    validation_errors: list[Sentence] | None = None


class _Invalid(msgspec.Struct, rename="pascal"):
    message: str | None = None
    elements: list[Element] | None = None


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, clock: Clock, writing: bool
) -> IntegrationError | TokenRefused:
    """The error for a reply that is not 2xx. 401 for a scope and 403 for a tenant are no matter of renewal."""
    if status == 429:
        return _too_many(headers, clock)
    if status == 401:
        return _unauthorised(_detail(body))
    if status == 403:
        return _forbidden(_detail(body))
    if status == 404:
        return NotThere("Xero has no such record")
    if status >= 500:
        return TryLater(f"Xero is not well (HTTP {status})", after=retry_after(headers, clock), may_have_acted=writing)
    return Refused(f"Xero refused (HTTP {status}): {_sentence(body)}")


def _too_many(headers: Mapping[str, str], clock: Clock) -> TryLater:
    """Xero spells the limit in several ways, and only the minute and day limits say how long."""
    told = next((text for name, text in headers.items() if name.lower() == "x-rate-limit-problem"), "").lower()
    which = next((word for word in ("minute", "day", "concurrent", "app") if told.startswith(word)), "a")
    which = "day" if told.startswith("dail") else which
    return TryLater(f"Xero's {which} limit of calls is reached", after=retry_after(headers, clock))


def _unauthorised(detail: str) -> Reconnect | TokenRefused:
    if detail.startswith("AuthorizationUnsuccessful"):
        return ScopeMissing(
            "Xero lets the person who connected not do this: a permission (scope) or their user role is missing; "
            "please connect again as someone who may see and edit sales invoices"
        )
    return TokenRefused(detail[:40])


def _forbidden(detail: str) -> Reconnect | Refused:
    if detail.startswith("AuthenticationUnsuccessful"):
        return Reconnect("this organisation is no longer connected to Duewell in Xero; please connect it again")
    return Refused("Xero does not allow this here (HTTP 403)")


def _detail(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Problem).detail or ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _sentence(body: bytes) -> str:
    """Xero's own validation sentence. The SDK's error text is never used: it holds headers and bodies, and
    raises on a 400 that is not JSON."""
    try:
        problem = msgspec.json.decode(body, type=_Invalid)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "no reason was given"
    return complaint(problem.elements or []) or without_personal(problem.message or "no reason was given")


def complaint(elements: list[Element]) -> str:
    """The first validation sentence of what was written; empty when all is well."""
    for element in elements:
        if element.validation_errors:
            return without_personal(element.validation_errors[0].message or "it was not valid")
        if element.has_errors or element.status_attribute_string == "ERROR":
            return "it was not valid"
    return ""


def without_personal(text: str) -> str:
    """A platform's sentence with names in quotes, e-mail addresses and long ids taken out, cut to size."""
    return PERSONAL.sub("…", text)[:SENTENCE_MAX]
