"""Our own mail, by SMTP. A reply lost after the text was handed over is ambiguous, and said to be so."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from collector.wording import Letter, one_line
from integrations.contract import Receipt
from integrations.errors import Refused, TryLater


@dataclass(frozen=True, slots=True)
class Postbox:
    """Where our mail goes out, and in whose name. `security` is "none", "starttls" or "tls"."""

    host: str
    port: int
    sender_name: str
    sender_address: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    reply_to: str = ""
    timeout: float = 30.0


def compose(letter: Letter, postbox: Postbox, *, to: list[tuple[str, str]], key: str, now: datetime) -> EmailMessage:
    """The mail as it leaves; `to` holds (name, address). Its Message-ID is made of the key, so a repeat is the same."""
    mail = EmailMessage()
    mail["Subject"] = one_line(letter.subject)
    mail["From"] = formataddr((one_line(postbox.sender_name), one_line(postbox.sender_address)))
    mail["To"] = ", ".join(formataddr((one_line(name), one_line(address))) for name, address in to)
    if postbox.reply_to:
        mail["Reply-To"] = one_line(postbox.reply_to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{key}@{postbox.sender_address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


def post(mail: EmailMessage, postbox: Postbox, *, recipients: list[str]) -> Receipt:
    """Hand the mail to the server.

    Raises Refused when the server says no for good, TryLater when it may work later; with `may_have_acted` when the
    text was sent and no answer came.
    """
    try:
        server = _connect(postbox)
    except (OSError, smtplib.SMTPException) as error:
        raise TryLater(f"the mail server cannot be reached ({type(error).__name__})") from None
    try:
        _envelope(server, postbox, recipients)
        _text(server, mail)
    finally:
        server.close()
    return Receipt(id=str(mail["Message-ID"]))


def _connect(postbox: Postbox) -> smtplib.SMTP:
    where = (postbox.host, postbox.port)
    if postbox.security == "none":
        return smtplib.SMTP(*where, timeout=postbox.timeout)
    context = ssl.create_default_context()
    if postbox.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=postbox.timeout, context=context)
    else:
        server = smtplib.SMTP(*where, timeout=postbox.timeout)
        server.starttls(context=context)
    if postbox.user:
        server.login(postbox.user, postbox.password)
    return server


def _envelope(server: smtplib.SMTP, postbox: Postbox, recipients: list[str]) -> None:
    """Everything up to the text: nothing that fails here was sent."""
    try:
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(postbox.sender_address))
        for recipient in recipients:
            _expect(server.rcpt(recipient))
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise TryLater(f"the mail server hung up ({type(error).__name__})") from None


def _text(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        answer = server.data(mail.as_bytes(policy=policy.SMTP))
    except smtplib.SMTPDataError as error:
        _expect((error.smtp_code, b""))
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        reason = f"the mail server did not confirm the message ({type(error).__name__})"
        raise TryLater(reason, may_have_acted=True) from None
    else:
        _expect(answer)


def _expect(answer: tuple[int, bytes]) -> None:
    """Two hundred and something is yes; four hundred is later; five hundred is no. Their words may name people."""
    code = answer[0]
    if 200 <= code < 300:
        return
    if 400 <= code < 500:
        raise TryLater(f"the mail server asks to try later (code {code})")
    raise Refused(f"the mail server refused the message or an address (code {code})")
