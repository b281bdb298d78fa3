"""Sums and lists agree with the records they are made of, now and at any earlier instant."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from receivables.money import Money
from receivables.records import InvoiceStatus, Kind, PaymentStatus
from storage.books import (
    NetOpen,
    OpenSum,
    chargebacks,
    counts,
    credits_of,
    customers,
    invoices,
    net_open_by_customer,
    open_by_invoice,
    open_refs,
    open_sums,
    other_entries,
    payments,
    record,
)
from storage.cases import CaseMaterial, case_material
from storage.connections import NewConnection, Role, connect, disconnect, pulled
from storage.database import Database
from tests.storage.amber import (
    BUSINESS,
    CONNECTION,
    LONG_AGO,
    NOW,
    chargeback,
    credit,
    customer,
    everything,
    gbp,
    gone,
    invoice,
    other_entry,
    payment,
    ref,
    save,
)

TODAY = NOW.date()
DAY = timedelta(days=1)


def ids(found: Iterable[object]) -> list[str]:
    return [one.ref.id for one in found]  # type: ignore[attr-defined]


def test_lists_by_business_connection_and_customer(database: Database) -> None:
    save(database, customer(1), customer(2), invoice(1), invoice(2, of=2), invoice(3, 0), payment(1), payment(2, of=2))
    save(database, credit(1), credit(2, of=2), chargeback(1), other_entry(1), other_entry(2, of=2))
    second = [ref(Kind.CUSTOMER, 2)]
    with database.read() as tx:
        assert ids(customers(tx, BUSINESS)) == ["1", "2"]
        assert ids(invoices(tx, BUSINESS, CONNECTION)) == ["1", "2", "3"]
        assert ids(invoices(tx, BUSINESS, open_only=True)) == ["1", "2"]
        assert ids(invoices(tx, BUSINESS, customers=second)) == ["2"]
        assert ids(payments(tx, BUSINESS, customers=second)) == ["2"]
        assert ids(credits_of(tx, BUSINESS, customers=second)) == ["2"]
        assert ids(other_entries(tx, BUSINESS, customers=second)) == ["2"]
        assert ids(invoices(tx, BUSINESS, customers=[])) == []
        assert ids(chargebacks(tx, BUSINESS)) == ["1"]
        assert ids(invoices(tx, "somebody else")) == []
        assert ids(invoices(tx, BUSINESS, "c9")) == []
        assert record(tx, "somebody else", ref(Kind.INVOICE, 1)) is None


def test_a_long_list_streams(database: Database) -> None:
    save(database, *(invoice(one) for one in range(1200)))
    with database.read() as tx:
        assert sum(1 for _ in invoices(tx, BUSINESS)) == 1200


def test_open_invoices_by_id_and_amount(database: Database) -> None:
    void = replace(invoice(4), status=InvoiceStatus.VOID)
    written_off = replace(invoice(5, 700), status=InvoiceStatus.UNCOLLECTIBLE)
    save(database, invoice(1), invoice(2), invoice(3, 0), void, written_off, gone=(gone(Kind.INVOICE, 2),))
    with database.read() as tx:
        assert open_refs(tx, BUSINESS, CONNECTION) == [ref(Kind.INVOICE, 1), ref(Kind.INVOICE, 5)]
        assert open_by_invoice(tx, BUSINESS, CONNECTION) == {
            ref(Kind.INVOICE, 1): gbp(10_000),
            ref(Kind.INVOICE, 5): gbp(700),
        }
        assert counts(tx, BUSINESS, CONNECTION)[Kind.INVOICE] == 4


def test_aging_is_by_days_past_due(database: Database) -> None:
    due = [None, TODAY, TODAY - DAY, TODAY - 30 * DAY, TODAY - 31 * DAY, TODAY - 90 * DAY, TODAY - 91 * DAY]
    bills = [invoice(at, 10**at, due_on=on) for at, on in enumerate(due)]
    yen = invoice(9, due_on=TODAY - DAY, total=Money(5, "JPY"), open=Money(5, "JPY"))
    save(database, *bills, yen)
    with database.read() as tx:
        pounds, yens = open_sums(tx, BUSINESS, on=TODAY)
        assert open_sums(tx, BUSINESS, on=TODAY, connection="c9") == []
    assert pounds == OpenSum(
        "GBP", 7, gbp(1_111_111), gbp(1_111_100), 5, gbp(11), gbp(1_100), gbp(10_000), gbp(100_000), gbp(1_000_000)
    )
    assert (yens.currency, yens.overdue, yens.invoices) == ("JPY", Money(5, "JPY"), 1)


def test_sums_are_over_the_books_that_are_connected(database: Database) -> None:
    with database.write() as tx:
        connect(tx, BUSINESS, NewConnection("stripe", "acct", "g", role=Role.TILL, id="till"), now=NOW)
    save(database, invoice())
    with database.write() as tx:
        assert len(open_sums(tx, BUSINESS, on=TODAY)) == 1
        disconnect(tx, BUSINESS, CONNECTION)
        assert open_sums(tx, BUSINESS, on=TODAY) == []


def test_a_customers_net_position(database: Database) -> None:
    later = date(2026, 4, 1)
    bounced = replace(payment(3, unapplied=77), status=PaymentStatus.RETURNED)
    nobodys = replace(payment(4, unapplied=50), customer=None)
    void = replace(credit(2, 88), status=InvoiceStatus.VOID)
    save(database, invoice(1, 4_000), invoice(2, 600, issued_on=later), payment(1, unapplied=500), bounced, nobodys)
    save(database, payment(2, unapplied=30, received_on=later), credit(1, 200), void, other_entry(1, -70))
    with database.read() as tx:
        found = net_open_by_customer(tx, BUSINESS, CONNECTION, after=TODAY)
    who = ref(Kind.CUSTOMER, 1)
    nobody = NetOpen(None, "GBP", gbp(0), gbp(50), gbp(0), gbp(0), gbp(0))
    assert found == [nobody, NetOpen(who, "GBP", gbp(4_600), gbp(530), gbp(200), gbp(-70), gbp(570))]
    assert found[1].net == gbp(3_800)


def case(database: Database, *, hours: float | None = None) -> CaseMaterial:
    as_of = None if hours is None else NOW + timedelta(hours=hours)
    with database.read() as tx:
        return case_material(tx, BUSINESS, [ref(Kind.CUSTOMER, 1)], as_of=as_of)


def test_a_case_has_all_of_a_customers_records(database: Database) -> None:
    wanted = everything()
    save(database, *wanted, customer(2), invoice(2, of=2), payment(2, of=2), chargeback(2, payment=2))
    found = case(database)
    assert (found.customers, found.invoices, found.payments) == ((wanted[0],), (wanted[1],), (wanted[2],))
    assert (found.credits, found.chargebacks, found.other_entries) == ((wanted[3],), (wanted[4],), (wanted[5],))
    assert not found.reconstructed


@pytest.fixture
def told(database: Database) -> Database:
    """Pulled at 0 h; half paid and seen at 2 h; deleted and seen at 4 h; back, but of another customer, at 6 h."""
    save(database, customer(), customer(2), invoice())
    with database.write() as tx:
        pulled(tx, BUSINESS, CONNECTION, now=NOW)
    half = invoice(1, 5_000, changed_at=LONG_AGO + DAY)
    save(database, half, now=NOW + timedelta(hours=2))
    save(database, gone=(gone(Kind.INVOICE, 1, LONG_AGO + 2 * DAY),), now=NOW + timedelta(hours=4))
    back = invoice(1, 5_000, of=2, changed_at=LONG_AGO + 3 * DAY)
    save(database, back, now=NOW + timedelta(hours=6))
    return database


@pytest.mark.parametrize(
    ("hours", "open_minor", "reconstructed"),
    [
        (0, [10_000], False),
        (1.9, [10_000], False),
        (2, [5_000], False),
        (3.9, [5_000], False),
        (4, [], False),
        (5.9, [], False),
        (6, [], False),
        (None, [], False),
        (-48, [10_000], True),
    ],
)
def test_a_case_as_of_any_instant(
    told: Database, hours: float | None, open_minor: list[int], reconstructed: bool
) -> None:
    found = case(told, hours=hours)
    assert [one.open.minor for one in found.invoices] == open_minor
    assert found.reconstructed is reconstructed


def test_before_the_first_pull_is_done_every_past_is_reconstructed(database: Database) -> None:
    save(database, customer(), invoice())
    found = case(database, hours=-1)
    assert found.reconstructed
    assert ids(found.invoices) == ["1"]
    assert not case(database).reconstructed


def test_money_that_is_left_is_of_the_customers_that_were_asked_for_and_nobody_else(database: Database) -> None:
    pending = replace(payment(2, of=2), status=PaymentStatus.PENDING, unapplied=gbp(0))
    save(database, customer(), customer(2), payment(1, of=1), pending)

    with database.read() as tx:
        of_one = list(payments(tx, BUSINESS, CONNECTION, customers=[ref(Kind.CUSTOMER, 1)], left=True))
        of_two = list(payments(tx, BUSINESS, CONNECTION, customers=[ref(Kind.CUSTOMER, 2)], left=True))
        strangers = list(payments(tx, "somebody else", CONNECTION, left=True))

    assert [one.ref.id for one in of_two] == ["2"]
    assert all(one.customer == ref(Kind.CUSTOMER, 1) for one in of_one)
    assert strangers == []
