"""The schema arrives once, equals what the code says, and never goes backwards."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from storage.database import Database, Tx
from storage.errors import NewerSchema
from storage.schema import MIGRATIONS, schema, upgrade
from storage.tables import metadata

Open = Callable[[str], Database]


def test_an_empty_database_is_brought_up_to_date_once(empty_url: str, opened: Open) -> None:
    database = opened(empty_url)
    assert not schema(database).ready
    assert upgrade(database)
    assert not upgrade(database)
    assert schema(database).ready


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(empty_url: str, opened: Open) -> None:
    database = opened(empty_url)
    upgrade(database)
    with database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_names_and_rules_are_the_same_as_those_the_metadata_would_make(empty_url: str, opened: Open) -> None:
    """What Alembic does not compare: primary keys, uniqueness, defaults and foreign keys by name."""
    database = opened(empty_url)
    upgrade(database)
    with database.write() as tx:
        migrated = _shape(tx)
        tx.execute(text("DROP TABLE alembic_version"))
        metadata.drop_all(tx)
        metadata.create_all(tx)
        assert _shape(tx) == migrated


def _shape(tx: Tx) -> dict[str, object]:
    found = inspect(tx)
    return {
        table: (
            {column["name"]: (column["nullable"], column["default"]) for column in found.get_columns(table)},
            found.get_pk_constraint(table),
            sorted(str(key) for key in found.get_foreign_keys(table)),
            sorted(str(one) for one in found.get_unique_constraints(table)),
            sorted(map(_index, found.get_indexes(table))),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def _index(index: Any) -> str:
    where = [str(option) for name, option in index.get("dialect_options", {}).items() if name.endswith("_where")]
    return f"{index['name']} {index['column_names']} {index['unique']} {where}"


def test_a_newer_schema_is_refused_in_one_sentence(empty_url: str, opened: Open) -> None:
    database = opened(empty_url)
    upgrade(database)
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match="made by a newer Duewell"):
        upgrade(database)
    with pytest.raises(NewerSchema, match="9999"):
        schema(database)


STARTER = """
import sys
from storage.database import Database, Tx
from storage.schema import upgrade
database = Database.open(sys.argv[1])
print(upgrade(database))
"""


def test_every_migration_is_in_a_file_of_its_name() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    newest_first = [(one.revision, Path(one.path).stem[:5]) for one in script.walk_revisions()]
    assert [name for _, name in newest_first] == [f"v{revision}" for revision, _ in newest_first]
    assert newest_first == sorted(newest_first, reverse=True)


def test_only_who_has_something_to_migrate_imports_alembic(empty_url: str) -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", f"{STARTER}print('alembic' in sys.modules)", empty_url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert told == [["True", "True"], ["False", "False"]]


def test_processes_starting_at_once_upgrade_once(empty_url: str) -> None:
    starters = [
        subprocess.Popen([sys.executable, "-c", STARTER, empty_url], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = sorted(starter.communicate(timeout=60)[0].strip() for starter in starters)
    assert answers == ["False", "True"]


def test_a_failing_migration_leaves_nothing_behind(empty_url: str, opened: Open) -> None:
    database = opened(empty_url)
    with database.write() as tx:
        tx.execute(text("CREATE TABLE said (id TEXT)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(database)
    with database.read() as tx:
        assert inspect(tx).get_table_names() == ["said"]
