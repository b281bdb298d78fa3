"""Whether the books can be believed today, and whether the money is already on its way."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from collector.judgement import Verdict
from collector.reasons.day import Day, day_words, hold
from receivables.money import Money
from receivables.records import Answer, Invoice, Payment, PaymentStatus
from receivables.said import Saying

QUIET_DAYS_MIN = 7


def platform_chases(day: Day, invoice: Invoice) -> Verdict | None:
    """Two reminders for one invoice embarrass everybody. Where its days are known, those count as contacts instead."""
    if day.case.company.own_reminders is not Answer.YES or day.case.reminder_days:
        return None
    reason = "The accounting platform sends its own reminders for this company; turn one of the two off first."
    return hold(invoice, "platform_reminds", reason, own_reminders="yes")


def stale(day: Day, invoice: Invoice) -> Verdict | None:
    """Old books may ask for money that has come in."""
    synced = day.case.synced_at
    if synced is not None and day.now - synced <= timedelta(hours=day.policy.stale_after_hours):
        return None
    since = f"since {day_words(day.local_day(synced))}" if synced else "yet"
    reason = f"The books have not been read {since}; they are read first."
    return hold(invoice, "books_stale", reason, synced_at=synced or "never")


def receipts_quiet(day: Day, invoice: Invoice) -> Verdict | None:
    """Nobody is told to be late while the bank may not be entered. What is not yet due may go."""
    limit, last = _quiet_limit(day), day.case.receipts.last_on
    part = day.part(invoice.ref)
    if limit is None or last is None or day.on < (part.due_on if part else day.due(invoice)):
        return None
    if (day.on - max(last, _entered_until(day, last))).days <= limit:
        return None
    reason = (
        f"No receipt has been entered since {day_words(last)}, longer than is usual here; "
        "somebody must say up to which day the bank is entered."
    )
    return hold(invoice, "receipts_quiet", reason, last_receipt_on=last, usual_days=limit)


def _entered_until(day: Day, last: date) -> date:
    """Up to which day somebody has said that the bank is entered; that stays true when the day has passed."""
    told = (one for one in day.case.said if one.kind is Saying.BANK_ENTERED and one.known(day.now))
    return max((one.until_on or one.from_on for one in told), default=last)


def _quiet_limit(day: Day) -> int | None:
    if day.policy.receipts_quiet_days is not None:
        return day.policy.receipts_quiet_days
    usual = day.case.receipts.usual_gap_days
    return None if usual is None else max(usual, QUIET_DAYS_MIN)


def differs(day: Day, invoice: Invoice) -> Verdict | None:
    """Nobody is asked for a sum the books do not agree on."""
    if not day.case.differs:
        return None
    reason = "What this customer owes here is not what the platform says; a person must look before anything is sent."
    return hold(invoice, "balance_differs", reason, differs="yes")


def pending(day: Day, invoice: Invoice) -> Verdict | None:
    """A payment that is being processed pays, as far as anybody knows."""
    for payment in day.case.payments:
        if payment.status is PaymentStatus.PENDING and _touches(payment, invoice):
            return hold(
                invoice,
                "payment_pending",
                f"A payment of {payment.amount} is being processed.",
                amount=payment.amount,
                received_on=payment.received_on,
            )
    return None


def being_paid(day: Day, invoice: Invoice) -> Verdict | None:
    """Somebody is paying it through a page of ours, or has just paid."""
    mine = [one for one in day.case.under_way if one.invoice == invoice.ref]
    one = min(mine, key=lambda one: one.open, default=None)
    if one is None:
        return None
    if one.open:
        reason = f"A page on which {one.amount} of it can be paid is open at this moment."
        return hold(invoice, "checkout_open", reason, amount=one.amount)
    reason = f"A payment of {one.amount} was made and is on its way."
    return hold(invoice, "payment_pending", reason, amount=one.amount)


def elsewhere(day: Day, invoice: Invoice) -> Verdict | None:
    """Money taken elsewhere that the ledger does not show yet."""
    for payment in day.case.elsewhere:
        if payment.amount.currency == invoice.open.currency:
            reason = f"A payment of {payment.amount} was taken online and is not in the books yet."
            return hold(invoice, "payment_not_in_books", reason, amount=payment.amount, received_on=payment.received_on)
    return None


def arrived_since(day: Day, invoice: Invoice) -> Verdict | None:
    """Unmatched money that came after the last message was probably meant for what that message asked."""
    last = day.last_contact()
    if last is None:
        return None
    for payment in day.case.payments:
        fresh = payment.received_on is not None and payment.received_on >= last.day_on
        if fresh and _unmatched(payment) and payment.unapplied.currency == invoice.open.currency:
            reason = f"{payment.unapplied} came in after the last message and is not yet matched to an invoice."
            return hold(invoice, "money_since_contact", reason, amount=payment.amount, received_on=payment.received_on)
    return None


def covered(day: Day, asked: Sequence[Money]) -> Mapping[str, Money]:
    """The currencies in which what is unmatched would clear everything that is asked, with what is held in each."""
    held = day.case.on_account()
    sums: dict[str, Money] = {}
    for money in asked:
        sums[money.currency] = sums.get(money.currency, Money.zero(money.currency)) + money
    return {
        currency: held[currency] for currency, total in sums.items() if currency in held and held[currency] >= total
    }


def we_owe(day: Day, currency: str) -> bool:
    """Does the customer have more standing in their favour than they owe in all?"""
    owed, held = day.case.owed().get(currency), day.case.on_account().get(currency)
    return owed is not None and held is not None and held > owed


def enough(day: Day, invoice: Invoice, held: Money) -> Verdict:
    """What is held would clear these invoices; or it is more than they owe at all."""
    if we_owe(day, held.currency):
        reason = f"This customer has {held} in their favour, more than they owe."
        return hold(invoice, "we_owe_them", reason, held=held)
    reason = f"{held} received from this customer is not yet matched to an invoice and would cover it."
    return hold(invoice, "money_on_account", reason, held=held)


def _touches(payment: Payment, invoice: Invoice) -> bool:
    if payment.applications:
        return any(part.to == invoice.ref for part in payment.applications)
    return payment.amount.currency == invoice.open.currency


def _unmatched(payment: Payment) -> bool:
    return payment.status is PaymentStatus.SETTLED and payment.unapplied.minor > 0


REASONS = (platform_chases, stale, differs, receipts_quiet, pending, being_paid, elsewhere, arrived_since)
