"""Plans in parts on real books: proposed, refused with a reason, agreed to, kept, broken, settled for less, ended."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from collector.todo import CHOOSE
from collector.wording.check import Wording
from collector.wording.source import shipped
from duewell import writing
from duewell.charging_to import CREDITS
from duewell.judging import decide_one
from duewell.plan_wishes import Wish
from duewell.plans import Shown, approve, cancel, keep_plans, plan_called, preview, propose, show, shown_plans
from duewell.policies import keep
from duewell.running import make_plan, messages_of_today
from duewell.todos import look_again
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.plans import PlanState
from receivables.records import Collection, CustomerKind, Invoice, InvoiceStatus, Kind
from receivables.todo import Todo, TodoKind
from storage import books, checkouts, todos
from storage.checkouts import CheckoutState, KeptCheckout
from storage.connections import pulled
from storage.settings import set_setting
from tests.conftest import HandClock
from tests.duewell.amber_house import furnishing, moved_in
from tests.storage.amber import BUSINESS, CONNECTION, customer, gbp, invoice, ref, save

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
BY = "Robin"
FOUR = Wish(("Ann Lee Ltd",), parts="4", first_on="2026-04-01")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann owes three invoices, one of them half paid and one of them drawn automatically; Bob owes one in euros."""
    folder = tmp_path_factory.mktemp("furnished")
    drawn = structs.replace(invoice(5, 10_000, of=3), collection=Collection.AUTOMATIC)
    records = (
        customer(1, name="Ann Lee Ltd", kind=CustomerKind.BUSINESS),
        customer(2, name="Bob Ray Ltd", kind=CustomerKind.BUSINESS),
        customer(3, name="Cy Drawn Ltd", kind=CustomerKind.BUSINESS),
        invoice(1, 5_000, of=1),
        invoice(2, 10_000, of=1),
        invoice(3, 0, of=1),
        invoice(4, 10_000, of=2),
        drawn,
    )
    with furnishing(folder, *records, now=NOW):
        return folder


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[House]:
    """An installation of the test's own, at a time that is moved by hand."""
    with moved_in(furnished, tmp_path / "data", now=NOW) as opened:
        yield opened


def move(house: House, to: date) -> None:
    assert isinstance(house.clock, HandClock)
    at = datetime(to.year, to.month, to.day, 12, tzinfo=UTC)
    house.clock.sleep((at - house.clock.now()).total_seconds())


def proposed(house: House, wish: Wish = FOUR) -> Shown:
    return propose(house, BUSINESS, wish, by=BY, may_exceed=False)


def begun(house: House, wish: Wish = FOUR, *, may_exceed: bool = False) -> Shown:
    found = propose(house, BUSINESS, wish, by=BY, may_exceed=may_exceed)
    return approve(house, BUSINESS, found.plan.id, by=BY, who="Ann", way="phone")


def pay(house: House, number: int, minor: int, *, credited: int = 0) -> None:
    """The books say so much was paid of the invoice in all, the newest word about it."""
    with house.database.read() as tx:
        known = books.record(tx, BUSINESS, ref(Kind.INVOICE, number))
    assert isinstance(known, Invoice)
    left = gbp(10_000 - minor - credited)
    status = InvoiceStatus.OPEN if left else InvoiceStatus.PAID
    told = {"paid": gbp(minor), "credited": gbp(credited), "open": left, "status": status}
    save(house.database, structs.replace(known, **told, version=known.version + 1, changed_at=house.clock.now()))


def rules(house: House) -> dict[str, str]:
    found = decide_one(house, BUSINESS, f"{CONNECTION}/1")
    assert found is not None
    return {one.invoice.id: one.rule for one in found.decision.verdicts}


def test_a_plan_is_shown_in_words_before_anything_is_kept(house: House) -> None:
    found = preview(house, BUSINESS, FOUR)

    assert found.words == (
        "150.00 GBP for invoices INV-1, INV-2 in 4 parts.",
        "Part 1: 37.50 GBP on 1 April 2026.",
        "Part 2: 37.50 GBP on 1 May 2026.",
        "Part 3: 37.50 GBP on 1 June 2026.",
        "Part 4: 37.50 GBP on 1 July 2026.",
        "It ends on 1 July 2026.",
        "A part may come up to 7 days late; after that the plan is broken, and what is left is owed as before.",
    )
    assert (found.customer, found.beyond, shown_plans(house, BUSINESS)) == ("Ann Lee Ltd", (), [])


