"""The control port: credentials, the clock, faults, counts, what the ledgers hold, and the mails as they arrived."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, abort, jsonify, render_template_string, request
from werkzeug.wrappers import Response

from sandbox.courier import Troubles
from sandbox.faults import Fault

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def control_app(sandbox: "Sandbox") -> Flask:
    """Routes for people and tests; everything that changes something is a POST with a JSON body."""
    app = Flask("sandbox.control")
    _add_world(app, sandbox)
    _add_faults(app, sandbox)
    _add_webhooks(app, sandbox)
    _add_mail(app, sandbox)
    return app


def _add_world(app: Flask, sandbox: "Sandbox") -> None:
    @app.get("/")
    def home() -> dict[str, Any]:
        return {"addresses": sandbox.addresses, "now": sandbox.clock.now().isoformat(), "businesses": _names(sandbox)}

    @app.get("/credentials")
    def credentials() -> dict[str, Any]:
        return {slug: twin.credentials() for slug, twin in sandbox.twins.items()}

    @app.get("/clock")
    def clock() -> dict[str, str]:
        return {"now": sandbox.clock.now().isoformat()}

    @app.post("/clock")
    def move() -> dict[str, Any]:
        asked = request.get_json(force=True)
        by = timedelta(days=asked.get("days", 0), hours=asked.get("hours", 0), seconds=asked.get("seconds", 0))
        played = sandbox.move(by, quiet=bool(asked.get("quiet")))
        return {"now": sandbox.clock.now().isoformat(), "played": played}

    @app.get("/truth/<business>")
    def truth(business: str) -> Any:
        return jsonify(_twin_of(sandbox, business).truth(business))

    @app.post("/act/<platform>/<name>")
    def act(platform: str, name: str) -> Any:
        twin = sandbox.twins.get(platform)
        control = twin.controls().get(name) if twin else None
        if control is None:
            abort(404, f"no act {name!r} on {platform!r}")
        with sandbox.world.lock:
            return jsonify(control(**request.get_json(force=True)))


def _add_faults(app: Flask, sandbox: "Sandbox") -> None:
    @app.post("/faults")
    def arm() -> dict[str, str]:
        sandbox.book.add(Fault(**request.get_json(force=True)))
        return {"armed": "yes"}

    @app.post("/reset")
    def reset() -> dict[str, str]:
        sandbox.book.clear()
        sandbox.world.limits.clear()
        sandbox.courier.troubles = None
        return {"reset": "yes"}

    @app.post("/storm")
    def storm() -> dict[str, Any]:
        asked = request.get_json(force=True)
        return {"storms": sandbox.brew(asked["seed"], asked["rate"], asked.get("kinds"))}

    @app.post("/limits")
    def switch() -> dict[str, Any]:
        asked = request.get_json(force=True)
        enforced = sandbox.world.limits.enforced
        for platform, on in asked.items():
            enforced.add(platform) if on else enforced.discard(platform)
        return {"enforced": sorted(enforced)}

    @app.get("/limits")
    def limits() -> dict[str, Any]:
        return {"enforced": sorted(sandbox.world.limits.enforced), **sandbox.world.limits.counts()}

    @app.get("/counts")
    def counts() -> dict[str, Any]:
        return sandbox.book.counts()


def _add_webhooks(app: Flask, sandbox: "Sandbox") -> None:
    @app.get("/webhooks")
    def webhooks() -> dict[str, Any]:
        courier = sandbox.courier
        return {"delivered": len(courier.delivered), "pending": courier.pending(), "lost": len(courier.lost)}

    @app.post("/webhooks/troubles")
    def troubles() -> dict[str, str]:
        sandbox.courier.troubles = Troubles(**request.get_json(force=True))
        return {"troubled": "yes"}

    @app.post("/webhooks/settle")
    def settle() -> dict[str, Any]:
        return {"settled": sandbox.courier.settle(float(request.get_json(force=True).get("seconds", 10)))}


MAILS = """<!doctype html><meta charset="utf-8"><title>Mailbox</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:46rem;padding:0 1rem}li{margin:.4rem 0}</style>
<h1>Mail as it arrived</h1><ul>{% for mail in mails %}<li>
<a href="/mail/{{ mail.number }}">{{ mail.message.subject }}</a>
to {{ mail.recipients|join(", ") }}</li>{% else %}<li>Nothing yet.</li>{% endfor %}</ul>"""


def _add_mail(app: Flask, sandbox: "Sandbox") -> None:
    @app.get("/mail")
    def mails() -> str:
        return render_template_string(MAILS, mails=list(reversed(sandbox.mailbox.mails())))

    @app.get("/mail.json")
    def mails_json() -> Any:
        return jsonify(
            [
                {
                    "number": one.number,
                    "to": one.recipients,
                    "from": one.sender,
                    "subject": str(one.message["Subject"]),
                    "text": _text(one.message),
                    "headers": {name: str(value) for name, value in one.message.items()},
                }
                for one in sandbox.mailbox.mails()
            ]
        )

    @app.post("/mail/answers")
    def answers() -> dict[str, Any]:
        sandbox.mailbox.answers.extend(request.get_json(force=True)["answers"])
        return {"answers": sandbox.mailbox.answers}

    @app.get("/mail/<int:number>")
    def mail(number: int) -> Response:
        found = [one for one in sandbox.mailbox.mails() if one.number == number]
        if not found:
            abort(404)
        html = found[0].message.get_body(("html",))
        if html is None:
            return Response(_text(found[0].message), mimetype="text/plain")
        return Response(
            html.get_content(),
            mimetype="text/html",
            headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )


def _text(message: Any) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _names(sandbox: "Sandbox") -> dict[str, str]:
    return {one.key: f"{one.name} ({one.platform})" for one in sandbox.world.businesses}


def _twin_of(sandbox: "Sandbox", key: str) -> Any:
    found = next((one for one in sandbox.world.businesses if one.key == key), None)
    if found is None:
        abort(404, f"no business {key!r}")
    return sandbox.twins[found.platform]
