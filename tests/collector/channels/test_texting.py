"""Text messages over a real socket against the local Twilio: once, in two parts at most, and looked up honestly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.channels.port import OptedOut, Parcel, WrongAddress
from collector.channels.twilio import Delivery, TextCarrier, Texting, mark, marked, segments
from integrations.contract import AppKeys, Lookup, Receipt, Wire
from integrations.errors import NotThere, Refused, TryLater
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.conftest import CountingMeter, SandboxClock

ANN = "+14155552671"
PARCEL = Parcel("c1/ann", (("Ann", "(415) 555-2671"),), "", "Invoice INV-1 over $10.00 is due.", country="US")


@pytest.fixture
def sandbox(sandboxes: Callable[..., Sandbox]) -> Sandbox:
    return sandboxes(platforms=())


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    told = sandbox.texting.credentials()
    app = AppKeys(told["account_sid"], told["auth_token"], addresses={"api": sandbox.addresses["twilio"]})
    return Wire(app, SandboxClock(sandbox), CountingMeter(), read_timeout=5.0)


@pytest.fixture
def carrier(sandbox: Sandbox, wire: Wire) -> TextCarrier:
    told = sandbox.texting.credentials()
    return TextCarrier(Texting(told["account_sid"], told["sender"]), wire)


def deliver(carrier: TextCarrier, sandbox: Sandbox, key: str = "k1", parcel: Parcel = PARCEL) -> Receipt:
    return carrier.deliver(parcel, key=key, now=sandbox.clock.now())


def test_a_text_goes_to_the_number_in_e164_with_its_mark(carrier: TextCarrier, sandbox: Sandbox) -> None:
    receipt = deliver(carrier, sandbox)

    (taken,) = sandbox.texting.texts()
    assert (receipt.id, taken.to) == (taken.sid, ANN)
    assert taken.body == f"Invoice INV-1 over $10.00 is due. {mark('k1')}"


@pytest.mark.parametrize("kind", ["reset", "drop_after", "half"])
def test_a_lost_answer_is_found_again_and_nothing_is_sent_twice(
    carrier: TextCarrier, sandbox: Sandbox, kind: str
) -> None:
    since = sandbox.clock.now()
    sandbox.book.add(Fault("twilio", kind, method="POST"))

    with pytest.raises(TryLater) as lost:
        deliver(carrier, sandbox)

    assert lost.value.may_have_acted
    found = carrier.found("k1", since, to=["(415) 555-2671"])
    assert isinstance(found, Receipt)
    assert [found.id] == [one.sid for one in sandbox.texting.texts()]


@pytest.mark.parametrize(("kind", "acted"), [("500", True), ("503", True), ("429", False), ("drop_before", True)])
def test_trouble_is_met_by_no_second_request(carrier: TextCarrier, sandbox: Sandbox, kind: str, acted: bool) -> None:
    sandbox.book.add(Fault("twilio", kind, method="POST"))

    with pytest.raises(TryLater) as trouble:
        deliver(carrier, sandbox)

    assert trouble.value.may_have_acted is acted
    assert trouble.value.after == (2.0 if kind == "429" else None)
    assert sum(sandbox.book.counts()["calls"]["twilio"].values()) == 1


def test_that_a_text_is_not_listed_proves_nothing_at_first(carrier: TextCarrier, sandbox: Sandbox) -> None:
    since = sandbox.clock.now()
    with pytest.raises(TryLater, match="too early"):
        carrier.found("k1", since)

    sandbox.clock.move(timedelta(minutes=15))

    assert carrier.found("k1", since) is Lookup.NOT_THERE


def test_another_texts_mark_is_not_ours(carrier: TextCarrier, sandbox: Sandbox) -> None:
    since = sandbox.clock.now()
    deliver(carrier, sandbox, "k2")
    sandbox.clock.move(timedelta(minutes=16))

    assert carrier.found("k1", since) is Lookup.NOT_THERE
    assert isinstance(carrier.found("k2", since), Receipt)


def test_an_older_text_of_the_same_key_is_no_proof(carrier: TextCarrier, sandbox: Sandbox) -> None:
    deliver(carrier, sandbox)
    sandbox.clock.move(timedelta(hours=1))
    since = sandbox.clock.now()
    sandbox.clock.move(timedelta(minutes=20))

    assert carrier.found("k1", since) is Lookup.NOT_THERE


def test_many_texts_are_looked_through_page_by_page(carrier: TextCarrier, sandbox: Sandbox) -> None:
    since = sandbox.clock.now()
    deliver(carrier, sandbox)
    template = sandbox.texting.texts()[0]
    sandbox.texting._texts += [replace(template, sid=f"SM{n:032x}", body="else") for n in range(450)]

    assert isinstance(carrier.found("k1", since, to=[ANN]), Receipt)

    sandbox.texting._texts += [replace(template, sid=f"SM{n:032x}", body="else") for n in range(450, 3000)]
    with pytest.raises(TryLater, match="too many"):
        carrier.found("k1", since, to=[ANN])


def test_where_texts_are_redacted_nobody_can_tell(carrier: TextCarrier, sandbox: Sandbox) -> None:
    since = sandbox.clock.now()
    deliver(carrier, sandbox)
    sandbox.texting.redacts = True

    assert carrier.found("k1", since, to=[ANN]) is Lookup.CANNOT_TELL


def test_who_replied_stop_has_opted_out(carrier: TextCarrier, sandbox: Sandbox) -> None:
    sandbox.texting.stop(ANN)

    with pytest.raises(OptedOut, match="STOP") as refused:
        deliver(carrier, sandbox)

    assert refused.value.address == ANN
    assert ANN not in str(refused.value)


@pytest.mark.parametrize("number", ["", "12", "not a number", "+1 415 555 2671\r\nx"])
def test_a_number_that_cannot_exist_is_never_tried(carrier: TextCarrier, sandbox: Sandbox, number: str) -> None:
    with pytest.raises(WrongAddress, match="correct it"):
        deliver(carrier, sandbox, parcel=replace(PARCEL, to=(("Ann", number),)))

    assert sandbox.book.counts()["calls"] == {}


def test_a_wrong_token_says_what_to_do(carrier: TextCarrier, sandbox: Sandbox, wire: Wire) -> None:
    wrong = replace(wire, app=replace(wire.app, client_secret="wrong"))
    stranger = TextCarrier(Texting(wire.app.client_id, "+15005550006"), wrong)

    with pytest.raises(Refused, match=r"account_sid and auth_token in \[sms\]"):
        deliver(stranger, sandbox)
    nobody = TextCarrier(Texting(wire.app.client_id, "+15005550007"), wire)
    with pytest.raises(Refused, match="21606"):
        deliver(nobody, sandbox)


@pytest.mark.parametrize(
    ("fate", "words"),
    [(0, "delivered"), (30003, "out of reach (30003)"), (30005, "not in use (30005)"), (39999, "no reason we know")],
)
def test_what_became_of_a_text_is_learnt_later(carrier: TextCarrier, sandbox: Sandbox, fate: int, words: str) -> None:
    sandbox.texting.fate(ANN, fate)
    sid = deliver(carrier, sandbox).id

    assert carrier.delivery(sid) == Delivery("queued", 0, ANN)
    assert not carrier.delivery(sid).over
    sandbox.clock.move(timedelta(minutes=2))

    told = carrier.delivery(sid)
    assert told.over
    assert told.arrived is (fate == 0)
    assert words in told.words


def test_a_strange_name_is_nobodys_text(carrier: TextCarrier) -> None:
    for sid in ("../../x", "SM" + "0" * 32):
        with pytest.raises(NotThere):
            carrier.delivery(sid)


def test_a_text_of_three_parts_is_refused_before_it_is_sent(carrier: TextCarrier, sandbox: Sandbox) -> None:
    room = 306 - len(mark("k1")) - 1
    deliver(carrier, sandbox, parcel=replace(PARCEL, text="x" * room))
    with pytest.raises(Refused, match="the text is 3 messages long and may be 2 at most"):
        deliver(carrier, sandbox, parcel=replace(PARCEL, text="x" * (room + 1)))

    assert len(sandbox.texting.texts()) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" * 152 + "€" + "x" * 151, 2),
        ("x" * 152 + "€" + "x" * 152, 3),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),
        ("", 1),
    ],
)
def test_parts_are_counted_as_the_network_counts_them(text: str, count: int) -> None:
    assert segments(text) == count


@given(st.text(max_size=400), st.text(alphabet="0123456789abcdef", min_size=4, max_size=20))
def test_a_marked_text_ends_in_its_mark_and_hides_nothing(text: str, key: str) -> None:
    told = marked(text, key)

    assert told.endswith(mark(key))
    assert "\u202e" not in told
    assert "\x00" not in told
    assert "\r" not in told
