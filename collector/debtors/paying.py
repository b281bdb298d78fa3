"""What a case knows of paying: the plans its invoices are in, and money that goes through a page of ours right now."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from collector.paying.progress import progress
from receivables.case import UnderWay
from receivables.money import Money
from receivables.plans import Progress
from receivables.records import Invoice, Kind, Ref
from storage import installments
from storage.checkouts import ON_THE_WAY, CheckoutState, checkouts
from storage.database import Tx
from storage.plannings import Coming

LOOKED_AT_WITHIN = timedelta(days=1)
"""A page that ended so long ago, and of which nothing was heard since, holds nothing any more."""


def plans_about(tx: Tx, business: str, invoices: Iterable[Invoice]) -> tuple[Progress, ...]:
    """The plans that rest any of these invoices, or were broken, with how far each has come."""
    found = installments.concerning(tx, business, [one.ref for one in invoices])
    return tuple(progress(tx, business, found))


def coming(tx: Tx, business: str) -> dict[str, list[Coming]]:
    """Everything that is being paid, or was and does not stand in the books yet, by the connection of its invoices."""
    found: dict[str, list[Coming]] = {}
    for page in checkouts(tx, business, states=ON_THE_WAY):
        ends_at = page.expires_at if page.state is CheckoutState.OPEN else None
        for ref, amount in page.about:
            found.setdefault(ref.connection, []).append(Coming(ref.id, amount.minor, amount.currency, ends_at))
    return found


def under_way(found: Mapping[str, Iterable[Coming]], at: datetime) -> tuple[UnderWay, ...]:
    """The same, by connection, as a case of the instant has it. Pure."""
    return tuple(_under_way(found, at))


def _under_way(found: Mapping[str, Iterable[Coming]], at: datetime) -> Iterator[UnderWay]:
    for connection, some in found.items():
        for one in some:
            if one.ends_at is None or at - one.ends_at <= LOOKED_AT_WITHIN:
                ref = Ref(connection, Kind.INVOICE, one.invoice)
                yield UnderWay(ref, Money(one.minor, one.currency), open=one.ends_at is not None)
