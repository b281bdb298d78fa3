"""Reads one mail that came in: an answer, an automatic one, a bounce, or our own user's copy. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import getaddresses
from enum import StrEnum
from html import unescape

NOTE_MAX = 500
HEADER_MAX = 50
MESSAGE_ID = re.compile(r"<([^<>@\s]{1,100})@[^<>@\s]{1,200}>")
PLUS = re.compile(r"[^+@]*\+([a-z0-9]{4,40})@", re.IGNORECASE)
# What may be an invoice's number: at least three letters, one of them a digit.
NUMBER = re.compile(r"(?<![\w-])(?=[\w./-]*\d)[A-Za-z0-9][\w./-]{1,30}[A-Za-z0-9]")
WORDS_OF_NUMBERS = re.compile(
    r"(invoices?|inv|rechnung(?:en)?|re|facturas?|factures?|facturen|factuur|statement|nr|no|n°|#)[\s.:#-]*$", re.I
)
AWAY = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw)\s*:\s*)*(?:out of (?:the )?office|automatic(?:al)? (?:reply|response)|"
    r"auto(?:matic)?[- ]?re(?:ply|sponse)|abwesen|automatische antwort|ich bin .{0,20}nicht im|absence|absent|"
    r"r[ée]ponse automatique|fuera de (?:la )?oficina|respuesta autom[áa]tica|afwezig|automatisch antwoord|"
    r"on (?:annual )?leave|on holiday)",
    re.IGNORECASE,
)
ROBOTS = re.compile(r"^(mailer-daemon|postmaster|noreply|no-reply|donotreply|do-not-reply)@", re.IGNORECASE)
QUOTES = re.compile(
    r"^(?:>|-{5}|On .{5,80} wrote:|Am .{5,80} schrieb|Le .{5,80} a écrit|El .{5,80} escribió|Op .{5,80} schreef)"
)
BREAKS = re.compile(r"(?is)<(style|script).*?</\1>|<br\s*/?>|</p>")
TAGS = re.compile(r"<[^>]*>")


class Sort(StrEnum):
    """What a mail that came in is."""

    REPLY = "reply"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    OURS = "ours"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one mail says and by what it may be known whose it is.

    `keys` are the local parts of the Message-IDs it answers, the nearest first; `plus` the keys in the addresses it
    came to; `numbers` what may be invoice numbers in its subject, and whether the word before says so; `others` whom
    it went to; `failed` the addresses that bounced for good.
    """

    sort: Sort
    id: str
    sender: str
    subject: str
    text: str
    keys: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    numbers: tuple[tuple[str, bool], ...] = ()
    others: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def read(raw: bytes, ours: Collection[str] = ()) -> Heard:
    """What this mail is. `ours` are the addresses our own people and servers write from, in small letters."""
    mail = message_from_bytes(raw, policy=policy.compat32)
    sender = next(iter(_addresses(mail, "From")), "")
    subject = _words(mail, "Subject")
    failed, delayed = _failures(mail)
    return Heard(
        sort=_sort(mail, sender, subject, ours=ours, report=(bool(failed), delayed)),
        id=_words(mail, "Message-ID").strip()[:300],
        sender=sender,
        subject=subject[:200],
        text=_text(raw)[:NOTE_MAX],
        keys=tuple(dict.fromkeys([*_answered(mail), *(_returned(mail) if failed else ())])),
        plus=tuple(dict.fromkeys(_plus_keys(mail))),
        numbers=tuple(_numbers(subject)),
        others=tuple(_addresses(mail, "To", "Cc")),
        failed=failed,
    )


def _sort(mail: Message, sender: str, subject: str, *, ours: Collection[str], report: tuple[bool, bool]) -> Sort:
    bounced, delayed = report
    if bounced:
        return Sort.BOUNCE
    automatic = _automatic(mail, sender, subject)
    if sender in ours:
        # what Duewell itself sent is known already; what our people write by hand is their contact
        return Sort.NOTHING if automatic else Sort.OURS
    if delayed or not sender:
        return Sort.NOTHING
    return Sort.AUTOMATIC if automatic else Sort.REPLY


