"""Replay over two ledgers and a till: who was one then, what was a mirror then and what had been paid elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from collector.plan import Decided
from duewell import policies
from duewell.clock import SystemClock
from duewell.config import Settings
from duewell.finding import today_of
from duewell.owning import begin_business
from duewell.replaying import Question, replay
from duewell.running import answer_plan, make_plan
from duewell.wiring import House, build
from receivables.page import Gone, Page
from receivables.records import (
    Answer,
    Company,
    Customer,
    CustomerKind,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    Record,
    Ref,
)
from storage import actions, sames, tables
from storage.actions import ActionState, Plan, Speaks
from storage.connections import NewConnection, Role, connect, disconnect, pulled, save_company
from storage.pages import save_page
from storage.sames import Alike, Same, SameState
from storage.verdicts import verdicts
from tests.ready import ready
from tests.storage.amber import gbp, invoice, payment

LEDGER, SHOP, TILL = "c1", "c2", "c3"
ANN, ANNE, ANNA = (Ref(one, Kind.CUSTOMER, "ann") for one in (LEDGER, SHOP, TILL))
BOB, BEA, CAT = Ref(LEDGER, Kind.CUSTOMER, "bob"), Ref(SHOP, Kind.CUSTOMER, "bea"), Ref(SHOP, Kind.CUSTOMER, "cat")
MONDAY = datetime(2026, 3, 9, 9, 40, tzinfo=UTC)
ONE_A_DAY = "[manners]\ndaily_cap = 1\ngap_days = 2\n"


@dataclass
class StoryClock(SystemClock):
    """Goes on by a minute whenever it is asked."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@dataclass
