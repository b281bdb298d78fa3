"""Turns at the platforms' doors: limits known before they are run into, and shared fairly between connections."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from integrations.contract import Clock, Limit, Per
from integrations.errors import TryLater
from integrations.http import retry_after

log = structlog.get_logger(__name__)

QUEUE_SECONDS = 75.0
PACED_BELOW_SECONDS = 10.0
COUNTED_FROM_SECONDS = 3600.0
LOOK_AGAIN_SECONDS = 0.05
CATCH_UP = 0.8
BUSY_SECONDS = 1.0
TOO_MANY = 429


@dataclass
class Room:
    """One limit's state for those who share it. All times are the clock's, in epoch seconds."""

    limit: Limit
    under_way: int = 0
    next_at: float = 0.0
    ended: deque[float] = field(default_factory=deque)
    began_at: float = 0.0
    used: int = 0
    told_left: int | None = None
    told_at: float = 0.0
    told_since: float = 0.0
    shut_until: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a call may begin; infinite while all places are taken."""
        if now < self.shut_until:
            return self.shut_until - now
        if self.limit.seconds == 0:
            return 0.0 if self.under_way < self.limit.calls else float("inf")
        if self.limit.seconds < PACED_BELOW_SECONDS:
            return max(0.0, self.next_at - now)
        return max(self._by_count(now), self._by_word(now))

    def _by_count(self, now: float) -> float:
        """A call counts from when it ended, since the platform saw it somewhere before that."""
        if self.limit.seconds >= COUNTED_FROM_SECONDS:
            return self._by_long_count(now)
        while self.ended and self.ended[0] <= now - self.limit.seconds:
            self.ended.popleft()
        if self.under_way + len(self.ended) < self.limit.calls:
            return 0.0
        return self.ended[0] + self.limit.seconds - now if self.ended else float("inf")

    def _by_long_count(self, now: float) -> float:
        if now >= self.began_at + self.limit.seconds:
            self.began_at, self.used = now, 0
        return 0.0 if self.used < self.limit.calls else self.began_at + self.limit.seconds - now

    def _by_word(self, now: float) -> float:
        if self.told_left is None or now >= self.told_since + self.limit.seconds:
            self.told_left = None
            return 0.0
        return 0.0 if self.told_left > 0 else self.told_since + self.limit.seconds - now

    def begin(self, now: float) -> None:
        """A call goes."""
        self.under_way += 1
        self.used += 1
        if self.told_left is not None:
            self.told_left -= 1
        if 0 < self.limit.seconds < PACED_BELOW_SECONDS:
            step = self.limit.seconds / (self.limit.calls * self.limit.share)
            # whoever woke up late is not late for ever, but never by more than the share leaves room for
            self.next_at = max(now - CATCH_UP * (step * self.limit.calls - self.limit.seconds), self.next_at) + step

    def end(self, now: float) -> None:
        """It came back, or never will."""
        self.under_way -= 1
        if PACED_BELOW_SECONDS <= self.limit.seconds < COUNTED_FROM_SECONDS:
            self.ended.append(now)

    def hear(self, headers: Mapping[str, str], *, begun: float, now: float) -> None:
        """The platform says how many are left; calls that are under way may not be in its count yet.

        More than before means that a new window has begun, unless the answer is an older one that was overtaken.
        """
        said = headers.get(self.limit.remaining, "").strip() if self.limit.remaining else ""
        if not said.isdecimal():
            return
        left = int(said) - (self.under_way - 1)
        rose = self.told_left is None or left > self.told_left + self.under_way
        if rose and self.told_left is not None and begun < self.told_at:
            return
        self.told_since = begun if rose else self.told_since
        self.told_left, self.told_at = left, now


