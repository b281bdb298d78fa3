"""The kill matrix and the error matrix: every call of claim → act → record, of every act, and what came of it."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from storage.actions import Action, ActionState
from tests.chaos.acts import ACTS
from tests.chaos.errands import Errand, follow, live, rehearse
from tests.chaos.failing import ERRORS, fails
from tests.chaos.nursery import Warmed
from tests.chaos.ordering import complaint
from tests.chaos.stage import Stage
from tests.chaos.tracing import STUCK_SECONDS, Call, Held, hold

KILL = "kill"
KINDS = (KILL, *ERRORS)
REHEARSED = ("mail", "xero note")
WRONG = ("doubled", "lost", "denied", "orphaned", "unlisted")


@dataclass(frozen=True, slots=True)
class Point:
    """One call of a dispatch, and what happens there."""

    kind: str
    call: str
    nth: int

    @property
    def inject(self) -> str:
        """In strace's words."""
        what = "signal=KILL" if self.kind == KILL else f"error={self.kind}"
        return f"{self.call}:{what}:when={self.nth}"


@dataclass(frozen=True, slots=True)
class Tried:
    """One dispatch that was struck, or was to be; where its message stood then, and how often it was there."""

    errand: Errand
    point: Point
    struck: bool
    stood: ActionState | None
    arrived: int = 0

    @property
    def denied(self) -> bool:
        """It has arrived, and the tables say that it provably did not: a second one may follow."""
        return self.arrived > 0 and self.stood in (None, ActionState.PLANNED, ActionState.FAILED)


@dataclass
class Tally:
    """By act and kind, how many points were tried and what came of them; what went wrong, in words."""

    counted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Tally") -> "Tally":
        self.counted += other.counted
        self.wrong += other.wrong
        return self

    def of(self, what: str, act: str = "", kind: str = "") -> int:
        """How many, of one act or kind or of all."""
        return sum(
            number
            for (one, by, came), number in self.counted.items()
            if came == what and act in ("", one) and kind in ("", by)
        )


def points(calls: Sequence[Call], kind: str) -> list[Point]:
    """Where that can happen."""
    begun = (one for one in calls if not one.ended)
    return [Point(kind, one.name, one.nth) for one in begun if kind == KILL or fails(one.name, one.on)]


