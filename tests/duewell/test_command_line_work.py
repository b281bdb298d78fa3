"""Writing down, and the to-dos, from the terminal."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.duewell.terminal import Terminal


def someone_who_owes(terminal: Terminal) -> dict[str, Any]:
    rows = terminal.done("plan", "--json").json["plan"]["rows"]
    found: dict[str, Any] = next(row for row in rows if row["days_late"] > 0)
    return found


def test_a_promise_and_a_dispute_are_recorded_listed_and_ended(settled: Terminal) -> None:
    row = someone_who_owes(settled)
    promised = settled.done("promise", row["customer"], "in 10 days", "--invoice", row["number"], "--by", "Robin")
    assert promised.out.startswith("Written down: promised to pay by")

    boss = ("--what", "contact-person", "--is", "escalation", "--address", "jo@boss.test")
    assert (
        "the escalation contact is jo@boss.test"
        in settled.done("note", row["customer"], "Jo", *boss, "--by", "Robin").out
    )
    disputed = settled.done(
        "dispute", row["number"], "--amount", "1", "--reason", "wrong-price", "--by", "Robin", "--json"
    ).json
    assert disputed["said"]["reason"] == "wrong_price"
    assert "objected" in settled.done("note", row["customer"], "By letter", "--what", "objection", "--by", "Robin").out
    settled.done("note", row["customer"], "They", "moved", "--what", "call", "--theirs", "--by", "Robin")
    settled.done("hold", row["customer"], "--until", "friday", "--why", "as agreed", "--by", "Robin")
    listed = settled.done("note", row["customer"], "--json").json
    assert sorted(one["what"].split()[0] for one in listed) == ["Disputes", "Objected", "On", "Promised", "The", "They"]
    assert {one["by"] for one in listed} == {"Robin"}

    settled.done("note", "--end", disputed["id"], "--by", "Kim")
    ended = [one for one in settled.done("note", row["customer"], "--json").json if one["state"]]
    assert [(one["id"], one["state"]) for one in ended] == [(disputed["id"], "ended by Kim")]
    settled.done("note", "--bank-entered", "yesterday")


def test_what_was_typed_wrong_is_one_sentence_and_changes_nothing(settled: Terminal) -> None:
    row = someone_who_owes(settled)
    for words, sentence in (
        (("promise", "Nobody & Sons", "friday"), "There is no customer 'Nobody & Sons' here."),
        (("promise", row["customer"], "yesterday"), "A promise cannot end in the past"),
        (("promise", row["customer"], "soon"), "is no day; write it like 2026-12-01, friday, or in 10 days."),
        (("dispute", "no-such-number"), "There is no customer 'no-such-number' here."),
        (("dispute", row["number"], "--reason", "mood"), "Why do they not pay? One of: wrong_price"),
        (("hold",), "say which CUSTOMER"),
        (
            ("note", row["customer"], "--what", "contact-person", "--is", "boss"),
            "Which e-mail address does the contact",
        ),
        (
            ("note", row["customer"], "--what", "contact-person", "--is", "boss", "--address", "jo@ann.test"),
            "What is this person to the customer? One of: accounts, primary, escalation, not 'boss'.",
        ),
        (("note", row["customer"], "--what", "lawyer"), "Please name the lawyer."),
        (("todo", "done", "nothing"), "There is no open to-do 'nothing'; `duewell todo list` shows them."),
    ):
        told = settled(*words)
        assert told.code == 2, told
        assert sentence in told.error, told
    assert settled.done("note", row["customer"], "--json").json == []


def test_the_to_dos_of_a_terminal(settled: Terminal) -> None:
    assert "There is nothing to do." in settled.done("todo").out
    with closing(sqlite3.connect(settled.folder / "data" / "duewell.sqlite3")) as plain:
        plain.execute(
            'INSERT INTO todo (business_id, id, "key", kind, title, due_on, state, "at")'
            " SELECT id, 'abcdef0123', 'last_step:x', 'last_step', 'Decide what follows', '2026-03-01', 'open', 0"
            " FROM business"
        )
        plain.commit()

    assert "Decide what follows" in settled.done("todo", "list").out
    assert "It comes back on" in settled.done("todo", "snooze", "abcdef", "in 1 week").out
    assert settled.done("todo", "list", "--json").json == []
    assert [one["id"] for one in settled.done("todo", "list", "--all", "--json").json] == ["abcdef0123"]
    assert settled.done("todo", "assign", "abcdef", "--json").json["assigned_to"] == ""
    assert "Nobody here is called 'Zed'" in settled("todo", "assign", "abcdef", "Zed").error
    assert settled.done("todo", "done", "abcdef").out.strip() == "Done."
    assert settled.done("todo", "list", "--all", "--json").json == []
