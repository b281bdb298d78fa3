"""Throw-away environments: one for each witness, made once from its pinned list, and run as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REDIRECT = HERE / "redirect"
LONGEST_SECONDS = 600
TAIL = 1500


class CannotBeMade(Exception):
    """The environment of a witness cannot be made here."""


class WitnessFailed(Exception):
    """The witness ended with an error of its own."""


def home() -> Path:
    """Where the environments are kept; DUEWELL_WITNESS_HOME says another place."""
    return Path(os.environ.get("DUEWELL_WITNESS_HOME") or Path.home() / ".cache" / "duewell" / "witness")


@dataclass(frozen=True, slots=True)
class Place:
    """A made environment, a folder to work in, where hosts are sent, and the keys of one company."""

    binaries: Path
    folder: Path
    hosts: Mapping[str, str]
    app: Mapping[str, Any]
    company: Mapping[str, Any]

    def run(self, command: Sequence[str], **variables: str) -> list[dict[str, Any]]:
        """The JSON lines that a program of the environment prints, numbers exact. Raises WitnessFailed."""
        done = self.start(command, **variables)
        return [json.loads(line, parse_float=Decimal) for line in done.splitlines() if line.startswith("{")]

    def start(self, command: Sequence[str], **variables: str) -> str:
        """What it prints. Nothing of our own environment reaches it but the path."""
        told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REDIRECT), "HOME": str(self.folder), **variables}
        told["DUEWELL_WITNESS_REDIRECT"] = json.dumps(dict(self.hosts))
        program = [str(self.binaries / command[0]), *command[1:]]
        try:
            done = subprocess.run(  # noqa: S603 - a program of an environment that was made here
                program, cwd=self.folder, env=told, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise WitnessFailed(f"{command[0]} did not end in {LONGEST_SECONDS} seconds") from None
        if done.returncode:
            raise WitnessFailed(f"{command[0]} ended with {done.returncode}: {done.stderr[-TAIL:]}")
        return done.stdout


def made(name: str) -> Path:
    """The folder of programs of `name`'s environment, made when it is not there or its list changed."""
    listed, place = HERE / f"requirements-{name}.txt", home() / name
    ready = place / "made-from.txt"
    if not (ready.is_file() and ready.read_text() == listed.read_text()):
        _make(place, listed)
        ready.write_text(listed.read_text())
    return place / "bin"


def _make(place: Path, listed: Path) -> None:
    print(f"Making {place} (once) …", file=sys.stderr)  # noqa: T201 - a command's progress
    steps: Iterable[list[str]] = (
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(listed)],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)  # noqa: S603 - fixed commands
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise CannotBeMade(f"the environment {place.name} could not be made: {last}")
