"""Carries webhooks from the twins to whoever listens: with each platform's retry ladder, and doubles on demand."""

import random
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import requests

from sandbox.clock import MovedClock


@dataclass
class Parcel:
    """One delivery: where, what, and how often it was tried. `ladder` holds the waits between tries, in seconds."""

    platform: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    ladder: tuple[float, ...]
    due_at: datetime
    in_order: bool = False
    tries: int = 0
    statuses: list[int] = field(default_factory=list)


@dataclass
class Troubles:
    """What befalls deliveries, each with its share of them (0 to 1), decided by the seed and the delivery's number.

    `double` sends one twice, `hold` keeps it back for up to `hold_days`, which also shuffles, `drop` never sends it,
    `forge` sends it with a signature that is wrong.
    """

    seed: str
    double: float = 0.0
    hold: float = 0.0
    drop: float = 0.0
    forge: float = 0.0
    hold_days: float = 3.0
    met: Counter[str] = field(default_factory=Counter)

    def befall(self, parcel: Parcel, number: int) -> list[Parcel]:
        """What is carried instead of the parcel."""
        dice = random.Random(f"{self.seed}/{parcel.platform}/{number}")  # noqa: S311 - a play, not a secret
        carried = [parcel, replace(parcel, statuses=[])] if self._strikes(dice, "double") else [parcel]
        if self._strikes(dice, "drop"):
            return []
        if self._strikes(dice, "forge"):
            carried[-1].headers = _forged(parcel.headers)
        if self._strikes(dice, "hold"):
            carried[-1].due_at += timedelta(days=dice.uniform(0, self.hold_days))
        return carried

    def _strikes(self, dice: random.Random, name: str) -> bool:
        struck: bool = dice.random() < getattr(self, name)
        self.met[name] += struck
        return struck


def _forged(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers, with the last sign of every signature changed."""
    return {
        name: value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1] if "signature" in name.lower() else value
        for name, value in headers.items()
    }


class Courier:
    """Delivers in a thread of its own. Time-outs are each platform's own; times are the sandbox's."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock
        self._lock = threading.Condition()
        self._waiting: deque[Parcel] = deque()
        self._busy = 0
        self.delivered: list[Parcel] = []
        self.lost: list[Parcel] = []
        self.paused = False
        self.copies = 1
        self.troubles: Troubles | None = None
        self._posted = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End after the delivery in hand."""
        with self._lock:
            self._stopped = True
            self._lock.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def post(
        self,
        platform: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        ladder: tuple[float, ...] = (),
        in_order: bool = False,
    ) -> None:
        """Queue a delivery. With `in_order`, later parcels to the same address wait for it (QuickBooks)."""
        with self._lock:
            for _ in range(self.copies):
                self._posted += 1
                parcel = Parcel(platform, url, body, headers, ladder, self._clock.now(), in_order)
                self._waiting.extend(self.troubles.befall(parcel, self._posted) if self.troubles else [parcel])
            self._lock.notify_all()

    def knock(self) -> None:
        """Look again, for instance after the clock was moved."""
        with self._lock:
            self._lock.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until nothing that is due is left to deliver; False when `seconds` of real time were not enough."""
        with self._lock:
            return self._lock.wait_for(lambda: self._busy == 0 and self._next() is None, timeout=seconds)

    def pending(self) -> int:
        """How many deliveries still wait, due or not."""
        with self._lock:
            return len(self._waiting)

    def _next(self) -> Parcel | None:
        if self.paused:
            return None
        blocked: set[str] = set()
        for parcel in self._waiting:
            if parcel.url in blocked:
                continue
            if parcel.due_at <= self._clock.now():
                return parcel
            if parcel.in_order:
                blocked.add(parcel.url)
        return None

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._stopped and (parcel := self._next()) is None:
                    self._lock.wait(timeout=0.2)
                if self._stopped:
                    return
                assert parcel is not None
                self._waiting.remove(parcel)
                self._busy += 1
            self._try(parcel)

    def _try(self, parcel: Parcel) -> None:
        parcel.tries += 1
        status = _deliver(parcel)
        parcel.statuses.append(status)
        with self._lock:
            self._busy -= 1
            if 200 <= status < 300:
                self.delivered.append(parcel)
            elif parcel.tries > len(parcel.ladder):
                self.lost.append(parcel)
            else:
                parcel.due_at = self._clock.now() + timedelta(seconds=parcel.ladder[parcel.tries - 1])
                self._waiting.appendleft(parcel)
            self._lock.notify_all()


def _deliver(parcel: Parcel) -> int:
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                parcel.url, data=parcel.body, headers=dict(parcel.headers), timeout=5, allow_redirects=False
            )
        except requests.RequestException:
            return 0
        return answer.status_code
