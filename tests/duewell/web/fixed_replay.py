"""The replay of the fixed office: one with everything in it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from collector.replay.told import (
    Answer,
    Changed,
    Difference,
    Report,
    Reproduced,
    Run,
    ToCustomer,
    Wrong,
)
from duewell.desk.replay import ReplayView
from integrations.errors import Refused

AT = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
TO = date(2026, 3, 10)
FROM = TO - timedelta(days=89)
HOLLIS = ToCustomer("qb-1/58", "Hollis & Daughters", 7, 5)
WRONG = Wrong(date(2026, 2, 3), "qb-1/58", "Hollis & Daughters", ("1037",), "1,482.50 USD", date(2026, 1, 30), True)
PER_DAY = tuple((FROM + timedelta(days=at), 1 + at % 7) for at in range(3, 90, 4))
RUN = Run(
    policy="v3",
    messages=sum(count for _, count in PER_DAY),
    per_day=PER_DAY,
    busiest=max(PER_DAY, key=lambda pair: pair[1]),
    customers=(HOLLIS, *(ToCustomer(f"qb-1/{at}", f"Customer {at}", 6 - at % 5) for at in range(100, 140))),
    wrong=(WRONG,),
    odd=9,
)
REPORT = Report(
    from_on=FROM,
    to_on=TO,
    days=63,
    reconstructed_days=tuple(FROM + timedelta(days=at) for at in range(40)),
    notes=("It is assumed that every message was approved on its day.",),
    run=RUN,
    reproduced=Reproduced(12, 340),
    sent=18,
)
HELD = Answer("hold", "contacted_lately", "This customer was contacted on 2 February 2026.", "just-due")
SEND = Answer("send", "step_earned", "It is 8 days overdue, and “first reminder” is next.", "first-reminder")
COMPARED = Difference(
    more=-12,
    customers=(HOLLIS,),
    first_on=date(2026, 1, 5),
    invoices=31,
    changed=(Changed(date(2026, 1, 5), "qb-1/58", "Hollis & Daughters", "1037", SEND, HELD),),
)


@dataclass
class FixedReplay:
    """`last_replay` is what the page shows; `begun` what was asked for."""

    last_replay: ReplayView | None = field(default_factory=lambda: ReplayView("done", "Robin Lee", AT, report=REPORT))
    begun: list[tuple[str, str, str]] = field(default_factory=list)

    def replay(self, business: str) -> ReplayView | None:
        return self.last_replay

    def begin_replay(self, business: str, text: str, *, by: str) -> None:
        if "gap_dais" in text:
            raise Refused("The other policy has a mistake. Line 2: gap_dais is not known; did you mean gap_days?")
        self.begun.append((business, text, by))
        self.last_replay = ReplayView("running", by, AT, text)


def compared() -> ReplayView:
    """With another policy beside it."""
    import msgspec

    other = msgspec.structs.replace(RUN, policy="the other policy", messages=RUN.messages - 12, wrong=())
    report = msgspec.structs.replace(REPORT, other=other, difference=COMPARED)
    return ReplayView("done", "Robin Lee", AT, "[manners]\ngap_days = 9\n", report)
