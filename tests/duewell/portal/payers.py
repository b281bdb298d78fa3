"""What the tests of the payer's pages share: Amber's books, a visitor with a link, and what is on a page."""

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from duewell.config import Settings, Web
from duewell.desk.desk import Desk
from duewell.links import link_for
from duewell.portal.paying import Counters
from duewell.portal.reception import Reception
from duewell.web import create_app
from duewell.web.door import Door
from duewell.wiring import House
from receivables.records import Address, CustomerKind, Kind, Record
from receivables.said import Said
from storage.links import Aim
from storage.said import said
from storage.settings import set_setting
from tests.duewell.web.fixed_office import FixedOffice
from tests.storage.amber import BUSINESS as BUSINESS
from tests.storage.amber import CONNECTION, customer, invoice, ref

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
ANN = f"{CONNECTION}/1"
BASE = "https://pay.amber.test"
ONE, TWO = ref(Kind.INVOICE, 1), ref(Kind.INVOICE, 2)
BOOKS: tuple[Record, ...] = (
    customer(
        1, name="Ann Lee Ltd", kind=CustomerKind.BUSINESS, address=Address(postcode="SW1A 1AA", country="GB"),
    ),
    customer(2, name="Ann Bole", kind=CustomerKind.BUSINESS),
    invoice(1, 10_000, of=1),
    invoice(2, 4_000, of=1, due_on=date(2026, 3, 9), issued_on=date(2026, 2, 9)),
    invoice(3, 7_000, of=2),
    invoice(4, 0, of=1),
)  # fmt: skip


class OfPayers(Desk):
    """The desk, with a counter of the test's own."""

    def __init__(self, house: House, counters: Counters) -> None:
        super().__init__(house, reads=False)
        self._reception = Reception(house, counters)

    @property
    def reception(self) -> Reception:
        return self._reception


def nowhere(_: str) -> None:
    """No money is taken."""


def app_of(house: House, counters: Counters = nowhere, base_url: str = BASE) -> Flask:
    """Addresses and templates are compiled once, which takes longer than most tests."""
    office = OfPayers(house, counters)
    app = copy.copy(_compiled(base_url))
    app.extensions = {**app.extensions, "duewell": office, "duewell.door": Door(office)}
    return app


@cache
def _compiled(base_url: str) -> Flask:
    return create_app(Settings(web=Web(base_url=base_url)), FixedOffice())


def token_of(house: House, aim: Aim | None = None) -> str:
    return link_for(house, BUSINESS, aim or Aim(ANN))[1]


def public(house: House) -> None:
    """As if the installation had a public address."""
    house.settings.web.base_url = BASE


def text_of(page: TestResponse) -> str:
    """What is on it, without tags."""
    plain = re.sub(r"<[^>]*>", " ", page.get_data(as_text=True))
    return " ".join(unescape(plain).split())


def proof_in(page: TestResponse) -> str:
    found = re.search(r'name="proof" value="([^"]+)"', page.get_data(as_text=True))
    assert found, "the page has no form"
    return found[1]


def hidden_in(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's first form."""
    first = page.get_data(as_text=True).partition("<form")[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', first)
    return {name: unescape(value) for name, value in found}


@dataclass
class Payer:
    """Somebody with a link, in a browser without cookies or scripts."""

    client: FlaskClient
    token: str
    house: House
    headers: dict[str, str] = field(default_factory=dict)

    def look(self, path: str = "") -> TestResponse:
        return self.client.get(f"/p/{self.token}{path}", base_url=BASE, headers=self.headers)

    def press(self, do: str, *, proof: str = "", **typed: object) -> TestResponse:
        form = {"do": do, "proof": proof or proof_in(self.look()), **typed}
        return self.client.post(f"/p/{self.token}", data=form, base_url=BASE, headers=self.headers)


def payer(house: House, counters: Counters = nowhere, aim: Aim | None = None) -> Payer:
    public(house)
    client = app_of(house, counters).test_client(use_cookies=False)
    return Payer(client, token_of(house, aim), house)


def on_record(house: House) -> list[Said]:
    with house.database.read() as tx:
        return said(tx, BUSINESS)


def setting(house: House, name: str, value: str) -> None:
    with house.database.write() as tx:
        set_setting(tx, BUSINESS, name, value)


@contextmanager
def counting(house: House) -> Iterator[list[str]]:
    """Every statement the database is sent, in order."""
    from sqlalchemy import event

    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(house.database.engine, "before_cursor_execute", note)
