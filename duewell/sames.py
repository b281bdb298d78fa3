"""Who is the same and what is the same sale: found after every sync, shown with the evidence, answered by people."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from collector.debtors.cases import heads_of
from collector.debtors.families import families
from collector.debtors.likeness import Likeness, alike, copies, key_of
from duewell.views.same import PairView, SideView
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from integrations.registry import platform
from receivables.money import by_currency
from receivables.records import Customer, Invoice, Kind, Ref
from storage import books
from storage.connections import Connected, connections
from storage.database import Tx
from storage.sames import Alike, Same, SameState, propose, sales, sames, settle, withdraw

log = structlog.get_logger(__name__)

ID_LENGTH = 6
ANSWERS = {"same": SameState.CONFIRMED, "different": SameState.REFUSED, "ask": SameState.PROPOSED}
TOLD = {
    Alike.DEBTOR: {
        "same": "From now on they are one customer: one message, one history, whatever books it comes from.",
        "different": "They stay two customers, and you are not asked again.",
        "ask": "They are two customers again until you say otherwise.",
    },
    Alike.INVOICE: {
        "same": "It is one sale: only the one that counts is asked for, and money on either settles it.",
        "different": "They are two sales, and you are not asked again.",
        "ask": "Neither of the two is asked for until you say which one counts.",
    },
}


def find_sames(house: House, business: str) -> int:
    """Look through the books once more: what is new is proposed, what has lost its evidence is withdrawn.

    How many pairs are new or say more than before. Nothing changes for a customer until a person has said yes.
    """
    with house.database.read() as tx:
        known = connections(tx, business)
        customers = {one.ref: one for each in known for one in books.customers(tx, business, each.id)}
        debtors = _debtors(customers.values())
        twice = _sales(tx, business, known, customers)
    now = house.clock.now()
    with house.database.write() as tx:
        found = propose(tx, business, [*debtors, *twice], now=now)
        withdraw(tx, business, Alike.DEBTOR, [(one.one, one.other) for one in debtors], now=now)
        withdraw(tx, business, Alike.INVOICE, [(one.one, one.other) for one in twice], now=now)
    if found:
        log.info("pairs that seem to be one", found=found)
    return found


def _debtors(customers: Iterable[Customer]) -> list[Same]:
    """Between those who are billed themselves; whoever is billed with a parent is its parent already."""
    known = list(customers)
    heads = heads_of(known)
    return [_same(Alike.DEBTOR, one) for one in alike(each for each in known if heads[each.ref] == each.ref)]


def _sales(tx: Tx, business: str, known: Sequence[Connected], customers: Mapping[Ref, Customer]) -> list[Same]:
    """One set of books holds no sale twice."""
    ledgers = [one.id for one in known if one.books]
    if len(ledgers) < 2:
        return []
    confirmed = sames(tx, business, Alike.DEBTOR, states=(SameState.CONFIRMED,))
    together = families(heads_of(customers.values()), [(one.one, one.other, one.master) for one in confirmed])
    found = copies(sales(tx, business, ledgers), customers, together.heads)
    return [_same(Alike.INVOICE, one) for one in found]


def _same(sort: Alike, found: Likeness) -> Same:
    return Same(sort, found.one, found.other, found.evidence)


def pairs(house: House, business: str, *, answered: bool = False) -> tuple[PairView, ...]:
    """The pairs that wait for a person, invoices first since they are held; or those that somebody has answered."""
    states = (SameState.CONFIRMED, SameState.REFUSED) if answered else (SameState.PROPOSED,)
    with house.database.read() as tx:
        found = sames(tx, business, states=states)
        shelf = _shelf(tx, business, found)
    shown = [view for one in found if (view := _view(one, shelf)) is not None]
    return tuple(sorted(shown, key=lambda one: one.alike != Alike.INVOICE))


def waiting_pairs(house: House, business: str) -> int:
    """How many wait for a person."""
    with house.database.read() as tx:
        return len(sames(tx, business, states=(SameState.PROPOSED,)))


def answer_pair(house: House, business: str, id: str, answer: str, *, master: str = "", by: str) -> str:
    """A person says what a pair is (`same`, `different`, or `ask` again); a sentence about what follows.

    `master` is the key of the one that counts, or that is written to. Raises NotThere and Refused.
    """
    if answer not in ANSWERS:
        raise Refused("please say whether the two are the same, or different")
    with house.database.write() as tx:
        known = [one for one in sames(tx, business) if id and pair_id(one).startswith(id)]
        if len(known) != 1:
            raise NotThere(f"there is no pair {id!r} any more; `duewell same` lists those that wait")
        pair = known[0]
        counts = _master(pair, answer, master)
        settle(tx, business, pair, ANSWERS[answer], master=counts, by=by, now=house.clock.now())
    log.info("pair answered", alike=pair.alike.value, answer=answer)
    return TOLD[pair.alike][answer]


def _master(pair: Same, answer: str, key: str) -> Ref | None:
    if answer != "same":
        return None
    by_key = {key_of(ref): ref for ref in (pair.one, pair.other)}
    sides = {"first": pair.one, "second": pair.other}
    found = by_key.get(key) or sides.get(key)
    if found is None and (key or pair.alike is Alike.INVOICE):
        raise Refused("please say which of the two invoices counts, so that the sale is asked for once")
    return found


def pair_id(pair: Same) -> str:
    """A short name to type, the same as long as the pair is."""
    told = f"{pair.alike}/{key_of(pair.one)}/{key_of(pair.other)}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What the pairs are shown from."""

    connections: Mapping[str, Connected]
    customers: Mapping[Ref, Customer]
    invoices: Mapping[Ref, Invoice]
    owed: Mapping[Ref, list[Invoice]]


