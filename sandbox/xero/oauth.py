"""The identity pages and endpoints: consent with its check boxes, tokens, revocation, connections."""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from flask import Flask, render_template_string, request
from werkzeug.wrappers import Response

from sandbox.xero.consents import GRANULAR, App, Code, Connection, Denied
from sandbox.xero.gate import Gate
from sandbox.xero.replies import Answer, json_reply, not_found, text_reply, token_expired

CONSENT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Xero (sandbox): allow access</title>
<style>body{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}label{display:block;margin:.5rem 0}
button{font:inherit;padding:.5rem 1rem;margin:1rem .5rem 0 0}</style>
<h1>Duewell wants access to</h1>
<form method="post" action="/identity/connect/authorize">
{% for name, value in asked.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
{% for one in organisations %}<label><input type="checkbox" name="tenants" value="{{ one.tenant }}"
 {{ "checked" if loop.first }}> {{ one.business.name }}</label>{% endfor %}
<p>It will be able to: {{ asked.scope }}</p>
<button name="answer" value="allow">Allow access</button><button name="answer" value="cancel">Cancel</button>
</form></html>"""


def add_identity(app: Flask, gate: Gate) -> None:
    """The routes of login.xero.com, identity.xero.com and /connections."""
    _add_consent(app, gate)
    _add_tokens(app, gate)
    _add_connections(app, gate)


def _add_consent(app: Flask, gate: Gate) -> None:
    @app.get("/identity/connect/authorize")
    def consent_page() -> Response | str:
        asked = request.args.to_dict()
        fault = _fault_of(gate, asked)
        if fault:
            return text_reply(f"Sorry, something went wrong. Error: {fault}", 400)
        scopes = set(asked.get("scope", "").split())
        if not scopes <= GRANULAR:
            return _back(asked, {"error": "invalid_scope"})
        return render_template_string(CONSENT, asked=asked, organisations=list(gate.organisations.values()))

    @app.post("/identity/connect/authorize")
    def consented() -> Response:
        asked = request.form.to_dict()
        fault = _fault_of(gate, asked)
        if fault:
            return text_reply(f"Sorry, something went wrong. Error: {fault}", 400)
        tenants = [one for one in request.form.getlist("tenants") if one in gate.organisations]
        if asked.get("answer") == "cancel" or not tenants:
            return _back(asked, {"error": "access_denied"})
        with gate.world.lock:
            return _back(asked, {"code": _code(gate, asked, tenants)})


def _fault_of(gate: Gate, asked: Mapping[str, str]) -> str:
    """What is wrong before anything may be sent back to the redirect address."""
    app = gate.consents.apps.get(asked.get("client_id", ""))
    if app is None or app.custom_tenant:
        return "unauthorized_client"
    address = urlsplit(asked.get("redirect_uri", ""))
    if address.scheme != "https" and (address.scheme, address.hostname) != ("http", "localhost"):
        return "invalid_request: Invalid redirect_uri"
    if asked.get("response_type") != "code" or asked.get("code_challenge_method", "S256") != "S256":
        return "invalid_request"
    return ""


def _code(gate: Gate, asked: Mapping[str, str], tenants: list[str]) -> str:
    now = gate.clock.now()
    event = gate.consents.consent(asked["client_id"], tenants, now)
    scopes, challenge = set(asked.get("scope", "").split()), asked.get("code_challenge", "")
    code = gate.consents.draw("code")
    gate.consents.codes[code] = Code(
        asked["client_id"], event, scopes, asked["redirect_uri"], challenge=challenge, issued_at=now
    )
    return code


def _back(asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    query = urlencode({**answer, "state": asked.get("state", "")})
    uri = asked["redirect_uri"]
    return Response("", 302, headers={"Location": f"{uri}{'&' if '?' in uri else '?'}{query}"})


def _add_tokens(app: Flask, gate: Gate) -> None:
    @app.post("/connect/token")
    def token() -> Response:
        form = request.form.to_dict()
        with gate.world.lock:
            try:
                return json_reply(_grant(gate, _client(gate, form), form))
            except Denied as denied:
                return json_reply({"error": str(denied)}, 400)

    @app.post("/connect/revocation")
    def revoke() -> Response:
        form = request.form.to_dict()
        with gate.world.lock:
            try:
                gate.consents.revoke(_client(gate, form), form.get("token", ""))
            except Denied as denied:
                return json_reply({"error": str(denied)}, 400)
        return Response("", 200)


def _client(gate: Gate, form: Mapping[str, str]) -> App:
    """The app, authenticated by Basic or in the form. Raises Denied."""
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value).decode().partition(":")
        except ValueError:
            raise Denied("invalid_client") from None
    app = gate.consents.apps.get(name)
    if app is None or not hmac.compare_digest(app.secret, secret):
        raise Denied("invalid_client")
    return app


def _grant(gate: Gate, app: App, form: dict[str, str]) -> dict[str, object]:
    now = gate.clock.now()
    kind = form.get("grant_type")
    if kind == "authorization_code":
        return gate.consents.redeem(app, form.get("code", ""), form, now)
    if kind == "refresh_token":
        return gate.consents.refresh(app, form.get("refresh_token", ""), now)
    if kind == "client_credentials" and app.custom_tenant:
        return gate.consents.issue(app, _asked_scopes(form), "", now)
    raise Denied("unauthorized_client" if kind == "client_credentials" else "unsupported_grant_type")


def _asked_scopes(form: Mapping[str, str]) -> set[str]:
    scopes = set(form.get("scope", "").split()) or {one for one in GRANULAR if one.startswith("accounting.")}
    if not scopes <= GRANULAR - {"offline_access"}:
        raise Denied("invalid_scope")
    return scopes


def _add_connections(app: Flask, gate: Gate) -> None:
    @app.get("/connections")
    @app.get("/Connections")
    def connections() -> Response:
        with gate.world.lock:
            try:
                client = _bearer_app(gate)
            except Answer as answer:
                return answer.response
            event = request.args.get("authEventId", "")
            found = [one for one in gate.consents.connected(client).values() if event in ("", one.event)]
            return json_reply([_shown(gate, one) for one in found])

    @app.delete("/connections/<named>")
    @app.delete("/Connections/<named>")
    def disconnect(named: str) -> Response:
        with gate.world.lock:
            try:
                kept = gate.consents.connected(_bearer_app(gate))
            except Answer as answer:
                return answer.response
            tenant = next((one.tenant for one in kept.values() if one.id == named), None)
            if tenant is None:
                return not_found()
            del kept[tenant]
            return Response("", 204)


def _bearer_app(gate: Gate) -> str:
    token = gate.consents.token(request.headers.get("Authorization", "")[7:])
    now = gate.clock.now()
    if token is None or token.expires_at <= now:
        raise Answer(token_expired(now))
    return token.app


def _shown(gate: Gate, connection: Connection) -> dict[str, str]:
    return {
        "id": connection.id,
        "authEventId": connection.event,
        "tenantId": connection.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": gate.organisations[connection.tenant].business.name,
        "createdDateUtc": _seven(connection.created),
        "updatedDateUtc": _seven(connection.updated),
    }


def _seven(at: datetime) -> str:
    """Seven digits of a second and no zone, as there."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}0"
