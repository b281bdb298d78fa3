"""The house keeps its own rules: sizes, names, docs and locks."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("receivables", "integrations", "storage", "sync", "collector", "webhooks", "sandbox", "duewell", "bench")
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
BANNED = {"utils", "helpers", "manager", "base", "common"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_functions_are_short() -> None:
    lengths = {name: size for path in CODE for name, size in functions(path)}
    ordered = sorted(lengths.values())

    assert not {name: size for name, size in lengths.items() if size > 50}
    assert statistics.median(ordered) <= 8
    assert ordered[int(len(ordered) * 0.9)] <= 25


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in CODE}

    assert not {name: size for name, size in lengths.items() if size > 500}
    assert sum(size <= 300 for size in lengths.values()) >= 0.8 * len(lengths)


def test_every_module_says_what_it_is_for() -> None:
    assert [path for path in CODE if not ast.get_docstring(parsed(path))] == []
    assert [path for path in CODE if BANNED & set(path.stem.split("_"))] == []


def test_no_package_file_lies_below_tests() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_tests_patch_nothing_by_dotted_path() -> None:
    word = re.compile(r"mock\.patch|mocker\.patch|monkeypatch\.setattr\(\s*['\"]")
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__):
            assert not word.search(path.read_text(encoding="utf-8")), path


def test_every_platform_folder_has_the_same_files_and_a_twin() -> None:
    folders = [path for path in (ROOT / "integrations").iterdir() if (path / "__init__.py").exists()]

    assert len(folders) >= 3
    for folder in folders:
        for name in ("platform.py", "client.py", "books.py", "mapping.py", "README.md"):
            assert (folder / name).exists(), f"{folder.name} lacks {name}"
        assert (ROOT / "sandbox" / folder.name / "twin.py").exists()


def test_only_a_platforms_client_imports_its_sdk() -> None:
    sdk = re.compile(r"^\s*(?:import|from)\s+(stripe|quickbooks|intuitlib|xero_python)\b", re.MULTILINE)
    for path in CODE:
        if sdk.search(path.read_text(encoding="utf-8")):
            assert path.name == "client.py", path


def test_only_storage_speaks_sql() -> None:
    sql = re.compile(r"^\s*(?:import|from)\s+(sqlalchemy|alembic|sqlite3|psycopg)\b", re.MULTILINE)
    for path in CODE:
        if sql.search(path.read_text(encoding="utf-8")):
            assert path.relative_to(ROOT).parts[0] in ("storage", "bench"), path


def test_nothing_below_the_application_asks_for_the_time() -> None:
    clock = re.compile(r"datetime\.(?:now|today|utcnow)\(|date\.today\(|\btime\.time\(")
    for path in CODE:
        room = path.relative_to(ROOT).parts[0]
        if room not in ("duewell", "sandbox", "bench"):
            assert not clock.search(path.read_text(encoding="utf-8")), path


def test_every_error_of_the_contract_says_what_it_means() -> None:
    from integrations import errors

    for name, found in vars(errors).items():
        if isinstance(found, type) and issubclass(found, Exception):
            assert found.__doc__, name


def test_the_lock_files_hold_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_no_work_is_left_marked_as_to_be_done() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    for path in CODE:
        assert not marks.search(path.read_text(encoding="utf-8")), path


def test_the_layers_hold() -> None:
    result = subprocess.run(["lint-imports"], cwd=ROOT, capture_output=True, text=True, env=_venv())

    assert result.returncode == 0, result.stdout


def _venv() -> dict[str, str]:
    import os
    import sys

    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
