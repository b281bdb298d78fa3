"""One organisation's books: the contract's methods, each carried out by the module that knows how."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

import msgspec

from integrations.contract import Account, Act, Attached, ChargeChoices, LateCharge, Lookup, Receipt, Token, Wire
from integrations.errors import Refused, Unsupported
from integrations.receiving import Clearing, Received
from integrations.xero import attachments, charging, clearing, pulling, reading, receiving, reversing, writing
from integrations.xero.client import Client
from integrations.xero.decoding import decode
from integrations.xero.mapping import Mapper
from integrations.xero.streams import Room
from receivables.page import Cursor, OpenTotals, Page
from receivables.records import Answer, Company, Kind, Ref

P = TypeVar("P")
BY_HAND = "a pay link is set in Xero once for all invoices, by hand"


class _Reminders(msgspec.Struct):
    Enabled: bool | None = None


class _Currency(msgspec.Struct):
    Code: str | None = None


class XeroBooks:
    """One connected organisation. Nothing is asked before a method is called. A payment has one invoice here."""

    together = False

    def __init__(self, wire: Wire, account: Account, token: Token) -> None:
        self._room = Room(wire, account, Client(wire, account, token), Mapper(account.id))
        self._base_currency = account.details.get("base_currency", "")

    def company(self) -> Company:
        """Organisation, reminder setting and currencies: three calls."""
        payload = reading.organisation(self._room)
        self._base_currency = payload.base_currency or ""
        reminders, currencies = self._reminders(), self._currencies()
        return self._room.mapper.company(payload, reminders=reminders, multicurrency=len(currencies) > 1)

    def _reminders(self) -> Answer:
        try:
            found = self._settings("get_invoice_reminders", "InvoiceReminders", _Reminders)
        except Refused:
            return Answer.UNKNOWN
        told = next((one.Enabled for one in found), None)
        return Answer.UNKNOWN if told is None else Answer.YES if told else Answer.NO

    def _currencies(self) -> Sequence[_Currency]:
        return self._settings("get_currencies", "Currencies", _Currency)

    def _settings(self, method: str, name: str, type_: type[P]) -> Sequence[P]:
        odd = self._room.mapper.odd(Kind.OTHER)
        return self._room.client.read(method, lambda reply: decode(reply.body, name, type_, odd)).payloads

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of at most 1,000 records per list, contacts and open invoices first; see pulling."""
        return pulling.changes(self._room, since)

    def sweep(self, known_open: Sequence[Ref]) -> Iterator[Page]:
        """The open invoices once more, for the edits that Xero's change feed hides."""
        return reading.sweep(self._room, known_open)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """These records as they are now."""
        return reading.fetch(self._room, refs)

    def open_totals(self, as_at_on: date) -> OpenTotals:
        """Contact balances."""
        return reading.open_totals(self._room, as_at_on, self._base())

    def _base(self) -> str:
        """The company's currency, asked for once, when connecting did not keep it."""
        if not self._base_currency:
            self._base_currency = reading.organisation(self._room).base_currency or ""
        return self._base_currency

    def document(self, invoice: Ref) -> bytes:
        """The invoice as PDF."""
        return writing.document(self._room, invoice)

    def attachments(self, invoice: Ref) -> Sequence[Attached]:
        """The files that its customer may see."""
        return attachments.attachments(self._room, invoice)

    def attachment(self, invoice: Ref, one: Attached) -> bytes:
        """What is in one of them."""
        return attachments.attachment(self._room, invoice, one)

    def payment_url(self, invoice: Ref) -> str:
        """The online invoice's address, asked for afresh; empty when the invoice has none."""
        return writing.payment_url(self._room, invoice)

    def send_invoice(self, invoice: Ref, *, key: str) -> Receipt:
        """Have Xero mail the invoice again, if something is still due on it."""
        return writing.send_invoice(self._room, invoice, key=key)

    def leave_note(self, on: Ref, text: str, *, key: str) -> Receipt:
        """A line in the record's history."""
        return writing.leave_note(self._room, on, text, key=key)

    def set_expected_date(self, invoice: Ref, on: date, *, key: str) -> Receipt:
        """Xero's expected payment date."""
        return writing.set_expected_date(self._room, invoice, on, key=key)

    def set_pay_link(self, invoice: Ref, url: str, *, key: str) -> Receipt:  # noqa: ARG002
        """Xero prints one address for all invoices, which a person sets there."""
        raise Unsupported(BY_HAND)

    def charge_choices(self) -> ChargeChoices:
        """Accounts of income, and tax rates: two calls."""
        return charging.choices(self._room)

    def credit_choices(self) -> ChargeChoices:
        """Accounts of income and of expense, and tax rates: two calls."""
        return charging.choices(self._room, classes=charging.GIVEN_UP)

    def post_charge(self, on: Ref, charge: LateCharge, *, key: str) -> Receipt:
        """A sales invoice of one line, to the contact of the invoice `on`."""
        return charging.post_charge(self._room, on, charge, key=key)

    def found(self, act: Act, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
        """Was this write done?"""
        if act is Act.POST_CHARGE:
            return charging.found_charge(self._room, on, key)
        if act is Act.SET_PAY_LINK:
            raise Unsupported(BY_HAND)
        return writing.found(self._room, act, on, key, since=since)

    def clearing_accounts(self, currency: str) -> tuple[Clearing, ...]:
        """Banks, and accounts to which payments can be made."""
        return clearing.accounts(self._room, currency, self._base())

    def make_clearing_account(self, name: str, currency: str, *, key: str) -> Clearing:
        """A bank account."""
        return clearing.make(self._room, name, currency, base=self._base(), key=key)

    def record_payment(self, received: Received, *, key: str) -> Receipt:
        """A payment on the one invoice, and an overpayment for what is beyond it."""
        return receiving.record(self._room, received, key=key)

    def found_payment(self, received: Received, key: str, *, since: datetime) -> Receipt | Lookup:  # noqa: ARG002
        """By the references of the invoice's own payments, ours or another app's."""
        return receiving.found(self._room, received, key)

    def reverse_payment(self, payment: Ref, on: date, why: str, *, key: str) -> Receipt:
        """Deleted; in a locked period set off by an invoice dated `on`, whose id the receipt then has."""
        return reversing.reverse(self._room, payment, on, why, key=key)

    def found_reversal(self, payment: Ref, key: str, *, since: datetime) -> Receipt | Lookup:  # noqa: ARG002
        """Is it deleted, or set off under this key?"""
        return reversing.found(self._room, payment, key)
