"""Any platform of the registry met through its contract alone: its twin, and what only the twin's side can tell."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from duewell.story.visitor import Visitor
from integrations.contract import Account, Act, Books, Capability, Consent, LateCharge, Platform, Receipt, Wire
from integrations.oauth import RenewingToken
from integrations.registry import platform
from receivables.money import Money
from receivables.page import Cursor, Page
from receivables.records import Collection, Customer, Invoice, InvoiceStatus, Kind, Record, Ref
from sandbox.faults import Fault
from sandbox.quickbooks.webhooks import sign as sign_quickbooks
from sandbox.server import Sandbox
from sandbox.stripe.announcing import signature as sign_stripe
from sandbox.xero.webhooks import signature as sign_xero
from tests.conftest import CountingMeter, MemoryGrants, SandboxClock, wire_to

BACK = "http://localhost:9/oauth/callback"
KEY = re.compile(r"rk_test_\w{10,}")
DAY = date(2026, 4, 1)
CHARGES = {
    "quickbooks": LateCharge("Interest for late payment", Money(1240, "USD"), DAY, DAY, "11", "NON"),
    "stripe": LateCharge("Interest for late payment", Money(1240, "USD"), DAY, DAY, "", "none"),
    "xero": LateCharge("Interest for late payment", Money(1240, "GBP"), DAY, DAY, "270", "NONE"),
}


@dataclass(frozen=True)
class Traits:
    """What a twin's own side knows and no contract says. `routes` are the writes as the sandbox counts them."""

    api: str
    token_route: str
    routes: Mapping[Act, str]
    unknown: Mapping[Kind, str]
    sign: Callable[[bytes, tuple[str, ...], datetime], dict[str, str]]
    body: bytes


def _bare(prefix: str) -> str:
    return f"{prefix}_duewellnobody00000000000"


NOBODY = "00000000-0000-4000-8000-000000000000"
TRAITS = {
    "quickbooks": Traits(
        api="/v3/",
        token_route="POST /oauth2/v1/tokens/bearer",
        routes={
            Act.SEND_INVOICE: "POST /v3/company/*/invoice/*/send",
            Act.LEAVE_NOTE: "POST /v3/company/*/attachable",
            Act.POST_CHARGE: "POST /v3/company/*/invoice",
        },
        unknown=dict.fromkeys((Kind.INVOICE, Kind.CUSTOMER, Kind.PAYMENT, Kind.CREDIT), "987654321"),
        sign=lambda body, secrets, _: {"intuit-signature": sign_quickbooks(body, secrets[0])},
        body=b'[{"id":"e1","type":"qbo.invoice.updated.v1","intuitentityid":"17","intuitaccountid":"934145","data":{}}]',
    ),
    "stripe": Traits(
        api="/v1/",
        token_route="",
        routes={
            Act.SEND_INVOICE: "POST /v1/invoices/*/send",
            Act.LEAVE_NOTE: "POST /v1/invoices/*",
            Act.SET_PAY_LINK: "POST /v1/invoices/*",
            Act.POST_CHARGE: "POST /v1/invoices/*/finalize",
        },
        unknown={Kind.INVOICE: _bare("in"), Kind.CUSTOMER: _bare("cus"), Kind.CREDIT: _bare("cn")},
        sign=lambda body, secrets, now: {
            "stripe-signature": sign_stripe(body, list(secrets), int(now.timestamp())),
        },
        body=b'{"id":"evt_1","object":"event","type":"invoice.paid","created":1773160000,"livemode":false,'
        b'"data":{"object":{"id":"in_17","object":"invoice"}}}',
    ),
    "xero": Traits(
        api="/api.xro/",
        token_route="POST /connect/token",
        routes={
            Act.SEND_INVOICE: "POST /api.xro/2.0/Invoices/*/Email",
            Act.LEAVE_NOTE: "PUT /api.xro/2.0/Invoices/*/History",
            Act.SET_EXPECTED_DATE: "POST /api.xro/2.0/Invoices/*",
            Act.POST_CHARGE: "PUT /api.xro/2.0/Invoices",
        },
        unknown=dict.fromkeys((Kind.INVOICE, Kind.CUSTOMER, Kind.PAYMENT, Kind.CREDIT), NOBODY),
        sign=lambda body, secrets, _: {"x-xero-signature": sign_xero(body, secrets[0])},
        body=json.dumps(
            {
                "events": [
                    {"resourceId": NOBODY, "tenantId": "t", "eventCategory": "INVOICE", "eventType": "UPDATE"},
                ],
                "firstEventSequence": 1,
                "lastEventSequence": 1,
            }
        ).encode(),
    ),
}
CAPABLE = {
    Act.SEND_INVOICE: Capability.SEND_INVOICE,
    Act.LEAVE_NOTE: Capability.LEAVE_NOTE,
    Act.SET_EXPECTED_DATE: Capability.SET_EXPECTED_DATE,
    Act.POST_CHARGE: Capability.POST_CHARGE,
    Act.SET_PAY_LINK: Capability.CARRY_PAY_LINK,
}


