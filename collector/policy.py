"""The policy: an ordered list of named steps and the manners that go with it."""

from collections.abc import Collection
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

    `letter` names the wording in `letters/`. A step that speaks of earlier messages (`again`) is never the first one.
    """

    name: str
    days: int
    letter: str
    channel: Channel = Channel.MAIL
    again: bool = False

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
        if all(step.again for step in self.steps):
            return "a policy needs a step that does not speak of earlier messages, to be the first"
        if self.opens_at >= self.closes_at:
            return "the send window must open before it closes"
        return ""

    def reached(self, due_on: date, today: date) -> list[Step]:
        """The steps whose day has come."""
        late = (today - due_on).days
        return [step for step in self.steps if step.days <= late]

    def earned(self, due_on: date, today: date, done: Collection[str]) -> Step | None:
        """The step to take now, if any, after those that were done.

        First messages that were missed are passed over for the latest; those that speak of earlier ones come one
        after the other, so that no customer reads of messages nobody sent.
        """
        furthest = max((at for at, step in enumerate(self.steps) if step.name in done), default=-1)
        left = self.reached(due_on, today)[furthest + 1 :]
        first_ones = [step for step in left if not step.again]
        return first_ones[-1] if first_ones else next((step for step in left if done), None)

    def following(self, due_on: date, today: date) -> date | None:
        """The day of the next step after today, if any is left."""
        late = (today - due_on).days
        return next((step.falls_on(due_on) for step in self.steps if step.days > late), None)

    def step(self, name: str) -> Step:
        """The step called `name`. Raises KeyError."""
        return {step.name: step for step in self.steps}[name]


DEFAULT = Policy(
    steps=(
        Step("before-due", -3, "before_due"),
        Step("just-due", 1, "just_due"),
        Step("first-reminder", 7, "first_reminder"),
        Step("invoice-again", 14, "second_reminder", Channel.PLATFORM, again=True),
        Step("second-reminder", 21, "second_reminder", again=True),
        Step("last-reminder", 35, "last_reminder", again=True),
    )
)
