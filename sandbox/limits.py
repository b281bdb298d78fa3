"""The platforms' limits, counted for every caller and enforced when switched on: at once, and by fixed windows."""

import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `calls` within a window of `seconds`, or under way at once when that is 0, counted for each `per`.

    `per` names one of the caller's keys: tenant, app, account or endpoint.
    """

    name: str
    calls: int
    seconds: float
    per: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: which rules hold, the key each is counted under, and what the platform would bill the call as."""

    rules: tuple[Rule, ...]
    keys: Mapping[str, str]
    metered: str = ""


@dataclass(slots=True)
class Leave:
    """What a call was told at the gate. `over` is the rule it broke, with the seconds until its window ends."""

    caller: Caller
    remaining: dict[str, int] = field(default_factory=dict)
    over: Rule | None = None
    retry_after: float = 0.0


@dataclass
class _Window:
    number: int = -1
    used: int = 0


class Limits:
    """Counters by rule and key. Every key's windows begin at a moment of their own, as Xero's do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str, str], _Window] = {}
        self._under_way: Counter[tuple[str, str, str]] = Counter()
        self._most: Counter[tuple[str, str, str]] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._calls: Counter[tuple[str, str]] = Counter()
        self._metered: Counter[tuple[str, str, str]] = Counter()
        self._bytes: Counter[tuple[str, str, str]] = Counter()
        self.enforced: set[str] = set()

    def enter(self, platform: str, caller: Caller, now: datetime) -> Leave:
        """Count the call against every rule; refused calls count too, as they do there."""
        leave = Leave(caller)
        with self._lock:
            self._calls[platform, _who(caller)] += 1
            for rule in caller.rules:
                self._count(leave, platform, rule, now)
            if platform not in self.enforced:
                leave.over = None
            if leave.over is not None:
                self._refused[platform, leave.over.name] += 1
        return leave

    def _count(self, leave: Leave, platform: str, rule: Rule, now: datetime) -> None:
        key = (platform, rule.name, leave.caller.keys[rule.per])
        if rule.seconds:
            used, ends_in = self._use_window(key, rule, now)
        else:
            self._under_way[key] += 1
            used, ends_in = self._under_way[key], 0.0
        self._most[key] = max(self._most[key], used)
        leave.remaining[rule.name] = max(0, rule.calls - used)
        if used > rule.calls and leave.over is None:
            leave.over, leave.retry_after = rule, ends_in

    def _use_window(self, key: tuple[str, str, str], rule: Rule, now: datetime) -> tuple[int, float]:
        """How many calls this window has seen, and the seconds until it ends."""
        shift = zlib.crc32("/".join(key).encode()) / 2**32 * rule.seconds
        number, into = divmod(now.timestamp() + shift, rule.seconds)
        window = self._windows.setdefault(key, _Window())
        if window.number != int(number):
            window.number, window.used = int(number), 0
        window.used += 1
        return window.used, rule.seconds - into

    def leave(self, platform: str, leave: Leave, *, raw: int, sent: int, good: bool) -> None:
        """The call is over; bytes before and after compression. Only good calls are billed."""
        who = _who(leave.caller)
        with self._lock:
            for rule in leave.caller.rules:
                if not rule.seconds:
                    self._under_way[platform, rule.name, leave.caller.keys[rule.per]] -= 1
            self._bytes[platform, who, "raw"] += raw
            self._bytes[platform, who, "sent"] += sent
            if leave.caller.metered and good:
                self._metered[platform, who, leave.caller.metered] += 1

    def use_up(self, platform: str, rule: Rule, key: str, now: datetime) -> None:
        """Pretend that this window's calls were all made already, by somebody else."""
        with self._lock:
            self._use_window((platform, rule.name, key), rule, now)
            self._windows[platform, rule.name, key].used = rule.calls

    def clear(self) -> None:
        """Forget what was counted; calls under way stay."""
        with self._lock:
            for counter in (self._most, self._refused, self._calls, self._metered, self._bytes):
                counter.clear()
            self._windows.clear()

    def counts(self) -> dict[str, Any]:
        """Per platform: calls, bytes and billed calls by caller; the fullest window by rule; refusals by rule."""
        with self._lock:
            told: dict[str, Any] = {}
            _tell(told, "calls", self._calls.items())
            _tell(told, "refused", self._refused.items())
            _tell(told, "most", self._most.items())
            _tell(told, "billed", self._metered.items())
            _tell(told, "bytes", self._bytes.items())
            return told


def _who(caller: Caller) -> str:
    return caller.keys.get("tenant") or caller.keys.get("account") or caller.keys.get("app", "")


def _tell(told: dict[str, Any], name: str, counted: Iterable[tuple[tuple[str, ...], int]]) -> None:
    """Nest a counter: platform, name of the counter, then the rest of its key."""
    for (platform, *path), number in counted:
        place = told.setdefault(platform, {}).setdefault(name, {})
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = number
