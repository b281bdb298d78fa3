"""`duewell wording`: the letters, in whose words they are, and what is printed with them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from duewell.commands.options import JSON, WHICH, F

if TYPE_CHECKING:
    from collector.wording.check import Wording
    from duewell.wiring import House

LANGUAGE = click.option("--language", default="", help="en, de, fr, es or nl; without it the business's own.")
CUSTOMER = click.option("--customer", default="", help="On whom to try it; without it on who owes most.")
FILE = click.argument("file", type=click.Path(path_type=Path, allow_dash=True))


def of_a_file(command: F) -> F:
    """For what is done with the wording of a letter that stands in a file."""
    wanted = FILE(LANGUAGE(WHICH(JSON(click.pass_obj(command)))))
    return click.argument("letter")(wanted)  # type: ignore[return-value]


@click.group("wording")
def command() -> None:
    """Show, try and change what messages say.

    A wording is a text file: the subject in its first line, the text below it. It may use names such as {{ numbers }}
    and conditions such as {% if one %}; `duewell wording show` tells them all.
    """


@command.command("list")
@LANGUAGE
@WHICH
@JSON
@click.pass_obj
def listing(config: Path | None, *, language: str, business: str, as_json: bool) -> None:
    """Show every letter, from friendly to final, and whose wording it has."""
    from duewell.opening import chosen, opened
    from duewell.say import answer, table
    from duewell.writing import wordings

    with opened(config) as house:
        lines = wordings(house, chosen(house, business).id, [_checked(language)] if language else ())
    if as_json:
        answer(lines, "", as_json=True)
        return
    rows = [(one.letter, one.language, one.subject, f"version {one.version}, {one.by}" if one.version else "shipped")
            for one in lines]  # fmt: skip
    table("", ("Letter", "Language", "Subject", "Wording"), rows)


@command.command()
@click.argument("letter")
@LANGUAGE
@WHICH
@JSON
@click.pass_obj
def show(config: Path | None, *, letter: str, language: str, business: str, as_json: bool) -> None:
    """Show the wording of LETTER as it is written, the names it may use, and its versions."""
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.writing import wording

    with opened(config) as house:
        owner = chosen(house, business)
        view = wording(house, owner.id, letter, _language(house, owner.id, language))
    names = "\n".join(f"  {name:<10} {meaning}" for name, meaning in view.names.items())
    past = [f"  version {one.version}, {one.by}, {one.at:%Y-%m-%d %H:%M} UTC" for one in view.history]
    told = f"version {view.version}" if view.version else "the shipped wording"
    words = f"{view.title}, {view.language_name}: {told}\n\n{view.text}\nNames it may use:\n{names}"
    answer(view, "\n".join([words, *(["", "Versions:", *past] if past else [])]), as_json=as_json)


@command.command()
@of_a_file
def check(config: Path | None, *, letter: str, file: Path, language: str, business: str, as_json: bool) -> None:
    """Say what is wrong with the wording for LETTER in FILE. Nothing is changed."""
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.writing import check_wording

    with opened(config) as house:
        owner = chosen(house, business)
        problems = check_wording(house, owner.id, _from(house, owner.id, (letter, language), file))
    answer({"problems": problems}, "\n".join(problems) or "Nothing is wrong with it.", as_json=as_json)
    if problems:
        raise SystemExit(1)


@command.command("set")
@of_a_file
def set_(config: Path | None, *, letter: str, file: Path, language: str, business: str, as_json: bool) -> None:
    """Use the wording in FILE for LETTER from now on. It is checked first; older versions are kept."""
    from duewell.opening import chosen, opened
    from duewell.say import answer, at_the_terminal
    from duewell.writing import save_wording

    with opened(config) as house:
        owner = chosen(house, business)
        fresh = _from(house, owner.id, (letter, language), file)
        version = save_wording(house, owner.id, fresh, by=at_the_terminal())
    said = f"{fresh.letter} in {fresh.language} is version {version} from now on."
    answer({"version": version}, said, as_json=as_json)


@command.command()
@click.argument("letter")
@click.argument("version", type=click.IntRange(min=0))
@LANGUAGE
@WHICH
@JSON
@click.pass_obj
def back(config: Path | None, *, letter: str, version: int, language: str, business: str, as_json: bool) -> None:
    """Go back to VERSION of LETTER; 0 is the shipped wording."""
    from duewell.opening import chosen, opened
    from duewell.say import answer, at_the_terminal
    from duewell.writing import give_back

    with opened(config) as house:
        owner = chosen(house, business)
        which = (letter, _language(house, owner.id, language))
        fresh = give_back(house, owner.id, which, version, by=at_the_terminal())
    what = "the shipped wording" if version == 0 else f"the words of version {version}"
    answer({"version": fresh}, f"{letter} has {what} again, kept as version {fresh}.", as_json=as_json)


@command.command()
@click.argument("letter")
@click.option("--file", type=click.Path(path_type=Path, allow_dash=True), help="Try this one, not the one in use.")
@click.option("--html", type=click.Path(path_type=Path), help="Write the HTML version into this file.")
@CUSTOMER
@LANGUAGE
@WHICH
@click.pass_obj
def preview(
    config: Path | None,
    *,
    letter: str,
    file: Path | None,
    html: Path | None,
    customer: str,
    language: str,
    business: str,
) -> None:
    """Show LETTER as a real customer would read it. Nothing is sent."""
    from duewell.opening import chosen, opened, usable
    from duewell.say import answer
    from duewell.writing import preview as previewed

    with opened(config) as house:
        owner = chosen(house, business)
        tried = _from(house, owner.id, (letter, language), file)
        written = previewed(house, owner.id, tried, customer=customer)
    if html is not None:
        with usable():
            html.write_text(written.html or written.text, encoding="utf-8")
    answer("", f"Subject: {written.subject}\n\n{written.text}", as_json=False)


@command.command()
@click.argument("letter")
@click.option("--to", default="", help="The e-mail address of somebody who may sign in; without it the only owner's.")
@click.option("--file", type=click.Path(path_type=Path, allow_dash=True), help="Try this one, not the one in use.")
@CUSTOMER
@LANGUAGE
@WHICH
@click.pass_obj
def test(
    config: Path | None, *, letter: str, to: str, file: Path | None, customer: str, language: str, business: str
) -> None:
    """Mail LETTER to yourself, marked [Test], as a real customer would get it. It counts as no contact."""
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.writing import send_test

    with opened(config) as house:
        owner = chosen(house, business)
        name, email = _somebody(house, owner.id, to)
        send_test(
            house, owner.id, _from(house, owner.id, (letter, language), file), to=(name, email), customer=customer
        )
    answer("", f"Sent to {email}, marked [Test].", as_json=False)


@command.command()
@click.option("--line", "lines", multiple=True, help="One line of the bank details; repeat it for each. Replaces all.")
@click.option("--first/--last", default=None, help="Print them before the pay links, or after.")
@click.option(
    "--reference", default=None, help="What to write on a transfer: number (the invoice's), a text, or nothing."
)
@WHICH
@JSON
@click.pass_obj
def bank(
    config: Path | None,
    *,
    lines: tuple[str, ...],
    first: bool | None,
    reference: str | None,
    business: str,
    as_json: bool,
) -> None:
    """Show the bank details in messages and who changed them, or change them. Every owner is told by mail."""
    from collector.wording.writing import Bank
    from duewell.bank import bank_changes, bank_of, set_bank
    from duewell.opening import chosen, opened
    from duewell.say import answer, at_the_terminal

    with opened(config) as house:
        owner = chosen(house, business)
        held = bank_of(owner.settings) or Bank(())
        if lines or first is not None or reference is not None:
            fresh = Bank(
                lines or held.lines,
                held.first if first is None else first,
                held.reference if reference is None else reference,
            )
            untold = set_bank(house, owner.id, fresh, by=at_the_terminal())
            said = f" These owners could not be told by mail: {', '.join(untold)}." if untold else ""
            answer({"bank": fresh, "not_told": untold}, f"The bank details are changed.{said}", as_json=as_json)
            return
        changes = bank_changes(house, owner.id)
    past = [f"{one.at:%Y-%m-%d %H:%M} UTC, {one.by}: {'; '.join(one.new)}" for one in changes]
    answer({"bank": held, "changes": changes}, "\n".join([*held.lines, *past]) or "There are none.", as_json=as_json)


PROPOSAL = "Nobody has made it yours yet: a proposal."


@command.command("credit-policy")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="As it was in force on this day.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write it as a PDF into this file.")
@click.option("--send", "to", default="", metavar="CUSTOMER", help="Mail it to this customer as a PDF.")
@click.option("--accepted-by", "customer", default="", help="Write down that this customer accepted it.")
@click.option("--note", default="", help="How they did, in your words.")
@WHICH
@JSON
@click.pass_obj
def credit_policy(
    config: Path | None,
    *,
    on: object,
    pdf: Path | None,
    to: str,
    customer: str,
    note: str,
    business: str,
    as_json: bool,
) -> None:
    """Show the credit policy, print or mail it, or write down that a customer accepted it.

    Change it with `wording set credit_policy`. With `send_credit_policy = true` under [manners] in the policy it goes
    with a customer's first invoice.
    """
    from datetime import datetime

    from collector.charges.credit_policy import policy_text
    from duewell.occasions import send_credit_policy
    from duewell.opening import chosen, opened, usable
    from duewell.say import answer, at_the_terminal
    from duewell.stating import customer_meant
    from duewell.terms import accept_policy, credit_policy_of, credit_policy_paper, goes_with_first

    with opened(config) as house:
        owner = chosen(house, business)
        policy = credit_policy_of(house, owner.id, on=on.date() if isinstance(on, datetime) else None)
        goes = "goes with a customer's first invoice" if goes_with_first(house, owner.id) else "goes only on command"
        said = f"Version {policy.version}; it {goes}.\n\n" if policy.version else f"{PROPOSAL}\n\n"
        if pdf is not None:
            with usable():
                pdf.write_bytes(credit_policy_paper(house, owner.id, policy))
        if to:
            who = customer_meant(house, owner.id, to)
            said = f"{send_credit_policy(house, owner.id, who, by=at_the_terminal())}\n\n"
        if customer:
            who = customer_meant(house, owner.id, customer)
            version = accept_policy(house, owner.id, who, by=at_the_terminal(), note=note)
            said = f"Written down: version {version} was accepted.\n\n"
    answer(policy, said + policy_text(policy), as_json=as_json)


def _somebody(house: "House", business: str, email: str) -> tuple[str, str]:
    from duewell.access import Role
    from duewell.people import members

    known = [one for one in members(house, business) if not email or one.email == email.strip().casefold()]
    owners = [one for one in known if one.role is Role.OWNER]
    found = known if email else owners
    if len(found) != 1:
        there = ", ".join(one.email for one in members(house, business))
        raise click.UsageError(f"say with --to to whom; who may sign in here: {there or 'nobody yet'}")
    return found[0].name, found[0].email


def _from(house: "House", business: str, which: tuple[str, str], file: Path | None) -> "Wording":
    """The wording in a file, or the one in use."""
    from collector.wording.check import Wording
    from duewell.opening import usable
    from duewell.writing import wording

    letter, language = which[0], _language(house, business, which[1])
    if file is None:
        return Wording(letter, language, wording(house, business, letter, language).text)
    with usable():
        data = file.read_bytes() if file.name != "-" else sys.stdin.buffer.read()
    try:
        return Wording(letter, language, data.decode())
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def _language(house: "House", business: str, said: str) -> str:
    from duewell.terms import language_of_business

    return _checked(said) if said else language_of_business(house, business)


def _checked(language: str) -> str:
    from collector.wording.languages import LANGUAGES

    if language not in LANGUAGES:
        raise click.UsageError(f"there is no language {language!r}; there are: {', '.join(LANGUAGES)}")
    return language
