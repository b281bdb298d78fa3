"""The one table: a line for each figure, as Markdown, and its place in the page that keeps the last run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.ratios import Spread, Target, Verdict, short

HEADS = (
    "case",
    "platform",
    "ours",
    "beside",
    "figure",
    "target",
    "met",
    "calls",
    "MB on the wire",
    "raw MB",
    "MiB",
    "rounds",
)
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the sandbox counted of one run: calls, the least that would do, and bytes after and before compression."""

    calls: int
    least: int
    sent: int
    raw: int

    @property
    def share(self) -> float:
        """Bytes on the wire of the raw JSON's."""
        return self.sent / self.raw if self.raw else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `figure` is what the target is about; None when it was not run."""

    case: str
    platform: str
    ours: str = ""
    beside: str = ""
    figure: Spread | float | None = None
    target: Target | None = None
    traffic: Traffic | None = None
    memory: float | None = None
    rounds: int = 0
    dirty: int = 0

    @property
    def verdict(self) -> Verdict:
        """Of the middle round."""
        middle = self.figure.median if isinstance(self.figure, Spread) else self.figure
        return self.target.verdict(middle) if self.target else Verdict.NONE

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of the heads."""
        figure = (
            "" if self.figure is None else str(self.figure) if isinstance(self.figure, Spread) else short(self.figure)
        )
        traffic = ("", "", "")
        if self.traffic:
            calls = (
                f"{self.traffic.calls:,} (least {self.traffic.least:,})"
                if self.traffic.least
                else f"{self.traffic.calls:,}"
            )
            traffic = (calls, f"{self.traffic.sent / 1e6:.2f}", f"{self.traffic.raw / 1e6:.1f}")
        rounds = f"{self.rounds}{f', {self.dirty} dirty' if self.dirty else ''}" if self.rounds else ""
        memory = "" if self.memory is None else short(round(self.memory, 1))
        target = str(self.target) if self.target else ""
        return (
            self.case,
            self.platform,
            self.ours,
            self.beside,
            figure,
            target,
            self.verdict.value,
            *traffic,
            memory,
            rounds,
        )


@dataclass
class Report:
    """What the cases bring back: lines of the table, and remarks that stand below it."""

    lines: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def markdown(self, machine: str) -> str:
        """The machine, the table, the remarks."""
        told = [f"{machine}", "", *_rows(HEADS, [line.cells() for line in self.lines])]
        return "\n".join([*told, "", *(f"- {one}" for one in self.remarks)])


def _rows(heads: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    bars = [f"| {' | '.join(row)} |" for row in cells]
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *bars]


def put_into(page: str, told: str) -> str:
    """The page with what stands between its two marks replaced. Raises ValueError when a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{told.strip()}\n\n{END}{after}"
