"""The settings of the ways out of the house and back in: mail servers, texts, letters, and the mailbox that is read."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}
MAILBOX = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+")
SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,60}[A-Za-z0-9])?")
SERVER_NAME = re.compile(r"[a-z0-9-]{1,40}")


def _loopback_only(addresses: dict[str, str]) -> dict[str, str]:
    for name, url in addresses.items():
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
            raise ValueError(f"address {name!r} may only point to this machine (http://127.0.0.1:…), not {url!r}")
    return addresses


def _on_this_machine(url: str) -> str:
    return url and _loopback_only({"sandbox_control": url})["sandbox_control"]


def _token_url(url: str) -> str:
    return url and _loopback_only({"oauth_token_url": url})["oauth_token_url"]


def _mailbox(text: str) -> str:
    if text and not MAILBOX.fullmatch(text):
        raise ValueError("must be one plain e-mail address such as accounts@example.com")
    return text


def _selector(text: str) -> str:
    if text and not SELECTOR.fullmatch(text):
        raise ValueError("must be a DKIM selector such as s1, as your mail provider names it")
    return text


def _text_sender(text: str) -> str:
    """A number, a messaging service's SID, or a name of up to eleven letters."""
    import phonenumbers

    if not text or re.fullmatch(r"MG[0-9a-f]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", text):
        return text
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise ValueError("must be a number such as +14155550100, or a messaging service's SID (MG…)") from None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _country(text: str) -> str:
    if text and not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError("must be a country's two capital letters such as GB")
    return text


def _named(servers: dict[str, "MailServer"]) -> dict[str, "MailServer"]:
    for name in servers:
        if not SERVER_NAME.fullmatch(name):
            raise ValueError(f"a server's name is 1 to 40 small letters, digits and hyphens, not {name!r}")
    return servers


Addresses = Annotated[dict[str, str], AfterValidator(_loopback_only)]
Local = Annotated[str, AfterValidator(_on_this_machine)]
TokenUrl = Annotated[str, AfterValidator(_token_url)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Selector = Annotated[str, AfterValidator(_selector)]
TextSender = Annotated[str, AfterValidator(_text_sender)]
Country = Annotated[str, AfterValidator(_country)]


class Section(BaseModel):
    """Unknown settings are mistakes, and said to be so."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Section):
    """A server that wants to know who comes: by password, or by a token from Microsoft or Google."""

    user: str = ""
    password: SecretStr = SecretStr("")
    oauth: Literal["", "microsoft", "google"] = ""
    oauth_client_id: str = ""
    oauth_client_secret: SecretStr = SecretStr("")
    oauth_refresh_token: SecretStr = SecretStr("")
    oauth_tenant: str = "common"
    oauth_token_url: TokenUrl = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lacks = [name for name in ("oauth_client_id", "oauth_refresh_token") if not _told(getattr(self, name))]
        if self.oauth and lacks:
            raise ValueError(f"oauth is {self.oauth}, so {' and '.join(lacks)} must be set as well")
        return self


class MailServer(SignIn):
    """A server that takes our mail, and in whose name it goes."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender_name: str = ""
    sender_address: Mailbox = ""
    reply_to: Mailbox = ""
    reply_plus: bool = False
    dkim_selector: Selector = ""


class Mail(MailServer):
    """The usual server, what holds for all of them, and others by name."""

    attach_invoices: bool = True
    attachments_max_mb: float = Field(default=10.0, gt=0, le=50)
    servers: Annotated[dict[str, MailServer], AfterValidator(_named)] = Field(default_factory=dict)


class Sms(Section):
    """Text messages by Twilio."""

    account_sid: str = ""
    auth_token: SecretStr = SecretStr("")
    api_key_sid: str = ""
    sender: TextSender = ""
    addresses: Addresses = Field(default_factory=dict)


class Letters(Section):
    """Letters on paper: where they are put to be printed, and how they look."""

    tray: str = ""
    sender_lines: list[str] = Field(default_factory=list, max_length=5)
    country: Country = ""
    window: Literal["left", "right"] = "left"

    def folder(self, data: Path) -> Path:
        """Where the tray is."""
        return Path(self.tray) if self.tray else data / "letters"


class Answers(SignIn):
    """The mailbox that is read for answers."""

    host: str = ""
    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    folder: str = "INBOX"
    own_addresses: list[Mailbox] = Field(default_factory=list)


def _told(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
