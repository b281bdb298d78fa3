"""What the pages need to know about replays."""

from typing import Protocol

from duewell.desk.replay import ReplayView


class ReplayOffice(Protocol):
    """The part of the Office that speaks of replays."""

    def replay(self, business: str) -> ReplayView | None:
        """The last replay, running or done; None before the first."""
        ...

    def begin_replay(self, business: str, text: str, *, by: str) -> None:
        """Begin to replay the last ninety days; returns at once. `text` is another policy to compare with, or empty.

        Raises Refused for a policy with mistakes, or while another replay is running.
        """
        ...
