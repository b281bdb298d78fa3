"""A local Xero with opened books, for every test of the adapter."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from integrations.contract import Account, Books, Grant, GrantStore, Wire
from integrations.oauth import RenewingToken
from integrations.xero.platform import PLATFORM
from receivables.page import Gone, Odd, Page
from receivables.records import Kind, Record, Ref
from sandbox.faults import Fault
from sandbox.server import Sandbox


class Shared(Protocol):
    """What the tests' own top-level module offers; it cannot be imported by name in this import mode."""

    wire_to: Callable[..., Wire]
    MemoryGrants: Callable[..., GrantStore]


@cache
def shared() -> Shared:
    """tests/conftest.py, loaded once more under another name."""
    spec = spec_from_file_location("duewell_tests_shared", Path(__file__).parents[2] / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(Shared, module)


@dataclass
class Desk:
    """A running Xero, and one of its organisations as we see it."""

    sandbox: Sandbox
    key: str
    wire: Wire
    grants: GrantStore
    token: RenewingToken
    account: Account
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = PLATFORM.open(self.wire, self.account, self.token)

    @property
    def meter(self) -> Any:
        """The wire's counting meter."""
        return self.wire.meter

    @property
    def clock(self) -> Any:
        """The wire's clock."""
        return self.wire.clock

    @property
    def truth(self) -> dict[str, Any]:
        """The twin's own ledger."""
        return self.sandbox.twins["xero"].truth(self.key)

    def act(self, name: str, **fields: Any) -> dict[str, Any]:
        """A control act in this organisation."""
        with self.sandbox.world.lock:
            return cast(dict[str, Any], self.sandbox.twins["xero"].controls()[name](business=self.key, **fields))

    def trouble(self, name: str, **fields: Any) -> dict[str, Any]:
        """A control act that belongs to no organisation."""
        with self.sandbox.world.lock:
            return cast(dict[str, Any], self.sandbox.twins["xero"].controls()[name](**fields))

    def fault(self, kind: str, **fields: Any) -> None:
        """Arm a fault."""
        self.sandbox.book.add(Fault("xero", kind, **fields))

    def calls(self) -> dict[str, int]:
        """Calls by route since the last reset."""
        return cast(dict[str, int], self.sandbox.book.counts()["calls"].get("xero", {}))

    def reset(self) -> None:
        """Count from zero, and disarm."""
        self.sandbox.book.clear()
        self.meter.calls = self.meter.sent_bytes = self.meter.received_bytes = 0

    def ref(self, kind: Kind, id_: str) -> Ref:
        """Our pointer to a record."""
        return Ref(self.account.id, kind, id_)

    def invoice(self, status: str, *, paid: bool | None = None, nth: int = 0) -> str:
        """The id of an invoice in this state by the twin's truth; `paid`: partly paid or untouched."""
        rows = [
            id_
            for id_, one in self.truth["invoices"].items()
            if one["status"] == status and (paid is None or (one["open"] < one["total"]) is paid)
        ]
        return str(rows[nth])


@dataclass
class Shelf:
    """Our side: records by reference as pages come in, the way storage keeps them."""

    records: dict[Ref, Record] = field(default_factory=dict)
    gone: dict[Ref, Gone] = field(default_factory=dict)
    odd: list[Odd] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def take(self, pages: Iterable[Page]) -> "Shelf":
        """Save every page; an older version never overwrites a newer one."""
        for page in pages:
            self.pages.append(page)
            self.odd += page.odd
            for record in page.records:
                known = self.records.get(record.ref)
                if known is None or known.version <= record.version:
                    self.records[record.ref] = record
            for gone in page.gone:
                self.records.pop(gone.ref, None)
                self.gone[gone.ref] = gone
        return self

    def of(self, type_: type[Any]) -> dict[str, Any]:
        """Records of one type by the platform's id."""
        return {ref.id: one for ref, one in self.records.items() if isinstance(one, type_)}

    @property
    def cursor(self) -> Any:
        """Where to go on."""
        return next(page.cursor for page in reversed(self.pages) if page.cursor)


def make_desk(sandbox: Sandbox, key: str, **details: str) -> Desk:
    """Books of one organisation with the ready-made credentials of the twin."""
    keys = sandbox.twins["xero"].credentials()["businesses"][key]
    wire = shared().wire_to(sandbox, "xero")
    expires_at = datetime.fromisoformat(keys["expires_at"]).astimezone(UTC)
    grant = Grant("g1", "xero", keys["access_token"], keys["refresh_token"], expires_at)
    grants = shared().MemoryGrants(grant)
    account = Account(f"c-{key}", keys["tenant_id"], keys["label"], {"connection_id": keys["connection_id"], **details})
    return Desk(sandbox, key, wire, grants, RenewingToken(PLATFORM, wire, grants, "g1"), account)


@pytest.fixture
def open_desk(sandboxes: Callable[..., Sandbox]) -> Callable[..., Desk]:
    """Starts a Xero and opens one organisation: `open_desk(invoices=50)`."""

    def start(key: str = "brightwater", **setup: object) -> Desk:
        asked: dict[str, object] = {"platforms": ("xero",), "invoices": 60, "customers": 20, **setup}
        return make_desk(sandboxes(**asked), key, base_currency="GBP")

    return start


@pytest.fixture
def desk_of() -> Callable[..., Desk]:
    """Books of another organisation of a running Xero: `desk_of(sandbox, "harbour")`."""
    return make_desk


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """Brightwater Studio with sixty invoices."""
    return open_desk()


@pytest.fixture
def shelf() -> Callable[[], Shelf]:
    """An empty shelf for pages."""
    return Shelf


@pytest.fixture
def in_threads() -> Callable[..., None]:
    """Does the same thing in several threads at once."""

    def run(number: int, act: Callable[[], object]) -> None:
        threads = [threading.Thread(target=act) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run
