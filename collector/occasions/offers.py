"""What people are offered to send when it is no reminder: to-dos made of planned acts, each with its words. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from collector.occasions.courtesy import Occasion
from receivables.said import Asked
from receivables.todo import Todo, TodoKind
from storage.actions import Action

KINDS = {
    Occasion.THANK_YOU: TodoKind.THANK_YOU,
    Occasion.APOLOGY: TodoKind.APOLOGY,
    Occasion.TERMS: TodoKind.CREDIT_POLICY,
    Occasion.RETURNED: TodoKind.ASK_AGAIN,
}
ANSWERS = {Asked.COPY: Occasion.COPY, Asked.STATEMENT: Occasion.STATEMENT}
"""What a customer may ask for, and by which message they get it."""
WITH_FIRST = "with_first"
"""The fact of a credit policy that is due with a first invoice. One that a person asked for is offered to nobody."""
ASKED = "asked"
"""The fact of what a customer asked for: the ids under which that was written down. It is a to-do already."""
PAGE = "page"
"""The fact of a returned payment: the id of the page on which it was made."""
STATEMENTS = "statements"
"""The first part of the key of the one to-do about all statements of a day."""


def offered(acts: Sequence[Action], name: Callable[[str], str]) -> Iterator[Todo]:
    """Thanks, apologies and terms one by one, statements together. `name` tells what a debtor is called."""
    for act in acts:
        if act.act in KINDS and (act.act != Occasion.TERMS or WITH_FIRST in _told(act)):
            occasion = Occasion(act.act)
            yield _single(act, KINDS[occasion], TITLES[occasion](name(act.debtor), _told(act)))
    monthly = [act for act in acts if act.act == Occasion.STATEMENT and ASKED not in _told(act)]
    yield from _statements(monthly, name)


def asked_in(act: Action) -> tuple[str, ...]:
    """The ids of what was asked for and this act is to answer."""
    found = _told(act).get(ASKED)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def waiting(acts: Iterable[Action]) -> dict[str, str]:
    """Why what was asked for has not gone, by the id under which it was written down. `acts` are the newest first."""
    found: dict[str, str] = {}
    for act in acts:
        for id in asked_in(act) if act.act in ANSWERS.values() else ():
            found.setdefault(id, act.reason)
    return found


def _single(act: Action, kind: TodoKind, title: str) -> Todo:
    told = _told(act)
    words = f"{told.get('subject', '')}\n\n{told.get('text', '')}".strip()
    return Todo(f"{kind}:{act.key}", kind, title, act.planned_at.date(), act.debtor, act.connection, note=words)


def _thanking(name: str, told: dict[str, object]) -> str:
    return f"Thank {name} for paying {_invoices(told)}"


def _apologizing(name: str, told: dict[str, object]) -> str:
    paid, sent = _day(told.get("paid_on")), _day(told.get("day_on"))
    return f"Apologize to {name}: {_invoices(told)} had been paid by {paid}, and we wrote on {sent}"


def _agreeing(name: str, told: dict[str, object]) -> str:
    return f"Send {name} the credit policy, after their first invoice {told[WITH_FIRST]}"


def _asking_again(name: str, told: dict[str, object]) -> str:
    return f"Ask {name} again for {told['returned']} of {_invoices(told)}, which their bank took back"


TITLES = {
    Occasion.THANK_YOU: _thanking,
    Occasion.APOLOGY: _apologizing,
    Occasion.TERMS: _agreeing,
    Occasion.RETURNED: _asking_again,
}


def _statements(acts: Sequence[Action], name: Callable[[str], str]) -> Iterator[Todo]:
    by_day: dict[str, list[Action]] = {}
    for act in acts:
        by_day.setdefault(str(_told(act).get("day", "")), []).append(act)
    for day, some in sorted(by_day.items()):
        whom = name(some[0].debtor) if len(some) == 1 else f"{len(some)} customers"
        what = "the statement" if len(some) == 1 else "the statements"
        due_on = date.fromisoformat(day) if day else some[0].planned_at.date()
        names = ", ".join(sorted(name(act.debtor) for act in some))
        yield Todo(f"{STATEMENTS}:{day}", TodoKind.STATEMENT, f"Send {what} of account to {whom}", due_on, note=names)


def _invoices(told: dict[str, object]) -> str:
    numbers = told.get("invoices")
    known = [str(one) for one in numbers] if isinstance(numbers, list) else []
    return f"invoice{'' if len(known) == 1 else 's'} {', '.join(known)}"


def _day(text: object) -> str:
    return f"{date.fromisoformat(str(text)):%-d %B %Y}"


def _told(act: Action) -> dict[str, object]:
    found: dict[str, object] = json.loads(act.payload or "{}")
    return found
