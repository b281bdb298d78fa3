"""A page is saved whole, guarded, with its past and its cursor; what is known is not written again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text

from receivables.money import Money
from receivables.page import Odd, Page
from receivables.records import Invoice, Kind, Record
from storage import tables
from storage.books import customers, invoices, record, records, survivor
from storage.connections import connection
from storage.database import Database, Tx
from storage.errors import UnknownConnection
from storage.oddities import oddities
from storage.pages import Saved, save_page
from tests.storage.amber import (
    BUSINESS,
    CONNECTION,
    LONG_AGO,
    NOW,
    customer,
    everything,
    gbp,
    gone,
    invoice,
    page,
    ref,
    save,
)

HOUR = timedelta(hours=1)


def read(database: Database, kind: Kind = Kind.INVOICE, number: int = 1) -> Record | None:
    with database.read() as tx:
        return record(tx, BUSINESS, ref(kind, number))


def history(database: Database) -> list[tuple[str, bool]]:
    table = tables.history
    with database.read() as tx:
        return [(row.id, row.gone) for row in tx.execute(select(table).order_by(table.c.seen_from, table.c.id))]


def test_every_kind_comes_back_as_it_went_in(database: Database) -> None:
    wanted = everything()
    assert save(database, *wanted) == Saved(new=6)
    with database.read() as tx:
        found = records(tx, BUSINESS, [one.ref for one in wanted])
    assert found == {one.ref: one for one in wanted}


def test_a_page_and_its_cursor_are_one(database: Database) -> None:
    save(database, invoice(), cursor="after-1")

    def saves_and_raises() -> None:
        with database.write() as tx:
            save_page(tx, BUSINESS, CONNECTION, page(invoice(2), cursor="after-2"), now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        saves_and_raises()
    with database.read() as tx:
        known = connection(tx, BUSINESS, CONNECTION)
    assert known is not None
    assert known.cursor is not None
    assert known.cursor.value == "after-1"
    assert read(database, number=2) is None


def test_a_newer_version_replaces_the_older_which_becomes_history(database: Database) -> None:
    save(database, invoice())
    paid = invoice(open_minor=0, changed_at=LONG_AGO + HOUR)
    assert save(database, paid, now=NOW + HOUR) == Saved(changed=1)
    assert read(database) == paid
    assert history(database) == [("1", False)]


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        ((HOUR, 1), (HOUR * 2, 1), "second"),
        ((HOUR * 2, 1), (HOUR, 1), "first"),
        ((HOUR, 2), (HOUR, 1), "first"),
        ((HOUR, 1), (HOUR, 2), "second"),
        ((HOUR, 0), (HOUR, 0), "second"),
    ],
)
def test_the_newer_by_change_then_version_wins_and_of_twins_the_last(
    database: Database, first: tuple[timedelta, int], second: tuple[timedelta, int], wins: str
) -> None:
    """Xero edits some things without bumping the change date: equal instants with other content overwrite."""
    one = invoice(changed_at=LONG_AGO + first[0], version=first[1])
    other = invoice(open_minor=1, changed_at=LONG_AGO + second[0], version=second[1])
    save(database, one)
    assert save(database, other) == (Saved(changed=1) if wins == "second" else Saved(stale=1))
    assert read(database) == (other if wins == "second" else one)


def test_several_versions_on_one_page_leave_the_newest(database: Database) -> None:
    newest = invoice(open_minor=0, changed_at=LONG_AGO + 2 * HOUR)
    save(database, invoice(changed_at=LONG_AGO), newest, invoice(5, changed_at=LONG_AGO + HOUR), invoice(1, 7))
    assert read(database) == newest


def test_a_list_that_carries_the_instant_of_fetching_writes_nothing(database: Database) -> None:
    """Stripe's lists do not say when something changed: changed_at is now, every time."""
    save(database, invoice(changed_at=NOW))
    again = NOW + timedelta(days=1)
    assert save(database, invoice(changed_at=again), now=again) == Saved(unchanged=1)
    kept = read(database)
    assert isinstance(kept, Invoice)
    assert kept.changed_at == NOW


