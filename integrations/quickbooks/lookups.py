"""Looks things up apart from the stream of changes: single records, the platform's own totals, and the open set."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from integrations.quickbooks.client import Envelope
from integrations.quickbooks.mapping import ENTITIES, KINDS, Mapped, NotUnderstood, Place, customer_balance, map_rows
from integrations.quickbooks.payloads import CustomerRow
from integrations.quickbooks.reader import Reader, Rows, said_at
from integrations.quickbooks.statements import PAGE, among, select
from receivables.page import Basis, Figure, Gone, OpenTotals, Page, Scope
from receivables.records import Kind, Ref

IDS_AT_ONCE = 200
BASIS = Basis(scope=Scope.CUSTOMER, net=True, re_read=False, with_children=False)


def fetch(reader: Reader, refs: Sequence[Ref]) -> Page:
    """These records as they are now; the ones QuickBooks does not have come back as gone."""
    wanted: dict[str, dict[str, None]] = defaultdict(dict)
    for ref in refs:
        if ref.kind in ENTITIES:
            wanted[ENTITIES[ref.kind]][ref.id] = None
    found = Mapped()
    for entity, ids in wanted.items():
        listed = list(ids)
        for start in range(0, len(listed), IDS_AT_ONCE):
            found += _some(reader, entity, listed[start : start + IDS_AT_ONCE])
    return Page(found.records, found.gone, found.odd)


def _some(reader: Reader, entity: str, ids: list[str]) -> Mapped:
    answer = reader.client.query(select(entity, among("Id", ids)))
    rows, at = reader.rows(entity, answer), said_at(answer)
    place = reader.place(rows)
    return map_rows(entity, rows, place, at=at) + _missing(entity, ids, rows, place=place, at=at)


def _missing(entity: str, ids: list[str], rows: Rows, *, place: Place, at: datetime) -> Mapped:
    there = {row.id for row in rows}
    return Mapped(gone=tuple(Gone(place.ref(KINDS[entity], one), at) for one in ids if one not in there))


def open_totals(reader: Reader, as_at_on: date) -> OpenTotals:
    """Each customer's own Balance, as it is now, net of what is unapplied, whatever the documents' dates."""
    figures: list[Figure] = []
    not_comparable: dict[Ref, str] = {}
    pages: list[Page] = []
    for page, place, rows in _customers(reader):
        pages.append(page)
        for row in rows:
            about = place.ref(Kind.CUSTOMER, row.id)
            try:
                balance = customer_balance(row, place) if isinstance(row, CustomerRow) else None
            except NotUnderstood as error:
                not_comparable[about] = str(error)
                continue
            if balance is None:
                not_comparable[about] = "QuickBooks' record of the customer cannot be read"
            elif balance:
                figures.append(Figure(about, balance))
    return OpenTotals(BASIS, as_at_on, tuple(figures), not_comparable, tuple(pages))


def _customers(reader: Reader) -> Iterator[tuple[Page, Place, Rows]]:
    for answer, rows in pages_by_id(reader, "Customer"):
        yield reader.page({"Customer": rows}, at=said_at(answer), stream="Customer"), reader.place(rows), rows


def pages_by_id(reader: Reader, entity: str, *conditions: str) -> Iterator[tuple[Envelope, Rows]]:
    """All rows in the order of their ids, which never change, so that positions hold still."""
    start = 1
    while True:
        answer = reader.client.query(select(entity, *conditions, order_by="Id", start=start))
        rows = reader.rows(entity, answer)
        yield answer, rows
        if len(rows) < PAGE:
            return
        start += PAGE


def sweep(reader: Reader, known_open: Sequence[Ref]) -> Iterator[Page]:
    """Changed data hides nothing, so there is nothing to sweep, unless the last reading had to fall back to queries:
    those never show what was deleted, so what is open only here is then fetched by id."""
    if not reader.gap:
        return
    there = set(_open_ids(reader))
    doubtful = [ref for ref in known_open if ref.kind is not Kind.INVOICE or ref.id not in there]
    for start in range(0, len(doubtful), IDS_AT_ONCE):
        yield fetch(reader, doubtful[start : start + IDS_AT_ONCE])
    reader.gap = False


def _open_ids(reader: Reader) -> Iterator[str]:
    for _, rows in pages_by_id(reader, "Invoice", "Balance > '0'"):
        yield from (row.id for row in rows)
