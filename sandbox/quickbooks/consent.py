"""The consent page a person sees, and the token and revoke endpoints behind it."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Flask, redirect, render_template_string, request
from werkzeug.wrappers import Response

from sandbox.quickbooks.answers import tid
from sandbox.quickbooks.grants import ACCESS_LIFE, IDLE_LIFE, Grant, Grants
from sandbox.quickbooks.payloads import WRITE

CLIENT_ID = "ABsandboxCedarClient"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - printed by the control port on purpose
SCOPE = "com.intuit.quickbooks.accounting"
HARD_EXPIRY_HEADER = "x-include-refresh-token-hard-expires-in"

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Connect to QuickBooks (sandbox)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:32rem;padding:0 1rem;color:#1b2a1b}
main{border:1px solid #b9c7b9;border-radius:.6rem;padding:1.5rem}
button{font:inherit;padding:.5rem 1.2rem;margin-right:.6rem}
select{font:inherit;padding:.3rem}</style>
<main><h1>QuickBooks sandbox</h1>
<p>An application asks to read invoices, customers and payments of one of your companies, and to leave notes there.</p>
<form method="post" action="/connect/oauth2">
<p><label>Company <select name="realm">{% for realm, name in companies.items() %}
<option value="{{ realm }}">{{ name }}</option>{% endfor %}</select></label></p>
<input type="hidden" name="state" value="{{ state }}">
<input type="hidden" name="redirect_uri" value="{{ redirect_uri }}">
<button name="decision" value="connect">Connect</button><button name="decision" value="cancel">Cancel</button>
</form></main></html>"""


def add_consent(app: Flask, grants: Grants, companies: Mapping[str, str], now: Callable[[], datetime]) -> None:
    """Routes of the authorisation server. `companies` are names by realm."""

    @app.get("/connect/oauth2")
    def ask() -> Any:
        asked = request.args
        problem = _unacceptable(asked)
        if problem:
            return Response(f"<h1>Sorry, we cannot connect</h1><p>{problem}</p>", 400, content_type="text/html")
        state, redirect_uri = asked["state"], asked["redirect_uri"]
        return render_template_string(PAGE, companies=companies, state=state, redirect_uri=redirect_uri)

    @app.post("/connect/oauth2")
    def decide() -> Any:
        form = request.form
        back = {"state": form.get("state", "")}
        realm = form.get("realm") or next(iter(companies))
        if form.get("decision") == "connect" and realm in companies:
            back |= {"code": grants.code(realm, form["redirect_uri"], now()), "realmId": realm}
        else:
            back |= {"error": "access_denied"}
        return redirect(f"{form['redirect_uri']}?{urlencode(back)}", 302)

    @app.get("/.well-known/openid_configuration/")
    @app.get("/.well-known/openid_sandbox_configuration/")
    def discovery() -> Response:
        return _said(_discovered(request.host_url.rstrip("/")), 200, now())

    @app.post("/oauth2/v1/tokens/bearer")
    def token() -> Response:
        return _token(grants, now())

    @app.post("/v2/oauth2/tokens/revoke")
    def revoke() -> Response:
        if not _client_is_known():
            return _said({"error": "invalid_client"}, 401, now())
        body = request.get_json(silent=True) if request.is_json else request.form
        known = grants.revoke(str((body or {}).get("token", "")))
        return Response(b"", 200) if known else _said({"error": "invalid_request"}, 400, now())


def _discovered(base: str) -> dict[str, Any]:
    """Where everything is, as the real one lists it."""
    return {
        "issuer": f"{base}/op/v1",
        "authorization_endpoint": f"{base}/connect/oauth2",
        "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{base}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }


def _unacceptable(asked: Mapping[str, str]) -> str:
    if asked.get("client_id") != CLIENT_ID:
        return "The application is not known (client_id)."
    if asked.get("response_type") != "code" or SCOPE not in asked.get("scope", "").split():
        return "The application asks for something unknown (response_type or scope)."
    if not asked.get("redirect_uri", "").startswith(("http://", "https://")) or not asked.get("state"):
        return "The address to return to (redirect_uri) or the state is missing."
    return ""


def _client_is_known() -> bool:
    """HTTP Basic or the two form fields."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return (request.form.get("client_id"), request.form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
    try:
        return base64.b64decode(header[6:], validate=True) == f"{CLIENT_ID}:{CLIENT_SECRET}".encode()
    except binascii.Error:
        return False


def _token(grants: Grants, now: datetime) -> Response:
    if not _client_is_known():
        return _said({"error": "invalid_client"}, 401, now)
    form, grant = request.form, None
    if form.get("grant_type") == "authorization_code":
        grant = grants.redeem(form.get("code", ""), form.get("redirect_uri", ""), now)
    elif form.get("grant_type") == "refresh_token":
        grant = grants.refreshed(form.get("refresh_token", ""), now)
    if grant is None:
        return _said(
            {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"},
            400,
            now,
        )
    return _said(_tokens(grants, grant, now), 200, now)


def _tokens(grants: Grants, grant: Grant, now: datetime) -> dict[str, Any]:
    """The realm is not among them; the hard end only when a header asks for it."""
    body: dict[str, Any] = {
        "token_type": "bearer",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "refresh_token": grant.refresh,
        "x_refresh_token_expires_in": int(IDLE_LIFE.total_seconds()),
        "access_token": grants.access(grant, now),
    }
    if request.headers.get(HARD_EXPIRY_HEADER, "").lower() == "true":
        body["x_refresh_token_hard_expires_in"] = int((grant.dies_at - now).total_seconds())
    return body


def _said(body: dict[str, Any], status: int, now: datetime) -> Response:
    headers = {"intuit_tid": tid(now), "Cache-Control": "no-store"}
    return Response(WRITE.encode(body), status, headers=headers, content_type="application/json;charset=utf-8")