@pytest.mark.parametrize(
    ("wish", "sums"),
    [
        (Wish(("INV-1",), parts="3", every="weekly", first_on="2026-03-13"), [1_667, 1_667, 1_666]),
        (Wish(("INV-1", "inv-2"), parts="3", first_on="friday", first="50"), [5_000, 5_000, 5_000]),
        (Wish(("INV-1",), own=("2026-03-20 30.00", "2026-05-01 20 GBP")), [3_000, 2_000]),
        (Wish(("INV-1",), own=("today 1.00 GBP", "1 May 2026 GBP 49")), [100, 4_900]),
    ],
)
def test_equal_parts_a_first_payment_and_own_days(house: House, wish: Wish, sums: list[int]) -> None:
    assert [one.part.amount.minor for one in proposed(house, wish).standings] == sums


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (replace(FOUR, about=()), "Name a customer, or the invoices that are to be paid in parts."),
        (replace(FOUR, about=("Zed",)), "There is no customer 'Zed' here."),
        (replace(FOUR, about=("INV-3",)), "Invoice INV-3 is not open, so nothing of it can be paid in parts"),
        (replace(FOUR, about=("INV-5",)), "Invoice INV-5 is collected automatically, so it cannot be in a plan"),
        (
            replace(FOUR, about=("INV-1", "INV-4")),
            "These invoices are of Ann Lee Ltd and Bob Ray Ltd; one plan is about",
        ),
        (replace(FOUR, about=("INV-1", "INV-9")), "There is no invoice 'INV-9' here"),
        (replace(FOUR, parts=""), "Say in how many parts it is to be paid: --parts 4"),
        (replace(FOUR, parts="many"), "A plan has 1 to 60 parts, not 'many'."),
        (replace(FOUR, parts="²"), "A plan has 1 to 60 parts, not '²'."),
        (replace(FOUR, every="yearly"), "The parts are weekly, fortnightly or monthly, not 'yearly'."),
        (replace(FOUR, first_on=""), "Say on which day the first part is due: --first-on 2026-12-01."),
        (replace(FOUR, first_on="2026-03-09"), "Part 1 is due on 2026-03-09, which is past"),
        (replace(FOUR, first_on="soon"), "“soon” is no day"),
        (replace(FOUR, first="150"), "A first payment of 150.00 GBP leaves nothing to spread of 150.00 GBP"),
        (replace(FOUR, first="10 EUR"), "The first payment is in EUR, and the invoices are in GBP."),
        (replace(FOUR, first="10 XXQ"), "XXQ is no currency"),
        (replace(FOUR, settle="100"), "Say up to which day the settlement holds: --until 2026-12-31."),
        (replace(FOUR, until="2026-12-31"), "--until is the last day of a settlement; say for how much as well"),
        (replace(FOUR, settle="150", until="friday"), "A settlement is less than what is open, 150.00 GBP"),
        (replace(FOUR, settle="100", until="friday"), "Its last part is due on 2026-07-01, after 2026-03-13"),
        (replace(FOUR, own=("friday 150",)), "--parts and --first-on cannot stand beside --own"),
        (Wish(("INV-1",), own=("friday",)), "“friday” is no day and sum; write each part like 2026-12-01 250.00."),
        (Wish(("INV-1",), own=("friday 40",)), "The parts add up to 40.00 GBP, and the plan covers 50.00 GBP"),
        (Wish(("INV-1",), own=("friday 50 EUR",)), "Part 1 is in EUR; all parts are in the invoices' GBP."),
        (Wish(("INV-1",), own=("friday 25", "friday 25")), "Part 2 is due on 2026-03-13, which is not after part 1."),
        (
            replace(FOUR, parts="5"),
            "It has 5 parts; 4 are the most without somebody's yes. Only an owner may propose that",
        ),
        (
            replace(FOUR, settle="120", until="2026-12-31"),
            "It gives up 30.00 GBP; nothing is the most without somebody's",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence_and_keeps_nothing(house: House, wish: Wish, sentence: str) -> None:
    with pytest.raises((Refused, NotThere)) as told:
        proposed(house, wish)

    assert str(told.value).startswith(sentence)
    assert shown_plans(house, BUSINESS) == []


BANDS = "[plans]\nparts_most = 6\ncure_days = 0\n[[plans.settle]]\noverdue_days = 0\npercent = 20\n"


def test_an_owner_goes_beyond_and_the_policy_says_where_that_begins(house: House) -> None:
    wide = propose(house, BUSINESS, replace(FOUR, parts="6"), by=BY, may_exceed=True)
    assert wide.beyond == ("It has 6 parts; 4 are the most without somebody's yes.",)

    keep(house, BUSINESS, BANDS, by=BY)

    assert proposed(house, replace(FOUR, parts="6")).beyond == ()
    settled = proposed(house, Wish(("INV-1",), settle="40.00", until="2026-04-30"))
    assert settled.plan.forgiven == gbp(1_000)
    assert settled.words == (
        "40.00 GBP for invoice INV-1 in one payment.",
        "Part 1: 40.00 GBP on 30 April 2026.",
        "10.00 GBP of the debt is then given up by a credit note.",
        "If a part does not come on its day, the plan is broken, and the whole is owed as before.",
    )


def test_agreed_on_the_phone_with_who_when_how_and_which_words(house: House) -> None:
    id = proposed(house).plan.id
    for who, way, sentence in (("", "phone", "Say who agreed"), ("Ann", "rumour", "Say how they agreed: phone, mail")):
        with pytest.raises(Refused, match=sentence):
            approve(house, BUSINESS, id, by=BY, who=who, way=way)

    found = approve(house, BUSINESS, id[:6], by=BY, who="Ann", way="phone")

    agreed = found.plan.agreement
    assert agreed is not None
    assert (agreed.by, agreed.at, agreed.way) == ("Ann", NOW, "phone")
    assert agreed.words == "\n".join((*found.words, "Written down by Robin."))
    assert rules(house) == {"1": "in_plan", "2": "in_plan"}
    with pytest.raises(Refused, match="This plan is active already"):
        approve(house, BUSINESS, id, by=BY, who="Ann", way="phone")
    with pytest.raises(Refused, match="Invoice INV-1 is in another plan; end that one first"):
        proposed(house)


def test_what_changed_since_it_was_proposed_is_told_when_somebody_agrees(house: House) -> None:
    first, second, third = (proposed(house, replace(FOUR, about=(about,))) for about in ("INV-1", "INV-1", "INV-2"))
    approve(house, BUSINESS, first.plan.id, by=BY, who="Ann", way="mail")
    with pytest.raises(Refused, match="One of its invoices is in another plan by now"):
        approve(house, BUSINESS, second.plan.id, by=BY, who="Ann", way="mail")

    pay(house, 2, 4_000)
    with pytest.raises(Refused, match=r"of which 60\.00 GBP is open"):
        approve(house, BUSINESS, third.plan.id, by=BY, who="Ann", way="mail")


def test_its_parts_are_paid_from_anywhere_oldest_first_and_reminded_of_on_their_days(house: House) -> None:
    id = begun(house).plan.id
    pay(house, 1, 8_000)

    found = show(house, BUSINESS, id)
    assert (found.paid, [one.state.value for one in found.standings]) == (gbp(3_000), ["coming"] * 4)

    move(house, date(2026, 3, 30))
    save_synced(house)
    assert rules(house)["1"] == "part_earned"
    (sent,) = [one for one in messages_of_today(house, BUSINESS) if one.case.debtor == f"{CONNECTION}/1"]
    assert sent.decision.message is not None
    assert [line.asked for line in sent.decision.message.lines] == [gbp(750)]
    assert sent.decision.message.step.name == "part-before"


def save_synced(house: House) -> None:
    with house.database.write() as tx:
        pulled(tx, BUSINESS, CONNECTION, now=house.clock.now())


def test_a_broken_plan_is_written_down_mended_and_kept(house: House) -> None:
    id = begun(house, replace(FOUR, parts="2")).plan.id
    assert keep_plans(house, BUSINESS) == 0

    move(house, date(2026, 4, 9))
    save_synced(house)
    assert keep_plans(house, BUSINESS) == 1
    assert plan_called(house, BUSINESS, id).state is PlanState.BROKEN
    assert rules(house)["1"] != "in_plan"

    pay(house, 2, 7_500)
    assert keep_plans(house, BUSINESS) == 1
    assert plan_called(house, BUSINESS, id).state is PlanState.ACTIVE
    assert rules(house)["1"] == "in_plan"

    pay(house, 1, 10_000)
    pay(house, 2, 10_000)
    assert keep_plans(house, BUSINESS) == 1
    kept = plan_called(house, BUSINESS, id)
    assert (kept.state, kept.ended_why) == (PlanState.KEPT, "All of it is paid.")
    assert keep_plans(house, BUSINESS) == 0


def test_a_paid_settlement_asks_for_a_credit_note_and_for_nothing_else(house: House) -> None:
    begun(house, Wish(("INV-1",), settle="40.00", until="2026-04-30"), may_exceed=True)
    pay(house, 1, 9_000)
    keep_plans(house, BUSINESS)

    assert rules(house) == {"1": "settled_for_less", "2": rules(house)["2"]}
    (todo,) = notes(house)
    assert todo.title == "Enter a credit note of 10.00 GBP for Ann Lee Ltd: the settlement was paid"
    assert todo.note.splitlines() == [
        "Credit note to Ann Lee Ltd, dated 10 March 2026:",
        "10.00 GBP, tax included, on invoice INV-1",
        f"Account and tax code: not chosen yet; choose them once on the page Paying in parts, or with {CHOOSE}",
        "Text: Settlement of 10 March 2026, the rest of invoice INV-1 is given up",
        "It is done when nothing is open any more.",
    ]
    chosen = {"account": "270", "account_name": "270 Bad Debts", "tax": "NONE", "tax_name": "No VAT"}
    with house.database.write() as tx:
        set_setting(tx, BUSINESS, f"{CREDITS.setting}:{CONNECTION}", json.dumps(chosen))
    look_again(house, BUSINESS, f"{CONNECTION}/1", date(2026, 3, 10))
    assert notes(house)[0].note.splitlines()[2] == "Account: 270 Bad Debts; Tax code: No VAT"
    make_plan(house, BUSINESS)
    assert rules(house)["1"] == "settled_for_less", "also after it was written down as kept"

    pay(house, 1, 9_000, credited=1_000)
    look_again(house, BUSINESS, f"{CONNECTION}/1", date(2026, 3, 10))
    assert notes(house) == []


def notes(house: House) -> list[Todo]:
    with house.database.read() as tx:
        return [one for _, one in todos.todos(tx, [BUSINESS], kinds=[TodoKind.CREDIT_NOTE])]


def test_a_cancelled_plan_gives_its_invoices_back(house: House) -> None:
    before = rules(house)
    id = begun(house).plan.id

    ended = cancel(house, BUSINESS, id, by=BY, why="paid at once")

    assert (ended.plan.state, ended.plan.ended_by, ended.plan.ended_why) == (PlanState.CANCELLED, BY, "paid at once")
    assert rules(house) == before
    with pytest.raises(Refused, match="This plan has ended already: it was cancelled"):
        cancel(house, BUSINESS, id, by=BY)
    with pytest.raises(NotThere, match="There is no plan 'nothing' here"):
        cancel(house, BUSINESS, "nothing", by=BY)


def test_a_page_that_can_be_paid_and_money_on_its_way_hold(house: House) -> None:
    about = ((ref(Kind.INVOICE, 1), gbp(5_000)),)
    made = KeptCheckout(CONNECTION, "c1", f"{CONNECTION}/1", gbp(5_000), about, NOW, NOW + timedelta(hours=1))
    seen = []
    with house.database.write() as tx:
        checkouts.keep_checkout(tx, BUSINESS, made)
    for state in (CheckoutState.OPEN, CheckoutState.PROCESSING, CheckoutState.PAID, CheckoutState.EXPIRED):
        with house.database.write() as tx:
            checkouts.note_checkout(tx, BUSINESS, "c1", state, now=NOW)
        seen.append(rules(house)["1"])

    assert seen[:3] == ["checkout_open", "payment_pending", "payment_pending"]
    assert seen[3] not in seen[:3]


def test_the_letters_of_a_plan_can_be_seen_on_a_real_customer(house: House) -> None:
    for letter, said in (("part_reminder", "Part 3 of 4"), ("plan_offer", "in 4 parts")):
        seen = writing.preview(house, BUSINESS, Wording(letter, "en", shipped(letter, "en")), customer="Ann Lee Ltd")
        assert said in f"{seen.subject}\n{seen.text}"
