"""The morning mail in words: short, counted, and only of what there is."""

from duewell.morning_letter import OTHERWISE, WHY, Morning, morning_letter
from receivables.money import Money

LINK = "https://desk.example.com/plan"
BUSY = Morning(
    "Juniper & Sons",
    "GB",
    ready=2,
    sums=(Money(120_050, "GBP"), Money(90_000, "EUR")),
    odd=1,
    held={"promised": 3, "a_new_rule": 1},
    todos=4,
)


def test_each_line_says_what_it_counts() -> None:
    letter = morning_letter("Robin", [BUSY], link=LINK)

    assert letter.subject == "Today: 2 ready, 1 to look at, 4 to do"
    assert "Ready to approve: 2 messages, £1,200.50 and €900.00\n" in letter.text
    assert "To look at first: 1 message\n" in letter.text
    assert f"Held: 4 invoices: 3 because they promised to pay, 1 because {OTHERWISE}\n" in letter.text
    assert "To do today: 4\n" in letter.text
    assert f"\n{LINK}\n" in letter.text
    assert f'href="{LINK}"' in letter.html
    assert "Juniper &amp; Sons" in letter.html


def test_a_quiet_business_is_not_named() -> None:
    letter = morning_letter("Robin", [Morning("Quiet Ltd", held={"promised": 2}), BUSY], link=LINK)

    assert "Quiet Ltd" not in letter.text
    assert not Morning("Quiet Ltd", held={"promised": 2}).calls


def test_what_has_waited_comes_first_and_into_the_subject() -> None:
    one = morning_letter("Robin", [Morning("A", odd=1, unanswered=1)], link=LINK)
    many = morning_letter("Robin", [Morning("A", odd=1, unanswered=1), Morning("B", ready=3, unanswered=2)], link=LINK)

    assert one.subject == "Still waiting for you: 1 message"
    assert "1 message has waited for two working days or longer." in one.text
    assert many.subject == "Still waiting for you: 3 messages"


def test_a_long_list_of_reasons_is_cut() -> None:
    held = dict.fromkeys(list(WHY)[:7], 1)
    letter = morning_letter("Robin", [Morning("A", todos=1, held=held)], link=LINK)

    assert letter.text.count("because") == 4
    assert "3 for other reasons" in letter.text
