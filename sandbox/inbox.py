"""A mailbox to be read by IMAP: what customers answer is put here. It notices whoever marks or changes anything."""

import base64
import re
import socket
import socketserver
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from sandbox.serving import Doors

USER, PASSWORD, TOKEN = "accounts", "inbox-sandbox-password", "inbox-sandbox-token"
ATOMS = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
RANGE = re.compile(rb"UID (\d+):(\d+|\*)")
PEEK = re.compile(rb"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?")


@dataclass
class Inbox:
    """The mails by UID. `touched` lists what a reader must not do; `refuses` turns every sign-in away."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7001
    coming: int = 1
    touched: list[str] = field(default_factory=list)
    refuses: bool = False
    drops: int = 0
    sessions: int = 0

    def put(self, mail: EmailMessage | bytes) -> int:
        """A mail comes in; its UID."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        self.mails[self.coming] = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        self.coming += 1
        return self.coming - 1

    def renumber(self) -> None:
        """The server is restored from a backup: the same mails under new numbers."""
        self.validity += 1
        self.mails = dict(enumerate(self.mails.values(), start=1))
        self.coming = len(self.mails) + 1


class InboxServer:
    """Serves one inbox on loopback."""

    def __init__(self, host: str, tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._tls = tls
        self._doors = Doors()
        self.inbox = Inbox()

    def start(self, port: int) -> str:
        """Listen; returns host:port."""
        listener = socket.create_server((self._host, port), backlog=128)
        self._doors.open(listener, self._server)
        self._doors.start()
        return f"{self._host}:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """Stop listening."""
        self._doors.stop()

    def _server(self, listener: socket.socket) -> "_Server":
        made = _Server(listener.getsockname(), _Session, bind_and_activate=False)
        made.socket.close()
        made.inbox = self.inbox
        made.socket = listener if self._tls is None else self._tls.wrap_socket(listener, server_side=True)
        return made


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    inbox: Inbox


class _Session(socketserver.StreamRequestHandler):
    """One reader: enough of IMAP4rev1 for one who only looks."""

    timeout = 20
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.inbox: Inbox = cast(Any, self.server).inbox
        self.inbox.sessions += 1
        self._say(b"* OK ready")
        with suppress(ConnectionError, ssl.SSLError):
            self._converse()

    def _converse(self) -> None:
        while line := self.rfile.readline():
            tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
            verb, _, said = rest.partition(b" ")
            if verb.upper() == b"UID":
                verb, _, said = said.partition(b" ")
                verb = b"UID " + verb
            answer = self._answer(verb.upper().decode(), said)
            self._say(tag + b" " + answer)
            if verb.upper() == b"LOGOUT":
                return

    def _answer(self, verb: str, said: bytes) -> bytes:
        acts = {
            "CAPABILITY": self._capability,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "EXAMINE": self._examine,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "LOGOUT": self._logout,
        }
        if verb not in acts:
            self.inbox.touched.append(verb)
            return b"BAD not here"
        return acts[verb](said)

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def _capability(self, _: bytes) -> bytes:
        self._say(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2")
        return b"OK done"

    def _login(self, said: bytes) -> bytes:
        words = [(quoted or bare).decode() for quoted, bare in ATOMS.findall(said)]
        right = words == [USER, PASSWORD] and not self.inbox.refuses
        return b"OK signed in" if right else b"NO [AUTHENTICATIONFAILED] wrong user or password"

    def _authenticate(self, _: bytes) -> bytes:
        self._say(b"+ ")
        told = base64.b64decode(self.rfile.readline().strip()).decode()
        if told == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01" and not self.inbox.refuses:
            return b"OK signed in"
        self._say(b"+ " + base64.b64encode(b'{"status":"400"}'))
        self.rfile.readline()
        return b"NO [AUTHENTICATIONFAILED] wrong token"

    def _examine(self, said: bytes) -> bytes:
        if said.strip(b'"').upper() != b"INBOX":
            return b"NO no such folder"
        self._say(f"* {len(self.inbox.mails)} EXISTS".encode())
        self._say(f"* OK [UIDVALIDITY {self.inbox.validity}] valid".encode())
        self._say(f"* OK [UIDNEXT {self.inbox.coming}] next".encode())
        return b"OK [READ-ONLY] looking"

    def _search(self, said: bytes) -> bytes:
        """As the standard has it, a range to * names the last mail even when that lies before it."""
        wanted = RANGE.search(said)
        first, end = (int(wanted.group(1)), wanted.group(2)) if wanted else (1, b"*")
        last = max(self.inbox.mails, default=0) if end == b"*" else int(end)
        low, high = min(first, last), max(first, last)
        found = " ".join(str(uid) for uid in self.inbox.mails if low <= uid <= high)
        self._say(f"* SEARCH {found}".rstrip().encode())
        return b"OK done"

    def _fetch(self, said: bytes) -> bytes:
        if self.inbox.drops:
            self.inbox.drops -= 1
            raise ConnectionError("cut on purpose")
        uid, peek = int(said.split()[0]), PEEK.search(said)
        if peek is None:
            self.inbox.touched.append("read without PEEK")
            return b"BAD mark nothing"
        raw = self.inbox.mails.get(uid)
        if raw is not None:
            part = raw[: int(peek.group(2))] if peek.group(2) else raw
            origin = b"<0>" if peek.group(2) else b""
            head = f"* {list(self.inbox.mails).index(uid) + 1} FETCH (UID {uid} BODY[]".encode() + origin
            self.wfile.write(head + f" {{{len(part)}}}\r\n".encode() + part + b")\r\n")
        return b"OK done"

    def _logout(self, _: bytes) -> bytes:
        self._say(b"* BYE")
        return b"OK gone"

    def finish(self) -> None:
        """The line may be gone already."""
        with suppress(OSError):
            super().finish()
