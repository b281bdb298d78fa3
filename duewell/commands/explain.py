"""`duewell explain`: one invoice's whole story."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House
    from receivables.records import Invoice


@click.command("explain")
@click.argument("invoice")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(config: Path | None, *, invoice: str, business: str, as_json: bool) -> None:
    """Tell everything about INVOICE (its number): what is owed, what was sent, and what each day said about it."""
    from duewell.opening import chosen, opened
    from duewell.say import answer

    with opened(config) as house:
        owner = chosen(house, business)
        found = _find(house, owner.id, invoice)
        if not found:
            raise click.UsageError(f"there is no invoice {invoice!r} in {owner.name}")
        stories = [story(house, owner.id, one) for one in found]
        answer(stories, "\n\n".join(_words(one) for one in stories), as_json=as_json)


def _find(house: "House", business: str, number: str) -> list["Invoice"]:
    from storage.books import invoices

    with house.database.read() as tx:
        return [one for one in invoices(tx, business) if number in (one.number, one.ref.id)]


def story(house: "House", business: str, invoice: "Invoice") -> dict[str, object]:
    """The invoice, today's verdict, the verdicts of other days, and every contact that spoke of it."""
    from duewell.running import make_plan
    from duewell.showing.work import contact_view
    from storage import actions
    from storage.verdicts import verdicts

    today = [
        verdict
        for one in make_plan(house, business)
        for verdict in one.decision.verdicts
        if verdict.invoice == invoice.ref
    ]
    with house.database.read() as tx:
        days = verdicts(tx, business, invoice=invoice.ref)
        sent = actions.actions(tx, business, invoice=invoice.ref)
    return {
        "invoice": invoice,
        "today": today[0] if today else None,
        "days": days,
        "contacts": [contact_view(one) for one in sent],
    }


def _words(told: dict[str, object]) -> str:
    from typing import Any

    values: dict[str, Any] = told
    invoice, today = values["invoice"], values["today"]
    lines = [
        f"Invoice {invoice.number}: {invoice.total}, open {invoice.open}, {invoice.status.value}.",
        f"  issued {invoice.issued_on}, due {invoice.due_on}",
        f"  today: {today.say.value}, {today.rule}. {today.reason}"
        if today
        else "  today: nothing is open, so nobody asks.",
    ]
    lines += [f"  {day.day}: {day.verdict}, {day.rule}. {day.reason}" for day in values["days"]]
    lines += [f"  {one.at:%Y-%m-%d %H:%M} UTC: {one.channel} {one.state} ({one.step})" for one in values["contacts"]]
    return "\n".join(lines)
