"""The group writer: shared commits, separate fates, nothing acknowledged before it is durable."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError

from storage import tables
from storage.database import Database, Tx
from storage.inbox import Arrived, remember, waiting
from storage.settings import set_setting, setting, settings
from storage.writer import GroupWriter, Stopped
from tests.storage.amber import NOW


@pytest.fixture
def writer(database: Database) -> Iterator[GroupWriter]:
    """A running writer, stopped afterwards."""
    writer = GroupWriter(database)
    yield writer
    writer.stop()


def setter(name: str) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        set_setting(tx, "", name, "x")
        return name

    return work


def failing(tx: Tx) -> None:
    set_setting(tx, "", "half done", "x")
    raise RuntimeError("no")


def test_what_is_handed_in_is_written(database: Database, writer: GroupWriter) -> None:
    assert writer.do(setter("a")) == "a"
    with database.read() as tx:
        assert setting(tx, "", "a") == "x"


def test_nobody_is_told_before_the_commit(database: Database, writer: GroupWriter) -> None:
    hold, told = threading.Event(), []
    first = writer.submit(lambda _tx: hold.wait(10))
    event.listen(database.engine, "commit", lambda _connection: told.append(first.done()))
    hold.set()
    assert first.result()
    assert told == [False]


def test_many_threads_share_few_commits(database: Database, writer: GroupWriter) -> None:
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    hold = threading.Event()
    writer.submit(lambda _tx: hold.wait(10))
    with ThreadPoolExecutor(8) as pool:
        handed = [pool.submit(writer.submit, setter(str(one))) for one in range(100)]
        futures: list[Future[str]] = [one.result() for one in handed]
    hold.set()
    assert {future.result() for future in futures} == {str(one) for one in range(100)}
    assert len(commits) <= 3


def test_a_failing_unit_harms_nobody_else(database: Database, writer: GroupWriter) -> None:
    def breaks_a_rule(tx: Tx) -> None:
        tx.execute(insert(tables.setting), [{"business_id": "", "name": "before", "value": "y"}])

    works: list[Callable[[Tx], object]] = [setter("before"), failing, breaks_a_rule, setter("after")]
    futures = [writer.submit(work) for work in works]
    wait(futures)
    assert isinstance(futures[1].exception(), RuntimeError)
    assert isinstance(futures[2].exception(), IntegrityError)
    assert [futures[0].result(), futures[3].result()] == ["before", "after"]
    with database.read() as tx:
        assert settings(tx, "") == {"after": "x", "before": "x"}


def test_a_failing_commit_is_told_to_everybody_and_the_writer_lives(database: Database, writer: GroupWriter) -> None:
    hold = threading.Event()
    writer.submit(lambda _tx: hold.wait(10))

    def breaks_the_connection(tx: Tx) -> None:
        tx.connection.close()

    works: list[Callable[[Tx], object]] = [setter("a"), breaks_the_connection, setter("b")]
    futures = [writer.submit(work) for work in works]
    hold.set()
    assert all(future.exception(10) is not None for future in futures)
    assert writer.do(setter("c")) == "c"
    with database.read() as tx:
        assert settings(tx, "") == {"c": "x"}


def test_stopping_writes_what_was_handed_in(database: Database) -> None:
    writer = GroupWriter(database)
    futures = [writer.submit(setter(str(one))) for one in range(50)]
    writer.stop()
    writer.stop()
    assert all(future.done() for future in futures)
    with database.read() as tx:
        assert len(settings(tx, "")) == 50
    with pytest.raises(Stopped):
        writer.submit(setter("late"))


def test_a_cancelled_unit_is_left_out(database: Database, writer: GroupWriter) -> None:
    hold = threading.Event()
    writer.submit(lambda _tx: hold.wait(10))
    cancelled, kept = writer.submit(setter("a")), writer.submit(setter("b"))
    assert cancelled.cancel()
    hold.set()
    assert kept.result() == "b"
    with database.read() as tx:
        assert settings(tx, "") == {"b": "x"}


def test_deliveries_of_eight_threads_are_kept_once(database: Database, writer: GroupWriter) -> None:
    def deliver(number: int) -> bool:
        arrived = Arrived("xero", f"e{number % 40}", b"{}")
        return writer.do(lambda tx: remember(tx, arrived, now=NOW))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(deliver, range(120))) == 40
    with database.read() as tx:
        assert waiting(tx) == (40, NOW)
