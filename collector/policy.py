"""The policy: an ordered list of named steps and the manners that go with it."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum


class Channel(StrEnum):
    """How a step reaches the customer: our own mail, or the platform mailing its invoice again."""

    MAIL = "mail"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder. `name` is permanent: it is part of what was done. `days` counts from the due date, before is minus.

    `letter` names the wording in `letters/`.
    """

    name: str
    days: int
    letter: str
    channel: Channel = Channel.MAIL

    def falls_on(self, due_on: date) -> date:
        """The day the step is earned."""
        return due_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps in the order of their days, and the manners.

    `gap_days` are whole days that must lie between two contacts with one customer; `minimum` is in major units of
    the invoice's own currency; the window is local time of the customer, else of the company.
    """

    steps: tuple[Step, ...]
    gap_days: int = 4
    minimum: Decimal = Decimal(5)
    opens_at: time = time(9, 0)
    closes_at: time = time(17, 0)
    stale_after_hours: int = 36

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(problem)

    def _problem(self) -> str:
        names = [step.name for step in self.steps]
        days = [step.days for step in self.steps]
        if not names:
            return "a policy needs at least one step"
        if len(set(names)) < len(names):
            return "every step of a policy needs a name of its own"
        if days != sorted(set(days)):
            return "the steps of a policy must come in the order of their days, one a day"
        if self.opens_at >= self.closes_at:
            return "the send window must open before it closes"
        return ""

    def earned(self, due_on: date, today: date) -> Step | None:
        """The latest step whose day has come; earlier ones that were missed are passed over."""
        reached = [step for step in self.steps if step.falls_on(due_on) <= today]
        return reached[-1] if reached else None

    def following(self, due_on: date, today: date) -> date | None:
        """The day of the next step after today, if any is left."""
        coming = [step.falls_on(due_on) for step in self.steps if step.falls_on(due_on) > today]
        return min(coming) if coming else None

    def step(self, name: str) -> Step:
        """The step called `name`. Raises KeyError."""
        return {step.name: step for step in self.steps}[name]


DEFAULT = Policy(
    steps=(
        Step("before-due", -3, "before_due"),
        Step("just-due", 1, "just_due"),
        Step("first-reminder", 7, "first_reminder"),
        Step("invoice-again", 14, "second_reminder", Channel.PLATFORM),
        Step("second-reminder", 21, "second_reminder"),
        Step("last-reminder", 35, "last_reminder"),
    )
)
