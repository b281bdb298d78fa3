"""What Xero's published documents say of an answer: the Accounting API, the identity service and the webhooks."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from werkzeug.wrappers import Request
from xero_python.accounting import BankTransaction, TaxRate

from tests.contracts.strictness import FORMATS, Shapes, strict

Json = Any
ROOT = "/api.xro/2.0"
# A refusal repeats the whole record that was sent; the document lists only the ids it may have.
OPEN = ("Element",)
# Known to be answered too: tap-xero and pyxero have always asked for it.
ALSO = {"/Organisation": "/Organisations?"}
# These are outside the cut of the document; the SDK, which is made of the whole one, tells what they have.
UNCUT = {"TaxRates": TaxRate, "BankTransactions": BankTransaction}
# What the document forgot and its own examples show.
FLAWS = {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}
SHOWN: Mapping[str, dict[str, Json]] = {
    "LineItem": {"ValidationErrors": FLAWS, "DiscountEnteredAsPercent": {"type": "boolean"}},
    "HistoryRecord": {"ValidationErrors": FLAWS},
    "ContactGroup": {"ValidationErrors": FLAWS, "HasValidationErrors": {"type": "boolean"}},
}
# The answer of the token route also says which scopes were given, as OAuth 2 itself lays down.
SCOPE = {"scope": {"type": "string"}}


def _read(path: Path) -> dict[str, Json]:
    found: dict[str, Json] = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    return found


class XeroRules:
    """Finds the operation of a request among the documents' paths, whatever the case of its letters."""

    def __init__(self, contracts: Path) -> None:
        accounting = _read(contracts / "xero/xero_accounting.trimmed.patched.yaml")
        identity = _read(contracts / "xero/xero-identity.patched.yaml")
        self._webhooks = Shapes("xero-webhooks", _webhooks(_read(contracts / "xero/xero-webhooks.yaml")))
        self._documents = {ROOT: _shapes("xero-accounting", accounting), "": _shapes("xero-identity", identity)}
        self._paths = [
            (re.compile(re.escape(root) + _template(path), re.IGNORECASE), root, path, operations)
            for root, document in ((ROOT, accounting), ("", identity))
            for path, operations in document["paths"].items()
        ]

    def faults(self, request: Request, status: int, body: Json) -> Iterable[str]:
        """Everything the documents do not allow."""
        if request.path == "/connect/token":
            return self._token(status, body)
        for pattern, root, path, operations in self._paths:
            operation = operations.get(request.method.lower())
            if operation is not None and pattern.fullmatch(request.path):
                asked = self._asked(root, request, operation) if status < 300 else []
                return [*self._answered(root, (path, request.method.lower()), status, body), *asked]
        for plural, shape in UNCUT.items():
            if request.path.lower() == f"{ROOT}/{plural}".lower() and status < 300:
                names = {name for row in body[plural] for name in row}
                return [f"/{plural}: unknown {name}" for name in names - set(shape.attribute_map.values())]
        if status < 400 and request.path.lower().startswith(ROOT):
            return [f"{request.method} {request.path} is not in the document"]
        return []

    def webhook(self, body: Json) -> list[str]:
        """What does not fit in a delivery; the intent to receive carries no event, which the document does not say."""
        credit = any(one.get("eventCategory") == "CREDITNOTE" for one in body.get("events", ()))
        kind = "CreditNoteWebhookEvent" if credit else "WebhookEvent"
        return self._webhooks.faults(("components", "schemas", kind), body)

    def _token(self, status: int, body: Json) -> list[str]:
        if status >= 400:
            return [] if status >= 500 or isinstance(body.get("error"), str) else ["/error: missing"]
        return self._documents[""].faults(("components", "schemas", "AccessToken"), body)

    def _answered(self, root: str, at: tuple[str, str], status: int, body: Json) -> list[str]:
        """The answer of this status; a refusal that the operation does not list is the document's common one."""
        shapes = self._documents[root]
        listed = shapes.document["paths"][at[0]][at[1]]["responses"]
        if str(status) not in listed:
            common = "AuthProblem" if status in (401, 403) else "Error"
            return shapes.faults(("components", "schemas", common), body) if root and status >= 400 else []
        answer = listed[str(status)]
        place = tuple(answer["$ref"].split("/")[1:]) if "$ref" in answer else ("paths", *at, "responses", str(status))
        inner = shapes.document
        for step in place:
            inner = inner[step]
        if "application/json" not in inner.get("content", {}):
            return [f"status {status} has no JSON in the document"]
        return shapes.faults((*place, "content", "application/json", "schema"), body)

    def _asked(self, root: str, request: Request, operation: dict[str, Json]) -> list[str]:
        parameters = self._documents[root].document["components"].get("parameters", {})
        said = [
            parameters[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in operation.get("parameters", ())
        ]
        known = {one["name"].lower() for one in said if one["in"] == "query"}
        return [f"query: {name}: unknown" for name in request.args if name.lower() not in known]


def _template(path: str) -> str:
    return ALSO.get(path) or re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "/?"


def _shapes(name: str, document: dict[str, Json]) -> Shapes:
    made = strict(document)
    schemas = made["components"]["schemas"]
    for one in OPEN:
        if one in schemas:
            schemas[one].pop("additionalProperties")
    for one, properties in SHOWN.items():
        if one in schemas:
            schemas[one]["properties"].update(properties)
    if "AccessToken" in schemas:
        schemas["AccessToken"]["properties"].update(SCOPE)
    return Shapes(name, made)


# Announced with Xero's API releases 17.0.0 to 20.0.0 (August to November 2026), after this document was cut.
NEWER_CATEGORIES = ("PREPAYMENT", "OVERPAYMENT", "PAYMENT")


def _webhooks(document: dict[str, Json]) -> dict[str, Json]:
    """3.1 already; what stands in an allOf is closed over the whole, not in its parts."""
    schemas = _zoneless(document["components"]["schemas"])
    event = schemas["WebhookEvent"]["properties"]["events"]["items"]
    event["properties"]["eventCategory"]["oneOf"] += [{"const": name} for name in NEWER_CATEGORIES]
    items = schemas["CreditNoteWebhookEvent"]["allOf"][1]["properties"]["events"]["items"]
    items["allOf"][0] = event
    credit = {**items, "unevaluatedProperties": False}
    whole = dict(schemas["WebhookEvent"])
    return {
        "components": {
            "schemas": {
                "WebhookEvent": _closed(whole, {**event, "unevaluatedProperties": False}),
                "CreditNoteWebhookEvent": _closed(whole, {"anyOf": [credit]}),
            }
        }
    }


def _zoneless(schema: Json) -> Json:
    """Xero's instants have no zone, which JSON Schema's own date-time demands."""
    if isinstance(schema, list):
        return [_zoneless(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _zoneless(one) for name, one in schema.items()}
    return made | FORMATS["date-time"] if made.get("format") == "date-time" else made


def _closed(whole: dict[str, Json], item: dict[str, Json]) -> dict[str, Json]:
    properties = {**whole["properties"], "events": {"type": "array", "items": item}}
    return {**whole, "type": "object", "properties": properties, "additionalProperties": False}
