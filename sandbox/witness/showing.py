"""One table of what the witnesses said, and below it the first differences by name."""

from collections.abc import Iterable, Mapping

from sandbox.witness.comparing import Finding
from sandbox.witness.witnesses import Witness

HEAD = (
    *("client", "version", "redirect", "pass", "stream", "read", "repeats"),
    *("compared", "missing", "extra", "differing", "looked at", "verdict"),
)
Results = Mapping[Witness, "dict[str, list[Finding]] | str"]
NAMED = 3


def table(results: Results) -> str:
    """Plain text, a line for every stream of every pass."""
    rows = [HEAD, *(row for witness, passes in results.items() for row in _rows(witness, passes))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *_below(results)])


def _rows(witness: Witness, passes: dict[str, list[Finding]] | str) -> Iterable[tuple[str, ...]]:
    name = (witness.name, witness.version, witness.redirect)
    if isinstance(passes, str):
        yield (*name, *("-",) * 9, "FAILED")
        return
    for word, found in passes.items():
        for one in found:
            verdict = "agrees" if witness.agrees(one) else "DIFFERS"
            yield (*name, word, *_cells(one), ", ".join(one.facts) or "ids", verdict)


def _cells(one: Finding) -> tuple[str, ...]:
    counts = (one.read, one.repeats, one.compared, len(one.missing), len(one.extra), len(one.differing))
    return (one.stream, *map(str, counts))


def _below(results: Results) -> Iterable[str]:
    for witness, passes in results.items():
        if isinstance(passes, str):
            yield f"{witness.name}: {passes}"
            continue
        compared = sum(one.compared for found in passes.values() for one in found)
        yield f"{witness.name}: {compared} records compared; not read: {witness.not_read}"
        yield from (line for word, found in passes.items() for one in found for line in _named(word, one))


def _named(word: str, one: Finding) -> Iterable[str]:
    for kind, named in (("missing", one.missing), ("extra", one.extra), ("differing", one.differing)):
        yield from (f"  {word}, {one.stream}, {kind}: {each}" for each in named[:NAMED])
