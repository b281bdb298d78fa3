"""What people answer to today's plan: only what was read leaves, in their words if they gave some, under their name."""

from collections.abc import Callable

import pytest

from collector.approving import Standing
from collector.plan import Decided
from duewell import jobs
from duewell.approving import CHANGED, answer_messages, edit_message, message_words, plan_sheet, sentences
from duewell.automatic import automatic_of, choose_automatic, confirm_kinds, kinds_to_confirm
from duewell.dictating import dictate
from duewell.first_day import backlog_view
from duewell.running import make_plan, send_plan
from duewell.views.plan import MessageView
from integrations.errors import NotThere, Refused
from sandbox.mailbox import Mail
from storage.approvals import Answered, approvals
from tests.scenarios.playing import Play

MINE = {"subject": "A word between neighbours", "opening": "Hello,\n\ncould you look at these for me?"}


@pytest.fixture
def play(plays: Callable[..., Play]) -> Play:
    """Read on a Tuesday, and it is noon in California: everything is old, and nobody was ever written to."""
    begun = plays("quickbooks", invoices=40, customers=8)
    begun.sync()
    begun.move(quiet=True, hours=3)
    return begun


def waiting(play: Play) -> list[MessageView]:
    """By our own mail and within hours."""
    found = plan_sheet(play.house, play.business).messages
    assert found
    return [one for one in found if one.own_words and not one.later]


def mails(play: Play) -> list[Mail]:
    return list(play.sandbox.mailbox.mails())


def decided(play: Play, debtor: str) -> Decided:
    return next(one for one in make_plan(play.house, play.business) if one.case.debtor == debtor)


def test_only_what_was_approved_leaves_and_under_whose_name(play: Play) -> None:
    jobs.collect(play.house)
    assert not mails(play), "nobody approved anything"
    first, *others = waiting(play)

    given = answer_messages(play.house, play.business, [(first.debtor, first.digest)], by="Robin")
    assert given.taken == (first.customer,)
    jobs.collect(play.house)

    assert [one.recipients for one in mails(play)] == [first.to]
    with play.house.database.read() as tx:
        kept = approvals(tx, play.business, since=decided(play, first.debtor).case.invoices[0].issued_on)  # type: ignore[arg-type]
    assert [(one.by, one.state) for one in kept] == [("Robin", Answered.APPROVED)]
    assert others


def test_what_has_changed_since_it_was_read_is_not_approved(play: Play) -> None:
    first = waiting(play)[0]
    invoice = first.rows[0]
    told = {"kind": "hold", "invoice": invoice.number}
    dictate(play.house, play.business, first.debtor, told, by="Kim")

    given = answer_messages(play.house, play.business, [(first.debtor, first.digest), ("x/1", "0")], by="Robin")

    assert not given.taken
    assert given.changed == (first.customer, "a customer who owes nothing any more")
    assert all(CHANGED in text for _, text in sentences(given, state=Answered.APPROVED))
    with pytest.raises(Refused):
        edit_message(play.house, play.business, (first.debtor, first.digest), MINE, by="Robin")
    jobs.collect(play.house)
    assert not mails(play)


def test_odd_ones_are_never_among_all(play: Play) -> None:
    asked = [(one.debtor, one.digest) for one in waiting(play)]
    given = answer_messages(play.house, play.business, asked, by="Robin", together=True)

    assert len(given.single) == len(asked), "nobody was ever written to, so every one is odd"
    assert send_plan(play.house, play.business, by="Robin", odd=False) == []


def test_a_person_puts_it_in_other_words(play: Play) -> None:
    first = waiting(play)[0]
    edit_message(play.house, play.business, (first.debtor, first.digest), MINE, by="Robin")
    answer_messages(play.house, play.business, [(first.debtor, first.digest)], by="Kim")

    shown = message_words(play.house, play.business, first.debtor)
    assert (shown.subject, shown.opening) == (MINE["subject"], MINE["opening"])
    assert (shown.message.edited, shown.message.answered_by) == (MINE["subject"], "Kim")
    send_plan(play.house, play.business, [(first.connection, first.rows[0].invoice_id)], by="Vi")
    (mail,) = mails(play)
    text = mail.message.get_body(("plain",))
    assert str(mail.message["Subject"]) == MINE["subject"]
    assert text is not None
    assert text.get_content().replace("\r\n", "\n").startswith(MINE["opening"])
    assert first.rows[0].number in text.get_content()


