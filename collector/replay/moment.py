"""An instant of the past at which is judged, and what no history but the plan of that instant knew of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from collector.policy import Channel
from receivables.case import Contact, Receipts
from receivables.money import Money
from receivables.records import Answer, Company, Kind, Ref
from storage.actions import ActionState
from storage.plannings import Coming, Known


@dataclass(frozen=True, slots=True)
class Moment:
    """On which local day of the business it lies, and what was known then of each connection, at least one ledger.

    `reconstructed` are those whose books had not been read by then.
    """

    at: datetime
    on: date
    known: Mapping[str, Known]
    reconstructed: frozenset[str] = frozenset()

    @property
    def ledgers(self) -> list[str]:
        """The connections whose invoices were owed."""
        return [id for id, one in self.known.items() if not one.till]

    @property
    def shared(self) -> Known:
        """What is told of any ledger and holds for the whole business."""
        return self.known[min(self.ledgers, key=lambda one: one in self.reconstructed)]

    @property
    def only(self) -> str:
        """The one debtor who was judged, where it was not everybody."""
        return self.shared.only

    @property
    def ready(self) -> frozenset[Channel]:
        """The channels that were set up."""
        return frozenset(map(Channel, self.shared.channels))

    @property
    def receipts(self) -> Receipts:
        """How receipts were entered."""
        return Receipts(self.shared.last_receipt_on, self.shared.usual_gap_days)

    @property
    def usual(self) -> dict[str, Money]:
        """What an invoice was usually about."""
        return {currency: Money(minor, currency) for currency, minor in self.shared.usual.items()}

    def company(self, company: Company) -> Company:
        """The company as the judgement saw it."""
        known = self.known[company.connection]
        own = Answer(known.own_reminders) if known.own_reminders else company.own_reminders
        return replace(company, own_reminders=own, country=known.country, time_zone=known.time_zone)

    @property
    def coming(self) -> dict[str, tuple[Coming, ...]]:
        """What was being paid, by the connection of its invoices."""
        return {id: one.coming for id, one in self.known.items() if one.coming}

    def differing(self) -> list[Ref]:
        """The customers whose balance was in doubt."""
        return [Ref(id, Kind.CUSTOMER, one) for id, known in self.known.items() for one in known.differing]

    def synced_at(self, ledgers: Iterable[str]) -> datetime | None:
        """When the one of them that was read longest ago had been read; None when one never was."""
        read = [self.known[id].synced_at for id in ledgers]
        return None if None in read else min(one for one in read if one is not None)

    def unanswered(self) -> tuple[Contact, ...]:
        """What counted as a contact although nobody knew whether it went."""
        found: dict[tuple[str, datetime], Contact] = {}
        for id, known in self.known.items():
            for one in known.unanswered:
                steps = tuple((Ref(id, Kind.INVOICE, invoice), step) for invoice, step in one.steps)
                there = found.get((one.debtor, one.at))
                steps = (*(there.steps if there else ()), *steps)
                state = ActionState.AMBIGUOUS.value
                found[one.debtor, one.at] = Contact(one.debtor, one.at, one.day_on, one.channel, state, steps)
        return tuple(found.values())
