"""Terminals beside a small Stripe, so that each story starts in about a second."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.duewell.terminal import Terminal, sit_down


@pytest.fixture
def terminal(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Terminal:
    """An installation in which nothing was done yet."""
    return sit_down(sandboxes(platforms=("stripe",), customers=6, invoices=40), tmp_path / "here")


@pytest.fixture
def settled(terminal: Terminal) -> Terminal:
    """An installation with an owner, a business, and Stripe connected and read."""
    terminal.settle_in()
    return terminal
