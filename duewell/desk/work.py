"""The desk's answers about people's work: what was said of a customer, and what there is to do."""

from collections.abc import Collection, Mapping

from duewell.dictating import dictate
from duewell.doing import assign_todo, finish_todo, snooze_todo
from duewell.finding import today_of
from duewell.recording import end_said
from duewell.showing.work import waiting
from duewell.views.work import TodoView
from duewell.wiring import House


class WorkDesk:
    """The part of the Office that `duewell/web/office_work.py` asks for."""

    _house: House

    def record(self, business: str, connection: str, customer_id: str, told: Mapping[str, str], *, by: str) -> str:
        """Write down what was said; the sentence about it."""
        debtor = f"{connection}/{customer_id}" if customer_id else ""
        return dictate(self._house, business, debtor, told, by=by).sentence

    def end_said(self, business: str, id: str, *, by: str) -> None:
        """It no longer holds."""
        end_said(self._house, business, id, by=by)

    def todos(self, among: Collection[str], *, snoozed: bool = False) -> tuple[TodoView, ...]:
        """What is to be done for these businesses."""
        return all_todos(self._house, among, snoozed=snoozed)

    def finish_todo(self, business: str, id: str, told: Mapping[str, str], *, by: str) -> str:
        """Done; what came of it, as a sentence. `told` may say words, reached and sent as yes or no."""
        reached, sent = _yes_or_no(told, "reached"), _yes_or_no(told, "sent")
        note = told.get("words", "")
        return finish_todo(self._house, business, id, by=by, note=note, reached=reached, sent=sent)

    def snooze_todo(self, business: str, id: str, day: str) -> str:
        """Put off; the sentence about it."""
        return f"It comes back on {snooze_todo(self._house, business, id, day):%-d %B %Y}."

    def assign_todo(self, business: str, id: str, to: str) -> str:
        """Handed on; the sentence about it."""
        name = assign_todo(self._house, business, id, to)
        return f"{name} does it from now on." if name else "Nobody in particular does it now."


def all_todos(house: House, among: Collection[str], *, snoozed: bool = False) -> tuple[TodoView, ...]:
    """What is to be done for several businesses, each on its own day: by owner, day and amount."""
    days = {business: today_of(house, business) for business in among}
    found = [one for each, day in days.items() for one in waiting(house, [each], day, snoozed=snoozed)]
    return tuple(sorted(found, key=_in_order))


def _in_order(one: TodoView) -> tuple[object, ...]:
    amount = one.amount.amount if one.amount else 0
    return one.assigned_to.casefold(), one.due_on, -amount, one.title


def _yes_or_no(told: Mapping[str, str], name: str) -> bool | None:
    return {"yes": True, "no": False}.get(told.get(name, ""))
