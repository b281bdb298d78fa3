"""Makes the customer pages: the list, and one customer with everything that is known."""

from collections.abc import Iterable, Mapping, Sequence

from collector.debtors.cases import debtor_key
from collector.debtors.kin import kin
from collector.plan import Decided
from duewell.finding import today_of
from duewell.judging import decide_one, judged
from duewell.people import members
from duewell.running import living
from duewell.showing.overview import difference_view, rows_of
from duewell.showing.work import Desk, work
from duewell.views.pages import CustomerView, DifferenceView
from duewell.web.office import CustomerLine, CustomerList
from duewell.wiring import House, account_of
from integrations.registry import platform
from receivables.aging import age
from receivables.case import Case
from receivables.money import by_currency
from receivables.records import Customer, Invoice, Kind, Ref
from storage import books
from storage.cases import CaseMaterial, case_material
from storage.connections import Connected
from storage.database import Tx
from storage.differences import differences

LINES_MAX = 200


def customers(house: House, business: str, text: str) -> CustomerList:
    """Customers whose name, e-mail or open invoice number holds `text`, who owes most first."""
    wanted = text.strip().lower()
    with house.database.read() as tx:
        lines = [line for one in living(house, business) for line in _lines(house, tx, one, wanted)]
    lines.sort(key=lambda line: (-max((money.minor for money in line.owed), default=0), line.name))
    return CustomerList(tuple(lines[:LINES_MAX]), len(lines))


def _lines(house: House, tx: Tx, one: Connected, wanted: str) -> Iterable[CustomerLine]:
    today = house.clock.now().date()
    owed: dict[Ref, list[Invoice]] = {}
    for invoice in books.invoices(tx, one.business, one.id, open_only=True):
        owed.setdefault(invoice.customer, []).append(invoice)
    for customer in books.customers(tx, one.business, one.id):
        invoices = owed.get(customer.ref, [])
        if _matches(customer, invoices, wanted):
            late = [each.open for each in invoices if each.owing and each.due_on and each.due_on < today]
            yield CustomerLine(
                connection=one.id,
                company=one.label,
                platform=one.platform,
                id=customer.ref.id,
                name=customer.name,
                owed=tuple(by_currency(each.open for each in invoices if each.owing).values()),
                overdue=tuple(by_currency(late).values()),
            )


def _matches(customer: Customer, invoices: Iterable[Invoice], wanted: str) -> bool:
    held = [customer.name, *(email.address for email in customer.emails), *(one.number for one in invoices)]
    return any(wanted in word.lower() for word in held)


def customer(house: House, business: str, connection: str, customer_id: str) -> CustomerView | None:
    """One customer's page; a sub-customer's is that of the customer who is billed, and that of one who is several
    is the one who is written to."""
    connected = next((one for one in living(house, business) if one.id == connection), None)
    if connected is None or connected.company is None:
        return None
    ref = Ref(connection, Kind.CUSTOMER, customer_id)
    with house.database.read() as tx:
        if books.record(tx, business, ref) is None:
            return None
        known = kin(tx, connected, house.clock.now())
        head = known.families.head(ref)
        connected = known.peers[head.connection]
        material = case_material(tx, business, known.families.of(head))
        doubts = _doubts(tx, connected, {one.ref.id: one.name for one in material.customers})
        names = [debtor_key(one) for one in known.families.known_as(head)]
    decided = decide_one(house, business, debtor_key(head))
    decided = decided or judged(house, connected, _settled(connected, material, head, names))
    return _view(house, decided, material, doubts)


def _doubts(tx: Tx, connected: Connected, names: Mapping[str, str]) -> tuple[DifferenceView, ...]:
    found = differences(tx, connected.business, connection=connected.id)
    return tuple(difference_view(one, names) for one in found if one.customer_id in names)


def _settled(connected: Connected, material: CaseMaterial, head: Ref, names: Sequence[str]) -> Case:
    """The case of a customer with nothing open."""
    assert connected.company is not None, "asked before"
    return Case(
        debtor=debtor_key(head),
        company=connected.company,
        customers=tuple(sorted(material.customers, key=lambda one: one.ref != head)),
        invoices=(),
        payments=tuple(one for one in material.payments if one.unapplied),
        credits=tuple(one for one in material.credits if one.remaining),
        synced_at=connected.last_pull_at or connected.usable_at,
        known_as=tuple(names[1:]),
    )


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
        owed=tuple(age(case.invoices, now.date())),
        on_account=tuple(money for money in case.on_account().values() if money),
        rows=tuple(rows_of(decided, now)),
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
