"""What people do with their to-dos: done, put off, handed on. Doing one records what came of it."""

from datetime import date, timedelta

from collector.occasions.courtesy import RESTS
from collector.typed import day as typed_day
from duewell.finding import today_of
from duewell.occasions import OFFERED, answer_offer
from duewell.people import members
from duewell.recording import end_said, record
from duewell.running import settle_parked
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.said import Asked, Said, Saying
from receivables.todo import Todo, TodoKind, TodoState
from storage import todos
from storage.said import said

ENDS_ITS_CAUSE = (TodoKind.REPLY, TodoKind.BOUNCED, TodoKind.WRONG_ADDRESS)
"""What was read or mended no longer holds anybody."""


def finish_todo(
    house: House,
    business: str,
    id: str,
    *,
    by: str,
    note: str = "",
    reached: bool | None = None,
    sent: bool | None = None,
) -> str:
    """A person has done it; a sentence about what came of that.

    A call needs `reached` and keeps the `note`; one that reached nobody comes back tomorrow. A parked message needs
    `sent`, and so does what is offered: shall it go? Elsewhere words become a note on the customer. Raises NotThere or
    Refused.
    """
    todo = _open(house, business, id)
    if todo.kind is TodoKind.CALL:
        return _called(house, business, todo, by=by, note=note, reached=reached)
    if todo.kind is TodoKind.PARKED:
        return _settled(house, business, todo, by=by, sent=sent)
    if todo.kind in OFFERED:
        told = answer_offer(house, business, todo, send=sent, by=by)
        _finish(house, business, todo, by=by)
        return told
    if note.strip() and todo.debtor:
        day = today_of(house, business)
        record(house, business, Said(todo.debtor, Saying.NOTE, day, invoice=todo.invoice, note=note), by=by)
    _finish(house, business, todo, by=by)
    if todo.kind in ENDS_ITS_CAUSE or _was_asked(house, business, todo):
        _end_cause(house, business, todo, by=by)
    return "Done."


def snooze_todo(house: House, business: str, id: str, day: str) -> date:
    """Put off until the day that was typed (2026-12-01, friday, in 10 days), which is given back. Raises Refused."""
    todo, today = _open(house, business, id), today_of(house, business)
    to_on = typed_day(day, today)
    if to_on <= today:
        raise Refused(f"Put it off until a day after today, {today:%-d %B %Y}.")
    with house.database.write() as tx:
        todos.snooze(tx, business, todo.id, to_on)
    return to_on


def assign_todo(house: House, business: str, id: str, to: str) -> str:
    """Somebody else's, by name or e-mail address, or nobody's when empty; the name. Raises Refused for a stranger."""
    todo, name = _open(house, business, id), checked_member(house, business, to)
    with house.database.write() as tx:
        todos.assign(tx, business, todo.id, name)
    return name


def checked_member(house: House, business: str, who: str) -> str:
    """The name of somebody who works at this business; empty for nobody. Raises Refused naming who there is."""
    wanted = who.strip().casefold()
    known = members(house, business)
    found = next((one.name for one in known if wanted in (one.name.casefold(), one.email.casefold())), "")
    if wanted and not found:
        raise Refused(f"Nobody here is called {who.strip()!r}; there are: {', '.join(one.name for one in known)}.")
    return found


def find_todo(house: House, businesses: list[str], id: str) -> tuple[str, Todo]:
    """The to-do whose id begins so, with its business. Raises NotThere."""
    with house.database.read() as tx:
        found = [pair for pair in todos.todos(tx, businesses) if id and pair[1].id.startswith(id)]
    if len(found) != 1:
        what = "no open to-do" if not found else "more than one to-do"
        raise NotThere(f"There is {what} {id!r}; `duewell todo list` shows them.")
    return found[0]


def _called(house: House, business: str, todo: Todo, *, by: str, note: str, reached: bool | None) -> str:
    if reached is None:
        raise Refused("Was somebody reached? Say so, and what was said.")
    if reached and not note.strip():
        raise Refused("What was said? A few words are enough.")
    today = today_of(house, business)
    end = "reached" if reached else "not_reached"
    words = Said(todo.debtor, Saying.CALL, today, invoice=todo.invoice, channel="call", note=note, reason=end)
    record(house, business, words, by=by)
    if reached:
        _finish(house, business, todo, by=by)
        return "The call is on record."
    with house.database.write() as tx:
        todos.snooze(tx, business, todo.id, today + timedelta(days=1))
    return "The try is on record; the call comes back tomorrow."


def _settled(house: House, business: str, todo: Todo, *, by: str, sent: bool | None) -> str:
    key = todo.cause
    if sent is None:
        raise Refused(
            f"Say what became of it: was it sent, or not? (duewell send --was-sent {key}, or --was-not-sent {key})"
        )
    settle_parked(house, business, key, sent=sent)
    _finish(house, business, todo, by=by)
    return "It counts as sent." if sent else "It counts as not sent, and may be sent again."


def _was_asked(house: House, business: str, todo: Todo) -> bool:
    """Is it about what the customer asked for, and rests until it is done?"""
    with house.database.read() as tx:
        words = said(tx, business, debtor=todo.debtor, kinds=[Saying.HOLD]) if todo.debtor else []
    return any(one.id == todo.cause and Asked.of(one.reason) in RESTS for one in words)


def _end_cause(house: House, business: str, todo: Todo, *, by: str) -> None:
    """After the to-do is done: ending its cause would else close it as no longer needed."""
    try:
        end_said(house, business, todo.cause, by=by)
    except NotThere:
        return


def _open(house: House, business: str, id: str) -> Todo:
    with house.database.read() as tx:
        found = todos.todo(tx, business, id)
    if found is None or found.state is not TodoState.OPEN:
        raise NotThere("This to-do is not there any more: it was done, or it is no longer needed.")
    return found


def _finish(house: House, business: str, todo: Todo, *, by: str) -> None:
    with house.database.write() as tx:
        todos.finish(tx, business, todo.id, by=by, now=house.clock.now())
