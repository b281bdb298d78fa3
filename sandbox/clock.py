"""The sandbox's own time: it starts where it is told, runs on, and can be moved forward."""

import threading
import time
from datetime import UTC, datetime, timedelta


class MovedClock:
    """Runs like a clock on the wall from `start` (aware UTC), plus every move made since."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._start = start.astimezone(UTC)
        self._began = time.monotonic()
        self._moved = timedelta()

    def now(self) -> datetime:
        """The sandbox's present instant, aware UTC, in whole microseconds."""
        with self._lock:
            return self._start + self._moved + timedelta(seconds=time.monotonic() - self._began)

    def move(self, by: timedelta) -> datetime:
        """Go forward. Time never runs back here."""
        if by < timedelta():
            raise ValueError("the sandbox's clock only moves forward")
        with self._lock:
            self._moved += by
        return self.now()


class SkewedClock:
    """A platform's own idea of the time: ahead of the sandbox's by some seconds, or behind."""

    def __init__(self, clock: MovedClock, ahead: float) -> None:
        self._clock = clock
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        """What the platform takes for the present instant, aware UTC."""
        return self._clock.now() + self._ahead
