"""The desk's answers about who is the same, and what is the same sale."""

from duewell import sames
from duewell.views.same import PairView
from duewell.wiring import House


class SamesDesk:
    """The part of the Office that `duewell/web/office_sames.py` asks for."""

    _house: House

    def pairs(self, business: str, *, answered: bool = False) -> tuple[PairView, ...]:
        """Those that wait, or those that were answered."""
        return sames.pairs(self._house, business, answered=answered)

    def waiting_pairs(self, business: str) -> int:
        """How many wait."""
        return sames.waiting_pairs(self._house, business)

    def answer_pair(self, business: str, id: str, answer: str, *, master: str = "", by: str) -> str:
        """A person's answer; the sentence about it."""
        return sames.answer_pair(self._house, business, id, answer, master=master, by=by)
