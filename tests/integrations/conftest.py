"""Every platform of the registry in turn, connected to its twin."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.registry import slugs
from sandbox.server import Sandbox
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