@dataclass
class Shelf:
    """Keeps pages the way storage does: an older version never overwrites a newer one."""

    records: dict[Ref, Record] = field(default_factory=dict)
    gone: set[Ref] = field(default_factory=set)
    cursor: Cursor | None = None
    pages: int = 0

    def take(self, pages: Iterable[Page]) -> "Shelf":
        for page in pages:
            self.pages += 1
            for record in page.records:
                known = self.records.get(record.ref)
                if known is None or known.changed_at <= record.changed_at:
                    self.records[record.ref] = record
            for one in page.gone:
                self.records.pop(one.ref, None)
                self.gone.add(one.ref)
            self.cursor = page.cursor or self.cursor
        return self

    def ids(self, kind: Kind) -> set[str]:
        return {ref.id for ref in self.records if ref.kind is kind}

    def invoices(self) -> dict[str, Invoice]:
        return {ref.id: one for ref, one in self.records.items() if isinstance(one, Invoice)}

    def due(self) -> Ref:
        """An invoice that any platform would mail: open, sent to be paid, to a customer with an address."""
        for one in self.invoices().values():
            payer = self.records.get(one.customer)
            mailable = isinstance(payer, Customer) and payer.emails
            if mailable and one.status is InvoiceStatus.OPEN and one.owing and one.collection is Collection.SENT:
                return one.ref
        raise AssertionError("the sandbox has no invoice to be mailed")