def test_a_straggler_does_not_undo_a_change_that_was_changed_back(database: Database) -> None:
    """A, then B, then A again, and B arrives last: only the noted instant of the second A tells that B is old."""
    save(database, invoice(changed_at=LONG_AGO))
    save(database, invoice(changed_at=LONG_AGO + 2 * HOUR))
    straggler = invoice(open_minor=1, changed_at=LONG_AGO + HOUR)
    assert save(database, straggler) == Saved(stale=1)
    assert read(database) == invoice(changed_at=LONG_AGO + 2 * HOUR)
    assert history(database) == []


def test_a_raised_version_is_noted_even_when_nothing_else_changed(database: Database) -> None:
    save(database, invoice(version=3))
    save(database, invoice(version=5))
    assert save(database, invoice(open_minor=1, version=4)) == Saved(stale=1)


def test_gone_and_back(database: Database) -> None:
    save(database, invoice())
    assert save(database, gone=(gone(Kind.INVOICE, 1, LONG_AGO + HOUR),), now=NOW + HOUR) == Saved(gone=1)
    assert read(database) is None
    assert save(database, invoice(), now=NOW + 2 * HOUR) == Saved(stale=1)
    assert read(database) is None
    back = invoice(changed_at=LONG_AGO + 2 * HOUR)
    assert save(database, back, now=NOW + 3 * HOUR) == Saved(changed=1)
    assert read(database) == back
    assert history(database) == [("1", False), ("1", True)]


def test_what_changed_after_it_was_gone_stays(database: Database) -> None:
    save(database, invoice(changed_at=LONG_AGO + 2 * HOUR))
    assert save(database, gone=(gone(Kind.INVOICE, 1, LONG_AGO + HOUR),)) == Saved(stale=1)
    assert read(database) is not None


def test_gone_before_it_was_ever_seen_keeps_a_straggler_out(database: Database) -> None:
    assert save(database, gone=(gone(Kind.INVOICE, 1, LONG_AGO + HOUR),)) == Saved(gone=1)
    assert save(database, invoice()) == Saved(stale=1)
    assert read(database) is None
    assert save(database, invoice(changed_at=LONG_AGO + 2 * HOUR)) == Saved(new=1)
    assert read(database) is not None


def test_gone_again_says_nothing_new_but_a_merge_is_noted(database: Database) -> None:
    save(database, customer(1), customer(2), customer(3))
    save(database, gone=(gone(Kind.CUSTOMER, 1),))
    assert save(database, gone=(gone(Kind.CUSTOMER, 1),)) == Saved(unchanged=1)
    save(database, gone=(gone(Kind.CUSTOMER, 1, became=2), gone(Kind.CUSTOMER, 2, became=3)))
    save(database, gone=(gone(Kind.CUSTOMER, 1),))
    with database.read() as tx:
        assert survivor(tx, BUSINESS, ref(Kind.CUSTOMER, 1)) == ref(Kind.CUSTOMER, 3)
        assert survivor(tx, BUSINESS, ref(Kind.CUSTOMER, 3)) is None
        assert [one.ref.id for one in customers(tx, BUSINESS)] == ["3"]


def test_odd_records_are_listed_until_they_are_understood(database: Database) -> None:
    odd = (Odd(ref(Kind.INVOICE, 1), "its date cannot be read"), Odd(ref(Kind.PAYMENT, 1), "no amount"))
    assert save(database, invoice(2), odd=odd) == Saved(new=1, odd=2)
    with database.read() as tx:
        assert [one.why for one in oddities(tx, BUSINESS, CONNECTION)] == ["its date cannot be read", "no amount"]
    save(database, invoice(1))
    with database.read() as tx:
        assert [one.ref.kind for one in oddities(tx, BUSINESS, CONNECTION)] == [Kind.PAYMENT]


