"""`duewell policy`: read it back, check a file and say every mistake, let it hold, and who changed what when."""

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.policies.check import Checked
    from collector.policies.file import Finding
    from collector.policy import Policy
    from duewell.wiring import House

BUSINESS = click.option("--business", default="", help="Which business, by name or id, when there are several.")
CUSTOMER = click.option("--customer", default="", help="What differs for one customer: name, e-mail or invoice number.")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
FILE = click.argument("file", type=click.File("rb"))


@click.group("policy")
def command() -> None:
    """Show, check and change the policy.

    A policy is the one that comes with Duewell, with what the configuration says instead, over it what a business
    changed, and over that what differs for single customers. FILE is a policy.toml, or - for standard input.
    """


@command.command()
@BUSINESS
@CUSTOMER
@JSON
@click.pass_obj
def show(config: Path | None, *, business: str, customer: str, as_json: bool) -> None:
    """Show which policy holds, since when and by whom, and its steps."""
    from duewell import policies
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        debtor = policies.customer_named(house, at.id, customer)
        policy = policies.policy_for(house, at.id, debtor)
        if as_json:
            told = policies.in_force(house, at.id, debtor)
            answer({"version": policy.version, "last": told, "policy": _document(policy)}, "", as_json=True)
        else:
            _show(house, at.id, policy, debtor)


def _document(policy: "Policy") -> dict[str, object]:
    """As a file says it, since machines know its words."""
    import tomllib

    from collector.policies.file import write
    from collector.policies.layers import whole

    return tomllib.loads(write(whole(policy)))


def _show(house: "House", business: str, policy: "Policy", debtor: str) -> None:
    from collector.policies.words import when
    from duewell import policies
    from duewell.say import console, table

    last = policies.in_force(house, business, debtor) or policies.in_force(house, business)
    since = f", by {last.by}, {last.at:%Y-%m-%d %H:%M} UTC" if last else ": the one that comes with Duewell"
    rows = [
        (
            step.name,
            when(step),
            step.channel.value,
            step.tone.name.lower(),
            step.letter,
            "" if step.automatic else "waits",
        )
        for step in policy.steps
    ]
    table(f"Policy {policy.version}{since}", ("Step", "When", "Channel", "Tone", "Wording", ""), rows)
    console.print("See duewell policy words, calendar, history, export.")


@command.command("check")
@FILE
@BUSINESS
@CUSTOMER
@JSON
@click.pass_obj
def look(config: Path | None, *, file: IO[bytes], business: str, customer: str, as_json: bool) -> int:
    """Explain every mistake of FILE, with its line and how to mend it; nothing is changed.

    Exit code 0: it may hold. 1: it may, but look at what is said. 2: it has mistakes.
    """
    from duewell.opening import opened, wrong_use
    from duewell.say import answer, console

    text = _text(file)
    with opened(config) as house, wrong_use():
        checked, changes = _checked(house, business, customer, text)
    if as_json:
        findings = [_finding(one) for one in checked.findings]
        answer({"good": checked.good, "findings": findings, "changes": changes}, "", as_json=True)
    else:
        _tell(file.name, checked)
        for sentence in changes:
            console.print(f"- {sentence}", markup=False, soft_wrap=True)
    return 2 if not checked.good else 1 if checked.findings else 0


def _checked(house: "House", business: str, customer: str, text: str) -> "tuple[Checked, tuple[str, ...]]":
    """Beside what holds for the business, or before there is one beside what comes with Duewell."""
    from collector.policies.check import check
    from collector.policies.fields import Known
    from collector.wording.writing import known_letters
    from duewell import policies
    from duewell.businesses import all_businesses
    from duewell.opening import chosen
    from duewell.ruling import base_layer

    if not all_businesses(house) and not business:
        known = Known(frozenset(known_letters()), frozenset(policies.senders(house)))
        return check(text, known, base_layer(house.settings)), ()
    at = chosen(house, business)
    draft = policies.drafted(house, at.id, text, policies.customer_named(house, at.id, customer))
    return draft.checked, draft.changes


@command.command("import")
@FILE
@BUSINESS
@CUSTOMER
@click.option("--note", default="", help="Why; it stands beside the version.")
@JSON
@click.pass_obj
def take(config: Path | None, *, file: IO[bytes], business: str, customer: str, note: str, as_json: bool) -> None:
    """Let FILE hold from now on, as a new version. An empty file goes back to what lies below."""
    from duewell import policies
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer, at_the_terminal

    text = _text(file)
    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        debtor = policies.customer_named(house, at.id, customer)
        draft = policies.drafted(house, at.id, text, debtor)
        _tell(file.name, draft.checked, err=True)
        if not draft.checked.good:
            raise click.UsageError("nothing was imported; mend the file and try again")
        policies.keep(house, at.id, text, by=at_the_terminal(), note=note, debtor=debtor, over=draft.over)
        label = policies.policy_for(house, at.id, debtor).version
        told = "\n".join(f"- {sentence}" for sentence in draft.changes) or "It says the same as before, in other words."
        values = {
            "version": label,
            "changes": draft.changes,
            "findings": [_finding(one) for one in draft.checked.findings],
        }
        answer(values, f"From now on “{label}” holds.\n{told}", as_json=as_json)


