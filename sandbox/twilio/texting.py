"""A local Twilio for text messages: takes, lists and delivers them by the sandbox's clock, or does not, as told.

Like the real one it has no idempotency key, gives a message's text back but no status callback, refuses numbers that
have replied STOP (21610), and learns only later that a phone was off (30003) or a number is not in use (30005).
"""

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from flask import Flask, jsonify, request
from flask.wrappers import Response as FlaskResponse
from werkzeug.wrappers import Request, Response

from sandbox.history import Happening
from sandbox.limits import Caller, Leave
from sandbox.world import World

ACCOUNT = "AC" + "5" * 32
TOKEN = "twilio-sandbox-token"  # noqa: S105 - of a local twin
SENDER = "+15005550006"
E164 = re.compile(r"\+[1-9]\d{6,14}")
BODY_MAX = 1600
SENT_AFTER = timedelta(seconds=5)
ENDS_AFTER = timedelta(seconds=60)
FAILS = {"429": 429, "500": 500, "503": 503}
SAYS = {
    21211: "The 'To' number is not a valid phone number.",
    21602: "Message body is required.",
    21606: "The 'From' phone number is not a valid, SMS-capable inbound phone number for your account.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
}


@dataclass
class Text:
    """One message as it was taken."""

    sid: str
    to: str
    sender: str
    body: str
    at: datetime
    fate: int = 0

    def status(self, now: datetime) -> tuple[str, int | None]:
        """Where it stands, and the code of what went wrong."""
        age = now - self.at
        if age < SENT_AFTER:
            return "queued", None
        if age < ENDS_AFTER:
            return "sent", None
        return ("undelivered", self.fate) if self.fate else ("delivered", None)


class Texting:
    """The twin. Shaped like the platforms' twins as far as faults are concerned; it keeps no books."""

    slug = "twilio"

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._lock = threading.Lock()
        self._texts: list[Text] = []
        self._fates: dict[str, int] = {}
        self._stopped: set[str] = set()
        self.redacts = False

    def texts(self) -> list[Text]:
        """Every message that was taken, oldest first."""
        with self._lock:
            return list(self._texts)

    def stop(self, number: str) -> None:
        """The owner of the number replies STOP."""
        self._stopped.add(number)

    def fate(self, number: str, code: int) -> None:
        """What will become of messages to this number: 30003, 30005, …"""
        self._fates[number] = code

    def app(self) -> Flask:
        """The three calls of Messages.json."""
        app = Flask("sandbox.twilio")
        home = f"/2010-04-01/Accounts/{ACCOUNT}"

        @app.before_request
        def let_in() -> FlaskResponse | None:
            told = request.authorization
            known = told is not None and (told.username, told.password) == (ACCOUNT, TOKEN)
            return None if known else _refusal(401, 20003)

        @app.errorhandler(404)
        def nowhere(_: Exception) -> FlaskResponse:
            return _refusal(404, 20404)

        @app.post(f"{home}/Messages.json")
        def take() -> FlaskResponse:
            return self._take(request.form)

        @app.get(f"{home}/Messages.json")
        def listing() -> FlaskResponse:
            return self._list(request.args)

        @app.get(f"{home}/Messages/<sid>.json")
        def show(sid: str) -> FlaskResponse:
            found = next((one for one in self.texts() if one.sid == sid), None)
            return jsonify(self._shown(found)) if found else _refusal(404, 20404)

        return app

    def _take(self, form: Mapping[str, str]) -> FlaskResponse:
        to, body, sender = form.get("To", ""), form.get("Body", ""), form.get("From", "")
        for code, wrong in (
            (21211, not E164.fullmatch(to)),
            (21602, not body),
            (21617, len(body) > BODY_MAX),
            (21606, sender != SENDER and not form.get("MessagingServiceSid", "").startswith("MG")),
            (21610, to in self._stopped),
        ):
            if wrong:
                return _refusal(400, code)
        with self._lock:
            sid = "SM" + hashlib.md5(f"{len(self._texts)}".encode(), usedforsecurity=False).hexdigest()
            text = Text(sid, to, sender or SENDER, body, self._clock.now(), self._fates.get(to, 0))
            self._texts.append(text)
        answer = jsonify(self._shown(text))
        answer.status_code = 201
        return answer

    def _list(self, asked: Mapping[str, str]) -> FlaskResponse:
        """Newest first, a page at a time."""
        size, page = min(int(asked.get("PageSize", 50)), 1000), int(asked.get("Page", 0))
        wanted = asked.get("To", "")
        found = [one for one in reversed(self.texts()) if wanted in ("", one.to)]
        shown = [self._shown(one) for one in found[page * size : (page + 1) * size]]
        more = len(found) > (page + 1) * size
        following = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize={size}&Page={page + 1}"
        following += f"&To=%2B{wanted[1:]}" if wanted else ""
        return jsonify(
            {"messages": shown, "page": page, "page_size": size, "next_page_uri": following if more else None}
        )

    def _shown(self, one: Text) -> dict[str, Any]:
        status, code = one.status(self._clock.now())
        made = format_datetime(one.at.replace(microsecond=0))
        return {
            "sid": one.sid,
            "account_sid": ACCOUNT,
            "messaging_service_sid": None,
            "to": one.to,
            "from": one.sender,
            "body": "" if self.redacts else one.body,
            "status": status,
            "error_code": code,
            "error_message": None,
            "direction": "outbound-api",
            "num_segments": "1",
            "date_created": made,
            "date_updated": made,
            "date_sent": None if status == "queued" else made,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{one.sid}.json",
        }

    # --- what a twin must answer for the faults in front of it ---

    def credentials(self) -> dict[str, Any]:
        """The account, its token and a number to send from."""
        return {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SENDER}

    def fail(self, kind: str, path: str) -> Response | None:
        """Twilio's own answer for a fault."""
        del path
        if kind not in FAILS:
            return None
        code = {429: 20429}.get(FAILS[kind], 20500)
        answer = Response(
            f'{{"code": {code}, "message": "{SAYS[code]}", "status": {FAILS[kind]}}}',
            FAILS[kind],
            content_type="application/json",
        )
        if kind == "429":
            answer.headers["Retry-After"] = "2"
        return answer

    def troubles(self) -> tuple[str, ...]:
        """Those that fit a storm."""
        return tuple(FAILS)

    def twist(self, kind: str, document: Any, dice: object) -> bool:
        """Its answers are not garbled."""
        del kind, document, dice
        return False

    def stir(self, dice: object) -> None:
        """There are no books to stir."""

    def wake(self) -> None:
        """Nothing happens here by itself."""

    def play(self, business: str, happening: Happening) -> None:
        """Nothing of a company's history concerns it."""

    def truth(self, business: str) -> dict[str, Any]:
        """It keeps no books."""
        del business
        return {}

    def controls(self) -> Mapping[str, Callable[..., Any]]:
        """Acts by name."""
        return {"stop": self.stop, "fate": self.fate}

    def caller(self, request: Request) -> Caller | None:
        """No limit is kept here."""
        del request
        return None

    def too_many(self, leave: Leave) -> Response:
        """Never asked, since no limit is kept."""
        del leave
        return Response(status=429)

    def told(self, response: Response, leave: Leave) -> Response:
        """As it is."""
        del leave
        return response


def _refusal(status: int, code: int) -> FlaskResponse:
    said = {"code": code, "message": SAYS[code], "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    answer = jsonify(said | {"status": status})
    answer.status_code = status
    return answer
