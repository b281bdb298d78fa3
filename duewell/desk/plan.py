"""The desk's answers about today's plan: what was approved or refused by whom, automatic, kinds, and the backlog."""

from collections.abc import Collection, Mapping, Sequence

from duewell import approving, first_day, running
from duewell import automatic as running_alone
from duewell.outcome_words import outcome_words
from duewell.views.plan import BacklogView, KindView, PlanSheet, WordsView
from duewell.wiring import House
from storage.approvals import Answered


class PlanDesk:
    """The part of the Office that `duewell/web/office_plan.py` asks for."""

    _house: House

    def plan_sheet(self, business: str) -> PlanSheet:
        """Today's plan, message by message."""
        return approving.plan_sheet(self._house, business)

    def answer_messages(
        self,
        business: str,
        asked: Collection[tuple[str, str]],
        *,
        by: str,
        refused: bool = False,
        together: bool = False,
    ) -> Sequence[tuple[str, str]]:
        """Approved or refused, each only as it was read; what became of it."""
        given = approving.answer_messages(self._house, business, asked, by=by, refused=refused, together=together)
        return approving.sentences(given, state=Answered.REFUSED if refused else Answered.APPROVED)

    def message_words(self, business: str, debtor: str) -> WordsView:
        """Today's message to one customer."""
        return approving.message_words(self._house, business, debtor)

    def edit_message(self, business: str, asked: tuple[str, str], words: Mapping[str, str], *, by: str) -> str:
        """Approved in a person's own words."""
        name = approving.edit_message(self._house, business, asked, words, by=by)
        return f"The message to {name} will be sent in your words, at its hour."

    def send_approved(self, business: str) -> tuple[str, ...]:
        """Send what may leave at this hour; one line for every customer who had a turn."""
        outcomes = running.send_plan(self._house, business)
        return tuple(f"{one.case.head.name}: {outcome_words(done.state, done.reason)}" for one, done in outcomes)

    def choose_automatic(self, business: str, *, automatic: bool, by: str) -> None:
        """An owner's act."""
        running_alone.choose_automatic(self._house, business, automatic=automatic, by=by)

    def kinds_to_confirm(self, business: str) -> Sequence[KindView]:
        """Of whom nobody has said what kind they are."""
        return running_alone.kinds_to_confirm(self._house, business)

    def confirm_kinds(self, business: str, chosen: Mapping[str, str], *, by: str) -> int:
        """What kind they are, by debtor."""
        return running_alone.confirm_kinds(self._house, business, chosen, by=by)

    def backlog(self, business: str) -> BacklogView:
        """The old debts nobody has written about."""
        return first_day.backlog_view(self._house, business)
