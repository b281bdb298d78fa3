"""What the invoice itself says: whether there is anything to ask for, and whether its day has come."""

from collector.judgement import Verdict
from collector.reasons.day import Day, day_words, hold, skip, title
from receivables.money import Money
from receivables.records import Collection, Invoice, InvoiceStatus
from receivables.said import Saying

CLOSED = {
    InvoiceStatus.DRAFT: ("draft", "It is still a draft and was never issued."),
    InvoiceStatus.PAID: ("paid", "It is paid."),
    InvoiceStatus.VOID: ("void", "It was voided."),
    InvoiceStatus.DELETED: ("deleted", "It was deleted."),
    InvoiceStatus.UNCOLLECTIBLE: ("written_off", "It was written off as uncollectible."),
    InvoiceStatus.OTHER: ("unknown_status", "Its status is not one we know, so a person should look at it."),
}


def closed(_: Day, invoice: Invoice) -> Verdict | None:
    """Drafts, paid, void, deleted and written-off invoices are never chased."""
    if invoice.status in CLOSED:
        rule, reason = CLOSED[invoice.status]
        return skip(invoice, rule, reason, status=invoice.status.value)
    if invoice.open.minor <= 0:
        return skip(invoice, "nothing_due", "Nothing is open on it.", open=invoice.open)
    return None


def mirrored(day: Day, invoice: Invoice) -> Verdict | None:
    """One sale in two books is asked for once, by neither until a person has said which one counts, and by neither
    when either is paid."""
    for mirror in day.case.mirrors:
        if invoice.ref not in (mirror.invoice, mirror.other):
            continue
        if mirror.paid not in (None, invoice.ref):
            reason = "The same sale is paid in another book, so nobody is asked for it again."
            return hold(invoice, "mirror_paid", reason, paid=mirror.paid)
        if mirror.master is None:
            reason = "It seems to be in two books at once; a person must say which of the two counts."
            return hold(invoice, "mirror_undecided", reason, mirror=mirror.other)
        if mirror.master != invoice.ref:
            reason = "The same sale is also in another book, and that one counts."
            return skip(invoice, "mirror", reason, master=mirror.master)
    return None


def automatic(day: Day, invoice: Invoice) -> Verdict | None:
    """What is drawn automatically is not asked for, until that has failed for the last time."""
    if invoice.collection is not Collection.AUTOMATIC:
        return None
    again = day.local_day(invoice.next_attempt_at) if invoice.next_attempt_at else None
    if again is None and invoice.attempts:
        return None
    when = f", next on {day_words(again)}" if again else ""
    reason = f"It is collected automatically{when}, so nobody is asked to pay it."
    return skip(invoice, "collected_automatically", reason, until=again, attempts=invoice.attempts)


def never_chase(day: Day, invoice: Invoice) -> Verdict | None:
    """Staff, companies of the group, contra and key accounts: as a person said, here or by the platform's tags."""
    said = day.said(Saying.NEVER_CHASE, invoice.ref)
    if said is not None:
        return skip(invoice, "never_chase", f"{said.by or 'Somebody'} said never to chase this customer.", by=said.by)
    unwanted = {tag.casefold() for tag in day.policy.never_chase_tags}
    tags = [tag for one in day.case.customers for tag in one.tags if tag.casefold() in unwanted]
    if not tags:
        return None
    return skip(invoice, "never_chase", f"Customers marked “{tags[0]}” are never chased.", tag=tags[0])


def late_charge(day: Day, invoice: Invoice) -> Verdict | None:
    """What was made of late charges is owed, but not chased as if it were work that was done."""
    if invoice.ref not in day.case.charges or day.policy.chase_charges:
        return None
    return skip(invoice, "late_charge", "It is an invoice for late payment, and the policy does not chase those.")


def not_yet(day: Day, invoice: Invoice) -> Verdict | None:
    """The first step's day has not come."""
    due = day.due(invoice)
    if day.policy.reached(due, day.on) or day.plan(invoice.ref):
        return None
    first = day.policy.following(due, day.on, {})
    assert first is not None, "the first step is still to come"
    reason = f"It is due on {day_words(due)}; the first reminder would be on {day_words(first)}."
    return skip(invoice, "not_yet", reason, until=first, due_on=due)


def step_done(day: Day, invoice: Invoice) -> Verdict | None:
    """The step it has earned was done already."""
    if day.step(invoice) is not None or day.plan(invoice.ref):
        return None
    done, due = day.chased(invoice), day.due(invoice)
    last = max(done, key=lambda name: done[name], default="")
    coming = day.policy.following(due, day.on, done)
    after = f"the next step is on {day_words(coming)}" if coming else "it was the last step, so a person should decide"
    reason = f"“{title(last)}” was already sent; {after}." if last else f"No step has come yet; {after}."
    rule = "step_done" if coming else "last_step_done"
    return skip(invoice, rule, reason, until=coming, due_on=due, last_step=last)


def too_small(day: Day, invoice: Invoice) -> Verdict | None:
    """Not worth a letter. What was agreed to be paid is."""
    minimum = Money.of(day.policy.minimum, invoice.open.currency)
    asked = invoice.open - day.disputed(invoice)
    if asked >= minimum or not asked or day.plan(invoice.ref):
        return None
    reason = f"Only {asked} is to be asked for, below the minimum of {minimum}."
    return skip(invoice, "below_minimum", reason, asked=asked, minimum=minimum)


REASONS = (closed, mirrored, automatic, never_chase, late_charge, not_yet, step_done, too_small)
