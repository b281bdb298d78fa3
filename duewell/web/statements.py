"""A customer's statement of account: as it would be mailed, and as a PDF."""

from datetime import date

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from collector.occasions.statement import StatementKind
from duewell.access import Act
from duewell.web.current import business, needs, office
from duewell.web.guard import with_frame
from duewell.web.wordings import mail_page, paper
from integrations.errors import Refused

pages = Blueprint("statements", __name__)


@pages.get("/statements/<connection>/<path:customer_id>")
@needs(Act.LOOK)
def one(connection: str, customer_id: str) -> str:
    """The statement in a frame, with what it may be asked for."""
    with_frame()
    kind, (first, last) = _asked()
    return render_template(
        "statement.html", connection=connection, customer_id=customer_id, kind=kind, first=first, last=last
    )


@pages.get("/statement-letters/<connection>/<path:customer_id>")
@needs(Act.LOOK)
def letter(connection: str, customer_id: str) -> Response:
    """The letter alone."""
    kind, days = _asked()
    told = office().statement(business().id, (connection, customer_id), kind, days)
    return mail_page(told, as_text=request.args.get("form") == "text")


@pages.get("/statement-papers/<connection>/<path:customer_id>")
@needs(Act.LOOK)
def pdf(connection: str, customer_id: str) -> Response:
    """The PDF."""
    kind, days = _asked()
    return paper(office().statement_pdf(business().id, (connection, customer_id), kind, days), "statement.pdf")


def _asked() -> tuple[StatementKind, tuple[date | None, date | None]]:
    kind = StatementKind.ACTIVITY if request.args.get("kind") == "activity" else StatementKind.OPEN
    return kind, (_day("from") if kind is StatementKind.ACTIVITY else None, _day("to"))


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"{text[:40]!r} is no day; write it like 2026-12-01") from None
