"""Every version of some customers' records: what was known from when until when."""

from datetime import timedelta

from receivables.records import Customer, Invoice, Kind
from storage.database import Database
from storage.versions import Version, moved, owners, versions
from tests.storage.amber import BUSINESS, CONNECTION, NOW, customer, gone, invoice, save

LATER, LAST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


def found(database: Database, *customers: str) -> list[Version[Invoice]]:
    with database.read() as tx:
        return versions(tx, BUSINESS, CONNECTION, Invoice, customers=customers)


def test_a_version_holds_until_the_next_was_seen(database: Database) -> None:
    save(database, customer(), invoice(open_minor=10_000))
    save(database, invoice(open_minor=4_000, changed_at=NOW), now=LATER)

    first, second = found(database, "1")

    assert (first.record.open.minor, first.seen_from, first.seen_until) == (10_000, NOW, LATER)
    assert (second.record.open.minor, second.seen_from, second.seen_until) == (4_000, LATER, None)
    assert [one.known(NOW) for one in (first, second)] == [True, False]
    assert [one.known(LATER) for one in (first, second)] == [False, True]
    assert not first.known(NOW - timedelta(seconds=1))


def test_what_is_gone_was_known_until_then(database: Database) -> None:
    save(database, customer(), invoice())
    save(database, gone=(gone(Kind.INVOICE, 1, LATER),), now=LATER)

    (only,) = found(database, "1")

    assert (only.seen_from, only.seen_until) == (NOW, LATER)


def test_what_moved_is_found_with_both_and_nobody_elses_is(database: Database) -> None:
    save(database, customer(1), customer(2), customer(3), invoice(1, of=1), invoice(2, of=3))
    save(database, invoice(1, of=2, changed_at=NOW), now=LAST)

    assert [one.record.customer.id for one in found(database, "1", "2")] == ["1", "2"]
    assert [one.seen_until for one in found(database, "1")] == [LAST]
    assert found(database) == []
    with database.read() as tx:
        assert moved(tx, BUSINESS, CONNECTION) == [("1", "2")]
        assert owners(tx, BUSINESS, CONNECTION) == ["1", "2", "3"]
        assert len(versions(tx, BUSINESS, CONNECTION, Customer)) == 3
        assert versions(tx, "b2", CONNECTION, Customer) == []
