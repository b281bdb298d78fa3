"""The desk's pages: server-rendered, behind a login, over one Office."""

from flask import Flask

from duewell.config import Settings
from duewell.portal import pages as portal
from duewell.web import (
    charges,
    clearing,
    connecting,
    customers,
    entrance,
    failures,
    guard,
    machines,
    manners,
    overview,
    pay_page,
    people,
    plan,
    plans,
    policy,
    rendering,
    replay,
    rules,
    sames,
    statements,
    todos,
    wordings,
)
from duewell.web.door import Door
from duewell.web.office import Office

BODY_CAP = 1024 * 1024
ROOMS = (
    entrance,
    overview,
    plan,
    plans,
    todos,
    sames,
    customers,
    charges,
    clearing,
    connecting,
    policy,
    replay,
    people,
    machines,
    wordings,
    statements,
    manners,
    pay_page,
    rules,
    portal,
)


def create_app(settings: Settings, office: Office) -> Flask:
    """The WSGI application. `office` must be ready to answer; nothing is asked of it here but the session key."""
    app = Flask("duewell.web")
    app.config.update(_cookies(settings), MAX_CONTENT_LENGTH=BODY_CAP, MAX_FORM_MEMORY_SIZE=BODY_CAP)
    app.secret_key = office.session_key()
    app.extensions["duewell"] = office
    app.extensions["duewell.door"] = Door(office)
    app.extensions["duewell.base_url"] = settings.web.base_url
    rendering.install(app)
    guard.install(app, settings.web.base_url)
    failures.install(app)
    for room in ROOMS:
        app.register_blueprint(room.pages)
    return app


def _cookies(settings: Settings) -> dict[str, object]:
    """`__Host-` binds the cookie to this very host over TLS; http is only ever allowed on this machine."""
    secure = settings.web.base_url.startswith("https://")
    return {
        "SESSION_COOKIE_NAME": "__Host-duewell" if secure else "duewell",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
    }
