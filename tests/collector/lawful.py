"""Small rules and facts to judge by: one rule in a file, one customer, contacts of some days."""

from datetime import UTC, date, datetime

from collector.law.lawbook import Facts, PastContact, PlannedContact
from collector.law.reading import read_rules
from collector.law.rule import Rules
from receivables.records import CustomerKind, Kind, Ref
from receivables.said import Way

A, B = Ref("c", Kind.INVOICE, "1"), Ref("c", Kind.INVOICE, "2")


def row(id: str, kind: str, mode: str, text: str = "Nothing is said", *lines: str, **fields: str) -> str:
    """One rule of a file; fields are TOML texts, `lines` its parameters."""
    usual = {
        "title": '"A rule"',
        "jurisdiction": '"*"',
        "since": "2020-01-01",
        "source": '"Test 1"',
        "checked_on": "2026-01-01",
        "confidence": '"verified"',
    }
    told = {"id": f'"{id}"', "kind": f'"{kind}"', "mode": f'"{mode}"', "text": f'"{text}."', **usual, **fields}
    written = [f"{name} = {value}" for name, value in told.items()]
    return "\n".join(["[[rule]]", *written, *(["[rule.params]", *lines] if lines else []), ""])


def hours(id: str, *lines: str, text: str = "09:00 20:00 08:00 21:00", **fields: str) -> str:
    return row(id, "quiet_hours", fields.pop("mode", "defer"), text, *lines, **fields)


def cap(id: str, most: int, days: int, *, counts: str = "attempts", per: str = "person", **fields: str) -> str:
    span = f"days = {days}" if days else "calendar_month = true"
    lines = (f"most = {most}", span, f'counts = "{counts}"', f'per = "{per}"')
    return row(
        id, "frequency", fields.pop("mode", "block"), f"At most {most} in {days} days of a month", *lines, **fields
    )


def book(*rows: str) -> Rules:
    return read_rules({"test.toml": "\n".join(rows)})


def facts(kind: str = "consumer", *zones: str, **fields: object) -> Facts:
    return Facts(CustomerKind(kind), zones or ("UTC",), **fields)  # type: ignore[arg-type]


def planned(channel: str = "mail", *debts: Ref, **fields: object) -> PlannedContact:
    return PlannedContact(channel, debts or (A,), **fields)  # type: ignore[arg-type]


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text.rstrip("T")).replace(tzinfo=UTC)


def past(day: str, channel: str = "mail", *debts: Ref, **fields: object) -> PastContact:
    return PastContact(at(day), channel, debts, **fields)  # type: ignore[arg-type]


def theirs(day: str, channel: str = "call") -> PastContact:
    return past(day, channel, way=Way.THEIRS, conversation=True)


def day(instant: datetime | None) -> date | None:
    return None if instant is None else instant.date()
