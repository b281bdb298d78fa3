"""The reads of one organisation beside its pull: the sweep of the open set, single records, balances."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from integrations.errors import NotThere, Refused
from integrations.xero.decoding import Decoded, decode
from integrations.xero.payloads import Organisation, Unreadable
from integrations.xero.streams import (
    CONTACTS,
    CREDITS,
    INVOICES,
    OPEN,
    PAYMENTS,
    Room,
    Stream,
    ask,
    ask_one,
    mapped,
    more,
)
from receivables.money import Money
from receivables.page import Basis, Figure, Gone, OpenTotals, Page, Scope
from receivables.records import Kind, Ref

# a list of ids beyond about fifty (a URL of some 2,090 characters) is answered with 404, as if nothing were there
IDS_MAX = 50


def sweep(room: Room, known_open: Sequence[Ref]) -> Iterator[Page]:
    """What is open there, page by page, then what is open only here, fetched by id; absence closes nothing.

    The change feed hides new due dates of part-paid invoices and some other edits. Filtering by status while
    paging can lose a row that slides over a page's edge: the second half catches it.
    """
    listed: set[str] = set()
    page, going = 1, True
    while going:
        found = ask(room, OPEN, page=page)
        listed.update(_ids(found, OPEN))
        yield replace(mapped(room, OPEN, found), stream="sweep")
        going, page = more(found, page), page + 1
    missing = [ref for ref in known_open if ref.id not in listed]
    for batch in _batches(missing):
        yield replace(_by_ids(room, INVOICES, batch), stream="sweep")


def fetch(room: Room, refs: Sequence[Ref]) -> Page:
    """These records as they are now. Invoices and customers fifty at a time, the rest one by one."""
    unique = list(dict.fromkeys(refs))
    pages = [
        _by_ids(room, stream, batch)
        for stream in (INVOICES, CONTACTS)
        for batch in _batches([ref for ref in unique if ref.kind is stream.kind])
    ]
    pages += [_one(room, ref, CREDITS) for ref in unique if ref.kind is Kind.CREDIT]
    pages += [_one(room, ref, (PAYMENTS,)) for ref in unique if ref.kind in (Kind.PAYMENT, Kind.OTHER)]
    return Page(
        records=tuple(record for page in pages for record in page.records),
        gone=tuple(gone for page in pages for gone in page.gone),
        odd=tuple(odd for page in pages for odd in page.odd),
        stream="fetch",
    )


def _by_ids(room: Room, stream: Stream, refs: Sequence[Ref]) -> Page:
    """At most fifty records by the IDs filter; what the reply leaves out is asked for by its own address.

    A list that lacks a record is no proof: only a 404 for the record itself says that it is gone.
    """
    asked: dict[str, Any] = {"i_ds": [ref.id for ref in refs], "order": None}
    if stream is INVOICES:
        # no `where` here: the URL is long enough as it is, and an id is filter enough
        asked["where"] = None
    try:
        found = ask(room, stream, page=1, size=100, **asked)
    except NotThere:
        raise Refused("Xero did not answer a list of ids; nothing was read from it") from None
    present = _ids(found, stream)
    page = mapped(room, stream, found)
    for ref in refs:
        if ref.id not in present:
            alone = _one(room, ref, (stream,))
            page = replace(page, records=page.records + alone.records, gone=page.gone + alone.gone)
    return page


def _one(room: Room, ref: Ref, candidates: Sequence[Stream]) -> Page:
    """One record by its own address. A credit's reference does not say at which of three endpoints it lives."""
    for stream in candidates:
        try:
            return mapped(room, stream, ask_one(room, stream, ref.id))
        except NotThere:
            continue
    return Page(gone=(Gone(ref, room.wire.clock.now()),))


def _ids(found: Decoded[Any], stream: Stream) -> set[str]:
    return {stream.id_of(one) or "" for one in found.payloads} | {odd.ref.id for odd in found.odd}


def _batches(refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
    return (refs[at : at + IDS_MAX] for at in range(0, len(refs), IDS_MAX))


def organisation(room: Room) -> Organisation:
    """The Organisation record. Raises TryLater, Reconnect or Refused."""
    found = room.client.read(
        "get_organisations",
        lambda reply: decode(reply.body, "Organisations", Organisation, room.mapper.odd(Kind.OTHER)),
    )
    if not found.payloads:
        raise Refused("Xero did not tell which organisation this is")
    return found.payloads[0]


def open_totals(room: Room, as_at_on: date, base_currency: str) -> OpenTotals:
    """Contact by contact what Xero says is outstanding, net of credits that are not used up.

    Xero gives the balance of this moment whatever `as_at_on` says, and does not name its currency.
    """
    figures: list[Figure] = []
    unclear: dict[Ref, str] = {}
    seen: list[Page] = []
    going = True
    while going:
        found = ask(room, CONTACTS, page=len(seen) + 1)
        seen.append(mapped(room, CONTACTS, found))
        for contact in found.payloads:
            ref = Ref(room.account.id, Kind.CUSTOMER, contact.contact_id or "")
            try:
                owed: Money | None = room.mapper.outstanding(contact, base_currency)
            except Unreadable as error:
                unclear[ref] = str(error)
                continue
            if owed is not None:
                figures.append(Figure(ref, owed))
        going = more(found, len(seen))
    basis = Basis(Scope.CUSTOMER, net=True)
    return OpenTotals(basis, as_at_on, tuple(figures), unclear, tuple(seen))
