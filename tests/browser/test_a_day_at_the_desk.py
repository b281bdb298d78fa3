"""A day at the desk in a real browser: sign in, connect three platforms across two hosts, agree, plan, send, look."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from duewell.owning import set_owner_password
from duewell.serving import Serving
from sandbox.server import Sandbox
from tests.chromium import IN_A_BROWSER, chromium
from tests.scenarios.playing import Play, settle_in

PASSWORD = "a-long-enough-password"
APPROVED = 3
pytestmark = IN_A_BROWSER


@dataclass
class Visit:
    """A browser's page at an installation that serves, and whatever the browser complained about."""

    play: Play
    page: Any
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.play.house.settings.web.base_url

    def listen(self) -> None:
        """Errors on the console, uncaught exceptions, refused loads and breaches of a page's policy."""
        self.page.context.on("weberror", lambda one: self.complaints.append(str(one.error)))
        self.page.context.on("console", self._said)
        self.page.context.on("response", self._answered)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") and "favicon" not in message.location["url"]:
            self.complaints.append(message.text)

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not response.url.endswith("/favicon.ico"):
            self.complaints.append(f"{response.status} {response.url}")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sign_in(self) -> None:
        self.go("/plan")
        self.page.get_by_label("password").fill(PASSWORD)
        self.press("Sign in")
        self.page.wait_for_url(f"{self.url}/plan")

    def has(self, text: str) -> bool:
        return text in self.page.locator("main").inner_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Any, sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Visit]:
    """The pages on localhost, the platforms on 127.0.0.1, nothing connected yet."""
    play = settle_in(sandboxes(invoices=30, customers=10), tmp_path, connect=False)
    set_owner_password(play.house, PASSWORD)
    with Serving(play.house, jobs=False):
        context = browser.new_context()
        context.set_default_timeout(20_000)
        visit = Visit(play, context.new_page())
        visit.listen()
        yield visit
        context.close()
    play.house.close()


def by_consent(visit: Visit, label: str, yes: str) -> None:
    """Through the platform's own consent page on another host, and back."""
    visit.go("/connections/new")
    visit.page.get_by_role("link", name=f"Connect {label}", exact=True).click()
    _answer(visit)
    visit.press(f"Go on to {label}")
    visit.page.wait_for_url("http://127.0.0.1:*/**")
    for box in visit.page.get_by_role("checkbox").all():
        box.check()
    visit.press(yes)
    visit.page.wait_for_url(f"{visit.url}/connections")
    assert visit.has("Connected:")


def _answer(visit: Visit) -> None:
    for name, value in {"time_zone": "America/Los_Angeles", "own_reminders": "no"}.items():
        asked = visit.page.locator(f"[name={name}]")
        if asked.count() == 1:
            asked.select_option(value)
        elif asked.count():
            visit.page.locator(f"[name={name}][value='{value}']").check()


def by_key(visit: Visit) -> None:
    """A restricted key made on the platform's dashboard in a second tab, copied and pasted."""
    visit.go("/connections/new/stripe")
    with visit.page.context.expect_page() as opened:
        visit.page.get_by_role("link", name="Make a restricted key in Stripe").click()
    tab = opened.value
    key = tab.locator("#key").inner_text()
    tab.close()
    visit.page.get_by_label("Restricted key").fill(key)
    _answer(visit)
    visit.press("Connect")
    visit.page.wait_for_url(f"{visit.url}/connections")
    assert visit.has("Northwind Cloud")


def read_all(visit: Visit) -> None:
    """Press the button of every company, then look again until all are read."""
    visit.go("/connections")
    for number in range(visit.page.get_by_role("button", name="Read the books now").count()):
        visit.page.get_by_role("button", name="Read the books now").nth(number).click()
        visit.page.get_by_text("The books are being read now").wait_for()
    for _ in range(60):
        visit.go("/")
        if not visit.has("Not compared yet"):
            return
        visit.page.wait_for_timeout(250)


def test_an_owner_connects_three_platforms_and_sends_what_is_due(visit: Visit) -> None:
    visit.sign_in()
    by_consent(visit, "QuickBooks", "Connect")
    by_consent(visit, "Xero", "Allow access")
    by_key(visit)
    read_all(visit)

    assert visit.has("Agrees with QuickBooks to the cent.")
    assert visit.page.get_by_text("Agrees with Xero to the cent.").count() == 3
    assert visit.has("The same when read again.")
    _plan_and_send(visit)
    _open_a_customer(visit)
    assert visit.complaints == []
    assert visit.page.evaluate("document.cookie") == "", "no script may read the session"


def _plan_and_send(visit: Visit) -> None:
    visit.page.get_by_role("link", name="See the plan and why").click()
    for _ in range(APPROVED):
        visit.page.get_by_role("button", name=re.compile("^Approve ?: ")).first.click()
        assert visit.has("will be sent, at its hour.")
    visit.press("Send them now")
    visit.page.get_by_role("heading", name="What was done").wait_for()
    lines = visit.page.locator("main li").all_inner_texts()
    assert lines
    assert all(line.endswith(": sent") for line in lines)
    mails = len(visit.play.sandbox.mailbox.mails())
    assert 0 < mails <= len(lines) <= APPROVED
    visit.page.get_by_role("link", name="Back to the plan").click()
    assert visit.page.get_by_role("button", name="Send them now").count() == (len(lines) < APPROVED)


def _open_a_customer(visit: Visit) -> None:
    mail = visit.play.sandbox.mailbox.mails()[0]
    visit.go("/customers")
    visit.page.get_by_role("searchbox").fill(mail.recipients[0])
    visit.press("Search")
    visit.page.get_by_role("table").get_by_role("link").first.click()
    visit.page.get_by_role("heading", name="Next step, and why").wait_for()
    assert visit.has(mail.recipients[0])
    assert visit.has("Sent")


def test_whoever_says_no_on_the_consent_page_comes_back_with_nothing_changed(visit: Visit) -> None:
    visit.sign_in()
    visit.go("/connections/new/xero")
    _answer(visit)
    visit.press("Go on to Xero")
    visit.press("Cancel")

    visit.page.get_by_role("heading", name="Xero was not connected").wait_for()
    assert visit.has("consent was not given")
    visit.page.reload()
    assert visit.has("already finished")
    visit.go("/connections")
    assert visit.has("Nothing is connected yet")
    assert [one for one in visit.complaints if "status of 4" not in one and not one.startswith("4")] == []


def test_a_stranger_sees_only_the_door(visit: Visit) -> None:
    for path in ("/", "/plan", "/customers", "/connections", "/connections/new/stripe", "/oauth/xero/callback?code=1"):
        visit.go(path)
        assert visit.page.url.startswith(f"{visit.url}/login"), path
    visit.page.get_by_label("password").fill("wrong")
    visit.press("Sign in")
    assert visit.page.get_by_role("alert").count() == 1
    assert visit.page.url.startswith(f"{visit.url}/login")
