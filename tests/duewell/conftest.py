"""Terminals beside a small Stripe, so that each story starts in about a second."""

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from duewell import people
from sandbox.server import Sandbox
from tests.duewell.terminal import Terminal, sit_down


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing one as it should be takes a fifth of a second."""
    monkeypatch.setattr(people, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def terminal(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Terminal:
    """An installation in which nothing was done yet."""
    return sit_down(sandboxes(platforms=("stripe",), customers=6, invoices=40), tmp_path / "here")


@pytest.fixture
def settled(terminal: Terminal) -> Terminal:
    """An installation with an owner, a business, and Stripe connected and read."""
    terminal.settle_in()
    return terminal
