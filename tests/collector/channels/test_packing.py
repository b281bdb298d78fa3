"""What a refusal teaches is remembered once, and a follow-up knows which mails it follows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from collector.arrivals import saying_of
from collector.channels.port import OptedOut, Parcel, WrongAddress
from collector.channels.twilio import Delivery
from collector.packing import Wrapping, earlier_mails, hand_over, pack
from collector.policy import Channel
from collector.wording.writing import Letter
from integrations.contract import Lookup, Receipt
from integrations.errors import Refused
from receivables.records import Kind
from receivables.said import Said, Saying
from storage import actions
from storage.actions import ActionState, Plan, Speaks
from storage.database import Database
from storage.said import end, said
from sync.source import Source
from tests.collector.cases_at_hand import message
from tests.collector.test_receivers import BOSS, ESCALATING, ESCALATION, SENT, known
from tests.conftest import HandClock
from tests.storage.amber import BUSINESS, CONNECTION, NOW, ref

ANN = "c1/1"
PARCEL = Parcel(ANN, (("Ann", "+14155552671"),), "", "Hello")


class Refusing:
    """A carrier that says no."""

    def __init__(self, error: Refused) -> None:
        self.error = error

    def deliver(self, parcel: Parcel, *, key: str, now: datetime) -> Receipt:
        raise self.error

    def found(self, key: str, since: datetime, *, to: Sequence[str] = ()) -> Receipt | Lookup:
        return Lookup.NOT_THERE


@pytest.fixture
def source(database: Database) -> Source:
    return Source(database, HandClock(NOW), BUSINESS, CONNECTION, "xero", None)  # type: ignore[arg-type]


def refused(source: Source, error: Refused) -> list[Said]:
    with pytest.raises(type(error)):
        hand_over(source, Refusing(error), Channel.SMS, PARCEL, key="k1")
    with source.database.read() as tx:
        return said(tx, BUSINESS)


@pytest.mark.parametrize(("error", "kind"), [(OptedOut, Saying.OPT_OUT), (WrongAddress, Saying.WRONG_ADDRESS)])
def test_what_a_refusal_teaches_is_remembered_until_somebody_ends_it(
    source: Source, error: type[OptedOut | WrongAddress], kind: Saying
) -> None:
    refused(source, error("no", address="+14155552671"))
    (told,) = refused(source, error("no", address="+14155552671"))

    assert (told.debtor, told.kind, told.channel, told.address) == (ANN, kind, "sms", "+14155552671")
    assert len(refused(source, error("no", address="+14155552672"))) == 2
    with source.database.write() as tx:
        end(tx, BUSINESS, told.id, by="Robin", now=NOW)
    assert len(refused(source, error("no", address="+14155552671"))) == 3


def test_another_refusal_teaches_nothing_about_the_address(source: Source) -> None:
    assert refused(source, Refused("no")) == []


def test_the_escalation_contact_gets_a_copy(source: Source) -> None:
    of = known(persons=(ESCALATION,))
    letter, plain = Letter("Reminder", "Dear Ann", ""), Wrapping(attach_invoices=False)

    parcel = pack(source, of, message(of, ESCALATING), letter, wrapping=plain)

    assert (parcel.to, parcel.copies) == ((("", SENT),), (("Jo Boss", BOSS),))
    assert parcel.addresses == (SENT, BOSS)


def test_a_follow_up_knows_the_mails_about_the_same_invoices(source: Source) -> None:
    sent = (
        ("k1", "mail", 1, "<k1@x>"),
        ("k2", "mail", 2, "<k2@x>"),
        ("k3", "sms", 1, "SM1"),
        ("k4", "mail", 1, "<k4@x>"),
    )
    with source.database.write() as tx:
        for day, (key, act, invoice, receipt) in enumerate((*sent, ("k5", "mail", 1, ""))):
            at, about = NOW + timedelta(days=day), ref(Kind.INVOICE, invoice)
            actions.plan(tx, BUSINESS, Plan(act, key, ANN, CONNECTION, about), now=at)
            speaks = [Speaks(f"s{key}", about, key, "1")]
            actions.claim(tx, BUSINESS, key, by="me", now=at, speaks=speaks)
            state = ActionState.SENT if receipt else ActionState.PARKED
            actions.mark(tx, BUSINESS, key, state, now=at, receipt=receipt)

    assert earlier_mails(source, ANN, [ref(Kind.INVOICE, 1)]) == ("<k1@x>", "<k4@x>")
    assert earlier_mails(source, ANN, [ref(Kind.INVOICE, 3)]) == ()
    assert earlier_mails(source, "c1/2", [ref(Kind.INVOICE, 1)]) == ()


@pytest.mark.parametrize(
    ("delivery", "kind"),
    [
        (Delivery("delivered"), None),
        (Delivery("sent"), None),
        (Delivery("undelivered", 30003), Saying.BOUNCED),
        (Delivery("undelivered", 30005), Saying.WRONG_ADDRESS),
        (Delivery("undelivered", 30006), Saying.WRONG_ADDRESS),
        (Delivery("failed", 21610), Saying.OPT_OUT),
        (Delivery("failed"), Saying.BOUNCED),
    ],
)
def test_what_became_of_a_text_says_something_of_its_number(delivery: Delivery, kind: Saying | None) -> None:
    assert saying_of(delivery) == kind
