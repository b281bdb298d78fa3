"""`duewell replay`, as a person types it."""

from tests.duewell.terminal import Terminal


def test_the_last_ninety_days_and_another_policy_beside_them(settled: Terminal) -> None:
    (settled.folder / "new.toml").write_text("[manners]\ngap_days = 25\n", encoding="utf-8")

    shown = settled("replay", "--policy", "new.toml")
    told = settled("replay", "--policy", "new.toml", "--json").json

    assert shown.code in (0, 1)
    assert "By the policy in force (base)" in shown.out
    assert "They are reconstructed from the dates of the records" in " ".join(shown.out.split())
    assert f"{told['run']['messages']} messages on {told['days']} business days" in shown.out
    assert told["other"]["messages"] - told["run"]["messages"] == told["difference"]["more"] < 0
    assert told["reconstructed_days"]
    assert shown.code == (1 if told["run"]["wrong"] else 0)


def test_days_and_files_that_make_no_sense_are_wrong_use(settled: Terminal) -> None:
    (settled.folder / "bad.toml").write_text("[manners]\ngap_dais = 25\n", encoding="utf-8")
    (settled.folder / "picture.png").write_bytes(b"\x89PNG\xff")

    for words, said in (
        (("--policy", "bad.toml"), "The other policy has a mistake. "),
        (("--policy", "picture.png"), "not plain text"),
        (("--from", "2026-03-09", "--to", "2026-03-01"), "turn them round"),
        (("--to", "2099-01-01"), "still to come"),
        (("--from", "tomorrow"), "does not match the format"),
    ):
        wrong = settled("replay", *words)
        assert wrong.code == 2, words
        assert said in " ".join(wrong.err.split()), wrong.err
