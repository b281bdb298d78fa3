"""Who is the same, and what is the same sale: pairs that were found, with their evidence, and what a person said."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, or_, select, update

from receivables.case import Mirror, Sale
from receivables.money import Money
from receivables.records import InvoiceStatus, Kind, Ref
from storage import tables
from storage.books import OPEN, ledgers
from storage.database import AnyRow, Tx
from storage.dialects import among, put


class Alike(StrEnum):
    """What two of a pair are."""

    DEBTOR = "debtor"
    INVOICE = "invoice"


class SameState(StrEnum):
    """What a person said of a pair, if anything yet."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


PAID = InvoiceStatus.PAID.value
KINDS = {Alike.DEBTOR: Kind.CUSTOMER, Alike.INVOICE: Kind.INVOICE}


@dataclass(frozen=True, slots=True)
class Same:
    """A pair of customers or of invoices, `one` before `other` by their names; `evidence` is sentences by their sort.

    `master` is the one that is written to, or the invoice that counts, as a person said. `at` is since when it is so.
    """

    alike: Alike
    one: Ref
    other: Ref
    evidence: Mapping[str, str] = field(default_factory=dict)
    state: SameState = SameState.PROPOSED
    master: Ref | None = None
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stood:
    """A pair as it stood from `since` up to, not with, `until`; None: it still does."""

    alike: Alike
    one: Ref
    other: Ref
    state: SameState
    master: Ref | None
    since: datetime
    until: datetime | None = None

    def at(self, instant: datetime) -> bool:
        """Was it so at that instant?"""
        return self.since <= instant and (self.until is None or instant < self.until)


def propose(tx: Tx, business: str, found: Sequence[Same], *, now: datetime) -> int:
    """Keep the pairs that are new, and of those that wait the newest evidence; how many are new or say more.

    What a person has said of a pair stays.
    """
    known = {(one.alike, one.one, one.other): one for one in sames(tx, business)}
    fresh = []
    for one in found:
        kept = known.get((one.alike, one.one, one.other))
        if kept is None or (kept.state is SameState.PROPOSED and kept.evidence != one.evidence):
            fresh.append(_row(business, one, kept.at if kept and kept.at else now))
    put(tx, tables.same, fresh)
    return len(fresh)


def withdraw(tx: Tx, business: str, alike: Alike, kept: Iterable[tuple[Ref, Ref]], *, now: datetime) -> int:
    """Forget the proposals that nobody answered and that are not among `kept`: their evidence is gone. How many."""
    still = set(kept)
    waiting = sames(tx, business, alike, states=(SameState.PROPOSED,))
    gone = [one for one in waiting if (one.one, one.other) not in still]
    for one in gone:
        _remember(tx, business, one, now)
        tx.execute(tables.same.delete().where(*_mine(business, one.alike, one.one, one.other)))
    return len(gone)


def settle(
    tx: Tx, business: str, pair: Same, state: SameState, *, master: Ref | None = None, by: str, now: datetime
) -> bool:
    """A person says what a pair is; False when there is no such pair."""
    values = {"state": state.value, "master": _key(master) if master else "", "by": by, "at": now}
    mine = _mine(business, pair.alike, pair.one, pair.other)
    row = tx.execute(select(tables.same).where(*mine).with_for_update()).one_or_none()
    if row is None:
        return False
    _remember(tx, business, _same(row), now)
    return tx.execute(update(tables.same).where(*mine).values(values)).rowcount > 0


def _remember(tx: Tx, business: str, one: Same, now: datetime) -> None:
    """Nothing else would know how it stood until now."""
    row = _named(business, one) | {"state": one.state.value, "master": _key(one.master) if one.master else ""}
    put(tx, tables.same_past, [row | {"since": one.at or now, "until": now}])


def stood(tx: Tx, business: str) -> list[Stood]:
    """Every pair as it ever stood, in the order of their names."""
    past = [_stood(row, row.since, row.until) for row in tx.execute(_of(tables.same_past, business))]
    now = [_stood(row, row.at, None) for row in tx.execute(_of(tables.same, business))]
    return sorted((*past, *now), key=lambda one: (one.alike, str(one.one), str(one.other), one.since))


def _of(table: Table, business: str) -> Select[Any]:
    return select(table).where(table.c.business_id == business)


def sames(
    tx: Tx,
    business: str,
    alike: Alike | None = None,
    *,
    states: Collection[SameState] = (),
    about: Collection[Ref] | None = None,
) -> list[Same]:
    """The pairs, in the order of their names; `about`: only those in which one of these is."""
    table = tables.same
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted.where(table.c.kind == alike.value) if alike else wanted
    wanted = wanted.where(table.c.state.in_([state.value for state in states])) if states else wanted
    wanted = wanted.where(_about(tx, about)) if about is not None else wanted
    return [_same(row) for row in tx.execute(wanted.order_by(table.c.kind, table.c.one, table.c.other))]


def any_mirrors(tx: Tx, business: str) -> bool:
    """Is there any sale that may stand in two books?"""
    table = tables.same
    mine = (table.c.business_id == business, table.c.kind == Alike.INVOICE.value)
    some = select(table.c.one).where(*mine, table.c.state != SameState.REFUSED.value).limit(1)
    return tx.execute(some).one_or_none() is not None


