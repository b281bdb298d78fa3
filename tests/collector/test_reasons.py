"""Every reason to hold or to leave alone: it speaks when its fact is there, and not when the fact is taken away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from collector.debtors.cases import Material, build
from collector.decide import decide
from collector.judgement import Decision, Say
from collector.policy import DEFAULT, After, Channel, Step, Tone
from receivables.case import Case, Mirror, Past, Receipts
from receivables.records import (
    Address,
    Answer,
    Application,
    Collection,
    Credit,
    CreditKind,
    EmailAddress,
    InvoiceStatus,
    Kind,
    PaymentStatus,
    Ref,
)
from receivables.said import PERSONAL, Saying, Way
from tests.collector.cases_at_hand import (
    ANN,
    AT_HOME,
    COMPANY,
    HERSELF,
    ME,
    NOW,
    OTHER,
    TODAY,
    case,
    contact,
    days,
    invoice,
    message,
    odd,
    only,
    payment,
    said,
    usd,
)


def test_nothing_stands_against_the_ordinary_case() -> None:
    decision = decide(case(), DEFAULT, NOW)

    assert [verdict.say for verdict in decision.verdicts] == [Say.SEND]
    assert decision.odd == ()
    assert decision.verdicts[0].policy == "base"


# --- said by people ------------------------------------------------------------------------------------------------

BY_PEOPLE = [
    (Saying.INSOLVENCY, "insolvency"),
    (Saying.DEATH, "death"),
    (Saying.BREATHING_SPACE, "breathing_space"),
    (Saying.STOP, "asked_to_stop"),
    (Saying.OBJECTION, "objected"),
    (Saying.HANDED_OVER, "handed_over"),
    (Saying.HARDSHIP, "hardship"),
    (Saying.IN_PLAN, "in_plan"),
    (Saying.HOLD, "on_hold"),
    (Saying.REPLY, "reply_unread"),
    (Saying.LAWYER, "lawyer_named"),
    (Saying.DISPUTE, "disputed"),
    (Saying.RETAINED, "retained"),
    (Saying.OPT_OUT, "opted_out"),
]


@pytest.mark.parametrize(("kind", "rule"), BY_PEOPLE)
def test_what_people_said_holds_and_names_who_wrote_it_down(kind: Saying, rule: str) -> None:
    verdict = only(case(said=(said(kind, until_on=days(5)),)))

    assert (verdict.say, verdict.rule, verdict.next_look_on) == (Say.HOLD, rule, days(6))
    assert "Robin" in verdict.reason
    assert "15 March 2026" in verdict.reason
    assert verdict.facts["by"] == "Robin"


@pytest.mark.parametrize(("kind", "rule"), [*BY_PEOPLE, (Saying.PROMISE, "promised")])
@pytest.mark.parametrize(
    "changed",
    [
        {"ended_at": NOW, "ended_by": "Ann"},
        {"until_on": days(-1), "from_on": days(-9)},
        {"from_on": days(1), "until_on": days(2)},
        {"at": NOW + timedelta(seconds=1)},
        {"invoice": Ref("c1", Kind.INVOICE, "another")},
    ],
)
def test_what_has_ended_or_is_about_something_else_holds_nothing(
    kind: Saying, rule: str, changed: dict[str, Any]
) -> None:
    assert only(case(said=(said(kind, until_on=days(5)),))).rule == rule
    stays = kind in PERSONAL and "invoice" in changed
    assert (only(case(said=(said(kind, **({"until_on": days(5)} | changed)),))).say is Say.SEND) is not stays


def test_of_several_the_weightiest_is_the_reason() -> None:
    everything = tuple(said(kind) for kind, _ in reversed(BY_PEOPLE))

    assert only(case(said=everything)).rule == "insolvency"


def test_a_promise_is_believed_through_its_day() -> None:
    promise = said(Saying.PROMISE, until_on=TODAY)

    verdict = only(case(said=(promise,)))

    assert (verdict.rule, verdict.next_look_on) == ("promised", days(1))
    assert verdict.reason == "The customer promised to pay by 10 March 2026."
    tomorrow = NOW + timedelta(days=1)
    assert only(case(said=(promise,), synced_at=tomorrow), now=tomorrow).say is Say.SEND


def test_a_promise_without_a_day_holds_until_a_person_ends_it() -> None:
    promise = said(Saying.PROMISE, until_on=None, review_on=days(4))

    verdict = only(case(invoice(expected_on=days(-1)), said=(promise,)))

    assert (verdict.rule, verdict.next_look_on) == ("promised", days(4))
    assert verdict.reason == "The customer promised to pay, without naming a day. Noted by Robin."


def test_a_broken_promise_is_odd_until_it_was_spoken_of() -> None:
    broken = said(Saying.PROMISE, until_on=days(-2), from_on=days(-9))

    assert [odd.name for odd in decide(case(said=(broken,)), DEFAULT, NOW).odd] == ["broken_promise"]
    since = (contact("just-due", days_ago=1, id="older"), contact("x", days_ago=40))
    told = decide(case(said=(broken,), contacts=since), replace(DEFAULT, gap_days=0), NOW)
    assert told.odd == ()


def test_a_disputed_part_is_left_out_and_the_rest_goes_on() -> None:
    part = said(Saying.DISPUTE, invoice=ME, amount=usd(4_000))

    (line,) = message(case(said=(part,))).lines

    assert (line.asked, line.disputed) == (usd(6_000), usd(4_000))
    assert only(case(said=(part, said(Saying.RETAINED, amount=usd(6_000))))).rule == "disputed"
    assert only(case(said=(replace(part, amount=usd(9_600)),))).rule == "below_minimum"
    assert only(case(said=(replace(part, amount=None, review_on=days(3)),))).next_look_on == days(3)


def test_who_named_a_lawyer_is_written_to_through_the_lawyer_only() -> None:
    named = said(Saying.LAWYER, address="lawyer@firm.example")
    by_phone = replace(DEFAULT, steps=(Step("call", 7, "call_script", Channel.CALL),))

    for policy in (DEFAULT, by_phone):
        sent = message(case(said=(named,)), policy)
        assert ([one.address for one in sent.to], sent.channel) == (["lawyer@firm.example"], Channel.MAIL)


@pytest.mark.parametrize(
    ("channel", "opted", "rule"),
    [
        (Channel.MAIL, "mail", "opted_out"),
        (Channel.PLATFORM, "mail", "opted_out"),
        (Channel.MAIL, "", "opted_out"),
        (Channel.MAIL, "sms", "step_earned"),
        (Channel.SMS, "mail", "step_earned"),
    ],
)
def test_an_opt_out_is_of_a_channel(channel: Channel, opted: str, rule: str) -> None:
    policy = replace(DEFAULT, steps=(Step("first", 7, "first_reminder", channel),))
    reachable = structs.replace(HERSELF, phones=("+1 212 555 0100",))
    consent = said(Saying.CONSENT, channel="sms")

    told = (said(Saying.OPT_OUT, channel=opted), consent)
    assert only(case(said=told, customers=(reachable,)), policy).rule == rule


# --- where it would go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "customer", "rule"),
    [
        (Channel.MAIL, {"emails": ()}, "no_address"),
        (Channel.MAIL, {"emails": (EmailAddress("ann@bakery.example", addressed=False),)}, "no_address"),
        (Channel.LETTER, {"emails": ()}, "no_address"),
        (Channel.LETTER, {}, "step_earned"),
        (Channel.LETTER, {"address": AT_HOME, "emails": ()}, "step_earned"),
        (Channel.CALL, {"emails": ()}, "no_address"),
        (Channel.CALL, {"phones": ("+1 212 555 0100",)}, "step_earned"),
    ],
)
def test_without_an_address_for_the_channel_there_is_nowhere_to_write_to(
    channel: Channel, customer: dict[str, Any], rule: str
) -> None:
    policy = replace(DEFAULT, steps=(Step("first", 7, "first_reminder", channel),))

    assert only(case(customers=(structs.replace(HERSELF, **customer),)), policy).rule == rule


@pytest.mark.parametrize(
    ("wanted", "changed", "ready", "goes_by"),
    [
        (Channel.LETTER, {}, {Channel.MAIL, Channel.LETTER}, Channel.MAIL),
        (Channel.MAIL, {"emails": (), "address": AT_HOME}, {Channel.MAIL, Channel.LETTER}, Channel.LETTER),
        (Channel.MAIL, {"emails": (), "phones": ("+1 617 555 0100",)}, {Channel.MAIL, Channel.CALL}, Channel.CALL),
        (Channel.MAIL, {"emails": (), "phones": ("+1 617 555 0100",)}, {Channel.MAIL, Channel.SMS}, None),
        (Channel.MAIL, {"emails": (), "address": AT_HOME}, {Channel.MAIL}, None),
        (Channel.CALL, {"phones": ("+1 617 555 0100",)}, {Channel.MAIL, Channel.CALL}, Channel.CALL),
        (Channel.CALL, {"phones": ("+1 617 555 0100",)}, {Channel.MAIL}, Channel.CALL),
    ],
)
def test_where_the_steps_own_way_does_not_reach_them_the_next_one_does(
    wanted: Channel, changed: dict[str, Any], ready: set[Channel], goes_by: Channel | None
) -> None:
    policy = replace(DEFAULT, steps=(Step("first", 7, "first_reminder", wanted),))
    customer = structs.replace(HERSELF, **changed)

    found = decide(case(customers=(customer,)), policy, NOW, ready=frozenset(ready)).message

    assert (found.channel if found else None) is goes_by


def test_it_goes_where_the_invoice_went() -> None:
    sent = message(case(invoice(sent_to=("office@bakery.example",))))

    assert [one.address for one in sent.to] == ["office@bakery.example"]


@pytest.mark.parametrize(("kind", "rule"), [(Saying.WRONG_ADDRESS, "wrong_address"), (Saying.BOUNCED, "bounced")])
def test_a_wrong_address_is_passed_over_for_another_and_holds_when_it_is_the_only_one(kind: Saying, rule: str) -> None:
    words = (said(kind, address="Office@bakery.example"),)
    went = invoice(sent_to=("office@bakery.example",))

    assert [one.address for one in message(case(went, said=words)).to] == ["ann@bakery.example"]
    nobody_else = structs.replace(HERSELF, emails=(EmailAddress("office@bakery.example"),))
    assert only(case(went, said=words, customers=(nobody_else,))).rule == rule


def test_a_bounce_that_the_platform_tells_of_holds() -> None:
    assert only(case(invoice(mail_problem="Bounced Email"))).rule == "bounced"
    assert only(case(invoice(mail_problem="Delivery Server Down"))).rule == "step_earned"


# --- the invoice itself --------------------------------------------------------------------------------------------


def test_an_automatic_draw_is_left_alone_until_it_has_finally_failed() -> None:
    drawn = invoice(collection=Collection.AUTOMATIC, next_attempt_at=NOW + timedelta(days=3), attempts=2)

    verdict = only(case(drawn))

    assert (verdict.say, verdict.rule, verdict.next_look_on) == (Say.SKIP, "collected_automatically", days(3))
    assert only(case(structs.replace(drawn, next_attempt_at=None))).say is Say.SEND
    assert only(case(structs.replace(drawn, next_attempt_at=None, attempts=0))).rule == "collected_automatically"


def test_what_the_platform_draws_it_does_not_mail_so_our_own_mail_goes() -> None:
    told = (contact("first-reminder", days_ago=9),)
    failed = invoice(15, collection=Collection.AUTOMATIC, attempts=4)

    assert message(case(invoice(15), contacts=told)).channel is Channel.PLATFORM
    assert message(case(failed, contacts=told)).channel is Channel.MAIL


def test_who_is_never_to_be_chased_is_not() -> None:
    staff = replace(DEFAULT, never_chase_tags=("Staff",))
    marked = structs.replace(HERSELF, tags=("vip", "STAFF"))

    assert only(case(customers=(marked,)), staff).rule == "never_chase"
    assert only(case(customers=(marked,))).say is Say.SEND
    assert only(case(said=(said(Saying.NEVER_CHASE),))).rule == "never_chase"


def test_a_sale_in_two_books_is_asked_for_once_and_only_when_a_person_said_where() -> None:
    undecided = Mirror(ME, OTHER)

    assert only(case(mirrors=(undecided,))).rule == "mirror_undecided"
    assert only(case(mirrors=(Mirror(OTHER, ME),))).rule == "mirror_undecided"
    assert only(case(mirrors=(replace(undecided, master=OTHER),))).rule == "mirror"
    assert only(case(mirrors=(replace(undecided, master=ME),))).say is Say.SEND
    assert only(case(mirrors=(Mirror(OTHER, Ref("c3", Kind.INVOICE, "x")),))).say is Say.SEND


@pytest.mark.parametrize("master", [None, ME, OTHER])
def test_a_sale_that_is_paid_in_either_book_is_asked_for_in_neither(master: Ref | None) -> None:
    verdict = only(case(mirrors=(Mirror(ME, OTHER, master, OTHER),)))

    assert (verdict.say, verdict.rule, verdict.facts["paid"]) == (Say.HOLD, "mirror_paid", str(OTHER))
    assert only(case(mirrors=(Mirror(ME, OTHER, master, ME),))).rule != "mirror_paid"


def test_an_invoice_that_was_never_sent_is_sent_first_and_a_person_looks() -> None:
    unsent = case(invoice(days_late=20, sent=Answer.NO))

    decision = decide(unsent, DEFAULT, NOW)

    assert (decision.verdicts[0].rule, decision.verdicts[0].step) == ("never_sent", "send-invoice")
    assert [odd.name for odd in decision.odd] == ["step_waits"]
    assert decision.message is not None
    assert decision.message.channel is Channel.PLATFORM
    told = replace(unsent, said=(said(Saying.WAS_SENT, invoice=ME),))
    assert only(told).rule == "step_earned"
    assert only(case(invoice(days_late=20, sent=Answer.UNKNOWN))).rule == "step_earned"


@pytest.mark.parametrize(
    ("changed", "due_on"),
    [
        ({}, days(-8)),
        ({"sent_at": NOW - timedelta(days=20)}, days(10)),  # sent ten days late: thirty days from then
        ({"sent_at": NOW - timedelta(days=60)}, days(-8)),
        ({"entered_at": NOW - timedelta(days=1)}, days(29)),  # a backdated one begins at the first step
        ({"due_on": None, "issued_on": days(-5)}, days(2)),
        ({"due_on": days(-5), "issued_on": days(-5)}, days(2)),
        ({"due_on": None, "issued_on": None}, days(7)),
        ({"due_on": days(3), "issued_on": None}, days(3)),
    ],
)
def test_lateness_counts_from_the_later_of_the_due_date_and_the_sending(changed: dict[str, Any], due_on: Any) -> None:
    policy = replace(DEFAULT, steps=(Step("far", 60, "first_reminder"),))

    verdict = only(case(structs.replace(invoice(), **changed)), policy)

    assert (verdict.rule, verdict.facts["due_on"]) == ("not_yet", str(due_on))


def test_a_repeating_step_comes_again_after_so_many_days_and_each_time_under_its_own_number() -> None:
    steps = (Step("first", 7, "first_reminder"), Step("again", 10, "second_reminder", after=After.CONTACT, repeat=True))
    policy = replace(DEFAULT, steps=steps, per_month=9)
    told = (contact("first", days_ago=31), contact("again", days_ago=21), contact("again", days_ago=10))

    (line,) = message(case(invoice(days_late=60), contacts=told), policy).lines

    assert (line.step.name, line.occurrence) == ("again", 3)
    early = only(case(invoice(days_late=60), contacts=(*told[:2], contact("again", days_ago=9))), policy)
    assert (early.rule, early.next_look_on) == ("step_done", days(1))


def test_after_the_last_step_a_person_decides() -> None:
    told = (contact("last-reminder", days_ago=30),)

    verdict = only(case(invoice(days_late=90), contacts=told))

    assert (verdict.rule, verdict.next_look_on) == ("last_step_done", None)


# --- the books and the money ---------------------------------------------------------------------------------------


def test_old_books_hold_from_the_limit_on() -> None:
    at_the_limit = NOW - timedelta(hours=24)

    assert only(case(synced_at=at_the_limit)).say is Say.SEND
    assert only(case(synced_at=at_the_limit - timedelta(seconds=1))).rule == "books_stale"
    assert only(case(synced_at=None)).rule == "books_stale"


def test_where_no_receipt_was_entered_for_long_what_is_late_waits_and_what_is_not_yet_due_goes() -> None:
    quiet = Receipts(days(-9), 8)

    assert only(case(receipts=quiet)).rule == "receipts_quiet"
    assert only(case(receipts=replace(quiet, last_on=days(-8)))).say is Say.SEND
    assert only(case(receipts=Receipts(days(-8), 2))).rule == "receipts_quiet"
    assert only(case(receipts=Receipts(days(-7), 2))).say is Say.SEND
    assert only(case(receipts=Receipts(days(-90), None))).say is Say.SEND
    assert only(case(invoice(days_late=-2), receipts=quiet)).say is Say.SEND
    assert (
        only(case(receipts=Receipts(days(-4), None)), replace(DEFAULT, receipts_quiet_days=3)).rule == "receipts_quiet"
    )


def test_that_the_bank_is_entered_is_believed_up_to_the_day_that_was_said() -> None:
    quiet = Receipts(days(-30), 8)
    entered = said(Saying.BANK_ENTERED, debtor="", from_on=days(-2), until_on=days(-2))

    assert only(case(receipts=quiet, said=(entered,))).say is Say.SEND
    assert only(case(receipts=quiet, said=(replace(entered, until_on=days(-9)),))).rule == "receipts_quiet"
    assert only(case(receipts=quiet, said=(replace(entered, ended_at=NOW),))).rule == "receipts_quiet"


def test_a_payment_that_is_being_processed_holds_what_it_is_for() -> None:
    coming = payment(500, status=PaymentStatus.PENDING)

    assert only(case(payments=(coming,))).rule == "payment_pending"
    for_mine = structs.replace(coming, applications=(Application(ME, usd(500)),))
    assert only(case(payments=(for_mine,))).rule == "payment_pending"
    for_another = structs.replace(coming, applications=(Application(OTHER, usd(500)),))
    assert only(case(payments=(for_another,))).say is Say.SEND
    failed = structs.replace(coming, status=PaymentStatus.FAILED)
    assert only(case(payments=(failed,))).say is Say.SEND


def test_a_payment_that_names_nobody_is_of_whoever_owes_its_invoice() -> None:
    pending = payment(500, customer=None, applications=(Application(ME, usd(500)),), status=PaymentStatus.PENDING)
    strangers = structs.replace(pending, applications=(Application(Ref("c1", Kind.INVOICE, "not mine"), usd(500)),))

    (of_ann,) = build(Material(COMPANY, (HERSELF,), (invoice(),), payments=(pending, strangers)))

    assert [one.ref for one in of_ann.payments] == [pending.ref]
    assert decide(replace(of_ann, synced_at=NOW), DEFAULT, NOW).verdicts[0].rule == "payment_pending"


def test_money_taken_online_that_the_ledger_does_not_show_yet_holds() -> None:
    assert only(case(elsewhere=(payment(100),))).rule == "payment_not_in_books"


def test_unmatched_money_since_the_last_message_holds_however_little() -> None:
    told = (contact("just-due", days_ago=6),)
    after, before = payment(1, received_on=days(-6)), payment(1, received_on=days(-7))

    assert only(case(contacts=told, payments=(after,))).rule == "money_since_contact"
    assert only(case(contacts=told, payments=(before,))).say is Say.SEND


def test_smaller_credit_is_shown_and_netted_and_enough_holds() -> None:
    less, enough = payment(9_999), payment(10_000)
    note = Credit(
        Ref("c1", Kind.CREDIT, "n"),
        ANN,
        CreditKind.CREDIT_NOTE,
        "CN1",
        days(-60),
        usd(1),
        usd(1),
        InvoiceStatus.OPEN,
        NOW,
    )

    assert message(case(payments=(less,))).credits == (usd(9_999),)
    assert only(case(payments=(enough,))).rule == "money_on_account"
    assert only(case(payments=(less,), credits=(note,))).rule == "money_on_account"
    assert only(case(payments=(payment(10_001),))).rule == "we_owe_them"


def test_credit_that_clears_one_of_two_invoices_clears_neither() -> None:
    both = case(invoice(id="i1"), invoice(9, 5_000, id="i2"), payments=(payment(5_000),))

    sent = message(both)

    assert len(sent.lines) == 2
    assert sent.credits == (usd(5_000),)


def test_a_platform_that_reminds_by_itself_holds_or_counts_as_contact_when_its_days_are_known() -> None:
    reminding = replace(COMPANY, own_reminders=Answer.YES)

    assert only(case(company=reminding)).rule == "platform_reminds"
    assert only(case(company=reminding, reminder_days=(-3, 14))).say is Say.SEND
    near = only(case(company=reminding, reminder_days=(5,)))
    assert (near.rule, near.next_look_on) == ("contacted_lately", days(2))
    assert only(case(reminder_days=(5,))).say is Say.SEND, "they were turned off"


# --- how often and when --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Saying.CALL, Saying.MAIL, Saying.MEETING])
def test_what_people_did_counts_as_contact_when_it_was_ours(kind: Saying) -> None:
    ours = said(kind, from_on=days(-2), until_on=days(-2), way=Way.OURS, reason="reached")

    verdict = only(case(said=(ours,)))

    assert (verdict.rule, verdict.next_look_on) == ("contacted_lately", days(3))
    assert only(case(said=(replace(ours, way=Way.THEIRS),))).say is Say.SEND
    assert only(case(said=(replace(ours, from_on=days(-5)),))).say is Say.SEND


@pytest.mark.parametrize(
    ("ago", "cap", "rule"),
    [
        ([5, 6], {"per_week": 2}, "contact_budget"),
        ([5, 7], {"per_week": 2}, "step_earned"),
        ([5, 5], {"per_week": 2}, "contact_budget"),
        ([8, 15, 29], {"per_month": 3}, "contact_budget"),
        ([8, 15, 30], {"per_month": 3}, "step_earned"),
        ([], {"per_month": 0}, "contact_budget"),
    ],
)
def test_the_budget_of_a_week_and_of_thirty_days(ago: list[int], cap: dict[str, int], rule: str) -> None:
    calls = tuple(said(Saying.CALL, from_on=days(-one), until_on=days(-one), reason="not_reached") for one in ago)

    verdict = only(case(said=calls), replace(DEFAULT, **cap))  # type: ignore[arg-type]

    assert verdict.rule == rule


def test_the_budget_says_when_there_is_room_again() -> None:
    told = (contact("just-due", days_ago=5, id="x"), contact("just-due", days_ago=6, id="y"))

    assert only(case(contacts=told)).next_look_on == days(1)


def test_only_where_it_is_open_on_every_clock_that_may_hold() -> None:
    somewhere_in_america = structs.replace(HERSELF, address=Address(country="US"))
    far_west = structs.replace(HERSELF, address=Address(country="US", region="HI"))

    for customer in (somewhere_in_america, far_west):
        assert only(case(customers=(customer,))).rule == "outside_hours"  # five in the morning in Hawaii
    in_boston = structs.replace(HERSELF, address=AT_HOME)
    assert only(case(customers=(in_boston,))).say is Say.SEND


def test_what_is_only_too_early_may_go_later_the_same_day() -> None:
    early = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # seven in the morning in New York

    decision = decide(case(synced_at=early), DEFAULT, early)

    assert (decision.verdicts[0].say, decision.verdicts[0].rule) == (Say.HOLD, "outside_hours")
    assert decision.message is None
    assert decision.waiting is not None
    late = datetime(2026, 3, 10, 21, 0, tzinfo=UTC)
    assert decide(case(synced_at=late), DEFAULT, late).candidate is None
    saturday = datetime(2026, 3, 14, 11, 0, tzinfo=UTC)
    assert decide(case(synced_at=saturday), DEFAULT, saturday).candidate is None


def test_a_rule_of_collecting_holds_and_names_itself_its_source_and_its_day() -> None:
    policy = replace(DEFAULT, steps=(Step("text", 7, "sms_reminder", Channel.SMS),))
    known = structs.replace(HERSELF, phones=("+1 617 555 0100",), address=AT_HOME)

    verdict = only(case(customers=(known,)), policy)

    assert (verdict.say, verdict.rule) == (Say.HOLD, "rule_of_collecting")
    assert verdict.facts["rule"] == "us.texts.consent"
    assert verdict.facts["source"]
    assert verdict.facts["checked_on"]
    agreed = said(Saying.CONSENT, channel="sms")
    assert only(case(customers=(known,), said=(agreed,)), policy).say is Say.SEND


# --- what is odd ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"contacts": ()}, ["first_contact"]),
        ({"usual": {"USD": usd(1_000)}}, []),
        ({"usual": {"USD": usd(999)}}, ["unusually_large"]),
        ({"company": replace(COMPANY, own_reminders=Answer.UNKNOWN)}, ["unknown"]),
        ({"customers": (structs.replace(HERSELF, active=False),)}, ["contradiction"]),
        ({"invoices": (invoice(due_on=days(-40), issued_on=days(-20)),)}, ["contradiction"]),
        ({"invoices": (invoice(days_late=21),)}, []),
        ({"invoices": (invoice(days_late=22),)}, ["catching_up"]),
    ],
)
def test_what_makes_a_message_odd(changed: dict[str, Any], names: list[str]) -> None:
    assert odd(case(**changed)) == names


def test_a_tone_above_the_ceiling_is_softened_and_odd() -> None:
    told = (contact("second-reminder", days_ago=14),)
    final = case(invoice(days_late=36), contacts=told)
    calm = replace(DEFAULT, tone_ceiling=Tone.NEUTRAL)

    assert (message(final).tone, odd(final)) == (Tone.FINAL, [])
    assert (message(final, calm).tone, odd(final, calm)) == (Tone.NEUTRAL, ["above_ceiling"])


def test_an_unknown_kind_is_odd_until_a_person_confirmed_it() -> None:
    stranger = structs.replace(HERSELF, kind=structs.replace(HERSELF).kind.UNKNOWN)
    confirmed = said(Saying.KIND, reason="business")

    assert odd(case(customers=(stranger,))) == ["unknown"]
    assert odd(case(customers=(stranger,), said=(confirmed,))) == []


def test_a_good_payer_who_is_late_for_the_first_time_is_asked_softly() -> None:
    assert (message(case()).tone, message(case()).soft) == (Tone.NEUTRAL, False)
    good = message(case(past=Past(settled=3)))
    assert (good.tone, good.soft) == (Tone.FRIENDLY, True)
    assert not message(case(past=Past(settled=2))).soft
    assert not message(case(past=Past(settled=9, late=1, late_days=4))).soft


# --- taking the fact away changes the verdict ----------------------------------------------------------------------

NAMED: list[tuple[str, Callable[[Case], Case], Callable[[Case], Case]]] = [
    ("on_hold", lambda one: replace(one, said=(said(Saying.HOLD),)), lambda one: replace(one, said=())),
    ("balance_differs", lambda one: replace(one, differs=True), lambda one: replace(one, differs=False)),
    ("payment_not_in_books", lambda one: replace(one, elsewhere=(payment(5),)), lambda one: replace(one, elsewhere=())),
]


@pytest.mark.parametrize(("rule", "given", "taken"), NAMED)
def test_changing_the_named_fact_changes_the_verdict(
    rule: str, given: Callable[[Case], Case], taken: Callable[[Case], Case]
) -> None:
    assert only(given(case())).rule == rule
    assert only(taken(given(case()))).rule != rule


def test_the_decision_of_two_invoices_is_one_message_and_two_verdicts() -> None:
    decision: Decision = decide(case(invoice(2, id="a"), invoice(9, id="b")), DEFAULT, NOW)

    assert [verdict.step for verdict in decision.verdicts] == ["just-due", "first-reminder"]
    assert decision.message is not None
    assert decision.message.step.name == "first-reminder"


def test_an_invoice_of_late_charges_is_chased_only_where_the_policy_says_so() -> None:
    mixed = case(invoice(id="i1"), invoice(id="i2"), charges=frozenset({ME}))
    by_invoice = {one.invoice.id: one for one in decide(mixed, DEFAULT, NOW).verdicts}
    assert (by_invoice["i1"].say, by_invoice["i1"].rule) == (Say.SKIP, "late_charge")
    assert [line.invoice.ref.id for line in message(mixed).lines] == ["i2"], "nor does it ride along"
    chased = message(mixed, replace(DEFAULT, chase_charges=True))
    assert {line.invoice.ref.id for line in chased.lines} == {"i1", "i2"}
    assert only(case(), DEFAULT).rule == "step_earned"
