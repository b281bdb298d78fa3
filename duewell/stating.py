"""One customer with everything that ever was, and the statement of account made of it."""

from datetime import date, timedelta

from collector.debtors.cases import debtor_key, heads_of
from collector.occasions.statement import Statement, StatementKind, statement
from collector.occasions.statement_paper import statement_pdf, write_statement
from collector.wording.source import Own
from collector.wording.writing import Letter
from duewell.bank import bank_of
from duewell.finding import find_customer, today_of
from duewell.running import living, the_business
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.case import Case
from receivables.records import Kind, OtherEntry, Ref
from storage import books
from storage.cases import case_material
from storage.said import said
from storage.wordings import own_wordings

SENDER = "Accounts"


def whole_case(house: House, business: str, customer: Ref) -> tuple[Case, tuple[OtherEntry, ...]]:
    """The customer's debtor with every record, the settled ones too. Raises NotThere."""
    connected = next((one for one in living(house, business) if one.id == customer.connection), None)
    if connected is None or connected.company is None:
        raise NotThere("there is no such customer in this business")
    with house.database.read() as tx:
        heads = heads_of(books.customers(tx, business, connected.id))
        if customer not in heads:
            raise NotThere("there is no such customer in this business; it may have been merged or deleted")
        head = heads[customer]
        family = [one for one, its_head in heads.items() if its_head == head]
        found = case_material(tx, business, family)
        words = said(tx, business, debtor=debtor_key(head))
    ordered = tuple(sorted(found.customers, key=lambda one: (one.ref != head, one.name)))
    case = Case(
        debtor=debtor_key(head),
        company=connected.company,
        customers=ordered,
        invoices=found.invoices,
        payments=found.payments,
        credits=found.credits,
        said=tuple(words),
    )
    return case, found.other_entries


def customer_meant(house: House, business: str, text: str) -> Ref:
    """The customer a person means, by name, id, e-mail or invoice number. Raises Refused naming who was near."""
    connection, _, id = find_customer(house, business, text).debtor.partition("/")
    return Ref(connection, Kind.CUSTOMER, id)


def make_statement(
    house: House,
    business: str,
    customer: Ref,
    *,
    kind: StatementKind,
    days: tuple[date | None, date | None] = (None, None),
) -> tuple[Statement, Case]:
    """As of today, or over the given days: without a first day, from the first of the month before. Raises NotThere,
    or Refused for days in the wrong order."""
    case, entries = whole_case(house, business, customer)
    last = days[1] or today_of(house, business)
    first = days[0] or (last.replace(day=1) - timedelta(days=1)).replace(day=1)
    try:
        return statement(case, kind, first, last, entries=entries), case
    except ValueError as error:
        raise Refused(str(error)) from None


def statement_letter(house: House, business: str, told: Statement, case: Case, *, own: Own | None = None) -> Letter:
    """The statement as it would be mailed, in the business's wording, or in one that is being tried."""
    with house.database.read() as tx:
        own = own or own_wordings(tx, business)
    bank = bank_of(the_business(house, business).settings)
    return write_statement(told, case, sender=sender_of(house, business), own=own, bank=bank)


def statement_paper(house: House, business: str, told: Statement, case: Case) -> bytes:
    """The statement as a PDF."""
    bank = bank_of(the_business(house, business).settings)
    return statement_pdf(told, case, sender=sender_of(house, business), bank=bank, at=house.clock.now())


def sender_of(house: House, business: str) -> str:
    """Who signs for this business."""
    settings = the_business(house, business).settings
    return str(settings.get("sender_name") or house.settings.mail.sender_name or SENDER)
