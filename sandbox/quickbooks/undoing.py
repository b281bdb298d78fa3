"""Taking things back: voids, deletions, merges and refunds, and what each leaves behind."""

from datetime import datetime

from sandbox.quickbooks.ledger import Ledger, whole
from sandbox.quickbooks.rows import Document, Invoice, Payment, Tombstone


def void_invoice(ledger: Ledger, invoice: str, at: datetime) -> None:
    """Zero it; what was paid on it becomes unapplied again."""
    row = ledger.get("Invoice", invoice)
    if row.voided:
        return
    _release(ledger, row, at)
    ledger.owe(row.customer, -row.balance, whole(at))
    row.balance = row.deposit = 0
    row.zero()
    ledger.changed(row, at, "voided")


def _release(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    """Loosen every payment from the invoice: its balance is whole again, the customer owes the same."""
    for payment in [ledger.payments[one] for one in dict.fromkeys(invoice.payments)]:
        freed = sum(line.amount for line in payment.lines if (line.kind, line.id) == ("Invoice", invoice.id))
        payment.lines = [line for line in payment.lines if (line.kind, line.id) != ("Invoice", invoice.id)]
        invoice.balance += freed
        payment.unapplied += freed - _give_back_to_credits(ledger, payment, freed, at)
        ledger.changed(payment, at)
    invoice.payments.clear()


def _give_back_to_credits(ledger: Ledger, payment: Payment, freed: int, at: datetime) -> int:
    given = 0
    for line in [line for line in payment.lines if line.kind == "CreditMemo"]:
        back = min(line.amount, freed - given)
        line.amount -= back
        given += back
        ledger.credits[line.id].remaining += back
        ledger.changed(ledger.credits[line.id], at)
    payment.lines = [line for line in payment.lines if line.amount]
    return given


def void_payment(ledger: Ledger, payment: str, at: datetime) -> None:
    """Zero it; the invoices it had paid are open again."""
    row = ledger.get("Payment", payment)
    if row.voided:
        return
    _take_from_invoices(ledger, row, at)
    row.zero()
    ledger.changed(row, at, "voided")


def _take_from_invoices(ledger: Ledger, payment: Payment, at: datetime) -> None:
    for line in payment.lines:
        if line.kind == "Invoice":
            invoice = ledger.invoices[line.id]
            invoice.balance += line.amount
            invoice.payments = [one for one in invoice.payments if one != payment.id]
            ledger.changed(invoice, at)
        else:
            ledger.credits[line.id].remaining += line.amount
            ledger.changed(ledger.credits[line.id], at)
    ledger.owe(payment.customer, payment.total, whole(at))
    payment.lines, payment.unapplied = [], 0


def delete_invoice(ledger: Ledger, invoice: str, at: datetime) -> None:
    """Gone: queries never show it again, only CDC and a webhook tell."""
    row = ledger.get("Invoice", invoice)
    _release(ledger, row, at)
    ledger.owe(row.customer, -row.balance, whole(at))
    _bury(ledger, "Invoice", row, at)


def delete_payment(ledger: Ledger, payment: str, at: datetime) -> None:
    """Gone, and the invoices it had paid are open again."""
    row = ledger.get("Payment", payment)
    _take_from_invoices(ledger, row, at)
    _bury(ledger, "Payment", row, at)


def _bury(ledger: Ledger, entity: str, row: Document, at: datetime) -> None:
    del ledger.tables[entity][row.id]
    ledger.forget(row)
    leave_tombstone(ledger, entity, row.id, at)


def leave_tombstone(ledger: Ledger, entity: str, row_id: str, at: datetime, *, quiet: bool = False) -> None:
    """What CDC will tell about a record that is gone."""
    stone = Tombstone(id=row_id, created=whole(at), updated=whole(at), entity=entity)
    ledger.tombstones.append(stone)
    if not quiet:
        ledger.tell(stone, "deleted", whole(at))


def merge(ledger: Ledger, loser: str, survivor: str, at: datetime) -> None:
    """Two customers become one: the survivor keeps its id and gets the loser's documents, children and balance."""
    gone, stays = ledger.get("Customer", loser), ledger.get("Customer", survivor)
    ledger.move_documents(loser, survivor, whole(at))
    for child in ledger.children.pop(loser, []):
        ledger.customers[child].parent = survivor
        ledger.customers[child].touch(whole(at))
        ledger.children[survivor].append(child)
    stays.balance += gone.balance
    stays.touch(whole(at))
    if gone.parent:
        ledger.children[gone.parent].remove(loser)
    del ledger.customers[loser]
    leave_tombstone(ledger, "Customer", loser, at, quiet=True)
    ledger.tell(stays, "merged", whole(at), loser=loser)


def write_off(ledger: Ledger, invoice: str, at: datetime) -> None:
    """Bad debt, the way QuickBooks teaches it: a credit memo over what is open, applied at once."""
    row = ledger.get("Invoice", invoice)
    if row.balance > 0:
        ledger.credit(
            row.customer, at, total=row.balance, number=f"WO-{row.number}"[:21], applied=((row.id, row.balance),)
        )
