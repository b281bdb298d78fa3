"""Reading routes: lists with Stripe's paging rules and filters, and single records."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.ledger import EVENTS_KEPT
from sandbox.stripe.protocol import Problem, missing, only, whole
from sandbox.stripe.records import Endpoint, Event, Invoice
from sandbox.stripe.rendering import endpoint, rendered

PAGING = ("limit", "starting_after", "ending_before", "expand")
TYPES_MAX = 20
STATUSES = ("draft", "open", "paid", "uncollectible", "void")


@dataclass(frozen=True, slots=True)
class Room:
    """One kind of record: its shelf and path, the permission to read it, its filters and what may be expanded."""

    path: str
    noun: str
    permission: str
    filters: tuple[str, ...]
    expandable: tuple[str, ...] = ()


ROOMS = (
    Room("customers", "customer", "rak_customer_read", ("created", "email", "test_clock"), ("test_clock",)),
    Room(
        "invoices",
        "invoice",
        "rak_invoice_read",
        ("status", "collection_method", "created", "due_date", "customer", "customer_account", "subscription"),
        ("payments", "customer", "amount_paid_off_stripe"),
    ),
    Room(
        "invoice_payments", "invoice_payment", "rak_invoice_read", ("created", "invoice", "status", "payment"),
        ("invoice", "payment.payment_intent"),
    ),
    Room(
        "credit_notes", "credit note", "rak_credit_note_read", ("created", "customer", "customer_account", "invoice"),
        ("invoice", "customer"),
    ),
    Room("refunds", "refund", "rak_charge_read", ("created", "charge", "payment_intent"), ("charge",)),
    Room("disputes", "dispute", "rak_dispute_read", ("created", "charge", "payment_intent"), ("charge",)),
    Room("events", "event", "rak_event_read", ("created", "type", "types", "delivery_success")),
    Room("webhook_endpoints", "webhook endpoint", "rak_webhook_read", ()),
)  # fmt: skip


def add_reading(app: Flask, desk: Desk) -> None:
    """Routes for lists and single records of every room."""
    for room in ROOMS:
        _add_room(app, desk, room)


def _add_room(app: Flask, desk: Desk, room: Room) -> None:
    def many() -> Response:
        return desk.answer(partial(listed, room))

    def one(key: str) -> Response:
        return desk.answer(partial(single, room), key=key)

    app.add_url_rule(f"/v1/{room.path}", f"{room.path}_list", many, methods=["GET"])
    app.add_url_rule(f"/v1/{room.path}/<key>", f"{room.path}_one", one, methods=["GET"])


def listed(room: Room, call: Call) -> bytes:
    """A page: newest first, with has_more."""
    call.need(room.permission)
    only(call.params, (*PAGING, *room.filters))
    limit = _limit(call.params)
    expand = _expands(room, call.params, "data.")
    shelf = getattr(call.ledger.books, room.path)
    after, before = _cursors(call.params)
    _still_kept(call, shelf.get(after or before))
    try:
        rows, more = shelf.page(_filter(room, call), limit, after=after, before=before)
    except KeyError as unknown:
        raise missing(room.noun, str(unknown.args[0]), "starting_after" if after else "ending_before") from None
    body = b",".join(shown(call, row, expand) for row in rows)
    return b'{"object":"list","data":[%s],"has_more":%s,"url":"/v1/%s"}' % (
        body,
        b"true" if more else b"false",
        room.path.encode(),
    )


def _still_kept(call: Call, cursor: Any) -> None:
    """An event of more than thirty days ago is unknown, as a cursor too."""
    if isinstance(cursor, Event) and not _kept(call)(cursor):
        raise missing("event", cursor.id, "ending_before")


def _limit(params: dict[str, Any]) -> int:
    limit = whole(params, "limit", 10)
    if not 1 <= limit <= 100:
        raise Problem(400, "This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    return limit


def _cursors(params: dict[str, Any]) -> tuple[str, str]:
    after, before = params.get("starting_after", ""), params.get("ending_before", "")
    if after and before:
        raise Problem(400, "You may only specify one of these parameters: ending_before, starting_after.")
    return after, before


def _expands(room: Room, params: dict[str, Any], prefix: str) -> tuple[str, ...]:
    for path in params.get("expand", []):
        name = path.removeprefix(prefix)
        if (prefix and name == path) or name not in room.expandable or path.count(".") > 3:
            raise Problem(400, f"This property cannot be expanded ({path}).", param="expand")
    return tuple(path.removeprefix(prefix) for path in params.get("expand", []))


def single(room: Room, call: Call, key: str) -> bytes:
    """One record; a deleted customer answers with its stub."""
    call.need(room.permission)
    only(call.params, ("expand",))
    expand = _expands(room, call.params, "")
    found = getattr(call.ledger.books, room.path).get(key)
    if found is None and key in call.ledger.gone:
        return json.dumps({"id": key, "object": "customer", "deleted": True}).encode()
    if found is None or (isinstance(found, Event) and not _kept(call)(found)):
        raise missing(room.noun, key, "id")
    return shown(call, found, expand)


def shown(call: Call, row: Any, expand: tuple[str, ...] = ()) -> bytes:
    """A record as bytes of JSON."""
    if isinstance(row, Event):
        return row.body
    if isinstance(row, Endpoint):
        return json.dumps(endpoint(row)).encode()
    shape = rendered(row, call.ledger.here())
    if isinstance(row, Invoice):
        _expand_invoice(call, row, shape, expand)
    return json.dumps(shape).encode()


def _expand_invoice(call: Call, row: Invoice, shape: dict[str, Any], expand: tuple[str, ...]) -> None:
    if "payments" in expand:
        rows = call.ledger.by_invoice.get(row.id, [])[:10]
        data = [rendered(one, call.ledger.here()) for one in rows]
        shape["payments"] = {"object": "list", "data": data, "has_more": False, "url": "/v1/invoice_payments"}
    if "amount_paid_off_stripe" in expand:
        shape["amount_paid_off_stripe"] = 0


def _filter(room: Room, call: Call) -> Callable[[Any], bool]:
    checks: list[Callable[[Any], bool]] = []
    params = call.params
    if "created" in params:
        checks.append(_range(params["created"], lambda row: row.created))
    if "due_date" in params:
        checks.append(_range(params["due_date"], lambda row: row.due_date))
    if room.path == "events":
        checks.append(_kept(call))
        checks.extend(_types(params))
    if "status" in params:
        checks.append(_status(room, params["status"]))
    for name, read in READERS.items():
        if name in params:
            checks.append(partial(_same, read, params[name]))
    return lambda row: all(check(row) for check in checks)


def _same(read: Callable[[Any], Any], wanted: str, row: Any) -> bool:
    return bool(read(row) == wanted)


READERS: dict[str, Callable[[Any], Any]] = {
    "email": lambda row: row.email,
    "customer": lambda row: (row if isinstance(row, Invoice) else row.invoice).customer.id,
    "customer_account": lambda row: (row if isinstance(row, Invoice) else row.invoice).customer.account,
    "invoice": lambda row: row.invoice.id,
    "payment_intent": lambda row: row.payment.intent,
    "payment": lambda row: {"type": "payment_intent", "payment_intent": row.intent},
    "collection_method": lambda row: "charge_automatically" if row.automatic else "send_invoice",
}


def _range(asked: Any, read: Callable[[Any], int | None]) -> Callable[[Any], bool]:
    bounds = asked if isinstance(asked, dict) else {"gte": asked, "lte": asked}
    only(bounds, ("gt", "gte", "lt", "lte"))
    low = max(whole(bounds, "gte", -(2**60)), whole(bounds, "gt", -(2**60)) + 1)
    high = min(whole(bounds, "lte", 2**60), whole(bounds, "lt", 2**60) - 1)
    return lambda row: low <= (value if (value := read(row)) is not None else -(2**61)) <= high


def _kept(call: Call) -> Callable[[Any], bool]:
    oldest = (call.now - EVENTS_KEPT).timestamp()
    return lambda row: row.created >= oldest


def _types(params: dict[str, Any]) -> list[Callable[[Any], bool]]:
    types, one = params.get("types", []), params.get("type", "")
    if types and one:
        raise Problem(400, "You may only specify one of these parameters: type, types.")
    if len(types) > TYPES_MAX:
        raise Problem(400, "Array types exceeded maximum 20 allowed elements.", param="types")
    if one.endswith("*"):
        return [lambda row: row.type.startswith(one[:-1])]
    wanted = frozenset(types or ([one] if one else []))
    return [lambda row: row.type in wanted] if wanted else []


def _status(room: Room, asked: Any) -> Callable[[Any], bool]:
    valid = STATUSES if room.path == "invoices" else ("open", "paid", "canceled")
    if asked not in valid:
        raise Problem(400, f"Invalid status: must be one of {', '.join(valid)}", param="status")
    return lambda row: row.status == asked
