"""Reading routes: lists with Stripe's paging rules and filters, and single records."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.ledger import EVENTS_KEPT
from sandbox.stripe.protocol import Problem, elsewhere, missing, only, whole
from sandbox.stripe.records import Endpoint, Event, Invoice
from sandbox.stripe.rendering import Here, endpoint, old_rendered, rendered
from sandbox.stripe.shelf import Window

PAGING = ("limit", "starting_after", "ending_before", "expand")
TYPES_MAX = 20
EMPTY_LISTS = ("sources", "subscriptions", "tax_ids")
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
    Room("customers", "customer", "rak_customer_read", ("created", "email", "test_clock"),
         ("test_clock", *EMPTY_LISTS)),
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

    @app.get("/v1/invoices/<key>/lines")
    def invoice_lines(key: str) -> Response:
        return desk.answer(lines, key=key)


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
    window = _window(room, call)
    _still_kept(call, shelf.get(window.after or window.before))
    try:
        rows, more = shelf.page(_filter(room, call), limit, window, part=_part(room, call.params))
    except KeyError as unknown:
        raise gone_or_elsewhere(room, call, str(unknown.args[0]), _cursor_name(window)) from None
    here = call.ledger.here()
    body = b",".join(shown(call, row, here, expand) for row in rows)
    return b'{"object":"list","data":[%s],"has_more":%s,"url":"/v1/%s"}' % (
        body,
        b"true" if more else b"false",
        room.path.encode(),
    )


def _cursor_name(window: Window) -> str:
    return "starting_after" if window.after else "ending_before"


def _window(room: Room, call: Call) -> Window:
    after, before = _cursors(call.params)
    since, until = _bounds(call.params["created"]) if "created" in call.params else _bounds({})
    if room.path == "events":
        since = max(since, _oldest_event(call))
    return Window(after, before, since, until)


def _part(room: Room, params: dict[str, Any]) -> tuple[str, Callable[[Any], bool]] | None:
    if "status" not in params:
        return None
    status = _status(room, params["status"])
    return status, lambda row: bool(row.status == status)


def gone_or_elsewhere(room: Room, call: Call, key: str, param: str) -> Problem:
    """The 404, which says so when the other mode has the object."""
    other = call.ledger.other
    if other is None or getattr(other.books, room.path).get(key) is None:
        return missing(room.noun, key, param)
    return elsewhere(room.noun, key, param, live=other.live)


def _still_kept(call: Call, cursor: Any) -> None:
    """An event of more than thirty days ago is unknown, as a cursor too."""
    if isinstance(cursor, Event) and cursor.created < _oldest_event(call):
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
        return json.dumps(_stub(key)).encode()
    if found is None or (isinstance(found, Event) and found.created < _oldest_event(call)):
        raise gone_or_elsewhere(room, call, key, "id")
    return shown(call, found, call.ledger.here(), expand)


def _stub(key: str) -> dict[str, Any]:
    """What is left of a deleted customer."""
    return {"id": key, "object": "customer", "deleted": True}


def shown(call: Call, row: Any, here: Here, expand: tuple[str, ...] = ()) -> bytes:
    """A record as bytes of JSON, in the version that was asked for."""
    if isinstance(row, Event):
        return row.body
    if isinstance(row, Endpoint):
        return json.dumps(endpoint(row)).encode()
    shape = old_rendered(row, here) if call.old else rendered(row, here)
    if expand:
        _expand(call, row, shape, expand)
    return json.dumps(shape).encode()


def _expand(call: Call, row: Any, shape: dict[str, Any], expand: tuple[str, ...]) -> None:
    if "payments" in expand:
        rows = call.ledger.by_invoice.get(row.id, [])[:10]
        data = [rendered(one, call.ledger.here()) for one in rows]
        shape["payments"] = {"object": "list", "data": data, "has_more": False, "url": "/v1/invoice_payments"}
    if "amount_paid_off_stripe" in expand:
        shape["amount_paid_off_stripe"] = 0
    if "customer" in expand and shape["customer"] is not None:
        payer = row.customer if isinstance(row, Invoice) else row.invoice.customer
        gone = payer.id in call.ledger.gone
        shape["customer"] = _stub(payer.id) if gone else rendered(payer, call.ledger.here())
    for name in EMPTY_LISTS:
        if name in expand:
            url = f"/v1/customers/{row.id}/{name}"
            counted = {"total_count": 0} if call.old else {}
            shape[name] = {"object": "list", "data": [], "has_more": False, "url": url, **counted}


def _filter(room: Room, call: Call) -> Callable[[Any], bool]:
    checks: list[Callable[[Any], bool]] = []
    params = call.params
    if "due_date" in params:
        low, high = _bounds(params["due_date"])
        checks.append(lambda row: row.due_date is not None and low <= row.due_date <= high)
    if room.path == "events":
        checks.extend(_types(params))
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


def _bounds(asked: Any) -> tuple[int, int]:
    """The lowest and highest second that fit a range, or one second."""
    bounds = asked if isinstance(asked, dict) else {"gte": asked, "lte": asked}
    only(bounds, ("gt", "gte", "lt", "lte"))
    low = max(whole(bounds, "gte", -(2**60)), whole(bounds, "gt", -(2**60)) + 1)
    return low, min(whole(bounds, "lte", 2**60), whole(bounds, "lt", 2**60) - 1)


def _oldest_event(call: Call) -> int:
    return ceil((call.now - EVENTS_KEPT).timestamp())


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


def _status(room: Room, asked: Any) -> str:
    valid = STATUSES if room.path == "invoices" else ("open", "paid", "canceled")
    if asked not in valid:
        raise Problem(400, f"Invalid status: must be one of {', '.join(valid)}", param="status")
    return str(asked)


def lines(call: Call, key: str) -> bytes:
    """An invoice's lines; each has one."""
    call.need("rak_invoice_read")
    only(call.params, PAGING)
    _limit(call.params)
    invoice = call.ledger.books.invoices.get(key)
    if invoice is None:
        raise missing("invoice", key, "invoice")
    shape = old_rendered(invoice, call.ledger.here()) if call.old else rendered(invoice, call.ledger.here())
    after, before = _cursors(call.params)
    rest: dict[str, Any] = {"data": []} if after or before else {}
    return json.dumps({**shape["lines"], **rest}).encode()
