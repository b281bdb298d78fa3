"""Options that many commands take, and the sets of them that some take together."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

WHICH = click.option("--business", default="", help="Which business, by name or id, when there are several.")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
OWNER = click.option("--owner", default="", help="Who sees to it then, by name.")
REVIEW = click.option("--review", default="", metavar="DAY", help="When it becomes a to-do to look at it again.")


def by(does: str) -> Callable[[F], F]:
    """Under whose name it is kept; `does` is what that person does."""
    return click.option("--by", default="", help=f"Who {does}; without it your login on this machine.")


def recorded(command: F) -> F:
    """For what is written down of a customer."""
    return WHICH(by("writes it down")(JSON(click.pass_obj(command))))  # type: ignore[return-value]


def answered(command: F) -> F:
    """For what is said of one pair."""
    return click.argument("id")(WHICH(by("says so")(JSON(click.pass_obj(command)))))  # type: ignore[return-value]
