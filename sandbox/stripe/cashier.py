"""How money comes and goes: intents tried, debits under way, refunds, disputes, and payouts by the account's clock."""

from datetime import UTC, datetime, timedelta
from functools import partial

from sandbox.stripe.attaching import credit_attached
from sandbox.stripe.currencies import exchanged
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.posting import NotAllowed, second
from sandbox.stripe.records import Dispute, InvoicePayment, Refund
from sandbox.stripe.taking import BalanceLine, Charge, Intent, Payout

DAY = 86400
CLEARS = 2 * DAY
DEBIT_TAKES = 4 * DAY
BANK_TAKES = 2 * DAY
CARD_FEE, CARD_FEE_PERMILLE = 30, 29
DEBIT_FEE_MOST, DEBIT_FEE_PERMILLE = 500, 8
DISPUTE_FEE = 1500
RETURNED = ("payment_intent_payment_attempt_failed", "The customer's bank account could not be debited.")


def shelve(ledger: Ledger, intent: Intent, at: datetime) -> Intent:
    """A new intent."""
    ledger.books.payment_intents.put(intent.id, intent)
    ledger.emit("payment_intent.created", intent, at)
    return intent


def decline(ledger: Ledger, intent: Intent, method: str, failure: tuple[str, str], *, at: datetime) -> None:
    """A try that the bank refused; the intent may be tried again."""
    tried = Charge(ledger.ids.new("ch"), second(at), intent, method, "failed", failure=failure)
    ledger.books.charges.put(tried.id, tried)
    intent.status, intent.method, intent.error, intent.charge = "requires_payment_method", method, failure, tried
    ledger.emit("charge.failed", tried, at)
    ledger.emit("payment_intent.payment_failed", intent, at)


def ask_to_authenticate(ledger: Ledger, intent: Intent, method: str, at: datetime) -> None:
    """The bank wants to hear it from the payer."""
    intent.status, intent.method, intent.error = "requires_action", method, None
    ledger.emit("payment_intent.requires_action", intent, at)


def succeed(ledger: Ledger, intent: Intent, method: str, at: datetime) -> None:
    """The money is there: into the balance, and onto the invoice that the intent is attached to."""
    _charged(ledger, intent, method, "succeeded", at=at)
    credit_attached(ledger, intent.id, at)


def backed(ledger: Ledger, payment: InvoicePayment, at: datetime) -> None:
    """What stands behind a payment made on an invoice's own page."""
    made = Intent(payment.intent, second(at), payment.currency, payment.paid or 0, payment.payer, {})
    ledger.attached[made.id] = payment
    _charged(ledger, shelve(ledger, made, at), "card", "succeeded", at=at)


def process(ledger: Ledger, intent: Intent, method: str, at: datetime) -> None:
    """A bank debit begins: nobody knows yet."""
    _charged(ledger, intent, method, "pending", at=at)


def _charged(ledger: Ledger, intent: Intent, method: str, status: str, *, at: datetime) -> None:
    name = f"ch_{intent.id[3:]}"
    made = ledger.books.charges.get(name)
    if made is None:
        made = ledger.books.charges.put(name, Charge(name, second(at), intent, method))
    made.status, intent.method, intent.error, intent.charge = status, method, None, made
    intent.status = "succeeded" if status == "succeeded" else "processing"
    if status == "succeeded":
        made.line = _post_charge(ledger, made, at)
    ledger.emit(f"charge.{status}", made, at)
    ledger.emit(f"payment_intent.{intent.status}", intent, at)


def settle_debit(ledger: Ledger, intent: Intent, at: datetime, *, good: bool) -> None:
    """The bank has answered, once and for all."""
    if intent.status != "processing" or intent.charge is None:
        return
    if good:
        succeed(ledger, intent, intent.method, at)
    else:
        intent.charge.status, intent.charge.failure, intent.error = "failed", RETURNED, RETURNED
        intent.status = "requires_payment_method"
        ledger.emit("charge.failed", intent.charge, at)
        ledger.emit("payment_intent.payment_failed", intent, at)
    session = ledger.books.checkout_sessions.get(intent.session)
    if session is not None:
        session.paid = good
        ledger.emit(f"checkout.session.async_payment_{'succeeded' if good else 'failed'}", session, at)


def cancel(ledger: Ledger, intent: Intent, at: datetime) -> None:
    """It will never be paid; what it was attached to is freed."""
    intent.status, intent.canceled_at = "canceled", second(at)
    attached = ledger.attached.get(intent.id)
    if attached is not None and attached.status == "open":
        attached.status, attached.canceled_at = "canceled", second(at)
    ledger.emit("payment_intent.canceled", intent, at)


def refund(ledger: Ledger, intent: Intent, amount: int, at: datetime) -> Refund:
    """Give money back. Fees are not."""
    charge = _paid(intent)
    if not 0 < amount <= intent.amount - charge.refunded:
        raise NotAllowed("Refund amount is greater than unrefunded amount on charge.")
    given = Refund(ledger.ids.new("re"), second(at), intent, amount)
    charge.refunded += amount
    given.line = _post(ledger, charge, (-amount, 0), "refund", at=at, source=given.id).id
    ledger.books.refunds.put(given.id, given)
    ledger.emit("refund.created", given, at)
    ledger.emit("charge.refunded", charge, at)
    return given


