"""What Intuit's published field tables say of an answer, turned into schemas: no unknown field, and the right types.

The tables come from XML schemas and do not say what is required. Where JSON is known to differ from them, the
difference is listed here by name: plain values of references and memos, amounts that are numbers, lower-case faults.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request

from tests.contracts.strictness import Shapes

Json = Any
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$"
PLAIN: Mapping[str, Json] = {
    "string": {"type": "string"},
    "anyURI": {"type": "string"},
    "id": {"type": "string"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "positiveInteger": {"type": "integer", "minimum": 0},
    "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "dateTime": {"type": "string", "pattern": INSTANT},
}
# An XML element's text is called `value` in JSON; recorded answers have it in these types.
VALUED = ("ReferenceType", "MemoRef")
RECORDED = Path(__file__).with_name("quickbooks_recorded.json")


class QuickBooksRules:
    """Checks whatever an answer holds, by the names of its parts."""

    def __init__(self, contracts: Path) -> None:
        self._shapes = Shapes("quickbooks", _document(contracts / "quickbooks/schema"))

    def faults(self, request: Request, status: int, body: Json) -> Iterable[str]:
        """Everything the tables do not allow."""
        if request.path == "/oauth2/v1/tokens/bearer":
            return self._tokens(status, body)
        if not request.path.startswith("/v3/company/"):
            return []
        kind = "Gateway" if isinstance(body, dict) and "fault" in body else "Answer"
        return self._shapes.faults((kind,), body)

    def entity(self, name: str, row: Json) -> list[str]:
        """What does not fit in one record of this name."""
        return self._shapes.faults(("types", name), row)

    def _tokens(self, status: int, body: Json) -> list[str]:
        if status < 400:
            return self._shapes.faults(("Tokens",), body)
        return [] if status >= 500 or isinstance(body.get("error"), str) else ["/error: missing"]


def _document(folder: Path) -> dict[str, Json]:
    tables: dict[str, Json] = {}
    enums: dict[str, Json] = json.loads((folder / "all_enums.json").read_text())["enums"]
    for path in sorted(folder.glob("*.json")):
        tables |= json.loads(path.read_text()).get("types", {})
    index = json.loads((folder / "type_index.json").read_text())
    entities = [name for name in index if _is_entity(name, index)]
    types = {name: _table(name, one["fields"], tables, enums) for name, one in tables.items()}
    types |= {name: {"type": "object"} for name in entities if name not in types}
    _hold(types, entities)
    recorded = json.loads(RECORDED.read_text())
    return {**recorded, "types": types, "Answer": _answer(types["IntuitResponse"], entities)}


def _is_entity(name: str, index: dict[str, Json]) -> bool:
    while name and name in index:
        name = index[name]["extends"]
        if name == "IntuitEntity":
            return True
    return False


def _table(name: str, fields: list[dict[str, Json]], tables: Mapping[str, Json], enums: Mapping[str, Json]) -> Json:
    properties = {one["name"]: _field(one, tables, enums) for one in fields}
    if name in VALUED:
        properties["value"] = {"type": "string"}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field(field: dict[str, Json], tables: Mapping[str, Json], enums: Mapping[str, Json]) -> Json:
    """One field's schema; of types that the tables do not have nothing is known, and everything allowed."""
    kind = field["type"]
    if kind in tables:
        schema: Json = {"$ref": f"#/types/{kind}"}
    elif kind in enums and enums[kind].get("values"):
        schema = {"enum": enums[kind]["values"]}
    else:
        schema = PLAIN.get(kind, {})
    return {"type": "array", "items": schema} if field.get("max") == "unbounded" else schema


def _hold(types: dict[str, Json], entities: Iterable[str]) -> None:
    """What an envelope may hold: `IntuitObject` stands for any record, under its own name."""
    for name, many in (("QueryResponse", True), ("BatchItemResponse", False), ("AttachableResponse", False)):
        properties = types[name]["properties"]
        properties.pop("IntuitObject", None)
        for entity in entities:
            one = {"$ref": f"#/types/{entity}"}
            properties.setdefault(entity, {"type": "array", "items": one} if many else one)


def _answer(response: Json, entities: Iterable[str]) -> Json:
    properties = {name: one for name, one in response["properties"].items() if name != "IntuitObject"}
    properties |= {name: {"$ref": f"#/types/{name}"} for name in entities}
    return {**response, "properties": properties}