@dataclass
class Side:
    """One company of a platform, connected the way a person does, with its twin behind it."""

    sandbox: Sandbox
    platform: Platform
    wire: Wire
    consent: Consent
    grants: MemoryGrants
    account: Account
    key: str

    @property
    def slug(self) -> str:
        return self.platform.slug

    @property
    def traits(self) -> Traits:
        return TRAITS[self.slug]

    @property
    def by_key(self) -> bool:
        return Capability.API_KEY in self.platform.capabilities

    @property
    def token(self) -> RenewingToken:
        return RenewingToken(self.platform, self.wire, self.grants, "g1")

    @property
    def books(self) -> Books:
        """Opened afresh, as another process would."""
        return self.platform.open(self.wire, self.account, self.token)

    @property
    def meter(self) -> CountingMeter:
        assert isinstance(self.wire.meter, CountingMeter)
        return self.wire.meter

    @property
    def clock(self) -> SandboxClock:
        assert isinstance(self.wire.clock, SandboxClock)
        return self.wire.clock

    def truth(self) -> dict[str, Any]:
        return self.sandbox.twins[self.slug].truth(self.key)

    def act(self, name: str, /, **said: Any) -> Any:
        return self.sandbox.act(self.slug, name, **said)

    def fault(self, kind: str, *, path: str = "", **said: Any) -> None:
        """Only the API has this trouble, not the sign-in."""
        self.sandbox.book.add(Fault(self.slug, kind, path=path or self.traits.api, **said))

    def forget(self) -> None:
        """Count from zero, and end all troubles."""
        self.sandbox.book.clear()
        self.meter.calls = self.meter.sent_bytes = self.meter.received_bytes = 0
        self.clock.slept.clear()

    def calls(self) -> dict[str, int]:
        counted: dict[str, int] = self.sandbox.book.counts()["calls"].get(self.slug, {})
        return counted

    def ref(self, kind: Kind, id: str) -> Ref:
        return Ref(self.account.id, kind, id)

    def expire(self) -> None:
        """The platform accepts none of the access tokens, or keys, that it gave."""
        act = "expire_tokens" if self.slug == "xero" else "expire_token"
        self.act(act, **({} if self.slug == "xero" else {"business": self.key}))

    def later(self) -> None:
        """No platform remembers any idempotency key by now."""
        self.clock.sleep(26 * 3600.0)
        if self.slug == "quickbooks":
            self.act("forget_requests", business=self.key)

    def charges(self, key: str) -> int:
        """The invoices we made under this key that somebody owes, by the ledger itself."""
        twin: Any = self.sandbox.twins[self.slug]
        if self.slug == "quickbooks":
            return sum(f"[dw {key}]" in one.private_note for one in twin._companies[self.key].ledger.invoices.values())
        if self.slug == "xero":
            made = (one for each in twin.organisations for one in each.ledger.invoices.values())
            return sum(one.reference.endswith(key) for one in made)
        made = (one for one in twin._ledgers[self.key].books.invoices if one.metadata.get("dw_charge") == key)
        return sum(one.status == "open" for one in made)

    def notes(self, invoice: Ref) -> int:
        """Our notes on it, by the ledger itself."""
        twin: Any = self.sandbox.twins[self.slug]
        if self.slug == "quickbooks":
            return sum(target == invoice.id for target, _ in self.truth()["notes"].values())
        if self.slug == "xero":
            (found,) = (o.ledger.invoices[invoice.id] for o in twin.organisations if invoice.id in o.ledger.invoices)
            return sum("[dw " in line.details for line in found.history)
        named = twin._ledgers[self.key].books.invoices.get(invoice.id).metadata
        return sum(name.startswith("dw_note_") for name in named)


def write(side: Side, act: Act, on: Ref, key: str) -> Receipt:
    """One of the contract's writes, by its name."""
    books = side.books
    if act is Act.SEND_INVOICE:
        return books.send_invoice(on, key=key)
    if act is Act.LEAVE_NOTE:
        return books.leave_note(on, "Duewell reminded the customer.", key=key)
    if act is Act.POST_CHARGE:
        return books.post_charge(on, CHARGES[side.slug], key=key)
    if act is Act.SET_PAY_LINK:
        return books.set_pay_link(on, "https://pay.example/p/secret", key=key)
    return books.set_expected_date(on, DAY, key=key)


def connect_side(sandbox: Sandbox, slug: str, **patience: Any) -> Side:
    """Through the consent page and its form, or with a key made on the dashboard page."""
    found, wire = platform(slug), replace(wire_to(sandbox, slug), **patience)
    verifier = "v" * 64
    consent = found.exchange(wire, asked_for(found, wire, verifier), redirect_uri=BACK, verifier=verifier)
    company = consent.companies[0]
    key = next(one.key for one in sandbox.world.businesses if one.name == company.label)
    grants = MemoryGrants(replace(consent.grant, id="g1"))
    account = Account("c1", company.external_id, company.label, dict(company.details))
    return Side(sandbox, found, wire, consent, grants, account, key)


def asked_for(found: Platform, wire: Wire, verifier: str, state: str = "the-state") -> dict[str, str]:
    """What comes back from the platform's own page."""
    visitor = Visitor(until=BACK)
    visitor.open(found.authorize_url(wire, state=state, redirect_uri=BACK, challenge=challenge_of(verifier)))
    if Capability.API_KEY in found.capabilities:
        made = KEY.search(visitor.text)
        assert made, "no key was shown"
        return {"api_key": made.group()}
    visitor.consent()
    return dict(parse_qsl(urlsplit(visitor.url).query))


def challenge_of(verifier: str) -> str:
    """RFC 7636's S256, reckoned here a second time."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def each_page(side: Side, cursor: Cursor | None) -> Iterator[Page]:
    """One page a process: every page is read by books that were just opened, from the cursor that was saved last."""
    while True:
        page = next(side.books.changes(cursor), None)
        if page is None:
            return
        yield page
        cursor = page.cursor or cursor
