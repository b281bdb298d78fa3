"""Reads the past of a connection's debtors: all versions of their records, some hundred customers at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from collector.debtors.case_book import MESSAGES
from collector.replay.clan import Clan, Shelf
from receivables.case import Contact
from receivables.records import Credit, Customer, Invoice, Payment, Ref
from receivables.said import Said
from storage.connections import Connected
from storage.database import Database, Tx
from storage.records import R
from storage.said import said
from storage.told import contacts
from storage.versions import Version, moved, owners, versions

AT_ONCE = 500


@dataclass
class _Group:
    """Customers who belong together, and what was known of them."""

    ids: set[str] = field(default_factory=set)
    found: list[Version[Customer]] = field(default_factory=list)


def clans(database: Database, connected: Connected, *, since: date) -> Iterator[Clan]:
    """Every clan of a connection; nothing before its company is known."""
    if connected.company is None:
        return
    with database.read() as tx:
        mine = (tx, connected.business, connected.id)
        words = _by_debtor(said(tx, connected.business))
        groups = _together(owners(*mine), versions(*mine, Customer), moved(*mine))
        for start in range(0, len(groups), AT_ONCE):
            yield from _Batch(tx, connected, groups[start : start + AT_ONCE], since).clans(words)


def _together(
    owners: Iterable[str], known: Sequence[Version[Customer]], moves: Iterable[tuple[str, str]]
) -> list[_Group]:
    """By whoever of them comes first."""
    above: dict[str, str] = {}

    def top(id: str) -> str:
        while (parent := above.get(id, id)) != id:
            id = parent
        return id

    children = ((one.record.ref.id, one.record.parent.id) for one in known if one.record.parent is not None)
    for pair in (*children, *moves):
        first, second = sorted(map(top, pair))
        above[second] = first
    groups: dict[str, _Group] = {}
    for id in (*owners, *(one.record.ref.id for one in known)):
        groups.setdefault(top(id), _Group()).ids.add(id)
    for one in known:
        groups[top(one.record.ref.id)].found.append(one)
    return list(groups.values())


class _Batch:
    """Some groups, read by a handful of statements for all of them."""

    def __init__(self, tx: Tx, connected: Connected, groups: Sequence[_Group], since: date) -> None:
        self._connected, self._groups, self._since = connected, groups, since
        self._whose = {id: at for at, group in enumerate(groups) for id in group.ids}
        mine, ids = (tx, connected.business, connected.id), sorted(self._whose)
        self._invoices = self._by_group(versions(*mine, Invoice, customers=ids))
        self._payments = self._by_group(versions(*mine, Payment, customers=ids))
        self._credits = self._by_group(versions(*mine, Credit, customers=ids))
        self._told = self._contacts(tx)

    def clans(self, words: Mapping[str, Sequence[Said]]) -> Iterator[Clan]:
        for at, group in enumerate(self._groups):
            debtors = sorted(f"{self._connected.id}/{id}" for id in group.ids)
            yield Clan(
                connected=self._connected,
                ids=frozenset(group.ids),
                first_at=self._connected.first_pull_done_at,
                since=self._since,
                customers=Shelf(group.found),
                invoices=Shelf(self._invoices.get(at, ())),
                payments=Shelf(self._payments.get(at, ())),
                credits=Shelf(self._credits.get(at, ())),
                said=tuple(one for debtor in ("", *debtors) for one in words.get(debtor, ())),
                contacts=tuple(sorted(self._told.get(at, ()), key=lambda one: one.at)),
            )

    def _by_group(self, found: Iterable[Version[R]]) -> dict[int, list[Version[R]]]:
        grouped: dict[int, list[Version[R]]] = {}
        for one in found:
            owner: Ref | None = getattr(one.record, "customer", None)
            if owner is not None:
                grouped.setdefault(self._whose[owner.id], []).append(one)
        return grouped

    def _contacts(self, tx: Tx) -> dict[int, list[Contact]]:
        """What was said to any of them or about their invoices, by group."""
        of = {one.record.ref: at for at, found in self._invoices.items() for one in found}
        debtors = {f"{self._connected.id}/{id}": at for id, at in self._whose.items()}
        business = self._connected.business
        told = contacts(tx, business, acts=MESSAGES, since=date.min, debtors=list(debtors), invoices=of)
        grouped: dict[int, list[Contact]] = {}
        for one in told:
            groups = {debtors.get(one.debtor), *(of.get(ref) for ref, _ in one.steps)} - {None}
            for at in groups:
                grouped.setdefault(at, []).append(one)  # type: ignore[arg-type]
        return grouped


def _by_debtor(words: Iterable[Said]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for one in words:
        found.setdefault(one.debtor, []).append(one)
    return found
