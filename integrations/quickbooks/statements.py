"""QuickBooks' query language, as far as we speak it: one SELECT with escaped literals and an explicit page."""

from collections.abc import Iterable

PAGE = 1000
NAME_LISTS = ("Customer", "CustomerType", "Term", "Account")
"""Of other lists only what is active is asked for."""


def select(entity: str, *conditions: str, order_by: str = "", start: int = 1) -> str:
    """A page of at most 1000 rows from `start` on: without a number QuickBooks gives 100, and no hint of the rest.

    Name lists hide inactive rows unless asked for both.
    """
    asked = [*(("Active IN (true, false)",) if entity in NAME_LISTS else ()), *conditions]
    where = f" WHERE {' AND '.join(asked)}" if asked else ""
    order = f" ORDERBY {order_by}" if order_by else ""
    return f"SELECT * FROM {entity}{where}{order} STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - not SQL


def literal(text: str) -> str:
    """A text inside a statement: backslash first, or a quote breaks out."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def among(field: str, values: Iterable[str]) -> str:
    """A condition that the field is one of the values."""
    return f"{field} IN ({', '.join(map(literal, values))})"
