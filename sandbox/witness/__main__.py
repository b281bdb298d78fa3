"""`python -m sandbox.witness [NAME ...]`: let clients that we did not write read the sandbox, and compare.

Exit code 0 when everything agrees, 1 when a record is missing, extra or differs or a witness fails, 2 when an
environment cannot be made.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sandbox.witness import pyxero, tap_quickbooks, tap_stripe, tap_xero
from sandbox.witness.comparing import Finding
from sandbox.witness.controlling import live, told
from sandbox.witness.places import CannotBeMade, Place, WitnessFailed, made
from sandbox.witness.showing import table
from sandbox.witness.singing import Heard
from sandbox.witness.witnesses import Witness

WITNESSES = {one.WITNESS.name: one.WITNESS for one in (tap_quickbooks, tap_stripe, tap_xero, pyxero)}
Passes = dict[str, list[Finding]]
COMPANIES = {"quickbooks": "cedar", "stripe": "northwind", "xero": "brightwater"}


def main() -> int:
    """Read the command line, run, print one table."""
    asked = _asked()
    chosen = [WITNESSES[name] for name in asked.names or WITNESSES]
    try:
        environments = {one.name: made(one.name) for one in chosen}
    except CannotBeMade as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's answer
        return 2
    with _sandbox(asked) as control:
        results = {one: _testimony(one, environments[one.name], control) for one in chosen}
    print(table(results))  # noqa: T201 - a command's answer
    return 0 if all(_agrees(witness, passes) for witness, passes in results.items()) else 1


def _agrees(witness: Witness, passes: Passes | str) -> bool:
    if isinstance(passes, str):
        return False
    return all(witness.agrees(one) for found in passes.values() for one in found)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.witness", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(WITNESSES))
    parser.add_argument("--control", help="the control address of a sandbox that already runs")
    for name, size in (("customers", 120), ("invoices", 1500), ("months", 18), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=size, help=f"of the sandbox that is started ({size})")
    asked = parser.parse_args()
    if unknown := set(asked.names) - WITNESSES.keys():
        parser.error(f"no witness is called {', '.join(sorted(unknown))}; there are {', '.join(WITNESSES)}")
    return asked


@contextmanager
def _sandbox(asked: argparse.Namespace) -> Iterator[str]:
    """The control address of the given sandbox, or of one started for this at our time: taps read to the present."""
    if asked.control:
        yield asked.control
        return
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
    sizes = [f"--{name}={getattr(asked, name)}" for name in ("customers", "invoices", "months", "seed")]
    duewell = str(Path(sys.executable).with_name("duewell"))
    command = [duewell, "sandbox", "--any-ports", "--json", f"--start={now}", *sizes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            yield json.loads(_first_object(process))["control"]
        finally:
            process.terminate()


def _first_object(process: subprocess.Popen[str]) -> str:
    """The lines up to the brace that ends what it says; it runs on then."""
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        if line == "}\n":
            return "".join(said)
    raise SystemExit("the sandbox did not start")


def _testimony(witness: Witness, binaries: Path, control: str) -> Passes | str:
    """Its findings of a first pass and of one after changes; or, as a sentence, why it could not finish."""
    keys, company = told(f"{control}/credentials")[witness.platform], COMPANIES[witness.platform]
    address = told(f"{control}/")["addresses"][witness.platform]
    with tempfile.TemporaryDirectory(prefix="duewell-witness-") as folder:
        hosts = dict.fromkeys(witness.hosts, address)
        place = Place(binaries, Path(folder), hosts, keys["app"], keys["businesses"][company])
        try:
            return _heard_twice(witness, place, control)
        except (WitnessFailed, KeyError, ValueError, OSError) as error:
            return f"{type(error).__name__}: {error}"


def _heard_twice(witness: Witness, place: Place, control: str) -> Passes:
    company, heard, passes = COMPANIES[witness.platform], Heard(), Passes()
    for word in ("all", "changes"):
        if passes:
            live(control, witness.platform, company)
        witness.read(place, witness.keys(), heard)
        passes[word] = witness.findings(heard, told(f"{control}/truth/{company}"))
    return passes


if __name__ == "__main__":
    raise SystemExit(main())
