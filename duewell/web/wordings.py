"""What customers read: every letter from friendly to final, tried on a real customer, changed, and given back."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from collector.wording.check import TEXT_MAX, Wording
from collector.wording.source import KINDS, Frame
from collector.wording.writing import Bank, Letter
from duewell.access import Act
from duewell.web.current import business, needs, office, person
from duewell.web.failures import sentence, status_of
from duewell.web.guard import as_mail, with_frame
from integrations.errors import IntegrationError, NotThere, Refused

pages = Blueprint("wordings", __name__)
TYPED_MAX = 200


@pages.get("/wordings")
@needs(Act.LOOK)
def listing() -> str:
    """Every letter in one language."""
    language = request.args.get("language", "")
    lines = office().wordings(business().id, language)
    return render_template("wordings.html", lines=lines, kinds=KINDS, language=lines[0].language)


@pages.get("/wordings/<letter>/<language>")
@needs(Act.LOOK)
def one(letter: str, language: str) -> str:
    """One letter: its text, how it reads, its versions."""
    return _page(letter, language)


@pages.post("/wordings/<letter>/<language>")
@needs(Act.WORDING)
def save(letter: str, language: str) -> ResponseReturnValue:
    """Keep it. What is refused comes back with the text kept."""
    typed = _typed(letter, language)
    try:
        version = office().save_wording(business().id, typed, by=person().name)
    except Refused as error:
        return _page(letter, language, text=typed.text, problem=sentence(error)), status_of(error)
    flash(f"Saved as version {version}. It is used from now on.", "good")
    return _again(letter, language)


@pages.post("/wordings/<letter>/<language>/back")
@needs(Act.WORDING)
def back(letter: str, language: str) -> ResponseReturnValue:
    """Back to an older version, or to the shipped wording."""
    asked = request.form.get("version", "")
    if not asked.isdecimal() or len(asked) > 9:
        raise NotThere("There is no such version of this wording.")
    try:
        version = office().give_back_wording(business().id, letter, language, int(asked), by=person().name)
    except Refused as error:
        return _page(letter, language, problem=sentence(error)), status_of(error)
    flash(f"Done; it is kept as version {version}.", "good")
    return _again(letter, language)


@pages.post("/wordings/<letter>/<language>/test")
@needs(Act.WORDING)
def test(letter: str, language: str) -> ResponseReturnValue:
    """Mail what stands in the form to whoever asks."""
    typed, me = _typed(letter, language), person()
    try:
        office().test_wording(business().id, typed, customer=_asked("customer"), to=(me.name, me.email))
    except IntegrationError as error:
        return _page(letter, language, text=typed.text, problem=sentence(error)), status_of(error)
    said = f"A test is on its way to {me.email}. What stands below is not saved yet."
    return _page(letter, language, text=typed.text, said=said)


@pages.get("/wordings/<letter>/<language>/preview")
@needs(Act.LOOK)
def shown(letter: str, language: str) -> ResponseReturnValue:
    """The wording in use, as a customer would read it."""
    text = office().wording(business().id, letter, language).text
    return _mail(Wording(letter, language, text), as_text=KINDS[letter].frame is Frame.BARE)


@pages.post("/wordings/<letter>/<language>/preview")
@needs(Act.LOOK)
def tried(letter: str, language: str) -> ResponseReturnValue:
    """What stands in the form, as a customer would read it. Nothing is kept."""
    plain = request.form.get("as") == "text" or letter not in KINDS or KINDS[letter].frame is Frame.BARE
    return _mail(_typed(letter, language), as_text=plain)


@pages.get("/bank")
@needs(Act.LOOK)
def bank() -> str:
    """The bank details, and every change of them."""
    return _bank_page()


@pages.post("/bank")
@needs(Act.BANK)
def set_bank() -> ResponseReturnValue:
    """Change them; every owner is told."""
    lines = tuple(line for line in request.form.get("lines", "")[:2000].splitlines() if line.strip())
    fresh = Bank(lines, request.form.get("first") == "yes", _asked("reference"))
    try:
        untold = office().set_bank(business().id, fresh, by=person().name)
    except Refused as error:
        return _bank_page(fresh, sentence(error)), status_of(error)
    if untold:
        flash(f"Saved. These owners could not be told by mail, so tell them yourself: {', '.join(untold)}.", "wait")
    else:
        flash("Saved. Every owner is told of a change by mail.", "good")
    return redirect(url_for("wordings.bank"), 303)


@pages.get("/credit-policy")
@needs(Act.LOOK)
def credit_policy() -> str:
    """The credit policy in force, its versions, and who accepted it."""
    return render_template("credit_policy.html", view=office().credit_policy(business().id))


@pages.get("/credit-policy.pdf")
@needs(Act.LOOK)
def credit_policy_pdf() -> Response:
    """The same on paper."""
    return paper(office().credit_policy_pdf(business().id), "credit-policy.pdf")


def paper(content: bytes, name: str) -> Response:
    """A PDF to be kept."""
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def mail_page(letter: Letter, *, as_text: bool) -> Response:
    """A letter alone on a page that may do nothing, to be shown in a frame."""
    as_mail()
    if letter.html and not as_text:
        return make_response(letter.html)
    return make_response(render_template("mail_text.html", letter=letter))


def _mail(tried: Wording, *, as_text: bool) -> ResponseReturnValue:
    asked, soft = _asked("customer"), request.values.get("soft") == "yes"
    try:
        letter = office().preview_wording(business().id, tried, customer=asked, soft=soft)
    except Refused as error:
        as_mail()
        return render_template("mail_text.html", letter=None, problem=sentence(error)), status_of(error)
    return mail_page(letter, as_text=as_text)


def _page(letter: str, language: str, *, text: str | None = None, problem: str = "", said: str = "") -> str:
    with_frame()
    view = office().wording(business().id, letter, language)
    typed = view.text if text is None else text
    return render_template(
        "wording.html", view=view, text=typed, problem=problem, said=said, customer=_asked("customer"), limit=TEXT_MAX
    )


def _bank_page(fresh: Bank | None = None, problem: str = "") -> str:
    view = office().bank(business().id)
    return render_template("bank.html", view=view, bank=fresh or view.bank, problem=problem)


def _typed(letter: str, language: str) -> Wording:
    return Wording(letter, language, request.form.get("text", "")[: 2 * TEXT_MAX])


def _asked(name: str) -> str:
    return request.values.get(name, "").strip()[:TYPED_MAX]


def _again(letter: str, language: str) -> Response:
    return redirect(url_for("wordings.one", letter=letter, language=language), 303)
