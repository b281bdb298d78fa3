"""Finds whom a person means: a customer by name, e-mail or invoice number; an invoice by its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collector.debtors.cases import customer_of, debtor_key
from collector.debtors.kin import together
from collector.debtors.whole import whole
from collector.saying import Whom
from duewell.businesses import living, the_business, zone_of
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.case import Case
from receivables.records import Customer, Invoice, OtherEntry, Ref
from receivables.said import Saying
from storage import books
from storage.connections import Connected, connections
from storage.database import Tx
from storage.said import said

LISTED = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a person meant: the head of the family, by the key everything is recorded under."""

    debtor: str
    name: str
    invoices: tuple[Invoice, ...]


def today_of(house: House, business: str) -> date:
    """The business's day."""
    return house.clock.now().astimezone(zone_of(house, the_business(house, business))).date()


def whole_case(house: House, business: str, customer: Ref) -> tuple[Case, tuple[OtherEntry, ...]]:
    """The customer's debtor over all their books, with every record, the settled ones too. Raises NotThere."""
    connected = next((one for one in living(house, business) if one.id == customer.connection), None)
    if connected is None or connected.company is None:
        raise NotThere("there is no such customer in this business")
    with house.database.read() as tx:
        found = whole(tx, connected, debtor_key(customer), house.clock.now())
    if found is None:
        raise NotThere("there is no such customer in this business; it may have been merged or deleted")
    return found.case, found.entries


def find_customer(house: House, business: str, text: str) -> Found:
    """The customer called so: by name, id, e-mail or the number of an invoice. Raises Refused naming who was near."""
    wanted = text.strip().casefold()
    near: dict[str, tuple[Customer, Connected]] = {}
    with house.database.read() as tx:
        for one in connections(tx, business):
            numbers = {each.customer for each in books.invoices(tx, business, one.id) if _is(each, wanted)}
            for customer in books.customers(tx, business, one.id):
                if customer.ref in numbers or _exactly(customer, wanted):
                    return _found(tx, business, debtor_key(customer.ref))
                if wanted and wanted in customer.name.casefold():
                    near[debtor_key(customer.ref)] = (customer, one)
        if len(near) == 1:
            return _found(tx, business, next(iter(near)))
    raise Refused(_nobody(text, [f"{customer.name} ({key})" for key, (customer, _) in near.items()]))


def find_invoice(house: House, business: str, number: str, debtor: str = "") -> Invoice:
    """The invoice with this number or id, of `debtor` if one is named. Raises Refused."""
    wanted = number.strip().casefold()
    with house.database.read() as tx:
        found = [one for one in books.invoices(tx, business) if _is(one, wanted)]
        if debtor:
            _, _, whom = whom_of(tx, business, debtor)
            mine = [one for one in found if whom.invoice(one.ref)]
            if found and not mine:
                raise Refused(f"Invoice {number.strip()} is not one of {whom.name}'s.")
            found = mine
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"There are {len(found)} invoices {number.strip()!r}; name one by its id: {_ids(found)}.")
    raise Refused(f"There is no invoice {number.strip()!r} here; `duewell plan --all` lists those that are open.")


def whom_of(tx: Tx, business: str, debtor: str) -> tuple[Connected, str, Whom]:
    """The connection, the head's key, and the whole family's invoices, over all books in which they are one.

    Raises NotThere for a stranger.
    """
    ref = customer_of(debtor)
    connected = next((one for one in connections(tx, business) if one.id == ref.connection), None)
    if connected is None:
        raise NotThere(_nobody(debtor, ()))
    kin = together(tx, connected)
    head = kin.families.head(ref)
    family = kin.families.of(head)
    customers = {ref: one for ref, one in books.records(tx, business, family).items() if isinstance(one, Customer)}
    if ref not in customers:
        raise NotThere(_nobody(debtor, ()))
    known, owing = customers.get(head) or customers[ref], kin.in_ledgers(family)[0] or family
    invoices = tuple(books.invoices(tx, business, customers=owing))
    addresses = [email.address for one in customers.values() for email in one.emails]
    addresses += [address for one in invoices if one.owing for address in one.sent_to]
    persons = said(tx, business, debtor=debtor_key(head), kinds=[Saying.CONTACT_PERSON])
    addresses += [one.address for one in persons if one.ended_at is None]
    return (
        kin.peers.get(head.connection, connected),
        debtor_key(head),
        Whom(known.name, invoices, tuple(dict.fromkeys(addresses))),
    )


def _found(tx: Tx, business: str, debtor: str) -> Found:
    _, head, whom = whom_of(tx, business, debtor)
    return Found(head, whom.name, tuple(whom.invoices))


def _is(invoice: Invoice, wanted: str) -> bool:
    return bool(wanted) and wanted in (invoice.number.casefold(), invoice.ref.id.casefold())


def _exactly(customer: Customer, wanted: str) -> bool:
    addresses = (email.address.casefold() for email in customer.emails)
    return bool(wanted) and wanted in (customer.name.casefold(), debtor_key(customer.ref).casefold(), *addresses)


def _nobody(text: str, near: Sequence[str]) -> str:
    if not near:
        return (
            f"There is no customer {text.strip()!r} here. Name one by name, e-mail address or invoice number; "
            "`duewell plan --all` and the page Customers list them."
        )
    shown = ", ".join(sorted(near)[:LISTED]) + (" and more" if len(near) > LISTED else "")
    return f"{text.strip()!r} fits {len(near)} customers; name one by what stands in brackets: {shown}."


def _ids(found: Sequence[Invoice]) -> str:
    return ", ".join(one.ref.id for one in found[:LISTED])
