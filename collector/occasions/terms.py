"""Finds who is due the credit policy because the platform sent them their first invoice, and who has it already."""

from collections.abc import Callable, Iterator

from collector.debtors.case_book import case as read_case
from collector.debtors.whole import whole
from collector.dispatch import key_of
from collector.occasions.acting import Errand
from collector.occasions.courtesy import Occasion, against, spoken_of
from collector.occasions.due import Look, unanswered
from collector.occasions.first_invoice import NEWS, first_of, sent_lately, versions_had
from collector.occasions.offers import WITH_FIRST
from collector.reasons.day import FIRST_SENDING, Day
from receivables.case import Case
from receivables.records import Invoice
from storage import actions
from storage.database import Database, Tx
from storage.occasions import newcomers

InForce = Callable[[Invoice], int]
"""The version of the credit policy that an invoice came under; 0 for none."""


def first_terms(database: Database, look: Look, in_force: InForce) -> Iterator[tuple[Errand, str]]:
    """Whose terms are due and not dealt with, each with what stands against sending them now."""
    for case in _new(database, look):
        policy = look.ruling(case)
        day = Day(case, policy, look.now, look.ready)
        if not policy.send_credit_policy:
            continue
        with database.read() as tx:
            errand = _terms(tx, look, day, in_force)
        if errand is not None:
            yield errand, against(day, Occasion.TERMS, spoken_of(day), by_itself=True)


def _new(database: Database, look: Look) -> Iterator[Case]:
    """Who owes something, and was sent a first invoice lately, as far as a query can tell."""
    connected, seen = look.connected, set[str]()
    since = (look.now - NEWS).date()
    with database.read() as tx:
        found = newcomers(tx, connected.business, connected.id, since=since, step=FIRST_SENDING.name)
    for customer in found:
        case = read_case(database, connected, f"{connected.id}/{customer}", look.now)
        if case is not None and case.head.ref.connection == connected.id and case.debtor not in seen:
            seen.add(case.debtor)
            yield case


def _terms(tx: Tx, look: Look, day: Day, in_force: InForce) -> Errand | None:
    """Once for a customer and version; None for whoever is no new customer, or has it already."""
    business, case = look.connected.business, day.case
    found = whole(tx, look.connected, case.debtor, look.now)
    first = first_of(found.case.invoices) if found else None
    if first is None or not sent_lately(day, first):
        return None
    version = in_force(first)
    if not version or version in versions_had(tx, business, [case.debtor, *case.known_as]):
        return None
    key = key_of("credit_policy", business, case.debtor, str(version), "first")
    facts = {"version": version, WITH_FIRST: first.number}
    errand = Errand(Occasion.TERMS, key, case.debtor, facts=facts, by_itself=True)
    return errand if unanswered(actions.action(tx, business, key)) else None
