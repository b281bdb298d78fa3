"""What a test or a person may make happen in a sandbox account: payments, edits behind the feed's back, broken keys."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sandbox.stripe import posting
from sandbox.stripe.acting import forget_customer, make_endpoint
from sandbox.stripe.answering import Desk
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.pages import make_key
from sandbox.stripe.playing import end_of_day
from sandbox.stripe.protocol import PERMISSIONS
from sandbox.stripe.records import Customer, Invoice, InvoicePayment
from sandbox.stripe.rendering import OLD, PINNED, customer, rendered


class Acts:
    """Acts by business key; ids are Stripe's, amounts in smallest units."""

    def __init__(self, desk: Desk, ledgers: Mapping[str, Ledger]) -> None:
        self._desk = desk
        self._ledgers = ledgers

    def table(self) -> dict[str, Callable[..., Any]]:
        """Every act by the name the control port calls it."""
        names = [name for name in vars(Acts) if not name.startswith("_") and name != "table"]
        return {name: getattr(self, name) for name in names}

    def _invoice(self, business: str, invoice: str) -> tuple[Ledger, Invoice]:
        ledger = self._ledgers[business]
        found = ledger.books.invoices.get(invoice)
        if found is None:
            raise KeyError(invoice)
        return ledger, found

    def _paid(self, business: str, payment: str) -> tuple[Ledger, InvoicePayment]:
        ledger = self._ledgers[business]
        found = ledger.books.invoice_payments.get(payment)
        if found is None:
            raise KeyError(payment)
        return ledger, found

    def pay(self, business: str, invoice: str, amount: int | None = None) -> dict[str, str]:
        """Pay it all, or a part; too much becomes the customer's balance."""
        ledger, found = self._invoice(business, invoice)
        paid = posting.pay(ledger, found, found.remaining if amount is None else amount, self._desk.clock.now())
        return {"payment": paid.id if paid else "", "status": found.status}

    def attach_processing(self, business: str, invoice: str, amount: int) -> dict[str, str]:
        """Begin a bank debit: an open payment that says nothing in the events of general availability."""
        ledger, found = self._invoice(business, invoice)
        return {"payment": posting.attach(ledger, found, amount, self._desk.clock.now()).id}

    def settle(self, business: str, payment: str) -> dict[str, str]:
        """The bank debit succeeded."""
        ledger, found = self._paid(business, payment)
        posting.settle(ledger, found, self._desk.clock.now())
        return {"status": found.invoice.status}

    def void(self, business: str, invoice: str) -> dict[str, str]:
        """Void it."""
        ledger, found = self._invoice(business, invoice)
        posting.void(ledger, found, self._desk.clock.now())
        return {"status": found.status}

    def delete(self, business: str, invoice: str) -> dict[str, str]:
        """Delete a draft; anything else is voided, as nothing else can go."""
        ledger, found = self._invoice(business, invoice)
        end = posting.delete_draft if found.status == "draft" else posting.void
        end(ledger, found, self._desk.clock.now())
        return {"status": "deleted" if found.status == "draft" else found.status}

    def mark_uncollectible(self, business: str, invoice: str) -> dict[str, str]:
        """Write it off."""
        ledger, found = self._invoice(business, invoice)
        posting.mark_uncollectible(ledger, found, self._desk.clock.now())
        return {"status": found.status}

    def change_due(self, business: str, invoice: str, due_on: str) -> dict[str, int]:
        """Another due date."""
        ledger, found = self._invoice(business, invoice)
        found.due_date = end_of_day(date.fromisoformat(due_on), ledger.time_zone)
        ledger.emit("invoice.updated", found, self._desk.clock.now())
        return {"due_date": found.due_date}

    def silent_edit(self, business: str, invoice: str, due_on: str) -> dict[str, int]:
        """Another due date that leaves no event: what a support engineer might do, or a lost event looks like."""
        ledger, found = self._invoice(business, invoice)
        found.due_date = end_of_day(date.fromisoformat(due_on), ledger.time_zone)
        return {"due_date": found.due_date}

    def credit(self, business: str, invoice: str, amount: int) -> dict[str, str]:
        """A credit note."""
        ledger, found = self._invoice(business, invoice)
        return {"credit_note": posting.credit(ledger, found, amount, self._desk.clock.now()).id}

    def void_credit(self, business: str, credit_note: str) -> dict[str, str]:
        """Take a credit note back."""
        ledger = self._ledgers[business]
        note = ledger.books.credit_notes.get(credit_note)
        assert note is not None
        posting.void_credit(ledger, note, self._desk.clock.now())
        return {"status": note.status}

    def rename_customer(self, business: str, customer: str, name: str) -> dict[str, str]:
        """Another name."""
        ledger, found = self._customer(business, customer)
        found.name, found.business_name = name, ""
        ledger.emit("customer.updated", found, self._desk.clock.now())
        return {"name": name}

    def label(self, business: str, customer: str, metadata: dict[str, str]) -> dict[str, str]:
        """Write a customer's metadata anew."""
        ledger, found = self._customer(business, customer)
        found.metadata = dict(metadata)
        ledger.emit("customer.updated", found, self._desk.clock.now())
        return {"customer": customer}

    def identify(self, business: str, customer: str, kind: str, value: str) -> dict[str, str]:
        """A tax id (`eu_vat`, `us_ein`, …) of a customer or of an account that is one; its invoices show it."""
        found = next(one for one in self._ledgers[business].parties.values() if one.id == customer)
        found.tax_ids.append((kind, value))
        return {"customer": customer}

    def delete_customer(self, business: str, customer: str) -> dict[str, str]:
        """For good."""
        ledger, found = self._customer(business, customer)
        forget_customer(ledger, found, self._desk.clock.now())
        return {"deleted": customer}

    def _customer(self, business: str, customer_id: str) -> tuple[Ledger, Customer]:
        ledger = self._ledgers[business]
        found = ledger.books.customers.get(customer_id)
        if found is None:
            raise KeyError(customer_id)
        return ledger, found

    def new_draft(self, business: str, customer: str, amount: int) -> dict[str, str]:
        """A draft invoice over `amount`, due in thirty days."""
        ledger, payer = self._customer(business, customer)
        now = self._desk.clock.now()
        due = posting.second(now) + 30 * 86400
        invoice = Invoice(ledger.ids.new("in"), posting.second(now), payer, payer.currency, amount, False, due)
        return {"invoice": posting.draft(ledger, invoice, now).id}

    def finalize(self, business: str, invoice: str) -> dict[str, str]:
        """Make a draft due."""
        ledger, found = self._invoice(business, invoice)
        posting.finalize(ledger, found, self._desk.clock.now())
        return {"status": found.status, "number": found.number}

    def send(self, business: str, invoice: str) -> dict[str, str]:
        """Somebody presses Send in the Dashboard."""
        ledger, found = self._invoice(business, invoice)
        posting.send(ledger, found, self._desk.clock.now())
        return {"status": found.status}

    def make_odd(self, business: str, invoice: str) -> dict[str, str]:
        """From now on its total is text: a record nobody can read."""
        ledger, found = self._invoice(business, invoice)
        found.odd = True
        ledger.emit("invoice.updated", found, self._desk.clock.now())
        return {"odd": invoice}

    def set_status(self, business: str, invoice: str, status: str) -> dict[str, str]:
        """A status of tomorrow that nobody knows yet."""
        ledger, found = self._invoice(business, invoice)
        found.status = status
        ledger.emit("invoice.updated", found, self._desk.clock.now())
        return {"status": status}

    def emit(self, business: str, kind: str, customer_id: str = "", invoice: str = "") -> dict[str, str]:
        """An event of any type about a customer or an invoice."""
        ledger = self._ledgers[business]
        record = self._invoice(business, invoice)[1] if invoice else self._customer(business, customer_id)[1]
        shape = rendered(record, ledger.here()) if isinstance(record, Invoice) else customer(record)
        event_id = ledger.ids.new("evt")
        ledger.emit_shape(event_id, kind, shape, self._desk.clock.now())
        return {"event": event_id}

    def age_events(self, business: str, old: bool = True) -> dict[str, str]:
        """From now on the account's events come in the version of 2019, or in the pinned one again."""
        self._ledgers[business].api_version = OLD if old else PINNED
        return {"api_version": self._ledgers[business].api_version}

    def make_key(self, business: str, without: list[str] | None = None) -> dict[str, str]:
        """A restricted key with every permission needed except some."""
        made = make_key(self._desk, self._ledgers[business], frozenset(PERMISSIONS) - frozenset(without or ()))
        return {"api_key": made.text}

    def make_platform_key(self, business: str) -> dict[str, str]:
        """A key of another account that reaches this one only by the Stripe-Account header."""
        platform = self._desk.ledgers["acct_platform"]
        account = self._ledgers[business].account
        made = make_key(self._desk, platform, frozenset(PERMISSIONS), tag=business)
        made.reaches = frozenset({account})
        return {"api_key": made.text, "account": account}

    def go_live(self, business: str) -> dict[str, str]:
        """From now on the account's books are in live mode: test keys see nothing of them."""
        ledger = self._ledgers[business]
        ledger.live = True
        for event in ledger.books.events:
            event.body = ledger.in_mode(event.body)
        return {"api_key": make_key(self._desk, ledger, frozenset(PERMISSIONS)).text}

    def break_next_write(self, business: str) -> dict[str, str]:  # noqa: ARG002 - acts name their business
        """The next write with an idempotency key is done, answered with a 500, and that answer is remembered."""
        self._desk.breaking = True
        return {"breaking": "yes"}

    def expire_token(self, business: str) -> dict[str, int]:
        """Every key of the account stops working."""
        account = self._ledgers[business].account
        doomed = [key for key in self._desk.keys.values() if key.account == account]
        for key in doomed:
            key.state = "expired"
        return {"expired": len(doomed)}

    def hold_idempotency_key(self, business: str, key: str) -> dict[str, str]:
        """Requests with this idempotency key meet one that is still running."""
        self._desk.hold(self._ledgers[business].account, key)
        return {"held": key}

    def subscribe(self, url: str, business: str = "northwind", thin: bool = False) -> dict[str, str]:
        """An endpoint for every event, made by hand in the Dashboard."""
        ledger = self._ledgers[business]
        now = posting.second(self._desk.clock.now())
        made = make_endpoint(ledger, url, ("*",), now, api_version="" if thin else PINNED)
        made.thin = thin
        return {"id": made.id, "secret": made.secrets[0]}

    def roll_secret(self, business: str, endpoint: str) -> dict[str, str]:
        """A second secret; both sign for now."""
        ledger = self._ledgers[business]
        found = ledger.books.webhook_endpoints.get(endpoint)
        assert found is not None
        found.secrets.insert(0, "whsec_" + ledger.ids.new("secret")[7:])
        return {"secret": found.secrets[0]}
