"""A seeded storm: which call meets which trouble is decided by the seed and the call's own number, never by chance."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

from sandbox.faults import Fault

EVERYWHERE = ("drop_before", "drop_after", "reset", "slow", "half", "stir")


@dataclass
class Storm:
    """About `rate` of all calls go wrong, each in one of `kinds`. The nth call of a route always fares alike.

    `slow` is how long a slow answer takes, in seconds. `calm` ends it; `met` counts what struck.
    """

    seed: str
    rate: float
    kinds: tuple[str, ...]
    slow: float = 0.05
    calm: bool = False
    met: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _calls: Counter[str] = field(default_factory=Counter)

    def strike(self, platform: str, route: str) -> Fault | None:
        """The trouble that this call of `route` meets, if any."""
        if self.calm or not self.kinds:
            return None
        with self._lock:
            self._calls[route] += 1
            dice = random.Random(f"{self.seed}/{platform}/{route}/{self._calls[route]}")  # noqa: S311 - a play
            if dice.random() >= self.rate:
                return None
            kind = dice.choice(self.kinds)
            self.met[kind] += 1
        return Fault(platform, kind, seconds=self.slow, dice=dice.random())
