"""The pages in a real browser: axe finds nothing, nothing is wider than a phone, the consent form may leave."""

import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from werkzeug.serving import make_server

from duewell.views.pages import ConnectChoice
from duewell.web.office import Business
from tests.chromium import IN_A_BROWSER, barriers, chromium
from tests.duewell.web.conftest import app_over
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_people import PASSWORD, ROBIN
from tests.duewell.web.test_signing_in import PAGES

pytestmark = [
    *IN_A_BROWSER,
    # a browser that goes on to the next page leaves a file half read, which the server's thread closes late
    pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"),
]
EVERY_DAY = ("/plan", "/customers", "/todos", "/policy", "/replay", "/wording")
"""Looked at by axe at both widths."""
SEEN = tuple(path for path in PAGES if "callback" not in path)


class Consent(BaseHTTPRequestHandler):
    """A foreign site that asks for consent."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>Consent</title><p>May Duewell read your books?</p>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


class AwayOffice(FixedOffice):
    """Its consent page stands on another site of this machine."""

    consent = ""

    def begin_connect(self, business: str, platform: str, answers: object) -> str:
        return f"{self.consent}/consent"


@pytest.fixture(scope="module")
def office() -> AwayOffice:
    return AwayOffice(known=(Business("b-1", "Juniper Group", "US", "America/New_York"), Business("b-2", "Fenwick")))


@pytest.fixture(scope="module")
def desk(office: AwayOffice) -> Iterator[str]:
    """The pages on localhost, the consent page on 127.0.0.1."""
    away = ThreadingHTTPServer(("127.0.0.1", 0), Consent)
    server = make_server("127.0.0.1", 0, app_over(office), threaded=True)
    office.consent = f"http://127.0.0.1:{away.server_port}"
    xero = ConnectChoice("xero", "Xero", ("oauth", "client_credentials"), True, "", "", office.consent)
    office.choices = tuple(xero if one.slug == "xero" else one for one in office.choices)
    threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in (away, server)]
    for thread in threads:
        thread.start()
    yield f"http://localhost:{server.server_port}"
    for one in (away, server):
        one.shutdown()
        one.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def owner_at(browser: Any, desk: str, **context: Any) -> Any:
    """A page on which the owner has signed in. `bypass_csp` lets axe in; the policy has its own tests."""
    page = browser.new_context(**context).new_page()
    page.goto(f"{desk}/login")
    page.locator("#email").fill(ROBIN.email)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{desk}/")
    return page


def test_nobody_is_shut_out_on_a_phone_and_nothing_is_too_wide(browser: Any, desk: str) -> None:
    look(browser, desk, SEEN, width=360, color_scheme="light")


def test_nobody_is_shut_out_at_a_desk_from_what_is_used_every_day(browser: Any, desk: str) -> None:
    look(browser, desk, [path for path in SEEN if path.startswith(EVERY_DAY)], width=1200, color_scheme="dark")


def look(browser: Any, desk: str, paths: Iterable[str], *, width: int, **context: Any) -> None:
    """At every page, with all that can be opened on it open."""
    page = owner_at(browser, desk, viewport={"width": width, "height": 800}, bypass_csp=True, **context)
    for path in paths:
        page.goto(f"{desk}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert barriers(page) == "", path
    page.context.close()


def test_the_sign_in_page_too(browser: Any, desk: str) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True).new_page()
    page.goto(f"{desk}/login")

    assert barriers(page) == ""
    page.context.close()


def test_the_policy_stops_nothing_of_ours_and_nothing_is_too_wide_at_a_desk(browser: Any, desk: str) -> None:
    page = owner_at(browser, desk, viewport={"width": 1200, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in SEEN:
        page.goto(f"{desk}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1200, path

    assert [text for text in complaints if "404" not in text] == []
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).borderBottomStyle") == "solid"
    page.context.close()


def test_the_consent_form_may_leave_to_the_consent_page(browser: Any, desk: str, office: AwayOffice) -> None:
    page = owner_at(browser, desk)
    page.goto(f"{desk}/connections/new/xero")
    page.get_by_role("button", name="Go on to Xero").click()
    page.wait_for_url(f"{office.consent}/consent")

    assert "May Duewell read your books?" in page.content()
    page.context.close()


def test_coming_back_from_a_foreign_site_the_owner_is_still_inside(browser: Any, desk: str, office: AwayOffice) -> None:
    page = owner_at(browser, desk)
    page.goto(f"{office.consent}/consent")
    page.evaluate("url => { location.href = url }", f"{desk}/oauth/xero/callback?code=c&state=s")
    page.wait_for_url(f"{desk}/connections")

    assert "Connected: Brightwater Studio" in page.content()
    page.context.close()
