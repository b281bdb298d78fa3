"""The port every way out of the house keeps: a parcel is delivered once under a key, and can be asked for by it.

What a delivery may raise is the contract of `integrations/errors.py`. The two refusals that teach us something about
an address are named here, so that it can be remembered who said no.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from collector.policy import Channel
from integrations.contract import Lookup, Receipt
from integrations.errors import Refused
from receivables.money import Money
from receivables.records import Address, Ref


class OptedOut(Refused):
    """The receiver has told the carrier that they want no more messages this way."""

    def __init__(self, message: str = "", *, address: str = "") -> None:
        super().__init__(message)
        self.address = address


class WrongAddress(Refused):
    """There is no such mailbox or number; somebody should find out the right one."""

    def __init__(self, message: str = "", *, address: str = "") -> None:
        super().__init__(message)
        self.address = address


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message. `link` is where it can be had instead when it is too big to be attached.

    `terms` is the version of the credit policy that it is, if it is one.
    """

    name: str
    content: bytes = field(repr=False)
    kind: str = "application/pdf"
    link: str = ""
    terms: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that would have gone along and does not, and why, in a few words."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message in words, ready for whichever channel.

    `to` holds (name, address) for mail and (name, number) for a text or a call; a letter goes to `postal`. Whoever only
    gets a copy of a mail stands in `copies`. `earlier`
    are the Message-IDs it follows, oldest first. `reply_key` names the customer in the answer address. `unsubscribe`
    (an https: or mailto: address) is only for where a rule demands it. `country` is the customer's, else the company's.
    """

    debtor: str
    to: tuple[tuple[str, str], ...]
    subject: str
    text: str
    html: str = ""
    name: str = ""
    attachments: tuple[Attachment, ...] = ()
    earlier: tuple[str, ...] = ()
    reply_key: str = ""
    unsubscribe: str = ""
    postal: Address = Address()
    country: str = ""
    language: str = "en"
    day_on: date | None = None
    about: Ref | None = None
    amount: Money | None = None
    left_out: tuple[LeftOut, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it goes, copies and all."""
        return tuple(address for _, address in (*self.to, *self.copies))


class Carrier(Protocol):
    """One way out."""

    def deliver(self, parcel: Parcel, *, key: str, now: datetime) -> Receipt:
        """Hand it over. Raises TryLater (with `may_have_acted` when nobody knows) or Refused."""
        ...

    def found(self, key: str, since: datetime, *, to: Sequence[str] = ()) -> Receipt | Lookup:
        """Was this key delivered at or after `since`? Asked after an answer was lost; `to` are the addresses it had.

        NOT_THERE only where that is certain: a message counts as unsent on it and goes again. Raises TryLater when
        it is too early to tell.
        """
        ...


@dataclass(frozen=True, slots=True)
class Carriers:
    """The ways out that are set up. Mail has several by name: the usual one is called "" and a step may choose."""

    mail: Mapping[str, Carrier] = field(default_factory=dict)
    others: Mapping[Channel, Carrier] = field(default_factory=dict)

    def of(self, channel: Channel, sender: str = "") -> Carrier | None:
        """The carrier, if there is one. The platform's mail is not ours: it has none."""
        return self.mail.get(sender) if channel is Channel.MAIL else self.others.get(channel)

    def ready(self) -> frozenset[Channel]:
        """The channels that have a carrier."""
        return frozenset({*self.others, *([Channel.MAIL] if self.mail else [])})

    def missing(self, channel: Channel, sender: str = "") -> str:
        """Why nothing can go this way, as a sentence; empty when it can. The platform is asked elsewhere."""
        if channel is Channel.PLATFORM or self.of(channel, sender) is not None:
            return ""
        if channel is Channel.MAIL and sender and self.mail:
            return f"The step's sender is “{sender}”, and there is no [mail.servers.{sender}] in the configuration."
        return MISSING[channel]


MISSING = {
    Channel.MAIL: "No mail server is set up; see [mail] in the configuration.",
    Channel.SMS: "Text messages are not set up; see [sms] in the configuration.",
    Channel.LETTER: "There is no tray for letters; see [letters] in the configuration.",
    Channel.CALL: "Calls cannot be handed to anybody here.",
}

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def smuggles(text: str) -> bool:
    """Does it hold line breaks, control characters, or ones that cannot be seen or turn the direction of reading?"""
    if text.isascii():
        return not text.isprintable()
    return any(unicodedata.category(letter) in HIDDEN for letter in text)


def plain(what: str, text: str) -> str:
    """`text` as it is. Raises Refused when a header could be smuggled in with it; `what` is named, the text is not."""
    if smuggles(text):
        raise Refused(f"{what} holds a line break or a hidden character; correct it and try again")
    return text
