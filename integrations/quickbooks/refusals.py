"""What QuickBooks' ways of saying no mean for the caller: three shapes of fault, and pages that are no JSON at all."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, TryLater

log = structlog.get_logger(__name__)

XML_CODE = re.compile(rb'<Error[^>]*\bcode="(\d{1,6})"')
THROTTLED, GONE, STALE, SYSTEM = "3001", "610", "5010", "10000"
BACK_OFF_SECONDS = 60.0
OK, UNAUTHORISED, FORBIDDEN, TOO_MANY, BROKEN = 200, 401, 403, 429, 500
LOST_RIGHTS = ("120", "3201")
EXPIRED = "3200"
SENTENCES: Mapping[str, str] = {
    "500": "QuickBooks does not offer this operation",
    "2020": "QuickBooks misses something it needs for this, such as an e-mail address on the invoice",
    "2050": "QuickBooks found a text that is too long",
    "3100": "QuickBooks does not let this app into this company: the app's keys belong to another environment, "
    "or the accounting scope is missing",
    "6000": "QuickBooks' own rules forbid this, for instance because the period is closed",
    "6200": "the period is closed in QuickBooks",
    "6140": "QuickBooks already has a document with this number",
    "6190": "the company's QuickBooks subscription has ended or is unpaid: its books can only be read",
    "6210": "QuickBooks already has a document with this number",
    "6240": "QuickBooks already has this name",
}
WORDED = ("6000", "6200", "6210")
"""Refusals by the rules of bookkeeping, which QuickBooks explains better than its codes do."""
PERSONAL = re.compile(r"[\w.+-]+@[\w.-]+|'[^']*'|\"[^\"]*\"|[\w-]{24,}")
WORDS_MAX = 160


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer as far as judging needs it. The body never leaves this file: it may hold a token or a name."""

    status: int
    body: bytes
    after: float | None = None
    tid: str = ""


def refusal(reply: Reply, *, writing: bool) -> IntegrationError:
    """The error for an answer that is not a plain success."""
    codes = tuple(_codes(reply.body))
    log.warning("quickbooks refused", status=reply.status, codes=codes, intuit_tid=reply.tid)
    if reply.status == TOO_MANY or THROTTLED in codes:
        return _throttled(reply)
    if reply.status >= BROKEN or SYSTEM in codes:
        return TryLater(f"QuickBooks has trouble (HTTP {reply.status})", after=reply.after, may_have_acted=writing)
    for code in codes:
        found = _by_code(code, _words(reply.body) if code in WORDED else "")
        if found is not None:
            return found
    return _by_status(reply, codes, writing)


def rights_are_lost(body: bytes) -> bool:
    """Did the person who connected lose their rights? Then a new token changes nothing."""
    return not set(LOST_RIGHTS).isdisjoint(_codes(body))


def _throttled(reply: Reply) -> TryLater:
    """Nothing was done. Without a word about when, QuickBooks asks for a minute."""
    after = BACK_OFF_SECONDS if reply.after is None else reply.after
    return TryLater("QuickBooks asks us to slow down", after=after)


def _by_code(code: str, words: str) -> IntegrationError | None:
    if code in LOST_RIGHTS or code == EXPIRED:
        return Reconnect("QuickBooks no longer lets us into this company; please connect it again")
    if code == GONE:
        return NotThere("QuickBooks does not have this record (any more)")
    if code == STALE:
        return TryLater("somebody changed the record in QuickBooks at the same moment")
    said = f"code {code}: {words}" if words else f"code {code}"
    return Refused(f"{SENTENCES[code]} ({said})") if code in SENTENCES else None


def _by_status(reply: Reply, codes: tuple[str, ...], writing: bool) -> IntegrationError:
    named = f"code {codes[0]}" if codes else f"HTTP {reply.status}"
    if reply.status == UNAUTHORISED:
        return Reconnect("QuickBooks does not accept our access any more; please connect the company again")
    if reply.status == FORBIDDEN:
        return Refused(f"QuickBooks does not allow this app to do that ({named})")
    if codes or OK < reply.status < BROKEN:
        return Refused(f"QuickBooks did not accept our request ({named})")
    return TryLater("QuickBooks answered with something that is not data", after=reply.after, may_have_acted=writing)


def _codes(body: bytes) -> Iterator[str]:
    """The error codes in a body: capitalised JSON, the gateway's lower-case JSON, or XML; none for anything else."""
    if body.lstrip()[:1] == b"<":
        yield from (code.decode().lstrip("0") for code in XML_CODE.findall(body))
        return
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    for error in _listed(_either(_either(said, "fault"), "error")):
        code = str(_either(error, "code") or "").strip().lstrip("0")
        if code.isdecimal():
            yield code


def _words(body: bytes) -> str:
    """What QuickBooks itself says, without what may be a name, an address or a token."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    errors = _listed(_either(_either(said, "fault"), "error"))
    told = next((one for one in errors if isinstance(one, dict)), {})
    return PERSONAL.sub("…", str(_either(told, "detail") or _either(told, "message") or ""))[:WORDS_MAX]


def _either(said: Any, name: str) -> Any:
    """A field in either spelling."""
    return (said.get(name.capitalize()) or said.get(name)) if isinstance(said, dict) else None


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []
