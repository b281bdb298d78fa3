"""config.example.toml lists every setting once, says what it means, and changes nothing."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from collector.policy import DEFAULT
from collector.wording.writing import known_letters
from duewell.config import App, Settings, StepSetting, load
from duewell.ruling import policy_of
from integrations.registry import slugs

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
HEAD = re.compile(r"\[+(?P<name>[\w.]+)\]+")
LINE = re.compile(r"(?P<name>\w+) = ")
EMPTY = {"steps", "platforms"}


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration file lies about."""
    monkeypatch.chdir(tmp_path)


def names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every setting's full name; tables of their own are opened."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from names(kind, f"{before}{name}.")
        elif f"{before}{name}" not in EMPTY:
            yield f"{before}{name}"


def expected() -> set[str]:
    platforms = {name for slug in slugs() for name in names(App, f"platforms.{slug}.")}
    return {*names(Settings), *platforms, *names(StepSetting, "steps.")}


def explained(text: str) -> dict[str, str]:
    """Each setting that stands in the text, with the comment right above it where it first stands."""
    found: dict[str, str] = {}
    section, comment = "", ""
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            section, comment = f"{head['name']}.", ""
        elif line.startswith("#"):
            comment += line.removeprefix("#").strip() + " "
        elif setting := LINE.match(line):
            found.setdefault(section + setting["name"], comment.strip())
            comment = ""
        else:
            comment = ""
    return found


def without_comment(text: str) -> set[str]:
    """Settings nobody explains. One platform's and one step's comments speak for all of them."""
    said = {name: comment for name, comment in explained(text).items() if comment}
    kinds = {name.rpartition(".")[2] for name in said if name.startswith("platforms.")}
    return {
        name
        for name in explained(text)
        if name not in said and not (name.startswith("platforms.") and name.rpartition(".")[2] in kinds)
    }


def test_every_setting_stands_there_and_nothing_else() -> None:
    assert set(explained(TEXT)) == expected()


def test_every_setting_is_explained_in_a_sentence() -> None:
    assert without_comment(TEXT) == set()
    assert all(comment.endswith(".") for comment in explained(TEXT).values() if comment)


@pytest.mark.parametrize("name", sorted(names(Settings)))
def test_a_setting_left_out_or_unexplained_would_be_noticed(name: str) -> None:
    comment = explained(TEXT)[name]
    last = comment.rpartition(". ")[2]
    key = name.rpartition(".")[2]
    lines = TEXT.splitlines()

    left_out = "\n".join(line for line in lines if not line.startswith(f"{key} = "))
    bare = "\n".join("" if line.startswith("#") and line.endswith(last[-20:]) else line for line in lines)

    assert set(explained(left_out)) != expected()
    assert name in without_comment(bare)


def test_every_value_is_the_default() -> None:
    read, plain = load(EXAMPLE, {}), load(environ={})

    assert read.platforms == {slug: App() for slug in slugs()}
    assert read.model_dump(exclude=EMPTY) == plain.model_dump(exclude=EMPTY)
    assert policy_of(read) == policy_of(plain) == DEFAULT


def test_another_value_would_be_noticed(tmp_path: Path) -> None:
    changed = tmp_path / "changed.toml"
    changed.write_text(TEXT.replace("gap_days = 4", "gap_days = 5"), encoding="utf-8")

    assert load(changed, {}).manners != load(environ={}).manners


def test_the_wordings_it_names_are_those_that_are_there() -> None:
    comment = explained(TEXT)["steps.letter"]

    assert set(re.findall(r"\w+_\w+", comment)) == known_letters()
    assert {step["letter"] for step in tomllib.loads(TEXT)["steps"]} <= known_letters()
