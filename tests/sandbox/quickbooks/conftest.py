"""A caller that talks to the QuickBooks twin with nothing but HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.server import Sandbox


@dataclass
class Caller:
    """Holds the ready-made token of the seeded company."""

    sandbox: Sandbox
    realm: str
    token: str
    refresh: str

    @property
    def base(self) -> str:
        return self.sandbox.addresses["quickbooks"]

    def ask(self, method: str, path: str, **what: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **what.pop("headers", {})}
        return requests.request(
            method, f"{self.base}/v3/company/{self.realm}/{path}", headers=headers, timeout=5, **what
        )

    def query(self, statement: str) -> Any:
        answer = self.ask("POST", "query", data=statement, headers={"Content-Type": "application/text"})
        return answer.json()

    def rows(self, statement: str) -> list[dict[str, Any]]:
        found = self.query(statement)["QueryResponse"]
        return next((rows for rows in found.values() if isinstance(rows, list)), [])

    def code(self, statement: str) -> str:
        return str(self.query(statement)["Fault"]["Error"][0]["code"])

    def act(self, name: str, **fields: Any) -> Any:
        answer = requests.post(
            f"{self.sandbox.addresses['control']}/act/quickbooks/{name}",
            json={"business": "cedar", **fields},
            timeout=5,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def truth(self) -> dict[str, Any]:
        return self.sandbox.twins["quickbooks"].truth("cedar")


@pytest.fixture
def dial(sandboxes: Callable[..., Sandbox]) -> Callable[..., Caller]:
    """Starts a sandbox and gives a caller: `dial(invoices=50)`."""

    def start(**setup: Any) -> Caller:
        sandbox = sandboxes(platforms=("quickbooks",), **setup)
        control = requests.get(f"{sandbox.addresses['control']}/credentials", timeout=5).json()
        ready = control["quickbooks"]["businesses"]["cedar"]
        return Caller(sandbox, ready["external_id"], ready["access"], ready["refresh"])

    return start


@pytest.fixture
def caller(dial: Callable[..., Caller]) -> Caller:
    """A small company."""
    return dial(customers=24, invoices=80)
