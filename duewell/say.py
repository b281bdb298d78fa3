"""How the command line talks: Rich for people, JSON for machines."""

import getpass
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

import click
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from receivables.money import Money

console = Console(highlight=False)


def answer(values: object, sentence: str, *, as_json: bool) -> None:
    """Say it once: the values as JSON, or the sentence."""
    if as_json:
        click.echo(json.dumps(plain(values), ensure_ascii=False, indent=2))
    else:
        console.print(sentence, markup=False, soft_wrap=True)


def plain(value: Any) -> Any:
    """As JSON can hold it: money as amount and currency, dates in ISO form."""
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; columns whose name ends in ">" are set right."""
    grid = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left")
    for row in rows:
        # as Text, since a customer may be called “[/] Design” and markup would fall over it
        grid.add_row(*(Text(str(cell)) for cell in row))
    console.print(grid)


def asked_secret(prompt: str, *, optional: bool = False) -> str:
    """What a person types unseen, or the next line of what is piped in. Raises Abort when there is none."""
    if sys.stdin.isatty():
        default = "" if optional else None
        return str(click.prompt(prompt, hide_input=True, default=default, show_default=False, err=True)).strip()
    line = sys.stdin.readline()
    if not line and not optional:
        raise click.Abort
    return line.strip()


def at_the_terminal() -> str:
    """Who is giving commands: what a person does from here stands under the name of this machine's user."""
    return f"{getpass.getuser()} (command line)"
