"""`python -m bench.hook_load FILE HOST:PORT SECONDS CONNECTIONS`: sends requests over kept lines.

One thread over plain sockets, so that it costs the server's machine little. Each request is sent once, one at a time
on each line. Ends when the time is up, when all are sent, or when the server is gone.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from bench.deliveries import read_requests

END = b"\r\n\r\n"


@dataclass
class Line:
    """One kept line and the request under way on it."""

    line: socket.socket
    number: int = -1
    sent_at: float = 0.0
    size: int = 0
    got: bytes = b""


@dataclass
class Load:
    """What was sent and what came back."""

    requests: Iterator[tuple[int, bytes]]
    until: float
    acknowledged: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    refused: int = 0
    cut: int = 0
    bytes: int = 0

    def run(self, host: str, port: int, lines: int) -> float:
        """Until nothing is under way any more; the seconds it took."""
        began = time.perf_counter()
        with selectors.DefaultSelector() as selector:
            for _ in range(lines):
                self._next(selector, Line(_connected(host, port)), fresh=True)
            while selector.get_map():
                for key, _ in selector.select(timeout=5.0):
                    self._heard(selector, key.data)
        return time.perf_counter() - began

    def _next(self, selector: selectors.BaseSelector, line: Line, *, fresh: bool = False) -> None:
        number, request = next(self.requests, (-1, b"")) if time.perf_counter() < self.until else (-1, b"")
        if number < 0:
            self._end(selector, line, fresh=fresh)
            return
        line.number, line.got, line.size, line.sent_at = number, b"", len(request), time.perf_counter()
        try:
            line.line.sendall(request)
        except OSError:
            self.cut += 1
            self._end(selector, line, fresh=fresh)
            return
        if fresh:
            selector.register(line.line, selectors.EVENT_READ, line)

    def _end(self, selector: selectors.BaseSelector, line: Line, *, fresh: bool) -> None:
        if not fresh:
            selector.unregister(line.line)
        line.line.close()

    def _heard(self, selector: selectors.BaseSelector, line: Line) -> None:
        try:
            got = line.line.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.cut += 1
            self._end(selector, line, fresh=False)
            return
        line.got += got
        if _whole(line.got):
            self._note(line)
            self._next(selector, line)

    def _note(self, line: Line) -> None:
        if line.got.startswith(b"HTTP/1.1 2"):
            self.acknowledged.append(line.number)
            self.waits.append(time.perf_counter() - line.sent_at)
            self.bytes += line.size
        else:
            self.refused += 1

    def told(self, seconds: float) -> dict[str, Any]:
        """Answers a second, and how long they took in milliseconds."""
        waits = sorted(self.waits)
        at = {
            name: 1000 * waits[int(len(waits) * part)] if waits else 0.0 for name, part in (("p50", 0.5), ("p99", 0.99))
        }
        counts = {"count": len(waits), "refused": self.refused, "cut": self.cut, "bytes": self.bytes}
        return {"rps": len(waits) / seconds, **at, **counts, "acknowledged": self.acknowledged}


def _connected(host: str, port: int) -> socket.socket:
    line = socket.create_connection((host, port), timeout=10)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _whole(got: bytes) -> bool:
    """Is the answer here, with the body that it promises?"""
    head, end, body = got.partition(END)
    if not end:
        return False
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return True


def main() -> None:
    """Send, and say what came of it."""
    file, address, seconds, lines = sys.argv[1:5]
    host, _, port = address.partition(":")
    requests = list(read_requests(Path(file)))
    load = Load(iter(list(enumerate(requests))), time.perf_counter() + float(seconds))
    click.echo(json.dumps(load.told(load.run(host, int(port), int(lines)))))


if __name__ == "__main__":
    main()
