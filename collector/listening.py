"""Takes down what came into the mailbox: an answer holds, an automatic one is noted, a bounce closes an address.

A mail is taken down together with the place behind it, in one transaction, and under an id made of its own: reading
it twice says nothing twice. What cannot be matched to a customer is left where it is.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import structlog

from collector.channels.mailbox import Fresh
from collector.channels.replies import Heard, Sort, read
from collector.debtors.cases import debtor_key, heads_of
from receivables.records import Customer, Ref
from receivables.said import Said, Saying, Way
from storage import actions, books
from storage.database import Database, Tx
from storage.replies import debtor_of, invoices_numbered, said_before
from storage.said import said, say
from storage.settings import set_setting

log = structlog.get_logger(__name__)

MAIL = "mail"
BY = "mailbox"
LATELY = timedelta(days=7)
MATCHES_MAX = 5
NUMBER_MIN = 4
SAYINGS = {
    Sort.REPLY: Saying.REPLY,
    Sort.AUTOMATIC: Saying.NOTE,
    Sort.BOUNCE: Saying.BOUNCED,
    Sort.OURS: Saying.MAIL,
}


@dataclass(frozen=True, slots=True)
class Listener:
    """Whose answers are looked for: the local day of each business by its id, and the addresses our people have."""

    database: Database
    days: Mapping[str, date]
    ours: frozenset[str]
    place_name: str


@dataclass
class Heeded:
    """How many mails were what; `strangers` belonged to no customer."""

    replies: int = 0
    automatic: int = 0
    bounced: int = 0
    ours: int = 0
    strangers: int = 0


@dataclass(frozen=True, slots=True)
class _Owner:
    business: str
    debtor: str
    sent_to: tuple[str, ...] = ()


def listen(listener: Listener, fresh: Fresh, *, now: datetime) -> Heeded:
    """Take down everything fresh, oldest first, and remember the place behind it."""
    heeded = Heeded()
    known = {business: _Known(listener.database, business) for business in listener.days}
    for place, raw in fresh.mails:
        mail = read(raw, listener.ours)
        with listener.database.read() as tx:
            owners = [owner for one in known.values() for owner in _owners(tx, one, mail, now=now)]
        _count(heeded, mail, known=bool(owners))
        with listener.database.write() as tx:
            for owner in owners:
                for words in _words(mail, owner, listener.days[owner.business]):
                    _say_once(tx, owner.business, words, told=_name(mail, raw, owner, words), now=now)
            set_setting(tx, "", listener.place_name, str(place))
    with listener.database.write() as tx:
        set_setting(tx, "", listener.place_name, str(fresh.end))
    log.info("mailbox read", mails=len(fresh.mails), strangers=heeded.strangers)
    return heeded


def _count(heeded: Heeded, mail: Heard, *, known: bool) -> None:
    if mail.sort is Sort.NOTHING:
        return
    if not known:
        heeded.strangers += 1
        return
    heeded.replies += mail.sort is Sort.REPLY
    heeded.automatic += mail.sort is Sort.AUTOMATIC
    heeded.bounced += mail.sort is Sort.BOUNCE
    heeded.ours += mail.sort is Sort.OURS


def _name(mail: Heard, raw: bytes, owner: _Owner, words: Said) -> str:
    return f"{mail.id or _digest(raw)}/{owner.debtor}/{words.address}"


def _words(mail: Heard, owner: _Owner, on: date) -> Iterable[Said]:
    kind = SAYINGS[mail.sort]
    note = f"{mail.subject}\n{mail.text}".strip()
    if mail.sort is Sort.AUTOMATIC:
        note = f"Automatic answer: {note}"
    way = Way.OURS if mail.sort is Sort.OURS else Way.THEIRS
    addresses = [_as_we_wrote_it(one, owner) for one in mail.failed] if mail.sort is Sort.BOUNCE else [mail.sender]
    for address in dict.fromkeys(addresses):
        yield Said(owner.debtor, kind, on, channel=MAIL, address=address, way=way, note=note, by=BY)


def _as_we_wrote_it(failed: str, owner: _Owner) -> str:
    """A mail that was forwarded bounces at an address nobody here knows."""
    known = {one.lower(): one for one in owner.sent_to}
    if failed in known or len(known) != 1:
        return known.get(failed, failed)
    return owner.sent_to[0]


def _say_once(tx: Tx, business: str, words: Said, *, told: str, now: datetime) -> None:
    id = _digest(f"{words.kind}/{told}".encode())
    if said_before(tx, business, id) or (words.kind is Saying.BOUNCED and _bounced_already(tx, business, words)):
        return
    say(tx, business, replace(words, id=id), now=now)


def _bounced_already(tx: Tx, business: str, words: Said) -> bool:
    known = said(tx, business, debtor=words.debtor, kinds=(Saying.BOUNCED,))
    return any(one.ended_at is None and one.address == words.address for one in known)


def _digest(told: bytes) -> str:
    return hashlib.blake2b(told, digest_size=12, person=b"duewell heard").hexdigest()


# --- whose it is ----------------------------------------------------------------------------------------------------


def _owners(tx: Tx, known: "_Known", mail: Heard, *, now: datetime) -> list[_Owner]:
    """By what it answers, by the address it came to, by an invoice's number, by who wrote it; the first that knows."""
    business = known.business
    if mail.sort is Sort.NOTHING:
        return []
    if answered := _answered(tx, business, mail):
        return [answered]
    plus = [_Owner(business, debtor) for key in mail.plus if (debtor := debtor_of(tx, business, key))]
    if plus and mail.sort is not Sort.BOUNCE:
        return plus[:1]
    if mail.sort is Sort.BOUNCE:
        return _lately_written_to(tx, known, mail, now=now)
    if mail.sort is Sort.OURS:
        return known.by_addresses(mail.others)
    return known.by_number(tx, mail) or known.by_addresses([mail.sender])