def spread(found: Sequence[Point], number: int, dice: random.Random) -> list[Point]:
    """So many of them, one from each equal stretch of the way."""
    stretches = min(number, len(found))
    edges = [len(found) * step // stretches for step in range(stretches + 1)]
    return [found[dice.randrange(low, high)] for low, high in pairwise(edges)]


@dataclass
class Killer:
    """Strikes dispatches of a stage. Use it as a context manager; its children come from one warmed process."""

    stage: Stage
    folder: Path
    dice: random.Random
    patience: float = STUCK_SECONDS
    """After so many seconds a struck one that hangs is killed."""

    def __enter__(self) -> "Killer":
        self.stage.let_go()
        self._errands = {act: list(errands) for act, errands in self.stage.errands.items()}
        self._misordered: list[str] = []
        self._warmed = Warmed(rehearse, [self.take(act) for act in REHEARSED])
        return self

    def __exit__(self, *_: object) -> None:
        self._warmed.__exit__()

    def take(self, act: str) -> Errand:
        """An errand that nobody has done yet."""
        return self._errands[act].pop()

    def left(self, act: str) -> int:
        """How many of them there are."""
        return len(self._errands[act])

    def watch(self, errand: Errand) -> Held:
        """Every call of an errand that nothing befalls."""
        return self._held(errand, f"{errand.act}{errand.broken}.calls")

    def strike(self, errand: Errand, point: Point) -> list[Tried]:
        """One errand, and those beside it, with one blow."""
        held = self._held(errand, "struck.calls", inject=point.inject)
        return [self._tried(one, point, struck=held.struck) for one in errand.each]

    def _tried(self, errand: Errand, point: Point, *, struck: bool) -> Tried:
        acts = self.stage.acts(errand)
        arrived = self.stage.arrived(errand, acts[0].key) if acts else 0
        return Tried(errand, point, struck, acts[0].state if acts else None, arrived)

    def _held(self, errand: Errand, name: str, *, inject: str = "") -> Held:
        self.stage.let_go()
        child = self._warmed.fork(live, errand)
        patience = self.patience if inject else STUCK_SECONDS
        try:
            return hold(child, self.folder / name, inject=inject, threads=bool(errand.beside), patience=patience)
        except AssertionError as why:
            raise AssertionError(f"{errand.act} ({errand.key or errand.debtor}): {why}; {_last_words(errand)}") from why

    def matrix(self, *, kills: int, errors: int) -> Tally:
        """Kill so many times in every act and let so many calls fail with every error, as far as there are errands;
        then judge."""
        numbers = {kind: kills if kind == KILL else errors for kind in KINDS}
        missing = [f"{act}: there was none to strike" for act in ACTS if not self.left(act)]
        tally = self._judged([one for act in ACTS if self.left(act) for one in self._act(act, numbers)])
        tally.wrong += missing
        return tally

    def sample(self, acts: Sequence[str]) -> Tally:
        """Strike each of these once: by turns it is killed, and fails with one of the errors; then judge."""
        kinds = [kind for error in ERRORS for kind in (KILL, error)]
        struck = ((act, kinds[nth % len(kinds)]) for nth, act in enumerate(acts))
        return self._judged([one for act, kind in struck for one in self._act(act, {kind: 1})])

    def _judged(self, tried: Sequence[Tried]) -> Tally:
        self.afterwards([one.errand for one in tried])
        tally = judged(self.stage, tried)
        tally.wrong += self._misordered
        return tally

    def _act(self, act: str, numbers: Mapping[str, int]) -> Iterator[Tried]:
        first = self.take(act)
        watched = self.watch(first)
        assert watched.code == 0, f"{act} broke by itself ({watched.code}): {_last_words(first)}"
        if not ACTS[act].in_tables and (why := complaint(watched.calls, act, sqlite=self.stage.sqlite)):
            self._misordered.append(f"{act}: {why}")
        wanted = [point for kind, number in numbers.items() for point in self._spread(watched, kind, number)]
        self.dice.shuffle(wanted)
        for point in wanted[: self.left(act)]:
            yield from self.strike(self.take(act), point)

    def _spread(self, watched: Held, kind: str, number: int) -> list[Point]:
        return spread(points(watched.calls, kind), number, self.dice)

    def afterwards(self, errands: Sequence[Errand]) -> None:
        """What production does later on, undisturbed."""
        self.stage.let_go()
        code = self._warmed.fork(follow, errands).ended(STUCK_SECONDS + 2.0 * len(errands))
        assert code == 0, f"what came afterwards broke ({code}); see {errands[0].log}"


def _last_words(errand: Errand) -> str:
    """What the workers' log said last."""
    return errand.log.read_text(encoding="utf-8", errors="replace")[-500:] if errand.log.exists() else "no log"


def judged(stage: Stage, tried: Sequence[Tried]) -> Tally:
    """By what the outside saw."""
    tally, listed = Tally(), stage.listed()
    for one in tried:
        kind, act = one.point.kind, one.errand.act
        tally.counted[act, kind, "tried"] += 1
        tally.counted[act, kind, "struck"] += one.struck
        came = _came(stage, one, listed)
        tally.counted[act, kind, came] += 1
        if came in WRONG:
            tally.wrong.append(f"{came}: {act}, {one.point.inject}, then {one.stood}; {stage.acts(one.errand)}")
    tally.wrong += _in_all(stage)
    return tally


def _came(stage: Stage, one: Tried, listed: object) -> str:
    """`sent` at once, `again` at the second go since nothing had gone, `resolved` by asking whether it had."""
    acts = stage.acts(one.errand)
    if len(acts) > 1:
        return "doubled"
    if not acts:
        return "lost"
    if one.denied:
        return "denied"
    arrived = stage.arrived(one.errand, acts[0].key)
    return outcome(acts[0], arrived, one.stood, listed=acts[0].key in listed)  # type: ignore[operator]


def outcome(act: Action, arrived: int, stood: ActionState | None, *, listed: bool) -> str:
    """What became of one message, by how often it arrived."""
    if arrived > 1:
        return "doubled"
    if act.state is ActionState.PARKED:
        return "parked" if listed else "unlisted"
    if act.state is not ActionState.SENT:
        return "orphaned" if act.state in (ActionState.CLAIMED, ActionState.AMBIGUOUS) else "lost"
    if not arrived:
        return "lost"
    if stood is ActionState.SENT:
        return "sent"
    return "resolved" if stood in (ActionState.CLAIMED, ActionState.AMBIGUOUS) else "again"


def _in_all(stage: Stage) -> Iterator[str]:
    """What no single message shows."""
    if not stage.whole():
        yield "the database is no longer in order"
    if unknown := stage.unknown_pages():
        yield f"open at the till, and nobody knows them: {unknown}"
    if twice := stage.notes_twice():
        yield f"a note twice: {twice}"
    if litter := stage.litter():
        yield f"half letters in the tray: {litter}"


# ---- told ----

COLUMNS = ("tried", "struck", "sent", "again", "resolved", "parked", *WRONG)


def in_short(tally: Tally) -> str:
    """One line."""
    return ", ".join(f"{tally.of(name)} {name}" for name in COLUMNS if name != "tried")


def table(tallies: dict[str, Tally]) -> str:
    """One row for each database, act and kind."""
    lines = [f"{'database':<11}{'act':<23}{'kind':<12}" + "".join(f"{name:>9}" for name in COLUMNS)]
    for database, tally in tallies.items():
        for act in ACTS:
            for kind in KINDS:
                if tally.of("tried", act, kind):
                    figures = "".join(f"{tally.of(name, act, kind):>9}" for name in COLUMNS)
                    lines.append(f"{database:<11}{act:<23}{kind:<12}{figures}")
    total = "".join(f"{sum(tally.of(name) for tally in tallies.values()):>9}" for name in COLUMNS)
    return "\n".join([*lines, f"{'in all':<46}{total}"])
