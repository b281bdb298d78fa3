"""python-quickbooks, tamed: it addresses and labels our calls, and hands back the raw bytes of its own transport.

What is kept away from: its constructor's silent refresh, its frozen session token, calls without time-outs, errors
that lose the status, objects that invent values, and its logging of tokens.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import quickbooks as quickbooks_sdk
import requests

from integrations import http
from integrations.contract import Token, Wire
from integrations.quickbooks import refusals
from integrations.quickbooks.refusals import Reply, refusal

API = "https://quickbooks.api.intuit.com"
MINOR_VERSION = 75
PLAIN = {"minorversion": MINOR_VERSION}
Parts = dict[str, msgspec.Raw]
EMPTY = msgspec.Raw(b"")
NULL = b"null"


class Part(msgspec.Struct, rename="pascal"):
    """One element of a changed-data answer: a slot per kind, `{}` when there is nothing."""

    query_response: list[Parts] = msgspec.field(default_factory=list)


class Envelope(msgspec.Struct):
    """An answer, opened but with its records still in raw bytes. `time` is QuickBooks' own clock."""

    query: Parts = msgspec.field(default_factory=dict, name="QueryResponse")
    changed: list[Part] = msgspec.field(default_factory=list, name="CDCResponse")
    invoice: msgspec.Raw = msgspec.field(default=EMPTY, name="Invoice")
    attachable: msgspec.Raw = msgspec.field(default=EMPTY, name="Attachable")
    payment: msgspec.Raw = msgspec.field(default=EMPTY, name="Payment")
    account: msgspec.Raw = msgspec.field(default=EMPTY, name="Account")
    fault: msgspec.Raw = msgspec.field(default=EMPTY, name="Fault")
    gateway_fault: msgspec.Raw = msgspec.field(default=EMPTY, name="fault")
    time: str | int = ""

    def listed(self, entity: str) -> bytes:
        """The JSON list of one kind of record, from a query or from changed data."""
        slots = [self.query, *(slot for part in self.changed for slot in part.query_response)]
        return next((bytes(slot[entity]) for slot in slots if entity in slot), b"[]")

    def faulty(self) -> bool:
        """A fault may ride on a 200, even in one slot of many."""
        slots = (slot for part in self.changed for slot in part.query_response)
        return self.refused() or any("Fault" in slot for slot in slots)

    def refused(self) -> bool:
        """Is the whole answer a fault? Other answers may carry an empty one."""
        return any(bytes(fault) not in (b"", NULL) for fault in (self.fault, self.gateway_fault))


_ENVELOPE = msgspec.json.Decoder(Envelope)
_NUMBERS = msgspec.json.Encoder(decimal_format="number")


class _TamedQuickBooks(quickbooks_sdk.QuickBooks):  # type: ignore[misc]
    """The SDK with our transport below it: one object per opened company, never a shared one."""

    def __init__(self, wire: Wire, token: Token, **_: object) -> None:
        self.api_url_v3 = self.sandbox_api_url_v3 = f"{http.address(wire, 'api', API)}/v3"
        self.session = http.careful_session(wire)
        self._wire = wire
        self._token = token
        self._renewing = threading.Lock()  # several reads are under way at once, and one renewal is enough

    def __new__(cls, _wire: Wire, _token: Token, **kwargs: object) -> "_TamedQuickBooks":
        """The SDK does its set-up here; it wants the minor version as a number, named."""
        made: _TamedQuickBooks = super().__new__(cls, minorversion=MINOR_VERSION, **kwargs)
        return made

    def make_request(  # noqa: PLR0917 - the SDK's own signature
        self,
        request_type: str,
        url: str,
        request_body: Any = None,
        content_type: str = "application/json",
        params: Mapping[str, str] | None = None,
        file_path: None = None,  # noqa: ARG002
        file_bytes: None = None,  # noqa: ARG002
        request_id: str | None = None,
    ) -> bytes:
        """As the SDK's, but the caller's params stay as they are and the answer comes back as bytes."""
        asked: dict[str, Any] = {**(params or {}), "minorversion": self.minorversion}
        if request_id:
            asked["requestid"] = request_id
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        body = request_body.encode() if isinstance(request_body, str) else request_body or b""
        answer = self.process_request(request_type, url, headers=headers, params=asked, data=body)
        return bytes(answer.content)

    def process_request(  # noqa: PLR0917 - the SDK's own signature
        self, request_type: str, url: str, headers: Any = "", params: Any = "", data: Any = ""
    ) -> requests.Response:
        """One call with the token of this moment; a refused token is renewed once. Raises only our errors."""
        writing = request_type == "POST" and not url.endswith("/query")
        call = {"method": request_type, "url": url, "headers": headers, "params": params or PLAIN, "data": data}
        with self._renewing:
            token = self._token.current()
        answer = self._once(call, token, writing)
        if answer.status_code == refusals.UNAUTHORISED:
            if refusals.rights_are_lost(answer.content):
                raise refusal(self._reply(answer), writing=writing)
            with self._renewing:
                token = self._token.renewed(token)
            answer = self._once(call, token, writing)
        if answer.status_code != refusals.OK:
            raise refusal(self._reply(answer), writing=writing)
        return answer

    def _once(self, call: Mapping[str, Any], token: str, writing: bool) -> requests.Response:
        headers = {**call["headers"], "Authorization": f"Bearer {token}", "User-Agent": "duewell"}
        with self._wire.budget.turn(urlsplit(call["url"]).path) as turn:
            try:
                response: requests.Response = self.session.request(
                    **{**call, "headers": headers}, allow_redirects=False
                )
            except requests.RequestException as error:
                raise http.out_of_reach(error, writing=writing) from None
            turn.answered(response.status_code, response.headers)
        return response

    def _reply(self, answer: requests.Response) -> Reply:
        after = http.retry_after(answer.headers, self._wire.clock)
        return Reply(answer.status_code, answer.content, after, answer.headers.get("intuit_tid", ""))


