"""The plan of the fixed office: its messages of today, the kinds to confirm, and the first day's backlog."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from duewell.views.pages import PlanRow
from duewell.views.plan import (
    Automatic,
    BacklogView,
    KindView,
    MessageView,
    OldInvoiceView,
    PlanSheet,
    TurnView,
    WordsView,
)
from integrations.errors import NotThere
from receivables.money import Money
from tests.duewell.web.fixed_people import FixedPeople

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)


def planned_row(say: str, number: str, customer: str, **changes: object) -> PlanRow:
    plain = PlanRow(
        connection="qb-1",
        ledger="qb-1",
        company="",
        platform="quickbooks",
        customer_id="58",
        customer=customer,
        invoice_id=f"id-{number}",
        number=number,
        open=Money(148_250, "USD"),
        due_on=date(2026, 2, 24),
        days_late=14,
        say=say,
        rule="step_earned",
        reason="It is 14 days overdue, and “second reminder” is next.",
        step="second-reminder" if say == "send" else "",
        facts={"due_on": "2026-02-24", "open": "1,482.50 USD", "today": "2026-03-10", "zone": "America/New_York"},
        next_look_on=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def message(customer: str, id: str = "58", *numbers: str, **changes: object) -> MessageView:
    rows = tuple(planned_row("send", number, customer, customer_id=id) for number in numbers or (f"10{id}",))
    plain = MessageView(
        connection="qb-1",
        customer_id=id,
        customer=customer,
        digest=f"d{id}",
        standing="waits",
        step="second-reminder",
        channel="mail",
        tone="firm",
        to=(f"accounts@{id}.example",),
        asked=(Money(148_250 * len(rows), "USD"),),
        credits=(),
        rows=rows,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


LONG_NAME = "The Very Long Name of a Customer Who Likes Long Names Ltd"
MESSAGES = (
    message("Hollis & Daughters", "58", "1037", "1041", credits=(Money(12_000, "USD"),)),
    message(
        "Marlowe Dental Group",
        "59",
        asked=(Money(148_250, "USD"), Money(90_000, "EUR")),
        rows=(
            planned_row("send", "1059", "Marlowe Dental Group", company="Juniper Landscaping"),
            planned_row("send", "INV-0007", "Marlowe Dental Group", company="Brightwater Studio", ledger="xero-1"),
        ),
    ),
    message(
        LONG_NAME,
        "60",
        odd=(
            "This customer has never been written to from here.",
            "1,482.50 USD is unusually much; an invoice here is usually about 120.00 USD.",
        ),
    ),
    message("Quill Press", "61", standing="approved", answered_by="Robin Lee", edited="A word about invoice 1061"),
    message("Orbis Trading", "62", standing="goes", later="It is 07:10 where the customer is; messages go from 09:00."),
    message("Tanner & Sons", "63", standing="refused", answered_by="Kim", channel="platform", own_words=False),
)
REST = (
    planned_row(
        "hold",
        "1102",
        "Quill Press",
        rule="contacted_lately",
        reason="This customer was contacted on 8 March 2026; the next message may go on 13 March 2026.",
        next_look_on=date(2026, 3, 13),
    ),
    planned_row("hold", "INV-9", "Tanaka KK", platform="xero", connection="xero-1", open=Money(128_000, "JPY")),
    *(
        planned_row("skip", str(1200 + at), "Fern & Co", rule="not_yet", days_late=-5, reason="It is due in 5 days.")
        for at in range(6)
    ),
)
AUTOMATIC = Automatic(on=False, unasked=("Juniper Landscaping",), kinds_unknown=2)
KINDS = (
    KindView("qb-1/60", LONG_NAME, "business", "The name holds “Ltd”."),
    KindView("qb-1/64", "Ada Winter", "", ""),
)


def turn(id: str, customer: str, on: date | None, *invoices: OldInvoiceView) -> TurnView:
    return TurnView("qb-1", id, customer, on, (Money(48_000, "USD"),), invoices)


def old(number: str, days: int, *, reason: str = "") -> OldInvoiceView:
    step = "" if reason else "first-reminder"
    return OldInvoiceView(f"id-{number}", number, Money(48_000, "USD"), date(2025, 11, 3), days, step, reason)


BACKLOG = BacklogView(
    TODAY,
    "Whoever has owed longest comes first; among those, whoever owes most.",
    (
        turn("60", LONG_NAME, TODAY, old("0811", 127), old("0902", 64)),
        turn("65", "Larch Interiors", date(2026, 3, 11), old("0815", 120)),
        turn("66", "Ada Winter", None, old("0816", 119, reason="There is no e-mail address of this customer.")),
    ),
    (Money(192_000, "USD"),),
    {TODAY: 1, date(2026, 3, 11): 1},
)


@dataclass
class FixedPlan(FixedPeople):
    """`sheet` is today's plan; what was asked and what goes wrong is kept by the whole office."""

    sheet: PlanSheet = field(default_factory=lambda: PlanSheet(TODAY, NOON, MESSAGES, REST, AUTOMATIC, 3))
    found_kinds: tuple[KindView, ...] = KINDS
    old_debts: BacklogView = BACKLOG

    def plan_sheet(self, business: str) -> PlanSheet:
        return self.sheet

    def answer_messages(
        self,
        business: str,
        asked: Collection[tuple[str, str]],
        *,
        by: str,
        refused: bool = False,
        together: bool = False,
    ) -> Sequence[tuple[str, str]]:
        how = "refused" if refused else "together" if together else "approved"
        self._do("answer_messages", business, list(asked), how, by)
        return (("good", "The message to Hollis & Daughters will be sent, at its hour."),)

    def message_words(self, business: str, debtor: str) -> WordsView:
        found = next((one for one in self.sheet.messages if one.debtor == debtor), None)
        if found is None:
            raise NotThere("There is no message to this customer in today's plan; see the plan for the reason.")
        opening = f"Hello {found.customer},\n\nwe have not yet seen your payment."
        text = f"{opening}\n\n  1037   24 February 2026   $1,482.50\n    https://example.com/pay\n\nKind regards\n"
        return WordsView(found, "Reminder: invoice 1037 from Juniper", opening, text)

    def edit_message(self, business: str, asked: tuple[str, str], words: Mapping[str, str], *, by: str) -> str:
        self._do("edit_message", business, asked, dict(words), by)
        return "The message to Hollis & Daughters will be sent in your words, at its hour."

    def send_approved(self, business: str) -> tuple[str, ...]:
        self._do("send_approved", business)
        return ("Quill Press: sent", "Orbis Trading: left alone. Everything was paid in the meantime.")

    def choose_automatic(self, business: str, *, automatic: bool, by: str) -> None:
        self._do("choose_automatic", business, automatic, by)

    def kinds_to_confirm(self, business: str) -> Sequence[KindView]:
        return self.found_kinds

    def confirm_kinds(self, business: str, chosen: Mapping[str, str], *, by: str) -> int:
        self._do("confirm_kinds", business, dict(chosen), by)
        return len(chosen)

    def backlog(self, business: str) -> BacklogView:
        return self.old_debts


PLAN_PAGES = ("/plan/words/qb-1/58", "/plan/kinds", "/plan/backlog")
PLAN_FORMS = ("/plan/send", "/plan/words/qb-1/58", "/plan/automatic", "/plan/kinds", "/plan/backlog")
