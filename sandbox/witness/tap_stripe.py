"""tap-stripe (Singer, AGPL, with stripe 5.5.0 inside): lists by windows of creation, then what events changed.

It speaks API version 2022-11-15. By design it emits a record twice when an event of the last thirty days names it:
once from the list and once as the event tells it. A target keeps the later one, and so does this comparison.
"""

from sandbox.witness.comparing import Facts, Records
from sandbox.witness.places import Place
from sandbox.witness.singing import Heard, Keys, Row, sing
from sandbox.witness.witnesses import Stream, Truth, Witness, part

# Stripe goes on to tell what would remain of a draft or a voided invoice; nobody owes it.
OWED = ("open", "paid", "uncollectible")


def _read(place: Place, keys: Keys, heard: Heard) -> None:
    config = {"account_id": place.company["account"], "client_secret": place.company["api_key"]}
    sing(place, "tap-stripe", config, keys, heard=heard)


def _customer(row: Row) -> Facts:
    return {"name": row.get("name") or "", "email": row.get("email") or ""}


def _invoice(row: Row) -> Facts:
    return {
        "number": row.get("number") or "",
        "status": row["status"],
        "currency": row["currency"].upper(),
        "customer": row.get("customer"),
        "total": row["total"],
        "open": row["amount_remaining"] if row["status"] in OWED else 0,
        "paid": row["amount_paid"],
    }


def _line(row: Row) -> Facts:
    return {"invoice": row["invoice"], "amount": row["amount"], "currency": row["currency"].upper()}


def _dispute(row: Row) -> Facts:
    return {"currency": row["currency"].upper(), "amount": row["amount"], "status": row["status"]}


def _customers(truth: Truth) -> Records:
    return {id: one for id, one in part("customers")(truth).items() if id.startswith("cus_")}


def _invoices(truth: Truth) -> Records:
    """This API version and this tap know no `customer_account`: to them such an invoice has no customer."""
    return {id: _as_known_in_2022(one) for id, one in part("invoices")(truth).items()}


def _as_known_in_2022(one: Facts) -> Facts:
    payer = one["customer"] if str(one["customer"]).startswith("cus_") else None
    return {**one, "number": one["number"] or "", "customer": payer}


WITNESS = Witness(
    "tap-stripe",
    "3.3.0",
    "stripe",
    "shim",
    ("api.stripe.com",),
    _read,
    {
        "customers": Stream("id", _customer, _customers),
        "invoices": Stream("id", _invoice, _invoices),
        "invoice_line_items": Stream("id", _line, part("lines")),
        "disputes": Stream("id", _dispute, part("disputes")),
        "events": Stream("id", lambda row: {"type": row["type"]}, part("events")),
    },
    repeats=True,
    not_read="credit notes, refunds, invoice payments (the tap has no such streams)",
)
