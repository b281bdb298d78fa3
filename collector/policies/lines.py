"""Finds the line on which each value of a TOML text stands, which Python's own reader does not tell. Pure."""

import tomllib
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, and numbers within lists, as in ("steps", 0, "days")."""

ENDS = ("]", "}", '"""', "'''")


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every table and value of a text that is TOML; within a list over several lines, its first.

    Each statement of TOML can be read alone, so the standard reader is given one after the other.
    """
    places: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        said = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _opened(said, counts)
            for depth in range(1, len(table) + 1):
                places.setdefault(table[:depth], number)
        else:
            _note(said, table, number, places)
    return places


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Headings and settings with the line they begin on. One that goes over several lines is whole once it reads."""
    pending: list[str] = []
    first = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not pending:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            first = number
        pending.append(line)
        may_end = len(pending) == 1 or any(end in line for end in ENDS)
        if may_end and _reads(statement := "\n".join(pending)):
            yield first, statement
            pending = []


def _reads(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _opened(said: object, counts: dict[Path, int]) -> Path:
    """The table that a heading opens; a heading in double brackets opens the next one of its list."""
    path: Path = ()
    while isinstance(said, dict) and said:
        name, said = next(iter(said.items()))
        path = (*path, name)
        if isinstance(said, list):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _note(said: object, path: Path, number: int, places: dict[Path, int]) -> None:
    if path and path not in places:
        places[path] = number
    inside = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for name, value in inside:
        _note(value, (*path, name), number, places)
