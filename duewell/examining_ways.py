"""What a healthy installation's ways out look like: servers, texts, letters, the mailbox, and our good name by DNS."""

from collections.abc import Iterator

from duewell.config_ways import LOOPBACK, Mail, MailServer
from duewell.findings import Finding
from duewell.sender_domain import Domain, Lookup, check, is_reserved, txt_records
from duewell.wiring import House


def ways(house: House, lookup: Lookup = txt_records) -> Iterator[Finding]:
    """Every way out and the way back in. Only name servers are asked, and none about names for trying things out."""
    mail = house.settings.mail
    yield from _server("Mail", "[mail]", mail)
    for name, server in sorted(mail.servers.items()):
        yield from _server(f"Mail server {name}", f"[mail.servers.{name}]", server)
    yield from _texts(house)
    yield from _letters(house)
    yield from _mailbox(house)
    for domain in _domains(mail):
        yield from check(domain, lookup)


def _server(what: str, section: str, server: MailServer) -> Iterator[Finding]:
    if not server.host or not server.sender_address:
        said = f"no mail server is set up ({section} host and sender_address), so nothing can be sent"
        yield Finding(what, "note", said)
    elif server.security == "none" and server.host not in LOOPBACK:
        said = f"mail to {server.host} would travel in the open; set security in {section} to starttls or tls"
        yield Finding(what, "wrong", said)
    elif server.security != "none" and not server.user and not server.oauth and server.host not in LOOPBACK:
        yield Finding(what, "note", f"{server.host} is spoken to without signing in; set user in {section} if it asks")
    else:
        yield Finding(what, "fine", f"{server.host}:{server.port} as {server.sender_address}")


def _texts(house: House) -> Iterator[Finding]:
    told = house.settings.sms
    if not told.account_sid and not told.sender:
        return
    lacks = [name for name in ("account_sid", "sender") if not getattr(told, name)]
    lacks += [] if told.auth_token.get_secret_value() else ["auth_token"]
    if lacks:
        yield Finding("Texts", "wrong", f"[sms] lacks {' and '.join(lacks)}, so no text can be sent")
    else:
        yield Finding("Texts", "fine", f"by Twilio, from {told.sender}")


def _letters(house: House) -> Iterator[Finding]:
    told = house.settings.letters
    if told.sender_lines:
        yield Finding("Letters", "fine", f"put into {told.folder(house.settings.data)}")


def _mailbox(house: House) -> Iterator[Finding]:
    told = house.settings.mailbox
    if not told.host:
        said = "none is read ([mailbox] host), so answers and bounces do not stop a reminder by themselves"
        yield Finding("Mailbox", "note", said)
    elif told.security == "none" and told.host not in LOOPBACK:
        yield Finding("Mailbox", "wrong", "its password would travel in the open; set security in [mailbox] to tls")
    else:
        yield Finding("Mailbox", "fine", f"{told.user} at {told.host}:{told.port}")


def _domains(mail: Mail) -> list[Domain]:
    """Each sender's domain once; those of servers on this machine are for trying things out."""
    servers = {"[mail]": mail} | {f"[mail.servers.{name}]": server for name, server in sorted(mail.servers.items())}
    found: dict[tuple[str, str], Domain] = {}
    for section, server in servers.items():
        name = server.sender_address.rpartition("@")[2].lower()
        if name and server.host and server.host not in LOOPBACK and not is_reserved(name):
            found.setdefault((name, server.dkim_selector), Domain(name, server.dkim_selector, section))
    return list(found.values())
