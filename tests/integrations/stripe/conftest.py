"""A running local Stripe with one connected account, opened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.contract import Account, Books, Grant, Wire
from integrations.oauth import RenewingToken
from integrations.stripe.platform import PLATFORM
from receivables.page import Cursor, Page
from receivables.records import Kind, Record, Ref
from sandbox.server import Sandbox
from tests.conftest import MemoryGrants, wire_to

BUSINESS = "northwind"


@dataclass
class Connected:
    """One account as the adapter sees it, and the twin behind it."""

    sandbox: Sandbox
    wire: Wire
    grants: MemoryGrants
    account: Account
    saved: dict[Ref, Record] = field(default_factory=dict)

    @property
    def token(self) -> RenewingToken:
        return RenewingToken(PLATFORM, self.wire, self.grants, "g1")

    def books(self, account: Account | None = None) -> Books:
        return PLATFORM.open(self.wire, account or self.account, self.token)

    def act(self, name: str, /, **given: Any) -> dict[str, Any]:
        business = {} if name == "subscribe" else {"business": BUSINESS}
        with self.sandbox.world.lock:
            done: dict[str, Any] = self.sandbox.twins["stripe"].controls()[name](**business, **given)
        return done

    def truth(self) -> dict[str, Any]:
        return self.sandbox.twins["stripe"].truth(BUSINESS)

    def calls(self) -> dict[str, int]:
        """Calls since the last time, by route."""
        counted: dict[str, int] = self.sandbox.book.counts()["calls"].get("stripe", {})
        self.sandbox.book.clear()
        return counted

    def ref(self, kind: Kind, key: str) -> Ref:
        return Ref(self.account.id, kind, key)

    def invoice(self, status: str, **wanted: object) -> Ref:
        """The newest invoice of a status, from the twin's truth."""
        fits = [
            key
            for key, one in self.truth()["invoices"].items()
            if one["status"] == status and all(one[name] == value for name, value in wanted.items())
        ]
        return self.ref(Kind.INVOICE, fits[-1])

    def save(self, pages: Iterator[Page]) -> Cursor:
        """Keep pages as storage does: an older record never overwrites a newer one."""
        cursor: Cursor | None = None
        for page in pages:
            self.take(page)
            cursor = page.cursor or cursor
        assert cursor is not None
        return cursor

    def take(self, page: Page) -> None:
        for record in page.records:
            known = self.saved.get(record.ref)
            if known is None or known.changed_at <= record.changed_at:
                self.saved[record.ref] = record
        for one in page.gone:
            self.saved.pop(one.ref, None)

    def of(self, kind: Kind) -> dict[str, Any]:
        """What is saved of one kind, by Stripe's id."""
        return {ref.id: record for ref, record in self.saved.items() if ref.kind is kind}


@pytest.fixture
def connect(sandboxes: Callable[..., Sandbox]) -> Callable[..., Connected]:
    """Starts a local Stripe and connects its account with the ready-made key."""

    def start(**setup: object) -> Connected:
        sandbox = sandboxes(platforms=("stripe",), **setup)
        wire = wire_to(sandbox, "stripe")
        given = sandbox.twins["stripe"].credentials()["businesses"][BUSINESS]
        grants = MemoryGrants(Grant("g1", "stripe", given["api_key"], kind="key"))
        details = {"livemode": "false", "time_zone": given["time_zone"]}
        return Connected(sandbox, wire, grants, Account("c1", given["account"], "Northwind Cloud", details))

    return start


@pytest.fixture
def northwind(connect: Callable[..., Connected]) -> Connected:
    """The usual account: forty customers, 240 invoices."""
    return connect()
