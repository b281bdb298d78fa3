"""A published schema made strict: null where it says so, no property that it does not name, and errors in a line."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

import jsonschema_rs

Json = Any
SAID_ONLY = ("description", "example", "externalDocs", "x-expandableFields")
FORMATS: Mapping[str, dict[str, Json]] = {
    "unix-time": {"minimum": 0},
    "currency": {"pattern": "^[a-z]{3}$"},
    "decimal": {"pattern": r"^-?\d+(\.\d+)?$"},
    # Xero's own examples are without a zone, which the strict meaning of the word does not allow
    "date-time": {"format": "instant", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"},
}
MS_DATE = r"^(/Date\(-?\d+([+-]\d{4})?\)/|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?)$"
LONGEST = 200


def strict(schema: Json) -> Json:
    """An OpenAPI 3.0 schema, or a whole document of them, as a JSON Schema that refuses unknown properties."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _inner(name, value) for name, value in schema.items() if name not in SAID_ONLY}
    if "$ref" in made:
        return {"$ref": made["$ref"]}
    _close(made)
    _date(made)
    made.update(FORMATS.get(str(made.get("format")), {}))
    return _nullable(made) if made.pop("nullable", False) else made


def _inner(name: str, value: Json) -> Json:
    """What properties, paths and schemas are called is not schema language: their names are kept as they are."""
    if name in ("properties", "schemas") and isinstance(value, dict):
        return {inner: strict(one) for inner, one in value.items()}
    return value if name in ("enum", "required", "const") else strict(value)


def _close(made: dict[str, Json]) -> None:
    if isinstance(made.get("properties"), dict):
        made.setdefault("type", "object")
        made.setdefault("additionalProperties", False)


def _date(made: dict[str, Json]) -> None:
    if made.get("x-is-msdate") or made.get("x-is-msdate-time"):
        made["pattern"] = MS_DATE


def _nullable(made: dict[str, Json]) -> dict[str, Json]:
    if isinstance(made.get("type"), str) and "enum" not in made:
        return {**made, "type": [made["type"], "null"]}
    return {"anyOf": [{"type": "null"}, made]}


class Shapes:
    """The strict schemas of one document, each compiled when it is first asked for."""

    def __init__(self, name: str, document: dict[str, Json]) -> None:
        self.document = document
        self._name = f"urn:{name}"
        self._compiled: dict[str, jsonschema_rs.Validator] = {}

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([(self._name, self.document)], draft=jsonschema_rs.Draft202012)

    def faults(self, at: tuple[str, ...], value: Json) -> list[str]:
        """Where `value` does not fit the schema that stands at this path of the document: `/data/0/total: …`."""
        pointer = "".join("/" + quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in at)
        if pointer not in self._compiled:
            self._compiled[pointer] = jsonschema_rs.Draft202012Validator(
                {"$ref": f"{self._name}#{pointer}"}, registry=self._registry, validate_formats=True
            )
        found = self._compiled[pointer]
        return (
            [] if found.is_valid(value) else sorted({line for one in found.iter_errors(value) for line in _said(one)})
        )


def _said(error: jsonschema_rs.ValidationError) -> Iterator[str]:
    """One line an error; of a choice only the branch that came nearest."""
    branches = getattr(error.kind, "context", None)
    if branches:
        for one in min(branches, key=lambda branch: _distance(branch, len(error.instance_path))):
            yield from _said(one)
        return
    path = "/".join(str(step) for step in error.instance_path)
    yield f"/{path}: {error.message[-LONGEST:]}"


def _distance(branch: list[jsonschema_rs.ValidationError], depth: int) -> tuple[bool, int]:
    """A branch whose very type is another is far; among the rest, fewer errors are nearer."""
    other = any(len(one.instance_path) == depth and one.kind.name in ("type", "const", "enum") for one in branch)
    return other, len(branch)


FIRST, LAST = 20, 5


def sampled(value: Json, depth: int = 4) -> Json:
    """The same envelope with the first twenty and the last five rows of every long list near its top."""
    if depth and isinstance(value, dict):
        return {name: sampled(one, depth - 1) for name, one in value.items()}
    if depth and isinstance(value, list):
        kept = value if len(value) <= FIRST + LAST else value[:FIRST] + value[-LAST:]
        return [sampled(one, depth - 1) for one in kept]
    return value
