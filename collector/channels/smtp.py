"""Our own mail, by SMTP. A reply lost after the text was handed over is ambiguous, and said to be so."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from typing import Any

from collector.channels.composing import compose_parcel, sendable, written
from collector.channels.port import Parcel, WrongAddress
from collector.wording.writing import Letter
from integrations.contract import Lookup, Receipt
from integrations.errors import IntegrationError, Refused, TryLater

ATTACHMENTS_MAX_BYTES = 10_000_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SIGN_IN_LATER = range(400, 500)


@dataclass(frozen=True, slots=True)
class Postbox:
    """Where our mail goes out, and in whose name. `security` is "none", "starttls" or "tls".

    `token` gives an access token to sign in with instead of the password (XOAUTH2); it may raise TryLater or Refused.
    `section` is where a person mends it in the configuration. With `reply_plus` every customer answers to an address
    of their own, accounts+KEY@example.com.
    """

    host: str
    port: int
    sender_name: str
    sender_address: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    reply_to: str = ""
    timeout: float = 30.0
    token: Callable[[], str] | None = field(default=None, repr=False)
    reply_plus: bool = False
    attachments_max_bytes: int = ATTACHMENTS_MAX_BYTES
    section: str = "[mail]"


@dataclass(frozen=True, slots=True)
class MailCarrier:
    """The port's mail: one server."""

    postbox: Postbox

    def deliver(self, parcel: Parcel, *, key: str, now: datetime) -> Receipt:
        """Compose and hand over; the receipt is the Message-ID. Raises what `post` raises."""
        mail = compose_parcel(parcel, self.postbox, key=key, now=now)
        return post(mail, self.postbox, recipients=list(parcel.addresses))

    def found(self, key: str, since: datetime, *, to: Sequence[str] = ()) -> Receipt | Lookup:
        """Mail has nobody to ask: a server that fell silent after the text may have taken it."""
        del key, since, to
        return Lookup.CANNOT_TELL


def compose(letter: Letter, postbox: Postbox, *, to: list[tuple[str, str]], key: str, now: datetime) -> Message:
    """A letter alone as a mail; `to` holds (name, address)."""
    parcel = Parcel(debtor="", to=tuple(to), subject=letter.subject, text=letter.text, html=letter.html)
    return compose_parcel(parcel, postbox, key=key, now=now)


def post(mail: Message, postbox: Postbox, *, recipients: list[str]) -> Receipt:
    """Hand the mail to the server.

    Raises Refused when the server says no for good (WrongAddress when it knows no such mailbox), TryLater when it may
    work later; with `may_have_acted` when the text was sent and no answer came.
    """
    addresses = [sendable(one) for one in recipients]
    token = postbox.token() if postbox.token else ""
    server = _connect(postbox, token)
    try:
        _envelope(server, postbox, addresses)
        _text(server, mail)
    finally:
        server.close()
    return Receipt(id=str(mail["Message-ID"]))


def _connect(postbox: Postbox, token: str) -> smtplib.SMTP:
    """A line, protected as asked and signed in. Nothing was sent when this raises."""
    try:
        return _signed_in(_line(postbox), postbox, token)
    except IntegrationError:
        raise
    except ssl.SSLCertVerificationError:
        raise TryLater(f"the mail server's certificate is not valid for {postbox.host}") from None
    except smtplib.SMTPNotSupportedError:
        raise Refused(f"the mail server offers no STARTTLS or sign-in; see security in {postbox.section}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise TryLater(f"the mail server cannot be reached ({type(error).__name__})") from None


def _line(postbox: Postbox) -> smtplib.SMTP:
    where = (postbox.host, postbox.port)
    if postbox.security == "none":
        return smtplib.SMTP(*where, timeout=postbox.timeout)
    context = ssl.create_default_context()
    if postbox.security == "tls":
        return smtplib.SMTP_SSL(*where, timeout=postbox.timeout, context=context)
    server = smtplib.SMTP(*where, timeout=postbox.timeout)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _signed_in(server: smtplib.SMTP, postbox: Postbox, token: str) -> smtplib.SMTP:
    """A password never travels in the open, but for a server on this machine."""
    if postbox.security == "none" and postbox.host not in LOOPBACK:
        return server
    try:
        if token:
            server.ehlo_or_helo_if_needed()
            server.auth("XOAUTH2", _xoauth2(postbox.user or postbox.sender_address, token))
        elif postbox.user:
            server.login(postbox.user, postbox.password)
    except smtplib.SMTPAuthenticationError as error:
        server.close()
        _not_let_in(error.smtp_code, postbox, by_token=bool(token))
    except BaseException:
        server.close()
        raise
    return server


def _xoauth2(user: str, token: str) -> Any:
    """The first word holds everything; a challenge after it tells what was wrong, and wants an empty answer."""

    def answer(challenge: bytes | None = None) -> str:
        return xoauth2(user, token) if challenge is None else ""

    return answer


def xoauth2(user: str, token: str) -> str:
    """What Microsoft and Google take in place of a password, for SMTP and IMAP alike."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _not_let_in(code: int, postbox: Postbox, *, by_token: bool) -> None:
    if code in SIGN_IN_LATER:
        raise TryLater(f"the mail server lets nobody sign in just now (code {code})")
    where, name = postbox.section, "oauth_refresh_token" if by_token else "password"
    said = f"the mail server does not let us in (code {code}); correct user and {name} in {where}"
    raise Refused(f"{said}, then send what is parked again")


def _envelope(server: smtplib.SMTP, postbox: Postbox, recipients: list[str]) -> None:
    """Everything up to the text: nothing that fails here was sent."""
    try:
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(sendable(postbox.sender_address)))
        for recipient in recipients:
            _expect(server.rcpt(recipient), recipient)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise TryLater(f"the mail server hung up ({type(error).__name__})") from None


def _text(server: smtplib.SMTP, mail: Message) -> None:
    try:
        answer = server.data(written(mail))
    except smtplib.SMTPDataError as error:
        _expect((error.smtp_code, b""))
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        reason = f"the mail server did not confirm the message ({type(error).__name__})"
        raise TryLater(reason, may_have_acted=True) from None
    else:
        _expect(answer)


def _expect(answer: tuple[int, bytes], recipient: str = "") -> None:
    """Two hundred and something is yes; four hundred is later; five hundred is no. Their words may name people."""
    code, words = answer
    if 200 <= code < 300:
        return
    if 400 <= code < 500:
        raise TryLater(f"the mail server asks to try later (code {code})")
    if recipient and b"5.1." in words:
        raise WrongAddress(f"the mail server knows no such mailbox (code {code})", address=recipient)
    raise Refused(f"the mail server refused the message or an address (code {code})")
