"""What may be written down, and the one sentence when it may not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace as with_

from collector.saying import NEEDS_INVOICE, RECORDED, Whom, check
from integrations.errors import Refused
from receivables.money import Money
from receivables.records import Kind
from receivables.said import Said, Saying
from tests.storage.amber import gbp, invoice, ref

TODAY = date(2026, 3, 10)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
ONE, PAID, OTHER = (ref(Kind.INVOICE, number) for number in (1, 2, 9))
DOLLARS = with_(invoice(3), total=Money(700, "USD"), open=Money(700, "USD"))
WHOM = Whom("Amber", (invoice(1, 10_000), invoice(2, 0)), ("a@amber.test", "b@amber.test"))
FITTING: dict[Saying, dict[str, Any]] = {
    Saying.CALL: {"reason": "reached"},
    Saying.NOTE: {"note": "They moved."},
    Saying.PROMISE: {"until_on": TOMORROW},
    Saying.DISPUTE: {"invoice": ONE, "reason": "wrong_price"},
    Saying.RETAINED: {"invoice": ONE, "amount": gbp(500)},
    Saying.OPT_OUT: {"channel": "sms"},
    Saying.WRONG_ADDRESS: {"address": "A@amber.test"},
    Saying.LAWYER: {"address": "law@firm.test", "note": "Ms Lawson"},
    Saying.WAS_SENT: {"invoice": ONE},
    Saying.KIND: {"reason": "consumer"},
    Saying.CONTACT_PERSON: {"reason": "escalation", "address": "boss@amber.test", "note": "Jo Boss"},
    Saying.BANK_ENTERED: {"until_on": YESTERDAY},
}


def said(kind: Saying, **more: Any) -> Said:
    return replace(Said("c1/1", kind, TODAY, **FITTING.get(kind, {})), **more)


def sentence(words: Said, whom: Whom = WHOM) -> str:
    with pytest.raises(Refused) as refused:
        check(words, whom, TODAY)
    return str(refused.value)


@pytest.mark.parametrize("kind", RECORDED)
def test_everything_a_person_may_say_can_be_written_down(kind: Saying) -> None:
    check(said(kind), WHOM, TODAY)


@pytest.mark.parametrize("kind", [one for one in Saying if one not in RECORDED])
def test_what_comes_from_elsewhere_cannot(kind: Saying) -> None:
    assert "cannot be written down by hand; what can: call, mail" in sentence(said(kind))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (said(Saying.PROMISE, until_on=None), "By which day did they promise to pay?"),
        (said(Saying.PROMISE, until_on=YESTERDAY), "A promise cannot end in the past: 9 March 2026 was before today"),
        (said(Saying.HOLD, until_on=YESTERDAY), "cannot end in the past"),
        (said(Saying.HOLD, from_on=TODAY + timedelta(days=9), until_on=TOMORROW), "before it begins on 19 March 2026"),
        (said(Saying.PROMISE, until_on=date(2062, 3, 1)), "is the year right?"),
        (said(Saying.CALL, from_on=TOMORROW), "11 March 2026 has not come yet"),
        (said(Saying.WAS_SENT, from_on=TOMORROW), "has not come yet"),
        (said(Saying.DISPUTE, review_on=YESTERDAY), "The day of review, 9 March 2026, has passed"),
        (said(Saying.BANK_ENTERED, until_on=None), "Up to which day is the bank entered?"),
        (said(Saying.BANK_ENTERED, until_on=TOMORROW), "up to 11 March 2026, which has not come yet"),
        (said(Saying.PROMISE, invoice=OTHER), "Amber has no invoice '9'; theirs are: INV-1."),
        (said(Saying.PROMISE, invoice=PAID), "Nothing is open on invoice INV-2 any more"),
        (said(Saying.RETAINED, amount=None), "How much do they keep back?"),
        (said(Saying.PROMISE, amount=gbp(0)), "more than nothing, not 0.00 GBP"),
        (said(Saying.PROMISE, amount=gbp(10_001)), "100.01 GBP is more than is open for Amber: 100.00 GBP."),
        (said(Saying.DISPUTE, amount=gbp(10_001)), "more than is open on invoice INV-1: 100.00 GBP."),
        (said(Saying.DISPUTE, amount=Money(1, "USD")), "Nothing is open on invoice INV-1 in USD; what is open is 100"),
        (said(Saying.DISPUTE, invoice=None, amount=gbp(1)), "An amount needs the invoice it is a part of."),
        (said(Saying.HOLD, amount=gbp(1)), "An amount says nothing about “hold”; leave it out."),
        (said(Saying.OPT_OUT, channel="pigeon"), "One of: mail, sms, letter, call, not 'pigeon'."),
        (said(Saying.LAWYER, address=""), "Which e-mail address does the lawyer have?"),
        (said(Saying.LAWYER, note=" "), "Please name the lawyer."),
        (said(Saying.LAWYER, address="law at firm"), "Which e-mail address does the lawyer have?"),
        (said(Saying.CONTACT_PERSON, address=""), "Say one, like accounts@example.com."),
        (said(Saying.CONTACT_PERSON, address="a@b.test, c@d.test"), "example.com, not 'a@b.test, c@d.test'."),
        (said(Saying.CONTACT_PERSON, reason=""), "What is this person to the customer? One of: accounts, primary, esc"),
        (said(Saying.CONTACT_PERSON, reason="invoice"), "One of: accounts, primary, escalation, not 'invoice'."),
        (said(Saying.CONTACT_PERSON, note="Jo\nBoss"), "stands only a name, in one line of at most 100 characters."),
        (said(Saying.CONTACT_PERSON, note="x" * 101), "stands only a name"),
        (said(Saying.NOTE, note=""), "A note needs words."),
        (said(Saying.NOTE, note="x" * 4_001), "The words are too long: 4001 characters"),
        (said(Saying.WRONG_ADDRESS, address="c@amber.test"), "The books know of Amber: a@amber.test, b@amber.test."),
        (said(Saying.DISPUTE, reason=""), "Why do they not pay? One of: wrong_price"),
        (said(Saying.DISPUTE, reason="mood"), "not 'mood'"),
        (said(Saying.KIND, reason="robot"), "What is this customer? One of: business, sole_trader"),
        (said(Saying.CALL, reason=""), "Was somebody reached?"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(words: Said, told: str) -> None:
    assert told in sentence(words)


def test_a_contact_person_may_have_no_name_or_a_long_one() -> None:
    for name in ("", "x" * 100):
        check(said(Saying.CONTACT_PERSON, note=name), WHOM, TODAY)


@pytest.mark.parametrize("kind", NEEDS_INVOICE)
def test_some_things_need_an_invoice(kind: Saying) -> None:
    assert sentence(said(kind, invoice=None)) == "Say which invoice it is about."


def test_a_promise_about_everything_may_be_as_much_as_is_open_in_its_currency() -> None:
    whom = replace(WHOM, invoices=(*WHOM.invoices, DOLLARS))

    check(said(Saying.PROMISE, amount=gbp(10_000)), whom, TODAY)
    check(said(Saying.PROMISE, amount=Money(700, "USD")), whom, TODAY)
    assert "7.00 USD" in sentence(said(Saying.PROMISE, amount=Money(701, "USD")), whom)
    assert "is open for Amber in EUR; what is open is 100.00 GBP, 7.00 USD." in sentence(
        said(Saying.PROMISE, amount=Money(1, "EUR")), whom
    )


def test_whom_nothing_is_known_of_has_no_address_to_be_wrong() -> None:
    assert "The books know of Amber: none." in sentence(said(Saying.WRONG_ADDRESS), replace(WHOM, addresses=()))


def test_a_dispute_may_be_of_everything_and_today_is_soon_enough() -> None:
    check(said(Saying.DISPUTE, invoice=None), WHOM, TODAY)
    check(said(Saying.PROMISE, until_on=TODAY, amount=gbp(10_000)), WHOM, TODAY)
    check(said(Saying.DISPUTE, review_on=TODAY), WHOM, TODAY)
