"""What the control port can do to a company, as if somebody did it inside QuickBooks."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.quickbooks import undoing
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.ledger import whole
from sandbox.quickbooks.rows import Attachable, CustomerType, Document, to_minor


class Acts:
    """Every act names the business by its key; amounts are major units as text."""

    def __init__(self, companies: Mapping[str, Company]) -> None:
        self._companies = companies

    def all(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        names = (name for name in dir(self) if not name.startswith("_") and name != "all")
        return {name: self._announced(getattr(self, name)) for name in names}

    def _announced(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def announced(business: str, **fields: Any) -> Any:
            held = self._companies[business]
            try:
                return act(held, **fields)
            finally:
                held.announce()

        return announced

    def pay(
        self,
        held: Company,
        invoice: str,
        amount: str | None = None,
        unapplied: str = "0",
        *,
        on: str = "",
        reference: str = "",
        note: str = "",
    ) -> dict[str, str]:
        """The customer pays, all or a part, and perhaps more than the invoice takes; dated `on`, else today.

        `reference` and `note` are what a person or another app types along.
        """
        row = held.ledger.get("Invoice", invoice)
        part = row.balance if amount is None else to_minor(Decimal(amount), row.currency)
        total = part + to_minor(Decimal(unapplied), row.currency)
        now = held.now()
        day = date.fromisoformat(on) if on else now.date()
        typed = {"reference": reference, "private_note": note}
        paid = held.ledger.pay(row.customer, now, total=total, applied=((invoice, part),), dated_on=day, **typed)
        return {"payment": paid.id}

    def void(self, held: Company, invoice: str) -> None:
        """Void an invoice."""
        undoing.void_invoice(held.ledger, invoice, held.now())

    def delete(self, held: Company, invoice: str) -> None:
        """Delete an invoice."""
        undoing.delete_invoice(held.ledger, invoice, held.now())

    def void_payment(self, held: Company, payment: str) -> None:
        """Void a payment: its invoices are open again."""
        undoing.void_payment(held.ledger, payment, held.now())

    def delete_payment(self, held: Company, payment: str) -> None:
        """Delete a payment: its invoices are open again."""
        undoing.delete_payment(held.ledger, payment, held.now())

    def deposit(self, held: Company, payment: str) -> None:
        """Somebody takes the payment to the bank with others: it is part of a deposit now."""
        row = held.ledger.get("Payment", payment)
        row.deposited = True
        held.ledger.changed(row, held.now())

    def close_books(self, held: Company, until: str) -> None:
        """The books are closed up to this day; empty opens them."""
        held.book_close = until

    def keep_account(self, held: Company, account: str, active: bool) -> None:
        """Make an account inactive, or active again."""
        row = held.ledger.get("Account", account)
        row.active = active
        row.touch(whole(held.now()))

    def keep_books_for(self, held: Company, item: str, account: str) -> None:
        """Let an item lead to another account."""
        row = held.ledger.get("Item", item)
        row.account = (account, held.ledger.get("Account", account).name)
        row.touch(whole(held.now()))

    def change_due(self, held: Company, invoice: str, due_on: str) -> None:
        """Another due date."""
        held.ledger.redate(invoice, date.fromisoformat(due_on), held.now())

    def credit(self, held: Company, invoice: str, amount: str) -> dict[str, str]:
        """A credit memo for the invoice's customer, applied to the invoice as far as it is open."""
        row = held.ledger.get("Invoice", invoice)
        total = to_minor(Decimal(amount), row.currency)
        memo = held.ledger.credit(
            row.customer, held.now(), total=total, number=f"CM-{row.number}", applied=((row.id, total),)
        )
        return {"credit": memo.id}

    def sell(self, held: Company, customer: str, amount: str, due_on: str) -> dict[str, str]:
        """A new invoice, dated today and not mailed."""
        owner = held.ledger.get("Customer", customer)
        now = held.now()
        row = held.ledger.sell(
            customer,
            now,
            total=to_minor(Decimal(amount), owner.currency),
            number=f"A{len(held.ledger.invoices) + 1}",
            dated_on=now.date(),
            due_on=date.fromisoformat(due_on),
        )
        return {"invoice": row.id}

    def merge(self, held: Company, loser: str, survivor: str) -> None:
        """Make two customers one."""
        undoing.merge(held.ledger, loser, survivor, held.now())

    def deactivate(self, held: Company, customer: str) -> None:
        """What QuickBooks calls deleting a customer."""
        row = held.ledger.get("Customer", customer)
        row.active, row.name = False, f"{row.name} (deleted)"
        held.ledger.changed(row, held.now())

    def classify(self, held: Company, customer: str, called: str) -> dict[str, str]:
        """Give a customer the type called so, made if there is none; without a name it loses its type."""
        row, types = held.ledger.get("Customer", customer), held.ledger.tables["CustomerType"]
        row.kind = next((one.id for one in types.values() if one.name == called), "")
        if called and not row.kind:
            now = whole(held.now())
            row.kind = str(200_000 + len(types))
            types[row.kind] = CustomerType(id=row.kind, created=now, updated=now, name=called)
        held.ledger.changed(row, held.now())
        return {"type": row.kind}

    def rename_type(self, held: Company, type: str, called: str, *, active: bool = True) -> None:
        """A customer type gets another name, or is made inactive; its customers do not move."""
        row = held.ledger.get("CustomerType", type)
        row.name, row.active = called, active
        row.touch(whole(held.now()))

    def journal(self, held: Company, customer: str, amount: str) -> None:
        """A journal line on receivables: it moves the customer's balance, and no call that we make shows it."""
        row = held.ledger.get("Customer", customer)
        held.ledger.owe(customer, to_minor(Decimal(amount), row.currency), whole(held.now()))

    def bounce(self, held: Company, invoice: str, problem: str = "Bounced Email") -> None:
        """The mail came back."""
        row = held.ledger.get("Invoice", invoice)
        row.mail_error = problem
        held.ledger.changed(row, held.now())

    def bend(self, held: Company, entity: str, id: str, fields: dict[str, Any]) -> None:
        """Show a record with other values, to try what nobody expects; the row counts as changed."""
        row = held.ledger.get(entity, id)
        held.bent[entity, id] = fields
        row.stir(whole(held.now()))

    def crowd(self, held: Company, entity: str, count: int) -> None:
        """An import: so many rows with one and the same time."""
        now, customer = held.now(), next(iter(held.ledger.customers))
        for index in range(count):
            if entity == "Customer":
                held.ledger.join(now, name=f"Imported {index}", currency=held.ledger.home)
            else:
                number = f"C{index}"
                held.ledger.sell(customer, now, total=100, number=number, dated_on=now.date(), due_on=now.date())

    def touch(self, held: Company, entity: str, id: str) -> None:
        """Somebody saves a record again."""
        held.ledger.changed(held.ledger.get(entity, id), held.now())

    def attach(
        self,
        held: Company,
        invoice: str,
        file_name: str,
        text: str = "",
        *,
        kind: str = "application/pdf",
        size: int | None = None,
        told_size: int | None = None,
        with_mail: bool = True,
    ) -> dict[str, str]:
        """Somebody uploads a file to an invoice: `text`, or `size` bytes of nothing."""
        row = Attachable(
            id=held.ledger.new_id("attachables"),
            created=whole(held.now()),
            updated=whole(held.now()),
            entity="Invoice",
            target=held.ledger.get("Invoice", invoice).id,
            note="",
            include_on_send=with_mail,
            file_name=file_name,
            content_type=kind,
            content=text.encode() if size is None else bytes(size),
            told_size=told_size,
        )
        held.ledger.tables["Attachable"][row.id] = row
        return {"attachment": row.id}

    def detach(self, held: Company, attachment: str) -> None:
        """The file is taken away."""
        held.ledger.tables["Attachable"].pop(attachment).stir(whole(held.now()))

    def stale_addresses(self, held: Company, times: int = 1) -> None:
        """The next addresses of files are over before anybody can use them."""
        held.stale_addresses = times

    def online_payments(self, held: Company, on: bool) -> None:
        """Whether the company has QuickBooks Payments."""
        held.takes_payments = on

    def move_to(self, held: Company, country: str) -> None:
        """The company is in another country, by the word QuickBooks has for it."""
        held.country = country

    def keep_item(self, held: Company, item: str, active: bool) -> None:
        """Make an item inactive, or active again."""
        held.ledger.get("Item", item).active = active

    def cdc_fault(self, held: Company, entity: str, times: int = 1) -> None:
        """Let the next changed-data answers carry a fault in this kind's slot."""
        held.cdc_faults[entity] = times

    def forget_requests(self, held: Company) -> None:
        """As if request ids were kept for a while only."""
        held.replays.clear()

    def refuse_requests(self, held: Company, on: bool) -> None:
        """A repeated request id is answered with an error instead of the first answer, as some have seen."""
        held.refuses_replays = on

    def mail_limit(self, held: Company, a_day: int) -> None:
        """At most so many mails a day, as Intuit's own sandbox companies have it (40)."""
        held.mails_a_day = a_day

    def documents(self, held: Company, customer: str) -> list[str]:
        """The ids of a customer's documents."""
        rows: list[Document] = held.ledger.documents(customer)
        return [row.id for row in rows]