def _automatic(mail: Message, sender: str, subject: str) -> bool:
    said = _words(mail, "Auto-Submitted").strip().lower()
    if said and said != "no":
        return True
    if any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond")):
        return True
    if _words(mail, "Precedence").strip().lower() in ("auto_reply", "bulk", "junk", "list"):
        return True
    return bool(ROBOTS.match(sender) or AWAY.match(subject))


def _words(mail: Message, name: str) -> str:
    """A header decoded, on one line; whatever nobody can decode is left as it is."""
    from email.header import decode_header, make_header

    raw = mail.get(name)
    if raw is None:
        return ""
    try:
        text = str(make_header(decode_header(str(raw))))
    except (LookupError, ValueError, UnicodeError):
        text = str(raw)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _addresses(mail: Message, *names: str) -> Iterator[str]:
    """Bare addresses in small letters."""
    values = [str(value) for name in names for value in mail.get_all(name, [])[:HEADER_MAX]]
    for _, address in getaddresses(values)[:HEADER_MAX]:
        if "@" in address:
            yield address.strip().lower()


def _answered(mail: Message) -> Iterator[str]:
    """The mail it answers first, then the ones before, nearest first."""
    named = (_words(mail, "In-Reply-To"), *reversed(_words(mail, "References").split()[-HEADER_MAX:]))
    for words in named:
        yield from MESSAGE_ID.findall(words)


def _plus_keys(mail: Message) -> Iterator[str]:
    for address in _addresses(mail, "To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"):
        if found := PLUS.match(address):
            yield found.group(1).lower()


def _numbers(subject: str) -> Iterator[tuple[str, bool]]:
    for found in NUMBER.finditer(subject):
        yield found.group(), bool(WORDS_OF_NUMBERS.search(subject[: found.start()]))


# --- reports of mail that could not be delivered --------------------------------------------------------------------


def _failures(mail: Message) -> tuple[tuple[str, ...], bool]:
    """The addresses that failed for good, and whether it is a report that says nothing of the kind."""
    if mail.get_content_type() != "multipart/report":
        return (), False
    failed: list[str] = []
    reports = 0
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            reports += 1
            failed += [address for block in _blocks(part) if (address := _failed(block))]
    return tuple(dict.fromkeys(failed)), reports > 0 and not failed


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _failed(block: Message) -> str:
    """The address a block says failed for good; a delay and a trouble that may pass are none."""
    status = _words(block, "Status").strip()
    action = _words(block, "Action").strip().lower()
    if not status.startswith("5") or action not in ("failed", ""):
        return ""
    told = _words(block, "Original-Recipient") or _words(block, "Final-Recipient")
    address = told.rpartition(";")[2].strip().strip("<>").lower()
    return address if "@" in address else ""


def _returned(mail: Message) -> Iterator[str]:
    """The Message-ID of what is sent back, from the headers that come with the report."""
    for part in mail.walk():
        if part.get_content_type() == "text/rfc822-headers":
            yield from MESSAGE_ID.findall(_message_id_line(part))
        elif part.get_content_type() == "message/rfc822":
            for inner in _blocks(part):
                yield from MESSAGE_ID.findall(_words(inner, "Message-ID"))


def _message_id_line(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = content.decode("ascii", "replace") if isinstance(content, bytes) else ""
    found = re.search(r"^Message-ID:\s*(<[^>]*>)", text, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else ""


# --- what it says ---------------------------------------------------------------------------------------------------


def _text(raw: bytes) -> str:
    """What they wrote themselves, without what they quote."""
    mail = message_from_bytes(raw, policy=policy.default)
    try:
        body = mail.get_body(("plain", "html")) if isinstance(mail, EmailMessage) else None
        content = str(body.get_content()) if body is not None else ""
    except (LookupError, ValueError, KeyError, AttributeError):
        return ""
    if body is not None and body.get_content_subtype() == "html":
        content = unescape(TAGS.sub(" ", BREAKS.sub("\n", content)))
    return "\n".join(_own_lines(content)).strip()


def _own_lines(content: str) -> Iterator[str]:
    for line in content.splitlines():
        clean = "".join(letter for letter in line if letter.isprintable() or letter == "\t").strip()
        if QUOTES.match(clean):
            return
        yield clean
