"""What a witness is, and what it brings back: a client we did not write, and how its records are told as facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.witness.comparing import Facts, Finding, Records, compare
from sandbox.witness.places import Place
from sandbox.witness.singing import Heard, Keys, Row

Truth = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of the client beside a part of the ledger. `known_by` is the field that holds a record's id."""

    known_by: str
    tell: Callable[[Row], Facts]
    truth: Callable[[Truth], Records]
    wanted: Callable[[Row], bool] = bool


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """A client: which company it reads, how it is redirected, and its streams.

    `read` is called for a first pass and again after changes, with the same folder and what was heard before.
    `not_read` says in words what is left out; `repeats` that the client emits records twice by design.
    """

    name: str
    version: str
    platform: str
    redirect: str
    hosts: tuple[str, ...]
    read: Callable[[Place, Keys, Heard], None]
    streams: Mapping[str, Stream]
    not_read: str = ""
    repeats: bool = False

    def keys(self) -> dict[str, tuple[str, ...]]:
        """What each stream's records are known by. `stream:part` is the part that its `wanted` lets through."""
        return {name.partition(":")[0]: (stream.known_by,) for name, stream in self.streams.items()}

    def findings(self, heard: Heard, truth: Truth) -> list[Finding]:
        """Every stream compared."""
        return [self._compared(name, stream, heard, truth) for name, stream in self.streams.items()]

    def agrees(self, found: Finding) -> bool:
        """Nothing missing, extra or differing; and nothing twice in one pass, unless that is how the client works."""
        return found.agrees and (self.repeats or not found.repeats)

    def _compared(self, name: str, stream: Stream, heard: Heard, truth: Truth) -> Finding:
        source = name.partition(":")[0]
        emitted = [id for id, row in heard.lines.get(source, ()) if stream.wanted(row)]
        rows = heard.records.get(source, {})
        records = {id: stream.tell(row) for id, row in rows.items() if stream.wanted(row)}
        return compare(name, emitted, records, stream.truth(truth))


def part(name: str, *without: str) -> Callable[[Truth], Records]:
    """The records of one kind in the ledger, by id, less the facts `without`; where it keeps only ids, only ids."""

    def records(truth: Truth) -> Records:
        kept = truth.get("records", {}).get(name, truth.get(name))
        if isinstance(kept, list):
            return {id: {} for id in kept}
        rows = kept if isinstance(kept, Mapping) else {}
        return {id: {key: value for key, value in row.items() if key not in without} for id, row in rows.items()}

    return records
