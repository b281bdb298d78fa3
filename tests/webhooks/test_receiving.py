"""Receive: a wrong signature stores nothing and is counted; what is believed is durable before the answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from duewell.desk.desk import Desk
from integrations.contract import Delivery
from integrations.errors import BadSignature
from integrations.registry import platform
from sandbox.quickbooks.webhooks import sign
from storage.database import Database
from storage.inbox import waiting
from tests.conftest import NOON
from tests.scenarios.playing import Play
from tests.webhooks.arriving import hand_in, inbox_rows, quickbooks_body, stripe_body, xero_body
from webhooks.receive import Arrived, Counts, receive

BODY = b'[{"type": "qbo.invoice.updated.v1"}] '
SIGNED = Delivery(BODY, {"intuit-signature": sign(BODY, "s"), "cookie": "private"}, ("s",))


class Memory:
    """What was remembered, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Arrived] = {}

    def __call__(self, arrived: Arrived) -> bool:
        new = arrived.dedupe not in self.kept
        self.kept.setdefault(arrived.dedupe, arrived)
        return new


def test_a_delivery_is_kept_raw_with_its_signature_and_no_other_header() -> None:
    memory, counts = Memory(), Counts()

    receive(platform("quickbooks"), SIGNED, now=NOON, remember=memory, counts=counts)

    (kept,) = memory.kept.values()
    assert (kept.platform, kept.body, kept.received_at) == ("quickbooks", BODY, NOON)
    assert kept.headers == {"intuit-signature": SIGNED.headers["intuit-signature"]}
    assert (counts["received"], counts["repeated"], counts["refused"]) == (1, 0, 0)


def test_the_same_bytes_again_are_kept_once_and_counted() -> None:
    memory, counts = Memory(), Counts()

    for _ in range(3):
        receive(platform("quickbooks"), SIGNED, now=NOON, remember=memory, counts=counts)
    other = replace(SIGNED, connection="c2")
    receive(platform("quickbooks"), other, now=NOON, remember=memory, counts=counts)

    assert len(memory.kept) == 2, "the same bytes at another address are another delivery"
    assert (counts["received"], counts["repeated"]) == (2, 2)


def test_a_wrong_signature_stores_nothing() -> None:
    memory, counts = Memory(), Counts()

    for wrong in (replace(SIGNED, secrets=("t",)), replace(SIGNED, body=BODY + b" "), replace(SIGNED, secrets=())):
        with pytest.raises(BadSignature):
            receive(platform("quickbooks"), wrong, now=NOON, remember=memory, counts=counts)

    assert memory.kept == {}
    assert (counts["received"], counts["repeated"], counts["refused"]) == (0, 0, 3)


def test_what_cannot_be_remembered_is_not_said_to_be_received() -> None:
    counts = Counts()

    def full(_: Arrived) -> bool:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        receive(platform("quickbooks"), SIGNED, now=NOON, remember=full, counts=counts)
    assert (counts["received"], counts["repeated"], counts["refused"]) == (0, 0, 0)


def bodies(play: Play) -> dict[str, bytes]:
    """One delivery of each platform."""
    return {
        "quickbooks": quickbooks_body(play, ("invoice", "1", "updated")),
        "xero": xero_body(play, "brightwater", "0" * 8),
        "stripe": stripe_body("invoice.paid", "invoice", "in_1"),
    }


def test_every_platforms_delivery_is_stored_once(plays: Callable[..., Play], desk_of: Callable[[Play], Desk]) -> None:
    play = plays(read=False)
    desk = desk_of(play)

    for slug, body in bodies(play).items():
        assert [hand_in(play, desk, slug, body) for _ in range(3)] == [200, 200, 200], slug

    assert {row.platform: bytes(row.body) for row in inbox_rows(play)} == bodies(play)
    assert len(inbox_rows(play)) == 3
    assert [(row.connection_id or "") for row in inbox_rows(play) if row.platform == "stripe"] == [
        play.connected("northwind").id
    ]
    _, figures = desk.metrics()
    assert b'duewell_webhooks{outcome="received"} 3.0' in figures
    assert b'duewell_webhooks{outcome="repeated"} 6.0' in figures
    assert b"duewell_inbox_waiting 3.0" in figures


def test_a_forged_delivery_of_any_platform_leaves_no_trace_but_a_count(
    plays: Callable[..., Play], desk_of: Callable[[Play], Desk]
) -> None:
    play = plays(read=False)
    desk = desk_of(play)

    answers = {slug: hand_in(play, desk, slug, body, secret="forged") for slug, body in bodies(play).items()}

    assert answers == {"quickbooks": 403, "xero": 401, "stripe": 403}
    assert inbox_rows(play) == []
    assert b'duewell_webhooks{outcome="refused"} 3.0' in desk.metrics()[1]


def test_a_delivery_of_the_other_mode_is_refused(plays: Callable[..., Play], desk_of: Callable[[Play], Desk]) -> None:
    play = plays(platforms=("stripe",), read=False)
    desk = desk_of(play)

    assert hand_in(play, desk, "stripe", stripe_body("invoice.paid", "invoice", "in_1", livemode=True)) == 403
    assert inbox_rows(play) == []
    assert hand_in(play, desk, "stripe", stripe_body("invoice.paid", "invoice", "in_1", livemode=False)) == 200


def test_addresses_of_nobody_are_not_there(plays: Callable[..., Play], desk_of: Callable[[Play], Desk]) -> None:
    play = plays(platforms=("stripe", "xero"), read=False)
    desk = desk_of(play)

    nobodies = (("sage", ""), ("stripe", ""), ("stripe", "nobody"), ("xero", "nobody"), ("quickbooks", ""))
    for slug, connection in nobodies:
        assert desk.receive(slug, connection, {}, b"{}") == 404, (slug, connection)
    stripe = play.connected("northwind").id
    assert desk.receive("xero", stripe, {}, b"{}") == 404, "a connection of another platform"
    assert inbox_rows(play) == []


def test_stripes_own_secret_is_the_only_one_that_counts(
    plays: Callable[..., Play], desk_of: Callable[[Play], Desk]
) -> None:
    play = plays(platforms=("stripe",), read=False)
    desk = desk_of(play)
    made = play.sandbox.act("stripe", "subscribe", url="http://localhost:9/elsewhere")

    body = stripe_body("invoice.paid", "invoice", "in_1")
    assert hand_in(play, desk, "stripe", body, secret=made["secret"]) == 403
    assert hand_in(play, desk, "stripe", body) == 200


def test_what_was_answered_with_200_is_durable(plays: Callable[..., Play], desk_of: Callable[[Play], Desk]) -> None:
    play = plays(platforms=("quickbooks",), read=False)
    desk = desk_of(play)
    elsewhere = Database.open(play.house.settings.database_url)

    for number in range(5):
        assert hand_in(play, desk, "quickbooks", quickbooks_body(play, ("invoice", str(number), "updated"))) == 200
        with elsewhere.read() as tx:
            assert waiting(tx)[0] == number + 1
    elsewhere.close()
