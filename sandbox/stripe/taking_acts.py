"""What a test or a person may make happen to money at the till: debits answered, refunds, disputes, payouts, others."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.stripe import cashier, posting
from sandbox.stripe.answering import Desk
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.records import Dispute, Refund
from sandbox.stripe.taking import Intent

CLOSED = ("won", "lost", "warning_closed")


class TakingActs:
    """Acts by business key; ids are Stripe's, amounts in smallest units. Those on payments of a history's invoices,
    which have no intent of their own, leave the balance alone."""

    def __init__(self, desk: Desk, ledgers: Mapping[str, Ledger]) -> None:
        self._desk = desk
        self._ledgers = ledgers

    def table(self) -> dict[str, Callable[..., Any]]:
        """Every act by the name the control port calls it."""
        names = [name for name in vars(TakingActs) if not name.startswith("_") and name != "table"]
        return {name: getattr(self, name) for name in names}

    def _intent(self, business: str, intent: str) -> tuple[Ledger, Intent]:
        ledger = self._ledgers[business]
        found = ledger.books.payment_intents.get(intent)
        if found is None:
            raise KeyError(intent)
        return ledger, found

    def answer_debit(self, business: str, intent: str, good: bool = True) -> dict[str, str]:
        """The bank answers before its time."""
        ledger, found = self._intent(business, intent)
        cashier.settle_debit(ledger, found, self._desk.clock.now(), good=good)
        return {"status": found.status}

    def refund(self, business: str, payment: str, amount: int) -> dict[str, str]:
        """Give back part of a payment: an intent's, or one on an invoice."""
        ledger, now = self._ledgers[business], self._desk.clock.now()
        intent, on_invoice = _either(ledger, payment)
        if intent is not None:
            return {"refund": cashier.refund(ledger, intent, amount, now).id}
        return {"refund": posting.refund(ledger, on_invoice, amount, now).id}

    def fail_refund(self, business: str, refund: str) -> dict[str, str]:
        """The refund did not arrive."""
        ledger, now = self._ledgers[business], self._desk.clock.now()
        found = _known(ledger.books.refunds.get(refund), refund)
        assert isinstance(found, Refund)
        if isinstance(found.payment, Intent):
            cashier.fail_refund(ledger, found, found.payment, now)
        else:
            found.status = "failed"
            ledger.emit("refund.failed", found, now)
        return {"status": found.status}

    def dispute(self, business: str, payment: str, status: str = "needs_response", amount: int = 0) -> dict[str, str]:
        """The payer's bank takes a payment back, or an `amount` of one of a page; any of the ten statuses."""
        ledger, now = self._ledgers[business], self._desk.clock.now()
        intent, on_invoice = _either(ledger, payment)
        if intent is not None:
            return {"dispute": cashier.dispute(ledger, intent, now, status=status, amount=amount).id}
        return {"dispute": posting.dispute(ledger, on_invoice, now, reason="general", status=status).id}

    def move_dispute(self, business: str, dispute: str, status: str) -> dict[str, str]:
        """Another status. One that is won brings the money back."""
        ledger, now = self._ledgers[business], self._desk.clock.now()
        found = _known(ledger.books.disputes.get(dispute), dispute)
        assert isinstance(found, Dispute)
        found.status = status
        if status == "won" and isinstance(found.payment, Intent):
            cashier.reinstate(ledger, found, found.payment, now)
        ledger.emit(f"charge.dispute.{'closed' if status in CLOSED else 'updated'}", found, now)
        return {"status": status}

    def charge_elsewhere(self, business: str, amount: int, currency: str = "usd") -> dict[str, str]:
        """Another app takes money in the same account."""
        ledger = self._ledgers[business]
        made = cashier.from_elsewhere(ledger, amount, currency, at=self._desk.clock.now(), description="shop order")
        return {"intent": made.id}

    def pay_out_by_hand(self, business: str) -> dict[str, str]:
        """From now on payouts are made by hand; one is made of what is available."""
        ledger = self._ledgers[business]
        ledger.pays_out = False
        sent = cashier.pay_out(ledger, self._desk.clock.now(), automatic=False)
        return {"payout": sent.id if sent else ""}


def _either(ledger: Ledger, key: str) -> tuple[Intent | None, Any]:
    """The intent that is named or that pays an invoice's payment; else that payment."""
    on_invoice = ledger.books.invoice_payments.get(key)
    intent = ledger.books.payment_intents.get(on_invoice.intent if on_invoice else key)
    return intent, on_invoice if intent is not None else _known(on_invoice, key)


def _known(found: Any, key: str) -> Any:
    if found is None:
        raise KeyError(key)
    return found
