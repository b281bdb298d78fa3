"""Receives every mail the business sends and keeps it, so that it can be read as the customer sees it."""

import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it arrived, with its envelope."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The parsed message."""
        return message_from_bytes(self.raw, policy=policy.default)


class Mailbox:
    """An SMTP sink on loopback. `answers` lets the next messages be met by "451", "550" or "drop" (taken, then
    the line is cut before the reply)."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._mails: list[Mail] = []
        self._controller: Controller | None = None
        self.answers: list[str] = []

    def start(self, port: int) -> str:
        """Listen; returns host:port."""
        self._controller = Controller(self, hostname=self._host, port=port or _free_port(self._host))
        self._controller.start()
        return f"{self._host}:{self._controller.port}"

    def stop(self) -> None:
        """Stop listening."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def mails(self) -> list[Mail]:
        """Everything that arrived, oldest first."""
        with self._lock:
            return list(self._mails)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's
        """Take a message in, or answer as told."""
        answer = self.answers.pop(0) if self.answers else ""
        if answer == "451":
            return "451 4.3.0 try again later"
        if answer == "550":
            return "550 5.1.1 no such mailbox"
        self._keep(envelope)
        if answer == "drop":
            server.transport.close()
        return "250 2.0.0 accepted"

    def _keep(self, envelope: Any) -> None:
        with self._lock:
            number = len(self._mails) + 1
            self._mails.append(
                Mail(number, envelope.mail_from or "", tuple(envelope.rcpt_tos), bytes(envelope.content))
            )


def _free_port(host: str) -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
