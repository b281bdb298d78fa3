"""What the pages need to know about messages that are no reminders."""

from typing import Protocol

from duewell.views.manners import MannersView


class MannersOffice(Protocol):
    """The part of the Office that speaks of manners. A customer is (connection, the platform's id).

    Sending raises Refused with a sentence for people when it cannot go now, or NotThere for a stranger.
    """

    def manners(self, business: str) -> MannersView:
        """The messages of the last 90 days that asked for what had been paid."""
        ...

    def send_statement(self, business: str, customer: tuple[str, str], *, by: str) -> str:
        """Mail the statement of what is open; a sentence about it. `by` is the name of the person who asks."""
        ...

    def send_credit_policy(self, business: str, customer: tuple[str, str], *, by: str) -> str:
        """Mail the credit policy in force as a PDF; a sentence about it."""
        ...
