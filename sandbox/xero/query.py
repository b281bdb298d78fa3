"""Xero's list parameters: a small `where`, `order`, comma lists, If-Modified-Since, page numbers over a live table."""

import email.utils
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sandbox.xero.replies import Answer, bad_query

Row = Any
Fields = Mapping[str, Callable[[Row], Any]]
Test = Callable[[Row], bool]
PAGE_SIZE, PAGE_SIZE_MAX = 100, 1000

TOKEN = re.compile(
    r"\s*(?:(?P<word>AND|OR|&&|\|\|)(?![\w.])|(?P<paren>[()])|(?P<field>[A-Za-z][\w.]*)\s*(?P<op>==|!=|<=|>=|<|>)\s*"
    r'(?P<value>"[^"]*"|Guid\("[^"]*"\)|DateTime\([\d,\s]+\)|-?\d+(?:\.\d+)?|true|false)\s*)',
    re.IGNORECASE,
)
HEADER_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:(?:\.\d+)?Z)?")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page was asked for; None when the list is unpaged."""

    page: int
    size: int

    def cut(self, rows: list[Row]) -> tuple[list[Row], dict[str, int]]:
        """The page's rows, as an offset into the table as it is now, and the pagination object."""
        first = (self.page - 1) * self.size
        about = {
            "page": self.page,
            "pageSize": self.size,
            "pageCount": -(-len(rows) // self.size),
            "itemCount": len(rows),
        }
        return rows[first : first + self.size], about


def paging(args: Mapping[str, str], *, forced: bool = False) -> Paging | None:
    """Page and size; a size out of range is silently clamped, as Xero does."""
    if "page" not in args and not forced:
        return None
    page, size = args.get("page", "1"), args.get("pageSize", str(PAGE_SIZE))
    if not page.isdigit() or not re.fullmatch(r"-?\d+", size):
        raise Answer(bad_query("page and pageSize must be whole numbers"))
    return Paging(max(1, int(page)), min(PAGE_SIZE_MAX, max(1, int(size))))


def truthy(args: Mapping[str, str], name: str) -> bool:
    """`true` in any spelling of case; anything but true or false is refused."""
    value = args.get(name, "false").lower()
    if value not in ("true", "false"):
        raise Answer(bad_query(f"{name} must be true or false"))
    return value == "true"


def where(text: str, fields: Fields) -> Test:
    """A test for rows. Raises Answer (400) for whatever the small parser does not know."""
    parser = _Parser(text, fields)
    test = parser.either()
    if parser.token() is not None:
        raise Answer(bad_query(f"cannot parse {text[:40]!r}"))
    return test


class _Parser:
    def __init__(self, text: str, fields: Fields) -> None:
        self._text, self._fields, self._at = text, fields, 0

    def token(self) -> re.Match[str] | None:
        if not self._text[self._at :].strip():
            return None
        found = TOKEN.match(self._text, self._at)
        if found is None:
            raise Answer(bad_query(f"cannot parse {self._text[:40]!r}"))
        return found

    def either(self) -> Test:
        tests = [self.both()]
        while self._takes("OR", "||"):
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self._takes("AND", "&&"):
            tests.append(self.one())
        return lambda row: all(test(row) for test in tests)

    def one(self) -> Test:
        found = self.token()
        if found is None:
            raise Answer(bad_query("the filter ends too early"))
        self._at = found.end()
        if found["paren"] == "(":
            inner = self.either()
            closing = self.token()
            if closing is None or closing["paren"] != ")":
                raise Answer(bad_query("a parenthesis is missing"))
            self._at = closing.end()
            return inner
        return self._comparison(found)

    def _comparison(self, found: re.Match[str]) -> Test:
        read = self._fields.get(found["field"] or "")
        if read is None:
            raise Answer(bad_query(f"no property or field {found['field']!r} exists"))
        compare, value = OPERATORS[found["op"]], _value(found["value"])
        return lambda row: compare(read(row), value)

    def _takes(self, *words: str) -> bool:
        found = self.token()
        if found is None or (found["word"] or "").upper() not in words:
            return False
        self._at = found.end()
        return True


def _value(text: str) -> Any:
    if text.startswith('"'):
        return text[1:-1]
    if text.lower().startswith("guid"):
        return text[6:-2].lower()
    if text.lower().startswith("datetime"):
        numbers = [int(part) for part in text[9:-1].split(",")]
        return date(*numbers[:3])
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return Decimal(text)


def ordered(rows: list[Row], text: str, fields: Fields) -> list[Row]:
    """Sorted by `Field ASC|DESC, ...`. Raises Answer (400) for an unknown field."""
    for part in reversed([piece.split() for piece in text.split(",")]):
        read = fields.get(part[0]) if part else None
        if read is None or (len(part) > 1 and part[1].upper() not in ("ASC", "DESC")):
            raise Answer(bad_query(f"cannot order by {text[:40]!r}"))
        rows = sorted(rows, key=read, reverse=len(part) > 1 and part[1].upper() == "DESC")
    return rows


def modified_since(header: str | None) -> datetime | None:
    """If-Modified-Since in UTC as yyyy-mm-ddThh:mm:ss, with a Z or not, or as an HTTP date, cut to the second.

    What cannot be read, such as an offset, is ignored, as by Xero.
    """
    if not header:
        return None
    if not HEADER_DATE.fullmatch(header):
        return _http_date(header)
    try:
        return datetime.fromisoformat(header[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _http_date(header: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def comma_list(args: Mapping[str, str], name: str) -> set[str] | None:
    """A comma list such as IDs or Statuses; None when it was not asked for."""
    return {piece.strip().lower() for piece in args[name].split(",")} if args.get(name) else None
