"""The work of the fixed office: what was said of its one customer, and what there is to do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from duewell.views.work import ContactView, Event, OpenInvoice, PromiseView, SaidView, TodoView, WorkView
from integrations.errors import NotThere, Refused
from receivables.money import Money

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
SENT = ContactView(
    at=NOON - timedelta(days=12),
    channel="mail",
    state="sent",
    step="first-reminder",
    invoices=("1037",),
    to=("accounts@hollis.example",),
    subject="Invoice 1037, a friendly reminder",
    text="Dear Hollis & Daughters,\n\nperhaps it slipped by: invoice 1037 was due on 24 February.\n\nThank you.",
    reason="It is 2 days overdue, and “first reminder” has not been sent for it.",
    attached=("1037.pdf", "Proof of delivery.pdf"),
    left_out=("plans.dwg (of a type that is not sent by mail)",),
)
EVENTS = (
    Event(TODAY, NOON, "message", SENT.subject, SENT.reason, message=replace(SENT, state="ambiguous", at=NOON)),
    Event(date(2026, 3, 9), None, "verdict", "Invoice 1037: held", "The customer promised to pay by 9 March 2026."),
    Event(
        date(2026, 3, 4),
        NOON - timedelta(days=6),
        "said",
        "Called them",
        "They wait for their own customer.\nCall again on Friday.",
        by="Robin Lee",
    ),
    Event(date(2026, 3, 2), None, "money", "Payment recorded", "bank transfer", Money(50_000, "USD")),
    Event(date(2026, 2, 26), SENT.at, "message", SENT.subject, message=SENT),
    Event(date(2026, 2, 10), None, "invoice", "Invoice 1037", amount=Money(148_250, "USD")),
)
PROMISES = (
    PromiseView("s-1", date(2026, 3, 13), "open", "1037", Money(50_000, "USD"), note="By Friday", by="Robin Lee"),
    PromiseView("", date(2026, 3, 3), "broken", "1038", came=Money(12_000, "USD")),
)
HOLDING = (
    SaidView(
        "s-2",
        "dispute",
        "Disputes 200.00 USD of invoice 1037: the price is wrong",
        "They say 1,282.50 was agreed.",
        "Robin Lee",
        date(2026, 3, 1),
        review_on=date(2026, 3, 20),
        assigned_to="Kim",
    ),
)


def todo(id: str, kind: str, title: str, **changes: object) -> TodoView:
    plain = TodoView("b-1", "Juniper Group", id, kind, title, "", TODAY, False, None, "", "qb-1", "58")
    return replace(plain, **changes)  # type: ignore[arg-type]


TODOS = (
    todo("t-1", "reply", "Read what Hollis & Daughters wrote", note="We never ordered this.", late=True),
    todo("t-2", "parked", "Say what became of the message to Hollis & Daughters", amount=Money(148_250, "USD")),
    todo("t-3", "bank", "Say up to which day the bank is entered", connection="", customer_id=""),
    todo(
        "t-4",
        "call",
        "Call Hollis & Daughters: +16075550142",
        note="Good morning, this is Robin of Juniper.\n\nI am calling about invoice 1037.",
        assigned_to="Robin Lee",
        amount=Money(148_250, "USD"),
    ),
    todo(
        "t-6",
        "apology",
        "Apologize to Hollis & Daughters: invoice 1037 had been paid by 3 March 2026, and we wrote on 5 March 2026",
        note="Our apologies: invoice 1037 had been paid\n\nHello,\n\nWe are sorry.",
    ),
    todo("t-5", "difference", "Look at the balance of Quill Press", assigned_to="Kim", snoozed_to_on=date(2026, 4, 1)),
)
WORK = WorkView(
    today_on=TODAY,
    promises=PROMISES,
    holding=HOLDING,
    events=EVENTS,
    todos=TODOS[:1],
    invoices=(
        OpenInvoice("id-1037", "1037", Money(148_250, "USD")),
        OpenInvoice("id-1038", "1038", Money(10_000, "USD")),
    ),
    addresses=("accounts@hollis.example",),
    members=("Robin Lee", "Kim"),
    kind="business",
    more_events=3,
)


@dataclass
class FixedWork:
    """`refused` is the sentence with which the next writing down is refused."""

    tasks: tuple[TodoView, ...] = TODOS
    refused: str = ""
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def record(self, business: str, connection: str, customer_id: str, told: Mapping[str, str], *, by: str) -> str:
        self._may()
        said = {name: text for name, text in told.items() if text}
        self.asked.append(("record", business, connection, customer_id, said, by))
        return "Written down: promised to pay by 13 March 2026."

    def end_said(self, business: str, id: str, *, by: str) -> None:
        self.asked.append(("end_said", business, id, by))

    def todos(self, among: Collection[str], *, snoozed: bool = False) -> tuple[TodoView, ...]:
        return tuple(one for one in self.tasks if one.business in among and (snoozed or not one.snoozed_to_on))

    def finish_todo(self, business: str, id: str, told: Mapping[str, str], *, by: str) -> str:
        self._may()
        self._known(business, id)
        self.asked.append(("finish_todo", business, id, {name: text for name, text in told.items() if text}, by))
        return "Done."

    def snooze_todo(self, business: str, id: str, day: str) -> str:
        self._known(business, id)
        self.asked.append(("snooze_todo", business, id, day))
        return "It comes back on 11 March 2026."

    def assign_todo(self, business: str, id: str, to: str) -> str:
        self._known(business, id)
        self.asked.append(("assign_todo", business, id, to))
        return f"{to} does it from now on."

    def _known(self, business: str, id: str) -> None:
        if all((one.business, one.id) != (business, id) for one in self.tasks):
            raise NotThere("This to-do is not there any more: it was done, or it is no longer needed.")

    def _may(self) -> None:
        if self.refused:
            raise Refused(self.refused)
