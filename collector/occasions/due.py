"""Finds in the tables whom to thank, whom we wrote to too late, and whose monthly statement has come."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from msgspec import to_builtins

from collector.debtors.case_book import REMINDERS, cases
from collector.debtors.whole import whole
from collector.dispatch import key_of
from collector.occasions.acting import OPEN, OVERTAKEN, Errand, thanks_key
from collector.occasions.apologizing import FalseChase, Sent, paid_before
from collector.occasions.courtesy import Occasion, against, spoken_of, statement_due
from collector.occasions.statement_days import begun, statement_day
from collector.occasions.thanking import Thanks, thanks
from collector.plan import Ruling
from collector.policy import Channel
from collector.reasons.day import COUNTS, Day
from receivables.money import Money
from receivables.records import Invoice, Payment, Ref
from storage import actions, books
from storage.actions import ActionState
from storage.connections import Connected
from storage.database import Database, Tx
from storage.due import Untold
from storage.occasions import Spoken, held_keys, settled_after_message
from storage.versions import Version, versions

COUNTED_DAYS = 90
"""So long back messages are looked at, and counted for the rate of those that should not have gone."""
NEWS = timedelta(days=8)
"""An invoice whose settlement we have known for longer is no news any more."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What follows from invoices that were settled after we wrote: thanks, and apologies to offer."""

    thanks: list[Errand] = field(default_factory=list)
    apologies: list[Errand] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Look:
    """One connection as it stands `now` (aware UTC), with the policies that hold and the channels that are set up."""

    connected: Connected
    ruling: Ruling
    now: datetime
    ready: frozenset[Channel] = frozenset(Channel)


def settled(tx: Tx, look: Look) -> Settled:
    """What is settled, and neither thanked for nor apologized for yet."""
    connected, now = look.connected, look.now
    since = (now - timedelta(days=COUNTED_DAYS)).date()
    mine = (tx, connected.business, connected.id)
    spoken = settled_after_message(*mine, acts=REMINDERS, since=since, seen_since=now - NEWS)
    if not spoken:
        return Settled()
    customers = sorted({one.invoice.customer.id for one in spoken})
    paid = _by_invoice(versions(*mine, Payment, customers=customers))
    wrong = _too_late(spoken, paid)
    unaware = {invoice.ref for found in wrong.values() for invoice, _ in found}
    apologies = [_apology(connected.business, spoken, key, found) for key, found in wrong.items()]
    chased = [one for one in spoken if one.invoice.ref not in unaware]
    return Settled(
        [*_thanks(tx, look, chased, paid)],
        [one for one in apologies if actions.action(tx, connected.business, one.key) is None],
    )


def _by_invoice(found: Iterable[Version[Payment]]) -> Mapping[Ref, list[Version[Payment]]]:
    grouped: dict[Ref, list[Version[Payment]]] = {}
    for one in found:
        for ref in {part.to for part in one.record.applications}:
            grouped.setdefault(ref, []).append(one)
    return grouped


def _now(found: Iterable[Version[Payment]]) -> list[Payment]:
    return [one.record for one in found if one.seen_until is None]


def _too_late(
    spoken: Sequence[Spoken], paid: Mapping[Ref, list[Version[Payment]]]
) -> Mapping[str, list[tuple[Invoice, date]]]:
    """By message, the invoices that had been paid before it went out, each with the day its last money came."""
    wrong: dict[str, list[tuple[Invoice, date]]] = {}
    for one in spoken:
        known = paid.get(one.invoice.ref, [])
        then = [each.record for each in known if each.known(one.at)]
        came_on = paid_before(Sent(one.message, one.day_on, one.at), one.invoice, _now(known), then)
        if came_on is not None:
            wrong.setdefault(one.message, []).append((one.invoice, came_on))
    return wrong


def _apology(business: str, spoken: Sequence[Spoken], key: str, found: Sequence[tuple[Invoice, date]]) -> Errand:
    message = next(one for one in spoken if one.message == key)
    kept = FalseChase(key, message.day_on, max(on for _, on in found))
    return Errand(
        Occasion.APOLOGY,
        key_of("apology", business, key),
        message.debtor,
        about={invoice.ref: invoice.paid for invoice, _ in found},
        facts=to_builtins(kept),
        offered=True,
    )


