"""A local Xero spoken to with plain HTTP, as any client would."""

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import pytest
import requests

from sandbox.server import Sandbox

VERIFIER = "v" * 48
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Caller:
    """A client with the ready-made token of one organisation."""

    sandbox: Sandbox
    key: str = "brightwater"
    keys: dict[str, Any] = field(init=False)
    app: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        credentials = self.twin.credentials()
        self.keys, self.app = credentials["businesses"][self.key], credentials["app"]

    @property
    def twin(self) -> Any:
        """The twin itself."""
        return self.sandbox.twins["xero"]

    @property
    def base(self) -> str:
        """Where it listens."""
        return self.sandbox.addresses["xero"]

    def ask(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """A call of the Accounting API; `headers` are laid over the usual ones, None leaves one out."""
        headers = {
            "Authorization": f"Bearer {self.keys['access_token']}",
            "xero-tenant-id": self.keys["tenant_id"],
            "Accept": "application/json",
            **options.pop("headers", {}),
        }
        return requests.request(
            method, f"{self.base}/api.xro/2.0/{path}", headers=headers, timeout=5, allow_redirects=False, **options
        )

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The records of a list."""
        reply = self.ask(path, params=params)
        assert reply.status_code == 200, reply.text
        return cast(list[dict[str, Any]], reply.json()[path])

    def post_form(self, path: str, **form: Any) -> requests.Response:
        """The identity service, with the app's keys in the form."""
        keys = {"client_id": self.app["client_id"], "client_secret": self.app["client_secret"]}
        return requests.post(f"{self.base}/{path}", data={**keys, **form}, timeout=5)

    def act(self, name: str, **fields: Any) -> dict[str, Any]:
        """A control act, over the control port."""
        url = f"{self.sandbox.addresses['control']}/act/xero/{name}"
        reply = requests.post(url, json=fields, timeout=5)
        assert reply.status_code == 200, reply.text
        return cast(dict[str, Any], reply.json())

    def invoice(self, status: str = "AUTHORISED") -> str:
        """Some sales invoice's id in this status."""
        truth = self.twin.truth(self.key)["invoices"]
        return str(next(id_ for id_, one in truth.items() if one["platform_status"] == status))


@pytest.fixture
def caller(sandboxes: Callable[..., Sandbox]) -> Caller:
    """Sixty invoices."""
    return Caller(sandboxes(platforms=("xero",), invoices=60, customers=20))


@dataclass
class Receiver:
    """Answers each delivery as told: `answer(body, headers)` gives a status, a body and headers."""

    answer: Callable[[bytes, dict[str, str]], tuple[int, bytes, dict[str, str]]]
    heard: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.heard.append((body, headers))
                status, said, more = receiver.answer(body, headers)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(said)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Silence."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Close it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receivers() -> Iterator[Callable[..., Receiver]]:
    """Starts receivers and stops them afterwards."""
    running: list[Receiver] = []

    def start(answer: Callable[[bytes, dict[str, str]], tuple[int, bytes, dict[str, str]]]) -> Receiver:
        running.append(Receiver(answer))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def pkce() -> tuple[str, str]:
    """A verifier and its challenge."""
    return VERIFIER, CHALLENGE
