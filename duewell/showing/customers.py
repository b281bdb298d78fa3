"""Makes the customer pages: the list, and one customer with everything that is known."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from collector.debtors.cases import debtor_key
from collector.debtors.kin import kin
from collector.debtors.whole import Whole, whole
from collector.plan import Decided
from duewell.businesses import living
from duewell.finding import today_of
from duewell.judging import decide_one, judged
from duewell.people import members
from duewell.showing.overview import difference_view, ledgers_of, rows_of
from duewell.showing.work import Desk, work
from duewell.views.pages import CustomerView, DifferenceView
from duewell.web.office import CustomerLine, CustomerList
from duewell.wiring import House, account_of
from integrations.registry import platform
from receivables.aging import age
from receivables.money import by_currency
from receivables.records import Customer, Invoice, Kind, Ref
from storage import books
from storage.cases import CaseMaterial
from storage.connections import Connected
from storage.database import Tx
from storage.differences import differences
from storage.sames import copies

LINES_MAX = 200


def customers(house: House, business: str, text: str) -> CustomerList:
    """Customers whose name, e-mail or open invoice number holds `text`, who owes most first."""
    wanted = text.strip().lower()
    with house.database.read() as tx:
        lines = [line for one in _listed(house, tx, business) if (line := _line(one, wanted)) is not None]
    lines.sort(key=lambda line: (-max((money.minor for money in line.owed), default=0), line.name))
    return CustomerList(tuple(lines[:LINES_MAX]), len(lines))


@dataclass(slots=True)
class _Listed:
    """Somebody in the list: all customers they are, whoever is written to first, and what is open."""

    today: date
    copies: Collection[Ref]
    customers: list[tuple[Customer, Connected]] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)


def _listed(house: House, tx: Tx, business: str) -> Iterable[_Listed]:
    """Who is several customers stands in the list once, as whoever is written to."""
    connected, now = living(house, business), house.clock.now()
    same = next((kin(tx, one, now).families.same for one in connected), {})
    lead = {ref: head for head, theirs in same.items() for ref in theirs}
    copied = frozenset(copies(tx, business))
    found: dict[Ref, _Listed] = {}
    for one in connected:
        for customer in books.customers(tx, business, one.id):
            mine = found.setdefault(lead.get(customer.ref, customer.ref), _Listed(now.date(), copied))
            mine.customers.insert(0 if customer.ref in same else len(mine.customers), (customer, one))
        for invoice in books.invoices(tx, business, one.id, open_only=True) if one.books else ():
            if (whose := lead.get(invoice.customer, invoice.customer)) in found:
                found[whose].invoices.append(invoice)
    return found.values()


def _line(one: _Listed, wanted: str) -> CustomerLine | None:
    """None for whoever does not match; an invoice is found by its number even where another book's counts."""
    held = [word for customer, _ in one.customers for word in (customer.name, *(it.address for it in customer.emails))]
    if not any(wanted in word.lower() for word in (*held, *(each.number for each in one.invoices))):
        return None
    (head, connected), owed = one.customers[0], [each for each in one.invoices if each.owing]
    owed = [each for each in owed if each.ref not in one.copies]
    return CustomerLine(
        connection=connected.id,
        company=", ".join(dict.fromkeys(where.label for _, where in one.customers)),
        platform=connected.platform,
        id=head.ref.id,
        name=head.name,
        owed=tuple(by_currency(each.open for each in owed).values()),
        overdue=tuple(by_currency(each.open for each in owed if each.due_on and each.due_on < one.today).values()),
    )


def customer(house: House, business: str, connection: str, customer_id: str) -> CustomerView | None:
    """One customer's page; a sub-customer's is that of the customer who is billed, and that of one who is several
    is the one who is written to."""
    connected = next((one for one in living(house, business) if one.id == connection), None)
    if connected is None or connected.company is None:
        return None
    with house.database.read() as tx:
        found = whole(tx, connected, debtor_key(Ref(connection, Kind.CUSTOMER, customer_id)), house.clock.now())
        doubts = _doubts(tx, business, found.case.customers) if found else ()
    if found is None:
        return None
    decided = decide_one(house, business, found.case.debtor) or _settled(house, business, found)
    return _view(house, decided, found.material, doubts)


def _doubts(tx: Tx, business: str, customers: Iterable[Customer]) -> tuple[DifferenceView, ...]:
    names = {one.ref: one.name for one in customers}
    return tuple(
        difference_view(each, {ref.id: names[ref]})
        for connection in sorted({ref.connection for ref in names})
        for each in differences(tx, business, connection=connection)
        if (ref := Ref(connection, Kind.CUSTOMER, each.customer_id)) in names
    )


def _settled(house: House, business: str, found: Whole) -> Decided:
    """What there is to say of a customer with nothing open."""
    where = found.case.head.ref.connection
    connected = next(one for one in living(house, business) if one.id == where)
    return judged(house, connected, replace(found.case, invoices=()))


def _view(house: House, decided: Decided, material: CaseMaterial, doubts: tuple[DifferenceView, ...]) -> CustomerView:
    now, business = house.clock.now(), decided.connected.business
    case, connected = decided.case, decided.connected
    found, head, where = platform(connected.platform), case.head, case.head.address
    today = today_of(house, business)
    names = tuple(one.name for one in members(house, business))
    with house.database.read() as tx:
        made = work(Desk(tx, business, today, now, case, material), members=names, bcc=own_mail_address(house))
    return CustomerView(
        connection=connected.id,
        platform=connected.platform,
        platform_label=found.label,
        id=head.ref.id,
        name=head.name,
        emails=tuple(email.address for email in head.emails),
        phones=head.phones,
        address=", ".join(
            part for part in (*where.lines, where.city, where.region, where.postcode, where.country) if part
        ),
        owed=tuple(age(case.counted(), now.date())),
        on_account=tuple(money for money in case.on_account().values() if money),
        rows=tuple(rows_of(decided, now, ledgers_of(house, business))),
        work=made,
        platform_url=found.web_url(account_of(connected), head.ref),
        differences=doubts,
    )


def own_mail_address(house: House) -> str:
    """Where a person copies her own mail to, so that it counts as a contact; empty when no mailbox is read."""
    mail, read = house.settings.mail, house.settings.mailbox
    if not read.host:
        return ""
    return mail.reply_to or (read.user if "@" in read.user else mail.sender_address)
