"""Passes over the instants at which nothing that is said of a clan can have changed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collector.calendar import zone_of
from collector.judgement import Decision, Message
from collector.plan import Ruling
from collector.policy import Policy
from collector.replay.clan import Clan
from collector.replay.moment import Moment
from receivables.case import Case, Contact
from receivables.said import Saying

RESTING = frozenset({"not_yet", "step_done", "last_step_done", "written_off", "nothing_due"})
"""Rules that say the same of an invoice every day until a step's day comes."""
DAILY = (Saying.NEVER_CHASE, Saying.WAS_SENT)
"""What is said with from and until, and weighs more than whether a step has come."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One debtor's day: the case, what was decided, the message if it would have gone, and how many a day may go."""

    moment: Moment
    case: Case
    decision: Decision
    message: Message | None = None
    cap: int = 0


class Rest:
    """Passes over the days on which nothing can change: no step has come for any invoice, and the day is known on
    which the first one does."""

    def __init__(self, clan: Clan) -> None:
        self._clan = clan
        self._restless = any(one.kind in DAILY for one in clan.said)
        self._last: tuple[object, list[Judged], list[Policy], date] | None = None

    def note(self, judged: list[Judged], told: Sequence[Contact], ruling: Ruling) -> None:
        """What was said of the whole clan; it is remembered if it stays so for a while."""
        verdicts = [verdict for one in judged for verdict in one.decision.verdicts]
        self._last = None
        if judged and not self._restless and all(one.rule in RESTING for one in verdicts):
            until = min(one.next_look_on or date.max for one in verdicts)
            sign = self._clan.sign(judged[0].moment, told)
            self._last = sign, judged, [ruling(one.case) for one in judged], until

    def still(self, moment: Moment, told: Sequence[Contact], ruling: Ruling) -> list[Judged] | None:
        """The same again, if nothing has changed."""
        if self._last is None:
            return None
        sign, judged, policies, until = self._last
        if any(moment.at.astimezone(zone_of(one.case)).date() >= until for one in judged):
            return None
        if sign != self._clan.sign(moment, told):
            return None
        unchanged = all(ruling(one.case) is policy for one, policy in zip(judged, policies, strict=True))
        return judged if unchanged else None
