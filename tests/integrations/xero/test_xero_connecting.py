"""Connecting Xero over its consent page, keeping it connected, and leaving one organisation of several."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from integrations import oauth
from integrations.contract import Account, AppKeys, Attempt, Capability, Grant
from integrations.errors import Reconnect, Refused, TryLater, Unsupported
from integrations.oauth import RenewingToken
from integrations.xero.platform import NEEDED, PLATFORM, WELCOME

BACK = "http://localhost:8080/connect/xero/callback"
FIELD = re.compile(r'name="([a-z_]+)" value="([^"]*)"')


class Attempts:
    """Attempts in memory, each given back once."""

    def __init__(self) -> None:
        self._kept: dict[str, Attempt] = {}

    def begin(self, attempt: Attempt) -> None:
        self._kept[attempt.state] = attempt

    def take(self, state: str) -> Attempt | None:
        return self._kept.pop(state, None)


def consented(desk: Any, attempts: Attempts, keys: tuple[str, ...], answer: str = "allow") -> Mapping[str, str]:
    """Walk the consent page as a person would, ticking organisations; the query that comes back."""
    url = oauth.begin(PLATFORM, desk.wire, attempts, business="b1", redirect_uri=BACK, answers={})
    page = requests.get(url, timeout=5)
    assert page.status_code == 200
    hidden = [(name, value.replace("&#43;", "+")) for name, value in FIELD.findall(page.text)]
    form = [(name, value) for name, value in hidden if name not in ("tenants", "answer")]
    businesses = desk.sandbox.twins["xero"].credentials()["businesses"]
    form += [("tenants", businesses[key]["tenant_id"]) for key in keys] + [("answer", answer)]
    reply = requests.post(page.url.partition("?")[0], data=form, timeout=5, allow_redirects=False)
    assert reply.status_code == 302
    assert reply.headers["Location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))


def connected(desk: Any, *keys: str) -> Any:
    attempts = Attempts()
    return oauth.complete(PLATFORM, desk.wire, attempts, consented(desk, attempts, keys))[1]


def test_several_organisations_from_one_consent(desk: Any) -> None:
    consent = connected(desk, "brightwater", "fenwick")
    businesses = desk.sandbox.twins["xero"].credentials()["businesses"]
    assert {one.external_id: one.label for one in consent.companies} == {
        businesses[key]["tenant_id"]: businesses[key]["label"] for key in ("brightwater", "fenwick")
    }
    details = consent.companies[0].details
    assert details["connection_id"] != consent.companies[0].external_id
    assert (details["base_currency"], details["time_zone"]) == ("GBP", "Europe/London")
    grant = consent.grant
    assert (grant.id, grant.kind, grant.generation, bool(grant.refresh)) == ("", "oauth", 0, True)
    assert grant.expires_at - desk.clock.now() > timedelta(minutes=29)
    assert timedelta(days=59) < grant.dies_at - desk.clock.now() <= timedelta(days=60)
    assert grant.access not in repr(consent)


def test_the_consent_page_is_asked_for_granular_scopes_with_pkce(desk: Any) -> None:
    url = PLATFORM.authorize_url(desk.wire, state="s", redirect_uri=BACK, challenge="c")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["scope"].split() == ["offline_access", *NEEDED, *WELCOME]
    assert (query["code_challenge_method"], query["code_challenge"], query["state"]) == ("S256", "c", "s")
    real = PLATFORM.authorize_url(replace(desk.wire, app=AppKeys("id")), state="s", redirect_uri=BACK, challenge="c")
    assert real.startswith("https://login.xero.com/identity/connect/authorize?")


def test_a_busy_xero_after_the_code_does_not_cost_the_consent(desk: Any) -> None:
    attempts = Attempts()
    callback = consented(desk, attempts, ("harbour",))
    desk.fault("429_day", path="/Organisation")
    consent = oauth.complete(PLATFORM, desk.wire, attempts, callback)[1]
    assert list(consent.companies[0].details) == ["connection_id"]


def test_a_no_is_a_no(desk: Any) -> None:
    attempts = Attempts()
    with pytest.raises(Refused, match="consent was not given"):
        oauth.complete(PLATFORM, desk.wire, attempts, consented(desk, attempts, (), "cancel"))


@pytest.mark.parametrize("wrong", ["code", "verifier", "redirect_uri"])
def test_a_code_needs_its_own_verifier_and_redirect(desk: Any, wrong: str) -> None:
    attempts = Attempts()
    callback = dict(consented(desk, attempts, ("harbour",)))
    attempt = attempts.take(callback["state"])
    assert attempt is not None
    fields = {"code": callback["code"], "verifier": attempt.verifier, "redirect_uri": BACK} | {wrong: "https://x.test"}
    with pytest.raises(Refused, match="too old or was already used"):
        PLATFORM.exchange(
            desk.wire, {"code": fields["code"]}, redirect_uri=fields["redirect_uri"], verifier=fields["verifier"]
        )


def test_a_wrong_secret_is_named(desk: Any) -> None:
    attempts = Attempts()
    callback = consented(desk, attempts, ("harbour",))
    wire = replace(desk.wire, app=replace(desk.wire.app, client_secret="wrong"))
    with pytest.raises(Refused, match="client id with this client secret"):
        oauth.complete(PLATFORM, wire, attempts, callback)


def test_connecting_to_a_busy_sign_in_service_is_for_later(desk: Any) -> None:
    attempts = Attempts()
    callback = consented(desk, attempts, ("harbour",))
    desk.fault("503", path="/connect/token")
    with pytest.raises(TryLater, match="sign-in service"):
        oauth.complete(PLATFORM, desk.wire, attempts, callback)


def test_only_this_machine_may_stand_in_for_xero(desk: Any) -> None:
    wire = replace(desk.wire, app=replace(desk.wire.app, addresses={"authorize": "https://evil.example"}))
    with pytest.raises(Refused, match="may only be overridden"):
        PLATFORM.authorize_url(wire, state="s", redirect_uri=BACK, challenge="c")


def test_renewal_rotates_and_is_stored(desk: Any) -> None:
    before = desk.grants.load("g1")
    desk.clock.sleep(1750)
    assert desk.token.current() != before.access
    after = desk.grants.load("g1")
    assert after.refresh not in ("", before.refresh)
    assert (after.generation, after.id, after.kind) == (1, "g1", "oauth")


def test_trap_13_a_lost_renewal_is_asked_for_again_with_the_old_token(desk: Any) -> None:
    """Xero has rotated, the reply is lost: the old refresh token works for thirty more minutes."""
    desk.fault("drop_after", path="/connect/token")
    fresh = PLATFORM.renew(desk.wire, desk.grants.load("g1"))
    assert desk.calls()["POST /connect/token"] == 2
    desk.grants.save(fresh)
    assert desk.books.company().name


def test_trap_14_after_the_grace_an_old_refresh_token_needs_a_person(desk: Any) -> None:
    old = desk.grants.load("g1")
    PLATFORM.renew(desk.wire, old)
    desk.clock.sleep(31 * 60)
    with pytest.raises(Reconnect, match="invalid_grant"):
        PLATFORM.renew(desk.wire, old)


def test_sixty_days_without_use_end_the_grant(desk: Any) -> None:
    desk.sandbox.move(timedelta(days=61), quiet=True)
    with pytest.raises(Reconnect):
        desk.books.company()


@pytest.mark.parametrize("kind", ["500", "503", "429_day", "html", "drop_before"])
def test_a_renewal_that_cannot_be_asked_for_is_no_reconnect(desk: Any, kind: str) -> None:
    desk.fault(kind, path="/connect/token", times=99)
    with pytest.raises(TryLater):
        PLATFORM.renew(desk.wire, desk.grants.load("g1"))


def test_a_grant_without_keys_of_the_app_is_refused_for_good(desk: Any) -> None:
    wire = replace(desk.wire, app=replace(desk.wire.app, client_secret="changed"))
    with pytest.raises(Reconnect, match="invalid_client"):
        PLATFORM.renew(wire, desk.grants.load("g1"))


def accounts_of(desk: Any, consent: Any) -> dict[str, Account]:
    return {one.label: Account(one.label, one.external_id, one.label, one.details) for one in consent.companies}


def test_leaving_one_of_three_lets_the_others_be(desk: Any) -> None:
    consent = connected(desk, "brightwater", "harbour", "fenwick")
    desk.grants.save(replace(consent.grant, id="g3"))
    token = RenewingToken(PLATFORM, desk.wire, desk.grants, "g3")
    accounts = accounts_of(desk, consent)
    gone = accounts.pop("Harbour Lane Catering")
    PLATFORM.disconnect(desk.wire, gone, token, last=False)
    with pytest.raises(Reconnect, match="no longer connected"):
        PLATFORM.open(desk.wire, gone, token).company()
    for name, account in accounts.items():
        assert PLATFORM.open(desk.wire, account, token).company().name == name
    assert "POST /connect/revocation" not in desk.calls()
    PLATFORM.disconnect(desk.wire, gone, token, last=False)


def test_the_last_one_revokes_the_token(desk: Any) -> None:
    consent = connected(desk, "brightwater", "harbour", "fenwick")
    desk.grants.save(replace(consent.grant, id="g3"))
    token = RenewingToken(PLATFORM, desk.wire, desk.grants, "g3")
    brightwater, harbour, fenwick = accounts_of(desk, consent).values()
    PLATFORM.disconnect(desk.wire, brightwater, token, last=False)
    PLATFORM.disconnect(desk.wire, harbour, token, last=False)
    assert "POST /connect/revocation" not in desk.calls()
    PLATFORM.disconnect(desk.wire, replace(fenwick, details={}), token, last=True)
    assert desk.calls()["POST /connect/revocation"] == 1
    with pytest.raises(Reconnect):
        PLATFORM.renew(desk.wire, desk.grants.load("g3"))


def test_the_last_one_of_a_consent_leaves_another_consent_alone(desk: Any) -> None:
    """Revoking would end every connection of the user, also the one another business made by a consent of its own."""
    consent = connected(desk, "harbour")
    desk.grants.save(replace(consent.grant, id="g3"))
    token = RenewingToken(PLATFORM, desk.wire, desk.grants, "g3")
    (account,) = accounts_of(desk, consent).values()
    PLATFORM.disconnect(desk.wire, account, token, last=True)
    assert "POST /connect/revocation" not in desk.calls()
    assert desk.books.company().name == "Brightwater Studio"


def test_leaving_with_an_expired_token_renews_first(desk: Any) -> None:
    desk.trouble("expire_tokens")
    PLATFORM.disconnect(desk.wire, desk.account, desk.token, last=False)
    assert not desk.sandbox.twins["xero"].consents.connected(desk.wire.app.client_id).get(desk.account.external_id)


def custom_consent(desk: Any) -> tuple[Any, dict[str, str]]:
    keys = desk.sandbox.twins["xero"].credentials()["businesses"]["fenwick"]["custom"]
    form = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    return PLATFORM.exchange(desk.wire, form, redirect_uri="", verifier=""), keys


def test_a_custom_connection_by_client_credentials(desk: Any) -> None:
    consent, keys = custom_consent(desk)
    (company,) = consent.companies
    assert company.label == "Fenwick & Sons Joinery"
    assert company.external_id == desk.sandbox.twins["xero"].credentials()["businesses"]["fenwick"]["tenant_id"]
    assert (company.details["custom"], company.details["base_currency"]) == ("yes", "GBP")
    grant: Grant = replace(consent.grant, id="g9")
    assert (grant.kind, grant.dies_at) == ("client_credentials", None)
    desk.grants.save(grant)
    token = RenewingToken(PLATFORM, desk.wire, desk.grants, "g9")
    account = Account("c9", company.external_id, company.label, company.details)
    books = PLATFORM.open(desk.wire, account, token)
    assert books.company().name == company.label
    desk.clock.sleep(3600)
    assert len(list(books.changes(None))) == 7
    assert desk.grants.load("g9").generation == 1
    assert keys["client_secret"] not in repr(desk.grants.load("g9"))
    before = desk.meter.calls
    PLATFORM.disconnect(desk.wire, account, token, last=True)
    assert desk.meter.calls == before


def test_a_custom_connection_may_use_the_apps_own_keys(desk: Any) -> None:
    keys = desk.sandbox.twins["xero"].credentials()["businesses"]["fenwick"]["custom"]
    app = replace(desk.wire.app, client_id=keys["client_id"], client_secret=keys["client_secret"])
    wire = replace(desk.wire, app=app)
    consent = PLATFORM.exchange(wire, {}, redirect_uri="", verifier="")
    assert consent.grant.refresh == ""
    assert PLATFORM.renew(wire, consent.grant).generation == 1


def test_an_ordinary_app_is_no_custom_connection(desk: Any) -> None:
    with pytest.raises(Refused, match="no custom connection"):
        PLATFORM.exchange(desk.wire, {}, redirect_uri="", verifier="")
    with pytest.raises(Refused, match="client id and client secret"):
        PLATFORM.exchange(replace(desk.wire, app=AppKeys()), {}, redirect_uri="", verifier="")


def test_webhook_addresses_are_entered_by_hand(desk: Any) -> None:
    with pytest.raises(Unsupported, match="developer portal"):
        PLATFORM.subscribe(desk.wire, desk.account, desk.token, url="https://x.test/webhooks/xero")
    assert desk.meter.calls == 0


def test_what_the_platform_can_do() -> None:
    assert (PLATFORM.slug, PLATFORM.label) == ("xero", "Xero")
    assert set(Capability) - PLATFORM.capabilities == {
        Capability.API_KEY,
        Capability.CARRY_PAY_LINK,
        Capability.TAKE_PAYMENTS,
    }


def test_trap_13_several_siblings_renew_once(desk: Any, in_threads: Callable[..., None]) -> None:
    desk.trouble("expire_tokens")
    names: list[str] = []
    in_threads(6, lambda: names.append(desk.books.company().name))
    assert names == ["Brightwater Studio"] * 6
    assert desk.calls()["POST /connect/token"] == 1
