"""The query language: `SELECT * FROM Entity [WHERE ...] [ORDERBY f [DESC]] [STARTPOSITION n] [MAXRESULTS n]`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from operator import eq, ge, gt, le, lt
from typing import Any

from sandbox.quickbooks.index import TIME, Index, Sorted
from sandbox.quickbooks.rows import EXPONENTS

TOKEN = re.compile(r"\s*('(?:\\.|[^'\\])*'|[A-Za-z_][\w.]*|\d[\w.\-:+]*|<=|>=|[=<>(),*])")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"=": eq, "<": lt, ">": gt, "<=": le, ">=": ge}
PAGE, PAGE_MAX = 100, 1000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Conditions = list[tuple[str, str, tuple[str, ...]]]
NAME_LISTS = ("Customer", "CustomerType", "Term", "Item", "TaxCode", "TaxRate", "Account")
# Kinds of records that every real company has and this one keeps none of.
OTHERS = tuple(
    "Bill BillPayment Budget Class CompanyCurrency Department Deposit Employee Estimate "
    "JournalEntry PaymentMethod Purchase PurchaseOrder RefundReceipt SalesReceipt TaxAgency "
    "TimeActivity Transfer Vendor VendorCredit".split()
)


class BadQuery(Exception):
    """The statement cannot be answered; `code` is QuickBooks' own."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def _money(field: str) -> Callable[[Any], Decimal]:
    return lambda row: Decimal(getattr(row, field)).scaleb(-EXPONENTS.get(row.currency, 2))


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
    "CustomerType": {**COMMON, "active": lambda row: row.active, "name": lambda row: row.name},
    "Term": {**COMMON, "active": lambda row: row.active, "name": lambda row: row.name},
    "Attachable": {
        **COMMON,
        "note": lambda row: row.note,
        "attachableref.entityref.type": lambda row: row.entity.lower(),
        "attachableref.entityref.value": lambda row: row.target,
    },
    **{name: {**COMMON, "active": lambda row: row.active} for name in ("Item", "TaxCode", "TaxRate")},
    "Account": {
        **COMMON,
        "active": lambda row: row.active,
        "name": lambda row: row.name,
        "accounttype": lambda row: row.kind,
    },
    "CompanyInfo": {},
    "Preferences": {},
    **{name: {**COMMON, "active": lambda row: row.active} for name in OTHERS},
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


def rows(statement: Statement, index: Index) -> list[Any]:
    """The page asked for; all that fits when it is only to be counted. Name lists hide what is inactive unless Active
    is asked about."""
    fields, conditions = FIELDS[statement.entity], _narrowed(statement)
    view = _view(statement, index)
    candidates = view.rows
    if statement.order_by == TIME:
        candidates, conditions = _cut(view, conditions)
    tests = [_test(fields[field], operator, values) for field, operator, values in conditions]
    found = candidates if not tests else (row for row in candidates if all(test(row) for test in tests))
    if statement.counting:
        return list(found)
    return list(islice(found, statement.start - 1, statement.start - 1 + statement.most))


def _view(statement: Statement, index: Index) -> Sorted:
    """The rows in the order asked for; only a few when ids are named."""
    read = FIELDS[statement.entity][statement.order_by] if statement.order_by else None
    for field, operator, values in statement.conditions:
        if field == "id" and operator in ("=", "IN"):
            few = index.picked(statement.entity, values)
            rows = sorted(few.rows, key=read, reverse=statement.descending) if read else few.rows
            return Sorted(rows, statement.descending)
    return index.view(statement.entity, statement.order_by, read, descending=statement.descending)


def _cut(view: Sorted, conditions: Conditions) -> tuple[Sequence[Any], Conditions]:
    """Rows between the times that are asked for, and what is left to be asked of each."""
    bounds: dict[str, datetime] = {}
    left: Conditions = []
    for field, operator, values in conditions:
        if field == TIME and operator in (">=", "<") and operator not in bounds:
            bounds[operator] = _typed(values[0], LONG_AGO)
        else:
            left.append((field, operator, values))
    return view.between(bounds.get(">="), bounds.get("<")), left


def _narrowed(statement: Statement) -> Conditions:
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
