"""One request from key to answer: who asks, about which account, was it asked before, and what came of it."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from sandbox.stripe import posting
from sandbox.stripe.ledger import Asked, Ledger
from sandbox.stripe.limiting import presented
from sandbox.stripe.protocol import BROKEN, Key, Problem, allow, known_key, nested, reached
from sandbox.stripe.rendering import PINNED
from sandbox.world import World

REMEMBERED = timedelta(hours=24)
BASIL = "2025-03-31"  # until then invoices named their charge and whether they were paid


@dataclass
class Call:
    """A request that has been let in."""

    ledger: Ledger
    key: Key
    now: datetime
    params: dict[str, Any]
    old: bool = False

    def need(self, permission: str) -> None:
        """Raises the 403 unless the key may."""
        allow(self.key, permission)


Handler = Callable[..., dict[str, Any] | bytes]


@dataclass
class Remembered:
    """The first answer to an idempotency key; while it is being made, `body` is None."""

    print: str
    at: datetime
    status: int = 200
    body: bytes | None = None


class Desk:
    """Lets requests in and answers them; one for all accounts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.clock = world.clock_of("stripe")
        self._count = 0
        self._seen: dict[tuple[str, str], Remembered] = {}
        self._counting = threading.Lock()
        self.breaking = False
        self.keys: dict[str, Key] = {}
        self.ledgers: dict[str, Ledger] = {}

    def answer(self, handler: Handler, **ids: str) -> Response:
        """Run a handler for the current Flask request, under the world's lock."""
        with self._counting:
            self._count += 1
            request_id = f"req_{self._count:014d}"
        headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("Stripe-Version", PINNED)}
        try:
            with self._world.lock:
                status, body, more = self._run(handler, request_id, ids)
        except Problem as problem:
            status, body, more = problem.status, problem.body(), {}
        return Response(body, status, {**headers, **more}, "application/json")

    def _run(self, handler: Handler, request_id: str, ids: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        key = known_key(self.keys, *presented(request))
        ledger = reached(key, request.headers.get("Stripe-Account", ""), self.ledgers)
        now = self.clock.now()
        posting.tick(ledger, now)
        call = Call(ledger, key, now, _params(), old=request.headers.get("Stripe-Version", PINNED) < BASIL)
        idempotency = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if not idempotency:
            return 200, self._made(handler, call, ids), {}
        ledger.asked = Asked(request_id, idempotency)
        try:
            return self._once(handler, call, idempotency, ids)
        finally:
            ledger.asked = Asked()

    def _once(
        self, handler: Handler, call: Call, idempotency: str, ids: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """The first answer is given again for a day; refused parameters are not remembered."""
        told = hashlib.sha256(f"{request.path}?{json.dumps(call.params, sort_keys=True)}".encode()).hexdigest()
        known = self._seen.get((call.ledger.account, idempotency))
        if known is not None and known.at > call.now - REMEMBERED:
            return self._again(known, told)
        status, body = 200, self._made(handler, call, ids)
        if self.breaking:
            self.breaking, status, body = False, 500, Problem(500, BROKEN, kind="api_error").body()
        self._seen[call.ledger.account, idempotency] = Remembered(told, call.now, status, body)
        return status, body, {"Idempotency-Key": idempotency}

    def _again(self, known: Remembered, told: str) -> tuple[int, bytes, dict[str, str]]:
        if known.body is None:
            raise Problem(409, "There is currently another in-progress request using this Idempotent Key.",
                          kind="idempotency_error", code="idempotency_key_in_use")  # fmt: skip
        if known.print != told:
            raise Problem(400, "Keys for idempotent requests can only be used with the same parameters they were "
                          "first used with.", kind="idempotency_error")  # fmt: skip
        return known.status, known.body, {"Idempotent-Replayed": "true"}

    def hold(self, account: str, idempotency: str) -> None:
        """Pretend that a request with this idempotency key is running."""
        self._seen[account, idempotency] = Remembered("", self.clock.now())

    def _made(self, handler: Handler, call: Call, ids: dict[str, str]) -> bytes:
        try:
            made = handler(call, **ids)
        except posting.NotAllowed as refused:
            raise Problem(400, str(refused)) from None
        return call.ledger.in_mode(made if isinstance(made, bytes) else json.dumps(made).encode())


def _params() -> dict[str, Any]:
    source = request.form if request.method == "POST" else request.args
    return nested((name, value) for name, values in source.lists() for value in values)
