"""Who was one at an instant: as people had said by then, under the names that merged customers had by then."""

from collections.abc import Sequence
from dataclasses import replace as changed
from datetime import datetime, timedelta

from msgspec.structs import replace

from collector.replay.kinship import Kinship
from collector.replay.moment import Moment
from receivables.records import Customer, Invoice, InvoiceStatus, Kind, Ref
from storage.plannings import Known, Unanswered
from storage.sames import Alike, SameState, Stood
from tests.collector.cases_at_hand import HERSELF, NOW, TODAY, invoice, usd

ANN, ANNA = (Ref(where, Kind.CUSTOMER, "ann") for where in ("c1", "t1"))
ANNE, NEW = (Ref("c2", Kind.CUSTOMER, id) for id in ("anne", "new"))
BEFORE, AFTER = NOW - timedelta(days=2), NOW + timedelta(days=2)


def moment(at: datetime = NOW, *, reconstructed: Sequence[str] = ()) -> Moment:
    """Two ledgers and a till."""
    known = {"c1": Known(), "c2": Known(), "t1": Known(till=True)}
    return Moment(at, at.date(), known, frozenset(reconstructed))


def people(*refs: Ref) -> list[Customer]:
    return [replace(HERSELF, ref=ref) for ref in refs]


def one(first: Ref, second: Ref, state: SameState = SameState.CONFIRMED, master: Ref | None = None) -> Stood:
    alike = Alike.DEBTOR if first.kind is Kind.CUSTOMER else Alike.INVOICE
    return Stood(alike, first, second, state, master, NOW - timedelta(days=1))


def owed(connection: str, minor: int = 10_000) -> Invoice:
    status = InvoiceStatus.OPEN if minor else InvoiceStatus.PAID
    return replace(invoice(), ref=Ref(connection, Kind.INVOICE, "i"), open=usd(minor), status=status)


def test_a_pair_counts_from_when_it_was_said_until_it_was_taken_back() -> None:
    said = one(ANN, ANNE, master=ANNE)
    kinship = Kinship([changed(said, until=NOW + timedelta(days=1))])
    both = people(ANN, ANNE)

    assert kinship.families(moment(BEFORE), both).head(ANN) == ANN
    assert kinship.families(moment(), both).head(ANN) == ANNE
    assert kinship.families(moment(AFTER), both).head(ANN) == ANN


def test_who_is_only_known_to_a_till_is_never_written_to_there() -> None:
    found = Kinship([one(ANNA, ANN, master=ANNA)]).families(moment(), people(ANN, ANNA))

    assert (found.head(ANNA), list(found.known_as(ANN))) == (ANN, [ANN, ANNA])


def test_a_merged_customer_goes_by_what_it_became_once_it_is_gone() -> None:
    kinship = Kinship([one(ANN, ANNE)], {ANNE: NEW})

    assert kinship.families(moment(), people(ANN, ANNE, NEW)).head(NEW) == NEW
    assert kinship.families(moment(), people(ANN, NEW)).head(NEW) == ANN
    assert Kinship([one(ANN, ANNE)]).families(moment(), people(ANN)).head(ANNE) == ANNE


def test_of_books_that_were_not_read_what_is_said_now_counts() -> None:
    kinship, both = Kinship([one(ANN, ANNE)]), people(ANN, ANNE)

    assert kinship.families(moment(BEFORE), both).head(ANNE) == ANNE
    assert kinship.families(moment(BEFORE, reconstructed=["c2"]), both).head(ANNE) == ANN


def test_a_sale_stands_in_two_books_only_where_both_are_there() -> None:
    here, there = owed("c1"), owed("c2", 0)
    kinship = Kinship([one(here.ref, there.ref, SameState.PROPOSED)])

    assert kinship.mirrors(moment(), {here.ref: here}) == ()
    (mirror,) = kinship.mirrors(moment(), {here.ref: here, there.ref: there})
    assert (mirror.invoice, mirror.other, mirror.master, mirror.paid) == (here.ref, there.ref, None, there.ref)
    assert kinship.mirrors(moment(BEFORE), {here.ref: here, there.ref: there}) == ()


def test_an_unanswered_message_about_two_books_is_one_contact() -> None:
    told = [Unanswered("c1/ann", NOW, TODAY, "mail", ((id, "just-due"),)) for id in ("i1", "i2")]
    known = {"c1": Known(unanswered=(told[0],)), "c2": Known(unanswered=(told[1],))}

    (contact,) = Moment(NOW, TODAY, known).unanswered()

    assert {(ref.connection, ref.id) for ref, _ in contact.steps} == {("c1", "i1"), ("c2", "i2")}
