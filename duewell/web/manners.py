"""Messages that should not have gone, and what a person sends a customer on request."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.web.current import business, needs, office, person
from integrations.errors import NotThere, Refused

pages = Blueprint("manners", __name__)


@pages.get("/manners")
@needs(Act.LOOK)
def page() -> str:
    """Each message of the last 90 days that asked for what had been paid, and the rate."""
    return render_template("manners.html", view=office().manners(business().id))


@pages.post("/statements/send/<connection>/<path:customer_id>")
@needs(Act.SEND)
def statement(connection: str, customer_id: str) -> ResponseReturnValue:
    """Mail them the statement of what is open."""
    who = (connection, customer_id)
    return _sent(who, lambda: office().send_statement(business().id, who, by=person().name))


@pages.post("/credit-policy/send/<connection>/<path:customer_id>")
@needs(Act.SEND)
def terms(connection: str, customer_id: str) -> ResponseReturnValue:
    """Mail them the credit policy."""
    who = (connection, customer_id)
    return _sent(who, lambda: office().send_credit_policy(business().id, who, by=person().name))


def _sent(who: tuple[str, str], send: Callable[[], str]) -> ResponseReturnValue:
    try:
        flash(send(), "good")
    except (Refused, NotThere) as error:
        flash(str(error), "bad")
    return redirect(url_for("customers.one", connection=who[0], customer_id=who[1]), 303)
