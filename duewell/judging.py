"""One customer's case, judged now: for a page or a to-do, without planning the whole business."""

from collector.debtors.case_book import case as read_case
from collector.decide import decide
from collector.plan import Decided
from duewell.businesses import living
from duewell.wiring import House
from receivables.case import Case
from storage.connections import Connected


def decide_one(house: House, business: str, debtor: str) -> Decided | None:
    """The debtor's case and what follows from it; None when nothing is open, or they are not known here."""
    known = {one.id: one for one in living(house, business)}
    connected = known.get(debtor.partition("/")[0])
    case = read_case(house.database, connected, debtor, house.clock.now()) if connected and connected.books else None
    return None if case is None else judged(house, known[case.debtor.partition("/")[0]], case)


def judged(house: House, connected: Connected, case: Case) -> Decided:
    """What follows from a case under the policy that holds for it."""
    policy = house.ruling(connected.business)(case)
    return Decided(connected, case, decide(case, policy, house.clock.now()))
