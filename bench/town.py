"""The sandbox as a process of its own: started, asked what it counted and what is true there, and ended."""

import json
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from bench.processes import CaseFailed, ours, running_seconds, started
from bench.table import Traffic

COMPANY = {"quickbooks": "cedar", "stripe": "northwind", "xero": "brightwater"}
PLATFORMS = tuple(COMPANY)
WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Size:
    """What is asked of a history: invoices in all, customers, and months back."""

    invoices: int
    customers: int
    months: int = 3


@dataclass
class Town:
    """A running sandbox with one platform. Use it as a context manager."""

    platform: str
    size: Size
    latency: float = 0.0
    limits: bool = False
    played: float = 0.0
    pid: int = 0
    _control: str = ""
    _opener: Any = field(default_factory=lambda: urllib.request.build_opener(urllib.request.ProxyHandler({})))

    def __enter__(self) -> "Town":
        size = {"invoices": self.size.invoices, "customers": self.size.customers, "months": self.size.months}
        setup = {"platforms": [self.platform], "latency": self.latency, "limits": self.limits, **size}
        self._process = started(ours("town_process", json.dumps(setup)))
        told = json.loads(self._process.stdout.readline() or b"{}") if self._process.stdout else {}
        if not told:
            raise CaseFailed("the sandbox did not start")
        self._control, self.played, self.pid = told["control"], told["seconds"], self._process.pid
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._process.communicate(timeout=20)

    @property
    def company(self) -> str:
        """The control port's key of the company that has the asked size."""
        return COMPANY[self.platform]

    @property
    def control(self) -> str:
        """The control port's address."""
        return self._control

    def cpu(self) -> float:
        """Its processor seconds so far."""
        return running_seconds(self.pid)

    def keys(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The app's keys, and the company's."""
        told = self.told("credentials")[self.platform]
        return told["app"], told["businesses"][self.company]

    def address(self) -> str:
        """Where the platform listens."""
        return str(self.told("")["addresses"][self.platform])

    def truth(self) -> Mapping[str, Any]:
        """The company's own ledger."""
        found: Mapping[str, Any] = self.told(f"truth/{self.company}")
        return found

    def act(self, name: str, **said: Any) -> Any:
        """Something happens there."""
        return self.say(f"act/{self.platform}/{name}", {"business": self.company, **said})

    def count_from_here(self) -> None:
        """Forget what was counted."""
        self.say("reset", {})

    def traffic(self, least: int = 0) -> Traffic:
        """What was counted since then. Calls for tokens and consent cost nobody anything, and are left out."""
        told = self.told("counts")
        calls = told["calls"].get(self.platform, {})
        counted = sum(number for route, number in calls.items() if not _free(route))
        sent, raw = (told[name].get(self.platform, 0) for name in ("bytes_sent", "bytes_raw"))
        return Traffic(counted, least, sent, raw)

    def routes(self) -> Mapping[str, int]:
        """Calls by route since then."""
        found: Mapping[str, int] = self.told("counts")["calls"].get(self.platform, {})
        return found

    def refused(self) -> int:
        """429s, for whatever limit, since then."""
        told = self.told("limits").get(self.platform, {})
        return sum(told.get("refused", {}).values())

    def told(self, path: str) -> Any:
        """What the control port says there."""
        with self._opener.open(f"{self._control}/{path}", timeout=WAIT_SECONDS) as answer:
            return json.load(answer)

    def say(self, path: str, body: Mapping[str, Any]) -> Any:
        """Have the control port do something."""
        asked = urllib.request.Request(f"{self._control}/{path}", json.dumps(body).encode())  # noqa: S310 - this machine's
        with self._opener.open(asked, timeout=WAIT_SECONDS) as answer:
            return json.load(answer)


def _free(route: str) -> bool:
    return any(word in route for word in ("token", "/connections", "consent", "authorize"))
