"""The owner's page about the payment page, a customer's links ended, and the papers that payers handed in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from duewell.access import Act
from duewell.web.current import business, needs, office, person

pages = Blueprint("pay_page", __name__)
FIELDS = ("in_messages", "second_fact", "days")


@pages.get("/pay-page")
@needs(Act.LOOK)
def page() -> str:
    """How it is set, and what to paste where."""
    return render_template("pay_page.html", view=office().pay_page(business().id))


@pages.post("/pay-page")
@needs(Act.SETTINGS)
def change() -> ResponseReturnValue:
    """Change it."""
    told = {name: request.form[name][:20] for name in FIELDS if name in request.form}
    flash(office().change_pay_page(business().id, told), "good")
    return redirect(url_for("pay_page.page"), 303)


@pages.post("/links/revoke/<connection>/<path:customer_id>")
@needs(Act.HOLD)
def revoke(connection: str, customer_id: str) -> ResponseReturnValue:
    """End every link of a customer."""
    flash(office().revoke_links(business().id, connection, customer_id, by=person().name), "good")
    return redirect(url_for("customers.one", connection=connection, customer_id=customer_id), 303)


@pages.get("/papers/<id>")
@needs(Act.LOOK)
def paper(id: str) -> Response:
    """What a payer handed in, as a file to be saved: it is a stranger's."""
    found = office().paper(business().id, id)
    answer = Response(found.content, content_type=found.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    return answer
