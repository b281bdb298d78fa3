"""One connected Stripe account: what it says, and what may be done there."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import msgspec

from integrations.contract import Account, Act, Attached, ChargeChoices, LateCharge, Lookup, Receipt, Token, Wire
from integrations.errors import Refused, Unsupported
from integrations.receiving import Clearing, Received
from integrations.stripe import cursor, mapping
from integrations.stripe.charging import Charging
from integrations.stripe.client import StripeClient
from integrations.stripe.cursor import Span
from integrations.stripe.documents import fetched_pdf
from integrations.stripe.listing import Lists
from integrations.stripe.payloads import AccountPayload
from integrations.stripe.reading import Gathered, Reading
from integrations.stripe.receiving import NO_ACCOUNTS, NO_REOPENING, Attaching
from integrations.stripe.streams import BY_KIND, INVOICES
from integrations.stripe.writing import Writing
from receivables.page import Basis, Cursor, Figure, OpenTotals, Page, Scope
from receivables.records import Company, Invoice, Kind, Ref

OPEN_STATUSES = ("open", "uncollectible")
NO_EXPECTED_DATE = "Stripe has no field for an expected payment date"
NO_ATTACHMENTS = "Stripe keeps no files with its invoices"
RE_READ = Basis(scope=Scope.INVOICE, net=False, re_read=True)


class StripeBooks:
    """Books over one restricted key. `details` of the account: account (a Stripe-Account), time_zone.

    They record payments too (`integrations.tills.Receiving`), each on one invoice.
    """

    together = False

    def __init__(self, wire: Wire, account: Account, token: Token) -> None:
        self._wire = wire
        self._connection = account.id
        self._client = StripeClient(wire, token, account=account.details.get("account", ""))
        self._lists = Lists(self._client, account.id, mapping.zone(account.details.get("time_zone", "")))
        self._reading = Reading(self._lists, live=account.details.get("livemode") == "true")
        self._writing = Writing(self._lists)
        self._charging = Charging(self._lists)
        self._attaching = Attaching(self._lists)

    def company(self) -> Company:
        """The account. Whether Stripe reminds by itself cannot be read: own_reminders is unknown."""
        return mapping.company(self._client.get("/v1/account", account_payload), self._connection)

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """A first run through the lists, what is open first; later the events list. A cursor older than 29 days means a
        first run."""
        place = None if since is None else cursor.read(since)
        return self._reading.since(place)

    def sweep(self, known_open: Sequence[Ref]) -> Iterator[Page]:  # noqa: ARG002 - the contract's
        """Nothing: `open_totals` lists the open set every night, and what is open only here is fetched singly."""
        return iter(())

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """Each record by itself; a deleted one, or an id Stripe does not know, is gone."""
        gathered = Gathered()
        for ref in refs:
            stream = BY_KIND.get(ref.kind)
            if stream is not None and not _lives_in_invoices(ref):
                self._reading.fetch(stream, ref.id, gathered)
        return gathered.page()

    def open_totals(self, as_at_on: date) -> OpenTotals:
        """Open and uncollectible invoices listed again: a re-read, as Stripe keeps no other figure."""
        seen = tuple(page for status in OPEN_STATUSES for page in self._listed(status))
        owing = (one for page in seen for one in page.records if isinstance(one, Invoice) and one.open)
        figures = tuple(Figure(one.ref, one.open) for one in owing)
        not_read = {one.ref: one.why for page in seen for one in page.odd}
        return OpenTotals(RE_READ, as_at_on, figures, not_read, seen)

    def _listed(self, status: str) -> Iterator[Page]:
        for seen, sheet in self._lists.all_of(Span(INVOICES.name, status)):
            records, odd = INVOICES.mapped(sheet, seen)
            yield Page(records, odd=odd, stream=INVOICES.name)

    def document(self, invoice: Ref) -> bytes:
        """The PDF. Raises Refused for a draft, which has none."""
        url = self._writing.actions(invoice).invoice_pdf
        if not url:
            raise Refused("Stripe has no document for this invoice yet")
        return fetched_pdf(self._wire, url)

    def attachments(self, invoice: Ref) -> Sequence[Attached]:  # noqa: ARG002
        """Stripe has nothing like it."""
        raise Unsupported(NO_ATTACHMENTS)

    def attachment(self, invoice: Ref, one: Attached) -> bytes:  # noqa: ARG002
        """Nor this."""
        raise Unsupported(NO_ATTACHMENTS)

    def payment_url(self, invoice: Ref) -> str:
        """The hosted page, always fetched: a link ages from the moment it is made. Empty when nothing can be paid."""
        now = self._writing.actions(invoice)
        return (now.hosted_invoice_url or "") if now.status in OPEN_STATUSES else ""

    def send_invoice(self, invoice: Ref, *, key: str) -> Receipt:
        """Stripe's own mail again. Test mode mails nothing and says it did."""
        _require_invoice(invoice, "only invoices can be mailed")
        return self._writing.send(invoice, key)

    def leave_note(self, on: Ref, text: str, *, key: str) -> Receipt:
        """In the invoice's metadata, which customers never see."""
        _require_invoice(on, "Stripe keeps our notes on invoices only")
        return self._writing.note(on, text, key)

    def set_expected_date(self, invoice: Ref, on: date, *, key: str) -> Receipt:  # noqa: ARG002
        """Stripe has nothing like it."""
        raise Unsupported(NO_EXPECTED_DATE)

    def set_pay_link(self, invoice: Ref, url: str, *, key: str) -> Receipt:
        """In the invoice's metadata, for templates and programs of the owner's."""
        _require_invoice(invoice, "only invoices carry a pay link at Stripe")
        return self._writing.pay_link(invoice, url, key)

    def charge_choices(self) -> ChargeChoices:
        """No accounts, and the tax rates that lie within an amount."""
        return self._charging.choices()

    def credit_choices(self) -> ChargeChoices:
        """The same: a credit note there follows the tax of its invoice's lines."""
        return self._charging.choices()

    def post_charge(self, on: Ref, charge: LateCharge, *, key: str) -> Receipt:
        """A final invoice of one line, to whoever owes the invoice `on`."""
        _require_invoice(on, "late charges are of an invoice")
        return self._charging.post(on, charge, key)

    def found(self, act: Act, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
        """A note by its name in the metadata, a pay link and late charges by their key in it; a mailing by the event
        that our request left."""
        if act is Act.LEAVE_NOTE:
            return self._writing.noted(on, key)
        if act is Act.SET_PAY_LINK:
            return self._writing.linked(on, key)
        if act is Act.SEND_INVOICE:
            return self._writing.sent(on, key, since)
        if act is Act.POST_CHARGE:
            return self._charging.found(on, key, since)
        raise Unsupported(NO_EXPECTED_DATE)

    def clearing_accounts(self, currency: str) -> tuple[Clearing, ...]:  # noqa: ARG002
        """None: till and books are one."""
        return ()

    def make_clearing_account(self, name: str, currency: str, *, key: str) -> Clearing:  # noqa: ARG002
        """Stripe has nothing like it."""
        raise Unsupported(NO_ACCOUNTS)

    def record_payment(self, received: Received, *, key: str) -> Receipt:
        """Attach it to its invoice, whole."""
        return self._attaching.record(received, key)

    def found_payment(self, received: Received, key: str, *, since: datetime) -> Receipt | Lookup:  # noqa: ARG002
        """By the payment itself, which can stand on one invoice only."""
        return self._attaching.found(received)

    def reverse_payment(self, payment: Ref, on: date, why: str, *, key: str) -> Receipt:  # noqa: ARG002
        """Nobody can."""
        raise Unsupported(NO_REOPENING)

    def found_reversal(self, payment: Ref, key: str, *, since: datetime) -> Receipt | Lookup:  # noqa: ARG002
        """There are none."""
        raise Unsupported(NO_REOPENING)


def account_payload(body: bytes) -> AccountPayload:
    """An account's answer."""
    return msgspec.json.decode(body, type=AccountPayload)


def _require_invoice(ref: Ref, why_not: str) -> None:
    if ref.kind is not Kind.INVOICE:
        raise Unsupported(why_not)


def _lives_in_invoices(ref: Ref) -> bool:
    """A customer of Accounts v2 (`acct_…`) is known to us only by its invoices."""
    return ref.kind is Kind.CUSTOMER and ref.id.startswith("acct_")
