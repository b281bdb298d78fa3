"""An office with fixed answers: what the pages are tested against. It remembers what was asked of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from duewell.views.pages import (
    AgreementView,
    ConnectChoice,
    ConnectionView,
    CustomerView,
    DifferenceView,
    Overview,
    PlanView,
)
from duewell.web.office import Business, CustomerLine, CustomerList
from integrations.contract import Clock
from integrations.errors import NotThere, Refused
from receivables.aging import Aging, Bucket
from receivables.money import Money
from tests.duewell.web.fixed_charges import FixedCharges
from tests.duewell.web.fixed_pay_page import FixedPayPage
from tests.duewell.web.fixed_people import FixedPeople
from tests.duewell.web.fixed_plan import NOON, TODAY, FixedPlan, planned_row
from tests.duewell.web.fixed_plans import FixedPlans
from tests.duewell.web.fixed_policy import FixedPolicy
from tests.duewell.web.fixed_replay import FixedReplay
from tests.duewell.web.fixed_sames import FixedSames
from tests.duewell.web.fixed_till import FixedTill
from tests.duewell.web.fixed_wording import FixedWording
from tests.duewell.web.fixed_work import WORK, FixedWork

HOSTILE = "<script>alert(\"1\")</script> & 'Söhne'"


class StillClock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def aging(currency: str, *minors: int) -> Aging:
    return Aging(currency, {column: Money(minor, currency) for column, minor in zip(Bucket, minors, strict=True)})


def difference(id: str, state: str = "open", **changes: object) -> DifferenceView:
    plain = DifferenceView(
        id=id,
        customer_id="58",
        customer="Hollis & Daughters",
        invoice="",
        ours=Money(148_250, "USD"),
        theirs=Money(173_250, "USD"),
        state=state,
        note="Opening balance from before 2024" if state == "accepted" else "",
        accepted_by="owner" if state == "accepted" else "",
        found_at=NOON,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def quickbooks(**changes: object) -> ConnectionView:
    agreement = AgreementView(
        agrees=False,
        checked_at=NOON,
        basis="each customer's balance, net of unapplied payments, as at 10 March 2026",
        re_read=False,
        compared=41,
        differences=(difference("7"), difference("8", "accepted", customer="Quill Press", invoice="1044")),
        not_comparable=(("Orbis Trading", "open in several currencies: EUR, USD"),),
        future_dated=(Money(50_000, "USD"),),
    )
    plain = ConnectionView(
        id="qb-1",
        platform="quickbooks",
        platform_label="QuickBooks",
        label="Juniper Landscaping",
        role="books",
        state="healthy",
        trouble="",
        trouble_since=None,
        parked_until=None,
        last_pull_at=NOON - timedelta(minutes=12),
        own_reminders="unknown",
        agreement=agreement,
        counts={"customer": 41, "invoice": 1_240, "payment": 1},
        odd=(("invoice 4711", "its currency is not in ISO 4217"),),
        calls_today=34,
        bytes_today=1_284_000,
        webhook_path="/webhooks/quickbooks",
        time_zone="America/New_York",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def xero(**changes: object) -> ConnectionView:
    agreement = AgreementView(True, NOON, "each contact's balance, net of unallocated credit", False, 38)
    plain = quickbooks(
        id="xero-1",
        platform="xero",
        platform_label="Xero",
        label="Brightwater Studio",
        state="unhealthy",
        trouble="Xero needs to be connected again: it no longer renews our access",
        trouble_since=NOON - timedelta(hours=9),
        own_reminders="yes",
        agreement=agreement,
        odd=(),
        webhook_path="/webhooks/xero",
        time_zone="Europe/London",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def stripe(**changes: object) -> ConnectionView:
    basis = "Stripe's open and uncollectible invoices listed again: a re-read, not a second opinion"
    agreement = AgreementView(True, NOON, basis, True, 17)
    plain = quickbooks(
        id="stripe-1",
        platform="stripe",
        platform_label="Stripe",
        label="Northwind Cloud",
        role="both",
        own_reminders="no",
        state="parked",
        trouble="Stripe is busy",
        trouble_since=NOON,
        parked_until=NOON + timedelta(hours=2),
        agreement=agreement,
        odd=(),
        webhook_path="/webhooks/stripe/stripe-1",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def customer(**changes: object) -> CustomerView:
    plain = CustomerView(
        connection="qb-1",
        platform="quickbooks",
        platform_label="QuickBooks",
        id="58",
        name="Hollis & Daughters",
        emails=("accounts@hollis.example",),
        phones=("+1 607 555 0142",),
        address="12 Orchard Lane\nIthaca, NY 14850",
        owed=(aging("USD", 80_000, 148_250, 0, 0, 0),),
        on_account=(Money(12_000, "USD"),),
        rows=(planned_row("send", "1037", "Hollis & Daughters"),),
        work=WORK,
        platform_url="https://qbo.intuit.com/app/customerdetail?nameId=58",
        differences=(difference("7"),),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def plan() -> PlanView:
    names = ("Hollis & Daughters", "Marlowe Dental Group", "The Very Long Name of a Customer Who Likes Long Names Ltd")
    held = "This customer was written to on 8 March 2026; the next message may go on 13 March 2026."
    later = {"days_late": -5, "due_on": date(2026, 3, 15), "next_look_on": date(2026, 3, 12), "facts": {}}
    skipped = "It is due on 15 March 2026; the first reminder would be on 12 March 2026."
    rows = (
        *(planned_row("send", str(1037 + at), name) for at, name in enumerate(names)),
        planned_row(
            "hold", "1102", "Quill Press", rule="contacted_lately", reason=held, next_look_on=date(2026, 3, 13)
        ),
        planned_row("hold", "INV-9", "Tanaka KK", platform="xero", connection="xero-1", open=Money(128_000, "JPY")),
        *(planned_row("skip", str(1200 + at), "Fern & Co", rule="not_yet", reason=skipped, **later) for at in range(6)),
    )
    return PlanView(TODAY, NOON, rows)


CHOICES = (
    ConnectChoice("quickbooks", "QuickBooks", ("oauth",), True, "", "", "appcenter.intuit.com"),
    ConnectChoice("xero", "Xero", ("oauth", "client_credentials"), True, "", "", "https://login.xero.com"),
    ConnectChoice(
        "stripe", "Stripe", ("api_key",), True, "", "https://dashboard.stripe.com/apikeys/create?name=Duewell", ""
    ),
)
QUESTIONS = {
    "quickbooks": frozenset({"role", "own_reminders", "time_zone", "others_post"}),
    "xero": frozenset({"role"}),
    "stripe": frozenset({"role", "own_reminders"}),
}


@dataclass
class FixedOffice(
    FixedTill,
    FixedCharges,
    FixedReplay,
    FixedPlan,
    FixedWording,
    FixedWork,
    FixedPolicy,
    FixedPeople,
    FixedSames,
    FixedPayPage,
    FixedPlans,
):
    """Answers with what it was given; `asked` lists what was done, `error` is raised by the next doing."""

    clock: Clock = field(default_factory=StillClock)
    connected: tuple[ConnectionView, ...] = field(default_factory=lambda: (quickbooks(), xero(), stripe()))
    planned: PlanView = field(default_factory=plan)
    person: CustomerView | None = field(default_factory=customer)
    choices: tuple[ConnectChoice, ...] = CHOICES
    webhook_status: int = 200

    def session_key(self) -> bytes:
        return b"k" * 32

    def businesses(self, among: Collection[str]) -> tuple[Business, ...]:
        return tuple(one for one in self.known if one.id in among)

    def business_count(self) -> int:
        return len(self.known)

    def overview(self, business: str) -> Overview:
        self._do("overview", business)
        agings = (
            aging("EUR", 320_000, 0, 45_000, 0, 0),
            aging("USD", 4_812_050, 1_920_375, 801_200, 244_000, 91_125),
        )
        name = next(one.name for one in self.known if one.id == business)
        return Overview(name, TODAY, agings, self.connected, self.planned.counted(), False, 2)

    def connections(self, business: str) -> tuple[ConnectionView, ...]:
        return self.connected

    def customers(self, business: str, text: str) -> CustomerList:
        self._do("customers", business, text)
        owed = (Money(45_000, "EUR"), Money(148_250, "USD"))
        lines = (
            CustomerLine(
                "qb-1",
                "Juniper Landscaping, Brightwater Studio",
                "quickbooks",
                "58",
                "Hollis & Daughters",
                owed,
                owed[1:],
            ),
            CustomerLine("xero-1", "Brightwater Studio", "xero", "a/b", HOSTILE, (Money(128_000, "JPY"),)),
        )
        return CustomerList(lines, 79)

    def customer(self, business: str, connection: str, customer_id: str) -> CustomerView | None:
        self._do("customer", business, connection, customer_id)
        return self.person

    def connect_choices(self) -> tuple[ConnectChoice, ...]:
        return self.choices

    def connect_questions(self, platform: str) -> frozenset[str]:
        return QUESTIONS[platform]

    def begin_connect(self, business: str, platform: str, answers: Mapping[str, str]) -> str:
        self._do("begin_connect", business, platform, dict(answers))
        return "https://login.xero.com/identity/connect/authorize?state=s"

    def finish_connect(self, platform: str, query: Mapping[str, str], among: Collection[str]) -> tuple[str, ...]:
        self._do("finish_connect", platform, dict(query))
        if "b-1" not in among:
            raise Refused("this connecting was not started here, or was already finished; please start again")
        return ("Brightwater Studio", "Harbour Lane Catering")

    def connect_with_key(
        self, business: str, platform: str, fields: Mapping[str, str], answers: Mapping[str, str]
    ) -> tuple[str, ...]:
        self._do("connect_with_key", business, platform, dict(fields), dict(answers))
        return ("Northwind Cloud",)

    def answer(self, business: str, connection: str, answers: Mapping[str, str]) -> None:
        self._do("answer", business, connection, dict(answers))

    def disconnect(self, business: str, connection: str) -> None:
        self._do("disconnect", business, connection)

    def accept_difference(self, business: str, difference_id: str, note: str, *, by: str) -> None:
        if difference_id not in ("7", "8"):
            raise NotThere("There is no such difference in this business.")
        self._do("accept_difference", business, difference_id, note, by)

    def sync_now(self, business: str, connection: str) -> None:
        self._do("sync_now", business, connection)

    def receive(self, platform: str, connection: str, headers: Mapping[str, str], body: bytes) -> int:
        self._do("receive", platform, connection, dict(headers), body)
        return self.webhook_status

    def health(self) -> tuple[bool, str]:
        return True, "ok"

    def ready(self) -> tuple[bool, str]:
        return False, "the database is being upgraded"

    def metrics(self) -> tuple[str, bytes]:
        return "text/plain; version=0.0.4", b"duewell_open 1\n"
