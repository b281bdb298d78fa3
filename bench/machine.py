"""The machine while a round ran: what it is, a fixed loop before and after, and the processor time others took."""

import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import children_seconds, running_seconds

LOOP_STEPS = 3_000_000
LOOP_DIFFERS = 0.25
OTHERS_TAKE = 0.20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Weather:
    """How a round was: the fixed loop's seconds before and after it, and what others used, in parts of a core."""

    before: float = 0.0
    after: float = 0.0
    others: float = 0.0

    @property
    def dirty(self) -> bool:
        """Did the machine's speed change by a quarter, or did others take more than a fifth of a core?"""
        return (self.after > 0 and not _near(self.before, self.after)) or self.others > OTHERS_TAKE

    def __str__(self) -> str:
        return f"loop {self.before:.3f}/{self.after:.3f} s, others {self.others:.0%}{', DIRTY' if self.dirty else ''}"


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= LOOP_DIFFERS * min(one, other)


@contextmanager
def round_of(*ours: int) -> Iterator[Weather]:
    """A round's weather, known once the block is over. `ours` are processes that run on beside it and are ours."""
    weather = Weather(before=loop_seconds())
    began, busy, own = time.monotonic(), _busy_seconds(), _own_seconds(ours)
    yield weather
    lasted = max(time.monotonic() - began, 1e-9)
    weather.others = max(0.0, (_busy_seconds() - busy) - (_own_seconds(ours) - own)) / lasted
    weather.after = loop_seconds()


def loop_seconds() -> float:
    """Processor seconds of a fixed piece of work: the machine's speed at this moment."""
    began = time.process_time()
    number = 0
    for step in range(LOOP_STEPS):
        number += step & 3
    return time.process_time() - began


def machine_line() -> str:
    """What this ran on."""
    cores, memory = os.cpu_count(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = " ".join(f"{one:.2f}" for one in os.getloadavg())
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Linux {platform.release()}"
    return f"{cores} cores of {_processor()}, {memory:.0f} GiB, {versions}; load {load}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _busy_seconds() -> float:
    """Of all processors together: everything but idle and waiting."""
    told = [int(one) for one in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]]
    return (sum(told) - told[3] - told[4]) / TICKS


def _own_seconds(running: tuple[int, ...]) -> float:
    return time.process_time() + children_seconds() + sum(running_seconds(one) for one in running)