def _shelf(tx: Tx, business: str, found: Sequence[Same]) -> _Shelf:
    refs = [ref for one in found for ref in (one.one, one.other)]
    there = books.records(tx, business, refs)
    invoices = {ref: one for ref, one in there.items() if isinstance(one, Invoice)}
    whose = books.records(tx, business, list({one.customer for one in invoices.values()}))
    customers = {ref: one for ref, one in (there | whose).items() if isinstance(one, Customer)}
    owed: dict[Ref, list[Invoice]] = {}
    asked = [ref for ref in refs if ref.kind is Kind.CUSTOMER]
    for invoice in books.invoices(tx, business, open_only=True, customers=asked) if asked else ():
        owed.setdefault(invoice.customer, []).append(invoice)
    return _Shelf({one.id: one for one in connections(tx, business)}, customers, invoices, owed)


def _view(one: Same, shelf: _Shelf) -> PairView | None:
    """None when one of the two is no longer there, or its connection has ended."""
    first, second = _side(one.one, shelf), _side(one.other, shelf)
    if first is None or second is None:
        return None
    return PairView(
        id=pair_id(one),
        alike=one.alike.value,
        sides=(first, second),
        evidence=tuple(one.evidence.values()),
        state=one.state.value,
        master=key_of(one.master) if one.master else "",
        by=one.by,
        at=one.at,
    )


def _side(ref: Ref, shelf: _Shelf) -> SideView | None:
    connected, invoice = shelf.connections.get(ref.connection), shelf.invoices.get(ref)
    customer = shelf.customers.get(invoice.customer if invoice else ref)
    if connected is None or customer is None or (ref.kind is Kind.INVOICE and invoice is None):
        return None
    owed = [invoice] if invoice else shelf.owed.get(ref, [])
    return SideView(
        key=key_of(ref),
        connection=connected.id,
        company=connected.label,
        platform=platform(connected.platform).label,
        customer_id=customer.ref.id,
        customer=customer.name,
        details=() if invoice else _details(customer),
        number=invoice.number if invoice else "",
        status=invoice.status.value if invoice else "",
        total=invoice.total if invoice else None,
        open=tuple(by_currency(each.open for each in owed if each.owing).values()),
        issued_on=invoice.issued_on if invoice else None,
        due_on=invoice.due_on if invoice else None,
    )


def _details(customer: Customer) -> tuple[str, ...]:
    """What tells one from another, a line each."""
    where = customer.address
    lines = (
        ", ".join(part for part in (*where.lines, where.postcode, where.city, where.country) if part),
        ", ".join(one.address for one in customer.emails if one.address),
        f"Tax number {customer.tax_number}" if customer.tax_number else "",
        f"Company number {customer.company_number}" if customer.company_number else "",
    )
    return tuple(line for line in lines if line)
