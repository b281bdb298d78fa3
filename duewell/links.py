"""Payers' links: one for each who owes, the same in every message, until it is revoked or has not been used for long.

The address is derived anew each time from a sealed key; only its hash is kept. Whatever is shown at the door is looked
up by that hash, with one query and nothing else, so that a wrong one, an old one and a forged one are alike.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collector.paying.links import digest, token
from duewell.finding import whom_of
from duewell.wiring import House
from integrations.errors import TryLater
from storage.checkouts import KeptCheckout, by_way_back, close_ways_back
from storage.database import Tx
from storage.lasting_links import LastingState, lasting_links, revoke_lasting
from storage.link_keys import add_link_key, link_keys
from storage.links import (
    Aim,
    Link,
    keep_link,
    link_by_digest,
    link_called,
    link_to,
    links_of,
    links_of_debtors,
    new_link_id,
    renew_link,
)
from storage.settings import setting

LIFE_DAYS = 180
LIFE_SETTING = "link_days"
RENEWED_AT = 0.75
"""What is left of a link's life when it is made to live on, so that one in a fresh message never ends soon."""
KEY_BYTES = 32
FIRST_KEY = "first"
CODE_BYTES = 24
BACK_LIFE = timedelta(hours=24)
"""How long after its page has ended a way back from the till is good."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that links are derived with, by id; the newest comes first."""

    by_id: Mapping[str, bytes]

    @property
    def newest(self) -> str:
        """The id of the one that new links are made with."""
        return next(iter(self.by_id))

    def token(self, link: Link) -> str:
        """What opens the link."""
        return token(self.by_id[link.key_id], link.id, link.generation)

    def mark(self, link: Link, text: str) -> str:
        """A keyed digest of something said to whoever holds this link; it opens nothing."""
        key = self.by_id[link.key_id]
        mac = hashlib.blake2b(f"{link.id}\n{link.generation}\n{text}".encode(), key=key, person=b"duewell-form")
        return mac.hexdigest()[:40]

    def segment(self, business: str) -> str:
        """The secret part of the address that a business prints on its online invoices: by the oldest key, for good."""
        key = self.by_id[list(self.by_id)[-1]]
        return hashlib.blake2b(business.encode(), key=key, digest_size=20, person=b"duewell-address").hexdigest()


def keys_of(house: House) -> Keys:
    """The keys as they are. Empty before the first link was made."""
    with house.database.read() as tx:
        return _keys(house, tx)


def made_keys(house: House) -> Keys:
    """The same; the first key is made when there is none yet."""
    if (known := keys_of(house)).by_id:
        return known
    _add_key(house, FIRST_KEY)
    return keys_of(house)


def new_key(house: House) -> str:
    """Links that are made from now on are derived with a new key; those that are out stay good. The key's id."""
    id = secrets.token_hex(4)
    _add_key(house, id)
    return id


def _add_key(house: House, id: str) -> None:
    with house.database.write() as tx:
        add_link_key(tx, id, house.seal.close(secrets.token_bytes(KEY_BYTES)), now=house.clock.now())


def _keys(house: House, tx: Tx) -> Keys:
    return Keys({id: house.seal.open(sealed) for id, sealed in link_keys(tx).items()})


def life_of(tx: Tx, business: str) -> timedelta:
    """How long a link of this business lives after the last message it stood in."""
    return timedelta(days=int(setting(tx, business, LIFE_SETTING, str(LIFE_DAYS))))


def link_for(house: House, business: str, aim: Aim) -> tuple[Link, str]:
    """The link to this and what opens it; made, revived or made to live longer where that is due."""
    keys, now = made_keys(house), house.clock.now()
    for _ in range(3):  # somebody else may make or change the same one between our look and our writing
        with house.database.write() as tx:
            known, life = link_to(tx, business, aim), life_of(tx, business)
            if known is None:
                fresh = Link(business, new_link_id(), aim, 1, keys.newest, "", now, now + life)
                link = _derived(keys, fresh)
                good = keep_link(tx, link)
            else:
                link = _living(keys, known, life, now)
                good = link is known or renew_link(tx, known, link)
            if good:
                return link, keys.token(link)
    raise TryLater("the link is being changed by somebody else")


