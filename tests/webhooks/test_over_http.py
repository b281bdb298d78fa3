"""Webhooks over the real pages, carried by the sandbox's courier: all platforms, doubled, shuffled, in bad times."""

import random
from collections.abc import Callable, Iterator

import pytest
import requests
from sqlalchemy import text

from duewell.running import drain_inbox
from duewell.serving import Serving
from integrations.registry import platform, slugs
from sandbox.quickbooks.webhooks import sign
from tests.scenarios.playing import Play
from tests.webhooks.arriving import inbox_rows, open_ids, quickbooks_body, still_waiting
from webhooks.receive import BODY_BYTES_MAX

KEYS = ("cedar", "brightwater", "northwind")


@pytest.fixture
def served(plays: Callable[..., Play]) -> Iterator[Play]:
    """The pages answer, every platform knows where, and nothing is on its way."""
    play = plays()
    with Serving(play.house, jobs=False):
        for slug in ("quickbooks", "xero"):
            said = play.sandbox.act(slug, "subscribe", url=f"{address(play)}/webhooks/{slug}")
            assert slug != "xero" or said["intent_to_receive"] == "ok", said
        assert play.sandbox.courier.settle(20)
        play.sandbox.courier.delivered.clear()
        yield play
        play.sandbox.courier.stop()


def address(play: Play) -> str:
    return play.house.settings.web.base_url


def pay_some(play: Play) -> dict[str, list[str]]:
    """Somebody pays three invoices on every platform."""
    chosen = {key: open_ids(play, key)[:3] for key in KEYS}
    for key, invoices in chosen.items():
        for invoice in invoices:
            play.act("pay", key, invoice=invoice)
    return chosen


def all_settled(play: Play, chosen: dict[str, list[str]]) -> bool:
    return not any(play.invoices(key)[invoice].owing for key, invoices in chosen.items() for invoice in invoices)


def test_no_delivery_waits_for_a_platform_to_be_imported(plays: Callable[..., Play]) -> None:
    play = plays()
    platform.cache_clear()

    with Serving(play.house, jobs=False):
        assert platform.cache_info().currsize == len(slugs())


def test_payments_on_all_platforms_arrive_by_themselves(served: Play) -> None:
    before = len(inbox_rows(served))
    chosen = pay_some(served)
    assert served.sandbox.courier.settle(20)
    parcels = served.sandbox.courier.delivered

    assert {parcel.platform for parcel in parcels} == set(served.sandbox.twins)
    assert {status for parcel in parcels for status in parcel.statuses} == {200}
    assert served.sandbox.courier.lost == []
    assert len(inbox_rows(served)) - before == len({(one.platform, one.body) for one in parcels})
    assert drain_inbox(served.house).deliveries >= 9
    assert all_settled(served, chosen)
    served.expect_truth()


def test_doubled_and_shuffled_deliveries_end_the_same(served: Play) -> None:
    courier = served.sandbox.courier
    before = len(inbox_rows(served))
    courier.copies, courier.paused = 3, True
    chosen = pay_some(served)
    with courier._lock:
        random.Random(7).shuffle(courier._waiting)
    courier.paused = False
    courier.knock()
    assert courier.settle(20)

    assert len(inbox_rows(served)) - before == len(courier.delivered) / 3
    assert {status for parcel in courier.delivered for status in parcel.statuses} == {200}
    drain_inbox(served.house)
    assert all_settled(served, chosen)
    assert drain_inbox(served.house).deliveries == 0


def test_xeros_intent_to_receive_is_answered_bare_and_wrongly_signed_ones_are_refused(served: Play) -> None:
    said = served.sandbox.act("xero", "subscribe", url=f"{address(served)}/webhooks/xero")

    assert [(one["good"], one["status"]) for one in said["tries"]] == [(True, 200), (False, 401)] * 2
    assert all(one["passed"] for one in said["tries"])


def post(play: Play, body: bytes, path: str = "/webhooks/quickbooks", signed: str = "") -> requests.Response:
    secret = play.house.app("quickbooks").webhook_secrets[0]
    headers = {"intuit-signature": signed or sign(body, secret), "Content-Type": "application/json"}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{address(play)}{path}", data=body, headers=headers, timeout=10)


def test_the_very_bytes_are_verified_and_kept(served: Play) -> None:
    for body in (b' [ {"a" :1.00} ]\r\n', b"\x00\xff\xfe", b""):
        answer = post(served, body)
        assert (answer.status_code, answer.content) == (200, b"")
        assert "Set-Cookie" not in answer.headers
        assert bytes(inbox_rows(served)[-1].body) == body


def test_a_forged_one_is_refused_and_a_huge_one_not_even_read(served: Play) -> None:
    before = len(inbox_rows(served))

    assert post(served, b"[]", signed="Zm9yZ2Vk").status_code == 403
    assert post(served, b"[" * (BODY_BYTES_MAX + 1)).status_code == 413
    assert post(served, b"[]", path="/webhooks/sage").status_code == 404
    assert post(served, b"[]", path="/webhooks/quickbooks/nobody").status_code == 404
    assert len(inbox_rows(served)) == before


def test_what_could_not_be_stored_is_not_confirmed_and_comes_again(served: Play) -> None:
    body = quickbooks_body(served, ("invoice", open_ids(served, "cedar")[0], "updated"))
    with served.house.database.write() as tx:
        tx.execute(text("ALTER TABLE inbox RENAME TO hidden"))
    assert post(served, body).status_code >= 500
    with served.house.database.write() as tx:
        tx.execute(text("ALTER TABLE hidden RENAME TO inbox"))
    before = still_waiting(served)

    assert post(served, body).status_code == 200
    assert still_waiting(served) == before + 1


def test_a_desk_that_was_away_gets_everything_when_it_is_back(plays: Callable[..., Play]) -> None:
    play = plays()
    base = address(play)
    with Serving(play.house, jobs=False):
        for slug in ("quickbooks", "xero"):
            play.sandbox.act(slug, "subscribe", url=f"{base}/webhooks/{slug}")
    chosen = pay_some(play)
    assert play.sandbox.courier.settle(20)
    assert play.sandbox.courier.pending() > 0
    play.move(quiet=True, seconds=1)

    with Serving(play.house, jobs=False):
        for _ in range(4):
            play.move(quiet=True, minutes=20)
            assert play.sandbox.courier.settle(20)
        play.sandbox.courier.stop()
        drain_inbox(play.house)

    assert play.sandbox.courier.pending() == 0
    assert all_settled(play, chosen)
