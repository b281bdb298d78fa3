"""Answers to queries and to what changed since, asked for one at a time or in batches."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.payloads import company_info, preferences
from sandbox.quickbooks.query import OTHERS, BadQuery, Statement, parse, rows

CDC_MAX = 1000
CDC_LOOK_BACK = timedelta(days=30)


def queried(held: Company, text: str) -> dict[str, Any]:
    """What a statement finds; no key for an empty list. Raises BadQuery."""
    statement = parse(text)
    found = _singletons(held, statement) or rows(statement, held.ledger.index)
    if statement.counting:
        return {"totalCount": len(found)}
    shown = [held.written(row) for row in found]
    return {statement.entity: shown, "startPosition": statement.start, "maxResults": len(shown)} if shown else {}


def _singletons(held: Company, statement: Statement) -> list[Any]:
    if statement.entity == "CompanyInfo":
        return [company_info(held.ledger, held.country)]
    if statement.entity == "Preferences":
        return [preferences(held.ledger, held.book_close)]
    return []


def changed_slots(held: Company, names: str, since_text: str) -> dict[str, Any]:
    """A slot for every kind, `{}` when nothing changed. Raises BadQuery."""
    entities = [one for one in names.split(",") if one]
    since = max(_since(since_text), held.now() - CDC_LOOK_BACK)
    if not entities or not set(entities) <= {*held.ledger.tables, *OTHERS}:
        raise BadQuery("4001", "entities")
    left, slots = CDC_MAX, []
    for entity in entities:
        found = held.changed_since(entity, since)[:left]
        left -= len(found)
        page = {entity: found, "startPosition": 1, "maxResults": len(found)} if found else {}
        slots.append(held.slot_fault(entity) or page)
    return {"QueryResponse": slots}


def _since(text: str) -> datetime:
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise BadQuery("4001", "changedSince") from None
    if since.tzinfo is None:
        raise BadQuery("4001", "changedSince")
    return since


def batched(held: Company, item: Mapping[str, Any]) -> dict[str, Any]:
    """One item's answer, with its own fault when it cannot be had. Nothing here writes by batch yet."""
    name = {"bId": item.get("bId", "")}
    try:
        if "Query" in item:
            return name | {"QueryResponse": queried(held, item["Query"])}
        if "CDCQuery" in item:
            asked = item["CDCQuery"]
            return name | {"CDCResponse": changed_slots(held, asked["Entities"], asked["ChangedSince"])}
    except BadQuery as bad:
        return name | _fault(bad.code, "Error parsing query", bad.detail)
    return name | _fault("500", "Unsupported Operation", f"Operation {item.get('operation')} is not supported here.")


def _fault(code: str, message: str, detail: str) -> dict[str, Any]:
    return {"Fault": {"Error": [{"Message": message, "code": code, "Detail": detail}], "type": "ValidationFault"}}
