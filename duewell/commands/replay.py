"""`duewell replay`: past days again, as they were known then; what a policy would have sent, and how two differ."""

from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.replay.told import Difference, Report, Run
    from duewell.replaying import Question
    from duewell.wiring import House

CHANGED = ("Day", "Customer", "Invoice", "In force", "The other")
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("replay")
@click.option("--policy", type=click.File("rb"), help="Another policy.toml to set beside the one in force.")
@click.option("--from", "from_on", type=DAY, help="The first day, as 2026-01-31; without it 90 days are replayed.")
@click.option("--to", "to_on", type=DAY, help="The last day; without it today.")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, with everything.")
@click.pass_obj
def command(
    config: Path | None,
    *,
    policy: IO[bytes] | None,
    from_on: datetime | None,
    to_on: datetime | None,
    business: str,
    as_json: bool,
) -> int:
    """Replay past days: what would have gone, and what to somebody who had already paid.

    Nothing is sent and nothing is changed. Exit code 1: something would have gone to somebody who had already paid,
    or what was judged live did not come out again.
    """
    from duewell.opening import chosen, opened, wrong_use
    from duewell.replaying import replay
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        report = replay(house, at.id, _question(house, at.id, policy, (from_on, to_on)))
    if as_json:
        answer(report, "", as_json=True)
    else:
        _show(report)
    strayed = report.reproduced is not None and report.reproduced.strayed
    return 1 if report.run.wrong or strayed else 0


def _question(
    house: "House", business: str, policy: IO[bytes] | None, days: tuple[datetime | None, datetime | None]
) -> "Question":
    """Raises UsageError for a file that is no text."""
    from datetime import timedelta

    from duewell.finding import today_of
    from duewell.replaying import LAST_DAYS, Question

    first, last = days
    to_on = last.date() if last else today_of(house, business)
    from_on = first.date() if first else to_on - timedelta(days=LAST_DAYS - 1)
    try:
        text = policy.read().decode("utf-8-sig") if policy else ""
    except UnicodeDecodeError:
        raise click.UsageError("the policy file is not plain text (UTF-8); save it as such") from None
    return Question(from_on, to_on, text)


def _show(report: "Report") -> None:
    """What would have been wrong comes first."""
    from duewell.say import console

    _wrong(report.run)
    _run(report.run, report.days)
    if report.other is not None and report.difference is not None:
        _difference(report.other, report.difference)
    for note in report.notes:
        console.print(note, markup=False, soft_wrap=True)
    if report.reproduced is not None:
        _proof(report)


def _wrong(run: "Run") -> None:
    from duewell.say import console, table

    if not run.wrong:
        paid = "Nothing would have gone to somebody who had already paid, as far as is known today."
        console.print(paid, soft_wrap=True)
        return
    rows = [(f"{one.day}", one.name, ", ".join(one.numbers), one.amount, f"{one.paid_on}") for one in run.wrong]
    table("To somebody who had already paid", ("Day", "Customer", "Invoices", "Asked>", "Paid on"), rows)


def _run(run: "Run", days: int) -> None:
    from duewell.say import console, table

    rows = [(one.name, one.messages) for one in run.customers]
    table("Messages per customer", ("Customer", "Messages>"), rows)
    busiest = f"; the busiest day was {run.busiest[0]:%-d %B %Y} with {run.busiest[1]}" if run.busiest else ""
    words = f"By the policy in force ({run.policy}): {_messages(run.messages)} on {days} business days{busiest}."
    console.print(words, markup=False, soft_wrap=True)
    console.print(f"A person would have looked at {run.odd} of them first.")


def _difference(other: "Run", difference: "Difference") -> None:
    from duewell.say import console, table

    if difference.first_on is None:
        console.print("The other policy says the same of every invoice on every day.")
        return
    more = difference.more
    words = f"{_messages(abs(more))} {'more' if more > 0 else 'fewer'}" if more else "As many messages"
    console.print(f"\nThe other policy: {words}, {len(other.wrong)} to somebody who had already paid.", soft_wrap=True)
    invoices = f"{difference.invoices} invoice{' is' if difference.invoices == 1 else 's are'} judged otherwise"
    console.print(f"The two part on {difference.first_on:%-d %B %Y}; {invoices}.", soft_wrap=True)
    rows = [(one.name, one.messages, one.other) for one in difference.customers]
    table("More or less for", ("Customer", "In force>", "The other>"), rows)
    reasons = [(f"{one.day}", one.name, one.number, one.before.reason, one.after.reason) for one in difference.changed]
    table("The first day on which an invoice is judged otherwise", CHANGED, reasons)
    console.print()


def _proof(report: "Report") -> None:
    from duewell.say import console

    proof = report.reproduced
    assert proof is not None, "asked before"
    same = proof.verdicts - proof.strayed
    of = f"{same} of {proof.verdicts} verdicts of {proof.days} day{'' if proof.days == 1 else 's'}"
    console.print(f"Judged again as it was then: {of} came out exactly as they were stored.", soft_wrap=True)
    for one in proof.examples[:10]:
        words = f"- {one.day} {one.invoice}: stored {one.stored.rule}, replayed {one.replayed.rule}"
        console.print(words, markup=False)


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"