def _answered(tx: Tx, business: str, mail: Heard) -> _Owner | None:
    """Our Message-IDs begin with the key of what was sent."""
    for key in mail.keys:
        sent = actions.action(tx, business, key)
        if sent is not None and sent.debtor:
            return _Owner(business, sent.debtor, _sent_to(sent.payload))
    return None


def _sent_to(payload: str) -> tuple[str, ...]:
    try:
        told = json.loads(payload or "{}")
    except ValueError:
        return ()
    return tuple(str(one) for one in told.get("to", ())) if isinstance(told, dict) else ()


def _lately_written_to(tx: Tx, known: "_Known", mail: Heard, *, now: datetime) -> list[_Owner]:
    """Anybody can forge a report: without our own key it counts only where we wrote a few days ago."""
    owners = known.by_addresses(mail.failed)
    return [
        one
        for one in owners
        if actions.actions(tx, one.business, debtor=one.debtor, act=MAIL, since=now - LATELY, limit=1)
    ]


@dataclass
class _Known:
    """The customers of a business, read once, when first asked for."""

    database: Database
    business: str

    @cached_property
    def _customers(self) -> tuple[Customer, ...]:
        with self.database.read() as tx:
            return tuple(books.customers(tx, self.business))

    @cached_property
    def _heads(self) -> Mapping[Ref, Ref]:
        return heads_of(self._customers)

    @cached_property
    def _by_address(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for customer in self._customers:
            for email in customer.emails:
                found.setdefault(email.address.strip().lower(), []).append(self._debtor(customer.ref))
        with self.database.read() as tx:
            noted = said(tx, self.business, kinds=(Saying.CONTACT_PERSON,))
        for one in noted:
            found.setdefault(one.address.lower(), []).append(one.debtor)
        return found

    def _debtor(self, customer: Ref) -> str:
        return debtor_key(self._heads.get(customer, customer))

    def by_addresses(self, addresses: Iterable[str]) -> list[_Owner]:
        """Everybody with one of these addresses: an accountant may answer for several of our customers."""
        debtors = dict.fromkeys(debtor for one in addresses for debtor in self._by_address.get(one.lower(), ()))
        return [_Owner(self.business, debtor) for debtor in list(debtors)[:MATCHES_MAX]]

    def by_number(self, tx: Tx, mail: Heard) -> list[_Owner]:
        """The one customer whose invoices the subject names. A bare number counts only behind a word that says so."""
        numbers = [text for text, named in mail.numbers if named or _telling(text)]
        if not numbers:
            return []
        found = {self._debtor(customer) for _, customer in invoices_numbered(tx, self.business, numbers)}
        return [_Owner(self.business, debtor) for debtor in found] if len(found) == 1 else []


def _telling(number: str) -> bool:
    """Letters and digits together, and enough of them, are hardly there by chance."""
    return len(number) >= NUMBER_MIN and any(one.isalpha() for one in number)
