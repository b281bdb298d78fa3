"""What a refund was of: a person says it, and the customer whom it kept waiting is written to again."""

from collector.paying.taken_back import US
from duewell.recording import end_said
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.said import Saying
from storage.checkouts import explain_refund, went_back
from storage.said import said

OF = {
    "overpayment": "an overpayment: more had been paid than was owed",
    "credit_note": "a credit note: what was owed had become less",
    "owed_again": "neither: the invoice is owed again, and is opened in the books by hand",
}


def refund_was(house: House, business: str, name: str, what: str, *, by: str) -> str:
    """Say of what the refund of a payment (its id at the till, or ours) was; the sentence about it.

    Raises Refused for another word, or when it was said before; NotThere for a payment of which nothing was refunded.
    """
    if what not in OF:
        raise Refused(f"A refund is of {', '.join(OF)}; {what[:20]!r} is none of them.")
    with house.database.write() as tx:
        known = next((one for one in went_back(tx, business) if name in (one.id, one.payment) and one.refunded), None)
        if known is None:
            raise NotThere(f"nothing of a payment {name[:40]!r} was refunded; `duewell clearing` lists those that were")
        if not explain_refund(tx, business, known.id, what):
            raise Refused(f"It was said already that this refund was of {known.refund_is}.")
        holds = [
            one.id
            for one in said(tx, business, debtor=known.debtor, kinds=[Saying.HOLD])
            if one.ended_at is None and one.by == US and known.payment in one.note
        ]
    for hold in holds:
        end_said(house, business, hold, by=by)
    return f"The refund of {known.refunded} was of {OF[what]}."
