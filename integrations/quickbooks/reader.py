"""What all reading of one company shares: the client, our connection's name, and rows turned into pages."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from integrations.contract import Account, Token, Wire
from integrations.errors import TryLater
from integrations.quickbooks.client import Envelope, QuickBooksClient
from integrations.quickbooks.mapping import (
    Mapped,
    NotUnderstood,
    Place,
    have_types,
    home_currency,
    instant,
    lack_currency,
    map_rows,
)
from integrations.quickbooks.payloads import (
    CompanyInfoRow,
    CustomerTypeRow,
    PreferencesRow,
    Row,
    TermRow,
    Unreadable,
    decode,
)
from integrations.quickbooks.statements import select
from receivables.page import Cursor, Page

T = TypeVar("T")
Rows = Sequence[Row | Unreadable]


class Reader:
    """`gap` is set while the last reading had to do without news of deletions."""

    def __init__(self, wire: Wire, account: Account, token: Token) -> None:
        self.client = QuickBooksClient(wire, account.external_id, token)
        self.clock = wire.clock
        self.connection = account.id
        self.details = account.details
        self.gap = False
        self._home = ""
        self._types: dict[str, str] | None = None

    def rows(self, entity: str, answer: Envelope) -> Rows:
        """The answer's records of one kind, decoded."""
        try:
            return decode(entity, answer.listed(entity))
        except msgspec.DecodeError:
            raise TryLater("QuickBooks answered with something that is not a list") from None

    def place(self, *rows: Rows) -> Place:
        """Where these rows belong; the home currency and the names of customer types are asked for once, and only if a
        row leaves its currency out or has a type."""
        if not self._home and any(lack_currency(some) for some in rows):
            self._home = home_currency(self.settings())
        if self._types is None and any(have_types(some) for some in rows):
            self._types = {one.id: one.name or "" for one in self._listed("CustomerType", CustomerTypeRow)}
        return Place(self.connection, self._home, self._types or {})

    def page(
        self,
        rows: Mapping[str, Rows],
        *,
        at: datetime,
        cursor: Cursor | None = None,
        stream: str = "",
    ) -> Page:
        """Rows by kind, answered at `at`, as one page."""
        place = self.place(*rows.values())
        mapped = Mapped()
        for entity, some in rows.items():
            mapped += map_rows(entity, some, place, at=at)
        return Page(mapped.records, mapped.gone, mapped.odd, cursor, stream)

    def settings(self) -> PreferencesRow:
        """The company's preferences."""
        return self._single("Preferences", PreferencesRow)

    def info(self) -> CompanyInfoRow:
        """The company itself."""
        return self._single("CompanyInfo", CompanyInfoRow)

    def terms(self) -> list[TermRow]:
        """The credit terms on offer; terms in a shape we do not know are left out, since nothing rests on them."""
        listed = self.client.query(select("Term")).listed("Term")
        try:
            return msgspec.json.decode(listed, type=list[TermRow])
        except msgspec.DecodeError:
            return []

    def _single(self, entity: str, shape: type[T]) -> T:
        found = self._listed(entity, shape)
        if not found:
            raise TryLater(f"QuickBooks did not tell its {entity}")
        return found[0]

    def _listed(self, entity: str, shape: type[T]) -> list[T]:
        """All of a short list."""
        listed = self.client.query(select(entity)).listed(entity)
        try:
            return msgspec.json.decode(listed, type=list[shape])  # type: ignore[valid-type]
        except msgspec.DecodeError:
            raise TryLater(f"QuickBooks did not tell its {entity}") from None


def server_time(answer: Envelope) -> str:
    """QuickBooks' own clock at the answer, by which reading goes on. Raises TryLater when it is missing."""
    try:
        return instant(str(answer.time)).isoformat()
    except NotUnderstood:
        raise TryLater("QuickBooks did not say its time") from None


def said_at(answer: Envelope) -> datetime:
    """The same as an instant; the beginning of time when it is missing."""
    try:
        return instant(str(answer.time))
    except NotUnderstood:
        return datetime(1970, 1, 1, tzinfo=UTC)
