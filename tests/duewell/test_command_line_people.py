"""`duewell people` and what `duewell init` asks, at a terminal without any platform."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.duewell.terminal import PASSWORD, Told, run

THEIRS = "her very own password"


class Here:
    """One installation in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "duewell.toml").write_text('data = "data"\n', encoding="utf-8")

    def __call__(self, *words: str, **environ: str) -> Told:
        return run(self.folder, *words, **environ)

    def done(self, *words: str, **environ: str) -> Told:
        told = self(*words, **environ)
        assert told.code == 0, told
        assert THEIRS not in told.out + told.err
        return told


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_people_are_added_changed_and_removed(here: Here) -> None:
    here.done("init", "--business", "Acme Ltd", "--email", "Ann@x.example", "--name", "Ann Lee")
    added = here.done(
        *("people", "add", "kim@x.example", "--name", "Kim", "--role", "bookkeeper", "--json"),
        DUEWELL_PERSON_PASSWORD=THEIRS,
    )
    listed = here.done("people", "list", "--json").json

    assert added.json["role"] == "bookkeeper"
    assert listed == [
        {"name": "Ann Lee", "email": "ann@x.example", "business": "Acme Ltd", "role": "owner"},
        {"name": "Kim", "email": "kim@x.example", "business": "Acme Ltd", "role": "bookkeeper"},
    ]
    given = here.done("people", "give", "KIM@x.example", "owner").out
    assert given == "Kim is now an owner at Acme Ltd.\n"
    assert (
        "The password of Kim is changed"
        in here.done("people", "password", "kim@x.example", DUEWELL_PERSON_PASSWORD=THEIRS).out
    )
    here.done("init", "--business", "Birch Ltd", "--email", "ann@x.example")
    assert (
        here.done("people", "take", "ann@x.example", "--business", "Acme Ltd").out
        == "Ann Lee has no role at Acme Ltd any more.\n"
    )
    assert "Kim is the only owner of Acme Ltd" in here("people", "remove", "kim@x.example", "--yes").error
    here.done("people", "give", "ann@x.example", "owner", "--business", "Acme Ltd")
    assert here.done("people", "remove", "kim@x.example", "--yes", "--json").json == {"removed": "kim@x.example"}
    assert [line.split()[-3:] for line in here.done("people", "list").out.splitlines()[1:]] == [
        ["Acme", "Ltd", "owner"],
        ["Birch", "Ltd", "owner"],
    ]


def test_mistakes_are_one_sentence_and_change_nothing(here: Here) -> None:
    here.done("init", "--business", "Acme Ltd")
    for words, environ, sentence in (
        (("add", "kim"), {}, "“kim” is not an e-mail address; write it like ann@example.com"),
        (("add", "kim@x.example"), {"DUEWELL_PERSON_PASSWORD": "short"}, "the password needs at least 12 characters"),
        (("give", "kim@x.example", "owner"), {}, "nobody signs in with 'kim@x.example'"),
        (("take", "owner"), {}, "Owner is the only owner of Acme Ltd; make somebody else an owner first."),
        (("give", "owner", "viewer"), {}, "Owner is the only owner of Acme Ltd; make somebody else an owner first."),
        (("list", "--business", "Birch"), {}, "there is no business 'Birch'; there are: Acme Ltd"),
    ):
        told = here("people", *words, **environ)
        assert told.code == 2, told
        assert sentence in told.error
    assert len(here.done("people", "list", "--json").json) == 1


def test_a_person_at_a_terminal_is_asked_what_was_not_said(here: Here) -> None:
    script = Path(sys.executable).parent / "duewell"
    environ = {**os.environ, "DUEWELL_OWNER_PASSWORD": PASSWORD}
    ours, theirs = pty.openpty()
    os.write(ours, b"Acme Ltd\nAnn Lee\nann@x.example\n\nagency\n")
    told = subprocess.run([script, "init"], cwd=here.folder, env=environ, stdin=theirs, capture_output=True, text=True)
    for end in (ours, theirs):
        os.close(end)

    assert told.returncode == 0, told.stderr
    assert "In whose name messages go [Acme Ltd]:" in told.stdout
    said = {one["what"]: one["said"] for one in here.done("doctor", "--json").json}
    assert said["Acme Ltd"] == "messages go in the name of Acme Ltd; it is run by an agency"
    listed = here.done("people", "list", "--json").json
    assert [(one["name"], one["email"], one["role"]) for one in listed] == [("Ann Lee", "ann@x.example", "owner")]


def test_init_says_who_operates_and_in_whose_name(here: Here) -> None:
    here.done("init", "--business", "Acme Ltd", "--sender-name", "Robin", "--operator", "agency")
    said = {one["what"]: one["said"] for one in here.done("doctor", "--json").json}

    assert said["People"] == "1 person signs in; `duewell people list` shows who may do what"
    assert said["Acme Ltd"] == "messages go in the name of Robin; it is run by an agency"
    here.done("init", "--business", "Acme Ltd", "--email", "ann@x.example", "--operator", "bookkeeper")
    said = {one["what"]: one["said"] for one in here.done("doctor", "--json").json}
    assert said["Acme Ltd"] == "messages go in the name of Robin; it is run by its bookkeeper"
    assert [one["email"] for one in here.done("people", "list", "--json").json] == ["ann@x.example"]
    assert "not an e-mail address" in here("init", "--business", "Acme Ltd", "--email", "ann").error
    assert PASSWORD not in said.values()
