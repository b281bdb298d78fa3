"""`python -m bench.town_process SETUP`: a sandbox at our own time, until its input ends."""

import json
import sys
import time
from datetime import UTC, datetime

import click

from sandbox.server import Sandbox, Setup


def main() -> None:
    """Start it, say where it is and how long its history took to play, and run on."""
    asked = json.loads(sys.argv[1])
    asked["platforms"] = tuple(asked["platforms"])
    began = time.monotonic()
    with Sandbox(Setup(start=datetime.now(UTC), **asked)) as sandbox:
        click.echo(json.dumps({"control": sandbox.addresses["control"], "seconds": time.monotonic() - began}))
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
