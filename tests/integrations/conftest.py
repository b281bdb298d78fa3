"""Every platform of the registry in turn, connected to its twin."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.registry import slugs
from sandbox.server import Sandbox, Setup
from tests.integrations.sides import Side, connect_side


@pytest.fixture(params=slugs())
def slug(request: pytest.FixtureRequest) -> str:
    """Each platform's name."""
    return str(request.param)


@pytest.fixture
def side_of(sandboxes: Callable[..., Sandbox]) -> Callable[..., Side]:
    """Starts one platform's sandbox and connects its first company: `side_of("xero", invoices=500)`."""

    def start(slug: str, *, wire: dict[str, Any] | None = None, **setup: Any) -> Side:
        size = {"invoices": 30, "customers": 8, **setup}
        return connect_side(sandboxes(platforms=(slug,), **size), slug, **(wire or {}))

    return start


@pytest.fixture
def side(side_of: Callable[..., Side], slug: str) -> Side:
    """Each platform in turn, with thirty invoices."""
    return side_of(slug)


@pytest.fixture(scope="module")
def kept() -> Iterator[Callable[[str], Side]]:
    """A connected company of each platform, for all tests of a file that change nothing in its books."""
    running: dict[str, Side] = {}

    def get(slug: str) -> Side:
        if slug not in running:
            sandbox = Sandbox(Setup(platforms=(slug,), invoices=10, customers=4))
            sandbox.start()
            running[slug] = connect_side(sandbox, slug)
        running[slug].forget()
        return running[slug]

    yield get
    for side in running.values():
        side.sandbox.stop()
