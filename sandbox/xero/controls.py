"""What a test or a demo may do in the books from outside: people paying, voiding, merging, and troubles on demand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.world import World
from sandbox.xero.consents import Consents
from sandbox.xero.organisation import Organisation
from sandbox.xero.records import Attachment, Contact, Credit, Invoice, Line, Payment
from sandbox.xero.replies import amount as exact
from sandbox.xero.webhooks import Webhooks

Reply = dict[str, Any]


@dataclass
class Controls:
    """Every act is called with the JSON fields of the control port, under the world's lock."""

    world: World
    consents: Consents
    organisations: Mapping[str, Organisation]
    webhooks: Webhooks
    main_app: str

    def acts(self) -> dict[str, Callable[..., Any]]:
        """By name: every public method but this one."""
        names = [name for name in dir(self) if not name.startswith("_") and name not in self.__dataclass_fields__]
        return {name: getattr(self, name) for name in names if name != "acts"}

    def _now(self) -> datetime:
        return self.world.clock_of("xero").now()

    def _of(self, business: str) -> Organisation:
        return next(one for one in self.organisations.values() if one.key == business)

    def pay(self, business: str, invoice: str, amount: Any = None, reference: str = "Paid online") -> Reply:
        """The customer pays an invoice, in full or in part; `reference` is what a person or an app types along."""
        one = self._of(business)
        found = one.invoice(invoice)
        part = found.due if amount is None else exact(amount)
        payment = one.ledger.pay(found, part, self._now().date(), at=self._now(), reference=reference)
        return {"payment": payment.id, "open": str(found.due), "status": found.status}

    def unpay(self, business: str, payment: str) -> Reply:
        """A payment is deleted; its invoice is open again."""
        one = self._of(business)
        one.ledger.unpay(one.ledger.payments[payment], self._now())
        return {"status": one.ledger.payments[payment].status}

    def void(self, business: str, invoice: str) -> Reply:
        """Void an invoice, after taking its payments and credits off as a person has to."""
        one = self._of(business)
        found = one.invoice(invoice)
        if found.part_paid:
            one.ledger.unallocate(found, self._now())
        one.ledger.void(found, self._now())
        return {"status": found.status}

    def delete(self, business: str, invoice: str) -> Reply:
        """Xero deletes drafts only; anything approved is voided instead. Both stay readable."""
        return self.void(business, invoice)

    def change_due(self, business: str, invoice: str, due_on: str) -> Reply:
        """Change the due date; on a part-paid invoice nobody is told."""
        one = self._of(business)
        found = one.invoice(invoice)
        before = found.updated
        one.ledger.change_due(found, date.fromisoformat(due_on), self._now())
        return {"bumped": found.updated != before}

    def sell(self, business: str, customer: str, amount: Any, *, currency: str = "", due_in: int = 30) -> Reply:
        """A new approved invoice, in any currency."""
        one, now = self._of(business), self._now()
        contact = one.contact(customer)
        invoice = Invoice(
            id=one.ledger.guid(),
            type="ACCREC",
            number=f"{one.business.shape.prefix}X{len(one.ledger.invoices)}",
            contact=contact.id,
            currency=currency or contact.currency or one.business.shape.currencies[0],
            total=exact(amount),
            status="AUTHORISED",
            on=now.date(),
            due_on=now.date() + timedelta(days=due_in),
            updated=now,
        )
        one.ledger.add_invoice(invoice, now)
        return {"invoice": invoice.id, "number": invoice.number}

    def credit(self, business: str, invoice: str, amount: Any) -> Reply:
        """A credit note, used on the invoice as far as it goes."""
        one, now = self._of(business), self._now()
        found = one.invoice(invoice)
        note = self._credit(one, found.contact, found.currency, amount=amount, kind="ACCRECCREDIT")
        part = min(exact(amount), found.due)
        if part > 0 and found.status == "AUTHORISED":
            one.ledger.allocate(note, found, part, on=now.date(), at=now)
        return {"credit": note.id, "open": str(found.due)}

    def hand_over(self, business: str, customer: str, amount: Any, kind: str = "RECEIVE-PREPAYMENT") -> Reply:
        """Money or credit without an invoice: RECEIVE-PREPAYMENT, RECEIVE-OVERPAYMENT or ACCRECCREDIT."""
        one = self._of(business)
        contact = one.contact(customer)
        currency = contact.currency or one.business.shape.currencies[0]
        return {"credit": self._credit(one, contact.id, currency, amount=amount, kind=kind).id}

    def _credit(self, one: Organisation, contact: str, currency: str, *, amount: Any, kind: str) -> Credit:
        number = f"CN-X{len(one.ledger.credits)}" if kind == "ACCRECCREDIT" else ""
        now = self._now()
        credit = Credit(one.ledger.guid(), kind, number, contact, currency=currency, total=exact(amount),
                        on=now.date(), updated=now)  # fmt: skip
        return one.ledger.add_credit(credit, now)

    def allocate(self, business: str, credit: str, invoice: str, amount: Any) -> Reply:
        """Use a part of a credit on an invoice."""
        one, now = self._of(business), self._now()
        found = one.invoice(invoice)
        one.ledger.allocate(one.ledger.credits[credit], found, exact(amount), on=now.date(), at=now)
        return {"open": str(found.due)}

    def refund(self, business: str, credit: str, amount: Any) -> Reply:
        """Give a credit back as money."""
        one, now = self._of(business), self._now()
        payment = one.ledger.refund(one.ledger.credits[credit], exact(amount), on=now.date(), at=now)
        return {"payment": payment.id, "type": payment.type}

    def merge(self, business: str, loser: str, survivor: str) -> Reply:
        """Two contacts turn out to be one."""
        one = self._of(business)
        one.ledger.merge(one.contact(loser), one.contact(survivor), self._now())
        return {"survivor": one.contact(survivor).id}

    def archive(self, business: str, customer: str) -> Reply:
        """Archive a contact; what it owes stays."""
        one = self._of(business)
        contact = one.contact(customer)
        contact.status = "ARCHIVED"
        one.ledger.changed(contact, self._now())
        return {"status": contact.status}

    def edit_contact(self, business: str, customer: str, fields: dict[str, Any]) -> Reply:
        """Change a contact's name, email and the like."""
        one = self._of(business)
        contact = one.contact(customer)
        for name, value in fields.items():
            setattr(contact, name, value)
        one.ledger.changed(contact, self._now())
        return {"customer": contact.id}

    def journal(self, business: str, customer: str, amount: Any) -> Reply:
        """Something on the contact's balance that no document of the API explains; nothing is bumped."""
        contact = self._of(business).contact(customer)
        contact.unseen += exact(amount)
        self._of(business).ledger.edited()
        return {"unseen": str(contact.unseen)}

    def silent_edit(self, business: str, record: str, fields: dict[str, Any]) -> Reply:
        """Change an invoice or contact behind the change feed's back: no bump, no webhook."""
        one = self._of(business)
        invoice_id = one.ledger.numbers.get(record, record)
        found: Invoice | Contact = one.ledger.invoices.get(invoice_id) or one.contact(record)
        for name, value in fields.items():
            setattr(found, name, date.fromisoformat(value) if name.endswith("_on") else value)
        one.ledger.edited()
        return {"updated": found.updated.isoformat()}

    def touch(self, business: str, record: str, at: str = "") -> Reply:
        """Bump a record, optionally to a given instant (ISO)."""
        one = self._of(business)
        ledger = one.ledger
        tables: tuple[Mapping[str, Contact | Invoice | Credit | Payment], ...] = (
            ledger.contacts, ledger.invoices, ledger.credits, ledger.payments,
        )  # fmt: skip
        found = next(table[record] for table in tables if record in table)
        ledger.changed(found, self._now())
        if at:
            found.updated = datetime.fromisoformat(at)
            ledger.edited()
        return {"updated": found.updated.isoformat()}

    def distort(self, business: str, record: str, fields: dict[str, Any] | None = None) -> Reply:
        """Lay raw fields over a record's payload (unknown words, null, new keys); None puts it right again."""
        one = self._of(business)
        if fields is None:
            one.distorted.pop(record, None)
        else:
            one.distorted[record] = fields
        return {"distorted": len(one.distorted)}

    def between_pages(self, business: str, act: str, fields: dict[str, Any]) -> Reply:
        """Do an act right after the next page of a list has been served."""
        one = self._of(business)
        one.between_pages.append(lambda: self.acts()[act](**fields))
        return {"waiting": len(one.between_pages)}

    def note(self, business: str, invoice: str, text: str) -> Reply:
        """A person writes a line into an invoice's history."""
        self._of(business).invoice(invoice).history.append(Line("Note", text, self._now(), "A Person"))
        return {"noted": True}

    def attach(
        self,
        business: str,
        invoice: str,
        file_name: str,
        text: str = "",
        *,
        kind: str = "application/pdf",
        size: int | None = None,
        told_size: int | None = None,
        online: bool = True,
    ) -> Reply:
        """A person uploads a file to an invoice: `text`, or `size` bytes of nothing."""
        one = self._of(business)
        content = text.encode() if size is None else bytes(size)
        said = len(content) if told_size is None else told_size
        hung = Attachment(one.ledger.guid(), file_name, kind, content, said, online=online)
        one.invoice(invoice).attachments.append(hung)
        return {"attachment": hung.id}

    def detach(self, business: str, invoice: str, attachment: str) -> Reply:
        """The file is taken away."""
        found = self._of(business).invoice(invoice)
        found.attachments = [one for one in found.attachments if one.id != attachment]
        return {"left": len(found.attachments)}

    def keep_account(self, business: str, account: str, active: bool) -> Reply:
        """Archive an account, or restore it."""
        archived = self._of(business).archived
        archived.discard(account) if active else archived.add(account)
        return {"active": active}

    def open_account(
        self, business: str, called: str, code: str, *, kind: str = "CURRENT", payments: bool = True
    ) -> Reply:
        """A person makes an account that is no bank, and ticks whether payments may go there."""
        one = self._of(business)
        made = {"AccountID": one.ledger.guid(), "Code": code, "Name": called, "Type": kind, "Class": "ASSET",
                "Status": "ACTIVE", "TaxType": "NONE", "EnablePaymentsToAccount": payments}  # fmt: skip
        one.opened.append(made)
        return {"account": made["AccountID"]}

    def batch(self, business: str, payment: str) -> Reply:
        """The payment is one of several in a batch."""
        self._of(business).ledger.payments[payment].batched = True
        return {"batched": True}

    def reminders(self, business: str, enabled: bool) -> Reply:
        """Switch Xero's own reminders on or off."""
        self._of(business).reminders = enabled
        return {"enabled": enabled}

    def lock(self, business: str, until: str) -> Reply:
        """Lock the books up to a date."""
        self._of(business).locked_until = date.fromisoformat(until)
        return {"locked_until": until}

    def email_quota(self, business: str, left: int) -> Reply:
        """How many invoice mails Xero still sends today; a demo company has none."""
        one = self._of(business)
        one.emails_a_day = one.emailed[self._now().date()] + left
        return {"left": left}

    def ids_max(self, business: str, most: int) -> Reply:
        """How many ids a list takes before it is answered with 404."""
        self._of(business).ids_max = most
        return {"most": most}

    def limits(self, business: str, minute: int = 60, day: int = 5000, enforce: bool = True) -> Reply:
        """Enforce the limits from now on, with this many calls for the organisation, counted from zero."""
        limits = self.world.limits
        limits.clear()
        self._of(business).allowed = {"minute": minute, "day": day}
        limits.enforced.add("xero") if enforce else limits.enforced.discard("xero")
        return {"enforced": enforce}

    def expire_tokens(self) -> Reply:
        """Every access token is over its time."""
        return {"expired": self.consents.expire()}

    def drop_scope(self, scope: str) -> Reply:
        """The user who connected loses a right: tokens lack the scope from now on."""
        for token in self.consents.tokens.values():
            token.scopes = token.scopes - {scope, f"{scope}.read"}
        for refresh in self.consents.refreshes.values():
            refresh.scopes = refresh.scopes - {scope, f"{scope}.read"}
        return {"dropped": scope}

    def disconnect(self, business: str) -> Reply:
        """The user removes the app in Xero: 403 from now on."""
        gone = self.consents.connected(self.main_app).pop(self._of(business).tenant, None)
        return {"disconnected": gone is not None}

    def subscribe(self, url: str, custom: str = "", strict: bool = True) -> Reply:
        """Enter a webhook address for the app, or for the custom connection of business `custom`."""
        app = self.main_app
        if custom:
            tenant = self._of(custom).tenant
            app = next(one.client_id for one in self.consents.apps.values() if one.custom_tenant == tenant)
        return self.webhooks.subscribe(app, url, strict=strict)

    def send_extra(self, events: list[dict[str, Any]]) -> Reply:
        """Put these raw events into every delivery from now on: new categories, odd shapes."""
        self.webhooks.extra = events
        return {"extra": len(events)}
