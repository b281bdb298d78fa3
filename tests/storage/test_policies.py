"""Versions of policies: only ever added, in force as of an instant, and what the books say of usual terms."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from receivables.records import Invoice, InvoiceStatus, Kind
from storage.actions import Plan, Speaks, claim, plan
from storage.businesses import add_business
from storage.database import Database
from storage.policies import BUSINESS as OWN
from storage.policies import (
    KeptPolicy,
    add_policy,
    policies_in_force,
    policy_version,
    policy_versions,
    scope_of,
    steps_done,
    usual_terms,
)
from tests.storage.amber import BUSINESS, NOW, customer, gbp, invoice, ref, save

FIRST = KeptPolicy(OWN, 1, "[manners]\ngap_days = 5\n", "Too many", "Robin", NOW)
SECOND = replace(FIRST, version=2, document="", by="Kim", at=NOW + timedelta(days=1))
THEIRS = replace(FIRST, scope=scope_of("c1/ann"), at=NOW + timedelta(hours=2))


def test_a_version_is_kept_once_and_never_overwritten(database: Database) -> None:
    with database.write() as tx:
        assert add_policy(tx, BUSINESS, FIRST)
        assert not add_policy(tx, BUSINESS, replace(FIRST, document="other", by="Kim"))
        assert add_policy(tx, BUSINESS, THEIRS)
        assert policy_version(tx, BUSINESS, OWN, 1) == FIRST
        assert policy_version(tx, BUSINESS, OWN, 2) is None
        assert policy_version(tx, "somebody else", OWN, 1) is None


def test_what_is_in_force_now_and_what_was_then(database: Database) -> None:
    with database.write() as tx:
        add_business(tx, "Another", now=NOW, business="b2")
        for one in (FIRST, SECOND, THEIRS):
            add_policy(tx, BUSINESS, one)
        add_policy(tx, "b2", replace(FIRST, version=7))

    with database.read() as tx:
        assert policies_in_force(tx, BUSINESS) == {OWN: SECOND, "customer:c1/ann": THEIRS}
        assert policies_in_force(tx, BUSINESS, as_of=SECOND.at) == {OWN: SECOND, "customer:c1/ann": THEIRS}
        assert policies_in_force(tx, BUSINESS, as_of=NOW + timedelta(hours=3)) == {
            OWN: FIRST,
            "customer:c1/ann": THEIRS,
        }
        assert policies_in_force(tx, BUSINESS, as_of=NOW) == {OWN: FIRST}
        assert policies_in_force(tx, BUSINESS, as_of=NOW - timedelta(seconds=1)) == {}
        assert policy_versions(tx, BUSINESS) == [SECOND, THEIRS, FIRST]
        assert policy_versions(tx, BUSINESS, OWN) == [SECOND, FIRST]
        assert (FIRST.debtor, THEIRS.debtor) == ("", "c1/ann")


def test_for_how_many_invoices_each_step_was_done(database: Database) -> None:
    def speaks(number: int, step: str, occurrence: str = "1") -> Speaks:
        return Speaks(f"{step}{number}{occurrence}", ref(Kind.INVOICE, number), step, occurrence)

    with database.write() as tx:
        for at, rows in enumerate(
            ([speaks(1, "first"), speaks(2, "first")], [speaks(1, "call"), speaks(1, "call", "2")], [speaks(3, "")])
        ):
            plan(tx, BUSINESS, Plan("mail", f"k{at}", f"d{at}"), now=NOW)
            claim(tx, BUSINESS, f"k{at}", by="w", now=NOW, speaks=rows)
        assert steps_done(tx, BUSINESS) == {"call": 1, "first": 2}
        assert steps_done(tx, "somebody else") == {}


def test_the_usual_terms_are_the_commonest_of_what_falls_due_last(database: Database) -> None:
    def owed(number: int, terms: int | None, **more: Any) -> Invoice:
        issued_on = date(2026, 1, 1) + timedelta(days=number)
        due_on = None if terms is None else issued_on + timedelta(days=terms)
        return invoice(number, issued_on=issued_on, due_on=due_on, **more)

    with database.read() as tx:
        assert usual_terms(tx, BUSINESS) is None
    mine = [owed(1, 14), owed(2, 30), owed(3, 30), owed(4, -3), owed(5, None), owed(6, 14), owed(7, 0)]
    paid = [owed(at, 7, open=gbp(0), paid=gbp(10_000), status=InvoiceStatus.PAID) for at in range(10, 15)]
    save(database, customer(), *mine, *paid)
    with database.read() as tx:
        assert usual_terms(tx, BUSINESS) == 14
        assert usual_terms(tx, "somebody else") is None
    save(database, owed(8, 30))
    with database.read() as tx:
        assert usual_terms(tx, BUSINESS) == 30
