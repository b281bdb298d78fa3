"""`duewell policy`: a whole story at the terminal, with every mistake on its line."""

from pathlib import Path

from tests.duewell.terminal import Told, run

BAD = '[manners]\ngap_day = 4\nminimum = "-1"\n\n[[steps]]\nname = "invoice-again"\ntone = "firm"\n'
GOOD = '# Ours\n[[steps]]\nname = "just-due"\ndays = 2\n'
ODD = '[manners]\nopens_at = "16:30"\n'


def test_a_policy_is_checked_imported_shown_and_exported(tmp_path: Path) -> None:
    def say(*words: str, typed: str = "") -> Told:
        return run(tmp_path, "policy", *words, typed=typed)

    (tmp_path / "bad.toml").write_text(BAD, encoding="utf-8")
    (tmp_path / "good.toml").write_bytes(GOOD.replace("\n", "\r\n").encode())
    before = say("check", "bad.toml")
    assert before.code == 2
    assert before.out.splitlines() == [
        "bad.toml:2: mistake: There is no setting “gap_day” here. Did you mean “gap_days”?",
        'bad.toml:3: mistake: minimum is below zero (-1). Write 0 or more, as in minimum = "5.00".',
        (
            "bad.toml:7: mistake: “invoice-again” is mailed by the platform in its standard text, one invoice only, so"
            ' tone has no effect. Remove tone, or choose channel = "mail".'
        ),
        "3 to mend.",
    ]
    assert run(tmp_path, "init", "--business", "Acme").code == 0

    nothing = say("import", "bad.toml")
    assert (nothing.code, nothing.error) == (2, "nothing was imported; mend the file and try again")
    assert "bad.toml:2: mistake:" in nothing.err
    assert "Nothing was changed yet" in say("history").out
    odd = say("check", "-", "--json", typed=ODD)
    assert (odd.code, odd.json["good"], odd.json["findings"][0]["line"]) == (1, True, 2)
    taken = say("import", "good.toml", "--note", "A day of grace")
    assert taken.out.splitlines() == [
        "From now on “v1” holds.",
        "- “just-due”: 2 days after the due date instead of 1 day after the due date.",
    ]
    assert say("export").out == GOOD
    again = say("import", "-", typed=GOOD)
    assert again.error == "This is what version 1 says already. Nothing was changed."
    (version,) = say("history", "--json").json
    assert (version["version"], version["note"]) == (1, "A day of grace")
    assert version["by"].endswith("(command line)")
    assert "2 days after the due date: a friendly e-mail, “just due”." in say("words").out


def test_what_holds_is_read_back(tmp_path: Path) -> None:
    assert run(tmp_path, "init", "--business", "Acme").code == 0

    shown = run(tmp_path, "policy", "show")
    assert "Policy base: the one that comes with Duewell" in shown.out
    assert "invoice-again" in shown.out
    told = run(tmp_path, "policy", "show", "--json").json
    assert (told["version"], told["last"], told["policy"]["manners"]["minimum"]) == ("base", None, "5.00")
    days = run(tmp_path, "policy", "calendar")
    assert "The invoice is due." in days.out
    assert "usual terms: 30 days" in days.out
    whole = run(tmp_path, "policy", "export").out
    assert run(tmp_path, "policy", "check", "-", typed=whole).out == "It may hold.\n"
    assert "nobody has told on which days the platform reminds" in run(tmp_path, "policy", "propose").error
    stranger = run(tmp_path, "policy", "words", "--customer", "Nobody")
    assert (stranger.code, stranger.error.startswith("There is no customer 'Nobody' here.")) == (2, True)
    (tmp_path / "photo").write_bytes(b"\xff\xfe\x00")
    assert "no text in UTF-8" in run(tmp_path, "policy", "check", "photo").error
