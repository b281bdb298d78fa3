"""The query language: `SELECT * FROM Entity [WHERE ...] [ORDERBY f [DESC]] [STARTPOSITION n] [MAXRESULTS n]`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

from sandbox.quickbooks.payloads import number

TOKEN = re.compile(r"\s*('(?:\\.|[^'\\])*'|[A-Za-z_][\w.]*|\d[\w.\-:+]*|<=|>=|[=<>(),*])")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"=": eq, "<": lt, ">": gt, "<=": le, ">=": ge}
PAGE, PAGE_MAX = 100, 1000
NAME_LISTS = ("Customer", "Term")


class BadQuery(Exception):
    """The statement cannot be answered; `code` is QuickBooks' own."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def _money(field: str) -> Callable[[Any], Decimal]:
    return lambda row: number(getattr(row, field), row.currency)


COMMON: Mapping[str, Callable[[Any], Any]] = {
    "id": lambda row: row.id,
    "metadata.lastupdatedtime": lambda row: row.updated,
    "metadata.createtime": lambda row: row.created,
}
SALES: Mapping[str, Callable[[Any], Any]] = {
    "customerref": lambda row: row.customer,
    "txndate": lambda row: row.dated_on,
    "totalamt": _money("total"),
}
FIELDS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "Customer": {
        **COMMON,
        "active": lambda row: row.active,
        "displayname": lambda row: row.name,
        "job": lambda row: bool(row.parent),
        "balance": _money("balance"),
    },
    "Invoice": {
        **COMMON,
        **SALES,
        "docnumber": lambda row: row.number,
        "duedate": lambda row: row.due_on,
        "balance": _money("balance"),
    },
    "Payment": {**COMMON, **SALES, "paymentrefnum": lambda row: row.reference},
    "CreditMemo": {**COMMON, **SALES, "docnumber": lambda row: row.number, "balance": _money("remaining")},
    "Term": {**COMMON, "active": lambda row: row.active, "name": lambda row: row.name},
    "Attachable": {
        **COMMON,
        "note": lambda row: row.note,
        "attachableref.entityref.type": lambda row: row.entity.lower(),
        "attachableref.entityref.value": lambda row: row.target,
    },
    "CompanyInfo": {},
    "Preferences": {},
}


@dataclass
class Statement:
    """A parsed query."""

    entity: str
    counting: bool = False
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    order_by: str = ""
    descending: bool = False
    start: int = 1
    most: int = PAGE


class _Tokens:
    def __init__(self, text: str) -> None:
        self._items: list[str] = []
        at, text = 0, text.strip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise BadQuery("4000", f"QueryParserError: Encountered {text[at : at + 12]!r} at column {at}")
            self._items.append(match[1])
            at = match.end()

    def peek(self) -> str:
        return self._items[0].upper() if self._items else ""

    def next(self) -> str:
        if not self._items:
            raise BadQuery("4000", "QueryParserError: Encountered <EOF>")
        return self._items.pop(0)

    def take(self, word: str) -> bool:
        found = self.peek() == word
        if found:
            self.next()
        return found

    def need(self, word: str) -> None:
        if not self.take(word):
            raise BadQuery("4000", f"QueryParserError: Encountered {self.peek() or '<EOF>'!r}, expected {word}")


def parse(text: str) -> Statement:
    """Raises BadQuery."""
    tokens = _Tokens(text)
    tokens.need("SELECT")
    counting = tokens.take("COUNT")
    for part in ("(", "*", ")") if counting else ("*",):
        tokens.need(part)
    tokens.need("FROM")
    statement = Statement(tokens.next(), counting)
    if statement.entity not in FIELDS:
        raise BadQuery("4001", f"QueryValidationError: invalid context declaration: {statement.entity}")
    while tokens.peek():
        _clause(tokens, statement)
    return statement


def _clause(tokens: _Tokens, statement: Statement) -> None:
    word = tokens.next().upper()
    if word == "WHERE":
        statement.conditions = _conditions(tokens, statement.entity)
    elif word in ("ORDERBY", "ORDER"):
        if word == "ORDER":
            tokens.need("BY")
        statement.order_by = _field(tokens.next(), statement.entity)
        statement.descending = tokens.take("DESC")
        tokens.take("ASC")
    elif word == "STARTPOSITION":
        statement.start = _whole(tokens.next(), 1)
    elif word == "MAXRESULTS":
        statement.most = min(PAGE_MAX, _whole(tokens.next(), 0))
    else:
        raise BadQuery("4000", f"QueryParserError: Encountered {word!r}")


