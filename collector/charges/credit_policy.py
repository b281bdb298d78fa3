"""A business's credit policy: its terms in words, which version was in force when, and who has agreed to it. Pure.

It is kept like a wording, under the letter “credit_policy”: a title, then sections that begin with “# ”.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from babel import Locale

from collector.wording.languages import date_words, phrases
from collector.wording.paper import Paper, Section, pdf
from collector.wording.source import POLICY, BadWording, render
from receivables.records import Invoice, Ref
from receivables.said import Said, Saying, Way


class Version(Protocol):
    """One version as storage keeps it."""

    @property
    def version(self) -> int:
        """Counted from 1."""
        ...

    @property
    def text(self) -> str:
        """As it was written."""
        ...

    @property
    def at(self) -> datetime:
        """When it was saved: it is in force from that day on."""
        ...


@dataclass(frozen=True, slots=True)
class CreditPolicy:
    """What is shown: the title and the sections. Version 0 is the shipped one, which nobody has made theirs."""

    title: str
    sections: tuple[Section, ...]
    version: int = 0
    from_on: date | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody accepted a version of the credit policy."""

    debtor: str
    version: int
    on: date
    by: str
    note: str


def version_in_force(versions: Iterable[Version], on: date, zone: tzinfo) -> int:
    """The version that held on a local day: the last one saved on it or before; 0 when there was none."""
    held = [one.version for one in versions if one.text and one.at.astimezone(zone).date() <= on]
    return max(held, default=0)


def cited(versions: Sequence[Version], invoices: Iterable[Invoice], zone: tzinfo) -> Mapping[Ref, int]:
    """For each invoice the version in force when it was issued; those from before the first one are left out."""
    found = {one.ref: version_in_force(versions, one.issued_on, zone) for one in invoices if one.issued_on}
    return {ref: version for ref, version in found.items() if version}


def read(text: str, company: str, locale: Locale, *, version: int = 0, from_on: date | None = None) -> CreditPolicy:
    """The document of a text. Raises BadWording when it is not one."""
    facts: dict[str, object] = {"company": company}
    title, body = render(text, facts, locale)
    before, *parts = f"\n{body}".split("\n# ")
    if before.strip() or not parts:
        raise BadWording("below its title a credit policy has sections, and each begins with a line such as “# Terms”")
    return CreditPolicy(title, tuple(_section(part) for part in parts), version, from_on)


def _section(text: str) -> Section:
    heading, _, body = text.partition("\n")
    paragraphs = tuple(" ".join(part.split()) for part in body.split("\n\n") if part.strip())
    if not paragraphs:
        raise BadWording(f"nothing stands below the heading “{heading.strip()}”")
    return Section(heading.strip(), paragraphs)


def policy_pdf(policy: CreditPolicy, company: str, locale: Locale, *, at: datetime) -> bytes:
    """The document on paper."""
    say = phrases(locale.language)
    version = say["version"].format(version=policy.version, day=date_words(policy.from_on, locale))
    paper = Paper(
        title=policy.title,
        sender=company,
        lines=(version,) if policy.from_on else (),
        sections=policy.sections,
        page=say["page"],
        language=locale.language,
        american=locale.territory in ("US", "CA"),
    )
    return pdf(paper, at)


def policy_text(policy: CreditPolicy) -> str:
    """The document as plain text."""
    parts = [policy.title]
    for section in policy.sections:
        parts += [section.heading.upper(), *section.paragraphs]
    return "\n\n".join(parts) + "\n"


def accepted(debtor: str, version: int, on: date, *, by: str, note: str = "") -> Said:
    """How an acceptance is written down: as what the customer said. The version stands as the reason."""
    words = note.strip() or f"Accepted version {version} of the credit policy."
    return Said(
        debtor, Saying.NOTE, on, channel=POLICY, way=Way.THEIRS, note=words, by=by, reason=f"{POLICY}:{version}"
    )


def agreements(said: Iterable[Said]) -> list[Agreement]:
    """The acceptances among what was said, oldest first."""
    found = [one for one in said if one.kind is Saying.NOTE and one.channel == POLICY and one.ended_at is None]
    return [
        Agreement(one.debtor, int(one.reason.rpartition(":")[2] or 0), one.from_on, one.by, one.note)
        for one in sorted(found, key=lambda one: one.from_on)
    ]
