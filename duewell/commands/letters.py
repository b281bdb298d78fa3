"""`duewell letters`: what waits in the tray to be printed and posted."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.channels.letter import InTray


@click.command("letters")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--posted", default="", metavar="KEY", help="Say that this letter was put into the post.")
@click.option("--done", is_flag=True, help="List what was posted instead of what waits.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(config: Path | None, *, business: str, posted: str, done: bool, as_json: bool) -> None:
    """List the letters that wait to be printed, each with its file, and say which were posted."""
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.ways import letters

    with opened(config) as house:
        tray = letters(house, chosen(house, business))
        if posted:
            tray.mark_posted(posted)
            answer({"posted": posted}, f"{posted} was posted and leaves the list.", as_json=as_json)
            return
        found = tray.letters(posted=done)
        nothing = "No letter was posted yet." if done else "No letter waits to be printed."
        lines = [_line(one) for one in found]
        if lines and not done:
            lines.append("Print them, put them into the post, then say so: duewell letters --posted KEY")
        answer([_told(one) for one in found], "\n".join(lines) or nothing, as_json=as_json)


def _line(one: "InTray") -> str:
    return f"{one.key}  {one.made_on}  {one.to}: {one.subject}\n  {one.file}"


def _told(one: "InTray") -> dict[str, object]:
    return {"key": one.key, "day": one.made_on, "to": one.to, "subject": one.subject, "file": str(one.file)}
