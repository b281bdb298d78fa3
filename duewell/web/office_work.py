"""What the pages need to know about people's work: what was said of a customer, and what there is to do."""

from collections.abc import Collection, Mapping
from typing import Protocol

from duewell.views.work import TodoView


class WorkOffice(Protocol):
    """The part of the Office that speaks of work. `by` is the name of the person who does it.

    Each may raise Refused with a sentence for people, or NotThere for what is not this business's.
    """

    def record(self, business: str, connection: str, customer_id: str, told: Mapping[str, str], *, by: str) -> str:
        """Write down what was said; a sentence about it. `told` holds what was typed, by the names of
        `duewell/dictating.py`. Without a customer it is about the business (up to which day the bank is entered)."""
        ...

    def end_said(self, business: str, id: str, *, by: str) -> None:
        """What was said no longer holds."""
        ...

    def todos(self, among: Collection[str], *, snoozed: bool = False) -> tuple[TodoView, ...]:
        """What is to be done for these businesses, by owner, day and amount; with what is put off if wanted."""
        ...

    def finish_todo(self, business: str, id: str, told: Mapping[str, str], *, by: str) -> str:
        """Done; a sentence about what came of it. `told` may hold words, and reached and sent as yes or no."""
        ...

    def snooze_todo(self, business: str, id: str, day: str) -> str:
        """Put off until a day as it was typed; a sentence about it."""
        ...

    def assign_todo(self, business: str, id: str, to: str) -> str:
        """Given to a member of the business by name, or with an empty one to nobody; a sentence about it."""
        ...
