"""The plan in the terminal: looked at, approved by name, refused, and the list of old debts."""

from typing import Any

from tests.duewell.terminal import Terminal


def messages(terminal: Terminal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = terminal.done("plan", "--json").json["messages"]
    return found


def test_only_what_was_approved_is_sent(settled: Terminal) -> None:
    first, second, *_ = [one for one in messages(settled) if not one["later"]]
    looked = settled.done("plan").out
    assert "look first" in looked
    assert "duewell plan approve CUSTOMER" in looked
    assert "Nothing is ready to be approved." in settled.done("plan", "approve", "--all", "--yes").out

    approved = settled.done("plan", "approve", first["customer"], "--yes", "--by", "Robin").out
    assert approved == f"The message to {first['customer']} will be sent, at its hour.\n"
    refused = settled.done("plan", "refuse", second["customer"], "--json").json
    assert refused == {"taken": [second["customer"]], "changed": [], "single": []}
    stands = {one["customer"]: (one["standing"], one["answered_by"]) for one in messages(settled)}
    assert stands[first["customer"]] == ("approved", "Robin")
    assert stands[second["customer"]][0] == "refused"

    sent = settled.done("send", "--yes", "--json").json
    assert [one["customer"] for one in sent] == [first["customer"]]
    left = settled.done("send", "--yes")
    assert "There is nothing to send today." in left.out
    assert "should be looked at first" in left.err


def test_what_is_shown_is_asked_about_before_it_goes(settled: Terminal) -> None:
    first = messages(settled)[0]
    asked = settled("plan", "approve", first["customer"], typed="n\n")

    assert asked.code == 2
    assert first["odd"][0] in asked.out
    assert "Let it go?" in asked.out
    assert messages(settled)[0]["standing"] == "waits"


def test_wrong_words_get_one_sentence(settled: Terminal) -> None:
    assert "name one customer, or say --all" in settled("plan", "approve").err
    assert "name one customer, or say --all" in settled("plan", "approve", "Acme", "--all").err
    assert "There is no customer 'Nobody & Co' here." in settled("plan", "refuse", "Nobody & Co").err
    assert "--json needs --yes" in settled("plan", "approve", "--all", "--json").err


def test_the_old_debts_are_a_list_with_a_turn_for_each(settled: Terminal) -> None:
    told = settled.done("plan", "--backlog", "--json").json
    assert told["turns"]
    shown = settled.done("plan", "--backlog").out

    assert "Old debts nobody has written about" in shown
    assert all(turn["customer"].split()[0] in shown for turn in told["turns"])
    assert "Whoever has owed longest comes first" in shown
