"""How many small spoilings of the judgement, the rules and the interest the tests notice: `python -m bench.mutants`.

mutmut spoils a copy of the tree, a line at a time, and runs the tests that cover it. `make mutants` installs it first.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.machine import machine_line
from bench.processes import ROOT

PAGE = ROOT / "bench" / "mutants.md"
ROOMS = ("receivables", "storage", "integrations", "sync", "webhooks", "duewell", "sandbox")
GROUPS = {
    "judgement": ("decide", "oddities", "approving", "narrowing", "reasons/*"),
    "rules": ("law/lawbook", "law/caps", "law/hours", "law/rule"),
    "interest": ("charges/interest",),
}
TESTS = (
    "test_receivers",
    "test_sentences",
    "test_reasons",
    "test_decide",
    "test_edges",
    "law/test_asking_the_law",
    "test_windows",
    "test_approving",
    "law/test_lawbook_engine",
    "law/test_reading",
    "law/test_shipped_rules",
    "charges/test_interest",
)
KILLED, SURVIVED = ("killed", "timeout", "segfault"), ("survived", "no_tests", "suspicious")
WANTED = 95.0


@click.command()
@click.option("--children", default=2, show_default=True, help="How many are tried at once.")
def main(children: int) -> None:
    """Measure every group and keep the table in bench/mutants.md."""
    rows = []
    for name in GROUPS:
        rows.append(_measured(name, children))
        click.echo(rows[-1])
    began = f"{datetime.now(UTC):%Y-%m-%d}. {machine_line()}."
    told = "\n".join(
        ["# Mutants", "", began, "", "| what | mutants | killed | share |", "|---|---|---|---|", *rows, ""]
    )
    PAGE.write_text(told, encoding="utf-8")
    click.echo(told)


def _measured(name: str, children: int) -> str:
    with _spoilt_tree(GROUPS[name]) as folder:
        mutmut = [str(Path(sys.executable).with_name("mutmut"))]
        subprocess.run([*mutmut, "run", "--max-children", str(children)], cwd=folder, check=True)  # noqa: S603
        subprocess.run([*mutmut, "export-cicd-stats"], cwd=folder, check=True)  # noqa: S603
        stats = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    killed, left = (sum(int(stats.get(word, 0)) for word in words) for words in (KILLED, SURVIVED))
    share = 100 * killed / (killed + left)
    bound = f"{'≥' if share >= WANTED else '<'} {WANTED:.0f}"
    return f"| {name} | {killed + left:,} | {killed:,} | {share:.1f} % ({bound}) |"


@contextmanager
def _spoilt_tree(files: tuple[str, ...]) -> Iterator[Path]:
    """A copy of what is tracked, told which files to spoil and which tests to run."""
    with tempfile.TemporaryDirectory(prefix="duewell-mutants-") as made:
        folder = Path(made)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)  # noqa: S607
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        (folder / "setup.cfg").write_text(_settings(files), encoding="utf-8")
        yield folder


def _settings(files: tuple[str, ...]) -> str:
    told = {
        "source_paths": ["collector"],
        "only_mutate": [f"collector/{name}.py" for name in files],
        "also_copy": ROOMS,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist", "-x", "-q"],
        "pytest_add_cli_args_test_selection": [f"tests/collector/{name}.py" for name in TESTS],
    }
    lines = ["[mutmut]"]
    for name, values in told.items():
        lines += [f"{name}=", *(f"    {value}" for value in values)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
