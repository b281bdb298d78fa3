"""The ways out of the house and the mailbox back in, made from the settings for one business."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import SecretStr

from collector.channels.call import CallCarrier, CallTask
from collector.channels.letter import LetterCarrier, Letterhead
from collector.channels.mail_oauth import MailLogin, MailToken
from collector.channels.mailbox import Letterbox
from collector.channels.port import Carrier, Carriers
from collector.channels.smtp import MailCarrier, Postbox
from collector.channels.twilio import TextCarrier, Texting
from collector.policy import Channel
from duewell.config_ways import Answers, MailServer, SignIn
from integrations.contract import AppKeys
from receivables.todo import Todo, TodoKind
from storage.businesses import Business
from storage.todos import add_todos, todo_by_key

if TYPE_CHECKING:
    from duewell.wiring import House


class Uncounted:
    """What Twilio and a provider of tokens cost is on their own bill."""

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        """Nothing."""


def carriers(house: "House", business: Business) -> Carriers:
    """Every way out that is set up."""
    names = ("", *house.settings.mail.servers)
    mail = {name: MailCarrier(box) for name in names if (box := postbox(house, name)) is not None}
    others: dict[Channel, Carrier] = {Channel.CALL: calls(house, business.id)}
    if (tray := letters(house, business)).head.lines:
        others[Channel.LETTER] = tray
    if (texting := texts(house)) is not None:
        others[Channel.SMS] = texting
    return Carriers(mail, others)


def postbox(house: "House", name: str = "") -> Postbox | None:
    """The usual mail server, or the one called so; None when it is not set up."""
    usual = house.settings.mail
    server: MailServer | None = usual.servers.get(name) if name else usual
    if server is None or not server.host or not server.sender_address:
        return None
    section = f"[mail.servers.{name}]" if name else "[mail]"
    return Postbox(
        server.host,
        server.port,
        server.sender_name or usual.sender_name or "Accounts",
        server.sender_address,
        security=server.security,
        user=server.user,
        password=_open(server.password),
        reply_to=server.reply_to,
        token=_token(house, server, section),
        reply_plus=server.reply_plus,
        attachments_max_bytes=int(usual.attachments_max_mb * 1_000_000),
        section=section,
    )


def letterbox(house: "House") -> Letterbox | None:
    """The mailbox that is read; None when there is none."""
    told: Answers = house.settings.mailbox
    if not told.host:
        return None
    return Letterbox(
        told.host,
        told.port,
        told.user,
        security=told.security,
        password=_open(told.password),
        folder=told.folder,
        token=_token(house, told, "[mailbox]"),
    )


def _token(house: "House", told: SignIn, section: str) -> MailToken | None:
    if not told.oauth:
        return None
    login = MailLogin(
        told.oauth,
        told.oauth_client_id,
        _open(told.oauth_client_secret),
        _open(told.oauth_refresh_token),
        tenant=told.oauth_tenant,
        token_url=told.oauth_token_url,
        section=section,
    )
    return MailToken(login, house.wire("mail", Uncounted(), AppKeys()), house.grants)


def texts(house: "House") -> TextCarrier | None:
    """Twilio; None when it is not set up."""
    told = house.settings.sms
    if not told.account_sid or not told.sender:
        return None
    keys = AppKeys(told.api_key_sid or told.account_sid, _open(told.auth_token), addresses=dict(told.addresses))
    return TextCarrier(Texting(told.account_sid, told.sender), house.wire("twilio", Uncounted(), keys))


def letters(house: "House", business: Business) -> LetterCarrier:
    """The business's tray; it takes no letters while nothing is known to stand above the address."""
    told, own = house.settings.letters, business.settings
    lines = own.get("letter_lines") or told.sender_lines
    country = str(own.get("letter_country") or told.country)
    head = Letterhead(tuple(str(line) for line in lines), country, told.window)
    return LetterCarrier(told.folder(house.settings.data) / business.id, head)


def calls(house: "House", business: str) -> CallCarrier:
    """Calls as to-dos."""

    def add(task: CallTask, now: datetime) -> str:
        with house.database.write() as tx:
            add_todos(tx, business, [_todo(task)], now=now)
        return known(task.key)

    def known(key: str) -> str:
        with house.database.read() as tx:
            found = todo_by_key(tx, business, key)
        return found.id if found else ""

    return CallCarrier(add, known)


def _todo(task: CallTask) -> Todo:
    return Todo(
        task.key,
        TodoKind.CALL,
        f"{task.title} on {task.number}.",
        task.due_on,
        debtor=task.debtor,
        invoice=task.about,
        amount=task.amount,
        note=task.script,
    )


def own_addresses(house: "House", people: Mapping[str, str] | None = None) -> frozenset[str]:
    """The addresses from which we ourselves write, in small letters: the servers', the named ones, and our people's."""
    mail = house.settings.mail
    senders = [mail.sender_address, *(server.sender_address for server in mail.servers.values())]
    told = [*senders, *house.settings.mailbox.own_addresses, *(people or {})]
    return frozenset(address.lower() for address in told if "@" in address)


def _open(secret: SecretStr) -> str:
    return secret.get_secret_value()
