"""What the pages and the command line show of messages that should not have gone: plain values, ready to read."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class WrongMessage:
    """A message that asked for what had been paid before it went out; `state` is what became of the apology."""

    connection: str
    customer_id: str
    customer: str
    day_on: date
    invoices: tuple[str, ...]
    paid_on: date
    state: str


@dataclass(frozen=True, slots=True)
class MannersView:
    """The messages of the last `days` days, and those of them that should not have gone, the latest first."""

    days: int
    messages: int
    wrong: tuple[WrongMessage, ...] = ()

    @property
    def rate(self) -> float:
        """Wrong messages among all, from 0 to 1."""
        return len(self.wrong) / self.messages if self.messages else 0.0

    @property
    def words(self) -> str:
        """One sentence about it."""
        if not self.messages:
            return f"No message went out in the last {self.days} days."
        if not self.wrong:
            return f"Of {_messages(self.messages)} in {self.days} days, none asked for what had already been paid."
        wrong = f"{len(self.wrong)} asked for what had already been paid ({self.rate:.1%})"
        return f"Of {_messages(self.messages)} in {self.days} days, {wrong}."


def _messages(count: int) -> str:
    return f"{count:,} message{'' if count == 1 else 's'}"
