"""tap-quickbooks (Singer, AGPL): batches of queries and changed data over OAuth, told as the tap emits them.

It signs in with the client's secret in the form, reads all lists by one batch a page, ordered by the time of change
with `>=`, and deletions from changed data of the last thirty days. It emits each record once.
What its deletions name is taken away again, as whoever keeps its output has to do. Its schema calls RemainingCredit of
a credit memo an integer and drops the cents; Balance says the same and is kept whole, so that is compared.
"""

from sandbox.witness.comparing import Facts, Records, minor
from sandbox.witness.places import Place
from sandbox.witness.singing import Heard, Keys, Row, sing
from sandbox.witness.witnesses import Stream, Truth, Witness, part

GRAVES = {"deleted_objects": ("Type", "Id")}
STREAM_OF = {"Customer": "customers", "Invoice": "invoices", "Payment": "payments", "CreditMemo": "credit_memos"}


def _read(place: Place, keys: Keys, heard: Heard) -> None:
    config = {
        "client_id": place.app["client_id"],
        "client_secret": place.app["client_secret"],
        "refresh_token": place.company["refresh"],
        "realm_id": place.company["external_id"],
    }
    sing(place, "tap-quickbooks", config, {**keys, **GRAVES}, heard=heard)
    for row in heard.records.get("deleted_objects", {}).values():
        if row["Type"] in STREAM_OF:
            heard.records[STREAM_OF[row["Type"]]].pop(row["Id"], None)


def _invoice(row: Row) -> Facts:
    currency = row["CurrencyRef"]["value"]
    return {
        "number": row.get("DocNumber") or "",
        "currency": currency,
        "total": minor(row["TotalAmt"], currency),
        "open": minor(row["Balance"], currency),
    }


def _payment(row: Row) -> Facts:
    currency = row["CurrencyRef"]["value"]
    amounts = {"amount": minor(row["TotalAmt"], currency), "unapplied": minor(row["UnappliedAmt"], currency)}
    return {"currency": currency, **amounts}


def _credit(row: Row) -> Facts:
    currency = row["CurrencyRef"]["value"]
    amounts = {"total": minor(row["TotalAmt"], currency), "remaining": minor(row["Balance"], currency)}
    return {"currency": currency, **amounts}


def _customer(row: Row) -> Facts:
    return {"name": row["DisplayName"], "email": (row.get("PrimaryEmailAddr") or {}).get("Address", "")}


def _invoices(truth: Truth) -> Records:
    return {id: {**one, "number": one["number"] or ""} for id, one in part("invoices", "status")(truth).items()}


WITNESS = Witness(
    "tap-quickbooks",
    "2.5.0",
    "quickbooks",
    "shim",
    ("quickbooks.api.intuit.com", "oauth.platform.intuit.com"),
    _read,
    {
        "customers": Stream("Id", _customer, part("customers")),
        "invoices": Stream("Id", _invoice, _invoices),
        "payments": Stream("Id", _payment, part("payments")),
        "credit_memos": Stream("Id", _credit, part("credits")),
    },
    not_read="attachables (notes), company and preferences as records; what was deleted more than thirty days ago",
)