@command.command()
@BUSINESS
@CUSTOMER
@click.option("--complete", is_flag=True, help="Everything that holds, written out, not only what was changed.")
@click.option("--version", type=click.IntRange(1), help="An older version, as it was written.")
@click.pass_obj
def export(config: Path | None, *, business: str, customer: str, complete: bool, version: int | None) -> None:
    """Write the policy file to standard output. Importing it again gives the same policy."""
    from duewell import policies
    from duewell.opening import chosen, opened, wrong_use

    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        debtor = policies.customer_named(house, at.id, customer)
        if version is not None:
            text = policies.version(house, at.id, version, debtor).document
        else:
            text = policies.exported(house, at.id, debtor, complete=complete)
        click.echo(text, nl=bool(text) and not text.endswith("\n"))


@command.command()
@BUSINESS
@CUSTOMER
@JSON
@click.pass_obj
def history(config: Path | None, *, business: str, customer: str, as_json: bool) -> None:
    """Show every version: who wrote it, when and why."""
    from duewell import policies
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer, table

    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        debtor = policies.customer_named(house, at.id, customer) if customer else None
        kept = policies.history(house, at.id, debtor)
        names = policies.names_of(house, at.id, sorted({one.debtor for one in kept if one.debtor}))
    rows = [
        (
            f"{'c' if one.debtor else 'v'}{one.version}",
            names.get(one.debtor, ""),
            f"{one.at:%Y-%m-%d %H:%M}",
            one.by,
            one.note,
        )
        for one in kept
    ]
    if as_json or not rows:
        nothing = "Nothing was changed yet: the policy is the one that comes with Duewell and the configuration."
        answer(kept, nothing, as_json=as_json)
    else:
        table("Versions, newest first", ("Version", "Customer", "Since (UTC)", "By", "Why"), rows)


@command.command()
@BUSINESS
@CUSTOMER
@JSON
@click.pass_obj
def words(config: Path | None, *, business: str, customer: str, as_json: bool) -> None:
    """Read the policy back in sentences."""
    from collector.policies.words import words
    from duewell import policies
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        policy = policies.policy_for(house, at.id, policies.customer_named(house, at.id, customer))
        sentences = words(policy)
    answer({"version": policy.version, "sentences": sentences}, "\n".join(sentences), as_json=as_json)


@command.command("calendar")
@BUSINESS
@CUSTOMER
@JSON
@click.pass_obj
def days(config: Path | None, *, business: str, customer: str, as_json: bool) -> None:
    """Show what happens on which day to an invoice issued today with the usual terms, if nobody pays it."""
    from duewell import policies
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer, table

    with opened(config) as house, wrong_use():
        at = chosen(house, business)
        policy = policies.policy_for(house, at.id, policies.customer_named(house, at.id, customer))
        terms, found = policies.days_of(house, at.id, policy)
    if as_json:
        answer({"version": policy.version, "terms_days": terms, "calendar": found}, "", as_json=True)
        return
    rows = [(f"{one.on:%a %-d %B %Y}", f"{one.what} {one.why}".strip()) for one in found.entries]
    table(f"Policy {policy.version}, usual terms: {terms} days", ("Day", "What happens"), rows)


@command.command()
@BUSINESS
@click.pass_obj
def propose(config: Path | None, *, business: str) -> None:
    """Write a first policy on the days on which the platform reminds at present, for you to look at and import."""
    from duewell import policies
    from duewell.opening import chosen, opened

    with opened(config) as house:
        at = chosen(house, business)
        if policies.in_force(house, at.id) is not None:
            raise click.UsageError(f"{at.name} has a policy of its own; see duewell policy export")
        text = policies.proposal(house, at.id)
        if not text:
            raise click.UsageError(
                "nobody has told on which days the platform reminds; say it on the page Connections, or with "
                "duewell connect --reminder-days -3,7,14"
            )
        click.echo(text, nl=False)


def _text(file: IO[bytes]) -> str:
    """What the file holds. Raises UsageError for what is no text."""
    try:
        return file.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name} is no text in UTF-8; is it the right file?") from None


def _tell(name: str, checked: "Checked", *, err: bool = False) -> None:
    """One line for each finding, as compilers write them; and how it stands in all."""
    for one in checked.findings:
        where = f"{name}:{one.line}" if one.line else name
        click.echo(f"{where}: {one.weight.value}: {one.what} {one.remedy}".rstrip(), err=err)
    mistakes, warnings = len(checked.mistakes), len(checked.warnings)
    if mistakes:
        click.echo(f"{mistakes} to mend.", err=err)
    elif warnings and not err:
        click.echo(f"It may hold; {warnings} to look at.")
    elif not err:
        click.echo("It may hold.")


def _finding(one: "Finding") -> dict[str, object]:
    return {"line": one.line, "weight": one.weight.value, "what": one.what, "remedy": one.remedy}
