"""Puts a parcel into a mail as it leaves: headers that thread and cannot be smuggled into, text, HTML, attachments.

The plain `Message` takes what it is given; `EmailMessage` reads every header again, which takes ten times as long as
all the rest. What goes into a header is therefore made fit here, before.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.header import Header
from email.message import Message
from email.policy import Compat32
from email.utils import format_datetime, formataddr
from html import escape
from typing import TYPE_CHECKING, Any

import idna

from collector.channels.port import Attachment, Parcel, WrongAddress, plain, smuggles
from collector.wording.writing import one_line
from integrations.errors import Refused

if TYPE_CHECKING:
    from collector.channels.smtp import Postbox

MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(?:\.{LABEL})+")
KIND = re.compile(r"[^A-Za-z0-9./+-]")
REPLY_KEY = re.compile(r"[a-z0-9]{1,40}")
MAILTO = re.compile(r"mailto:[^\s<>,]+@[^\s<>,]+|https://[^\s<>,]+")
EARLIER_MAX = 20
LINE_MAX = 78
# Base64 makes four bytes of three, and a line break of every 76.
GROWS = 78 / 57
TOO_BIG: Mapping[str, tuple[str, str]] = {
    "en": ("{name} is too large to be attached; it is here: {link}", "{name} is too large to be attached; {ask}"),
    "de": ("{name} ist zu groß für einen Anhang und liegt hier: {link}", "{name} ist zu groß für einen Anhang; {ask}"),
    "fr": ("{name} est trop volumineux pour être joint ; le voici : {link}", "{name} est trop volumineux ; {ask}"),
    "es": ("{name} es demasiado grande para adjuntarlo; está aquí: {link}", "{name} es demasiado grande; {ask}"),
    "nl": ("{name} is te groot om mee te sturen en staat hier: {link}", "{name} is te groot om mee te sturen; {ask}"),
}
ASK = {
    "en": "reply to this message and we will send it another way.",
    "de": "antworten Sie auf diese Nachricht, dann schicken wir es auf anderem Weg.",
    "fr": "répondez à ce message et nous trouverons une autre voie.",
    "es": "responda a este mensaje y se lo enviaremos de otra forma.",
    "nl": "beantwoord dit bericht en wij sturen het op een andere manier.",
}


def compose_parcel(parcel: Parcel, postbox: "Postbox", *, key: str, now: datetime) -> Message:
    """The mail as it leaves. Its Message-ID is made of the key, so a repeat is the same mail.

    Raises Refused when an address, or anything else that is no mere words, holds what does not belong into a header.
    """
    whole = fitting(parcel, postbox.attachments_max_bytes)
    mail = Message()
    mail["Subject"] = _worded("Subject", whole.subject)
    mail["From"] = mailbox(postbox.sender_name, postbox.sender_address)
    mail["To"] = ", ".join(mailbox(name, address) for name, address in whole.to)
    if whole.copies:
        mail["Cc"] = ", ".join(mailbox(name, address) for name, address in whole.copies)
    if answers := answer_address(postbox, whole.reply_key):
        mail["Reply-To"] = mailbox("", answers)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(key, postbox.sender_address)
    mail["Auto-Submitted"] = "auto-generated"
    _thread(mail, whole.earlier)
    _offer_unsubscribing(mail, whole.unsubscribe)
    mail["MIME-Version"] = "1.0"
    _fill(mail, whole, key)
    return mail


def _fill(mail: Message, parcel: Parcel, key: str) -> None:
    """The text, beside the page where there is one, before the attachments where there are any."""
    said = [_part(parcel.text, "plain"), *([_part(inlined(parcel.html), "html")] if parcel.html else [])]
    if not parcel.attachments:
        _hold(mail, "alternative", said, f"=_{key}_a")
        return
    inner = Message()
    _hold(inner, "alternative", said, f"=_{key}_a")
    _hold(mail, "mixed", [inner, *map(_attached, parcel.attachments)], f"=_{key}_m")


def _hold(mail: Message, kind: str, parts: Sequence[Message], boundary: str) -> None:
    """The boundary cannot stand in a part: those are in letters that hold no `=_`."""
    mail["Content-Type"] = f'multipart/{kind}; boundary="{boundary}"'
    mail.set_payload([*parts])


def _part(words: str, kind: str) -> Message:
    part = Message()
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp("\n".join(words.splitlines()).encode() + b"\n").decode())
    return part


def _attached(one: Attachment) -> Message:
    part = Message()
    part["Content-Type"] = KIND.sub("", one.kind) or "application/octet-stream"
    part["Content-Transfer-Encoding"] = "base64"
    part.add_header("Content-Disposition", "attachment", filename=_for_header(file_name(one.name)))
    part.set_payload(base64.encodebytes(one.content).decode())
    return part


def _for_header(name: str) -> str | tuple[str, str, str]:
    return name if name.isascii() else ("utf-8", "", name)


def _worded(header: str, words: str) -> str:
    """Words in any letters, as a header takes them."""
    line = one_line(words)
    return line if line.isascii() else Header(line, "utf-8", header_name=header).encode()


class _AsItIs(Compat32):
    """Headers are fit to be sent already; only those with a long line are folded."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        lines = f"{name}: {value}".splitlines()
        if any(len(line) > LINE_MAX for line in lines):
            return super().fold_binary(name, value)
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def written(mail: Message) -> bytes:
    """The mail as it goes over the line."""
    return mail.as_bytes(policy=_AsItIs(linesep="\r\n"))


