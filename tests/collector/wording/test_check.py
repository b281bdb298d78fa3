"""What is refused when a wording is saved, and in which words."""

import pytest

from collector.wording.check import Wording, check
from collector.wording.languages import LANGUAGES
from collector.wording.source import KINDS, NAMES, shipped


def problems(text: str, letter: str = "first_reminder", language: str = "en") -> str:
    return " ".join(check(Wording(letter, language, text)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", sorted(KINDS))
def test_every_shipped_wording_may_be_saved(letter: str, language: str) -> None:
    assert problems(shipped(letter, language), letter, language) == ""


def test_an_unknown_name_is_named_with_those_there_are() -> None:
    said = problems("Hello\n\nInvoice {{ invoice_number }}.")

    assert said == f"Line 3: invoice_number is not known; known are: {', '.join(NAMES)}."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {{ one }\n\nx", "Line 1 cannot be read"),
        ("Hi\n\n{% if one %}x", "cannot be read"),
        ("Hi\n\n{% for a in numbers %}{{ a }}{% endfor %}", "no other code"),
        ("Hi\n\n{{ ''.__class__ }}", "no other code"),
        ("Hi\n\n{{ 'x' * 99999999 }}", "no other code"),
        ("Hi\n\n{% include 'x' %}", "no other code"),
        ("Hi\n\n{% set company = 'x' %}{{ company }}", "no other code"),
        ("Hi\n\n{{ name | upper }}", "the filter upper is not known; known are: spelled"),
        ("", "The wording is empty"),
        ("   \n ", "The wording is empty"),
        ("Only a subject", "the text below the subject is empty"),
        ("{% if one %}Hi{% endif %}\n\nx", "For 2 invoices the subject, which is the first line, is empty"),
        ("x" * 151 + "\n\nx", "the subject is 151 characters long; at most 150"),
        ("x" * 10_001, "at most 10000 are allowed"),
    ],
)
def test_what_cannot_be_used_is_said(text: str, said: str) -> None:
    assert said in problems(text)


def test_a_subject_of_just_the_right_length_passes() -> None:
    assert problems("x" * 150 + "\n\nx") == ""
    assert problems("x\n" + "y" * 9_998) == ""


def test_a_text_message_that_is_too_long_is_refused() -> None:
    assert "at most 306 fit" in problems("x\n" + "y" * 307, "sms_reminder")
    assert problems("x\n" + "y" * 306, "sms_reminder") == ""


def test_a_credit_policy_needs_sections() -> None:
    assert "each begins with a line such as “# Terms”" in problems("Terms\n\nPay soon.", "credit_policy")
    assert "nothing stands below the heading “Late”" in problems("Terms\n# Late\n\n# More\n\nx", "credit_policy")


def test_strangers_among_letters_and_languages_are_named() -> None:
    assert "There is no letter 'nudge'; there are: new_invoice" in problems("x\n\ny", "nudge")
    assert "There is no language 'pl'; there are: en, de" in problems("x\n\ny", language="pl")


def test_a_threat_is_refused_naming_the_phrase_and_why() -> None:
    said = problems("Reminder\n\nIf you do not pay you will be arrested.")

    assert "arrested" in said
    assert len(said.split(". ")) >= 2