def test_words_that_must_not_be_sent_are_refused(play: Play) -> None:
    first = waiting(play)[0]
    threat = {"subject": "Pay", "opening": "Pay today or we will take legal action."}
    with pytest.raises(Refused, match="legal action"):
        edit_message(play.house, play.business, (first.debtor, first.digest), threat, by="Robin")
    assert decided(play, first.debtor).standing is Standing.WAITS
    with pytest.raises(NotThere):
        message_words(play.house, play.business, "x/1")


def test_not_today_holds_even_when_all_is_sent_and_can_be_taken_back(play: Play) -> None:
    first = waiting(play)[0]
    asked = [(first.debtor, first.digest)]
    answer_messages(play.house, play.business, asked, by="Kim", refused=True)
    send_plan(play.house, play.business, by="Robin")
    assert first.to not in [one.recipients for one in mails(play)]
    (refused,) = plan_sheet(play.house, play.business).refused
    assert (refused.debtor, refused.answered_by) == (first.debtor, "Kim")

    answer_messages(play.house, play.business, asked, by="Robin")
    jobs.collect(play.house)
    assert first.to in [one.recipients for one in mails(play)]


def test_every_open_invoice_stands_in_the_plan_once(play: Play) -> None:
    sheet = plan_sheet(play.house, play.business)
    shown = [row.invoice_id for one in sheet.messages for row in one.rows] + [row.invoice_id for row in sheet.rest]
    judged = [told.invoice.id for one in make_plan(play.house, play.business) for told in one.decision.verdicts]

    assert sorted(shown) == sorted(judged)


def test_kinds_are_confirmed_once_and_by_name(play: Play) -> None:
    before = kinds_to_confirm(play.house, play.business)
    assert before
    assert [one for one in before if one.kind] == before[: sum(bool(one.kind) for one in before)]
    with pytest.raises(Refused, match="no kind 'alien'"):
        confirm_kinds(play.house, play.business, {before[0].debtor: "alien"}, by="Robin")

    chosen = {before[0].debtor: "business", "x/1": "business"}
    assert confirm_kinds(play.house, play.business, chosen, by="Robin") == 1
    assert confirm_kinds(play.house, play.business, {before[0].debtor: "consumer"}, by="Kim") == 0

    assert len(kinds_to_confirm(play.house, play.business)) == len(before) - 1
    standing = automatic_of(play.house, play.business, make_plan(play.house, play.business))
    assert standing.kinds_unknown == len(before) - 1


def test_automatic_names_who_chose_it(play: Play) -> None:
    assert not plan_sheet(play.house, play.business).automatic.on
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    standing = plan_sheet(play.house, play.business).automatic

    assert (standing.on, standing.by) == (True, "Robin")
    assert standing.at is not None
    assert standing.works
    assert plan_sheet(play.house, play.business).going == (), "the odd ones wait all the same"


def test_the_first_days_list_holds_what_was_late_and_lets_go_of_what_was_written_about(play: Play) -> None:
    before = backlog_view(play.house, play.business)
    first = next(one for one in waiting(play) if any(turn.customer_id == one.customer_id for turn in before.turns))
    assert plan_sheet(play.house, play.business).backlog == len(before.turns)
    assert all(one.step != "second-reminder" for turn in before.turns for one in turn.invoices)
    assert sum(before.days.values()) == sum(turn.on is not None for turn in before.turns)

    answer_messages(play.house, play.business, [(first.debtor, first.digest)], by="Robin")
    jobs.collect(play.house)

    left = backlog_view(play.house, play.business).turns
    written = {row.invoice_id for row in first.rows}
    assert not written & {one.invoice_id for turn in left for one in turn.invoices}
    assert len(left) <= len(before.turns)
