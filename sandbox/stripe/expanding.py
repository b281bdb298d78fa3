"""What `expand` puts in the place of an id."""

from typing import Any

from sandbox.stripe.answering import Call
from sandbox.stripe.protocol import Problem
from sandbox.stripe.records import Invoice
from sandbox.stripe.rendering import rendered
from sandbox.stripe.rooms import EMPTY_LISTS, Room

SHELVES = {
    "ch": "charges",
    "re": "refunds",
    "du": "disputes",
    "po": "payouts",
    "pi": "payment_intents",
    "txn": "balance_transactions",
}
BEHIND = {"balance_transaction": "rak_balance_transaction_source_read", "latest_charge": "rak_charge_read"}


def expands(room: Room, params: dict[str, Any], prefix: str) -> tuple[str, ...]:
    """The paths asked for, without the prefix of lists. Raises the 400 for one that cannot be expanded."""
    for path in params.get("expand", []):
        name = path.removeprefix(prefix)
        if (prefix and name == path) or name not in room.expandable or path.count(".") > 3:
            raise Problem(400, f"This property cannot be expanded ({path}).", param="expand")
    return tuple(path.removeprefix(prefix) for path in params.get("expand", []))


def expand(call: Call, row: Any, shape: dict[str, Any], paths: tuple[str, ...]) -> None:
    """Fill in what was asked for, in place."""
    for path in paths:
        if path in EMPTY_LISTS:
            shape[path] = _nothing(call, row.id, path)
        elif path == "payments":
            shape[path] = _payments(call, row.id)
        elif path == "amount_paid_off_stripe":
            shape[path] = 0
        elif path == "customer" and shape["customer"] is not None:
            shape[path] = _payer(call, row)
        elif path not in ("customer", "test_clock", "invoice", "payment.payment_intent"):
            _follow(call, shape, path.split("."))


def _payments(call: Call, invoice: str) -> dict[str, Any]:
    rows = call.ledger.by_invoice.get(invoice, [])[:10]
    data = [rendered(one, call.ledger.here()) for one in rows]
    return {"object": "list", "data": data, "has_more": False, "url": "/v1/invoice_payments"}


def _payer(call: Call, row: Any) -> dict[str, Any]:
    payer = row.customer if isinstance(row, Invoice) else row.invoice.customer
    return stub(payer.id) if payer.id in call.ledger.gone else rendered(payer, call.ledger.here())


def _nothing(call: Call, customer: str, name: str) -> dict[str, Any]:
    url = f"/v1/customers/{customer}/{name}"
    counted = {"total_count": 0} if call.old else {}
    return {"object": "list", "data": [], "has_more": False, "url": url, **counted}


def _follow(call: Call, shape: dict[str, Any], path: list[str]) -> None:
    """Put the record itself in the place of its id, and go on inside it."""
    name, *rest = path
    call.need(BEHIND.get(name, ""))
    if isinstance(shape.get(name), str):
        found = _by_id(call, shape[name])
        shape[name] = shape[name] if found is None else rendered(found, call.ledger.here())
    if rest and isinstance(shape.get(name), dict):
        _follow(call, shape[name], rest)


def _by_id(call: Call, key: str) -> Any:
    shelf = SHELVES.get(key.partition("_")[0])
    return getattr(call.ledger.books, shelf).get(key) if shelf else None


def stub(key: str) -> dict[str, Any]:
    """What is left of a deleted customer."""
    return {"id": key, "object": "customer", "deleted": True}
