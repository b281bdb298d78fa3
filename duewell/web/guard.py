"""What stands before and after every page: the host, the session, the form's token, and the headers."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from duewell.access import Act
from duewell.config_ways import LOOPBACK
from duewell.web.current import must, someone, what_it_needs
from duewell.web.door import proven

OPEN = {"entrance.login", "entrance.sign_in", "machines.metrics"}
THEIR_OWN = {"entrance.logout", "entrance.business", "entrance.password", "entrance.change_password"}
"""What everybody may do who has signed in, whatever they are at any business."""
PROBES = {"machines.healthz", "machines.readyz"}
IMPERSONAL = {"static", "machines.webhook", *PROBES}
FOR_PAYERS = "portal"
"""The pages of those who hold a link: nobody signs in there, and their forms carry a proof of their own."""
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action {form}; "
    "frame-ancestors 'none'; base-uri 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
SIBLING = re.compile(
    r"(?P<scheme>https://)?[A-Za-z][A-Za-z0-9-]*\.(?P<domain>(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]{4,}\.[A-Za-z]+)"
)
SOURCE = re.compile(r"(https?://)?(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?")


def install(app: Flask, base_url: str) -> None:
    """Put the guard before and after every request of `app`."""
    hosts = {(urlsplit(base_url).hostname or "").lower(), *LOOPBACK}

    @app.before_request
    def stop() -> Response | None:
        if request.endpoint not in PROBES and _host() not in hosts:
            abort(400, "This address is not the one Duewell is set up for (web.base_url in the configuration).")
        return None if request.endpoint in IMPERSONAL or request.blueprint == FOR_PAYERS else _person()

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = _policy()
        response.headers["Cache-Control"] = "no-cache" if request.endpoint == "static" else "no-store"
        if base_url.startswith("https://"):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def _policy() -> str:
    if g.get("mail"):
        return MAIL_POLICY
    frames = "; frame-src 'self'" if g.get("frame") else ""
    return POLICY.format(form=" ".join(["'self'", *g.get("leads_to", ())])) + frames


def as_mail() -> None:
    """This answer is a message as a customer would read it: its styles stand inline, and it may do nothing at all."""
    g.mail = True


def with_frame() -> None:
    """This page shows such a message in a frame."""
    g.frame = True


def allow_form_to(hosts: str) -> None:
    """Let this one page's form lead to foreign hosts, separated by spaces. What is no host is left out.

    Chromium holds every redirect that follows a form against form-action, and consent pages send people on to their
    own sign-in page (appcenter.intuit.com to accounts.intuit.com), so a host's siblings are named with it.
    """
    named = [host for host in hosts.split() if SOURCE.fullmatch(host)]
    g.leads_to = tuple(source for host in named for source in (host, *_siblings(host)))


def local_path(wish: str) -> str:
    """`wish` when it is a path on this site, else the first page. Backslashes and control characters are browsers'
    other ways to spell a foreign host."""
    plain = wish.startswith("/") and not wish.startswith("//") and "\\" not in wish and wish.isprintable()
    return wish if plain and not urlsplit(wish).netloc else "/"


def on_this_machine() -> bool:
    """Does the request come from this machine itself, not through a proxy that stands on it?"""
    return _is_loopback(request.remote_addr or "") and _host() in LOOPBACK and not _any_header(FORWARDED)


def _siblings(host: str) -> tuple[str, ...]:
    """*.xero.com for login.xero.com; nothing for this machine, a bare domain, or what may be co.uk."""
    found = SIBLING.fullmatch(host)
    return (f"{found['scheme'] or ''}*.{found['domain']}",) if found else ()


def _person() -> Response | None:
    inside = someone() is not None
    if not inside and request.endpoint not in OPEN:
        wish = request.full_path.removesuffix("?") if request.method == "GET" else "/"
        return redirect(url_for("entrance.login", next=None if wish == "/" else wish), 303)
    if request.method == "POST" and not proven(session, request.form.get("proof", "")):
        abort(403, "This form is no longer valid. Go back, reload the page and try again; nothing was changed.")
    if inside and request.endpoint and request.endpoint not in OPEN | THEIR_OWN:
        _allowed()
    return None


def _allowed() -> None:
    """Stop whoever may not do what this page or form does. Whoever was given a business may look."""
    needed = what_it_needs()
    if needed is not Act.LOOK:
        must(needed)


def _host() -> str:
    try:
        return (urlsplit(f"//{request.host}").hostname or "").lower()
    except ValueError:
        return ""


def _any_header(names: Iterable[str]) -> bool:
    return any(name in request.headers for name in names)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