@pytest.mark.parametrize(
    "misfit",
    [
        invoice(2, total=Money(2**63, "GBP")),
        invoice(2, total=Money(1, "GBPX")),
        invoice(2, version=2**63),
    ],
)
def test_what_no_column_can_hold_is_odd_and_loses_nothing_else(database: Database, misfit: Invoice) -> None:
    assert save(database, invoice(1), misfit, invoice(3), cursor="on") == Saved(new=2, odd=1)
    with database.read() as tx:
        assert len(oddities(tx, BUSINESS, CONNECTION)) == 1


def test_a_nul_in_a_name_survives_in_the_body(database: Database) -> None:
    strange = customer(name='Nul\x00 \u2028 \'quoted\' "changed_at":"x"')
    save(database, strange, replace(invoice(), number="I\x00"))
    assert read(database, Kind.CUSTOMER) == strange


def test_an_unchanged_page_writes_nothing_at_all(database: Database, tmp_path: Path) -> None:
    """Neither rows nor a byte of write-ahead log, whichever way the page comes again."""
    odd = (Odd(ref(Kind.INVOICE, 900), "odd"),)
    dead = (gone(Kind.INVOICE, 901), gone(Kind.CUSTOMER, 902, became=1))
    whole = Page(records=everything(), gone=dead, odd=odd, cursor=page(cursor="here").cursor)
    with database.write() as tx:
        save_page(tx, BUSINESS, CONNECTION, whole, now=NOW)
    log = tmp_path / "duewell.db-wal"
    before = log.read_bytes() if database.sqlite else b""
    for later in (NOW, NOW + timedelta(days=1)):
        with database.write() as tx:
            saved = save_page(tx, BUSINESS, CONNECTION, whole, now=later)
            assert database.sqlite or not wrote(tx)
        assert saved == Saved(unchanged=8, odd=1)
    assert before == (log.read_bytes() if database.sqlite else b"")


def wrote(tx: Tx) -> bool:
    """PostgreSQL numbers a transaction at its first write or row lock, and not before."""
    return tx.execute(text("SELECT pg_current_xact_id_if_assigned()")).scalar() is not None


def test_pages_of_strangers_are_refused(database: Database) -> None:
    with database.write() as tx, pytest.raises(UnknownConnection, match="no connection 'c9'"):
        save_page(tx, BUSINESS, "c9", page(), now=NOW)
    with database.write() as tx, pytest.raises(UnknownConnection):
        save_page(tx, "somebody else", CONNECTION, page(), now=NOW)
    foreign = invoice(1, customer=ref(Kind.CUSTOMER, 1, "c2"), ref=ref(Kind.INVOICE, 1, "c2"))
    with database.write() as tx, pytest.raises(ValueError, match="a record of connection 'c2'"):
        save_page(tx, BUSINESS, CONNECTION, page(foreign), now=NOW)


def test_saves_of_one_connection_wait_for_each_other(database: Database) -> None:
    """Eight at once with eight versions of the same records: no clash, and the newest stays."""
    gate = threading.Barrier(8)

    def pull(number: int) -> Saved:
        versions = [invoice(one, 1000 + number, changed_at=LONG_AGO + number * HOUR) for one in range(50)]
        gate.wait()
        return save(database, *versions, cursor=str(number))

    with ThreadPoolExecutor(8) as pool:
        saved = sum(pool.map(pull, range(8)), Saved())
    assert saved.new == 50
    assert saved.changed + saved.stale == 350
    with database.read() as tx:
        assert {one.open for one in invoices(tx, BUSINESS)} == {gbp(1007)}


def test_twenty_thousand_invoices_are_a_matter_of_seconds(database: Database) -> None:
    """Twenty pages of a thousand, then the same again. Judged by our own CPU: the machine may be busy with others."""
    pages = [[invoice(at * 1000 + one, of=one % 50) for one in range(1000)] for at in range(20)]
    started = time.process_time()
    for records_ in pages:
        assert save(database, *records_) == Saved(new=1000)
    saved = time.process_time()
    for records_ in pages:
        assert save(database, *records_) == Saved(unchanged=1000)
    again = time.process_time()
    with database.read() as tx:
        assert sum(one.open.minor for one in invoices(tx, BUSINESS)) == gbp(10_000 * 20_000).minor
    assert saved - started < 5
    assert again - saved < 3
