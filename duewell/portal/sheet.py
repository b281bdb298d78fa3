"""What a payer sees of what they owe: read from the books and from what was said, changing nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.debtors.cases import customer_of
from collector.paying.progress import COMING, LIVING, progress
from collector.wording.writing import Bank
from duewell.bank import bank_of
from duewell.businesses import living, the_business
from duewell.finding import today_of, whole_case
from duewell.wiring import House
from integrations.contract import Capability
from integrations.registry import platform
from receivables.case import Case
from receivables.money import Money, by_currency, sum_money
from receivables.plans import InstallmentPlan, PlanState, Progress
from receivables.records import Collection, Invoice, Ref
from receivables.said import Reason, Said, Saying
from storage import installments
from storage.checkouts import CheckoutState, KeptCheckout, checkouts
from storage.links import About, Link

QUERIED = (Saying.DISPUTE, Saying.RETAINED)
ENDS = (CheckoutState.RECORDED, CheckoutState.FAILED)
FAILED_SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Line:
    """One open invoice. `note` names a phrase about it, `note_on` its day; `payable` is what can be paid of it here."""

    invoice: Invoice
    payable: Money
    note: str = ""
    note_on: date | None = None

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.invoice.ref.connection}/{self.invoice.ref.id}"


@dataclass(frozen=True, slots=True)
class Together:
    """Invoices that one payment can settle: of one customer, in one ledger and currency; a till's own one by one."""

    lines: tuple[Line, ...]

    @property
    def key(self) -> str:
        """How a form names them."""
        return self.lines[0].key

    @property
    def total(self) -> Money:
        """What can be paid of them."""
        return sum_money((one.payable for one in self.lines), self.lines[0].payable.currency)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on a payer's page, as it is today where the business is; `failed`: what they paid last never came."""

    link: Link
    case: Case
    today: date
    lines: tuple[Line, ...]
    together: tuple[Together, ...]
    plans: tuple[Progress, ...]
    proposed: tuple[InstallmentPlan, ...]
    bank: Bank | None
    failed: bool = False

    @property
    def totals(self) -> tuple[Money, ...]:
        """What is open, by currency."""
        return tuple(by_currency(one.invoice.open for one in self.lines).values())

    def line(self, key: str) -> Line | None:
        """The one that a form names."""
        return next((one for one in self.lines if one.key == key), None)

    def numbers(self, invoices: Sequence[Ref]) -> list[str]:
        """What the invoices are called."""
        return [one.number or one.ref.id for one in self.case.invoices if one.ref in invoices]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where messages may have gone: the customer's own addresses and those that invoices went to."""
        sent = [address for line in self.lines for address in line.invoice.sent_to]
        persons = [one.address for one in self.case.said if one.kind is Saying.CONTACT_PERSON and not one.ended_at]
        known = [email.address for customer in self.case.customers for email in customer.emails]
        return tuple(dict.fromkeys(address for address in (*known, *sent, *persons) if address))


def sheet_of(house: House, link: Link) -> Sheet:
    """As it is now. Raises NotThere when the customer is not in the books any more."""
    case, _ = whole_case(house, link.business, customer_of(link.aim.debtor))
    today = today_of(house, link.business)
    with house.database.read() as tx:
        names = {case.debtor, link.aim.debtor, *case.known_as}
        known = installments.plans(tx, link.business, debtors=names, states=(*LIVING, PlanState.PROPOSED))
        plans = progress(tx, link.business, [one for one in known if one.state in LIVING])
        paid = checkouts(tx, link.business, states=(*COMING, *ENDS), debtors=names)
    coming = [share for one in paid if one.state in COMING for share in one.about]
    proposed = tuple(one for one in known if one.state is PlanState.PROPOSED)
    lines = tuple(_line(one, case, today, (plans, coming)) for one in _about(link, case, known))
    return Sheet(
        link,
        case,
        today,
        lines,
        tuple(_together(house, link.business, lines)),
        tuple(plans),
        proposed,
        bank_of(the_business(house, link.business).settings),
        failed=_failed(paid, house.clock.now()),
    )


def _failed(paid: Sequence[KeptCheckout], now: datetime) -> bool:
    """A bank may take days to say so, when the way back from the till has long ended."""
    last = paid[-1] if paid else None
    recent = last is not None and last.looked_at is not None and now - last.looked_at <= FAILED_SHOWN
    return recent and last is not None and last.state is CheckoutState.FAILED


def _about(link: Link, case: Case, plans: Sequence[InstallmentPlan]) -> list[Invoice]:
    """The open invoices this link is about, the oldest first."""
    owing = sorted(
        (one for one in case.counted() if one.owing), key=lambda one: (one.due_on or date.max, one.number, one.ref.id)
    )
    if link.aim.about is About.INVOICE:
        return [one for one in owing if f"{one.ref.connection}/{one.ref.id}" == link.aim.id]
    if link.aim.about is About.PLAN:
        plan = next((one for one in plans if one.id == link.aim.id), None)
        return [one for one in owing if plan is not None and plan.covers(one.ref)]
    return owing


def _line(
    invoice: Invoice, case: Case, today: date, money: tuple[Sequence[Progress], Sequence[tuple[Ref, Money]]]
) -> Line:
    plans, coming = money
    on_the_way = sum_money((amount for ref, amount in coming if ref == invoice.ref), invoice.open.currency)
    left = max(invoice.open - on_the_way, Money.zero(invoice.open.currency))
    if invoice.collection is Collection.AUTOMATIC:
        return Line(invoice, Money.zero(invoice.open.currency), "is_automatic")
    if not left:
        return Line(invoice, left, "is_coming")
    if any(one.plan.covers(invoice.ref) and one.plan.state is PlanState.ACTIVE for one in plans):
        return Line(invoice, left, "is_planned")
    now = [one for one in case.said if one.ended_at is None and _holds(one, today) and one.about(invoice.ref)]
    if queried := next((one for one in now if one.kind in QUERIED), None):
        return Line(invoice, left, "is_looked_for" if queried.reason == Reason.ALREADY_PAID else "is_disputed")
    promise = next((one for one in now if one.kind is Saying.PROMISE), None)
    return Line(invoice, left, "is_promised" if promise else "", promise.until_on if promise else None)


def _holds(said: Said, today: date) -> bool:
    return said.from_on <= today and (said.until_on is None or today <= said.until_on)


def _together(house: House, business: str, lines: Sequence[Line]) -> Iterator[Together]:
    tills = {one.id for one in living(house, business) if _takes_payments(one.platform)}
    found: dict[tuple[str, ...], list[Line]] = {}
    for line in (line for line in lines if line.payable):
        ref, customer = line.invoice.ref, line.invoice.customer
        own = line.key if ref.connection in tills else ""
        found.setdefault((ref.connection, customer.id, line.payable.currency, own), []).append(line)
    return (Together(tuple(some)) for some in found.values())


def _takes_payments(slug: str) -> bool:
    return Capability.TAKE_PAYMENTS in platform(slug).capabilities
