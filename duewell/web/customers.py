"""Who owes: a list to search, and one page for each."""

from flask import Blueprint, abort, render_template, request

from duewell.web.current import business, office

pages = Blueprint("customers", __name__)
SEARCH_MAX = 100


@pages.get("/customers")
def listing() -> str:
    """Customers and contacts, who owes most first."""
    text = request.args.get("q", "").strip()[:SEARCH_MAX]
    return render_template("customers.html", found=office().customers(business().id, text), text=text)


@pages.get("/customers/<connection>/<path:customer_id>")
def one(connection: str, customer_id: str) -> str:
    """Everything about one customer: owed, next step and why, messages, history."""
    view = office().customer(business().id, connection, customer_id)
    if view is None:
        abort(404, "There is no such customer in this business; it may have been merged or deleted.")
    return render_template("customer.html", view=view)
