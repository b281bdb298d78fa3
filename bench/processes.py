"""Runs a measured program as a process of its own, and tells what it cost."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
TAIL = 3000
LONGEST_SECONDS = 1800


class CaseFailed(Exception):
    """A case could not be measured, or the work was not the same; the message says what happened."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a process said (its last line, as JSON), its processor seconds with its children's, and how long it took."""

    told: Mapping[str, Any]
    cpu: float
    wall: float


def ours(module: str, *arguments: str) -> list[str]:
    """The command that runs one of this folder's modules."""
    return [sys.executable, "-m", f"bench.{module}", *arguments]


def measured(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Done:
    """Run it to its end. Raises CaseFailed with the end of what it complained."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as complaints:
        process = started(command, complaints=complaints, environment=environment)
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.stdout:
            process.stdout.close()
        if process.returncode:
            complaints.seek(0)
            tail = complaints.read()[-TAIL:].decode(errors="replace")
            raise CaseFailed(f"{' '.join(command[1:4])} ended with {process.returncode}: {tail}")
    return Done(last_object(said), used.ru_utime + used.ru_stime, time.monotonic() - began)


def started(
    command: Sequence[str], *, complaints: Any = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """The process, in its folder, with nothing on its input yet."""
    return subprocess.Popen(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        env=None if environment is None else dict(environment),
        stdin=subprocess.PIPE if complaints is None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
    )


def waited(process: subprocess.Popen[bytes]) -> Mapping[str, Any]:
    """What it said at its end. Raises CaseFailed when it ended badly."""
    try:
        said, _ = process.communicate(timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise CaseFailed(f"a process did not end in {LONGEST_SECONDS} seconds") from None
    if process.returncode:
        raise CaseFailed(f"a process ended with {process.returncode}; what it complained of stands above")
    return last_object(said)


def last_object(said: bytes) -> Mapping[str, Any]:
    """The JSON object on the last line; nothing when there is none."""
    lines = said.strip().splitlines()
    told: Mapping[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else {}
    return told


def children_seconds() -> float:
    """Processor seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def running_seconds(pid: int, *, with_children: bool = False) -> float:
    """Processor seconds of a process that still runs; with its children, dead or alive, when asked. 0 once it ended."""
    seconds = sum(_ticks(pid)[: 4 if with_children else 2]) / TICKS
    if with_children:
        seconds += sum(sum(_ticks(child)[:2]) for child in _living_children(pid)) / TICKS
    return seconds


def _ticks(pid: int) -> list[int]:
    """utime, stime, cutime, cstime."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return [int(one) for one in fields[11:15]]
    return [0, 0, 0, 0]


def _living_children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(one) for one in task.read_text(encoding="utf-8").split()]
    return found


def most_memory_mib() -> float:
    """The most memory this process has held since it became this program, in MiB.

    Not `ru_maxrss`: that counts what its parent held when it was started.
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
