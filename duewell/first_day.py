"""The first day: a list of the old debts to look through, with the day on which each customer's turn would come."""

from collections import Counter
from collections.abc import Collection, Sequence

from collector.approving import Standing
from collector.backlog import RULE, Old, OldInvoice, Turn, backlog
from collector.debtors.case_book import MESSAGES
from collector.decide import decide
from collector.plan import Decided
from collector.reasons.day import Day
from duewell.businesses import living, the_business, zone_of
from duewell.finding import today_of
from duewell.running import make_plan
from duewell.views.plan import BacklogView, OldInvoiceView, TurnView
from duewell.wiring import House
from receivables.money import Money, by_currency
from storage import actions
from storage.plannings import first_planned_at


def backlog_view(house: House, business: str) -> BacklogView:
    """Everything old that nobody has written about, in the order of the turns."""
    turns = _turns(house, business, make_plan(house, business))
    return BacklogView(
        today_on=today_of(house, business),
        rule=RULE,
        turns=tuple(_turn(one) for one in turns),
        owed=tuple(by_currency(money for turn in turns for money in _open(turn)).values()),
        days=dict(sorted(Counter(turn.on for turn in turns if turn.on).items())),
    )


def backlog_size(house: House, business: str, decided: Collection[Decided]) -> int:
    """How many customers have a turn in it."""
    return len(_turns(house, business, decided))


def _turns(house: House, business: str, decided: Collection[Decided]) -> list[Turn]:
    owner, today = the_business(house, business), today_of(house, business)
    with house.database.read() as tx:
        first = first_planned_at(tx, business)
        sent = actions.sent_on(tx, business, MESSAGES, since=today).get(today, 0)
    if first is None:
        return []
    companies = [one.company for one in living(house, business) if one.company]
    country = next((company.country for company in companies if company.country), "")
    since = first.astimezone(zone_of(house, owner)).date()
    return backlog(_old(house, business, decided), since=since, today=today, country=country, taken=sent)


def _old(house: House, business: str, decided: Collection[Decided]) -> Sequence[Old]:
    """Decided again where the cap took the message away: the backlog has its own days for it."""
    ruling, now = house.ruling(business), house.clock.now()
    found = []
    for one in decided:
        policy = ruling(one.case)
        capped = one.decision.candidate is None and any(told.rule == "daily_cap" for told in one.decision.verdicts)
        decision = decide(one.case, policy, now) if capped else one.decision
        day = Day(one.case, policy, now)
        due = {invoice.ref: day.due(invoice) for invoice in one.case.invoices}
        answered = one.standing is Standing.REFUSED
        found.append(Old(one.case, decision, policy.daily_cap, today=not answered, due=due))
    return found


def _open(turn: Turn) -> list[Money]:
    return [one.invoice.open for one in turn.invoices]


def _turn(turn: Turn) -> TurnView:
    head = turn.case.head
    invoices = tuple(_invoice(one) for one in turn.invoices)
    return TurnView(head.ref.connection, head.ref.id, head.name, turn.on, turn.asked, invoices)


def _invoice(one: OldInvoice) -> OldInvoiceView:
    invoice = one.invoice
    return OldInvoiceView(
        invoice.ref.id, invoice.number, invoice.open, invoice.due_on, one.days_late, one.step, one.reason
    )
