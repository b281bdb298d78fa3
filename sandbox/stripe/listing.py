"""Reading routes: lists with Stripe's paging rules and filters, and single records."""

import json
from collections.abc import Callable
from functools import partial
from math import ceil
from operator import attrgetter
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.expanding import expand, expands, stub
from sandbox.stripe.ledger import EVENTS_KEPT
from sandbox.stripe.protocol import Problem, elsewhere, missing, only, whole
from sandbox.stripe.records import Endpoint, Event
from sandbox.stripe.rendering import Here, endpoint, old_rendered, rendered
from sandbox.stripe.rooms import READERS, ROOMS, Room
from sandbox.stripe.shelf import Window

PAGING = ("limit", "starting_after", "ending_before", "expand")
TYPES_MAX = 20
NOT_AUTOMATIC = "Balance transaction history can only be filtered on automatic payouts, not manual."


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

    if room.many:
        app.add_url_rule(f"/v1/{room.path}", f"{room.shelf}_list", many, methods=["GET"])
    app.add_url_rule(f"/v1/{room.path}/<key>", f"{room.shelf}_one", one, methods=["GET"])


def listed(room: Room, call: Call) -> bytes:
    """A page: newest first, with has_more."""
    call.need(room.permission)
    only(call.params, (*PAGING, *room.filters))
    limit = _limit(call.params)
    asked = expands(room, call.params, "data.")
    shelf = getattr(call.ledger.books, room.shelf)
    window = _window(room, call)
    _still_kept(call, shelf.get(window.after or window.before))
    try:
        rows, more = shelf.page(_filter(room, call), limit, window, part=_part(room, call.params))
    except KeyError as unknown:
        raise gone_or_elsewhere(room, call, str(unknown.args[0]), _cursor_name(window)) from None
    here = call.ledger.here()
    body = b",".join(shown(call, row, here, asked) for row in rows)
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
    if other is None or getattr(other.books, room.shelf).get(key) is None:
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


def single(room: Room, call: Call, key: str) -> bytes:
    """One record; a deleted customer answers with its stub."""
    call.need(room.permission)
    only(call.params, ("expand",))
    asked = expands(room, call.params, "")
    found = getattr(call.ledger.books, room.shelf).get(key)
    if found is None and key in call.ledger.gone:
        return json.dumps(stub(key)).encode()
    if found is None or (isinstance(found, Event) and found.created < _oldest_event(call)):
        raise gone_or_elsewhere(room, call, key, "id")
    return shown(call, found, call.ledger.here(), asked)


def shown(call: Call, row: Any, here: Here, asked: tuple[str, ...] = ()) -> bytes:
    """A record as bytes of JSON, in the version that was asked for."""
    if isinstance(row, Event):
        return row.body
    if isinstance(row, Endpoint):
        return json.dumps(endpoint(row)).encode()
    shape = old_rendered(row, here) if call.old else rendered(row, here)
    if asked:
        expand(call, row, shape, asked)
    return json.dumps(shape).encode()


def _filter(room: Room, call: Call) -> Callable[[Any], bool]:
    checks: list[Callable[[Any], bool]] = []
    params = call.params
    if "due_date" in params:
        low, high = _bounds(params["due_date"])
        checks.append(lambda row: row.due_date is not None and low <= row.due_date <= high)
    if room.path == "events":
        checks.extend(_types(params))
    elif "type" in params:
        checks.append(partial(_same, attrgetter("type"), params["type"]))
    if room.path == "balance_transactions" and "payout" in params:
        _automatic(call, params["payout"])
    for name, read in READERS.items():
        if name in params:
            checks.append(partial(_same, read, params[name]))
    return lambda row: all(check(row) for check in checks)


def _automatic(call: Call, key: str) -> None:
    """Only automatic payouts tell what went out in them."""
    found = call.ledger.books.payouts.get(key)
    if found is None:
        raise missing("payout", key, "payout")
    if not found.automatic:
        raise Problem(400, NOT_AUTOMATIC, param="payout")


def _same(read: Callable[[Any], Any], wanted: str, row: Any) -> bool:
    return bool(read(row) == wanted)


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
    if room.path == "payouts":
        return str(asked)
    if asked not in room.statuses:
        raise Problem(400, f"Invalid status: must be one of {', '.join(room.statuses)}", param="status")
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
