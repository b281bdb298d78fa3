"""A business that runs by itself: chosen by an owner, with what is still unknown; and the kinds of its customers."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog

from collector.debtors.kinds import propose, unconfirmed
from collector.plan import Decided
from duewell.businesses import living, the_business
from duewell.finding import today_of
from duewell.running import make_plan
from duewell.said_words import KINDS
from duewell.todos import bring_todos_in_step
from duewell.views.plan import Automatic, KindView
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Answer
from receivables.said import Said, Saying
from storage.businesses import set_automatic
from storage.said import say
from storage.settings import set_setting, setting

log = structlog.get_logger(__name__)

CHOSEN = "automatic_chosen"


def automatic_of(house: House, business: str, decided: Iterable[Decided]) -> Automatic:
    """Whether messages go by themselves, and what stands against it. `decided` is today's plan."""
    now = house.clock.now()
    with house.database.read() as tx:
        told = json.loads(setting(tx, business, CHOSEN, "{}"))
    ledgers = [one for one in living(house, business) if one.books]
    answers = {one.label: one.company.own_reminders if one.company else Answer.UNKNOWN for one in ledgers}
    return Automatic(
        on=the_business(house, business).automatic,
        by=told.get("by", ""),
        at=datetime.fromisoformat(told["at"]) if told else None,
        reminding=tuple(label for label, said in answers.items() if said is Answer.YES),
        unasked=tuple(label for label, said in answers.items() if said is Answer.UNKNOWN),
        kinds_unknown=sum(unconfirmed(one.case, now) for one in decided if one.case.owed()),
    )


def choose_automatic(house: House, business: str, *, automatic: bool, by: str) -> None:
    """An owner lets ordinary messages go by themselves, or has people approve every one again; `by` is their name."""
    told = json.dumps({"by": by, "at": house.clock.now().isoformat()}, ensure_ascii=False)
    with house.database.write() as tx:
        set_automatic(tx, business, automatic)
        set_setting(tx, business, CHOSEN, told)
    log.info("automatic chosen", business=business, automatic=automatic)


def kinds_to_confirm(house: House, business: str) -> list[KindView]:
    """Who owes and of whom nobody has said what kind they are: first those with a proposal, by name."""
    now = house.clock.now()
    found = [
        _kind(one.case.debtor, one.case.head.name)
        for one in make_plan(house, business)
        if one.case.owed() and unconfirmed(one.case, now)
    ]
    return sorted(found, key=lambda one: (not one.kind, one.customer.casefold()))


def _kind(debtor: str, name: str) -> KindView:
    found = propose(name)
    return KindView(debtor, name, found.kind.value if found else "", found.evidence if found else "")


def confirm_kinds(house: House, business: str, chosen: Mapping[str, str], *, by: str) -> int:
    """A person, by name, says what kind these customers are: debtor to kind. How many were written down.

    Of whom it was said meanwhile is left as it is. Raises Refused for a kind there is none of.
    """
    if strange := sorted(set(chosen.values()) - set(KINDS)):
        raise Refused(f"There is no kind {strange[0]!r}; a customer can be {', '.join(KINDS.values())}.")
    now, today = house.clock.now(), today_of(house, business)
    asked = [one for one in kinds_to_confirm(house, business) if one.debtor in chosen]
    with house.database.write() as tx:
        for one in asked:
            kind = chosen[one.debtor]
            note = one.evidence if kind == one.kind else ""
            say(tx, business, Said(one.debtor, Saying.KIND, today, reason=kind, note=note, by=by), now=now)
    if asked:
        bring_todos_in_step(house, business, make_plan(house, business), today)
    return len(asked)
