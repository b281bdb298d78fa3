"""One customer with everything that ever was, and the statement of account made of it."""

from datetime import date, timedelta

from collector.debtors.cases import customer_of
from collector.occasions.statement import Statement, StatementKind, statement
from collector.occasions.statement_paper import statement_pdf, write_statement
from collector.wording.source import Own
from collector.wording.writing import Late, Letter
from duewell.bank import bank_of
from duewell.businesses import the_business
from duewell.charging import late_of
from duewell.finding import find_customer, today_of, whole_case
from duewell.wiring import House
from integrations.errors import Refused
from receivables.case import Case
from receivables.records import Ref
from storage.wordings import own_wordings


def customer_meant(house: House, business: str, text: str) -> Ref:
    """The customer a person means, by name, id, e-mail or invoice number. Raises Refused naming who was near."""
    return customer_of(find_customer(house, business, text).debtor)


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
    owner = the_business(house, business)
    return write_statement(
        told,
        case,
        sender=house.signature(owner),
        own=own,
        bank=bank_of(owner.settings),
        late=_late(house, business, case),
    )


def statement_paper(house: House, business: str, told: Statement, case: Case) -> bytes:
    """The statement as a PDF."""
    owner = the_business(house, business)
    bank = bank_of(owner.settings)
    return statement_pdf(
        told, case, sender=house.signature(owner), bank=bank, at=house.clock.now(), late=_late(house, business, case)
    )


def _late(house: House, business: str, case: Case) -> Late | None:
    """What a statement tells beside its sums, as a message about all of it would."""
    return late_of(house, business, case, [one for one in case.counted() if one.owing])
