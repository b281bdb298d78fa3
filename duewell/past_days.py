"""The past days of a business that a replay walks through: at which instants was judged, and what was known then."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from msgspec.structs import replace

from collector.calendar import is_business_day
from collector.policies.layers import Layers
from collector.replay.moment import Moment
from collector.replay.reenact import Live, RulingAt
from duewell.config import Settings
from duewell.ruling import base_layer, layer_in, ruling, together
from storage import habits
from storage.approvals import approvals
from storage.connections import Connected
from storage.database import Tx
from storage.plannings import Known, plannings
from storage.policies import SHIPPED, KeptPolicy, policy_versions

AT = time(9, 30)
AROUND = timedelta(days=2)
"""Customers' days begin up to so much earlier and end so much later than those of the business."""
Planned = tuple[datetime, Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a replay, where the business is, and the present instant."""

    from_on: date
    to_on: date
    zone: tzinfo
    country: str
    now: datetime

    def business_days(self) -> list[date]:
        """Those on which anything would have gone."""
        days = (self.from_on + timedelta(days=at) for at in range((self.to_on - self.from_on).days + 1))
        return [day for day in days if is_business_day(day, self.country)]

    def instant(self, day: date, at: time = AT) -> datetime:
        """When the business's clock showed that time."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)


class Past:
    """What is read once for the whole business: every planning, policy and answer of the days, and of those around."""

    def __init__(self, tx: Tx, settings: Settings, business: str, span: Span) -> None:
        since, until = span.instant(span.from_on, time()) - AROUND, span.instant(span.to_on, time()) + 2 * AROUND
        self.span = span
        self.planned: Sequence[Planned] = plannings(tx, business, since=since, until=until)
        self.receipt_days = habits.receipt_days(tx, business)
        self._approvals = {(one.debtor, one.day): one for one in approvals(tx, business, since=since.date())}
        self._policies = sorted(policy_versions(tx, business), key=lambda one: (one.at, one.version))
        self._base = base_layer(settings)
        self._layers: dict[int, Layers] = {}

    def moments(self, living: Sequence[Connected], present: Mapping[str, Known]) -> list[Moment]:
        """One instant for each business day: that day's planning from half past nine on, else half past nine.

        `present` is what is known of each of the connections now, for the days of which nothing was remembered.
        """
        if all(one.till for one in present.values()):
            return []
        plans = [one for one in self._instants() if not one.only]
        instants = [one.at for one in plans]
        found = []
        for day in self.span.business_days():
            at = self.span.instant(day)
            end = bisect_right(instants, self.span.instant(day, time(23, 59, 59)))
            here = plans[bisect_right(instants, at) : end][:1] or plans[:end][-1:]
            at = here[0].at if here and here[0].on == day else at
            if at <= self.span.now:
                late = frozenset(one.id for one in living if _unread(one, at))
                known = {id: self._as_if(one, at, day, late=id in late) for id, one in present.items()}
                then = here[0].known if here else {}
                known |= {id: then[id] for id in then.keys() & known.keys() - late}
                found.append(Moment(at, day, known, late))
        return found

    def _as_if(self, known: Known, at: datetime, day: date, *, late: bool) -> Known:
        """As if the books had been read just then; `late`: their days are reconstructed."""
        if not late:
            return replace(known, synced_at=at)
        upto = bisect_right(self.receipt_days, day)
        last = self.receipt_days[upto - 1] if upto else None
        return replace(known, synced_at=at, differing=(), unanswered=(), last_receipt_on=last)

    def _instants(self) -> list[Moment]:
        """Of every planning since there was a ledger."""
        return [
            Moment(at, at.astimezone(self.span.zone).date(), known)
            for at, known in self.planned
            if any(not one.till for one in known.values())
        ]

    def live(self) -> Live:
        """Every instant at which the business's debtors were judged."""
        instants = self._instants()
        changes = [one.at for one in self._policies] + _turns(instants)
        return Live(instants, self.ruling_at, self._approvals, sorted(changes))

    @property
    def ruling_at(self) -> RulingAt:
        """The policies as they were in force at an instant."""
        return lambda at: ruling(self.in_force(at), at)

    def in_force(self, at: datetime) -> Layers:
        """The layers that held at an instant."""
        upto = bisect_right([one.at for one in self._policies], at)
        if upto not in self._layers:
            kept: dict[str, KeptPolicy] = {one.scope: one for one in self._policies[:upto]}
            base = layer_in(kept[SHIPPED]) if SHIPPED in kept else self._base
            self._layers[upto] = together(base, kept)
        return self._layers[upto]


def _turns(instants: Sequence[Moment]) -> list[datetime]:
    """When something changed that says of which day it is, what counts as a contact, or which books there are."""
    whole = [one for one in instants if not one.only]
    return [later.at for one, later in pairwise(whole) if _sign(one) != _sign(later)]


def _sign(moment: Moment) -> object:
    return [(id, one.till, one.country, one.time_zone, one.unanswered) for id, one in moment.known.items()]


def _unread(connected: Connected, at: datetime) -> bool:
    first = connected.first_pull_done_at
    return first is None or at < first
