"""What the clearing accounts say, in sentences."""

from collections.abc import Iterator

from duewell.clearing import BackLine, ClearingLine, ClearingPage


def clearing_words(page: ClearingPage) -> Iterator[str]:
    """Line by line."""
    if not page.lines:
        yield "Nothing has been booked into a clearing account yet."
    for one in page.lines:
        yield f"{one.label}, {one.account or 'no account chosen'} ({one.currency}): {standing(one)}"
        yield f"  paid {one.paid}, went back {-one.returned}, exchanged {one.exchanged}"
        yield f"  fees {-one.fees}, paid out {-one.paid_out}, left {one.balance}"
    for amount, why in page.unbooked:
        yield f"Not in the books yet: {amount}. {why}".rstrip()
    for back in page.back:
        yield back_words(back)
    yield from (f"Other money in the same till: {amount}." for amount in page.others)
    yield from (f"Paid out by hand, so that nobody tells what was in it: {amount}." for amount in page.by_hand)


def standing(one: ClearingLine) -> str:
    """Is it where it should be?"""
    if one.difference:
        return f"{one.difference} of it is not explained"
    return f"{one.waiting} wait at the till for their payout" if one.waiting else "at zero"


def back_words(one: BackLine) -> str:
    """What went back, and what of it waits for a person."""
    if one.open:
        return f"{one.refunded} were refunded to {one.customer} ({one.payment}); say of what it was."
    if one.refunded:
        return f"{one.refunded} were refunded to {one.customer}: {one.refund_is.replace('_', ' ')}."
    beside = "; its invoice stays paid, beside what is owed" if one.beside else "; its invoices are open again"
    return f"Returned payment: {one.returned} of {one.customer}{beside}."
