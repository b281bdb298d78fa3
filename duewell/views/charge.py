"""What the pages show of late charges."""

from dataclasses import dataclass
from datetime import date

from receivables.money import Money


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One invoice of a customer: what can be asked for, up to and with a day, and every sentence about it.

    Without a `total` the sentences say why there is none. `posts` says that its platform takes late charges.
    """

    connection: str
    invoice_id: str
    number: str
    last_on: date
    total: Money | None
    sentences: tuple[str, ...]
    posts: bool
