"""Today's plan and what people answer to it; beside it the first day's backlog and the kinds of customers."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.views.plan import MessageView
from duewell.web.current import business, needs, office, person
from integrations.errors import NotThere, Refused

pages = Blueprint("plan", __name__)
SHOWN_MAX = 100
KINDS_MAX = 200
TYPED_MAX = 10_000
LEFT_OUT = ("never_chase", "hold", "was_sent")
NOTHING = "Nothing was chosen, so nothing was changed."


@pages.get("/plan")
def page() -> str:
    """Every message of today and why the others wait. What would be sent is never cut short."""
    sheet = office().plan_sheet(business().id)
    whole = request.args.get("all") == "yes"
    return render_template("plan.html", sheet=sheet, limit=None if whole else SHOWN_MAX, key_of=_key_of)


@pages.post("/plan")
@needs(Act.APPROVE)
def answer() -> ResponseReturnValue:
    """Approve or refuse what was read on the page, and no other message."""
    asked = [_asked(text) for text in request.form.get("messages", "").split()]
    wish = request.form.get("do", "approve")
    if not asked:
        flash(NOTHING, "wait")
        return redirect(url_for("plan.page"), 303)
    refused, together = wish == "refuse", wish == "approve_all"
    told = office().answer_messages(business().id, asked, by=person().name, refused=refused, together=together)
    for tone, sentence in told:
        flash(sentence, tone)
    return redirect(url_for("plan.page"), 303)


@pages.post("/plan/send")
@needs(Act.SEND)
def send() -> str:
    """Send now what may leave, instead of within the hour."""
    return render_template("sent.html", lines=office().send_approved(business().id))


@pages.get("/plan/words/<connection>/<path:customer_id>")
def words(connection: str, customer_id: str) -> ResponseReturnValue:
    """One message as it would be sent, and the form to change its subject and opening."""
    return _words(connection, customer_id)


@pages.post("/plan/words/<connection>/<path:customer_id>")
@needs(Act.EDIT)
def change_words(connection: str, customer_id: str) -> ResponseReturnValue:
    """Approve it in these words, if they may be sent."""
    typed = {name: request.form.get(name, "")[:TYPED_MAX] for name in ("subject", "opening")}
    asked = (f"{connection}/{customer_id}", request.form.get("digest", ""))
    try:
        sentence = office().edit_message(business().id, asked, typed, by=person().name)
    except NotThere as error:
        return _gone(error)
    except Refused as error:
        return _words(connection, customer_id, typed=typed, problem=str(error))
    flash(sentence, "good")
    return redirect(url_for("plan.page"), 303)


def _words(
    connection: str, customer_id: str, *, typed: Mapping[str, str] | None = None, problem: str = ""
) -> ResponseReturnValue:
    try:
        found = office().message_words(business().id, f"{connection}/{customer_id}")
    except NotThere as error:
        return _gone(error)
    shown = typed or {"subject": found.subject, "opening": found.opening}
    page = render_template("plan_words.html", view=found, typed=shown, problem=problem, key_of=_key_of)
    return page, 422 if problem else 200


def _gone(error: NotThere) -> ResponseReturnValue:
    flash(str(error), "wait")
    return redirect(url_for("plan.page"), 303)


@pages.post("/plan/automatic")
@needs(Act.SETTINGS)
def automatic() -> ResponseReturnValue:
    """An owner lets ordinary messages go by themselves, or has people approve every one."""
    wish = request.form.get("automatic", "")
    if wish not in ("yes", "no"):
        abort(400, "The form does not say whether messages may go by themselves. Nothing was changed.")
    office().choose_automatic(business().id, automatic=wish == "yes", by=person().name)
    told = "Ordinary messages may go by themselves now." if wish == "yes" else "Every message waits for a person now."
    flash(told, "good")
    return redirect(url_for("plan.page"), 303)


@pages.get("/plan/kinds")
def kinds() -> str:
    """Of whom nobody has said what kind of customer they are, with a proposal where the name speaks."""
    found = office().kinds_to_confirm(business().id)
    return render_template("plan_kinds.html", found=found[:KINDS_MAX], total=len(found))


@pages.post("/plan/kinds")
@needs(Act.RECORD)
def confirm_kinds() -> ResponseReturnValue:
    """Write down the kinds that were chosen; who is left open stays so."""
    pairs = zip(request.form.getlist("debtor"), request.form.getlist("kind"), strict=False)
    chosen = {debtor: kind for debtor, kind in pairs if kind}
    try:
        count = office().confirm_kinds(business().id, chosen, by=person().name) if chosen else 0
    except Refused as error:
        flash(str(error), "bad")
        return redirect(url_for("plan.kinds"), 303)
    one = "Of one customer it is known now what kind they are."
    many = f"Of {count} customers it is known now what kind they are."
    flash((one if count == 1 else many) if count else NOTHING, "good" if count else "wait")
    return redirect(url_for("plan.kinds"), 303)


@pages.get("/plan/backlog")
def backlog() -> str:
    """The old debts nobody has written about, in the order of their turns."""
    view = office().backlog(business().id)
    whole = request.args.get("all") == "yes"
    return render_template("backlog.html", view=view, limit=None if whole else SHOWN_MAX)


@pages.post("/plan/backlog")
@needs(Act.RECORD)
def leave_out() -> ResponseReturnValue:
    """Leave a customer out, for good or for a while, or say that an invoice did reach them."""
    told = {name: request.form.get(name, "")[:TYPED_MAX] for name in ("kind", "invoice", "until", "words")}
    if told["kind"] not in LEFT_OUT:
        abort(400, "The form does not say what is to be written down. Nothing was changed.")
    who = (request.form.get("connection", ""), request.form.get("customer", ""))
    try:
        flash(office().record(business().id, *who, told, by=person().name), "good")
    except Refused as error:
        flash(str(error), "bad")
    return redirect(url_for("plan.backlog"), 303)


def _key_of(message: MessageView) -> str:
    return ":".join([quote(message.connection, safe=""), quote(message.customer_id, safe=""), message.digest])


def _asked(text: str) -> tuple[str, str]:
    connection, _, rest = text.partition(":")
    customer, _, digest = rest.partition(":")
    return f"{unquote(connection)}/{unquote(customer)}", digest
