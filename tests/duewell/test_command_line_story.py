"""The command line from the first day to the last, as a person types it and as a machine reads it."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sandbox.server import Sandbox
from tests.duewell.terminal import Terminal, sit_down


def ask(terminal: Terminal, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(terminal.folder / "data" / "duewell.sqlite3")) as plain:
        return plain.execute(question).fetchall()


def rows_to_send(terminal: Terminal) -> list[dict[str, Any]]:
    return [row for row in terminal.done("plan", "--json").json["plan"]["rows"] if row["say"] == "send"]


def state_of(terminal: Terminal, number: str) -> list[str]:
    return [one["state"] for one in terminal.done("explain", number, "--json").json[0]["contacts"]]


def test_from_init_to_disconnect(terminal: Terminal) -> None:
    begun = terminal.done("init", "--business", "Acme Ltd", "--json").json
    connected = terminal.done("connect", "stripe", "--own-reminders", "no", "--json", typed=f"{terminal.stripe_key}\n")
    assert begun["business"]
    assert connected.json == {"connected": ["Northwind Cloud"]}

    read = terminal.done("sync", "--json").json
    assert [(one["label"], one["agrees"], one["trouble"]) for one in read] == [("Northwind Cloud", True, "")]
    assert read[0]["saved"]["new"] > 40

    planned = rows_to_send(terminal)
    assert planned
    assert all(row["reason"].endswith(".") for row in planned)
    assert not terminal.sandbox.mailbox.mails(), "looking at the plan sends nothing"

    sent = terminal.done("send", "--yes", "--odd", "--json").json
    assert {one["outcome"]["state"] for one in sent} == {"sent"}
    assert {one["customer"] for one in sent} == {row["customer"] for row in planned}
    assert state_of(terminal, planned[0]["number"]) == ["sent"]
    assert rows_to_send(terminal) == []
    assert "nothing to send" in terminal.done("send", "--yes").out

    assert "Northwind Cloud is disconnected" in terminal.done("disconnect", "stripe", "--yes").out
    assert state_of(terminal, planned[0]["number"]) == ["sent"], "what was sent stays on record"
    assert "connect" in terminal("sync").error


def test_doctor_finds_nothing_wrong_in_a_good_installation(settled: Terminal) -> None:
    findings = settled.done("doctor", "--json").json

    assert [one for one in findings if one["level"] == "wrong"] == []
    assert {one["what"] for one in findings} >= {"Database", "Key file", "Mail", "People", "Acme Ltd / Northwind Cloud"}


def test_the_database_is_upgraded_once_and_then_left_alone(terminal: Terminal) -> None:
    first = terminal.done("db", "upgrade", "--json").json
    again = terminal.done("db", "upgrade", "--json").json

    assert first == again
    assert first["schema"]


def test_after_new_keys_the_books_are_still_read(settled: Terminal) -> None:
    file = settled.folder / "data" / "secret.key"
    before = file.read_text()

    assert settled.done("keys", "rotate", "--json").json["sealed_again"] >= 1
    assert before.strip() not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert settled.done("sync", "--json").json[0]["agrees"] is True


def test_reading_from_the_start_changes_nothing(terminal: Terminal) -> None:
    terminal.settle()
    saved = terminal.done("sync", "--from-start", "--json").json[0]["saved"]

    assert (saved["new"], saved["changed"], saved["gone"]) == (0, 0, 0)
    assert saved["unchanged"] > 40


def test_init_again_changes_what_is_said_and_nothing_else(settled: Terminal) -> None:
    first = settled.done("init", "--business", "Acme Ltd", "--sender-name", "Robin", "--json").json
    again = settled.done("init", "--business", "Acme Ltd", "--time-zone", "Asia/Tokyo", "--json").json

    assert first == again
    ((told,),) = ask(settled, "SELECT settings FROM business")
    names = {"sender_name": "Robin", "in_name_of": "Robin"}
    assert json.loads(told) == {**names, "operator": "business", "time_zone": "Asia/Tokyo"}


def test_a_business_may_be_made_automatic_and_draft_again(terminal: Terminal) -> None:
    def automatic() -> int:
        return int(ask(terminal, "SELECT automatic FROM business")[0][0])

    terminal.done("init", "--business", "Acme Ltd")
    assert automatic() == 0
    terminal.done("init", "--business", "Acme Ltd", "--automatic")
    assert automatic() == 1
    terminal.done("init", "--business", "Acme Ltd", "--sender-name", "Robin")
    assert automatic() == 1
    terminal.done("init", "--business", "Acme Ltd", "--draft")
    assert automatic() == 0


def test_consent_in_a_browser_and_a_difference_that_a_person_must_look_at(
    sandboxes: Callable[..., Sandbox], tmp_path: Path
) -> None:
    terminal = sit_down(sandboxes(platforms=("quickbooks",), customers=6, invoices=30), tmp_path)
    terminal.done("init", "--business", "Acme Ltd")
    answers = ("--time-zone", "America/Denver", "--own-reminders", "no")

    assert "Cedar Ridge Builders" in terminal.consent("connect", "quickbooks", *answers).out
    assert "The books agree" in terminal.done("sync").out

    customer = next(iter(terminal.sandbox.twins["quickbooks"].truth("cedar")["customers"]))
    terminal.sandbox.act("quickbooks", "journal", business="cedar", customer=customer, amount="12.34")
    told = terminal("sync", "--json")

    assert told.code == 1
    assert told.json[0]["agrees"] is False
    assert len(told.json[0]["differences"]) == 1


def test_a_custom_connection_by_its_own_id_and_secret(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> None:
    terminal = sit_down(sandboxes(platforms=("xero",), customers=4, invoices=20), tmp_path)
    terminal.done("init", "--business", "Acme Ltd")
    own = terminal.sandbox.twins["xero"].credentials()["businesses"]["fenwick"]["custom"]
    typed = f"{own['client_id']}\n{own['client_secret']}\n{own['webhook_secrets'][0]}\n"

    told = terminal.done("connect", "xero", "--client-credentials", typed=typed)

    assert "Fenwick & Sons Joinery" in told.out
    assert own["client_secret"] not in told.out + told.err
    assert terminal.done("sync", "--json").json[0]["agrees"] is True
    assert ask(terminal, "SELECT webhook_secret IS NOT NULL FROM connection") == [(1,)]