def _thanks(
    tx: Tx, look: Look, chased: Sequence[Spoken], paid: Mapping[Ref, list[Version[Payment]]]
) -> Iterator[Errand]:
    """One errand for each debtor, over all that they are to be thanked for today."""
    connected, now = look.connected, look.now
    business, known = connected.business, {one.invoice.ref: one for one in reversed(chased)}
    taken = held_keys(tx, business, [thanks_key(business, ref) for ref in known]) if known else set()
    left = _left_alone(tx, connected)
    credits = list(books.credits_of(tx, business, connected.id, customers=[one.invoice.customer for one in chased]))
    groups: dict[str, list[Thanks]] = {}
    for ref, first in known.items():
        if thanks_key(business, ref) in taken or ref.id in left:
            continue
        found = thanks(first.invoice, _now(paid.get(ref, [])), credits, since=first.day_on, today=now.date())
        if found is not None:
            groups.setdefault(first.debtor, []).append(found)
    for debtor, some in groups.items():
        case = whole(tx, connected, debtor, now)
        if case is not None and look.ruling(case.case).thank_you:
            yield _thank_you(business, debtor, sorted(some, key=lambda one: one.invoice.ref.id))


def _thank_you(business: str, debtor: str, some: Sequence[Thanks]) -> Errand:
    first = some[0].invoice.ref
    return Errand(
        Occasion.THANK_YOU,
        key_of("thank_you", business, first.connection, first.id),
        debtor,
        about={one.invoice.ref: one.money for one in some},
        once={one.invoice.ref: thanks_key(business, one.invoice.ref) for one in some},
    )


def _left_alone(tx: Tx, connected: Connected) -> set[str]:
    """The invoices for which a person said not to give thanks."""
    cancelled = (ActionState.CANCELLED,)
    found = actions.actions(tx, connected.business, states=cancelled, act=Occasion.THANK_YOU.value)
    mine = (one for one in found if one.connection == connected.id and one.reason != OVERTAKEN)
    return {id for one in mine for id in refs_of(one)}


def untold(days: Collection[int] | None, now: datetime) -> tuple[Untold, ...] | None:
    """Who may be due a statement at `now`, when it goes on these days of a month; None when they are not known.

    Nobody when on none of them one may be due anywhere.
    """
    if days is None:
        return None
    since = {first for day in days if (first := begun(day, now)) is not None}
    return tuple(Untold(Occasion.STATEMENT.value, COUNTS, first) for first in sorted(since))


def statements(database: Database, look: Look, days: Collection[int] | None = None) -> Iterator[tuple[Errand, str]]:
    """The monthly statements whose day has come and that are not dealt with, each with what stands against it now.

    `days` are the days of a month on which they go under any policy: then only who may be due one is read.
    """
    connected, now, narrow = look.connected, look.now, untold(days, look.now)
    if narrow == ():
        return
    for case in cases(database, connected, now, narrow):
        policy = look.ruling(case)
        if policy.statement_on is None:
            continue
        day = Day(case, policy, now, look.ready)
        if not statement_due(day):
            continue
        came_on = statement_day(policy.statement_on, day.on, day.country)
        key = key_of("statement", connected.business, case.debtor, came_on.isoformat())
        errand = Errand(Occasion.STATEMENT, key, case.debtor, facts={"day": came_on.isoformat()}, by_itself=True)
        with database.read() as tx:
            free = unanswered(actions.action(tx, connected.business, key))
        if free:
            yield errand, against(day, Occasion.STATEMENT, spoken_of(day), by_itself=True)


def unanswered(known: actions.Action | None) -> bool:
    """May it be sent or offered: is there no such act yet, or none that came to an end?"""
    if known is None or known.state in OPEN:
        return True
    return known.state is ActionState.CANCELLED and known.reason == OVERTAKEN


def refs_of(act: actions.Action) -> dict[str, Money]:
    """The invoices an act was planned about, by id, each with its sum."""
    told = json.loads(act.payload or "{}").get("refs", {})
    return {str(id): Money(int(minor), str(currency)) for id, (minor, currency) in told.items()}
