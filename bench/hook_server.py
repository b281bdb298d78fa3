"""`python -m bench.hook_server FOLDER [verify-only]`: our own server, until its input ends."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.installing import opened
from duewell.serving import Serving
from storage.writer import GroupWriter


class Forgetting(GroupWriter):
    """Remembers nothing: what a delivery costs without being stored."""

    def do(self, work: Callable[..., Any]) -> Any:
        """As if it were new and stored already."""
        del work
        return True


def main() -> None:
    """Serve the pages, without jobs; say when."""
    house = opened(Path(sys.argv[1]))
    if "verify-only" in sys.argv:
        house.writer = Forgetting(house.database)
    with Serving(house, jobs=False):
        click.echo(json.dumps({"serving": house.settings.web.listen}))
        sys.stdin.buffer.read()
    house.close()


if __name__ == "__main__":
    main()
