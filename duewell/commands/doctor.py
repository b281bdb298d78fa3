"""`duewell doctor`: look for what is wrong with this installation."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.findings import Finding


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(config: Path | None, *, as_json: bool) -> None:
    """Look at everything a healthy installation needs, and say what to do about the rest."""
    from duewell.examining import examine
    from duewell.opening import opened
    from duewell.say import answer

    with opened(config) as house:
        findings = examine(house)
        answer(findings, "\n".join(_line(one) for one in findings), as_json=as_json)
    if any(one.level == "wrong" for one in findings):
        raise SystemExit(1)


def _line(one: "Finding") -> str:
    mark = {"fine": "ok   ", "note": "note ", "wrong": "WRONG"}[one.level]
    return f"{mark} {one.what}: {one.said}"
