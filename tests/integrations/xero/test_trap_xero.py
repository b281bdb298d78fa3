"""The traps of the vendor's SDK that have no better place among the tests, by their number in its table of traps."""

import inspect
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from werkzeug.wrappers import Request, Response
from xero_python.accounting import models
from xero_python.api_client import oauth2

from integrations.contract import Account, Act
from integrations.errors import IntegrationError, Reconnect, Refused, TryLater
from integrations.oauth import RenewingToken
from integrations.xero.platform import NEEDED, PLATFORM
from integrations.xero.refusals import ScopeMissing
from receivables.records import Kind

ROOT = Path(__file__).parents[3]


def overheard_forms(desk: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """From now on, every form that the token endpoint gets."""
    consents, heard = desk.sandbox.twins["xero"].consents, []
    from sandbox.xero import oauth as identity

    granting = identity._grant

    def listen(gate: Any, app: Any, form: dict[str, str]) -> dict[str, object]:
        assert gate.consents is consents
        heard.append(form)
        return granting(gate, app, form)

    monkeypatch.setattr(identity, "_grant", listen)
    return heard


def by_client_credentials(desk: Any) -> tuple[RenewingToken, Account]:
    keys = desk.sandbox.twins["xero"].credentials()["businesses"]["fenwick"]["custom"]
    form = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    consent = PLATFORM.exchange(desk.wire, form, redirect_uri="", verifier="")
    desk.grants.save(replace(consent.grant, id="g9"))
    (company,) = consent.companies
    account = Account("c9", company.external_id, company.label, company.details)
    return RenewingToken(PLATFORM, desk.wire, desk.grants, "g9"), account


def test_trap_09_a_token_of_client_credentials_ends(desk: Any) -> None:
    """The SDK never notes when it does, and goes on with it for ever."""
    token, account = by_client_credentials(desk)
    expires_at = desk.grants.load("g9").expires_at
    assert 1790 < (expires_at - desk.clock.now()).total_seconds() <= 1800
    desk.clock.sleep(1790)
    desk.reset()
    PLATFORM.open(desk.wire, account, token).company()
    assert desk.calls()["POST /connect/token"] == 1
    assert desk.meter.calls == 4, "renewed before its end: not one call was refused"


def test_trap_10_scopes_are_words_not_letters(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK joins the letters of a scope that came as text."""
    heard = overheard_forms(desk, monkeypatch)
    by_client_credentials(desk)
    PLATFORM.renew(desk.wire, desk.grants.load("g9"))
    assert [form["scope"] for form in heard] == [" ".join(NEEDED)] * 2
    PLATFORM.renew(desk.wire, desk.grants.load("g1"))
    assert set(heard[-1]) == {"grant_type", "refresh_token"}


@pytest.mark.planted
def test_trap_11_more_in_a_token_reply_than_we_know(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra key in its token makes every call of the SDK fail."""
    consents = desk.sandbox.twins["xero"].consents
    issue = consents.issue
    monkeypatch.setattr(consents, "issue", lambda *said: {**issue(*said), "tenant_id": "t", "id_token": "a.b.c"})
    desk.trouble("expire_tokens")
    assert desk.books.company().name
    assert desk.grants.load("g1").generation == 1


def test_trap_12_an_app_without_a_secret_is_told_so_at_once(desk: Any) -> None:
    """With the SDK such an app connects, and finds out half an hour later that it cannot renew."""
    wire = replace(desk.wire, app=replace(desk.wire.app, client_secret=""))
    with pytest.raises(Refused, match="client id and client secret"):
        PLATFORM.exchange(wire, {"code": "c"}, redirect_uri="http://localhost", verifier="v")
    assert desk.meter.calls == 0


def test_trap_13_a_renewal_that_could_not_be_kept_is_made_again(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK uses what it could not save; the next process finds a refresh token that is over."""
    desk.clock.sleep(1750)
    before, save = desk.grants.load("g1"), desk.grants.save
    used: list[str] = []

    def fail(grant: Any) -> None:
        used.append(grant.access)
        raise OSError("the disk is full")

    monkeypatch.setattr(desk.grants, "save", fail)
    with pytest.raises(OSError, match="disk is full"):
        desk.books.company()
    assert desk.grants.load("g1") == before
    monkeypatch.setattr(desk.grants, "save", save)
    assert PLATFORM.open(desk.wire, desk.account, desk.token).company().name
    assert desk.grants.load("g1").access not in (before.access, *used)


def test_trap_14_a_dead_grant_is_no_bad_request(desk: Any) -> None:
    """The SDK says AccountingBadRequestException, from whatever was being read."""
    desk.sandbox.twins["xero"].consents.refreshes.clear()
    desk.trouble("expire_tokens")
    with pytest.raises(Reconnect, match=r"connect(ed)? again"):
        list(desk.books.changes(None))


@pytest.mark.parametrize("body", [b"", b"<html>Bad Request</html>", b'{"Message": 5}'])
def test_trap_15_a_400_over_the_wire_does_not_crash(desk: Any, body: bytes) -> None:
    """Reading the SDK's error, even as text, raises when its body is no JSON."""
    desk.sandbox.twins["xero"].gate.answer = lambda request, rest: Response(body, 400)
    with pytest.raises(Refused, match=r"HTTP 400.*no reason was given"):
        desk.books.company()


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        ("scope", ScopeMissing, "permission"),
        ("tenant", Reconnect, "no longer connected"),
        ("500", TryLater, "HTTP 500"),
        ("502", TryLater, "HTTP 502"),
        ("503", TryLater, "HTTP 503"),
        ("429_app", TryLater, "app limit"),
        ("drop_before", TryLater, "no answer"),
        ("reset", TryLater, "no answer"),
    ],
)
def test_trap_16_every_refusal_has_its_own_meaning(desk: Any, kind: str, error: type[Exception], says: str) -> None:
    """The SDK has one exception for five statuses, and lets the transport's own through."""
    desk.fault(kind, times=99)
    with pytest.raises(IntegrationError, match=says) as caught:
        desk.books.company()
    assert type(caught.value) is error


def test_trap_16_a_bad_header_is_a_refusal(desk: Any) -> None:
    desk.sandbox.twins["xero"].gate.answer = lambda request, rest: Response("", 412)
    with pytest.raises(Refused, match="HTTP 412"):
        desk.books.company()


def test_trap_18_the_transport_that_breaks_renewals_is_not_installed() -> None:
    """urllib3 2.6.0 lacks what the SDK calls after Xero has rotated the token."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = (one for one in map(Requirement, project["dependencies"]) if one.name == "urllib3")
    assert not wanted.specifier.contains("2.6.0")
    assert wanted.specifier.contains("2.6.1")
    assert version("urllib3") != "2.6.0"


def test_trap_18_the_sdks_token_code_is_never_reached(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its refresh nor its token object: whatever they lack cannot hurt."""

    def never(*said: object, **more: object) -> None:
        raise AssertionError("the SDK's own tokens are used")

    for name in ("refresh_token", "get_client_credentials_token", "revoke_token"):
        monkeypatch.setattr(oauth2.TokenApi, name, never)
    monkeypatch.setattr(oauth2.OAuth2Token, "__init__", never)
    desk.trouble("expire_tokens")
    assert desk.books.company().name


def test_trap_20_no_model_of_the_sdk_is_ever_made(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models drop DateString, DueDateString, ID and whatever is new, and invent what was not sent."""

    def never(*said: object, **more: object) -> None:
        raise AssertionError("a model of the SDK was made")

    made = [one for _, one in inspect.getmembers(models, inspect.isclass)]
    assert len(made) > 100
    for model in made:
        monkeypatch.setattr(model, "__init__", never)
    pages = list(desk.books.changes(None))
    invoice = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.books.fetch([record.ref for page in pages for record in page.records][:60])
    desk.books.leave_note(invoice, "A note", key="k1")
    assert desk.books.found(Act.LEAVE_NOTE, invoice, "k1", since=desk.clock.now())


@dataclass
class Listening:
    """A budget that lets everybody in and notes what each call was told."""

    heard: list[tuple[int, str]] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, path: str = "") -> Iterator["Listening"]:
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            yield self
        finally:
            with self._lock:
                self.under_way -= 1

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        told = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            self.heard.append((status, told["x-minlimit-remaining"]))


def test_trap_23_every_call_hears_its_own_headers(desk: Any) -> None:
    """The SDK keeps the last response of whichever thread came last."""
    budget = Listening()
    books = PLATFORM.open(replace(desk.wire, budget=budget), desk.account, desk.token)
    list(books.changes(None))
    assert sorted(int(left) for _, left in budget.heard) == list(range(53, 60))
    assert {status for status, _ in budget.heard} == {200}
    assert budget.under_way == 0


def test_trap_23_refusals_are_heard_too(desk: Any) -> None:
    budget = Listening()
    books = PLATFORM.open(replace(desk.wire, budget=budget), desk.account, desk.token)
    desk.fault("429")
    books.company()
    assert [status for status, _ in budget.heard] == [429, 200, 200, 200]


def test_signing_in_takes_no_turn(desk: Any) -> None:
    budget = Listening()
    books = PLATFORM.open(replace(desk.wire, budget=budget), desk.account, desk.token)
    desk.trouble("expire_tokens")
    books.company()
    assert [status for status, _ in budget.heard] == [401, 200, 200, 200]
    assert desk.meter.calls == 5


def test_trap_24_a_page_of_html_is_xero_being_unwell(desk: Any) -> None:
    """HTTP 200 with a maintenance page makes the SDK raise a ValueError."""
    desk.fault("html", path="/Invoices")
    pages = list(desk.books.changes(None))
    assert [page.stream for page in pages].count("invoices") == 1
    assert desk.calls()["GET /api.xro/2.0/Invoices"] == 3
    desk.fault("html", times=99)
    with pytest.raises(TryLater, match="something else"):
        desk.books.company()


def test_the_tokens_are_asked_for_in_good_time_by_one_of_us(desk: Any) -> None:
    """Four pages are under way when the token ends: one of them renews, the others wait for it."""
    gate, expired = desk.sandbox.twins["xero"].gate, threading.Event()
    answer = gate.answer

    def end(request: Request, rest: str) -> Any:
        if rest.lower() == "invoices" and not expired.is_set() and "Statuses" not in request.args:
            expired.set()
            desk.sandbox.twins["xero"].consents.expire()
        return answer(request, rest)

    gate.answer = end
    assert len(list(desk.books.changes(None))) == 7
    assert desk.calls()["POST /connect/token"] == 1
