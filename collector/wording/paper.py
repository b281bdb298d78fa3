"""Documents on paper, by typst. Values travel as data, so nothing in a customer's name is ever taken for markup."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from collector.wording.languages import LETTERS
from collector.wording.writing import Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    paragraphs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document in words: who writes, to whom, on which day, and what."""

    title: str
    sender: str
    to: Sequence[str] = ()
    day: str = ""
    lines: Sequence[str] = ()
    sections: Sequence[Section] = ()
    tables: Sequence[Table] = ()
    foot: Sequence[str] = ()
    page: str = "Page"
    language: str = "en"
    american: bool = False


def pdf(paper: Paper, at: datetime) -> bytes:
    """The document; equal values and the same instant (aware) give equal bytes."""
    import typst  # only who prints pays for it

    made = typst.compile(
        str(LETTERS / "paper.typ"),
        root=str(LETTERS),
        sys_inputs={"paper": json.dumps(asdict(paper))},
        timestamp=int(at.timestamp()),
    )
    assert isinstance(made, bytes), "one document was asked for"
    return made
