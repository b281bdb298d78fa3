"""Who of a business belongs together, over all its connections, and what is known of the same sale elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collector.debtors.cases import debtor_key, heads_of
from collector.debtors.elsewhere import WITHIN, not_entered
from collector.debtors.families import Families, Pair, families
from receivables.case import Mirror
from receivables.records import Answer, Company, Invoice, Payment, Ref
from storage import books
from storage.connections import Connected, connections
from storage.database import Tx
from storage.sames import Alike, SameState, any_mirrors, sames
from storage.sames import mirrors as mirrors_of

TAKEN_SINCE = timedelta(days=90)
"""What was taken longer ago and never entered is no money on its way, but a matter for whoever keeps the books."""
WARINESS = (Answer.YES, Answer.UNKNOWN, Answer.NO)


@dataclass(frozen=True, slots=True)
class Kin:
    """Who belongs together; `own` is the connection they are looked at from, `peers` all they may stand in, by id.

    `elsewhere` is by debtor; `books` names the ledgers in which a sale may be seen twice: none when none is.
    """

    own: Connected
    families: Families
    peers: Mapping[str, Connected]
    elsewhere: Mapping[str, tuple[Payment, ...]] = field(default_factory=dict)
    books: frozenset[str] = frozenset()

    def ledgers(self, ids: Iterable[str]) -> list[Connected]:
        """Those of these connections whose invoices are owed, our own first."""
        found = [self.peers[id] for id in dict.fromkeys(ids) if id in self.peers]
        return sorted((one for one in found if one.books and one.company), key=lambda one: one.id != self.own.id)

    def in_ledgers(self, refs: Sequence[Ref]) -> tuple[Sequence[Ref], str]:
        """Those of the customers who stand in ledgers; and the one ledger they all stand in, or nothing."""
        ids = {one.id for one in self.ledgers({ref.connection for ref in refs})}
        return [ref for ref in refs if ref.connection in ids], self.own.id if ids == {self.own.id} else ""


def kin(tx: Tx, connected: Connected, now: datetime) -> Kin:
    """Everybody in the books of one connection, and those elsewhere whom a person has said to be the same, with what
    they paid elsewhere."""
    known = together(tx, connected)
    return replace(known, elsewhere=_elsewhere(tx, known, now))


def together(tx: Tx, connected: Connected) -> Kin:
    """Who belongs together, and nothing else. Two statements more where nobody is somebody elsewhere."""
    business = connected.business
    billed = heads_of(books.customers(tx, business, connected.id, children=True))
    confirmed = sames(tx, business, Alike.DEBTOR, states=(SameState.CONFIRMED,))
    mirrored = any_mirrors(tx, business)
    if not confirmed and not mirrored:
        return Kin(connected, families(billed), {connected.id: connected})
    peers = {one.id: one for one in connections(tx, business)} | {connected.id: connected}
    ledgers = frozenset(one.id for one in peers.values() if one.books and one.company is not None)
    pairs = _alive(tx, business, [(one.one, one.other, one.master) for one in confirmed], peers)
    both = {ref for pair in pairs for ref in pair[:2]}
    for other in {ref.connection for ref in both} - {connected.id}:
        billed |= heads_of(books.customers(tx, business, other, children=True))
    found = families(billed, pairs, [ref for ref in billed.keys() | both if ref.connection in ledgers])
    return Kin(connected, found, peers, books=ledgers if mirrored else frozenset())


def kin_of(tx: Tx, connected: Connected, customer: Ref, now: datetime) -> tuple[Kin, Ref] | None:
    """Who a customer is written to as, and everybody as seen from the books in which that is.

    None when those books are not connected any more.
    """
    known = kin(tx, connected, now)
    head = known.families.head(customer)
    if head.connection == connected.id:
        return known, head
    return (kin(tx, known.peers[head.connection], now), head) if head.connection in known.peers else None


def _alive(tx: Tx, business: str, pairs: Sequence[Pair], peers: Mapping[str, Connected]) -> list[Pair]:
    """The pairs whose customers are still there, under the names they have after the platforms merged some."""
    refs = {ref for pair in pairs for ref in pair if ref is not None and ref.connection in peers}
    there = books.records(tx, business, sorted(refs, key=str))
    now: dict[Ref, Ref | None] = {
        ref: ref if ref in there else books.survivor(tx, business, ref) for ref in sorted(refs, key=str)
    }
    living = ((now.get(one), now.get(other), master and now.get(master)) for one, other, master in pairs)
    return [(one, other, master) for one, other, master in living if one and other and one != other]


def _elsewhere(tx: Tx, known: Kin, now: datetime) -> dict[str, tuple[Payment, ...]]:
    """What debtors of this connection's books paid at a till, and no ledger of theirs shows."""
    tills = {one.id for one in known.peers.values() if not one.books}
    mine = [head for head in known.families.same if head.connection == known.own.id]
    everywhere = {ref.connection for head in mine for ref in known.families.known_as(head)}
    if not everywhere & tills:
        return {}
    since = (now - TAKEN_SINCE).date()
    taken: dict[Ref, list[Payment]] = {}
    entered: dict[Ref, list[Payment]] = {}
    for payment, customer in books.received(tx, known.own.business, sorted(everywhere), since=since - WITHIN):
        head, at_a_till = known.families.head(customer), payment.ref.connection in tills
        if not at_a_till or (payment.received_on and payment.received_on >= since):
            (taken if at_a_till else entered).setdefault(head, []).append(payment)
    missing = {head: not_entered(taken.get(head, ()), entered.get(head, ())) for head in mine}
    return {debtor_key(head): theirs for head, theirs in missing.items() if theirs}


def mirrors(tx: Tx, known: Kin, invoices: Sequence[Invoice]) -> tuple[Mirror, ...]:
    """Those of the invoices that seem, or are said, to stand in another ledger as well."""
    if not known.books:
        return ()
    return tuple(mirrors_of(tx, known.own.business, known.books, about=[one.ref for one in invoices]))


def company_of(peers: Sequence[Connected]) -> Company:
    """The creditor as the first of these connections knows it, as wary of its own reminders as the wariest."""
    known = [one.company for one in peers if one.company is not None]
    wary = min((one.own_reminders for one in known), key=WARINESS.index)
    return known[0] if known[0].own_reminders is wary else replace(known[0], own_reminders=wary)


def synced_at(peers: Iterable[Connected]) -> datetime | None:
    """When the one that was read longest ago was read; None when one never was."""
    read = [one.last_pull_at or one.usable_at for one in peers]
    return None if None in read else min(one for one in read if one is not None)
