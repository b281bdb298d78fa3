"""Proposes what kind of customer somebody is, from what their name says, for a person to confirm. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from receivables.case import Case
from receivables.records import CustomerKind
from receivables.said import Saying

UNKNOWN = (CustomerKind.UNKNOWN, CustomerKind.OTHER)
COMPANY = re.compile(
    r"(?<!\w)(?:ltd|limited|llc|llp|plc|inc|incorporated|corp|corporation|gmbh|mbh|ohg|gbr|pty|sarl|sasu|eurl|slu|srl|spa"
    r"|aps|oyj|bvba)(?!\w)",
    re.IGNORECASE,
)
COMPANY_AT_THE_END = re.compile(r"(?<=\s)(?:AG|KG|SE|UG|BV|NV|SL|SA|SAS|AB|AS|A/S|Oy|LP)$")
"""So short that they are only meant as such where a name ends, and written large."""
TOGETHER = re.compile(r"(?:&|\band|\bund|\bet|\by|\ben)\s+co\.?(?!\w)", re.IGNORECASE)
PUBLIC = re.compile(
    r"(?<!\w)(?:(?:city|town|village|county|borough|state|department|ministry) of|council"
    r"|municipality|school district|university of|university$|universität|université|universidad|universiteit"
    r"|stadt|gemeinde|landkreis|ministerium|mairie|commune de|ville de|ayuntamiento|gemeente)(?!\w)",
    re.IGNORECASE,
)
DOTTED = re.compile(r"(?<!\w)(?:[A-Za-z]\.\s?){2,}(?!\w)")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody seems to be, and the sentence that says why."""

    kind: CustomerKind
    evidence: str


def propose(name: str) -> Proposal | None:
    """What the name says; None for what may be a person's name.

    The form of a company weighs more than any other word: University Press Ltd is a business.
    """
    plain = undotted(name)
    for pattern in (COMPANY, COMPANY_AT_THE_END, TOGETHER):
        if found := pattern.search(plain):
            return Proposal(CustomerKind.BUSINESS, f"The name holds “{found[0].strip()}”.")
    if found := PUBLIC.search(plain):
        return Proposal(CustomerKind.PUBLIC_BODY, f"The name holds “{found[0].strip()}”.")
    return None


def unconfirmed(case: Case, now: datetime) -> bool:
    """Does neither the platform nor a person say what kind of customer it is?"""
    told = [one for one in case.said if one.kind is Saying.KIND and one.known(now)]
    known = CustomerKind.of(told[-1].reason) if told else case.head.kind
    return known in UNKNOWN


def undotted(name: str) -> str:
    """S.L. as SL and Ltd. as Ltd; one blank between words."""
    whole = DOTTED.sub(lambda found: "".join(_letters(found[0])) + " ", name)
    return " ".join(whole.replace(".", " ").replace(",", " ").split())


def _letters(text: str) -> Iterator[str]:
    return (one for one in text if one.isalpha())