def message_id(key: str, sender_address: str) -> str:
    """The permanent name of the mail of this key."""
    return f"<{plain('the key', key)}@{sender_address.rpartition('@')[2]}>"


def mailbox(name: str, address: str) -> str:
    """A name, made fit for a header, and its address, which is right or refused."""
    return formataddr((one_line(name), sendable(address)))


def sendable(address: str) -> str:
    """The address in letters that every mail server takes. Raises WrongAddress, without naming it."""
    local, at, domain = plain("an e-mail address", address).strip().rpartition("@")
    if not at or not LOCAL.fullmatch(local):
        raise WrongAddress("an e-mail address is not one that mail can be sent to; correct it", address=address)
    if HOST.fullmatch(domain):
        return f"{local}@{domain.lower()}"
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        said = "an e-mail address ends in a domain that cannot exist; correct it"
        raise WrongAddress(said, address=address) from None


def answer_address(postbox: "Postbox", reply_key: str) -> str:
    """Where answers go: an address of the customer's own where the mailbox takes +keys, else the common one."""
    home = postbox.reply_to or (postbox.sender_address if postbox.reply_plus else "")
    if not postbox.reply_plus or not reply_key:
        return home
    if not REPLY_KEY.fullmatch(reply_key):
        raise Refused("the key of an answer address may hold small letters and digits only")
    local, _, domain = home.rpartition("@")
    return f"{local}+{reply_key}@{domain}"


def _thread(mail: Message, earlier: Sequence[str]) -> None:
    """A follow-up stands below what went before. Ids we cannot read are left out rather than refused."""
    known = [one for one in earlier if MESSAGE_ID.fullmatch(one) and not smuggles(one)][-EARLIER_MAX:]
    if known:
        mail["In-Reply-To"] = known[-1]
        mail["References"] = " ".join(known)


def _offer_unsubscribing(mail: Message, address: str) -> None:
    if not address:
        return
    if not MAILTO.fullmatch(plain("the unsubscribe address", address)):
        raise Refused("the unsubscribe address must begin with https:// or mailto:")
    mail["List-Unsubscribe"] = f"<{address}>"
    if address.startswith("https:"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def inlined(html: str) -> str:
    """With its styles where mail programs look for them. A page without a style sheet is already as it should be."""
    if "<style" not in html:
        return html
    import css_inline

    return css_inline.inline(html, load_remote_stylesheets=False)


def file_name(name: str) -> str:
    """A name every mail program and disk can take."""
    fit = one_line(re.sub(r'[\\/:*?"<>|]+', "-", name)).strip(". ")
    return fit[:120] or "attachment"


def fitting(parcel: Parcel, bytes_max: int) -> Parcel:
    """With only the attachments that fit, first come first; of the others the text says where they can be had."""
    kept: list[Attachment] = []
    left: list[Attachment] = []
    size = 0.0
    for one in parcel.attachments:
        grown = len(one.content) * GROWS
        fits = size + grown <= bytes_max
        size += grown if fits else 0
        (kept if fits else left).append(one)
    if not left:
        return parcel
    said = [_instead(one, parcel.language) for one in left]
    text = parcel.text.rstrip("\n") + "\n\n" + "\n".join(said) + "\n"
    return replace(parcel, attachments=tuple(kept), text=text, html=_with(parcel.html, said))


def _instead(one: Attachment, language: str) -> str:
    code = language[:2].lower()
    linked, asked = TOO_BIG.get(code, TOO_BIG["en"])
    words = linked if one.link else asked
    return words.format(name=file_name(one.name), link=one.link, ask=ASK.get(code, ASK["en"]))


def _with(html: str, said: Sequence[str]) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in said)
    before, end, after = html.rpartition("</body>")
    return f"{before}{lines}{end}{after}" if end else html and html + lines
