"""The time that wiring hands to everybody: this machine's, or the sandbox's while a story is told."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from duewell.config import BadSetting


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class FollowingClock(SystemClock):
    """Follows the clock of a sandbox on this machine. It is asked at most twice a second and runs on in between."""

    ASK_EVERY_SECONDS = 0.5

    def __init__(self, control: str) -> None:
        self._control = control
        self._asked_at = -1.0
        self._offset = 0.0

    def now(self) -> datetime:
        """The sandbox's instant, aware UTC."""
        if time.monotonic() - self._asked_at > self.ASK_EVERY_SECONDS or self._asked_at < 0:
            self.ask()
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def sleep(self, seconds: float) -> None:
        """In a story nobody waits: the sandbox's time goes on instead."""
        self.ask(move={"seconds": seconds, "quiet": True})

    def ask(self, move: Mapping[str, object] | None = None) -> None:
        """Look at the sandbox's clock now, for instance after moving it; or move it."""
        asking = HTTPConnection(urlsplit(self._control).netloc, timeout=60)
        try:
            body = None if move is None else json.dumps(move)
            asking.request("GET" if body is None else "POST", "/clock", body)
            told = datetime.fromisoformat(json.load(asking.getresponse())["now"])
        except (OSError, HTTPException):
            raise BadSetting(f"no sandbox answers at sandbox_control {self._control}; start it, or unset it") from None
        finally:
            asking.close()
        self._offset = told.timestamp() - time.time()
        self._asked_at = time.monotonic()
