"""Whom a message goes to: where the invoice went, else the accounts contact, else the primary; a copy on escalation."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from collector.decide import decide
from collector.policy import DEFAULT, Channel, Policy, Receiver, Step
from receivables.case import Case
from receivables.records import Collection, CustomerKind, EmailAddress, Invoice
from receivables.said import Said, Saying
from tests.collector.cases_at_hand import AT_HOME, HERSELF, ME, NOW, OTHER, case, days, invoice, message, only, said, to

ANN, ALSO = "ann@bakery.example", "also@bakery.example"
SENT, BOOKS, HEAD, BOSS = "sent@bakery.example", "books@bakery.example", "head@bakery.example", "boss@bakery.example"
TWO = structs.replace(
    HERSELF, emails=(EmailAddress(ANN, "Ann"), EmailAddress(ALSO), EmailAddress("no@x.example", addressed=False))
)
WENT = invoice(sent_to=(SENT,))


def person(role: Receiver, address: str, **told: Any) -> Said:
    return said(Saying.CONTACT_PERSON, reason=role.value, address=address, **told)


ACCOUNTS, PRIMARY = person(Receiver.ACCOUNTS, BOOKS), person(Receiver.PRIMARY, HEAD)
ESCALATION = person(Receiver.ESCALATION, BOSS, note="Jo Boss")


def wrong(*addresses: str, kind: Saying = Saying.WRONG_ADDRESS) -> tuple[Said, ...]:
    return tuple(said(kind, address=address.upper()) for address in addresses)


def step_to(receiver: Receiver, channel: Channel = Channel.MAIL) -> Policy:
    return replace(DEFAULT, steps=(Step("one", 7, "first_reminder", channel, to=receiver),))


def known(*invoices: Invoice, bad: tuple[Said, ...] = (), persons: tuple[Said, ...] = (ACCOUNTS, PRIMARY)) -> Case:
    return case(*(invoices or (WENT,)), customers=(TWO,), said=(*persons, *bad))


@pytest.mark.parametrize(
    ("bad", "goes"),
    [
        ((), [SENT]),
        ((SENT,), [BOOKS]),
        ((SENT, BOOKS), [HEAD]),
        ((SENT, BOOKS, HEAD), [ANN, ALSO]),
        ((SENT, BOOKS, HEAD, ANN), [ALSO]),
    ],
)
@pytest.mark.parametrize("kind", [Saying.WRONG_ADDRESS, Saying.BOUNCED])
def test_where_the_invoice_went_then_the_accounts_then_the_primary_contact(
    bad: tuple[str, ...], goes: list[str], kind: Saying
) -> None:
    assert to(known(bad=wrong(*bad, kind=kind))) == goes


@pytest.mark.parametrize(
    ("receiver", "bad", "goes"),
    [
        (Receiver.ACCOUNTS, (), [BOOKS]),
        (Receiver.ACCOUNTS, (BOOKS,), [SENT]),
        (Receiver.ACCOUNTS, (BOOKS, SENT), [HEAD]),
        (Receiver.PRIMARY, (), [HEAD]),
        (Receiver.PRIMARY, (HEAD,), [SENT]),
        (Receiver.PRIMARY, (HEAD, SENT), [BOOKS]),
        (Receiver.ESCALATION, (), [SENT]),
        (Receiver.ESCALATION, (SENT,), [BOOKS]),
    ],
)
def test_whom_the_step_names_comes_first_and_then_the_usual_ones_in_turn(
    receiver: Receiver, bad: tuple[str, ...], goes: list[str]
) -> None:
    assert to(known(bad=wrong(*bad)), step_to(receiver)) == goes


def test_without_a_note_the_books_tell_who_keeps_the_accounts_and_who_comes_first() -> None:
    plain = known(invoice(), persons=())

    assert to(plain) == [ANN, ALSO]
    assert to(plain, step_to(Receiver.ACCOUNTS)) == [ANN, ALSO]
    assert to(plain, step_to(Receiver.PRIMARY)) == [ANN]
    assert to(replace(plain, said=(ACCOUNTS,))) == [BOOKS], "the books do not say where it went"


def test_a_person_noted_for_one_invoice_is_written_to_about_that_one() -> None:
    mine = person(Receiver.ACCOUNTS, BOOKS, invoice=ME)

    assert to(known(invoice(), persons=(mine,))) == [BOOKS]
    assert to(known(invoice(), persons=(replace(mine, invoice=OTHER),))) == [ANN, ALSO]
    assert to(known(invoice(), persons=(replace(mine, until_on=days(-1)),))) == [ANN, ALSO]


def test_nobody_left_to_write_to_holds_and_every_address_is_counted() -> None:
    bad = wrong(SENT, BOOKS, HEAD, ANN, ALSO)

    verdict = only(known(bad=bad))
    assert (verdict.rule, verdict.facts) == ("wrong_address", {"of": "5"})
    assert only(known(bad=tuple(replace(one, kind=Saying.BOUNCED) for one in bad))).rule == "bounced"


# --- what the platform mails ----------------------------------------------------------------------------------------


def test_what_the_platform_could_not_deliver_goes_to_whom_it_did_not_write() -> None:
    returned = invoice(sent_to=(ANN, ALSO), mail_problem="Undeliverable")

    assert to(known(returned)) == [BOOKS]
    assert only(known(returned, persons=())).rule == "bounced"
    assert only(known(returned, persons=())).facts == {"problem": "Undeliverable"}
    assert to(known(structs.replace(returned, sent_to=(SENT,)), persons=())) == [ANN, ALSO]
    assert to(known(structs.replace(returned, sent_to=()))) == [BOOKS]
    assert to(known(returned, bad=wrong(BOOKS))) == [HEAD]


def test_the_platform_does_not_mail_again_to_an_address_that_is_wrong() -> None:
    by_platform = step_to(Receiver.INVOICE, Channel.PLATFORM)

    again = message(known(), by_platform)
    assert (again.channel, [one.address for one in again.to]) == (Channel.PLATFORM, [SENT])
    ours = message(known(bad=wrong(SENT)), by_platform)
    assert (ours.channel, [one.address for one in ours.to]) == (Channel.MAIL, [BOOKS])


def test_the_platform_mails_to_whom_the_books_name_whatever_else_was_noted() -> None:
    again = message(known(invoice()), step_to(Receiver.INVOICE, Channel.PLATFORM))

    assert (again.channel, [one.address for one in again.to]) == (Channel.PLATFORM, [ANN, ALSO])
    drawn = invoice(collection=Collection.AUTOMATIC, attempts=4)
    ours = message(known(drawn), step_to(Receiver.INVOICE, Channel.PLATFORM))
    assert (ours.channel, [one.address for one in ours.to]) == (Channel.MAIL, [BOOKS])


def test_a_letter_goes_where_no_mail_arrives() -> None:
    posted = replace(known(bad=wrong(SENT, BOOKS, HEAD, ANN, ALSO)), customers=(structs.replace(TWO, address=AT_HOME),))

    assert message(posted).channel is Channel.LETTER


# --- the copy -------------------------------------------------------------------------------------------------------

ESCALATING = step_to(Receiver.ESCALATION)


def test_a_step_that_escalates_goes_to_the_escalation_contact_as_well() -> None:
    of = known(persons=(ESCALATION, ACCOUNTS))

    assert message(of, ESCALATING).to == (EmailAddress(SENT), EmailAddress(BOSS, "Jo Boss", addressed=False))
    assert only(of, ESCALATING).reason.endswith("“one” is next. The escalation contact gets a copy.")
    assert to(of) == [SENT], "another step does not"
    assert only(of).reason.endswith("is next.")


def test_who_is_written_to_anyway_gets_it_once() -> None:
    both = known(invoice(sent_to=(SENT, BOSS.upper())), persons=(ESCALATION,))

    assert to(both, ESCALATING) == [SENT, BOSS.upper()]


@pytest.mark.parametrize("bad", [(), (ESCALATION, *wrong(BOSS)), (ESCALATION, *wrong(BOSS, kind=Saying.BOUNCED))])
def test_without_an_escalation_contact_that_can_be_reached_it_says_so(bad: tuple[Said, ...]) -> None:
    of = known(persons=bad)

    assert to(of, ESCALATING) == [SENT]
    assert only(of, ESCALATING).reason.endswith(
        " It would go to the escalation contact as well, but none is noted whose address works."
    )


def test_the_escalation_contact_alone_is_not_written_to() -> None:
    of = known(persons=(ESCALATION,), bad=wrong(SENT, ANN, ALSO))

    assert only(of, ESCALATING).rule == "wrong_address"


@pytest.mark.parametrize("kind", list(CustomerKind))
def test_the_debts_of_a_natural_person_are_not_for_others(kind: CustomerKind) -> None:
    of = replace(known(persons=(ESCALATION,)), customers=(structs.replace(TWO, kind=kind),))
    may = kind in (CustomerKind.BUSINESS, CustomerKind.PUBLIC_BODY)

    assert to(of, ESCALATING) == ([SENT, BOSS] if may else [SENT])
    assert ("Nobody else gets a copy" in only(of, ESCALATING).reason) is not may
    confirmed = said(Saying.KIND, reason="business")
    assert to(replace(of, said=(*of.said, confirmed)), ESCALATING) == [SENT, BOSS]


def test_a_lawyer_is_the_only_one_who_is_written_to() -> None:
    lawyer = said(Saying.LAWYER, address="lex@law.example")
    of = known(persons=(ESCALATION, ACCOUNTS, PRIMARY, lawyer))

    for receiver in Receiver:
        assert to(of, step_to(receiver)) == ["lex@law.example"]
    assert only(of, ESCALATING).reason.endswith("“one” is next.")
    held = only(replace(of, said=(*of.said, *wrong("lex@law.example"))))
    assert (held.rule, held.facts) == ("wrong_address", {"of": "1"}), "not to the customer instead"


def test_a_lawyer_named_for_one_invoice_gets_the_message_that_speaks_of_it() -> None:
    lawyer = said(Saying.LAWYER, address="lex@law.example", invoice=ME)
    two = known(invoice(8, sent_to=(SENT,)), invoice(9, id="b", sent_to=(ALSO,)), persons=(ESCALATION, lawyer))

    assert to(two, ESCALATING) == ["lex@law.example"]
    assert [one.reason[-8:] for one in decide(two, ESCALATING, NOW).verdicts] == ["is next."] * 2
    by_letter = replace(two, customers=(structs.replace(TWO, address=AT_HOME),))
    assert message(by_letter, step_to(Receiver.INVOICE, Channel.LETTER)).channel is Channel.MAIL
    other = replace(two, invoices=two.invoices[1:])
    assert to(other, ESCALATING) == [ALSO, BOSS]


def test_the_leading_step_says_whether_a_message_escalates() -> None:
    steps = (Step("early", 7, "first_reminder"), Step("late", 30, "first_reminder", to=Receiver.ESCALATION))
    policy = replace(DEFAULT, steps=steps)
    early, late = invoice(8, id="a", sent_to=(SENT,)), invoice(31, id="b", sent_to=(ALSO,))

    assert to(known(early, late, persons=(ESCALATION,)), policy) == [SENT, ALSO, BOSS]
    assert to(known(early, persons=(ESCALATION,)), policy) == [SENT]


def test_only_a_mail_has_copies() -> None:
    posted = replace(known(persons=(ESCALATION,)), customers=(structs.replace(TWO, address=AT_HOME),))

    assert only(posted, step_to(Receiver.ESCALATION, Channel.LETTER)).reason.endswith("“one” is next.")
