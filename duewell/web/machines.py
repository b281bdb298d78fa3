"""What machines ask for: webhooks, health, readiness and figures. No session, no page."""

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from duewell.access import Act
from duewell.web.current import office, someone
from duewell.web.guard import on_this_machine

pages = Blueprint("machines", __name__)


@pages.post("/webhooks/<platform>", defaults={"connection": ""})
@pages.post("/webhooks/<platform>/<connection>")
def webhook(platform: str, connection: str) -> Response:
    """Hand the raw body over and answer with a status only: Xero fails a webhook for a body or a cookie."""
    headers = {name.lower(): text for name, text in request.headers.items()}
    answer = Response(status=office().receive(platform, connection, headers, request.get_data(cache=False)))
    del answer.headers["Content-Type"]
    return answer


@pages.get("/healthz")
def healthz() -> Response:
    """Is the process alive?"""
    return _word(*office().health())


@pages.get("/readyz")
def readyz() -> Response:
    """Can it serve?"""
    return _word(*office().ready())


@pages.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus: only to this machine, or to who owns every business, since they speak of all."""
    if not on_this_machine() and not _owns_all():
        abort(403, "Figures are shown on this machine only, or to who signs in and owns every business here.")
    content_type, body = office().metrics()
    return Response(body, content_type=content_type)


def _owns_all() -> bool:
    found = someone()
    return found is not None and len(found.where(Act.SETTINGS)) == office().business_count()


def _word(good: bool, text: str) -> Response:
    return Response(f"{text}\n", status=200 if good else 503, content_type="text/plain; charset=utf-8")
