"""Reads the past of a business's debtors: all versions of their records, some hundred customers at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from collector.debtors.case_book import MESSAGES
from collector.debtors.cases import customer_of, debtor_key
from collector.replay.archive import Archive, Shelf
from collector.replay.clan import Clan
from collector.replay.kinship import Kinship
from receivables.case import Contact
from receivables.plans import InstallmentPlan
from receivables.records import Credit, Customer, Invoice, Kind, Payment, Ref
from receivables.said import Said
from storage.charges import charge_invoices
from storage.connections import Connected, connections
from storage.database import Database, Tx
from storage.installments import plans
from storage.records import R
from storage.said import said
from storage.sames import Stood, stood
from storage.told import contacts
from storage.versions import Version, became, moved, owners, owners_of, versions, waiting_since

AT_ONCE = 500
Edge = tuple[Ref, Ref]


def clans(database: Database, business: str, *, since: date) -> Iterator[Clan]:
    """Every clan of a business that stands in a ledger: whoever has owed for longest first, as far as is owed now."""
    with database.read() as tx:
        shelf = _shelf(tx, business, since)
        groups = _groups(tx, shelf)
        for start in range(0, len(groups), AT_ONCE):
            yield from _Batch(tx, shelf, groups[start : start + AT_ONCE]).clans()


# --- who belongs together -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is read once for the whole business. `nobodys` are payments without a customer, by invoice."""

    business: str
    since: date
    peers: Mapping[str, Connected]
    pairs: Sequence[Stood]
    became: Mapping[Ref, Ref]
    said: Mapping[str, Sequence[Said]]
    charges: Mapping[Ref, datetime]
    nobodys: Mapping[Ref, Sequence[Version[Payment]]]
    plans: Sequence[InstallmentPlan]


@dataclass
class _Group:
    """Customers who belong together, what was known of them, and since when the oldest of what they owe is due."""

    refs: set[Ref] = field(default_factory=set)
    found: list[Version[Customer]] = field(default_factory=list)
    pairs: list[Stood] = field(default_factory=list)
    waiting: date = date.max


def _shelf(tx: Tx, business: str, since: date) -> _Shelf:
    pairs = stood(tx, business)
    paired = {ref.connection for one in pairs for ref in (one.one, one.other)}
    every = connections(tx, business, disconnected=True)
    peers = {one.id: one for one in every if (one.company if one.books else one.id in paired)}
    words: dict[str, list[Said]] = {}
    for one in said(tx, business):
        words.setdefault(one.debtor, []).append(one)
    return _Shelf(
        business=business,
        since=since,
        peers=peers,
        pairs=pairs,
        became={_customer(id, one): _customer(id, other) for id in peers for one, other in became(tx, business, id)},
        said=words,
        charges=charge_invoices(tx, business),
        nobodys=_nobodys(tx, business, peers),
        plans=[one for one in plans(tx, business) if one.agreement],
    )


def _nobodys(tx: Tx, business: str, peers: Iterable[str]) -> dict[Ref, list[Version[Payment]]]:
    found: dict[Ref, list[Version[Payment]]] = {}
    for id in peers:
        for one in versions(tx, business, id, Payment, nobodys=True):
            for ref in dict.fromkeys(part.to for part in one.record.applications):
                found.setdefault(ref, []).append(one)
    return found


def _groups(tx: Tx, shelf: _Shelf) -> list[_Group]:
    """Who has owed for longest first. Who is known to tills alone owes nothing."""
    people = [one for id in shelf.peers for one in versions(tx, shelf.business, id, Customer)]
    whose = _customers_of_pairs(tx, shelf)
    tops = _tops([*_edges(tx, shelf, people), *_said_to_be_one(shelf, whose)])
    groups: dict[Ref, _Group] = {}

    def group(ref: Ref) -> _Group:
        found = groups.setdefault(tops.get(ref, ref), _Group())
        found.refs.add(ref)
        return found

    for one in people:
        group(one.record.ref).found.append(one)
    for id in shelf.peers:
        for owner in owners(tx, shelf.business, id):
            group(_customer(id, owner))
        for owner, due_on in waiting_since(tx, shelf.business, id).items():
            theirs = group(_customer(id, owner))
            theirs.waiting = min(theirs.waiting, due_on)
    for pair in shelf.pairs:
        for ref in whose[pair.one][:1]:
            group(ref).pairs.append(pair)
    ledgers = {id for id, one in shelf.peers.items() if one.books}
    owing = [one for one in groups.values() if any(ref.connection in ledgers for ref in one.refs)]
    return sorted(owing, key=lambda one: (one.waiting, min(map(str, one.refs))))


def _edges(tx: Tx, shelf: _Shelf, people: Iterable[Version[Customer]]) -> Iterator[Edge]:
    """Who was ever billed with whom, merged into whom, or had an invoice that became theirs."""
    yield from ((one.record.ref, one.record.parent) for one in people if one.record.parent is not None)
    yield from shelf.became.items()
    for id in shelf.peers:
        for one, other in moved(tx, shelf.business, id):
            yield _customer(id, one), _customer(id, other)


