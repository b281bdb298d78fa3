"""`duewell interest`: what an invoice bears for being paid late; waived, asked for, or posted by a person."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House
    from receivables.records import Invoice

ACTS = ("show", "waive", "enforce", "post")


@click.command("interest")
@click.argument("invoice")
@click.argument("act", type=click.Choice(ACTS), default="show")
@click.option("--from", "first", default="", help="Waive or enforce from this day on (2026-12-01); else altogether.")
@click.option("--until", "last", default="", help="And up to and with this day.")
@click.option("--words", default="", help="Why.")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--by", default="", help="Who decides; without it your login on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(
    config: Path | None,
    *,
    invoice: str,
    act: str,
    first: str,
    last: str,
    words: str,
    business: str,
    by: str,
    as_json: bool,
) -> None:
    """Show what INVOICE (its number) bears for being late: how much, for which days, at which rate, and why.

    \b
    duewell interest INVOICE waive     nothing is asked for
    duewell interest INVOICE enforce   it is asked for although it was waived
    duewell interest INVOICE post      make it an invoice of its own on the platform, now

    What a business asks for when it is paid late is chosen on the page Late charges.
    """
    from duewell.charging_acts import post_charges
    from duewell.commands.saying import refused_as_usage, who
    from duewell.finding import find_invoice
    from duewell.opening import chosen, opened
    from duewell.say import answer

    if act not in ("waive", "enforce") and (first or last or words):
        raise click.UsageError("--from, --until and --words say what is waived or enforced; name one of the two")
    with opened(config) as house:
        owner = chosen(house, business).id
        told = {"from": first, "until": last, "words": words}
        with refused_as_usage():
            found = find_invoice(house, owner, invoice)
            done = _said(house, owner, found, told, act=act, by=who(by))
        if act == "post":
            done = post_charges(house, owner, found, by=who(by))
        told_of, lines = _shown(house, owner, found)
        answer({"done": done, **told_of}, "\n".join([done, *lines] if done else lines), as_json=as_json)


def _said(house: "House", business: str, invoice: "Invoice", told: dict[str, str], *, act: str, by: str) -> str:
    from duewell.charging_acts import enforce, waive

    said = {"waive": waive, "enforce": enforce}.get(act)
    return said(house, business, invoice, told, by=by) if said else ""


def _shown(house: "House", business: str, invoice: "Invoice") -> tuple[dict[str, object], list[str]]:
    from collector.charges.words import sentences
    from collector.wording.languages import money_words
    from duewell.charging import borne_of, last_day
    from duewell.say import plain
    from duewell.terms import locale_of_business

    borne, _ = borne_of(house, business, invoice)
    where = locale_of_business(house, business)
    words = sentences(borne, where)
    known = {
        "invoice": invoice.number,
        "up_to": last_day(borne),
        "total": borne.total if borne.charge else None,
        "periods": [{**plain(one), "percent": str(one.percent)} for one in borne.charge.periods]
        if borne.charge
        else [],
        "fixed": borne.charge.fixed if borne.charge else None,
        "waived": borne.waived,
        "posted": borne.posted,
        "sentences": words,
    }
    head = f"Invoice {invoice.number}"
    if borne.charge:
        head += f" bears {money_words(borne.total, where)} up to {last_day(borne):%-d %B %Y}"
    return known, [f"{head}:", *(f"  {one}" for one in words)]
