"""The stage: a sandbox, a fresh installation beside it, and its pages, all on this machine and all real."""

import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from duewell.config import App, Settings, Web
from duewell.config_ways import Mail
from duewell.logs import configure
from duewell.owning import begin_business, set_owner_password
from duewell.serving import Serving
from duewell.wiring import House, build
from sandbox.server import Sandbox, Setup

BUSINESS = "Your business"


class Disappointed(Exception):
    """The story did not go as it must: something is broken, and the sentence says what."""


@dataclass
class Stage:
    """What the story is played on. Use it as a context manager."""

    sandbox: Sandbox
    house: House
    serving: Serving
    business: str
    password: str

    def __exit__(self, *_: object) -> None:
        self.serving.__exit__()
        self.house.close()
        self.sandbox.stop()
        shutil.rmtree(self.house.settings.data, ignore_errors=True)

    def __enter__(self) -> "Stage":
        return self

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.house.settings.web.base_url


def set_up(setup: Setup) -> Stage:
    """Start everything, with an owner's password made for the occasion. Leaves nothing connected yet."""
    sandbox = Sandbox(setup)
    sandbox.start()
    settings = settings_for(sandbox, Path(tempfile.mkdtemp(prefix="duewell-demo-")))
    configure(settings)
    house = build(settings)
    password = secrets.token_urlsafe(12)
    set_owner_password(house, password)
    business = begin_business(house, BUSINESS, sender_name="Robin")
    serving = Serving(house, jobs=False)
    serving.__enter__()
    for slug in sandbox.twins:
        _announce(sandbox, slug, settings.web.base_url)
    return Stage(sandbox, house, serving, business, password)


def settings_for(sandbox: Sandbox, data: Path, *, port: int = 0) -> Settings:
    """Settings that point every platform and the mail at the sandbox."""
    port = port or _free_port()
    host, _, smtp_port = sandbox.addresses["smtp"].partition(":")
    mail = Mail(
        host=host,
        port=int(smtp_port),
        security="none",
        sender_name="Robin at Your business",
        sender_address="accounts@your-business.example",
    )
    return Settings(
        data=data,
        sandbox_control=sandbox.addresses["control"],
        log_level="error",
        web=Web(base_url=f"http://localhost:{port}", listen=f"127.0.0.1:{port}"),
        mail=mail,
        platforms={slug: _app(twin.credentials()["app"]) for slug, twin in sandbox.twins.items()},
    )


def _app(told: dict[str, Any]) -> App:
    return App(
        client_id=told["client_id"],
        client_secret=SecretStr(told["client_secret"]),
        webhook_secrets=[SecretStr(secret) for secret in told["webhook_secrets"]],
        addresses=told["addresses"],
    )


def _announce(sandbox: Sandbox, slug: str, base_url: str) -> None:
    """What an operator does once in a platform's portal: say where webhooks go. Stripe's are made at connect."""
    if slug != "stripe":
        sandbox.act(slug, "subscribe", url=f"{base_url}/webhooks/{slug}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
