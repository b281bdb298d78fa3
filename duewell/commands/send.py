"""`duewell send`: send today's plan."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.dispatch import Outcome
    from duewell.wiring import House


@click.command("send")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--odd", is_flag=True, help="Also what somebody should look at first; see duewell plan approve.")
@click.option("--parked", is_flag=True, help="Send nothing; list what waits for a person, with its key.")
@click.option("--was-sent", default="", metavar="KEY", help="Say that a parked message did arrive.")
@click.option("--was-not-sent", default="", metavar="KEY", help="Say that it did not: it may be sent again.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON; needs --yes.")
@click.pass_obj
def command(
    config: Path | None,
    *,
    business: str,
    yes: bool,
    odd: bool,
    parked: bool,
    was_sent: str,
    was_not_sent: str,
    as_json: bool,
) -> None:
    """Send today's plan. Every customer is looked at afresh and decided again just before."""
    from duewell.opening import chosen, opened

    with opened(config) as house:
        owner = chosen(house, business)
        if parked:
            _show_parked(house, owner.id, as_json=as_json)
        elif was_sent or was_not_sent:
            _settle(house, owner.id, was_sent or was_not_sent, sent=bool(was_sent), as_json=as_json)
        elif as_json and not yes:
            raise click.UsageError("--json needs --yes, since nobody can be asked")
        else:
            raise SystemExit(_send(house, owner.id, yes=yes, odd=odd, as_json=as_json))


def _send(house: "House", business: str, *, yes: bool, odd: bool, as_json: bool) -> int:
    """The plan, after asking; the exit code."""
    from collector.approving import Standing
    from duewell.outcome_words import outcome_words
    from duewell.running import make_plan, send_plan
    from duewell.say import answer, at_the_terminal

    ready = [one for one in make_plan(house, business) if one.decision.message and one.standing is not Standing.REFUSED]
    left = [] if odd else [one for one in ready if one.decision.odd and not one.standing.free]
    count = len(ready) - len(left)
    if left and not as_json:
        click.echo(f"{len(left)} more should be looked at first: duewell plan, then duewell plan approve.", err=True)
    if not count:
        answer([], "There is nothing to send today.", as_json=as_json)
        return 0
    if not yes:
        click.confirm(f"Send {count} message{'s' if count > 1 else ''}?", abort=True)
    outcomes = send_plan(house, business, by=at_the_terminal(), odd=odd)
    lines = [f"{one.case.head.name}: {outcome_words(done.state, done.reason)}" for one, done in outcomes]
    told = [{"customer": one.case.head.name, "outcome": done} for one, done in outcomes]
    answer(told, "\n".join(lines), as_json=as_json)
    return _exit_code([done for _, done in outcomes])


def _exit_code(outcomes: list["Outcome"]) -> int:
    """3 when books could not be read afresh, 1 when a person should look, else 0. Nothing left to say is no trouble."""
    states = {done.state for done in outcomes}
    if "unread" in states:
        return 3
    return 1 if states - {"sent", "nothing"} else 0


def _show_parked(house: "House", business: str, *, as_json: bool) -> None:
    """What nobody could tell, with the key to say it by."""
    from duewell.running import parked_messages
    from duewell.say import answer

    found = parked_messages(house, business)
    lines = [f"{one.key}  {one.local_day}  {one.act}  {one.reason}" for one in found]
    told = [{"key": one.key, "day": one.local_day, "act": one.act, "reason": one.reason} for one in found]
    answer(told, "\n".join(lines) or "Nothing waits for a person.", as_json=as_json)


def _settle(house: "House", business: str, key: str, *, sent: bool, as_json: bool) -> None:
    """A person says what became of a parked message."""
    from duewell.running import settle_parked
    from duewell.say import answer

    settle_parked(house, business, key, sent=sent)
    word = "sent" if sent else "not sent; it may be sent again"
    answer({"key": key, "sent": sent}, f"{key} counts as {word}.", as_json=as_json)
