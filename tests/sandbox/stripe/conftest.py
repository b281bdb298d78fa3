"""A running local Stripe, spoken to as any program would."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from sandbox.server import Sandbox


@dataclass
class Raw:
    """Requests with the ready-made key; nothing of ours between."""

    sandbox: Sandbox
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {self.key}"

    @property
    def twin(self) -> Any:
        return self.sandbox.twins["stripe"]

    @property
    def key(self) -> str:
        key: str = self.twin.credentials()["businesses"]["northwind"]["api_key"]
        return key

    @property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = self.twin.truth("northwind")
        return truth

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        return self.session.request(method, f"{self.sandbox.addresses['stripe']}{path}", timeout=10, **given)

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params).json()

    def act(self, name: str, /, **given: Any) -> dict[str, Any]:
        with self.sandbox.world.lock:
            done: dict[str, Any] = self.twin.controls()[name](**{"business": "northwind", **given})
        return done

    def invoice(self, status: str, **wanted: object) -> str:
        fits = (
            key
            for key, one in self.truth["invoices"].items()
            if one["status"] == status and all(one[name] == value for name, value in wanted.items())
        )
        return str(next(fits))


@pytest.fixture
def start(sandboxes: Callable[..., Sandbox]) -> Iterator[Callable[..., Raw]]:
    """Starts local Stripes of a given size."""
    opened: list[Raw] = []

    def build(**setup: object) -> Raw:
        opened.append(Raw(sandboxes(platforms=("stripe",), **setup)))
        return opened[-1]

    yield build
    for raw in opened:
        raw.session.close()


@pytest.fixture
def raw(start: Callable[..., Raw]) -> Raw:
    """The usual one."""
    return start()
