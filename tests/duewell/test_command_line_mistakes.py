"""Wrong input at the command line: one clear sentence, the documented exit code, and nothing lost."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.faults import Fault
from tests.duewell.terminal import Terminal, run


def picture(terminal: Terminal) -> object:
    """What a reader of the installation sees; a mistake must leave it as it was."""
    findings = terminal("doctor", "--json").json
    rows = terminal.done("plan", "--json").json["plan"]["rows"]
    return findings, [(row["number"], row["open"], row["say"]) for row in rows]


MISTAKES = [
    (("plan", "--business", "Nobody"), "", "there is no business 'Nobody'; there are: Acme Ltd"),
    (("sync", "--business", "Nobody"), "", "there is no business 'Nobody'"),
    (("send", "--business", "Nobody", "--yes"), "", "there is no business 'Nobody'"),
    (("explain", "X-1", "--business", "Nobody"), "", "there is no business 'Nobody'"),
    (("disconnect", "stripe", "--business", "Nobody", "--yes"), "", "there is no business 'Nobody'"),
    (("sync", "Harbour"), "", "there is no connection 'Harbour'; connected: Northwind Cloud ("),
    (("disconnect", "Harbour", "--yes"), "", "there is no connection 'Harbour'; connected: Northwind Cloud ("),
    (("disconnect", "", "--yes"), "", "say which connection"),
    (("connect", "sage"), "", "there is no platform 'sage'; there are quickbooks, stripe, xero"),
    (("connect", "stripe", "--time-zone", "Mars/Olympus"), "", "'Mars/Olympus' is not a time zone"),
    (("connect", "stripe", "--client-credentials"), "", "custom connections, not for stripe"),
    (("connect", "stripe", "--role", "shop"), "", "'shop' is not one of"),
    (("explain", "NOPE-1"), "", "there is no invoice 'NOPE-1' in Acme Ltd"),
    (("send", "--json"), "", "--json needs --yes"),
    (("init", "--business", "  "), "", "the business needs a name"),
    (("init", "--business", "Acme Ltd", "--time-zone", "London"), "", "'London' is not a time zone"),
    (("--config", "not.toml", "plan"), "", "there is no configuration file not.toml"),
    (("--config", "data", "plan"), "", "is a folder"),
    (("--config", "bad.toml", "plan"), "", "bad.toml cannot be read: Invalid value (at line 1"),
    (("--config", "bad.toml", "db", "upgrade"), "", "bad.toml cannot be read: Invalid value (at line 1"),
    (("remind",), "", "No such command 'remind'"),
    (("sandbox", "--customers", "0"), "", "0 is not in the range"),
    (("sandbox", "--start", "soon"), "", "'soon' does not match the formats"),
]


def test_wrong_use_is_said_in_a_sentence_and_changes_nothing(settled: Terminal) -> None:
    (settled.folder / "bad.toml").write_text("a = = b\n", encoding="utf-8")
    before = picture(settled)

    for words, typed, sentence in MISTAKES:
        told = settled(*words, typed=typed)
        assert sentence in told.error, words
        assert (told.code, told.out) == (2, ""), words

    assert picture(settled) == before


WRONG_KEYS = [
    ("rk_test_0000000000000000", "Stripe does not accept this key"),
    ("sk_live_0000000000000000", "this is a standard secret key"),
    ("pk_live_0000000000000000", "this is a publishable key"),
    ("open sesame", "this is not a restricted key"),
    ("", "no key was given"),
]


def test_a_wrong_key_is_refused_with_the_reason_and_the_old_connection_goes_on(settled: Terminal) -> None:
    before = picture(settled)

    for key, sentence in WRONG_KEYS:
        told = settled("connect", "stripe", typed=f"{key}\n")
        assert sentence in told.error
        assert told.code == 1
        assert not key or key not in told.out + told.err

    assert picture(settled) == before
    assert settled.done("sync", "--json").json[0]["agrees"] is True


def test_nobody_at_the_keyboard_is_not_taken_for_a_yes(settled: Terminal) -> None:
    before = picture(settled)

    for words in (("connect", "stripe"), ("disconnect", "stripe"), ("send", "--odd")):
        told = settled(*words)
        assert told.code == 2
        assert "Stopped; nothing was changed by this." in told.err

    assert picture(settled) == before
    assert not settled.sandbox.mailbox.mails()


def test_without_a_business_every_command_says_what_comes_first(terminal: Terminal) -> None:
    for words in (("plan",), ("sync",), ("send", "--yes"), ("explain", "X-1"), ("disconnect", "stripe", "--yes")):
        told = terminal(*words)
        assert told.error == "there is no business yet; run `duewell init` first"
        assert told.code == 2


def test_several_businesses_have_to_be_told_apart(settled: Terminal) -> None:
    settled.move(hours=1)
    settled.done("init", "--business", "Birch Ltd")

    assert settled("plan").error == "say which business with --business: Acme Ltd, Birch Ltd"
    assert settled.done("plan", "--business", "Acme Ltd", "--json").json["plan"]["rows"]
    assert "nothing is connected to Birch Ltd yet" in settled("sync", "--business", "Birch Ltd").error


def test_a_short_password_is_refused_and_the_old_one_stays(settled: Terminal) -> None:
    told = settled("init", "--business", "Acme Ltd", DUEWELL_OWNER_PASSWORD="short")

    assert (told.code, told.error) == (2, "the password needs at least 12 characters")


def test_a_platform_out_of_reach_ends_with_three_and_says_so_again_in_doctor(settled: Terminal) -> None:
    settled.sandbox.book.add(Fault("stripe", "429_day", times=50))

    told = settled("sync")
    looked = settled("doctor", "--json")

    assert told.code == 3
    assert told.out.startswith("Northwind Cloud: not read. ")
    assert looked.code == 1
    assert [one["what"] for one in looked.json if one["level"] == "wrong"] == ["Acme Ltd / Northwind Cloud"]
    settled.sandbox.book.clear()
    settled.move(days=1, hours=1)
    settled.done("sync")
    settled.done("doctor")


def test_messages_that_could_not_go_end_with_their_own_codes_and_go_later(settled: Terminal) -> None:
    settled.sandbox.book.add(Fault("stripe", "429_day", times=500))
    unread = settled("send", "--yes", "--odd")
    settled.sandbox.book.clear()
    assert (unread.code, "Not sent: " in unread.out) == (3, True)

    settled.move(days=1)
    settled.done("sync")
    without = settled("send", "--yes", "--odd", DUEWELL_MAIL__HOST="")
    assert (without.code, "No mail server is set up" in without.out) == (1, True)

    settled.sandbox.mailbox.answers.append("550")
    refused = settled("send", "--yes", "--odd")
    assert (refused.code, "a person should look" in refused.out) == (1, True)
    assert settled.sandbox.mailbox.mails(), "the others went"


def test_a_key_file_that_does_not_open_what_is_stored_is_found_and_spoils_nothing(settled: Terminal) -> None:
    file = settled.folder / "data" / "secret.key"
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    for lost in (settled("doctor"), settled("sync")):
        assert lost.code == 2
        assert "key file data/secret.key is missing" in lost.error
    assert not file.exists()
    for stranger in ("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=\n", "garbage\n"):
        file.write_text(stranger, encoding="utf-8")
        file.chmod(0o600)
        looked = settled("doctor")
        assert (looked.code, "WRONG Key file: data/secret.key: " in looked.out) == (1, True)
        assert settled("sync").code == 2
        assert "key" in settled("keys", "rotate").error

    file.write_text(kept, encoding="utf-8")
    file.chmod(0o600)
    settled.done("doctor")
    assert settled.done("sync", "--json").json[0]["agrees"] is True


def test_a_key_that_others_can_read_is_wrong(settled: Terminal) -> None:
    file = settled.folder / "data" / "secret.key"
    file.chmod(0o644)

    looked = settled("doctor")

    assert looked.code == 1
    assert f"WRONG Key file: others can read {file.relative_to(settled.folder)}; chmod 600 it" in looked.out


def test_doctor_knows_a_platform_nobody_has_and_mail_in_the_open(settled: Terminal) -> None:
    environ = {"DUEWELL_PLATFORMS__XERRO__CLIENT_ID": "a", "DUEWELL_MAIL__HOST": "mail.example"}

    looked = settled("doctor", **environ)

    assert looked.code == 1
    assert "WRONG Platforms: the settings name xerro; known are quickbooks, stripe, xero" in looked.out
    assert "WRONG Mail: mail to mail.example would travel in the open" in looked.out


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DUEWELL_DATA", "taken/data", "taken/data cannot be used (Not a directory)"),
        ("DUEWELL_SECRET_KEY_FILE", "taken/secret.key", "cannot be used"),
        ("DUEWELL_DATABASE", "mysql://a/b", "'mysql' is not a database Duewell knows"),
        ("DUEWELL_DATABASE", "postgresql://robin:hush@127.0.0.1:1/b", "'b' at 127.0.0.1 cannot be reached"),
        ("DUEWELL_DATABASE", "sqlite:///nowhere/a.db", "does not exist"),
        ("DUEWELL_DATABASE", "sqlite:///taken", "cannot be reached: file is not a database"),
        ("DUEWELL_SANDBOX_CONTROL", "http://a.example", "this machine"),
    ],
)
def test_an_installation_that_cannot_be_opened_says_why(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    (tmp_path / "taken").write_text("this is text and no database", encoding="utf-8")

    told = run(tmp_path, "doctor", **{name: value})

    assert sentence in told.error
    assert told.code == 2
    assert "hush" not in told.err
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "this is text and no database"


def test_a_database_that_cannot_be_made_is_named_by_upgrade_too(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()

    told = run(tmp_path, "db", "upgrade", DUEWELL_DATA="taken/data")

    assert (told.code, "taken/data cannot be used" in told.error) == (2, True)


def test_a_second_sandbox_says_that_the_ports_are_taken(tmp_path: Path) -> None:
    with socket.socket() as mine:
        with suppress(OSError):  # somebody else has it: taken it is
            mine.bind(("127.0.0.1", 8700))
            mine.listen()
        told = run(tmp_path, "sandbox", "--customers", "1", "--invoices", "1")

    assert told.code == 2
    assert "the ports 8700, 8701, 8702, 8703, 8704, 8725, 8743 cannot all be had (Address already in use)" in told.error


def test_an_address_that_is_taken_is_named(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = terminal("serve", "--no-jobs", DUEWELL_WEB__LISTEN=f"127.0.0.1:{port}")

    assert told.code == 2
    assert f"web.listen '127.0.0.1:{port}' cannot be listened on" in told.error
    assert "is not host:port" in terminal("serve", DUEWELL_WEB__LISTEN="here").error
