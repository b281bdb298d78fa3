"""A mail as the bytes that travel: headers, text, HTML and attachments, put together directly.

The standard library parses every header it is given and every part again when it writes them, which costs more than a
millisecond a mail. Whatever comes here has been made fit for a header already; a line break in one is refused.
"""

import hashlib
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

FOLD_AT = 76
ENCODED_BYTES_MAX = 42
"""So much of a word that is not ASCII goes into one encoded word, which may have 75 characters."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file that goes with the mail. The name is ASCII or not; `kind` is a type such as application/pdf."""

    name: str
    content: bytes
    kind: str = "application/octet-stream"


def mail_bytes(headers: Sequence[tuple[str, str]], text: str, html: str = "", parts: Sequence[Part] = ()) -> bytes:
    """The whole mail with CRLF line ends; equal values give equal bytes. Raises ValueError for a header with a line
    break in it."""
    mark = hashlib.blake2b(f"{headers}{text}{html}".encode(), digest_size=15).hexdigest()
    body = _words("plain", text)
    if html:
        body = _several("alternative", [body, _words("html", html)], f"a{mark}")
    if parts:
        body = _several("mixed", [body, *map(_file, parts)], f"m{mark}")
    head = [_header(name, value) for name, value in headers]
    return "\r\n".join([*head, "MIME-Version: 1.0", ""]).encode() + body


def _header(name: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError(f"the header {name} holds a line break")
    return "\r\n ".join(_folded(f"{name}: {value if value.isascii() else _encoded(value)}"))


def _folded(line: str) -> Iterator[str]:
    """Pieces of at most 76 characters, parted at blanks where there are any, but never right after the name."""
    first = line.index(":") + 2
    while len(line) > FOLD_AT and (at := line.rfind(" ", first, FOLD_AT)) > 0:
        yield line[:at]
        line, first = line[at + 1 :], 1
    yield line


def _encoded(value: str) -> str:
    """Words in RFC 2047's own alphabet, never parting a character."""
    pieces: list[bytes] = [b""]
    for letter in value:
        raw = letter.encode()
        if len(pieces[-1]) + len(raw) > ENCODED_BYTES_MAX:
            pieces.append(b"")
        pieces[-1] += raw
    return " ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in pieces)


def _words(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + b2a_qp(text.encode(), istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _file(part: Part) -> bytes:
    simple = part.name.isascii() and part.name.isprintable() and not {'"', "\\"} & set(part.name)
    name = f'filename="{part.name}"' if simple else f"filename*=utf-8''{quote(part.name, safe='')}"
    head = (
        f"Content-Type: {part.kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {name}\r\n\r\n"
    )
    return head.encode() + encodebytes(part.content).replace(b"\n", b"\r\n")


def _several(kind: str, parts: Sequence[bytes], mark: str) -> bytes:
    edge = f"\r\n--{mark}".encode()
    whole = b"".join(edge + b"\r\n" + part for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\r\n'.encode() + whole + edge + b"--\r\n"