class QuickBooksClient:
    """The calls we make to one company. Reads wait patiently; writes are repeated only when nothing was done."""

    def __init__(self, wire: Wire, realm: str, token: Token) -> None:
        self._wire = wire
        self._sdk = _TamedQuickBooks(wire, token, company_id=realm)
        self._place = f"{self._sdk.api_url}/company/{realm}"

    def query(self, statement: str) -> Envelope:
        """The answer to a query, sent as text in the body."""
        return self._ask(lambda: self._sdk.query(statement))

    def changed(self, entities: Iterable[str], since: str) -> Envelope:
        """What changed since an ISO time with its offset, deleted records as stubs, at most 1000 objects."""
        names = ",".join(entities)
        return self._ask(lambda: self._sdk.change_data_capture(names, since))

    def invoice(self, invoice_id: str, *, include: str) -> Envelope:
        """One invoice with something extra."""
        return self._ask(
            lambda: self._sdk.get_single_object("Invoice", quoted(invoice_id), params={"include": include})
        )

    def send(self, invoice_id: str, *, key: str) -> Envelope:
        """Mail the invoice to the address on it. The SDK's own `send` takes no request id."""
        url = f"{self._place}/invoice/{quoted(invoice_id)}/send"
        return self._ask(
            lambda: self._sdk.post(url, None, content_type="application/octet-stream", request_id=key), writing=True
        )

    def attach(self, body: Mapping[str, object], *, key: str) -> Envelope:
        """A note on a record."""
        text = json.dumps(body).encode()
        return self._ask(lambda: self._sdk.create_object("Attachable", text, request_id=key), writing=True)

    def make_invoice(self, body: Mapping[str, object], *, key: str) -> Envelope:
        """A new invoice. The SDK would send its own defaults along if it built one."""
        return self._make("Invoice", body, key)

    def make_payment(self, body: Mapping[str, object], *, key: str) -> Envelope:
        """A payment received."""
        return self._make("Payment", body, key)

    def make_account(self, body: Mapping[str, object], *, key: str) -> Envelope:
        """A new account of the ledger."""
        return self._make("Account", body, key)

    def _make(self, entity: str, body: Mapping[str, object], key: str) -> Envelope:
        text = _NUMBERS.encode(body)
        return self._ask(lambda: self._sdk.create_object(entity, text, request_id=key), writing=True)

    def void_payment(self, fresh: Callable[[], tuple[str, str]], *, key: str) -> Envelope:
        """Void the payment whose id and token `fresh` tells: before every attempt, since a stale token is refused."""

        def once() -> Any:
            id, token = fresh()
            text = json.dumps({"Id": id, "SyncToken": token, "sparse": True}).encode()
            how = {"operation": "update", "include": "void"}
            return self._sdk.update_object("Payment", text, request_id=f"{key}-v{token}", params=how)

        return self._ask(once, writing=True)

    def pdf(self, invoice_id: str) -> bytes:
        """An invoice as QuickBooks prints it."""
        return http.patiently(self._wire, lambda: bytes(self._sdk.download_pdf("Invoice", quoted(invoice_id))))

    def download_address(self, attachable_id: str) -> str:
        """Where a file can be had for the next fifteen minutes, without a token. The SDK has no such call."""
        url = f"{self._place}/download/{quoted(attachable_id)}"
        return http.patiently(self._wire, lambda: self._sdk.make_request("GET", url)).decode(errors="replace").strip()

    def _ask(self, call: Callable[[], Any], *, writing: bool = False) -> Envelope:
        return http.patiently(self._wire, lambda: _opened(call(), writing=writing))


def quoted(row_id: str) -> str:
    """An id as a path segment."""
    return quote(row_id, safe="")


def _opened(body: bytes, *, writing: bool) -> Envelope:
    """Raises the error for a fault on a 200, or for a body that is no JSON."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refusal(Reply(refusals.OK, b""), writing=writing) from None
    if envelope.faulty():
        raise refusal(Reply(refusals.OK, _fault_of(envelope, body)), writing=writing)
    return envelope


def _fault_of(envelope: Envelope, body: bytes) -> bytes:
    if envelope.refused():
        return body
    slots = (slot for part in envelope.changed for slot in part.query_response)
    return next(b'{"Fault":' + bytes(slot["Fault"]) + b"}" for slot in slots if "Fault" in slot)