class Budgets:
    """All rooms of this process: one per company, app or endpoint and limit. Thread-safe.

    `queue` is the longest wait, in seconds, that a call enters upon: a minute's limit is waited for, a day's or a
    month's is not. Others may be quicker to what it waited for; then it waits again.
    """

    def __init__(self, clock: Clock, *, queue: float = QUEUE_SECONDS) -> None:
        self._clock = clock
        self._queue = queue
        self._rooms: dict[tuple[str, str, str], Room] = {}
        self._changed = threading.Condition()
        self._served: dict[str, int] = {}
        self._waiting: dict[str, int] = {}

    def of(self, app: str, company: str, limits: Sequence[Limit]) -> "CompanyBudget":
        """The budget of one company. `app` and `company` are any names that tell apps and companies apart."""
        return CompanyBudget(self, app, company, tuple(limits))

    def used(self, app: str, company: str, limit: Limit, *, calls: int, since: float) -> None:
        """What was spent since then (epoch seconds) of a limit that lasts longer than this process has run."""
        with self._changed:
            room = self._room(_key(limit, app, company, ""), limit)
            room.began_at, room.used = since, max(room.used, calls)

    def enter(self, company: str, rooms: Sequence[Room]) -> None:
        """Wait until every room has a place, and take it. Raises TryLater."""
        with self._changed:
            self._waiting[company] = self._waiting.get(company, 0) + 1
            try:
                while wait := self._wait(company, rooms):
                    self._pause(wait, rooms)
            finally:
                self._stop_waiting(company)
            now = self.now()
            for room in rooms:
                room.begin(now)
            self._served[company] = self._served.get(company, 0) + 1

    def _wait(self, company: str, rooms: Sequence[Room]) -> float:
        now = self.now()
        wait = max((room.wait(now) for room in rooms), default=0.0)
        if wait == 0.0 and self._someone_poorer(company, rooms, now):
            return LOOK_AGAIN_SECONDS
        return wait

    def _someone_poorer(self, company: str, rooms: Sequence[Room], now: float) -> bool:
        """Where companies share a room that is nearly full, whoever was served least goes first."""
        shared = [room for room in rooms if room.limit.per is Per.APP and room.limit.seconds]
        if not any(room.under_way + len(room.ended) >= room.limit.calls - len(self._waiting) for room in shared):
            return False
        mine = self._served.get(company, 0)
        return any(
            self._served.get(other, 0) < mine and self._own_wait(other, now) == 0.0
            for other in self._waiting
            if other != company
        )

    def _own_wait(self, company: str, now: float) -> float:
        own = (room for (_, whose, _), room in self._rooms.items() if whose == company)
        return max((room.wait(now) for room in own), default=0.0)

    def _pause(self, wait: float, rooms: Sequence[Room]) -> None:
        """Let go of the lock for a while. Places that others hold come back by their own ends, not by the clock."""
        if wait == float("inf"):
            self._changed.wait(LOOK_AGAIN_SECONDS)
            return
        if wait > self._queue:
            raise TryLater(_why(rooms, self.now()), after=wait)
        self._changed.release()
        try:
            self._clock.sleep(min(wait, 1.0) if wait > 1.0 else wait)
        finally:
            self._changed.acquire()

    def _stop_waiting(self, company: str) -> None:
        self._waiting[company] -= 1
        if not self._waiting[company]:
            del self._waiting[company]
        if not self._waiting:
            self._served.clear()

    def leave(self, rooms: Sequence[Room]) -> None:
        """The call is over."""
        with self._changed:
            now = self.now()
            for room in rooms:
                room.end(now)
            self._changed.notify_all()

    def hear(self, turn: "_Turn", status: int, headers: Mapping[str, str]) -> None:
        """What the answer says of the limits."""
        said = {name.lower(): value for name, value in headers.items()}
        with self._changed:
            now = self.now()
            for room in turn.rooms:
                room.hear(said, begun=turn.begun, now=now)
            if status == TOO_MANY:
                self._shut(turn.rooms, said, now)

    def _shut(self, rooms: Sequence[Room], headers: Mapping[str, str], now: float) -> None:
        """A 429 all the same: others called too. All who share what ran out keep back as long as the platform says."""
        after = retry_after(headers, self._clock)
        problem = headers.get("x-rate-limit-problem", "").lower()
        hit = [room for room in rooms if problem and problem.startswith(room.limit.name)] or list(rooms[:1])
        for room in hit:
            room.shut_until = max(room.shut_until, now + (BUSY_SECONDS if after is None else after))
        log.info("a limit was met", limits=[room.limit.name for room in hit], seconds=after)

    def rooms(self, app: str, company: str, endpoint: str, limits: Sequence[Limit]) -> list[Room]:
        """The rooms that a call has to pass, the company's own first."""
        with self._changed:
            return [self._room(_key(limit, app, company, endpoint), limit) for limit in limits]

    def _room(self, key: tuple[str, str, str], limit: Limit) -> Room:
        return self._rooms.setdefault(key, Room(limit))

    def now(self) -> float:
        """The clock's, in epoch seconds."""
        return self._clock.now().timestamp()


class CompanyBudget:
    """One company's turns. Shaped like the contract's Budget."""

    def __init__(self, budgets: Budgets, app: str, company: str, limits: tuple[Limit, ...]) -> None:
        self._budgets = budgets
        self._app = app
        self._company = company
        self._limits = limits

    @contextmanager
    def turn(self, path: str = "") -> Iterator["_Turn"]:
        """Wait for leave to call `path`, and hold it until the call is over. Raises TryLater."""
        rooms = self._budgets.rooms(self._app, self._company, endpoint_of(path), self._limits)
        self._budgets.enter(self._company, rooms)
        try:
            yield _Turn(self._budgets, rooms, self._budgets.now())
        finally:
            self._budgets.leave(rooms)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A call under way."""

    budgets: Budgets
    rooms: Sequence[Room]
    begun: float

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """What came back."""
        self.budgets.hear(self, status, headers)


def endpoint_of(path: str) -> str:
    """What platforms that limit by endpoint count together: the first two parts of a path, such as /v1/invoices."""
    return "/".join(path.split("?")[0].split("/")[:3])


def _key(limit: Limit, app: str, company: str, endpoint: str) -> tuple[str, str, str]:
    whose = {Per.COMPANY: company, Per.APP: f"app {app}", Per.ENDPOINT: f"{company} {endpoint}"}[limit.per]
    return limit.name, whose, app


def _why(rooms: Sequence[Room], now: float) -> str:
    """Which limit keeps us back, as a phrase for people."""
    tightest = max(rooms, key=lambda room: room.wait(now))
    return f"the platform's limit of {tightest.limit.calls:,} calls ({tightest.limit.name}) is used up"
