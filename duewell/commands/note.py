"""`duewell note`: write down a call, a mail, a meeting, or anything else that was said of a customer."""

from pathlib import Path

import click

from duewell.commands.options import recorded

WHATS = (
    "call",
    "mail",
    "meeting",
    "note",
    "opt-out",
    "wrong-address",
    "lawyer",
    "insolvency",
    "death",
    "breathing-space",
    "hardship",
    "stop",
    "objection",
    "handed-over",
    "never-chase",
    "was-sent",
    "kind",
    "contact-person",
)


@click.command("note")
@click.argument("customer", default="")
@click.argument("words", nargs=-1)
@click.option("--what", type=click.Choice(WHATS), default="note", show_default=True, help="What it was, or what holds.")
@click.option("--theirs", is_flag=True, help="They called, wrote or came; without it we did.")
@click.option("--not-reached", is_flag=True, help="With --what call: nobody answered.")
@click.option("--on", "day", default="", metavar="DAY", help="When it was: 2026-12-01, yesterday; today without it.")
@click.option("--until", default="", metavar="DAY", help="Until and with which day it holds; without it further on.")
@click.option("--invoice", default="", help="The number of the invoice it is about.")
@click.option("--channel", default="", help="With --what opt-out: mail, sms, call or letter.")
@click.option("--address", default="", help="The wrong address, or that of the lawyer or contact person.")
@click.option(
    "--is",
    "kind",
    default="",
    metavar="WORD",
    help="With --what kind: business, sole-trader, consumer or public-body; with --what contact-person: accounts, "
    "primary or escalation.",
)
@click.option("--bank-entered", default="", metavar="DAY", help="Nothing of a customer: the bank is entered up to DAY.")
@click.option("--end", default="", metavar="ID", help="What was said under this id no longer holds.")
@recorded
def command(config: Path | None, /, *, end: str, business: str, by: str, as_json: bool, **told: object) -> None:
    """Write down WORDS about CUSTOMER (name, e-mail address or invoice number).

    Without words, what is on record of the customer is listed. Calls, mails and meetings count as contacts. With
    --what contact-person WORDS are that person's name.
    """
    from duewell.commands.saying import end_one, list_said, write_down

    if end:
        end_one(config, end, business=business, by=by, as_json=as_json)
        return
    customer, what = str(told["customer"]), str(told["what"])
    words = " ".join(str(word) for word in told["words"])  # type: ignore[attr-defined]
    if told["bank_entered"]:
        said = {"kind": "bank_entered", "until": str(told["bank_entered"]), "words": words}
        write_down(config, "", said, business=business, by=by, as_json=as_json)
    elif not customer:
        raise click.UsageError("say which CUSTOMER, by name, e-mail address or invoice number")
    elif what == "note" and not words:
        list_said(config, customer, business=business, as_json=as_json)
    else:
        write_down(config, customer, _said(what, words, told), business=business, by=by, as_json=as_json)


def _said(what: str, words: str, told: dict[str, object]) -> dict[str, str]:
    reason = str(told["kind"])
    if what == "call":
        reason = "not_reached" if told["not_reached"] else "reached"
    plain = {name: str(told[name]) for name in ("day", "until", "invoice", "channel", "address")}
    return {**plain, "kind": what, "words": words, "reason": reason, "way": "theirs" if told["theirs"] else "ours"}
