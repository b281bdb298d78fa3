"""What a bookkeeper may do to the books at any moment, chosen by dice."""

import random
from collections.abc import Callable
from datetime import timedelta

from sandbox.quickbooks import undoing
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.rows import Invoice

Stir = Callable[[Company, Invoice, random.Random], object]


def stir(held: Company, dice: random.Random) -> None:
    """Change something about an invoice that is open, by the ledger's own rules."""
    unpaid = [row for row in held.ledger.invoices.values() if row.balance > 0]
    if unpaid:
        dice.choice(STIRS)(held, dice.choice(unpaid), dice)


def _pay(held: Company, row: Invoice, dice: random.Random) -> None:
    """All of it or a part."""
    now, paid = held.now(), dice.choice((row.balance, dice.randint(1, row.balance)))
    held.ledger.pay(row.customer, now, total=paid, applied=((row.id, paid),), dated_on=now.date())


def _void(held: Company, row: Invoice, _dice: random.Random) -> None:
    undoing.void_invoice(held.ledger, row.id, held.now())


def _delete(held: Company, row: Invoice, _dice: random.Random) -> None:
    undoing.delete_invoice(held.ledger, row.id, held.now())


def _take_back(held: Company, _row: Invoice, dice: random.Random) -> None:
    """A payment that some other invoice had, so that a settled one is open again."""
    paid = [one for one in held.ledger.payments.values() if one.lines and not one.voided]
    if paid:
        undoing.void_payment(held.ledger, dice.choice(paid).id, held.now())


def _credit(held: Company, row: Invoice, dice: random.Random) -> None:
    total = dice.randint(1, row.balance)
    held.ledger.credit(row.customer, held.now(), total=total, number=f"CM-{row.id}", applied=((row.id, total),))


def _sell(held: Company, row: Invoice, dice: random.Random) -> None:
    """Another one for the same customer."""
    today = held.now().date()
    number, total, due_on = f"S{len(held.ledger.invoices)}", row.balance + dice.randint(1, 999), today + timedelta(14)
    held.ledger.sell(row.customer, held.now(), total=total, number=number, dated_on=today, due_on=due_on)


def _redate(held: Company, row: Invoice, dice: random.Random) -> None:
    held.ledger.redate(row.id, row.due_on + timedelta(days=dice.randint(-10, 30)), held.now())


STIRS: tuple[Stir, ...] = (_pay, _void, _delete, _take_back, _credit, _sell, _redate)
