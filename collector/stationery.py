"""What a business writes on: its signature, its own wordings, its bank details, the terms its invoices came under."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from collector.wording import Bank
from collector.wording_source import Own
from receivables.records import Invoice, Ref


def no_terms(_: Sequence[Invoice]) -> Mapping[Ref, int]:
    """No invoice came under a credit policy."""
    return {}


@dataclass(frozen=True, slots=True)
class Stationery:
    """`own` are the business's wordings by letter and language; `agreed` tells the version of the credit policy that
    each invoice came under."""

    signature: str
    own: Own = field(default_factory=dict)
    bank: Bank | None = None
    agreed: Callable[[Sequence[Invoice]], Mapping[Ref, int]] = no_terms
