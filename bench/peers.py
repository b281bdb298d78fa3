"""The Singer taps beside us: each in its witness's own environment, its JSON lines counted and thrown away."""

import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.processes import CaseFailed
from bench.town import Town
from sandbox.witness import tap_quickbooks, tap_stripe, tap_xero
from sandbox.witness.places import REDIRECT, CannotBeMade, Place, WitnessFailed, made
from sandbox.witness.singing import Heard
from sandbox.witness.witnesses import Witness

PEERS = {"quickbooks": tap_quickbooks.WITNESS, "stripe": tap_stripe.WITNESS, "xero": tap_xero.WITNESS}
# Streams that we read too. The taps have no others of them, or tell them as lines of an invoice, which we leave out.
STREAMS = {
    "quickbooks": ("customers", "invoices", "payments", "credit_memos"),
    "stripe": ("customers", "invoices", "disputes"),
    "xero": ("contacts", "invoices", "payments", "credit_notes", "prepayments", "overpayments"),
}
LINES = "invoice_line_items"


@dataclass(frozen=True, slots=True)
class Sung:
    """What a tap's sync cost, without its discovery: CPU and wall seconds, memory, and its records by stream."""

    name: str
    cpu: float
    wall: float
    memory: float
    records: dict[str, int]


class NotRun(Exception):
    """The peer is not here; the message says why."""


@dataclass(frozen=True, slots=True)
class CountingPlace(Place):
    """A witness's place whose sync is measured, and whose lines go nowhere."""

    measured: list[tuple[float, float, float, dict[str, int]]] = field(default_factory=list)

    def run(self, command: Sequence[str], **variables: str) -> list[dict[str, Any]]:
        """Nothing: the lines are counted by stream."""
        del variables
        self._leave_lines_out()
        told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REDIRECT), "HOME": str(self.folder)}
        told["DUEWELL_WITNESS_REDIRECT"] = json.dumps(dict(self.hosts))
        program, began = [str(self.binaries / command[0]), *command[1:]], time.monotonic()
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(  # noqa: S603 - a program of an environment that was made here
                program, cwd=self.folder, env=told, stdout=subprocess.PIPE, stderr=complaints
            )
            records, memory = _counted(process)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                complaints.seek(0)
                raise WitnessFailed(complaints.read()[-2000:].decode(errors="replace"))
        self.measured.append((used.ru_utime + used.ru_stime, time.monotonic() - began, memory, records))
        return []

    def _leave_lines_out(self) -> None:
        """tap-stripe insists on the stream of an invoice's lines being known, though not on reading it."""
        file = self.folder / "catalog.json"
        catalog = json.loads(file.read_text(encoding="utf-8"))
        for stream in catalog["streams"]:
            if stream["tap_stream_id"] == LINES:
                stream["schema"]["selected"] = False
                for one in stream["metadata"]:
                    one["metadata"]["selected"] = False
        file.write_text(json.dumps(catalog), encoding="utf-8")


def _counted(process: subprocess.Popen[bytes]) -> tuple[dict[str, int], float]:
    """Records by stream, and the most memory it held, in MiB."""
    records: Counter[str] = Counter()
    memory = 0.0
    for number, line in enumerate(process.stdout or ()):
        if b'"RECORD"' in line[:40] or b'"type": "RECORD"' in line[-200:]:
            records[_stream(line)] += 1
        if number % 200 == 0:
            memory = max(memory, _memory(process.pid))
    if process.stdout:
        process.stdout.close()
    return dict(records), memory


def _stream(line: bytes) -> str:
    _, _, rest = line.partition(b'"stream": "')
    return rest.partition(b'"')[0].decode()


def _memory(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def environment(platform: str) -> Path:
    """The peer's programs; made at the first time. Raises NotRun."""
    try:
        return made(PEERS[platform].name)
    except (CannotBeMade, OSError) as error:
        raise NotRun(str(error)) from None


def sing(town: Town, binaries: Path) -> Sung:
    """One whole sync. Raises CaseFailed when it ends badly or brings fewer records than there are."""
    witness = PEERS[town.platform]
    app, company = town.keys()
    hosts = dict.fromkeys(witness.hosts, town.address())
    with tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
        place = CountingPlace(binaries, Path(folder), hosts, app, company)
        keys = {name: kept for name, kept in witness.keys().items() if name in (*STREAMS[town.platform], LINES)}
        try:
            witness.read(place, keys, Heard())
        except (WitnessFailed, OSError, ValueError) as error:
            raise CaseFailed(f"{witness.name}: {error}") from None
    cpu, wall, memory, records = place.measured[0]
    _prove(town, witness, records)
    return Sung(f"{witness.name} {witness.version}", cpu, wall, memory, records)


def _prove(town: Town, witness: Witness, records: dict[str, int]) -> None:
    """At least every invoice: a tap may tell one twice."""
    if records.get("invoices", 0) < len(town.truth()["invoices"]):
        raise CaseFailed(f"{witness.name} brought only {records}")
