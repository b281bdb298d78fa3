"""Proofs of payment that payers hand in: looked at by their first bytes, sealed, and shown to whoever signs in."""

from dataclasses import dataclass, field

from duewell.portal.words import Unclear
from duewell.wiring import House
from integrations.errors import NotThere
from storage import remittances
from storage.remittances import Remittance

SIZE_MOST = 5 * 1024 * 1024
KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)
NAME_MOST = 80


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as it came, with a name that is safe to show."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def paper_of(name: str, content: bytes) -> Paper | None:
    """The file that was chosen; None where none was. Raises Unclear for what is no PDF, PNG or JPG, or too large."""
    if not name and not content:
        return None
    found = next(((media, ending) for start, media, ending in KINDS if content.startswith(start)), None)
    if found is None or len(content) > SIZE_MOST:
        raise Unclear("bad_file")
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or "remittance"
    safe = "".join(letter if letter.isalnum() or letter in " -_." else "-" for letter in stem)[:NAME_MOST].strip()
    return Paper(f"{safe or 'remittance'}.{found[1]}", found[0], content)


def keep_paper(house: House, business: str, debtor: str, paper: Paper) -> str:
    """Keep it sealed; its id."""
    told = Remittance("", debtor, paper.name, paper.media_type, house.clock.now())
    with house.database.write() as tx:
        return remittances.keep_remittance(tx, business, told, house.seal.close(paper.content))


def papers_of(house: House, business: str, debtors: set[str]) -> list[Remittance]:
    """What they have handed in, newest first."""
    with house.database.read() as tx:
        return remittances.remittances(tx, business, debtors)


def paper(house: House, business: str, id: str) -> Paper:
    """One of them, opened. Raises NotThere."""
    with house.database.read() as tx:
        found = remittances.remittance(tx, business, id)
    if found is None:
        raise NotThere("There is no such paper in this business.")
    return Paper(found[0].name, found[0].media_type, house.seal.open(found[1]))
