"""Money taken at a till that the ledger does not show yet: which payments were not entered there. Pure."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from receivables.records import Payment, PaymentStatus

WITHIN = timedelta(days=3)
"""A bookkeeper dates a receipt by the bank, a till by the payer."""
COMING = (PaymentStatus.SETTLED, PaymentStatus.PENDING)


def not_entered(taken: Iterable[Payment], entered: Sequence[Payment]) -> tuple[Payment, ...]:
    """The payments taken that no payment of the ledger stands for: none names its reference, and none has its amount
    and currency within three days. One that was entered stands for one that was taken.
    """
    left = [one for one in entered if one.status in COMING]
    missing = []
    for payment in sorted((one for one in taken if one.status in COMING), key=_when):
        found = next((one for one in left if _names(one, payment)), None)
        found = found or next((one for one in left if _looks_like(one, payment)), None)
        if found is None:
            missing.append(payment)
        else:
            left.remove(found)
    return tuple(missing)


def _when(payment: Payment) -> tuple[str, str]:
    return str(payment.received_on or ""), str(payment.ref)


def _names(entered: Payment, taken: Payment) -> bool:
    return bool(taken.reference) and taken.reference in entered.reference


def _looks_like(entered: Payment, taken: Payment) -> bool:
    if entered.amount != taken.amount or entered.received_on is None or taken.received_on is None:
        return False
    return abs(entered.received_on - taken.received_on) <= WITHIN