def _whole(text: str, least: int) -> int:
    if not text.isdigit():
        raise BadQuery("4000", f"QueryParserError: Encountered {text!r}")
    if int(text) < least:
        raise BadQuery("4001", f"QueryValidationError: value {text} is too small. Min allowed value is {least}")
    return int(text)


def _field(name: str, entity: str) -> str:
    if name.lower() not in FIELDS[entity]:
        raise BadQuery("4001", f"QueryValidationError: Property {name} not found for Entity {entity}")
    return name.lower()


def _conditions(tokens: _Tokens, entity: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    found = [_condition(tokens, entity)]
    while tokens.take("AND"):
        found.append(_condition(tokens, entity))
    return tuple(found)


def _condition(tokens: _Tokens, entity: str) -> tuple[str, str, tuple[str, ...]]:
    field, operator = _field(tokens.next(), entity), tokens.next().upper()
    if operator != "IN":
        if operator not in (*OPERATORS, "LIKE"):
            raise BadQuery("4000", f"QueryParserError: Encountered {operator!r}")
        return field, operator, (_literal(tokens.next()),)
    tokens.need("(")
    values = [_literal(tokens.next())]
    while tokens.take(","):
        values.append(_literal(tokens.next()))
    tokens.need(")")
    return field, "IN", tuple(values)


def _literal(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith("'") else token


def rows(statement: Statement, table: Mapping[str, Any]) -> list[Any]:
    """The page asked for, from a table by id. Name lists hide what is inactive unless Active is asked about."""
    fields = FIELDS[statement.entity]
    tests = [_test(fields[field], operator, values) for field, operator, values in _narrowed(statement)]
    found = [row for row in _candidates(statement, table) if all(test(row) for test in tests)]
    if statement.counting:
        return found
    key = fields[statement.order_by] if statement.order_by else None
    found.sort(key=lambda row: -int(row.id))
    if key is not None:
        found.sort(key=key, reverse=statement.descending)
    return found[statement.start - 1 : statement.start - 1 + statement.most]


def _candidates(statement: Statement, table: Mapping[str, Any]) -> list[Any]:
    for field, operator, values in statement.conditions:
        if field == "id" and operator in ("=", "IN"):
            return [table[one] for one in dict.fromkeys(values) if one in table]
    return list(table.values())


def _narrowed(statement: Statement) -> list[tuple[str, str, tuple[str, ...]]]:
    conditions = list(statement.conditions)
    asked = any(field == "active" for field, _, _ in conditions)
    if statement.entity in NAME_LISTS and not asked:
        conditions.append(("active", "=", ("true",)))
    return conditions


def _test(read: Callable[[Any], Any], operator: str, values: tuple[str, ...]) -> Callable[[Any], bool]:
    if operator == "LIKE":
        pattern = re.compile(".*".join(map(re.escape, values[0].split("%"))), re.IGNORECASE | re.DOTALL)
        return lambda row: pattern.fullmatch(str(read(row))) is not None
    cache: dict[type, list[Any]] = {}
    compare = OPERATORS.get(operator)

    def fits(row: Any) -> bool:
        value = read(row)
        wanted = cache.get(type(value)) or cache.setdefault(type(value), [_typed(one, value) for one in values])
        return value in wanted if compare is None else compare(value, wanted[0])

    return fits


def _typed(text: str, like: Any) -> Any:
    """The literal in the type of the field it is compared with."""
    try:
        if isinstance(like, bool):
            return text.lower() == "true"
        if isinstance(like, Decimal):
            return Decimal(text)
        if isinstance(like, datetime):
            return _instant(text)
        if isinstance(like, date):
            return date.fromisoformat(text)
    except (ValueError, InvalidOperation):
        raise BadQuery("4001", f"QueryValidationError: value {text!r} does not fit the property") from None
    return text


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment
