"""What the page and the command line show of pairs that seem to be one: plain values, ready to read."""

from dataclasses import dataclass
from datetime import date, datetime

from receivables.money import Money


@dataclass(frozen=True, slots=True)
class SideView:
    """One of a pair: a customer, or an invoice with its customer. `key` names it in forms; `status` is an invoice's."""

    key: str
    connection: str
    company: str
    platform: str
    customer_id: str
    customer: str
    details: tuple[str, ...] = ()
    number: str = ""
    status: str = ""
    total: Money | None = None
    open: tuple[Money, ...] = ()
    issued_on: date | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class PairView:
    """Two that seem to be one. `id` is short enough to type; `alike` is debtor or invoice; `state` proposed, confirmed
    or refused; `evidence` sentences; `master` the key of the side that is written to, or that counts."""

    id: str
    alike: str
    sides: tuple[SideView, SideView]
    evidence: tuple[str, ...]
    state: str = "proposed"
    master: str = ""
    by: str = ""
    at: datetime | None = None
