"""What Stripe's published document says of an answer and of the request that asked for it, newer fields reviewed in."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stripe import TaxRate
from werkzeug.wrappers import Request

from tests.contracts.strictness import Shapes, strict

Json = Any
DOCUMENT = "stripe/openapi_2026-05-27.trim.json"
NEWER = Path(__file__).with_name("stripe_newer.json")
OLDEST_DESCRIBED = "2026"
FORM = "application/x-www-form-urlencoded"
PIECES = re.compile(r"[^\[\]]+")


def resource_names(document: dict[str, Json]) -> dict[str, str]:
    """The schema of every resource, by the name it has in the SDK written small: `checkout.session`."""
    return {
        one["x-resourceId"]: name for name, one in document["components"]["schemas"].items() if "x-resourceId" in one
    }


def widened(document: dict[str, Json], patch: dict[str, Json]) -> dict[str, Json]:
    """The document with the reviewed newer properties; what comes only when expanded is required no more."""
    schemas = document["components"]["schemas"]
    for resource, properties in patch["newer"].items():
        schemas[_schema_name(resource)]["properties"].update(properties)
    for resource, words in patch["newer_words"].items():
        for name, more in words.items():
            schemas[_schema_name(resource)]["properties"][name]["enum"] += more
    for path, asked in patch["newer_asked"].items():
        content = document["paths"][path]["post"]["requestBody"]["content"]
        content[FORM]["schema"]["properties"].update(asked)
    for resource, names in patch["only_when_expanded"].items():
        schema = schemas[_schema_name(resource)]
        schema["required"] = [name for name in schema["required"] if name not in names]
    for resource, names in patch["null_beside_customer_account"].items():
        for name in names:
            schemas[_schema_name(resource)]["properties"][name]["nullable"] = True
    return document


def _schema_name(resource: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource).lower()


class StripeRules:
    """Finds the operation of a request among the document's paths."""

    def __init__(self, contracts: Path) -> None:
        whole = json.loads((contracts / DOCUMENT).read_text())
        self._shapes = Shapes("stripe", strict(widened(whole, json.loads(NEWER.read_text()))))
        self._resources = resource_names(whole)
        self._paths = [(_pattern(path), path, operations) for path, operations in whole["paths"].items()]

    def faults(self, request: Request, status: int, version: str, body: Json) -> Iterable[str]:
        """Everything the document does not allow; nothing for pages of a version that it does not describe."""
        if not request.path.startswith(("/v1/", "/v2/")) or (version and version < OLDEST_DESCRIBED):
            return []
        found = self._operation(request)
        if found is None:
            return _unknown(request, status, body)
        path, operation = found
        said = str(status) if str(status) in operation["responses"] else "default"
        at = ("paths", path, request.method.lower(), "responses", said, "content", "application/json", "schema")
        inner = self._carried(body) if status < 300 else []
        asked = _asked(request, operation) if status < 300 else []
        return [*self._shapes.faults(at, body), *inner, *asked]

    def event(self, body: Json) -> list[str]:
        """What does not fit in the event that a webhook carries."""
        return [*self._shapes.faults(("components", "schemas", "event"), body), *self._carried(body)]

    def _operation(self, request: Request) -> tuple[str, dict[str, Json]] | None:
        for pattern, path, operations in self._paths:
            if pattern.fullmatch(request.path) and request.method.lower() in operations:
                return path, operations[request.method.lower()]
        return None

    def _carried(self, body: Json) -> list[str]:
        """The records inside events: the document leaves them open, but each names its own kind."""
        rows = body.get("data") if body.get("object") == "list" else [body]
        events = [row for row in rows or () if isinstance(row, dict) and row.get("object") == "event"]
        events = [row for row in events if str(row.get("api_version") or OLDEST_DESCRIBED) >= OLDEST_DESCRIBED]
        return [f"/data{line}" for row in events for line in self._in_event(row.get("data", {}))]

    def _in_event(self, data: dict[str, Json]) -> Iterable[str]:
        row = data.get("object", {})
        schema = self._resources.get(row.get("object", ""))
        if schema is None:
            return [f"/object: no schema for {row.get('object')!r}"]
        known = self._shapes.document["components"]["schemas"][schema]["properties"]
        before = [
            f"/previous_attributes: unknown {name}" for name in data.get("previous_attributes", {}) if name not in known
        ]
        return [*(f"/object{line}" for line in self._shapes.faults(("components", "schemas", schema), row)), *before]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def _unknown(request: Request, status: int, body: Json) -> list[str]:
    """Rooms outside the cut of the document may only say that they are empty, or refuse; but the vendor's SDK, which is
    made of the whole document, tells what a tax rate has."""
    if request.path == "/v1/tax_rates" and status < 300:
        names = {name for row in body["data"] for name in row}
        return [f"/data: unknown {name}" for name in names - TaxRate.__annotations__.keys()]
    if status >= 400 or (body.get("object") == "list" and body.get("data") == []):
        return []
    return [f"{request.method} {request.path} is not in the document"]


def _asked(request: Request, operation: dict[str, Json]) -> list[str]:
    """Names in the query, and in a form that the server has kept, that the operation does not know."""
    query = {one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    content = operation.get("requestBody", {}).get("content", {})
    form = content.get(FORM, {}).get("schema", {}).get("properties", {})
    return [
        *(f"query: {name}: {fault}" for name in request.args if (fault := _strange(name, query))),
        *(f"form: {name}: {fault}" for name in _form_names(request) if (fault := _strange(name, form))),
    ]


def _form_names(request: Request) -> Iterable[str]:
    """Only when somebody has read the body already: reading it here again would wait on the line for ever."""
    return request.form if {"_cached_data", "form"} & set(vars(request)) else ()


def _strange(name: str, known: dict[str, Json]) -> str:
    """Why a parameter written `a[b][0][c]` is not known; empty when it is."""
    first, *rest = PIECES.findall(name)
    if first not in known:
        return "unknown"
    schema = known[first]
    for piece in rest:
        inner = [found for found in _branches(schema, piece) if found is not None]
        if not inner:
            return f"unknown {piece}"
        schema = inner[0]
    return ""


def _branches(schema: dict[str, Json], piece: str) -> Iterable[dict[str, Json] | None]:
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "array" and (piece.isdigit() or piece == ""):
            yield one.get("items", {})
        elif one.get("type") == "object":
            yield one.get("properties", {}).get(piece, one.get("additionalProperties") or None)
