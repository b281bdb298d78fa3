"""What the pages need to know about pairs that seem to be one."""

from typing import Protocol

from duewell.views.same import PairView


class SamesOffice(Protocol):
    """The part of the Office that speaks of who is the same and what is the same sale. `by` is a person's name."""

    def pairs(self, business: str, *, answered: bool = False) -> tuple[PairView, ...]:
        """Those that wait for a person, sales first; or those that somebody has answered."""
        ...

    def waiting_pairs(self, business: str) -> int:
        """How many wait."""
        ...

    def answer_pair(self, business: str, id: str, answer: str, *, master: str = "", by: str) -> str:
        """What a pair is: `same`, `different`, or `ask` again; a sentence about what follows.

        `master` is the key of the side that counts, or that is written to. Raises NotThere and Refused.
        """
        ...