def fail_refund(ledger: Ledger, given: Refund, intent: Intent, at: datetime) -> None:
    """It did not arrive: the money comes back to the balance."""
    charge = _paid(intent)
    charge.refunded -= given.amount
    given.status = "failed"
    _post(ledger, charge, (given.amount, 0), "refund_failure", at=at, source=given.id)
    ledger.emit("refund.failed", given, at)


def dispute(ledger: Ledger, intent: Intent, at: datetime, *, status: str, amount: int = 0) -> Dispute:
    """The payer's bank takes it back at once, all of it or an `amount`, with a fee; a mere warning takes nothing."""
    charge = _paid(intent)
    taken = Dispute(ledger.ids.new("du"), second(at), intent, amount or intent.amount, "general", status)
    charge.disputed = True
    ledger.books.disputes.put(taken.id, taken)
    ledger.emit("charge.dispute.created", taken, at)
    if not status.startswith("warning"):
        taken.lines.append(_post(ledger, charge, (-taken.amount, DISPUTE_FEE), "dispute", at=at, source=taken.id))
        ledger.emit("charge.dispute.funds_withdrawn", taken, at)
    return taken


def reinstate(ledger: Ledger, taken: Dispute, intent: Intent, at: datetime) -> None:
    """A dispute was won: the money comes back, the fee does not."""
    if taken.lines:
        taken.lines.append(_post(ledger, _paid(intent), (taken.amount, 0), "dispute_reversal", at=at, source=taken.id))
        ledger.emit("charge.dispute.funds_reinstated", taken, at)


def _paid(intent: Intent) -> Charge:
    if intent.status != "succeeded" or intent.charge is None:
        raise NotAllowed(f"This PaymentIntent ({intent.id}) does not have a successful charge.")
    return intent.charge


def _post_charge(ledger: Ledger, charge: Charge, at: datetime) -> BalanceLine:
    settled, _ = exchanged(charge.of.amount, charge.of.currency, ledger.currency)
    by_card = settled * CARD_FEE_PERMILLE // 1000 + CARD_FEE
    fee = by_card if charge.method == "card" else min(DEBIT_FEE_MOST, settled * DEBIT_FEE_PERMILLE // 1000)
    return _post(ledger, charge, (charge.of.amount, fee), "charge", at=at, source=charge.id)


TYPES = {"dispute": "adjustment", "dispute_reversal": "adjustment"}


def _post(
    ledger: Ledger, charge: Charge, sums: tuple[int, int], category: str, *, at: datetime, source: str
) -> BalanceLine:
    """A movement over an amount in the charge's currency, and a fee in the account's."""
    amount, rate = exchanged(sums[0], charge.of.currency, ledger.currency)
    kind = TYPES.get(category, category)
    if charge.method != "card":
        kind = {"charge": "payment", "refund": "payment_refund"}.get(kind, kind)
    now = second(at)
    new = ledger.ids.new("txn")
    line = BalanceLine(new, now, ledger.currency, amount, sums[1], kind, category, source, now + CLEARS, rate)
    ledger.books.balance_transactions.put(line.id, line)
    ledger.not_paid_out.append(line)
    ledger.later(_next_midnight(line.available_on), partial(clear, ledger))
    return line


def _next_midnight(at: int) -> int:
    return at - at % DAY + DAY


def clear(ledger: Ledger, at: datetime) -> None:
    """What may be paid out by now is, where payouts are automatic and there is anything left of it."""
    ready = [line for line in ledger.not_paid_out if line.available_on <= second(at)]
    for line in ready:
        line.available = True
    if ledger.pays_out and sum(line.amount - line.fee for line in ready) > 0:
        pay_out(ledger, at, automatic=True)


def pay_out(ledger: Ledger, at: datetime, *, automatic: bool) -> Payout | None:
    """Send everything that is available to the bank; None when nothing is."""
    lines = [line for line in ledger.not_paid_out if line.available]
    whole = sum(line.amount - line.fee for line in lines)
    if whole <= 0:
        return None
    now, currency = second(at), lines[0].currency
    sent = Payout(ledger.ids.new("po"), now, currency, whole, now + BANK_TAKES, automatic)
    own = BalanceLine(
        ledger.ids.new("txn"), now, currency, -whole, 0, "payout", "payout", sent.id, now + BANK_TAKES, available=True
    )
    ledger.books.balance_transactions.put(own.id, own)
    for line in (*lines, own) if automatic else (own,):
        line.payout = sent.id
    sent.line = own.id
    ledger.not_paid_out = [line for line in ledger.not_paid_out if not line.available]
    ledger.books.payouts.put(sent.id, sent)
    ledger.emit("payout.created", sent, at)
    ledger.later(sent.arrival_date, partial(_arrive, ledger, sent))
    return sent


def _arrive(ledger: Ledger, sent: Payout, at: datetime) -> None:
    sent.status = "paid"
    ledger.emit("payout.paid", sent, at)
    if sent.automatic:
        sent.reconciled = True
        ledger.emit("payout.reconciliation_completed", sent, at)


def from_elsewhere(ledger: Ledger, amount: int, currency: str, *, at: datetime, description: str) -> Intent:
    """A charge that another program makes in the same account; it has nothing to do with anybody's invoices."""
    made = Intent(ledger.ids.new("pi"), second(at), currency, amount, None, {"order": description})
    succeed(ledger, shelve(ledger, made, at), "card", at)
    return made


def debit_at(at: datetime) -> int:
    """When a bank debit that begins now will be answered."""
    return second(at.astimezone(UTC) + timedelta(seconds=DEBIT_TAKES))
