"""Reads what is owed to one connection's books, the invoices of some hundred debtors at a time."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from collector.debtors.families import Families
from collector.debtors.kin import Kin
from receivables.records import Answer, Invoice, Ref
from storage import books, due
from storage.connections import Connected
from storage.database import Tx
from storage.due import Narrow, Window

AT_ONCE = 500


def by_debtor(tx: Tx, kin: Kin, windows: Sequence[Narrow] | None) -> Iterator[list[Invoice]]:
    """Open invoices, those of one debtor together; families, whose invoices do not stand together, at the end.

    With `windows`, only what may have a step; and all of those with money or credit to net. Who is somebody of other
    books as well is left to those when they are written to there, and brought along when they are written to here.
    """
    windows = narrowed(kin.own, windows)
    for some in _by_debtor(tx, kin, windows):
        yield some if windows is None else _completed(tx, kin, some)


def narrowed(connected: Connected, windows: Sequence[Narrow] | None) -> Sequence[Narrow] | None:
    """The mails of a platform that reminds count as contacts, whichever invoice they are about: then all is read.

    What names customers, not invoices, leaves none of theirs out.
    """
    reminds = connected.company is not None and connected.company.own_reminders is Answer.YES
    return None if reminds and any(isinstance(one, Window) for one in windows or ()) else windows


def of_customers(
    tx: Tx, kin: Kin, customers: Sequence[Ref], windows: Sequence[Narrow] | None = None
) -> Iterator[Invoice]:
    """The open invoices of these customers, in whichever ledgers they stand."""
    ids: dict[str, list[str]] = {}
    for ref in customers:
        ids.setdefault(ref.connection, []).append(ref.id)
    for one in kin.ledgers(ids):
        theirs = ids[one.id]
        yield from due.open_by_customer(tx, one.business, one.id, windows=narrowed(one, windows), customers=theirs)


def _by_debtor(tx: Tx, kin: Kin, windows: Sequence[Narrow] | None) -> Iterator[list[Invoice]]:
    own, families = kin.own, kin.families
    invoices = due.open_by_customer(tx, own.business, own.id, windows=windows)
    some: list[Invoice] = []
    apart: dict[Ref, list[Invoice]] = {}
    count = 0
    for customer, theirs in groupby(invoices, key=lambda invoice: invoice.customer):
        head = families.head(customer)
        if head.connection != own.id:
            continue
        if not families.alone(head):
            apart.setdefault(head, []).extend(theirs)
            continue
        some.extend(theirs)
        count += 1
        if count == AT_ONCE:
            yield some
            some, count = [], 0
    if some:
        yield some
    for invoice in of_customers(tx, kin, _brought_along(kin), windows):
        apart.setdefault(families.head(invoice.customer), []).append(invoice)
    yield from _lots(families, apart)


def _brought_along(kin: Kin) -> list[Ref]:
    """The customers of other books who are written to here."""
    here, families = kin.own.id, kin.families
    mine = [head for head in families.same if head.connection == here]
    return [ref for head in mine for ref in families.of(head) if ref.connection != here]


def _lots(families: Families, apart: Mapping[Ref, list[Invoice]]) -> Iterator[list[Invoice]]:
    """Some hundred families at a time, those together that stand in the same books."""
    lots: dict[frozenset[str], list[list[Invoice]]] = {}
    for head, theirs in apart.items():
        where = frozenset(ref.connection for ref in families.of(head))
        lots.setdefault(where, []).append(theirs)
    for lot in lots.values():
        for start in range(0, len(lot), AT_ONCE):
            yield [invoice for theirs in lot[start : start + AT_ONCE] for invoice in theirs]


def _completed(tx: Tx, kin: Kin, invoices: list[Invoice]) -> list[Invoice]:
    """All that is open of those with money or credit to net: against a part of it, it would look like too much."""
    families = kin.families
    heads = dict.fromkeys(families.head(invoice.customer) for invoice in invoices)
    refs, only = kin.in_ledgers([ref for head in heads for ref in families.of(head)])
    mine = (tx, kin.own.business, only)
    owners = [one.customer for one in books.payments(*mine, customers=refs, left=True)]
    owners += [one.customer for one in books.credits_of(*mine, customers=refs, left=True)]
    netted = {families.head(customer) for customer in owners if customer}
    if not netted:
        return invoices
    theirs = [ref for head in netted for ref in families.of(head)]
    others = [one for one in invoices if families.head(one.customer) not in netted]
    return [*others, *of_customers(tx, kin, theirs)]
