"""What `note`, `promise`, `hold` and `dispute` share: writing down, listing and ending, in the words of a terminal."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House


@contextmanager
def refused_as_usage() -> Iterator[None]:
    """What a person got wrong is wrong use: one sentence, exit code 2, and nothing was changed."""
    from integrations.errors import NotThere, Refused

    try:
        yield
    except (Refused, NotThere) as error:
        raise click.UsageError(str(error)) from None


def write_down(
    config: Path | None, customer: str, told: Mapping[str, str], *, business: str, by: str, as_json: bool
) -> None:
    """Record what was told of the customer, or without one of the business."""
    from duewell.dictating import dictate
    from duewell.finding import find_customer
    from duewell.opening import chosen, opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business).id
        debtor = find_customer(house, owner, customer).debtor if customer else ""
        done = dictate(house, owner, debtor, told, by=who(by))
        answer({"id": done.id, "said": done.said}, done.sentence, as_json=as_json)


def end_one(config: Path | None, id: str, *, business: str, by: str, as_json: bool) -> None:
    """What was said no longer holds."""
    from duewell.opening import chosen, opened
    from duewell.recording import end_said
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        known = end_said(house, chosen(house, business).id, id, by=who(by))
        answer({"id": id, "ended": known}, "It no longer holds; it stays in the history.", as_json=as_json)


def list_said(config: Path | None, customer: str, *, business: str, as_json: bool) -> None:
    """Everything that is on record of a customer, the latest first, with the ids to end it by."""
    from duewell.finding import find_customer
    from duewell.opening import chosen, opened
    from duewell.say import answer, table

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business).id
        found = find_customer(house, owner, customer)
        rows = _on_record(house, owner, found.debtor)
        if as_json:
            names = ("id", "on", "what", "words", "by", "state")
            answer([dict(zip(names, row, strict=True)) for row in rows], "", as_json=True)
        elif rows:
            table(found.name, ("Id", "On", "What", "Words", "By", ""), rows)
        else:
            answer([], f"Nothing was written down about {found.name} yet.", as_json=False)


def _on_record(house: "House", business: str, debtor: str) -> list[tuple[str, ...]]:
    from duewell.said_words import in_words
    from storage.books import records
    from storage.said import said

    with house.database.read() as tx:
        known = said(tx, business, debtor=debtor)
        refs = [one.invoice for one in known if one.invoice]
        numbers = {ref: str(getattr(invoice, "number", ref.id)) for ref, invoice in records(tx, business, refs).items()}
    return [
        (
            one.id,
            f"{one.from_on}",
            in_words(one, numbers),
            one.note,
            one.by,
            f"ended by {one.ended_by}" if one.ended_at else "",
        )
        for one in reversed(known)
    ]


def who(by: str) -> str:
    """Whose name stands beside it."""
    return by.strip() or getpass.getuser()
