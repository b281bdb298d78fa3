"""QuickBooks' code flow: the consent page's address, tokens for a code, new tokens for old, and the end of it all.

There is no PKCE here. The company is named by the callback (`realmId`), never by the token answer.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
import requests
import structlog

from integrations import http
from integrations.contract import Authorised, Consent, Grant, Token, Wire
from integrations.errors import Reconnect, Refused, TryLater
from integrations.quickbooks.client import QuickBooksClient
from integrations.quickbooks.payloads import CompanyInfoRow
from integrations.quickbooks.statements import select

log = structlog.get_logger(__name__)

SLUG = "quickbooks"
SCOPE = "com.intuit.quickbooks.accounting"
AUTHORIZE = "https://appcenter.intuit.com"
TOKEN = "https://oauth.platform.intuit.com"  # noqa: S105 - an address
REVOKE = "https://developer.api.intuit.com"
HARD_EXPIRY_HEADER = "x-include-refresh-token-hard-expires-in"
OK, BAD_REQUEST, UNAUTHORISED, TOO_MANY, BROKEN = 200, 400, 401, 429, 500


class Tokens(msgspec.Struct):
    """A token answer. `dies_in` is the hard end of the whole grant, in seconds, when it is told."""

    access_token: str
    refresh_token: str = ""
    expires_in: int = 3600
    dies_in: int | None = msgspec.field(default=None, name="x_refresh_token_hard_expires_in")


class Denied(msgspec.Struct):
    """A token refusal."""

    error: str = ""


class OneToken:
    """The access token just received, before there is a grant to renew."""

    refresh = ""

    def __init__(self, access: str) -> None:
        self._access = access

    def current(self) -> str:
        """The token."""
        return self._access

    def renewed(self, rejected: str) -> str:  # noqa: ARG002 - the contract's name
        """There is no other."""
        raise Reconnect("QuickBooks refused the token it had just given")


def authorize_url(wire: Wire, *, state: str, redirect_uri: str) -> str:
    """Where to send the person."""
    asked = {
        "client_id": wire.app.client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{http.address(wire, 'authorize', AUTHORIZE)}/connect/oauth2?{urlencode(asked)}"


def exchange(wire: Wire, callback: Mapping[str, str], *, redirect_uri: str) -> Consent:
    """Tokens for the callback's code, and the company it names. Raises Refused or TryLater."""
    code, realm = callback.get("code", ""), callback.get("realmId", "")
    if callback.get("error") or not code:
        raise Refused("QuickBooks was not connected: consent was not given")
    if not realm.isdecimal():
        raise Refused("QuickBooks did not say which company was chosen (realmId); please start again")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    answer = _ask_for_tokens(wire, form)
    if answer.status_code != OK:
        raise Refused(_why_not(answer))
    tokens = _tokens(answer)
    grant = _granted(tokens, Grant(id="", platform=SLUG, access=""), wire.clock.now())
    return Consent(grant, (Authorised(realm, _label(wire, realm, tokens.access_token), {"realm": realm}),))


def _label(wire: Wire, realm: str, access: str) -> str:
    """The company's name. The code is used up by now: a platform that is busy must not cost the consent."""
    try:
        listed = QuickBooksClient(wire, realm, OneToken(access)).query(select("CompanyInfo")).listed("CompanyInfo")
        found = msgspec.json.decode(listed, type=list[CompanyInfoRow])
    except (TryLater, msgspec.DecodeError):
        found = []
    name = (found[0].company_name or found[0].legal_name) if found else ""
    return name or f"QuickBooks company {realm}"


def renew(wire: Wire, grant: Grant) -> Grant:
    """New tokens. Raises Reconnect when QuickBooks refuses for good, TryLater for everything that may pass."""
    answer = _ask_for_tokens(wire, {"grant_type": "refresh_token", "refresh_token": grant.refresh})
    if answer.status_code != OK:
        raise Reconnect(_why_not(answer))
    renewed = _granted(_tokens(answer), grant, wire.clock.now())
    return dataclasses.replace(renewed, generation=grant.generation + 1)


def _ask_for_tokens(wire: Wire, form: Mapping[str, str]) -> requests.Response:
    url = f"{http.address(wire, 'token', TOKEN)}/oauth2/v1/tokens/bearer"
    headers = {"Accept": "application/json", HARD_EXPIRY_HEADER: "true"}
    return http.patiently(wire, lambda: _post(wire, url, data=form, headers=headers))


def _post(wire: Wire, url: str, **what: object) -> requests.Response:
    """One POST under the app's own name. Only 200, 400 and 401 are answers; everything else may pass."""
    who = (wire.app.client_id, wire.app.client_secret)
    try:
        answer = http.careful_session(wire).post(url, auth=who, allow_redirects=False, **what)  # type: ignore[arg-type]
    except requests.RequestException as error:
        raise http.out_of_reach(error, writing=False) from None
    if answer.status_code not in (OK, BAD_REQUEST, UNAUTHORISED):
        after = http.retry_after(answer.headers, wire.clock)
        log.warning("quickbooks token endpoint", status=answer.status_code, intuit_tid=answer.headers.get("intuit_tid"))
        raise TryLater(f"QuickBooks' sign-in has trouble (HTTP {answer.status_code})", after=after)
    return answer


def _why_not(answer: requests.Response) -> str:
    try:
        error = msgspec.json.decode(answer.content, type=Denied).error
    except msgspec.DecodeError:
        error = ""
    if answer.status_code == UNAUTHORISED or error == "invalid_client":
        return "QuickBooks does not know the app's client id or secret; please check them in the settings"
    return "QuickBooks does not accept this authorisation any more (used, expired or revoked); please connect again"


def _tokens(answer: requests.Response) -> Tokens:
    try:
        return msgspec.json.decode(answer.content, type=Tokens)
    except msgspec.DecodeError:
        raise TryLater("QuickBooks' sign-in answered with something that is not a token") from None


def _granted(tokens: Tokens, grant: Grant, now: datetime) -> Grant:
    """The grant with new tokens; a refresh token that is not sent again stays as it was."""
    dies_at = grant.dies_at if tokens.dies_in is None else now + timedelta(seconds=tokens.dies_in)
    return dataclasses.replace(
        grant,
        access=tokens.access_token,
        refresh=tokens.refresh_token or grant.refresh,
        expires_at=now + timedelta(seconds=tokens.expires_in),
        dies_at=dies_at,
    )


def revoke(wire: Wire, token: Token) -> None:
    """End the grant. One that has already ended is fine."""
    url = f"{http.address(wire, 'revoke', REVOKE)}/v2/oauth2/tokens/revoke"
    try:
        body = {"token": token.current()}
    except Reconnect:
        return
    answer = http.patiently(wire, lambda: _post(wire, url, json=body))
    if answer.status_code == UNAUTHORISED:
        raise Refused(_why_not(answer))
