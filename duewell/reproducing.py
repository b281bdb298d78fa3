"""Whether what was judged live comes out again when it is replayed: row by row, under the daily cap as it was."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from collector.plan import Turn
from collector.reasons.day import COUNTS
from collector.replay.clan import Clan
from collector.replay.reenact import Lines, Live, Row, Rows, contenders, reenact
from collector.replay.told import EXAMPLES_MAX, Answer, Reproduced, Strayed
from storage.database import Database
from storage.verdicts import KeptVerdict, verdicts_between

NOTHING = Answer("nothing", "", "Nothing was stored.")
CAPPED = "daily_cap"


@dataclass
class Compared:
    """What has been compared so far."""

    days: set[date] = field(default_factory=set)
    verdicts: int = 0
    strayed: int = 0
    examples: list[Strayed] = field(default_factory=list)


@dataclass
class Proof:
    """The verdicts of some days, from `since` up to and with `until`, as they are stored and as they come out again.

    `queues` are the instants, by their number, at which the daily cap left messages behind, or may have: who had a
    turn then hangs on everybody, so that the comparison is only true with the `lines` drawn for all of them.
    """

    database: Database
    business: str
    live: Live
    since: date
    until: date
    lines: Lines = field(default_factory=dict)
    queues: dict[int, int] = field(default_factory=dict)
    tally: Compared = field(default_factory=Compared)
    _standing: Counter[int] = field(default_factory=Counter)

    def compare(self, clans: Iterable[Clan], *, sent: Mapping[date, int]) -> None:
        """Compare all that is stored of some clans; `sent` are the messages of each day."""
        ids: dict[str, set[str]] = {}
        rows: Rows = {}
        for clan in clans:
            for id, archive in clan.archives.items():
                ids.setdefault(id, set()).update(one.record.ref.id for one in archive.invoices.found)
            rows |= reenact(clan, self.live, self.lines)
        again = {key: row for key, row in rows.items() if self.since <= key[1] <= self.until}
        self._queue(again, sent)
        for stored in self._stored(ids):
            self._match(stored, again.pop((stored.invoice, stored.day), None))
        for row in again.values():
            self._stray(row.verdict, NOTHING, _answer(row.verdict))

    def told(self) -> Reproduced | None:
        """What came of it; None when there was nothing to compare."""
        found = self.tally
        if not found.verdicts and not found.strayed:
            return None
        return Reproduced(len(found.days), found.verdicts, found.strayed, tuple(found.examples))

    def _stored(self, ids: Mapping[str, Iterable[str]]) -> Iterator[KeptVerdict]:
        with self.database.read() as tx:
            for id, some in ids.items():
                yield from verdicts_between(tx, self.business, id, sorted(some), since=self.since, until=self.until)

    def _queue(self, rows: Rows, sent: Mapping[date, int]) -> None:
        """More messages than may go are a queue, even if nothing that is stored says so."""
        ready = {(row.at, row.contends, row.cap, key[1]) for key, row in rows.items() if row.contends}
        for at, _, cap, day in ready:
            self._standing[at] += 1
            if self._standing[at] + sent.get(day, 0) > cap:
                self.queues[at] = cap

    def _match(self, stored: KeptVerdict, row: Row | None) -> None:
        self.tally.days.add(stored.day)
        self.tally.verdicts += 1
        if row is not None and stored.rule == CAPPED and row.contends:
            self.queues[row.at] = row.cap
        again = row.verdict if row else None
        if again is None or (_answer(stored), stored.policy) != (_answer(again), again.policy):
            self._stray(stored, _answer(stored), _answer(again) if again else NOTHING)

    def _stray(self, about: KeptVerdict, stored: Answer, replayed: Answer) -> None:
        self.tally.strayed += 1
        if len(self.tally.examples) < EXAMPLES_MAX:
            self.tally.examples.append(Strayed(about.day, str(about.invoice), stored, replayed))


def _answer(row: KeptVerdict) -> Answer:
    return Answer(row.verdict, row.rule, row.reason, row.step)


@dataclass
class Queues:
    """Everybody's turns at the instants at which there were more messages than may go: who had none any more."""

    live: Live
    caps: Mapping[int, int]
    _turns: dict[tuple[int, date], list[Turn]] = field(default_factory=dict)
    _sent: dict[tuple[int, date], set[tuple[str, datetime]]] = field(default_factory=dict)

    def ask(self, clans: Iterable[Clan]) -> None:
        """Let some clans stand in the queues."""
        for clan in clans:
            for at, cap in self.caps.items():
                self._ask(clan, at, cap)

    def lines(self) -> Lines:
        """For each queue the first turn that was left behind."""
        found: dict[tuple[int, date], Turn] = {}
        for (at, day), turns in self._turns.items():
            room = max(self.caps[at] - len(self._sent.get((at, day), ())), 0)
            if len(turns) > room:
                found[at, day] = turns[room]
        return found

    def _ask(self, clan: Clan, at: int, cap: int) -> None:
        for message, turn in contenders(clan, self.live, at):
            turns = self._turns.setdefault((at, message.day_on), [])
            insort(turns, turn)
            del turns[cap + 1 :]
        for one in clan.told_by(self.live.instants[at]):
            if one.state in COUNTS:
                self._sent.setdefault((at, one.day_on), set()).add((one.debtor, one.at))


def proven(proof: Proof, batches: Callable[[], Iterable[Sequence[Clan]]], sent: Mapping[date, int]) -> Proof:
    """Once more with the lines that the daily cap drew, if it drew any: for that everybody is gone through twice."""
    if not proof.queues:
        return proof
    queues = Queues(proof.live, proof.queues)
    for some in batches():
        queues.ask(some)
    again = replace(proof, lines=queues.lines(), tally=Compared(), queues={})
    for some in batches() if again.lines else ():
        again.compare(some, sent=sent)
    return again if again.lines else proof
