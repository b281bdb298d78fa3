"""Xero's identity service: tokens, revocation and the list of connected organisations, by one careful session."""

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

import msgspec
import requests

from integrations.contract import Grant, Wire
from integrations.errors import Reconnect, TryLater
from integrations.http import address, careful_session, out_of_reach, patiently, retry_after
from integrations.xero.client import API
from integrations.xero.refusals import refusal

T = TypeVar("T")
IDENTITY = "https://identity.xero.com"
REFRESH_LIFE = timedelta(days=60)
CUSTOM = "client_credentials"


class TokenReply(msgspec.Struct):
    """A token reply. A custom connection gets no refresh token."""

    access_token: str
    expires_in: int
    refresh_token: str = ""
    scope: str = ""


class Connection(msgspec.Struct, rename="camel"):
    """An organisation connected to the app; `id` is the connection's, not the tenant's."""

    id: str
    tenant_id: str
    tenant_type: str = ""
    tenant_name: str = ""


class _Refusal(msgspec.Struct):
    error: str = ""


class _Claims(msgspec.Struct):
    authentication_event_id: str = ""


class Denied(Exception):
    """The token endpoint's word for no: invalid_grant, invalid_client, invalid_scope. Never leaves this folder."""


def ask_token(wire: Wire, keys: tuple[str, str], form: Mapping[str, str]) -> TokenReply:
    """One exchange at the token endpoint. Raises Denied for a final no, TryLater for the rest.

    No repetition here: a code works once. A refresh token may be tried again for thirty minutes after a lost reply.
    """
    url = f"{address(wire, 'identity', IDENTITY)}/connect/token"
    with careful_session(wire) as session:
        response = _sent(session, "POST", url, keys=keys, form=form)
    if response.status_code == 200:
        return _decoded(response.content, TokenReply)
    raise _no(response, wire)


def _no(response: requests.Response, wire: Wire) -> Exception:
    if response.status_code == 429 or response.status_code >= 500:
        after = retry_after(response.headers, wire.clock)
        return TryLater(f"Xero's sign-in service is not well (HTTP {response.status_code})", after=after)
    try:
        word = msgspec.json.decode(response.content, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        word = ""
    return Denied(word[:40] or f"HTTP {response.status_code}")


def granted(wire: Wire, reply: TokenReply, earlier: Grant) -> Grant:
    """The grant after a token reply; a reply without a new refresh token leaves the old one in place."""
    now = wire.clock.now()
    custom = earlier.kind == CUSTOM
    return Grant(
        id=earlier.id,
        platform=earlier.platform,
        access=reply.access_token,
        refresh=earlier.refresh if custom else reply.refresh_token or earlier.refresh,
        expires_at=now + timedelta(seconds=reply.expires_in),
        dies_at=None if custom else now + REFRESH_LIFE,
        kind=earlier.kind,
        generation=earlier.generation + 1,
    )


def renew(wire: Wire, grant: Grant, keys: tuple[str, str], scopes: str) -> Grant:
    """New tokens. A lost reply is asked for again with the old refresh token, which Xero honours for thirty minutes.

    Raises Reconnect when Xero refuses for good.
    """
    if grant.kind == CUSTOM:
        form = {"grant_type": CUSTOM, "scope": scopes}
    else:
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh}
    try:
        reply = patiently(wire, lambda: ask_token(wire, keys, form))
    except Denied as denied:
        raise Reconnect(f"Xero no longer renews our access ({denied}); please connect again") from None
    return granted(wire, reply, grant)


def connections(wire: Wire, access: str) -> list[Connection]:
    """The organisations of this very consent (told by the token's own event id), or all when it has none."""
    event = event_id(access)
    return _listed(wire, access, {"authEventId": event} if event else {})


def every_connection(wire: Wire, access: str) -> list[Connection]:
    """All organisations that this user has connected to the app, by whatever consent."""
    return _listed(wire, access, {})


def _listed(wire: Wire, access: str, query: Mapping[str, str]) -> list[Connection]:
    content = patiently(wire, lambda: _with_token(wire, "GET", "/connections", access, query=query))
    return [one for one in _decoded(content, list[Connection]) if one.tenant_type == "ORGANISATION"]


def end_connection(wire: Wire, access: str, connection_id: str) -> None:
    """Disconnect one organisation; one that is gone already is fine."""
    patiently(wire, lambda: _with_token(wire, "DELETE", f"/connections/{connection_id}", access, query={}))


def revoke(wire: Wire, keys: tuple[str, str], refresh: str) -> None:
    """End the whole authorisation, with every connection of that user. Raises TryLater."""
    url = f"{address(wire, 'identity', IDENTITY)}/connect/revocation"
    with careful_session(wire) as session:
        response = _sent(session, "POST", url, keys=keys, form={"token": refresh})
    if response.status_code >= 500 or response.status_code == 429:
        raise TryLater(f"Xero's sign-in service is not well (HTTP {response.status_code})")


def event_id(access: str) -> str:
    """The claim authentication_event_id of an access token we just got from Xero itself; empty without one."""
    parts = access.split(".")
    if len(parts) != 3:
        return ""
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(claims, type=_Claims).authentication_event_id
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return ""


def _with_token(wire: Wire, method: str, path: str, access: str, *, query: Mapping[str, str]) -> bytes:
    with careful_session(wire) as session:
        session.headers["Authorization"] = f"Bearer {access}"
        url = f"{address(wire, 'api', API)}{path}"
        response = _sent(session, method, url, query=query)
    if response.ok or (method == "DELETE" and response.status_code == 404):
        return response.content
    raise refusal(response.status_code, response.headers, response.content, clock=wire.clock, writing=False)


def _sent(
    session: requests.Session,
    method: str,
    url: str,
    *,
    keys: tuple[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> requests.Response:
    try:
        return session.request(
            method,
            url,
            auth=keys,
            data=form,
            params=query,
            headers={"Accept": "application/json"},
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise out_of_reach(error, writing=False) from None


def _decoded(body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TryLater("Xero's sign-in service answered with something else") from None
