"""A terminal beside a sandbox: the real `duewell` in a process of its own, with a configuration file."""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from duewell.story.visitor import Visitor
from sandbox.server import Sandbox

PASSWORD = "correct-horse-battery"
FRESH = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
MADE: dict[str, dict[str, bytes]] = {}
WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(
    [
        "duewell.commands.connect",
        "duewell.examining",
        "duewell.opening",
        "duewell.progress",
        "duewell.showing.customers",
        "alembic.command",
        "holidays",
        "sqlite3",
    ]
    + [f"integrations.{slug}.platform" for slug in ("quickbooks", "stripe", "xero")]
)


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its answer, for machines."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one sentence after "Error:"; fails when there is none, or more than one, or a traceback."""
        assert "Traceback" not in self.err, self.err
        sentences = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(sentences) == 1, self.err
        return sentences[0].removeprefix("Error: ")


def run(folder: Path, *words: str, typed: str = "", **environ: str) -> Told:
    """`duewell WORDS` in `folder`, with no setting of this machine's, and `typed` on standard input.

    A process of its own each time, forked from one that has imported everything already: a second saved a command.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DUEWELL_")}
    kept |= {"DUEWELL_OWNER_PASSWORD": PASSWORD, "COLUMNS": "200", **environ}
    with tempfile.TemporaryDirectory() as desk:
        said, out, err = (Path(desk) / name for name in ("said", "out", "err"))
        said.write_text(typed, encoding="utf-8")
        process = WARM.Process(target=_play, args=(words, folder, kept, (said, out, err)))
        process.start()
        process.join()
        assert process.exitcode is not None
        return Told(process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _play(words: Sequence[str], folder: Path, environ: dict[str, str], files: tuple[Path, Path, Path]) -> None:
    """What the console script does, in a child with a life of its own."""
    from duewell.cli import main

    said, out, err = files
    for number, (file, flags) in enumerate(((said, os.O_RDONLY), (out, FRESH), (err, FRESH))):
        os.dup2(os.open(file, flags, 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["duewell", *words]
    main()


@dataclass
class Terminal:
    """One folder with a configuration file and the data of one installation."""

    sandbox: Sandbox
    folder: Path

    def __call__(self, *words: str, typed: str = "", **environ: str) -> Told:
        return run(self.folder, *words, typed=typed, **environ)

    def done(self, *words: str, typed: str = "", **environ: str) -> Told:
        """The same, when nothing else than success will do."""
        told = self(*words, typed=typed, **environ)
        assert told.code == 0, told
        return told

    @property
    def stripe_key(self) -> str:
        """A restricted key of the sandbox's account."""
        return str(self.sandbox.twins["stripe"].credentials()["businesses"]["northwind"]["api_key"])

    def consent(self, *words: str) -> Told:
        """Connect through a consent page: open the address that is shown, say yes, paste where the browser ended."""
        shown = next(line.strip() for line in self(*words).err.splitlines() if line.strip().startswith("http"))
        visitor = Visitor(until="http://localhost:8123/")
        visitor.open(shown)
        visitor.consent()
        return self.done(*words, typed=f"{visitor.url}\n")

    def settle_in(self) -> None:
        """With an owner, a business, and Stripe connected and read; by now, or in another sandbox that is alike but for
        fractions of a second."""
        assert self.stripe_key, "made at the platform, if it was not yet"
        self._once("settled", self.settle)
        self.sandbox.move(timedelta(minutes=1), quiet=True)  # whatever was copied was written before

    def settle(self) -> None:
        """The same by hand, in these very books."""
        self._once("begun", lambda: self.done("init", "--business", "Acme Ltd"))
        self.done("connect", "stripe", "--own-reminders", "no", typed=f"{self.stripe_key}\n")
        self.done("sync")

    def _once(self, name: str, make: Callable[[], object]) -> None:
        """What is made alike for many is made once and copied, between sandboxes that are alike."""
        data = self.folder / "data"
        if name not in MADE:
            make()
            MADE[name] = {file.name: file.read_bytes() for file in data.iterdir()}
        data.mkdir(mode=0o700, exist_ok=True)
        for file, held in MADE[name].items():
            (data / file).touch(mode=0o600)
            (data / file).write_bytes(held)

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.sandbox.move(timedelta(**by))


def sit_down(sandbox: Sandbox, folder: Path) -> Terminal:
    """Write the configuration file of an installation that talks to the sandbox alone."""
    host, _, port = sandbox.addresses["smtp"].partition(":")
    lines = [
        f'sandbox_control = "{sandbox.addresses["control"]}"',
        'data = "data"',
        "[mail]",
        f'host = "{host}"',
        f"port = {port}",
        'security = "none"',
        'sender_address = "accounts@acme.example"',
    ]
    for slug, twin in sandbox.twins.items():
        told = twin.credentials()["app"]
        lines += [
            f"[platforms.{slug}]",
            f"client_id = {json.dumps(told['client_id'])}",
            f"client_secret = {json.dumps(told['client_secret'])}",
            f"webhook_secrets = {json.dumps(told['webhook_secrets'])}",
            f"[platforms.{slug}.addresses]",
            *(f"{name} = {json.dumps(url)}" for name, url in told["addresses"].items()),
        ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "duewell.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Terminal(sandbox, folder)