def links_for(house: House, business: str) -> Callable[[str], tuple[Link, str]]:
    """As `link_for`, of everything that a debtor owes, for many: what is good already is read once and not written."""
    keys, now = made_keys(house), house.clock.now()
    with house.database.read() as tx:
        known, life = links_of_debtors(tx, business), life_of(tx, business)

    def link_of(debtor: str) -> tuple[Link, str]:
        one = known.get(debtor)
        if one is not None and _living(keys, one, life, now) is one:
            return one, keys.token(one)
        known[debtor], token = link_for(house, business, Aim(debtor))
        return known[debtor], token

    return link_of


def _living(keys: Keys, known: Link, life: timedelta, now: datetime) -> Link:
    """As it is while most of its life is left; longer when it is not; with another token when its key is unknown."""
    if known.key_id not in keys.by_id:
        known = replace(known, key_id=keys.newest, generation=known.generation + 1)
    elif not known.revoked_by and known.expires_at - now >= life * RENEWED_AT:
        return known
    return _derived(keys, replace(known, expires_at=now + life, revoked_by=""))


def _derived(keys: Keys, link: Link) -> Link:
    return replace(link, digest=digest(keys.token(link)))


def opened(house: House, shown: str) -> Link | None:
    """The link that this opens now; None for an unknown, expired, revoked, forged or malformed one: all are one."""
    with house.database.read() as tx:
        found = link_by_digest(tx, digest(shown))
    good = found is not None and not found.revoked_by and found.expires_at > house.clock.now()
    return found if good else None


def way_back() -> tuple[str, str]:
    """A code for the way back from a till, and its digest, which alone is kept: the till keeps the address for ever."""
    code = secrets.token_urlsafe(CODE_BYTES)
    return code, digest(code)


def come_back(house: House, shown: str) -> tuple[KeptCheckout, str] | None:
    """The page from which somebody comes back with this code, and what opens the link by which they paid.

    None for an unknown, expired, ended, forged or malformed code: all are one.
    """
    with house.database.read() as tx:
        found = by_way_back(tx, digest(shown))
        if found is None or house.clock.now() >= found[1].expires_at + BACK_LIFE:
            return None
        business, checkout = found
        link = link_called(tx, business, checkout.link)
        return None if link is None else (checkout, _keys(house, tx).token(link))


def revoke(house: House, business: str, debtor: str, *, by: str) -> int:
    """End every link of this customer, in whichever message it stands; how many there were that opened something.

    Those at the till are ended with the next look at it, within minutes.

    The next message carries another one. Raises NotThere for a stranger.
    """
    keys, now = keys_of(house), house.clock.now()
    with house.database.write() as tx:
        _, head, _ = whom_of(tx, business, debtor)
        known = links_of(tx, business, {debtor, head})
        for one in known:
            newest = replace(one, generation=one.generation + 1, key_id=keys.newest, revoked_by=by)
            renew_link(tx, one, _derived(keys, newest))
        close_ways_back(tx, business, [one.id for one in known])
        lasting = revoke_lasting(tx, business, {debtor, head})
    return sum(not one.revoked_by and one.expires_at > now for one in known) + lasting


def live_links(house: House, business: str, debtor: str) -> list[Link]:
    """Those of this customer that open something now."""
    with house.database.read() as tx:
        found = links_of(tx, business, {debtor})
    return [one for one in found if not one.revoked_by and one.expires_at > house.clock.now()]


def links_at_till(house: House, business: str, debtor: str) -> int:
    """How many links at the till this customer can pay by."""
    with house.database.read() as tx:
        found = lasting_links(tx, business)
    return sum(one.debtor == debtor and one.state is LastingState.OPEN for one in found)
