"""The past days of a business that a replay walks through: at which instants was judged, and what was known then."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from msgspec.structs import replace

from collector.calendar import is_business_day
from collector.policies.layers import Layers
from collector.policy import Channel
from collector.replay.clan import Moment
from collector.replay.reenact import Live, RulingAt
from collector.replay.remembering import remembered
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

    def moments(self, connected: Connected, present: Known) -> list[Moment]:
        """One instant for each business day: that day's planning from half past nine on, else half past nine.

        `present` is what is known of the connection now, for the days of which nothing was remembered.
        """
        plans = [(at, known[connected.id]) for at, known in self.planned if connected.id in known]
        plans = [(at, known) for at, known in plans if not known.only]
        instants = [at for at, _ in plans]
        found = []
        for day in self.span.business_days():
            at = self.span.instant(day)
            end = bisect_right(instants, self.span.instant(day, time(23, 59, 59)))
            here = plans[bisect_right(instants, at) : end][:1] or plans[:end][-1:]
            if here and here[0][0].astimezone(self.span.zone).date() == day:
                at = here[0][0]
            if at <= self.span.now:
                found.append(self._moment(connected, day, at, here[0][1] if here else None, present))
        return found

    def _moment(  # noqa: PLR0917
        self, connected: Connected, day: date, at: datetime, known: Known | None, present: Known
    ) -> Moment:
        first = connected.first_pull_done_at
        if first is None or at < first:
            upto = bisect_right(self.receipt_days, day)
            last = self.receipt_days[upto - 1] if upto else None
            then = replace(present, synced_at=at, differing=(), unanswered=(), last_receipt_on=last)
            return Moment(at, day, then, reconstructed=True)
        return Moment(at, day, known or replace(present, synced_at=at))

    def live(self, connected: Connected) -> Live:
        """Every instant at which this connection's debtors were judged."""
        instants = [
            Moment(at, at.astimezone(self.span.zone).date(), known[connected.id])
            for at, known in self.planned
            if connected.id in known
        ]
        changes = [one.at for one in self._policies] + _turns(instants)
        return Live(instants, self.ruling_at, self._approvals, sorted(changes))

    @property
    def ruling_at(self) -> RulingAt:
        """The policies as they were in force at an instant."""
        return lambda at: ruling(self._in_force(at), at)

    def _in_force(self, at: datetime) -> Layers:
        upto = bisect_right([one.at for one in self._policies], at)
        if upto not in self._layers:
            kept: dict[str, KeptPolicy] = {one.scope: one for one in self._policies[:upto]}
            base = layer_in(kept[SHIPPED]) if SHIPPED in kept else self._base
            self._layers[upto] = together(base, kept)
        return self._layers[upto]


def _turns(instants: Sequence[Moment]) -> list[datetime]:
    """When something changed that says of which day it is or what counts as a contact."""
    whole = [one for one in instants if not one.known.only]
    return [later.at for one, later in pairwise(whole) if _sign(one.known) != _sign(later.known)]


def _sign(known: Known) -> object:
    return known.country, known.time_zone, known.unanswered


def present(tx: Tx, connected: Connected, *, automatic: bool, ready: Collection[Channel]) -> Known:
    """What is known of a connection now."""
    return remembered(tx, connected, automatic=automatic, only="", ready=ready)