def _customers_of_pairs(tx: Tx, shelf: _Shelf) -> dict[Ref, list[Ref]]:
    """Of everything in a pair the customers it is about: itself, or whoever the invoice names or named."""
    ids: dict[str, list[str]] = {}
    found: dict[Ref, list[Ref]] = {ref: [] for pair in shelf.pairs for ref in (pair.one, pair.other)}
    for ref in found:
        if ref.kind is Kind.INVOICE:
            ids.setdefault(ref.connection, []).append(ref.id)
        elif ref.connection in shelf.peers:
            found[ref].append(ref)
    for connection, some in ids.items():
        for id, owner in owners_of(tx, shelf.business, connection, some):
            found[Ref(connection, Kind.INVOICE, id)].append(_customer(connection, owner))
    return found


def _said_to_be_one(shelf: _Shelf, whose: Mapping[Ref, Sequence[Ref]]) -> Iterator[Edge]:
    """The customers of every pair, or those whose invoices it is."""
    for pair in shelf.pairs:
        theirs = (*whose[pair.one], *whose[pair.other])
        yield from ((theirs[0], ref) for ref in theirs[1:])


def _tops(edges: Iterable[Edge]) -> dict[Ref, Ref]:
    """For whoever belongs to somebody else, the one of them all who comes first."""
    above: dict[Ref, Ref] = {}

    def top(ref: Ref) -> Ref:
        while (over := above.get(ref, ref)) != ref:
            ref = over
        return ref

    for pair in edges:
        first, second = sorted(map(top, pair), key=str)
        above[second] = first
    return {ref: top(ref) for ref in list(above)}


def _customer(connection: str, id: str) -> Ref:
    return Ref(connection, Kind.CUSTOMER, id)


# --- what was known of them ---------------------------------------------------------------------------------------


class _Batch:
    """Some groups, read by a handful of statements for all of them."""

    def __init__(self, tx: Tx, shelf: _Shelf, groups: Sequence[_Group]) -> None:
        self._shelf, self._groups = shelf, groups
        self._whose = {ref: at for at, group in enumerate(groups) for ref in group.refs}
        self._invoices = self._by_group(tx, Invoice)
        self._payments = self._by_group(tx, Payment)
        self._credits = self._by_group(tx, Credit)
        self._contacts = self._told(tx)
        self._plans = self._in_parts()

    def clans(self) -> Iterator[Clan]:
        """One for each group."""
        for at, group in enumerate(self._groups):
            debtors = sorted(map(debtor_key, group.refs))
            ids = dict.fromkeys(id for id in self._shelf.peers if any(ref.connection == id for ref in group.refs))
            yield Clan(
                archives={id: self._archive(at, id, group) for id in ids},
                debtors=frozenset(debtors),
                said=tuple(one for debtor in ("", *debtors) for one in self._shelf.said.get(debtor, ())),
                contacts=tuple(sorted(self._contacts.get(at, ()), key=lambda one: one.at)),
                plans=tuple(self._plans.get(at, ())),
                kinship=Kinship(tuple(group.pairs), self._shelf.became if group.pairs else {}),
            )

    def _archive(self, at: int, id: str, group: _Group) -> Archive:
        invoices = self._invoices.get((at, id), ())
        refs = dict.fromkeys(one.record.ref for one in invoices)
        nobodys = {(one.record.ref, one.seen_from): one for ref in refs for one in self._shelf.nobodys.get(ref, ())}
        return Archive(
            connected=self._shelf.peers[id],
            since=self._shelf.since,
            customers=Shelf(one for one in group.found if one.record.ref.connection == id),
            invoices=Shelf(invoices),
            payments=Shelf((*self._payments.get((at, id), ()), *nobodys.values())),
            credits=Shelf(self._credits.get((at, id), ())),
            charges=self._shelf.charges,
        )

    def _by_group(self, tx: Tx, kind: type[R]) -> dict[tuple[int, str], list[Version[R]]]:
        """By the group and the connection."""
        ids: dict[str, list[str]] = {}
        for ref in sorted(self._whose, key=str):
            ids.setdefault(ref.connection, []).append(ref.id)
        grouped: dict[tuple[int, str], list[Version[R]]] = {}
        for id, customers in ids.items():
            for one in versions(tx, self._shelf.business, id, kind, customers=customers):
                owner: Ref = getattr(one.record, "customer")  # noqa: B009
                grouped.setdefault((self._whose[owner], id), []).append(one)
        return grouped

    def _in_parts(self) -> dict[int, list[InstallmentPlan]]:
        """The plans about any of their invoices, by group."""
        of = {one.record.ref: at for (at, _), found in self._invoices.items() for one in found}
        grouped: dict[int, list[InstallmentPlan]] = {}
        for plan in self._shelf.plans:
            for at in {of[one.invoice] for one in plan.covered if one.invoice in of}:
                grouped.setdefault(at, []).append(plan)
        return grouped

    def _told(self, tx: Tx) -> dict[int, list[Contact]]:
        """What was said to any of them or about their invoices, by group."""
        of = {one.record.ref: at for (at, _), found in self._invoices.items() for one in found}
        debtors = list(map(debtor_key, self._whose))
        business = self._shelf.business
        told = contacts(tx, business, acts=MESSAGES, since=date.min, debtors=debtors, invoices=of)
        grouped: dict[int, list[Contact]] = {}
        for one in told:
            groups = {self._whose.get(customer_of(one.debtor)), *(of.get(ref) for ref, _ in one.steps)}
            for at in groups - {None}:
                grouped.setdefault(at, []).append(one)  # type: ignore[arg-type]
        return grouped
