"""The payer's pages: no sign-in, no cookie, no script. A GET only shows; everything else is a form of its own page."""

from collections.abc import Mapping

from flask import Blueprint, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from collector.saying import CHANNELS
from collector.wording.languages import LANGUAGES
from collector.wording.writing import bank_lines
from duewell.portal.answering import PROMISE_DAYS, REASONS, masked
from duewell.portal.choosing import RHYTHMS, currencies, in_words
from duewell.portal.papers import SIZE_MOST, Paper, paper_of
from duewell.portal.reception import Reception, Shown
from duewell.portal.sheet import Sheet
from duewell.portal.words import Speech, Unclear
from duewell.web.current import office

pages = Blueprint("portal", __name__, template_folder="templates", static_folder="static", static_url_path="/p-static")
BODY_MOST = SIZE_MOST + 64 * 1024
TYPED_MOST = 4000
FIELDS_MOST = 40


@pages.before_request
def apart() -> None:
    """Nothing of the desk is asked or shown here, whoever may be signed in."""
    g.plain = True
    request.max_content_length = BODY_MOST
    if (request.content_length or 0) > BODY_MOST:  # at once, before anything of it is put aside
        raise RequestEntityTooLarge


@pages.after_request
def unlisted(response: Response) -> Response:
    """No search engine lists it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@pages.get("/p/")
@pages.get("/p/<path:token>")
def page(token: str = "") -> Response:
    """What a link opens. Whatever opens nothing gets one and the same answer."""
    return _answer(reception().look(token, _tag()))


@pages.get("/b/")
@pages.get("/b/<path:code>")
def back(code: str = "") -> Response:
    """Back from paying. The address stays known to the till for ever, so it holds no link and soon opens nothing."""
    return _answer(reception().back(code, _tag()))


@pages.post("/b/")
@pages.post("/b/<path:code>")
def onward(code: str = "") -> Response:
    """On to the account."""
    return _answer(reception().onward(code, _tag()))


@pages.post("/p/")
@pages.post("/p/<path:token>")
def press(token: str = "") -> Response:
    """Something was pressed."""
    return _answer(reception().press(token, _tag(), _typed(), _paper()))


@pages.get("/x/<segment>")
def by_number(segment: str) -> Response:
    """The address on an online invoice. What it says of itself is carried on, and trusted in nothing."""
    return _answer(reception().by_number(segment, _tag()), named=_named(request.args))


@pages.post("/x/<segment>")
def press_by_number(segment: str) -> Response:
    """A second fact was told there."""
    return _answer(reception().press_by_number(segment, _tag(), _typed()), named=_named(request.form))


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_: RequestEntityTooLarge) -> Response:
    """A paper of more than five megabytes."""
    speech = Speech.to_stranger(_tag())
    return _render("trouble", speech, 413, problem=speech("bad_file"), action=request.path)


@pages.errorhandler(Exception)
def trouble(error: Exception) -> Response:
    """Whatever nobody foresaw: one sentence, and the reference in the log; nothing of what happened inside."""
    from duewell.web.failures import noted

    speech = Speech.to_stranger(_tag())
    if isinstance(error, HTTPException):
        return _render("closed", speech, error.code or 500)
    noted(error)
    return _render("trouble", speech, 500, problem=speech("not_taken"), action="")


def reception() -> Reception:
    """Who takes everybody in."""
    return office().reception


def _answer(shown: Shown, *, named: Mapping[str, str] | None = None) -> Response:
    if shown.page == "leave":
        return _leave(shown)
    if shown.page == "onward":
        return redirect(shown.action, 303)
    facts: dict[str, object] = {"shown": shown, "action": shown.action, "named": named or {}}
    if shown.sheet is not None and shown.page in ("account", "plan"):
        facts |= _facts(shown)
    return _render(shown.page, shown.speech, shown.status, thanks=shown.thanks, problem=shown.problem, **facts)


def _leave(shown: Shown) -> Response:
    """On to the till's page. Not by a redirect: browsers hold what follows a form against form-action, and a till may
    have an address of its own that nobody here can know beforehand. The strict policy stays as it is."""
    answer = _render("leave", shown.speech, 200, url=shown.leave_to)
    answer.headers["Refresh"] = f"0; url={shown.leave_to}"
    return answer


def _facts(shown: Shown) -> dict[str, object]:
    sheet, speech = shown.sheet, shown.speech
    assert sheet is not None, "asked before"
    can_pay = reception().takes_money(sheet.link.business)
    linked = can_pay and bool(sheet.together)
    return {
        "sheet": sheet,
        "can_pay": linked,
        "bank": _bank(sheet, speech, linked=linked),
        "bank_first": sheet.bank is not None and sheet.bank.first,
        "parts": reception().parts_offered(sheet),
        "plan_currencies": currencies(sheet),
        "rhythms": RHYTHMS,
        "reasons": REASONS,
        "channels": CHANNELS,
        "addresses": [masked(one) for one in sheet.addresses],
        "promise_days": PROMISE_DAYS,
        "plans": reception().plans(sheet),
        "proposed": [(one.id, in_words(one, sheet, speech)) for one in sheet.proposed],
    }


def _bank(sheet: Sheet, speech: Speech, *, linked: bool) -> list[str]:
    """As in messages, but without the sentence about links, which are buttons here."""
    lines = bank_lines(sheet.bank, speech.language, linked=linked)
    return lines[:-1] if sheet.bank and sheet.bank.first and linked else lines


def _render(page: str, speech: Speech, status: int, **facts: object) -> Response:
    values = {"thanks": "", "problem": "", **facts}
    answer = make_response(render_template(f"portal/{page}.html", say=speech, **values), status)
    answer.headers["Content-Language"] = speech.language
    return answer


def _typed() -> dict[str, str]:
    return {name: text[:TYPED_MOST] for name, text in list(request.form.items())[:FIELDS_MOST]}


def _named(told: Mapping[str, str]) -> dict[str, str]:
    return {name: told.get(name, "")[:100] for name in ("inv", "org")}


def _paper() -> Paper | Unclear | None:
    """The file that came along; what is wrong with it is told where the answer is shown."""
    file = request.files.get("paper")
    if file is None or not file.filename:
        return None
    with file.stream as content:
        read = content.read(SIZE_MOST + 1)
    try:
        return paper_of(file.filename, read)
    except Unclear as unclear:
        return unclear


def _tag() -> str:
    """The language a stranger's browser asks for, of those we have."""
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"
