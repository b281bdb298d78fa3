"""Reads a mailbox by IMAP: only looks, never marks, moves or deletes. Each mail is handed on once, oldest first."""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from collector.channels.smtp import LOOPBACK, xoauth2
from integrations.errors import IntegrationError, Refused, TryLater

BYTES_MAX = 262_144
AT_ONCE = 200
UID = re.compile(rb"\bUID (\d+)")


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where answers arrive. `security` is "tls", "starttls" or "none"; `token` signs in instead of the password."""

    host: str
    port: int
    user: str
    security: str = "tls"
    password: str = field(default="", repr=False)
    folder: str = "INBOX"
    token: Callable[[], str] | None = field(default=None, repr=False)
    timeout: float = 30.0
    section: str = "[mailbox]"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a folder has been read: its UIDVALIDITY, and the last UID. A first look begins at the present end."""

    validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"

    @classmethod
    def of(cls, text: str) -> "Place | None":
        """As written by `str`; None for anything else."""
        validity, _, uid = text.partition(":")
        return cls(int(validity), int(uid)) if validity.isdigit() and uid.isdigit() else None


@dataclass(frozen=True, slots=True)
class Fresh:
    """Mails that came since, with the place behind each; `end` is the place behind all that was looked at.

    `again` says that the folder was numbered anew, so that some of them may have been seen before.
    """

    mails: tuple[tuple[Place, bytes], ...]
    end: Place
    again: bool = False


def fetch(box: Letterbox, since: Place | None) -> Fresh:
    """Up to two hundred mails that came after `since`, without touching them.

    Raises TryLater when the server is out of reach, Refused when it does not let us in or has no such folder.
    """
    with _signed_in(box) as server:
        validity, coming = _look_into(server, box)
        if since is None:
            return Fresh((), Place(validity, max(coming - 1, 0)))
        again = since.validity != validity
        first = max(coming - AT_ONCE, 1) if again else since.uid + 1
        uids = _after(server, first)[:AT_ONCE]
        mails = tuple((Place(validity, uid), raw) for uid, raw in _fetched(server, uids))
        end = Place(validity, uids[-1] if uids else max(first, coming) - 1)
        return Fresh(mails, end, again)


@contextmanager
def _signed_in(box: Letterbox) -> Iterator[imaplib.IMAP4]:
    token = box.token() if box.token else ""
    server: imaplib.IMAP4 | None = None
    try:
        server = _line(box)
        _sign_in(server, box, token)
        yield server
    except IntegrationError:
        raise
    except ssl.SSLCertVerificationError:
        raise TryLater(f"the mailbox's certificate is not valid for {box.host}") from None
    except (OSError, imaplib.IMAP4.error) as error:
        raise TryLater(f"the mailbox cannot be read ({type(error).__name__})") from None
    finally:
        if server is not None:
            _leave(server)


def _leave(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        server.shutdown()


def _line(box: Letterbox) -> imaplib.IMAP4:
    if box.security == "tls":
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=ssl.create_default_context(), timeout=box.timeout)
    if box.security == "none" and box.host not in LOOPBACK:
        raise Refused(f"the mailbox's password would travel in the open; set security in {box.section} to tls")
    server = imaplib.IMAP4(box.host, box.port, timeout=box.timeout)
    if box.security == "starttls":
        server.starttls(ssl.create_default_context())
    return server


def _sign_in(server: imaplib.IMAP4, box: Letterbox, token: str) -> None:
    try:
        if token:
            first = iter([xoauth2(box.user, token).encode()])
            server.authenticate("XOAUTH2", lambda _: next(first, b""))
        else:
            server.login(box.user, box.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        name = "oauth_refresh_token" if token else "password"
        raise Refused(f"the mailbox does not let us in; correct user and {name} in {box.section}") from None


def _look_into(server: imaplib.IMAP4, box: Letterbox) -> tuple[int, int]:
    """The folder's UIDVALIDITY and the UID that comes next. EXAMINE: nothing can be changed by accident."""
    quoted = '"' + box.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    answer, _ = server.select(quoted, readonly=True)
    if answer != "OK":
        raise Refused(f"the mailbox has no folder {box.folder!r}; correct folder in {box.section}")
    return _number(server, "UIDVALIDITY"), _number(server, "UIDNEXT")


def _number(server: imaplib.IMAP4, name: str) -> int:
    _, told = server.response(name)
    found = told[0] if told else None
    if not isinstance(found, bytes) or not found.isdigit():
        raise TryLater(f"the mailbox does not tell its {name}")
    return int(found)


def _after(server: imaplib.IMAP4, first: int) -> list[int]:
    """The UIDs from `first` on. A range that ends in * names the last mail even when it lies before."""
    answer, told = server.uid("SEARCH", f"UID {first}:*")
    if answer != "OK":
        raise TryLater("the mailbox cannot be searched")
    found = [int(word) for line in told if isinstance(line, bytes) for word in line.split() if word.isdigit()]
    return sorted(uid for uid in set(found) if uid >= first)


def _fetched(server: imaplib.IMAP4, uids: list[int]) -> Iterator[tuple[int, bytes]]:
    """Each mail's beginning, one call each, so that a huge one cannot take the others with it."""
    for uid in uids:
        answer, told = server.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{BYTES_MAX}>)")
        if answer != "OK":
            raise TryLater("the mailbox did not give out a mail")
        for part in told:
            if isinstance(part, tuple) and (found := UID.search(part[0])) and int(found.group(1)) == uid:
                yield uid, part[1]
