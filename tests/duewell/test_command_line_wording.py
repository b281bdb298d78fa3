"""Wordings, bank details, credit policy and statements, as a person types them."""

from datetime import timedelta
from pathlib import Path

from tests.duewell.terminal import Terminal


def put(terminal: Terminal, name: str, text: str) -> str:
    (terminal.folder / name).write_text(text, encoding="utf-8")
    return name


def test_a_wording_is_tried_checked_saved_and_given_back(settled: Terminal) -> None:
    good = put(settled, "good.txt", "Invoice {{ numbers }}\n\nHi {{ name }},\n\n{{ totals }} is still open.\n")
    bad = put(settled, "bad.txt", "Invoice {{ invoice_number }}\n\nHi.\n")

    refused = settled("wording", "check", "first_reminder", bad)
    assert refused.code == 1
    assert "Line 1: invoice_number is not known; known are: company, count, customer" in refused.out
    assert "invoice_number is not known" in settled("wording", "set", "first_reminder", bad).error

    assert "still open" in settled.done("wording", "preview", "first_reminder", "--file", good).out
    assert settled.done("wording", "set", "first_reminder", good, "--json").json == {"version": 1}
    listed = settled.done("wording", "list", "--json").json
    assert next(one for one in listed if one["letter"] == "first_reminder")["version"] == 1
    assert "Hi {{ name }}" in settled.done("wording", "show", "first_reminder").out

    assert settled.done("wording", "back", "first_reminder", "0", "--json").json == {"version": 2}
    assert "shipped" in settled.done("wording", "show", "first_reminder").out


def test_a_test_goes_to_oneself_and_is_no_contact(settled: Terminal) -> None:
    settled.done(
        "people", "add", "kim@acme.example", "--name", "Kim", DUEWELL_PERSON_PASSWORD="a-long-password-for-kim"
    )

    assert "kim@acme.example" in settled.done("wording", "test", "just_due", "--to", "kim@acme.example").out
    assert "say with --to" in settled("wording", "test", "just_due", "--to", "a@stranger.example").err
    mails = settled.sandbox.mailbox.mails()
    assert len(mails) == 1
    assert "[Test]" in str(mails[0])
    explained = settled.done("plan", "--json").json["plan"]["rows"]
    assert explained


def test_bank_details_are_printed_logged_and_told_to_owners(settled: Terminal) -> None:
    kim = ("kim@acme.example", "--name", "Kim", "--role", "owner")
    settled.done("people", "add", *kim, DUEWELL_PERSON_PASSWORD="a-long-password-for-kim")
    wrong = settled("wording", "bank", "--line", "Acme Ltd", "--line", "IBAN DE02 1203 0000 0000 2020 52")
    assert "does not add up" in wrong.error

    done = settled.done(
        "wording", "bank", "--line", "Acme Ltd", "--line", "IBAN DE02 1203 0000 0000 2020 51", "--first"
    )
    assert "changed" in done.out
    shown = settled.done("wording", "bank", "--json").json
    assert shown["bank"]["first"] is True
    assert "2020 51" not in str(shown["changes"])
    assert "20 51" not in done.err
    (notice,) = [str(mail) for mail in settled.sandbox.mailbox.mails() if "kim@acme.example" in str(mail)]
    assert "bank details" in notice
    assert "2020 51" not in notice
    preview = settled.done("wording", "preview", "first_reminder").out
    assert preview.index("IBAN DE02 1203 0000 0000 2020 51") < preview.index("https://")


def test_a_statement_on_the_screen_and_as_pdf(settled: Terminal) -> None:
    name = settled.done("plan", "--all", "--json").json["plan"]["rows"][0]["customer"]

    assert "Statement of account" in settled.done("statement", name).out
    activity = settled.done("statement", name, "--activity", "--from", "2024-01-01", "--json").json
    for sheet in activity["sheets"]:
        assert sheet["closing"]
    settled.done("statement", name, "--pdf", "out.pdf")
    assert (settled.folder / "out.pdf").read_bytes().startswith(b"%PDF")
    assert "There is no customer" in settled("statement", "nobody at all").error
    assert "--activity" in settled("statement", name, "--from", "2024-01-01").err


def test_the_credit_policy_is_made_ones_own_and_accepted(settled: Terminal) -> None:
    assert "proposal" in settled.done("wording", "credit-policy").out
    text = put(settled, "policy.txt", "Terms of {{ company }}\n# Payment\n\nWithin 14 days.\n")
    settled.done("wording", "set", "credit_policy", text)

    shown = settled.done("wording", "credit-policy", "--pdf", "policy.pdf").out
    assert "Version 1; it goes only on command." in shown
    assert Path(settled.folder / "policy.pdf").read_bytes().startswith(b"%PDF")
    name = settled.done("plan", "--all", "--json").json["plan"]["rows"][0]["customer"]
    settled.done("policy", "import", put(settled, "mine.toml", "[manners]\nsend_credit_policy = true\n"))
    assert "Version 1; it goes with a customer's first invoice." in settled.done("wording", "credit-policy").out
    assert "version 1 was accepted" in settled.done("wording", "credit-policy", "--accepted-by", name).out


def test_a_statement_and_the_credit_policy_are_mailed_on_command(settled: Terminal) -> None:
    settled.sandbox.move(timedelta(hours=3))
    rows = settled.done("plan", "--all", "--json").json["plan"]["rows"]
    first, second, *_ = dict.fromkeys(row["customer"] for row in rows)
    settled.done("wording", "set", "credit_policy", put(settled, "p.txt", "Terms\n# Payment\n\nWithin 14 days.\n"))

    assert "The statement went out." in settled.done("statement", first, "--send").out
    assert "Version 1 of the credit policy went out." in settled.done("wording", "credit-policy", "--send", second).out
    assert len(settled.sandbox.mailbox.mails()) == 2
    again = settled("statement", first, "--send")
    assert (again.code, "already dealt with" in again.error) == (1, True)
    assert "leave out --activity" in settled("statement", first, "--send", "--activity").err
