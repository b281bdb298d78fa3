"""The door: short transactions, one view, clear sentences, and no secrets in them."""

import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from storage import tables
from storage.columns import Instant
from storage.database import PATIENCE, Database
from storage.errors import BadAddress, Unreachable
from storage.settings import set_setting, setting
from tests.conftest import Postgres
from tests.storage.amber import NOW

Open = Callable[[str], Database]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not a URL"),
        ("duewell.db", "not a URL"),
        ("mysql://me:secret@host/db", "'mysql' is not a database Duewell knows"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////nowhere/at/all.db", "the folder for the SQLite file /nowhere/at/all.db does not exist"),
    ],
)
def test_a_bad_address_is_told_in_one_sentence(url: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says) as caught:
        Database.open(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(Unreachable, match=r"PostgreSQL database 'books' at .* cannot be reached") as caught:
        Database.open("postgresql://me:hunter2@127.0.0.1:1/books?connect_timeout=2")
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear sir, this is no database at all. " * 100)
    with pytest.raises(Unreachable, match="file is not a database"):
        Database.open(f"sqlite:///{tmp_path / 'letter.db'}")


def test_sqlite_is_set_up_to_be_durable(tmp_path: Path, opened: Callable[[str], Database]) -> None:
    with opened(f"sqlite:///{tmp_path / 'own.db'}").read() as tx:
        found = {name: tx.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS}
    assert found == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000, "foreign_keys": 1}


def test_what_raises_is_undone(database: Database) -> None:
    def writes_and_raises() -> None:
        with database.write() as tx:
            set_setting(tx, "", "colour", "amber")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        writes_and_raises()
    with database.read() as tx:
        assert setting(tx, "", "colour", "none") == "none"


def test_writing_while_reading_is_refused(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-only|readonly"), database.read() as tx:
        set_setting(tx, "", "colour", "amber")
    with database.write() as tx:
        set_setting(tx, "", "colour", "amber")


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as reader:
        assert setting(reader, "", "colour") == ""
        with database.write() as tx:
            set_setting(tx, "", "colour", "amber")
        assert setting(reader, "", "colour") == ""
    with database.read() as reader:
        assert setting(reader, "", "colour") == "amber"


def test_errors_quote_no_row(database: Database) -> None:
    person = {"id": "o1", "name": "Ann", "email": "ann@secret.test", "password_hash": "h", "created_at": NOW}
    with database.write() as tx:
        tx.execute(insert(tables.person), [person])
    with pytest.raises(IntegrityError) as caught, database.write() as tx:
        tx.execute(insert(tables.person), [person | {"id": "o2"}])
    assert "secret.test" not in f"{caught.value} {caught.value.orig} {caught.value.__cause__!r}"
    with pytest.raises(IntegrityError) as nulls, database.write() as tx:
        tx.execute(insert(tables.person), [person | {"id": "o3", "email": "bob@secret.test", "created_at": None}])
    assert "secret.test" not in f"{nulls.value} {nulls.value.orig} {nulls.value.__cause__!r}"


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        NOW.replace(microsecond=123_457),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 10, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_instants_come_back_exactly(database: Database, instant: datetime) -> None:
    with database.write() as tx:
        tx.execute(insert(tables.lease), [{"name": "n", "holder": "h", "until": instant}])
        assert tx.execute(tables.lease.select()).one().until == instant


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 3, 10, 12, 0)  # noqa: DTZ001
    with pytest.raises(StatementError, match="must be aware UTC"), database.write() as tx:
        tx.execute(insert(tables.lease), [{"name": "n", "holder": "h", "until": naive}])
    assert Instant().process_bind_param(None, None) is None  # type: ignore[arg-type]


WRITER = """
import sys
from storage.database import Database
from storage.settings import set_setting
database = Database.open(sys.argv[1])
for number in range(60):
    with database.write() as tx:
        set_setting(tx, sys.argv[2], str(number), "x")
"""


def test_two_processes_write_to_one_database(database: Database, url: str) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, name]) for name in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM setting")).scalar() == 120


def test_the_file_is_for_its_owner(tmp_path: Path, opened: Open) -> None:
    """It holds customers' names: nobody else on the machine may read it."""
    path = tmp_path / "own.db"
    opened(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


CARELESS = "options=-csynchronous_commit%3Doff"


@pytest.mark.parametrize(("asked", "given"), [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")])
def test_a_server_that_confirms_before_it_is_sure_is_told_to_wait(
    postgres: Postgres, opened: Open, asked: str, given: str
) -> None:
    """And stays so after a rollback and a return to the pool; whoever asks for more than that gets it."""
    careless = opened(with_words(postgres.address(), CARELESS.replace("off", asked)))
    for _ in range(2):
        with pytest.raises(RuntimeError), careless.write():
            raise RuntimeError
        with careless.write() as tx:
            assert tx.execute(text("SHOW synchronous_commit")).scalar() == given


def test_what_a_server_must_not_do_is_named(postgres: Postgres, opened: Open, tmp_path: Path) -> None:
    assert opened(postgres.address()).careless() == ["fsync = off"]
    assert opened(f"sqlite:///{tmp_path / 'own.db'}").careless() == []


def test_a_dead_server_is_not_waited_for_for_ever(postgres: Postgres, opened: Open) -> None:
    def told(words: str) -> dict[str, str]:
        with opened(with_words(postgres.address(), words)).read() as tx:
            line = tx.connection.dbapi_connection
            assert isinstance(line, psycopg.Connection)
            return {name: value for name, value in line.info.get_parameters().items() if name in PATIENCE}

    usual = {name: str(value) for name, value in PATIENCE.items()}
    assert told("") == usual
    assert told("connect_timeout=3&tcp_user_timeout=5") == usual | {"connect_timeout": "3", "tcp_user_timeout": "5"}


def with_words(url: str, words: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{words}" if words else url
