"""Holds a process by strace: to write down its system calls, to kill it at one of them, or to let one fail."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

STUCK_SECONDS = 10.0
LINE = re.compile(r"^(?:(\d+) +)?(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
UNFINISHED = " <unfinished ...>"
WELL = re.compile(r"\)\s+= \d")
FILE = re.compile(r"^(-?\d+)<(.*?)>(?=[,)\s])")


class CannotTrace(Exception):
    """strace is not there, or is not allowed to hold a process."""


@dataclass(frozen=True, slots=True)
class Call:
    """One system call: the `nth` of its name in its thread, on which file or socket, and the line as strace wrote it.

    One that other threads' calls interrupted stands twice: where it began, and with `ended` and all of it where it
    ended.
    """

    name: str
    nth: int
    on: str
    line: str
    ended: bool = False

    @property
    def well(self) -> bool:
        """Did it end without an error?"""
        return WELL.search(self.line) is not None


@dataclass(frozen=True, slots=True)
class Held:
    """How a held process ended: its exit code, or minus the signal; and what it called."""

    code: int
    calls: tuple[Call, ...]
    struck: bool


def strace() -> str:
    """The program. Raises CannotTrace with what to do."""
    found = shutil.which("strace")
    if found is None:
        raise CannotTrace("strace is missing and the kill matrix needs it; on Debian: apt-get install strace")
    return found


class Child(Protocol):
    """A process that will stop itself (SIGSTOP), and whoever knows how it ends."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def ended(self, within: float) -> int | None:
        """Its exit code, or minus the signal that ended it; None when it goes on for longer (seconds)."""
        ...


def hold(child: Child, file: Path, *, inject: str = "", threads: bool = False, patience: float = STUCK_SECONDS) -> Held:
    """Take hold of a process that stops itself, let it go on, and wait for its end.

    `inject` is strace's own word, such as `fdatasync:signal=KILL:when=2`. With `threads` all of them are held, and
    each counts its own calls. One that goes on for longer than `patience` (seconds) is killed. Raises CannotTrace.
    """
    try:
        _wait_until_it_stands(child)
        tracer = _attach(child.pid, file, inject, threads=threads)
        os.kill(child.pid, signal.SIGCONT)
        code = child.ended(patience)
    except BaseException:
        _end(child.pid)
        raise
    if code is None:
        _end(child.pid)
        code = child.ended(STUCK_SECONDS)
    tracer.communicate(timeout=STUCK_SECONDS)
    assert code is not None
    text = file.read_text(encoding="utf-8", errors="replace")
    return Held(code, tuple(calls(text.splitlines())), "(INJECTED)" in text or code == -signal.SIGKILL)


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _wait_until_it_stands(child: Child) -> None:
    until = time.monotonic() + STUCK_SECONDS
    while not _standing(child.pid):
        code = child.ended(0.001)
        assert code is None, f"the process ended ({code}) before it came to where it is to be held"
        assert time.monotonic() < until, "the process never came to where it is to be held"


def _attach(pid: int, file: Path, inject: str, *, threads: bool) -> "subprocess.Popen[str]":
    """Returns once the process is held."""
    name = inject.partition(":")[0]
    wanted = ["-e", f"trace={name}", "-e", f"inject={inject}"] if inject else []
    command = [strace(), *(["-f"] if threads else []), "-yy", "-s", "120", "-o", str(file), *wanted, "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        _end(pid)
        tracer.communicate()
        raise CannotTrace(
            f"strace may not hold a process here ({said.strip()}); allow ptrace: in a container start it with "
            "--cap-add=SYS_PTRACE, else set the kernel's kernel.yama.ptrace_scope to 0"
        )
    return tracer


def _standing(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return told.rpartition(")")[2].split()[0] in "Tt"


def calls(lines: Sequence[str]) -> list[Call]:
    """What strace wrote, call by call."""
    found: list[Call] = []
    counted: Counter[tuple[str, str]] = Counter()
    begun: dict[str, Call] = {}
    for line in lines:
        if resumed := RESUMED.match(line):
            thread, rest = resumed.groups()
            if one := begun.pop(thread, None):
                found.append(replace(one, line=one.line.removesuffix(UNFINISHED) + rest, ended=True))
        elif told := LINE.match(line):
            thread, name, rest = told.groups()
            counted[thread, name] += 1
            on = FILE.match(rest)
            found.append(Call(name, counted[thread, name], on.group(2) if on else "", line))
            if line.endswith(UNFINISHED):
                begun[thread] = found[-1]
    return found
