"""Every write of every platform, with its reply lost in every way: looked up, and never done twice there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from integrations.contract import KEY_LENGTH_MAX, Act, Lookup, Receipt
from integrations.errors import Refused, TryLater
from receivables.records import Collection, Kind, Ref
from tests.integrations.sides import CHARGES, TRAITS, Shelf, Side, write

WRITES = [(slug, act) for slug, traits in TRAITS.items() for act in traits.routes]
KEY = "m" + "4" * (KEY_LENGTH_MAX - 1)

each_write = pytest.mark.parametrize(("slug", "act"), WRITES)


def ready(side: Side) -> tuple[Ref, datetime]:
    """An invoice to act on, and when the act is claimed; calls are counted from here."""
    due = Shelf().take(side.books.changes(None)).due()
    side.clock.sleep(60)
    side.forget()
    return due, side.clock.now()


def lose(side: Side, act: Act, kind: str) -> None:
    """The next request of this write meets a trouble."""
    method, _, route = side.traits.routes[act].partition(" ")
    side.fault(kind, method=method, path=route.rsplit("*", 1)[-1] or route.rstrip("*"))


def done(side: Side, act: Act) -> int:
    """How many of these requests came there since counting began. Without their memory, each would act."""
    return side.calls().get(side.traits.routes[act], 0)


def carry_on(side: Side, act: Act, on: Ref, since: datetime) -> Receipt | Lookup:
    """What a job does with an act that may have been done: it asks, and acts only when told it was not."""
    answer = side.books.found(act, on, KEY, since=since)
    if answer is Lookup.NOT_THERE:
        return write(side, act, on, KEY)
    return answer


@each_write
def test_a_lost_reply_is_found_and_the_write_never_repeated(side_of: Callable[..., Side], slug: str, act: Act) -> None:
    side = side_of(slug)
    on, since = ready(side)
    lose(side, act, "drop_after")

    with pytest.raises(TryLater) as lost:
        write(side, act, on, KEY)
    assert lost.value.may_have_acted
    assert isinstance(side.books.found(act, on, KEY, since=since), Receipt)
    for _ in range(2):
        side.later()
        assert isinstance(carry_on(side, act, on, since), Receipt | Lookup)

    assert done(side, act) == 1
    if act is Act.LEAVE_NOTE:
        assert side.notes(on) == 1
    if act is Act.POST_CHARGE:
        assert side.charges(KEY) == 1


@each_write
def test_a_write_that_never_arrived_is_done_once_or_left_to_a_person(
    side_of: Callable[..., Side], slug: str, act: Act
) -> None:
    side = side_of(slug)
    on, since = ready(side)
    lose(side, act, "drop_before")

    with pytest.raises(TryLater) as lost:
        write(side, act, on, KEY)
    assert lost.value.may_have_acted
    assert done(side, act) == 1, "nothing is repeated behind our back"
    answer = carry_on(side, act, on, since)

    again = isinstance(answer, Receipt)
    assert again or answer is Lookup.CANNOT_TELL
    assert done(side, act) == 1 + again
    if act is Act.LEAVE_NOTE:
        assert again, "a note carries its key, so its absence is certain"
        assert side.notes(on) == 1
    if act is Act.POST_CHARGE:
        assert again, "an invoice carries its key, so its absence is certain"
        assert side.charges(KEY) == 1


def speaks(slug: str, act: Act, kind: str) -> bool:
    """Xero answers a mailing with no body at all: any 2xx is a yes, and there is nothing to halve."""
    return (slug, act) != ("xero", Act.SEND_INVOICE) or kind not in ("half", "html")


SAYING_NOTHING = [(*one, kind) for one in WRITES for kind in ("500", "503", "half", "html") if speaks(*one, kind)]


@pytest.mark.parametrize(("slug", "act", "kind"), SAYING_NOTHING)
def test_an_answer_that_says_nothing_leaves_the_write_ambiguous(
    side_of: Callable[..., Side], slug: str, act: Act, kind: str
) -> None:
    side = side_of(slug)
    on, _ = ready(side)
    lose(side, act, kind)

    with pytest.raises(TryLater) as lost:
        write(side, act, on, KEY)
    assert type(lost.value) is TryLater
    assert lost.value.may_have_acted
    assert done(side, act) == 1


@each_write
def test_a_busy_platform_has_done_nothing_and_is_asked_again_in_its_time(
    side_of: Callable[..., Side], slug: str, act: Act
) -> None:
    side = side_of(slug)
    on, _ = ready(side)
    lose(side, act, "429")

    assert isinstance(write(side, act, on, KEY), Receipt)
    assert done(side, act) == 2
    assert side.clock.slept
    lose(side, act, "429_day")
    with pytest.raises(TryLater) as later:
        write(side, act, on, KEY[:-1])
    assert not later.value.may_have_acted
    assert (later.value.after or 0) > 3600
    if act is Act.LEAVE_NOTE:
        assert side.notes(on) == 1


@each_write
def test_the_same_key_at_once_again_does_nothing_more(side_of: Callable[..., Side], slug: str, act: Act) -> None:
    side = side_of(slug)
    on, since = ready(side)

    first = write(side, act, on, KEY)
    again = write(side, act, on, KEY)

    assert (first.id, type(again)) == (again.id, Receipt)
    assert isinstance(side.books.found(act, on, KEY, since=since), Receipt)
    if act is Act.LEAVE_NOTE:
        assert side.notes(on) == 1
        assert side.books.found(act, on, "another", since=since) is Lookup.NOT_THERE


@each_write
def test_a_key_has_one_to_twenty_characters(side_of: Callable[..., Side], slug: str, act: Act) -> None:
    side = side_of(slug)
    on, since = ready(side)

    for key in ("", "k" * (KEY_LENGTH_MAX + 1), "k" * 200):
        with pytest.raises(Refused, match="key"):
            write(side, act, on, key)
    assert done(side, act) == 0
    assert isinstance(write(side, act, on, "k" * KEY_LENGTH_MAX), Receipt)
    assert isinstance(side.books.found(act, on, "k" * KEY_LENGTH_MAX, since=since), Receipt)


@pytest.mark.parametrize("slug", ["stripe", "xero"])
def test_nothing_is_mailed_of_an_invoice_that_is_paid(side_of: Callable[..., Side], slug: str) -> None:
    """QuickBooks needs no look of its own: dispatch refreshes first, on every platform."""
    side = side_of(slug)
    on, _ = ready(side)
    side.act("pay", business=side.key, invoice=on.id)

    with pytest.raises(Refused, match="due"):
        side.books.send_invoice(on, key=KEY)
    assert done(side, Act.SEND_INVOICE) == 0


@pytest.mark.parametrize("slug", TRAITS)
def test_a_document_is_a_pdf_and_a_pay_link_is_the_platforms(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    on, _ = ready(side)

    assert side.books.document(on).startswith(b"%PDF")
    link = side.books.payment_url(on)
    assert link == "" or link.startswith("http")


@pytest.mark.parametrize("slug", [slug for slug, traits in TRAITS.items() if Act.POST_CHARGE in traits.routes])
def test_late_charges_go_to_what_the_platform_lists(side_of: Callable[..., Side], slug: str) -> None:
    side = side_of(slug)
    on, _ = ready(side)
    known = side.books.charge_choices()

    assert bool(known.account_word) == bool(known.accounts)
    for choices in (known.accounts, known.taxes):
        assert [one.name.casefold() for one in choices] == sorted(one.name.casefold() for one in choices)
        assert all(one.code and one.name for one in choices)
    assert CHARGES[slug].account in {one.code for one in known.accounts} | {""}
    credit = side.books.credit_choices()
    assert credit.account_word == known.account_word
    for of_charges, of_credits in ((known.accounts, credit.accounts), (known.taxes, credit.taxes)):
        assert {one.code for one in of_charges} <= {one.code for one in of_credits}
    for tax in known.taxes:
        made = side.books.post_charge(on, replace(CHARGES[slug], tax=tax.code), key=f"k{tax.code}"[:KEY_LENGTH_MAX])
        invoice = Shelf().take([side.books.fetch([side.ref(Kind.INVOICE, made.id)])]).invoices()[made.id]
        assert (invoice.total, invoice.open) == (CHARGES[slug].amount, CHARGES[slug].amount), "no tax comes on top"
        assert (invoice.due_on, invoice.collection) == (CHARGES[slug].due_on, Collection.SENT)
        assert invoice.customer == Shelf().take([side.books.fetch([on])]).invoices()[on.id].customer