class Office:
    """A business whose books are written straight into the tables."""

    house: House
    business: str
    clock: StoryClock

    def save(self, *records: Record, gone: Gone | None = None) -> None:
        """The records are read, each on its connection."""
        for id in {one.ref.connection for one in records} | ({gone.ref.connection} if gone else set()):
            theirs = tuple(one for one in records if one.ref.connection == id)
            leaving = (gone,) if gone and gone.ref.connection == id else ()
            with self.house.database.write() as tx:
                save_page(tx, self.business, id, Page(records=theirs, gone=leaving), now=self.clock.now())

    def morning(self, *ended: str) -> list[Decided]:
        """All books are read to their end, and there is a plan."""
        self.clock.at = (self.clock.at + timedelta(days=1)).replace(hour=9, minute=40)
        with self.house.database.write() as tx:
            for id in {LEDGER, SHOP, TILL} - set(ended):
                pulled(tx, self.business, id, now=self.clock.now())
        return self.plan()

    def plan(self) -> list[Decided]:
        """A plan, some hours after the last."""
        self.clock.at += timedelta(hours=1)
        return make_plan(self.house, self.business)

    def propose(self, one: Ref, other: Ref) -> Same:
        """Two seem to be the same."""
        first, second = sorted((one, other), key=str)
        alike = Alike.DEBTOR if one.kind is Kind.CUSTOMER else Alike.INVOICE
        pair = Same(alike, first, second, {"tax_number": "Both have it."})
        with self.house.database.write() as tx:
            sames.propose(tx, self.business, [pair], now=self.clock.now())
        return pair

    def answer(self, pair: Same, state: SameState, master: Ref | None = None) -> None:
        """A person says what they are."""
        with self.house.database.write() as tx:
            assert sames.settle(tx, self.business, pair, state, master=master, by="Robin", now=self.clock.now())

    def tell(self, one: Decided) -> None:
        """The message goes."""
        message, key = one.decision.candidate, f"k-{self.clock.at:%d%H%M}"
        assert message is not None
        now, day = self.clock.now(), message.day_on
        speaks = [Speaks(f"{key}-{line.invoice.ref}", line.invoice.ref, line.step.name, "1") for line in message.lines]
        with self.house.database.write() as tx:
            actions.plan(tx, self.business, Plan("mail", key, message.debtor, about=speaks[0].invoice), now=now)
            actions.claim(tx, self.business, key, by="me", now=now, speaks=speaks, local_day=day)
            actions.mark(tx, self.business, key, ActionState.SENT, now=now)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Ann buys in the shop, by invoice and over the counter; one of Bob's invoices looks like one of Bea's."""
    built, clock = build(ready(Settings(data=tmp_path, database=database_url))), StoryClock()
    house = replace(built, clock=clock)
    made = begin_business(house, "Amber", time_zone="Europe/London")
    with house.database.write() as tx:
        connect(tx, made, NewConnection("xero", "t", "g1", "Amber", Role.BOOKS, id=LEDGER), now=clock.now())
        connect(tx, made, NewConnection("stripe", "acct", "g2", "Shop", Role.BOOKS, id=SHOP), now=clock.now())
        connect(tx, made, NewConnection("stripe", "till", "g3", "Till", Role.TILL, id=TILL), now=clock.now())
        for id in (LEDGER, SHOP, TILL):
            save_company(tx, made, Company(id, "Amber", "GBP", "GB", "Europe/London", own_reminders=Answer.NO))
            pulled(tx, made, id, now=clock.now())
    begun = Office(house, made, clock)
    begun.save(*map(person, (ANN, ANNE, ANNA, BOB, BEA, CAT)))
    begun.save(owed(ANN, "1"), owed(ANNE, "1"), owed(BOB, "2"), owed(BEA, "3"), owed(CAT, "4"))
    yield begun
    house.database.close()


def person(ref: Ref, **more: Any) -> Customer:
    emails = (EmailAddress(f"{ref.id}@{ref.connection}.example"),)
    return Customer(ref, f"{ref.id} of {ref.connection}", MONDAY, emails=emails, kind=CustomerKind.BUSINESS, **more)


def owed(of: Ref, id: str, due_on: date = date(2026, 2, 20), **more: Any) -> Invoice:
    told = {"number": f"{of.connection}-{id}", "customer": of, "due_on": due_on, "issued_on": date(2026, 1, 20)}
    return changed(invoice(1), ref=Ref(of.connection, Kind.INVOICE, id), changed_at=MONDAY, **(told | more))


def took(ref: Ref, id: str, on: date, **more: Any) -> Payment:
    money = payment(1, 10_000, received_on=on)
    return changed(money, ref=Ref(ref.connection, Kind.PAYMENT, id), customer=ref, reference="", **more)


def settled(one: Invoice) -> Invoice:
    return changed(one, open=gbp(0), paid=one.total, status=InvoiceStatus.PAID, changed_at=MONDAY + timedelta(days=3))


def test_who_was_one_and_what_was_paid_elsewhere_comes_out_as_it_was_then(office: Office) -> None:
    same = _found_and_confirmed(office)
    kept_on = today_of(office.house, office.business) + timedelta(days=1)
    _capped_and_ended(office, same)
    house, business = office.house, office.business
    today = today_of(house, business)
    with house.database.read() as tx:
        rules = {one.rule for one in verdicts(tx, business)}

    report = replay(house, business, Question(MONDAY.date(), today))

    assert report.reproduced is not None
    assert report.reproduced.examples == ()
    assert report.reproduced.verdicts >= 30
    assert report.run.policy == "base to v1"
    assert {"mirror", "mirror_paid", "mirror_undecided", "payment_not_in_books", "daily_cap"} <= rules, rules
    _by_the_policy_of_the_day(office, Question(kept_on, today, ONE_A_DAY))
    _without_the_past_of_a_pair_it_would_not(office, today)


def _by_the_policy_of_the_day(office: Office, since_then: Question) -> None:
    """Where the other policy is the one that held, the two say the same."""
    same = replay(office.house, office.business, since_then)

    assert same.run.policy == "v1"
    assert max(count for _, count in same.run.per_day) == 1
    assert same.difference is not None
    assert (same.difference.more, same.difference.first_on) == (0, None)


def _found_and_confirmed(office: Office) -> Same:
    """Ann is one over all three, pays over the counter, and gets one message; a sale stands in two books."""
    office.morning()
    same, also = office.propose(ANN, ANNE), office.propose(ANN, ANNA)
    mirror = office.propose(owed(BOB, "2").ref, owed(BEA, "3").ref)
    office.plan()
    office.answer(same, SameState.CONFIRMED, ANN)
    (ann,) = [one for one in office.morning() if one.case.debtor == "c1/ann"]
    assert {line.invoice.ref.connection for line in ann.decision.candidate.lines} == {LEDGER, SHOP}  # type: ignore[union-attr]
    office.answer(also, SameState.CONFIRMED, ANN)
    office.save(took(ANNA, "p1", office.clock.at.date()))
    assert "c1/ann" not in {one.case.debtor for one in office.plan() if one.decision.candidate}
    office.morning()
    office.save(took(ANN, "p2", office.clock.at.date()))
    assert "c1/ann" in {one.case.debtor for one in office.plan() if one.decision.candidate}
    answer_plan(office.house, office.business, by="Robin")
    office.tell(ann)
    office.plan()
    office.morning()
    office.answer(mirror, SameState.CONFIRMED, owed(BOB, "2").ref)
    office.plan()
    office.save(settled(owed(BEA, "3")), took(BEA, "p3", office.clock.at.date()))
    return same


def _capped_and_ended(office: Office, same: Same) -> None:
    """One message a day and no more; Ann is two again, Bea becomes Cat, the till and the shop are left."""
    office.morning()
    policies.keep(office.house, office.business, ONE_A_DAY, by="Robin")
    office.save(owed(CAT, "5", date(2026, 3, 1)), owed(ANNE, "6", date(2026, 3, 2)), owed(BOB, "7", date(2026, 3, 3)))
    office.plan()
    office.morning()
    office.answer(same, SameState.REFUSED)
    merged = Gone(BEA, MONDAY + timedelta(days=6), became=CAT)
    office.save(changed(owed(CAT, "3"), customer=CAT), gone=merged)
    office.plan()
    office.clock.at += timedelta(days=2)
    cat = next(one for one in office.morning() if one.decision.candidate)
    office.tell(cat)
    office.plan()
    with office.house.database.write() as tx:
        disconnect(tx, office.business, TILL)
    office.plan()
    office.morning(TILL)
    with office.house.database.write() as tx:
        disconnect(tx, office.business, SHOP)
    office.morning(TILL, SHOP)


def _without_the_past_of_a_pair_it_would_not(office: Office, today: date) -> None:
    with office.house.database.write() as tx:
        tx.execute(tables.same_past.delete())

    report = replay(office.house, office.business, Question(MONDAY.date(), today))

    assert report.reproduced is not None
    assert report.reproduced.strayed > 0
