"""`duewell sync`: read what changed on the platforms, and see whether the books agree."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.running import Synced


@click.command("sync")
@click.argument("connection", default="")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--from-start", is_flag=True, help="Read everything again, as on the first day; nothing is lost by it.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(config: Path | None, *, connection: str, business: str, from_start: bool, as_json: bool) -> None:
    """Bring the books of CONNECTION (all without it) up to date and compare them with the platform's own figures."""
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.progress import reading
    from duewell.running import sync_one
    from duewell.say import answer
    from storage.connections import start_over

    with opened(config) as house:
        owner = chosen(house, business)
        results = []
        for one in chosen_connections(house, owner, connection):
            if from_start:
                with house.database.write() as tx:
                    start_over(tx, owner.id, one.id)
            with reading(one.label, quiet=as_json) as progress:
                results.append(sync_one(house, one, progress))
        told = [as_values(result) for result in results]
        answer(told, "\n".join(sentence(result) for result in results), as_json=as_json)
    raise SystemExit(exit_code(results))


def exit_code(results: list["Synced"]) -> int:
    """3 when a platform was out of reach, 1 when books differ, else 0."""
    if any(result.trouble for result in results):
        return 3
    agreements = [result.night.agreement for result in results if result.night]
    return 1 if any(found is not None and not found.agrees for found in agreements) else 0


def sentence(result: "Synced") -> str:
    """What happened to one connection."""
    label = result.connected.label
    if result.night is None:
        return f"{label}: not read. {result.trouble}"
    saved, agreement = result.night.pulled.saved, result.night.agreement
    news = f"{saved.new} new, {saved.changed} changed, {saved.gone} gone, {saved.odd} set aside"
    if agreement is None:
        return f"{label}: somebody else is reading it just now."
    if agreement.agrees:
        return f"{label}: {news}. The books agree ({agreement.compared} compared)."
    return f"{label}: {news}. {len(agreement.differences)} differ; see the connections page."


def as_values(result: "Synced") -> dict[str, object]:
    """The same for machines."""
    night = result.night
    agreement = night.agreement if night else None
    return {
        "connection": result.connected.id,
        "label": result.connected.label,
        "trouble": result.trouble,
        "saved": night.pulled.saved if night else None,
        "agrees": agreement.agrees if agreement else None,
        "differences": [
            {"about": str(one.about), "ours": one.ours, "theirs": one.theirs} for one in agreement.differences
        ]
        if agreement
        else [],
    }
