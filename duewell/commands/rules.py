"""`duewell rules`: the rules of collecting that are kept, where each comes from, and what is not covered."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.views.law import LawView, PlaceView, RuleView


@click.command("rules")
@click.option("--country", default="", metavar="XX", help="Only one country, by its two letters, such as US.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def command(*, country: str, as_json: bool) -> None:
    """Show the rules of collecting that are kept, where each comes from, and what is not covered."""
    from duewell.say import answer
    from duewell.views.law import law

    view = law()
    wanted = country.upper()
    places = [place for place in view.places if wanted in ("", place.code)]
    if not places:
        known = ", ".join(place.code for place in view.places[1:])
        raise click.UsageError(f"No rules of collecting are known for {country!r}; there are some for {known}.")
    if as_json:
        answer(places if wanted else view, "", as_json=True)
    elif wanted:
        answer(places, "\n\n".join(_place(place) for place in places), as_json=False)
    else:
        answer(view, _everything(view), as_json=False)


def _everything(view: "LawView") -> str:
    """All of it on one long page."""
    from duewell.views.law import NO_ADVICE

    parts = [NO_ADVICE, *(_place(place) for place in view.places)]
    interest = [
        f"  {one.title}: {one.text}\n    {one.source}. Known up to {one.known_until:%-d %B %Y}."
        for one in view.interest
    ]
    parts.append("\n".join(["INTEREST BY LAW", *interest]))
    parts.append("\n".join(["NEVER SAID IN A MESSAGE", *(f"  {title}. {why}" for title, why in view.never_said)]))
    parts.append("\n".join(["NOT COVERED", *(f"  {place}: {text}" for place, text in view.not_covered)]))
    return "\n\n".join(parts)


def _place(place: "PlaceView") -> str:
    return "\n".join([place.name.upper(), *(_rule(rule) for rule in place.rules)])


def _rule(rule: "RuleView") -> str:
    lines = (rule.text, f"  {rule.effect} {rule.about}", f"  {rule.source}. {rule.dated}", f"  ({rule.id})")
    return "\n".join(f"  {line}" for line in lines)