def mirrors(
    tx: Tx, business: str, connections: Collection[str], *, about: Collection[Ref] | None = None
) -> list[Mirror]:
    """The sales that seem, or are said, to stand in two of these books; `about`: those in which one of these is.

    Only where both are still there.
    """
    pairs = sames(tx, business, Alike.INVOICE, states=(SameState.PROPOSED, SameState.CONFIRMED), about=about)
    pairs = [one for one in pairs if {one.one.connection, one.other.connection} <= set(connections)]
    status = _statuses(tx, business, [ref for one in pairs for ref in (one.one, one.other)])
    return [
        Mirror(one.one, one.other, one.master, next((ref for ref in (one.one, one.other) if status[ref] == PAID), None))
        for one in pairs
        if one.one in status and one.other in status
    ]


def copies(tx: Tx, business: str) -> list[Ref]:
    """The invoices that are in no sum: of a sale that stands in two connected books, one of the two."""
    if not any_mirrors(tx, business):
        return []
    return [one.copy for one in mirrors(tx, business, [str(id) for (id,) in tx.execute(ledgers(business))])]


def _statuses(tx: Tx, business: str, refs: Iterable[Ref]) -> dict[Ref, str]:
    """Of those that are not gone."""
    table, ids = tables.invoice, dict[str, list[str]]()
    for ref in refs:
        ids.setdefault(ref.connection, []).append(ref.id)
    found: dict[Ref, str] = {}
    for connection, some in ids.items():
        mine = (table.c.business_id == business, table.c.connection_id == connection, table.c.gone_at.is_(None))
        wanted = select(table.c.id, table.c.status).where(*mine, among(tx, table.c.id, some))
        found |= {Ref(connection, Kind.INVOICE, id): status for id, status in tx.execute(wanted)}
    return found


def sales(tx: Tx, business: str, connections: Collection[str]) -> Iterator[Sale]:
    """The issued invoices of these connections whose number is also that of one which is owed."""
    table, owed = tables.invoice, tables.invoice.alias("owed")
    numbers = select(owed.c.number).where(
        owed.c.business_id == business, owed.c.status.in_(OPEN), owed.c.gone_at.is_(None), owed.c.open_minor > 0
    )
    columns = (table.c.connection_id, table.c.id, table.c.customer_id, table.c.number, table.c.total_minor)
    more = (table.c.currency, table.c.issued_on, table.c.status, table.c.open_minor)
    wanted = select(*columns, *more).where(
        table.c.business_id == business,
        table.c.connection_id.in_(list(connections)),
        table.c.gone_at.is_(None),
        table.c.status.in_((*OPEN, "paid")),
        table.c.customer_id.is_not(None),
        table.c.number != "",
        table.c.number.in_(numbers),
    )
    for connection, id, customer, number, total, currency, issued_on, status, left in tx.execute(wanted):
        ref, whose = Ref(connection, Kind.INVOICE, id), Ref(connection, Kind.CUSTOMER, customer)
        yield Sale(ref, whose, number, Money(total, currency), issued_on, status in OPEN and left > 0)


def _about(tx: Tx, refs: Collection[Ref]) -> ColumnElement[bool]:
    keys = [_key(ref) for ref in refs]
    return or_(among(tx, tables.same.c.one, keys), among(tx, tables.same.c.other, keys))


def _mine(business: str, alike: Alike, one: Ref, other: Ref) -> tuple[ColumnElement[bool], ...]:
    table = tables.same
    pair = (table.c.one == _key(one), table.c.other == _key(other))
    return table.c.business_id == business, table.c.kind == alike.value, *pair


def _key(ref: Ref) -> str:
    return f"{ref.connection}/{ref.id}"


def _ref(alike: Alike, key: str) -> Ref:
    connection, _, id = key.partition("/")
    return Ref(connection, KINDS[alike], id)


def _named(business: str, one: Same) -> dict[str, object]:
    return {"business_id": business, "kind": one.alike.value, "one": _key(one.one), "other": _key(one.other)}


def _row(business: str, one: Same, now: datetime) -> dict[str, object]:
    return _named(business, one) | {
        "state": one.state.value,
        "evidence": msgspec.json.encode(dict(one.evidence)).decode(),
        "master": "",
        "by": one.by,
        "at": now,
    }


def _same(row: AnyRow) -> Same:
    alike = Alike(row.kind)
    return Same(
        alike=alike,
        one=_ref(alike, row.one),
        other=_ref(alike, row.other),
        evidence=msgspec.json.decode(row.evidence or "{}", type=dict[str, str]),
        state=SameState(row.state),
        master=_ref(alike, row.master) if row.master else None,
        by=row.by,
        at=row.at,
    )


def _stood(row: AnyRow, since: datetime, until: datetime | None) -> Stood:
    alike = Alike(row.kind)
    one, other = _ref(alike, row.one), _ref(alike, row.other)
    master = _ref(alike, row.master) if row.master else None
    return Stood(alike, one, other, SameState(row.state), master, since, until)
