"""The way in to the Accounting API: bearer, tenant, scope, then the route, in Xero's own order."""

from collections.abc import Callable
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from sandbox.clock import SkewedClock
from sandbox.world import World
from sandbox.xero import booking, files, reading, writing
from sandbox.xero.consents import Consents, Token
from sandbox.xero.organisation import Organisation
from sandbox.xero.replies import (
    Answer,
    bad_query,
    not_found,
    problem,
    scope_missing,
    token_expired,
    wrong_tenant,
)
from sandbox.xero.spelling import as_xml

URL_LENGTH_MAX = 2090
SCOPES = {
    "invoices": "accounting.invoices",
    "creditnotes": "accounting.invoices",
    "payments": "accounting.payments",
    "overpayments": "accounting.payments",
    "prepayments": "accounting.payments",
    "banktransactions": "accounting.banktransactions",
    "contacts": "accounting.contacts",
    "organisation": "accounting.settings",
    "organisations": "accounting.settings",
    "currencies": "accounting.settings",
    "invoicereminders": "accounting.settings",
    "accounts": "accounting.settings",
    "brandingthemes": "accounting.settings",
    "taxrates": "accounting.settings",
    "trackingcategories": "accounting.settings",
    "users": "accounting.settings",
    "contactgroups": "accounting.contacts",
    "items": "accounting.invoices",
    "repeatinginvoices": "accounting.invoices",
}


@dataclass
class Gate:
    """Answers every call below /api.xro/2.0. `organisations` are by tenant id."""

    world: World
    consents: Consents
    organisations: dict[str, Organisation]
    replays: writing.Replays = field(default_factory=writing.Replays)
    clock: SkewedClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = self.world.clock_of("xero")

    def answer(self, request: Request, rest: str) -> Response:
        """One reply."""
        try:
            return self._admitted(request, rest.strip("/").lower())
        except Answer as answer:
            return answer.response

    def _admitted(self, request: Request, path: str) -> Response:
        if len(request.url) > URL_LENGTH_MAX:
            return not_found()
        token = self._bearer(request)
        resource = path.split("/")[0]
        if resource not in SCOPES:
            return not_found()
        organisation = self._tenant(request, token)
        scope = "accounting.attachments" if "/attachments" in path else SCOPES[resource]
        if not token.allows(scope, writing=request.method != "GET"):
            return scope_missing()
        return self._once(request, token, organisation, path=path)

    def _bearer(self, request: Request) -> Token:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise Answer(problem(401, "Unauthorized", "AuthenticationUnsuccessful"))
        token = self.consents.token(value)
        if token is None or token.expires_at <= self.clock.now():
            raise Answer(token_expired(self.clock.now()))
        return token

    def _tenant(self, request: Request, token: Token) -> Organisation:
        """From the header; a custom connection has one organisation and needs none."""
        tenant = token.custom_tenant or request.headers.get("xero-tenant-id", "").lower()
        if not token.custom_tenant and tenant not in self.consents.connected(token.app):
            raise Answer(wrong_tenant())
        return self.organisations[tenant]

    def _once(self, request: Request, token: Token, organisation: Organisation, *, path: str) -> Response:
        asked = reading.Asked(organisation, request, self.clock.now(), self.world.addresses.get("xero", ""))
        if request.method == "GET":
            return self._read(asked, path)
        earlier = self.replays.recall(token.app, request, asked.now)
        if earlier is not None:
            return earlier
        try:
            answer = self._write(asked, path)
        except Answer as refused:
            answer = refused.response
        self.replays.keep(token.app, request, answer, now=asked.now)
        return answer

    def _read(self, asked: reading.Asked, path: str) -> Response:
        accept = asked.request.headers.get("Accept", "")
        parts = path.split("/")
        if "application/pdf" in accept and parts[0] == "invoices" and len(parts) == 2:
            return reading.pdf(reading.find(asked.organisation, reading.INVOICES, parts[1]))
        known = reading.settings(asked, path)
        answer = known if known is not None else self._read_records(asked, parts)
        raw = len(parts) == 4 and parts[2] == "attachments"
        return answer if raw or "application/json" in accept else as_xml(answer)

    def _read_records(self, asked: reading.Asked, parts: list[str]) -> Response:
        listing = reading.LISTINGS.get(parts[0])
        if listing is None:
            return not_found()
        if len(parts) == 1:
            reading.only_known(asked, listing)
            return reading.list_records(asked, listing)
        if len(parts) == 2:
            return reading.single(asked, listing, parts[1])
        record = reading.find(asked.organisation, listing, parts[1])
        if listing is reading.INVOICES and parts[2] == "attachments":
            return files.attachment(record, parts[3]) if len(parts) > 3 else files.attachments(asked, record)
        if parts[2] == "history":
            return reading.history(asked, record)
        if listing is reading.INVOICES and parts[2] == "onlineinvoice":
            return reading.online_invoice(asked, record)
        return not_found()

    def _write(self, asked: reading.Asked, path: str) -> Response:
        parts = path.split("/")
        if parts == ["payments"]:
            return booking.add_payments(asked)
        if parts == ["banktransactions"] and asked.request.method == "PUT":
            return booking.add_bank_transaction(asked)
        if parts == ["accounts"] and asked.request.method == "PUT":
            return booking.open_account(asked)
        if parts == ["invoices"] and asked.request.method == "PUT":
            return writing.add_invoice(asked)
        listing = reading.LISTINGS.get(parts[0])
        if listing is None or len(parts) < 2:
            raise Answer(bad_query("this write is not modelled by the sandbox"))
        record = reading.find(asked.organisation, listing, parts[1])
        return self._act(asked, record, (asked.request.method, parts[0], *parts[2:]))

    def _act(self, asked: reading.Asked, record: object, what: tuple[str, ...]) -> Response:
        acts: dict[tuple[str, ...], Callable[..., Response]] = {
            ("POST", "invoices", "email"): writing.email,
            ("POST", "invoices"): writing.edit_invoice,
            ("POST", "payments"): booking.take_back,
        }
        if what[0] == "PUT" and what[2:] == ("history",):
            return writing.add_notes(asked, record)
        act = acts.get(what)
        return act(asked, record) if act is not None else not_found()
