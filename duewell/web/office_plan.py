"""What the pages need to know about today's plan: its messages, people's answers, and what they hang on."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from duewell.views.plan import BacklogView, KindView, PlanSheet, WordsView


class PlanOffice(Protocol):
    """The part of the Office that speaks of the plan. `by` is the name of the person who does it.

    A message is named by its debtor and the digest of what was read of it. Each may raise Refused with a sentence for
    people, or NotThere for what is not this business's.
    """

    def plan_sheet(self, business: str) -> PlanSheet:
        """Today's plan, message by message; looking has no effect."""
        ...

    def answer_messages(
        self,
        business: str,
        asked: Collection[tuple[str, str]],
        *,
        by: str,
        refused: bool = False,
        together: bool = False,
    ) -> Sequence[tuple[str, str]]:
        """Let them go, or say not today, each only if it still is what was read; (tone, sentence) for people.

        Answered `together`, the odd ones are left to be looked at singly.
        """
        ...

    def message_words(self, business: str, debtor: str) -> WordsView:
        """Today's message to one customer, to be read or changed."""
        ...

    def edit_message(self, business: str, asked: tuple[str, str], words: Mapping[str, str], *, by: str) -> str:
        """Approve it with another `subject` and `opening`; a sentence. Raises Refused with everything that is wrong."""
        ...

    def send_approved(self, business: str) -> tuple[str, ...]:
        """Send what may leave at this hour, instead of within the hour; one line for people each."""
        ...

    def choose_automatic(self, business: str, *, automatic: bool, by: str) -> None:
        """Let ordinary messages go by themselves, or have people approve every one."""
        ...

    def kinds_to_confirm(self, business: str) -> Sequence[KindView]:
        """Who owes and of whom nobody has said what kind they are, with proposals."""
        ...

    def confirm_kinds(self, business: str, chosen: Mapping[str, str], *, by: str) -> int:
        """Write down what kind they are, by debtor; how many were new."""
        ...

    def backlog(self, business: str) -> BacklogView:
        """The old debts nobody has written about, in the order of their turns."""
        ...
