"""The policy: read back in sentences and as a calendar, changed by owners, and every version of it."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.policies.file import CHARACTERS_MAX
from duewell.access import Act
from duewell.views.policy import NOTE_MAX, Draft
from duewell.web.current import business, needs, office, person
from duewell.web.failures import sentence, status_of
from duewell.web.months import months
from integrations.errors import Refused

pages = Blueprint("policy", __name__)
NOT_TEXT = "That file is no text in UTF-8, so it was not taken. What stood here before is kept."
TOO_LONG = f"That is longer than {CHARACTERS_MAX:,} characters; a policy is a page or two. Is it the right file?"


class Unreadable(Exception):
    """What was uploaded is no policy file at all; the message says why."""


@pages.get("/policy")
@needs(Act.LOOK)
def page() -> str:
    """What is in force."""
    view = office().policy(business().id)
    return render_template("policy.html", view=view, months=months(view.calendar.entries))


@pages.get("/policy/versions/<int:number>")
@needs(Act.LOOK)
def version(number: int) -> str:
    """One version as it was written."""
    customer = request.args.get("customer", "")
    kept = office().policy_version(business().id, number, customer)
    name = office().policy_customer(business().id, customer) if customer else ""
    return render_template("policy_version.html", kept=kept, customer=customer, name=name)


@pages.get("/policy/change")
@needs(Act.POLICY)
def change() -> str:
    """Something to begin with: what holds, everything, a version, or the proposal."""
    customer, source = request.args.get("customer", ""), request.args.get("from", "")
    return _form(office().policy_text(business().id, customer, source), customer)


@pages.post("/policy/check")
@needs(Act.POLICY)
def check() -> ResponseReturnValue:
    """Look at what was written or uploaded: its mistakes beside the text, or what it would change."""
    customer = request.form.get("customer", "")
    try:
        draft = office().draft_policy(business().id, _text(), customer)
    except Unreadable as error:
        return _form(_typed(), customer, problem=str(error)), 422
    return _form(draft.text, customer, draft), 200 if draft.checked.good else 422


@pages.post("/policy/change")
@needs(Act.POLICY)
def save() -> ResponseReturnValue:
    """Let it hold, as far as it is still what the person has seen checked and nobody else was faster."""
    customer, note, seen = (request.form.get(name, "") for name in ("customer", "note", "over"))
    draft = office().draft_policy(business().id, _typed(), customer)
    if not draft.checked.good:
        return _form(draft.text, customer, draft), 422
    try:
        over = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
        label = office().keep_policy(business().id, replace(draft, over=over), by=person().name, note=note[:NOTE_MAX])
    except Refused as error:
        return _form(draft.text, customer, draft, problem=sentence(error)), status_of(error)
    flash(f"Saved. From now on “{label}” holds, and every verdict names it.", "good")
    return redirect(url_for("policy.page"), 303)


def _typed() -> str:
    """What stands in the text field, with the line ends of a file."""
    return request.form.get("text", "").replace("\r\n", "\n")


def _text() -> str:
    """What was uploaded, if anything was; else what was typed. Raises Unreadable."""
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return _typed()
    try:
        text = uploaded.stream.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Unreadable(NOT_TEXT) from None
    if len(text) > CHARACTERS_MAX:
        raise Unreadable(TOO_LONG)
    return text


def _form(text: str, customer: str, draft: Draft | None = None, *, problem: str = "") -> str:
    name = office().policy_customer(business().id, customer) if customer else ""
    entries = draft.calendar.entries if draft and draft.calendar else ()
    return render_template(
        "policy_change.html",
        text=text,
        lines=text.split("\n"),
        customer=customer,
        name=name,
        draft=draft,
        months=months(entries),
        problem=problem,
        note=request.form.get("note", ""),
    )
