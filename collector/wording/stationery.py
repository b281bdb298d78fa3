"""What a business writes on: its signature, its own wordings, its bank details, the terms its invoices came under."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from collector.channels.port import Attachment
from collector.judgement import Line
from collector.wording.source import Own
from collector.wording.writing import Bank, Late
from integrations.errors import Refused
from receivables.case import Case
from receivables.records import Invoice, Ref


def no_terms(_: Sequence[Invoice]) -> Mapping[Ref, int]:
    """No invoice came under a credit policy."""
    return {}


def bears_nothing(_case: Case, _invoices: Sequence[Invoice]) -> Late | None:
    """No invoice bears anything for being late."""
    return None


def no_page(_: Case) -> str:
    """There is no payment page of the business's own."""
    return ""


def no_links(_case: Case, _lines: Sequence[Line]) -> Mapping[Ref, str]:
    """There are no links at a till of the business's own."""
    return {}


def unwritten(version: int) -> Attachment:
    """There is no credit policy."""
    raise Refused(f"there is no version {version} of the credit policy")


@dataclass(frozen=True, slots=True)
class Stationery:
    """`own` are the business's wordings by letter and language; `agreed` tells the version of the credit policy that
    each invoice came under, `late` what invoices bear for being late, where the customer is to read of it.
    `terms` gives a version of the credit policy as a file; it raises Refused for one that cannot be read.
    `pay_page` is the address of the customer's page of ours, where messages carry that; else empty.
    `pay_links` are, where it is not, the addresses at the till at which what the lines ask for is paid, as far as there
    are any; it raises an IntegrationError where the message had better wait."""

    signature: str
    own: Own = field(default_factory=dict)
    bank: Bank | None = None
    agreed: Callable[[Sequence[Invoice]], Mapping[Ref, int]] = no_terms
    late: Callable[[Case, Sequence[Invoice]], Late | None] = bears_nothing
    terms: Callable[[int], Attachment] = unwritten
    pay_page: Callable[[Case], str] = no_page
    pay_links: Callable[[Case, Sequence[Line]], Mapping[Ref, str]] = no_links
