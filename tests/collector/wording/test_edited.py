"""A message in a person's own words: held to the same rules as every wording, and the rest of it stays ours."""

from dataclasses import replace

from collector.approving import approve, digest
from collector.decide import decide
from collector.judgement import Message
from collector.policy import DEFAULT
from collector.wording.edited import Edit, edit_of, kept, own_words, problems, tidy
from collector.wording.writing import words_of, write
from tests.collector.cases_at_hand import NOW, case

KIND = Edit("A word about your invoice", "Dear Ann,\n\nshall we speak about {{ numbers }}?")


def of_today() -> Message:
    message = decide(case(), DEFAULT, NOW).message
    assert message is not None
    return message


def test_only_subject_and_opening_are_theirs() -> None:
    message, ours = of_today(), case()
    plain = write(message, ours, sender="Robin", pay_urls={})
    edited = write(message, ours, sender="Robin", pay_urls={}, own=own_words(message, ours, KIND))

    assert edited.subject == KIND.subject
    assert edited.text.startswith("Dear Ann,\n\nshall we speak about INV-i1?\n\n")
    end = plain.text[plain.text.index("  INV-i1") :]
    assert edited.text.endswith(end)
    assert "Robin" in end
    assert not problems(message, ours, KIND, operator="business")


def test_our_own_words_can_be_put_in_and_change_nothing() -> None:
    message, ours = of_today(), case()
    subject, opening = words_of(message, ours, sender="Robin", pay_urls={})
    same = own_words(message, ours, tidy(subject, opening))

    assert write(message, ours, sender="Robin", pay_urls={}, own=same) == write(
        message, ours, sender="Robin", pay_urls={}
    )


def told(edit: Edit) -> str:
    return " ".join(problems(of_today(), case(), edit, operator="business"))


def test_threats_and_strange_names_are_refused_with_the_reason() -> None:
    assert "legal action" in told(replace_opening("If you do not pay today we will take legal action."))
    assert "sum_of_all is not known; known are: " in told(replace_opening("You owe {{ sum_of_all }}."))
    assert "cannot be read" in told(replace_opening("You owe {{ numbers."))


def replace_opening(text: str) -> Edit:
    return Edit(KIND.subject, text)


def test_nothing_may_be_missing_or_too_long() -> None:
    assert told(tidy("  ", "Hello")) == "The subject is empty; say in a few words what the message is about."
    assert "The opening is empty" in told(tidy("A word", " \r\n "))
    assert "at most 150 are allowed" in told(tidy("x" * 151, "Hello"))


def test_a_subject_is_one_line_whatever_was_typed() -> None:
    assert tidy("A word\r\nBcc: all@example.com", "Hello\r\n\r\nAnn") == Edit(
        "A word Bcc: all@example.com", "Hello\n\nAnn"
    )


def test_it_is_kept_with_the_approval_of_this_very_message() -> None:
    message = of_today()
    approval = approve(message, by="Robin", at=NOW, edit=kept(KIND))

    assert edit_of(approval.edit) == KIND
    assert edit_of("") is None
    assert own_words(message, case(), None) == {}
    other = replace(message, credits=(message.lines[0].asked,))
    assert digest(other) != approval.digest
