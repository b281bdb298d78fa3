"""Errors become pages: the platform's in their own words, ours with a reference that the log has too."""

import secrets

import structlog
from flask import Flask, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from integrations.errors import (
    BadSignature,
    IntegrationError,
    NotThere,
    Reconnect,
    Refused,
    TryLater,
    Unsupported,
)

log = structlog.get_logger(__name__)

FAMILIES: tuple[tuple[type[IntegrationError], int, str], ...] = (
    (NotThere, 404, "It is not there"),
    (Refused, 422, "That was refused"),
    (TryLater, 503, "Not just now"),
    (Reconnect, 409, "It must be connected again"),
    (Unsupported, 409, "The platform cannot do that"),
    (BadSignature, 400, "That was not signed by the platform"),
)
TITLES = {
    400: "That could not be understood",
    403: "Not allowed",
    404: "There is no such page",
    405: "Not this way",
    413: "That is too much at once",
    503: "Not ready yet",
}
SENTENCES = {
    404: "The address may be mistyped, or what it showed is gone.",
    405: "This address takes forms only; go back and use the page's own buttons.",
    413: "At most one megabyte is taken at a time. Nothing was changed.",
}


def install(app: Flask) -> None:
    """Handle every error of `app`."""
    app.register_error_handler(IntegrationError, _of_the_platform)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _ours)


def status_of(error: IntegrationError) -> int:
    """The HTTP status for what a platform answered."""
    return _family(error)[1]


def sentence(error: IntegrationError) -> str:
    """What it says, as a sentence of its own: the command line puts “Error:” before the same words."""
    said = str(error)
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def _family(error: IntegrationError) -> tuple[type[IntegrationError], int, str]:
    found = (family for family in FAMILIES if isinstance(error, family[0]))
    return next(found, (IntegrationError, 502, "The platform could not be used"))


def _of_the_platform(error: IntegrationError) -> Response:
    _, status, title = _family(error)
    answer = _page(status, title, str(error))
    if isinstance(error, TryLater) and error.after is not None:
        answer.headers["Retry-After"] = str(max(1, round(error.after)))
    return answer


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    g.plain = status == 413  # such a form cannot be read, not even for its business
    answer = _page(status, TITLES.get(status, error.name), _said(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _said(error: HTTPException) -> str:
    """Our own sentence, where there is one; the library's are not for business owners."""
    own = error.description != type(error).description
    return error.description or "" if own else SENTENCES.get(error.code or 500, "")


def _ours(error: Exception) -> Response:
    """Something nobody foresaw. The page asks the office nothing, since the office may be what is broken."""
    g.plain = True
    return _page(500, "Something went wrong on our side", "", reference=noted(error))


def noted(error: Exception) -> str:
    """Write down what nobody foresaw; the reference under which the log has it."""
    reference = secrets.token_hex(4).upper()
    log.error("page failed", reference=reference, endpoint=request.endpoint, method=request.method, exc_info=error)
    return reference


def _page(status: int, title: str, sentence: str, *, reference: str = "") -> Response:
    if request.path.startswith("/webhooks/"):
        return Response(status=status)
    page = render_template("trouble.html", title=title, sentence=sentence, reference=reference)
    return make_response(page, status)
