"""The books of one QuickBooks company: the contract's names, each kept by the file named for its verb."""

# ruff: noqa: ARG002 - the signatures are the contract's, and say more than QuickBooks needs

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from integrations.contract import Account, Act, Attached, ChargeChoices, LateCharge, Lookup, Receipt, Token, Wire
from integrations.errors import Unsupported
from integrations.quickbooks import (
    changes,
    charging,
    clearing,
    files,
    lookups,
    mapping,
    receiving,
    reversing,
    writing,
)
from integrations.quickbooks.mapping import Place
from integrations.quickbooks.reader import Reader
from integrations.receiving import Clearing, Received
from receivables.page import Cursor, OpenTotals, Page
from receivables.records import Company, Ref


class QuickBooksBooks:
    """One opened company; use it in one thread. A payment for several invoices is one payment here."""

    together = True

    def __init__(self, wire: Wire, account: Account, token: Token) -> None:
        self._reader = Reader(wire, account, token)
        self._wire = wire

    def company(self) -> Company:
        """The creditor, from three calls: company info, preferences and terms."""
        reader = self._reader
        told = mapping.company(reader.info(), reader.settings(), Place(reader.connection), reader.details)
        return replace(told, terms=mapping.terms(reader.terms()))

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of what changed; see changes.py."""
        return changes.changes(self._reader, since)

    def sweep(self, known_open: Sequence[Ref]) -> Iterator[Page]:
        """No page on an ordinary night; see lookups.py."""
        return lookups.sweep(self._reader, known_open)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """These records as they are now."""
        return lookups.fetch(self._reader, refs)

    def open_totals(self, as_at_on: date) -> OpenTotals:
        """Customer.Balance per customer."""
        return lookups.open_totals(self._reader, as_at_on)

    def document(self, invoice: Ref) -> bytes:
        """The invoice as PDF."""
        return writing.document(self._reader, invoice)

    def attachments(self, invoice: Ref) -> Sequence[Attached]:
        """The files that QuickBooks itself would send along."""
        return files.attachments(self._reader, invoice)

    def attachment(self, invoice: Ref, one: Attached) -> bytes:
        """What is in one of them."""
        return files.attachment(self._reader, self._wire, invoice, one)

    def payment_url(self, invoice: Ref) -> str:
        """QuickBooks' own pay page, fetched fresh; empty when there is none."""
        return writing.payment_url(self._reader, invoice)

    def send_invoice(self, invoice: Ref, *, key: str) -> Receipt:
        """Have QuickBooks mail the invoice again."""
        return writing.send_invoice(self._reader, invoice, key=key)

    def leave_note(self, on: Ref, text: str, *, key: str) -> Receipt:
        """Leave a note beside the record."""
        return writing.leave_note(self._reader, on, text, key=key)

    def set_expected_date(self, invoice: Ref, on: date, *, key: str) -> Receipt:
        """QuickBooks has no such field."""
        raise Unsupported("QuickBooks has no expected payment date")

    def set_pay_link(self, invoice: Ref, url: str, *, key: str) -> Receipt:
        """Nor any for a link of ours."""
        raise Unsupported("QuickBooks invoices carry no pay link of ours")

    def charge_choices(self) -> ChargeChoices:
        """Items with their income accounts, and tax codes."""
        return charging.choices(self._reader)

    def credit_choices(self) -> ChargeChoices:
        """Items with their accounts, and every tax code of sales."""
        return charging.credit_choices(self._reader)

    def post_charge(self, on: Ref, charge: LateCharge, *, key: str) -> Receipt:
        """An invoice of one item, to the customer of the invoice `on`."""
        return charging.post_charge(self._reader, on, charge, key=key)

    def found(self, act: Act, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
        """Was this write done?"""
        if act is Act.POST_CHARGE:
            return charging.found_charge(self._reader, on, key, since=since)
        return writing.found(self._reader, act, on, key, since=since)

    def clearing_accounts(self, currency: str) -> tuple[Clearing, ...]:
        """Banks and other current assets."""
        return clearing.accounts(self._reader, currency)

    def make_clearing_account(self, name: str, currency: str, *, key: str) -> Clearing:
        """Another current asset."""
        return clearing.make(self._reader, name, currency, key=key)

    def record_payment(self, received: Received, *, key: str) -> Receipt:
        """A line for each invoice; what is beyond them is unapplied."""
        return receiving.record(self._reader, received, key=key)

    def found_payment(self, received: Received, key: str, *, since: datetime) -> Receipt | Lookup:
        """By our number or memo, or by the till's id where another app entered it."""
        return receiving.found(self._reader, received, key, since=since)

    def reverse_payment(self, payment: Ref, on: date, why: str, *, key: str) -> Receipt:
        """Voided; in a closed period set off by an invoice dated `on`, whose id the receipt then has."""
        return reversing.reverse(self._reader, payment, on, why, key=key)

    def found_reversal(self, payment: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
        """Is it voided or gone, or set off under this key?"""
        return reversing.found(self._reader, payment, key, since=since)
