"""Links: the same in every message, ended at once, found by one look-up, and never guessed."""

import hashlib
import secrets
from datetime import timedelta

import pytest

from collector.paying.links import digest, token
from collector.wording.stationery import Stationery
from collector.wording.writing import Letter, kept
from duewell.businesses import the_business
from duewell.links import LIFE_SETTING, keys_of, link_for, live_links, new_key, opened, revoke, way_back
from duewell.logs import hide_secrets
from duewell.pay_page import change, link_in_message, view
from duewell.stationery import stationery_of
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.money import Money
from receivables.records import Kind
from storage.checkouts import KeptCheckout, keep_checkout
from storage.links import Aim
from storage.seals import new_key as new_sealing_key
from storage.seals import rotate
from tests.conftest import HandClock
from tests.duewell.portal.payers import ANN, BASE, BUSINESS, Payer, counting, public, setting, token_of
from tests.storage.amber import CONNECTION, ref

A_MILLION = 1_000_000
SOME = 2_000


def later(house: House, **by: float) -> None:
    assert isinstance(house.clock, HandClock)
    house.clock.move(**by)


def test_the_same_link_stands_in_every_message_until_it_is_ended(house: House) -> None:
    first = token_of(house)
    later(house, days=10)

    assert token_of(house) == first
    assert opened(house, first) is not None
    assert revoke(house, BUSINESS, ANN, by="Robin") == 1
    assert opened(house, first) is None
    assert revoke(house, BUSINESS, ANN, by="Robin") == 0
    second = token_of(house)
    assert second != first
    assert opened(house, second) is not None
    assert opened(house, first) is None
    with pytest.raises(NotThere):
        revoke(house, BUSINESS, "c1/99", by="Robin")


def test_a_link_lives_on_while_messages_carry_it_and_ends_when_none_does(house: House) -> None:
    setting(house, LIFE_SETTING, "100")
    shown = token_of(house)
    for _ in range(4):
        later(house, days=60)
        assert token_of(house) == shown
    later(house, days=99)
    assert opened(house, shown) is not None
    later(house, days=2)
    assert opened(house, shown) is None
    assert live_links(house, BUSINESS, ANN) == []
    assert token_of(house) == shown, "a new message brings it back to life"
    assert opened(house, shown) is not None


def test_new_keys_and_a_new_seal_leave_old_links_good(house: House) -> None:
    shown, other = token_of(house), token_of(house, Aim("c1/2"))
    new_key(house)
    fresh = [new_sealing_key(), *house.keys]
    assert rotate(house.database, fresh) >= 2
    again = House(house.settings, house.database, house.clock, fresh[:1])

    assert token_of(again) == shown
    assert revoke(again, BUSINESS, "c1/2", by="Robin") == 1
    assert token_of(again, Aim("c1/2")) != other
    newest = {one.key_id for one in live_links(again, BUSINESS, "c1/2")}
    assert newest == {keys_of(again).newest}
    assert len(keys_of(again).by_id) == 2


def came_back(house: House, *, minutes: int = 1) -> str:
    """The code of a page that was opened by Ann's link, and is good for so long still."""
    code, hashed = way_back()
    link, _ = link_for(house, BUSINESS, Aim(ANN))
    ends, one = house.clock.now() - timedelta(hours=24) + timedelta(minutes=minutes), ref(Kind.INVOICE, 1)
    about, made = ((one, Money(100, "GBP")),), ends - timedelta(hours=1)
    kept = KeptCheckout(
        CONNECTION, code[:16], ANN, Money(100, "GBP"), about, made, ends, link=link.id, back_digest=hashed
    )
    with house.database.write() as tx:
        keep_checkout(tx, BUSINESS, kept)
    return code


def test_whatever_opens_nothing_is_answered_alike(ann: Payer) -> None:
    house = ann.house
    revoked, gone = token_of(house, Aim("c1/2")), token_of(house, Aim("c1/99"))
    revoke(house, BUSINESS, "c1/2", by="Robin")
    setting(house, LIFE_SETTING, "7")
    expired = token_of(house, Aim(ANN, id="old"))
    good = [expired, gone]
    assert all(opened(house, one) for one in good)
    later(house, days=181)
    forged = token(b"x" * 32, "0123456789abcdef", 1)
    seen = []
    malformed = ("short", "é" * 43, "a/b/c", "", "%00", "x" * 5000)
    ways = [("/p/", one) for one in (secrets.token_urlsafe(32), expired, revoked, forged, *malformed)]
    ways += [("/b/", one) for one in (secrets.token_urlsafe(24), came_back(house, minutes=-1), *malformed)]
    ended = came_back(house)
    assert ann.client.get(f"/b/{ended}", base_url=BASE).status_code == 200
    revoke(house, BUSINESS, ANN, by="Robin")
    link_for(house, BUSINESS, Aim(ANN))
    for door, shown in (*ways, ("/b/", ended)):
        for send in (ann.client.get, ann.client.post):
            with counting(house) as sent:
                answer = send(f"{door}{shown}", base_url=BASE)
            headers = tuple(sorted(one for one in answer.headers if one[0] != "Date"))
            asked = [one for one in sent if one.lstrip().startswith("SELECT")]
            assert len(asked) == 1
            assert {"/p/": "link.digest", "/b/": "checkout.back_digest"}[door] in asked[0].partition("WHERE")[2]
            seen.append((answer.status_code, answer.get_data(), headers, len(sent)))

    assert len(set(seen)) == 1
    assert seen[0][0] == 404


def test_a_million_forged_links_open_nothing(house: House) -> None:
    """Everything altered in a real one, and chance: none has the digest that alone is kept."""
    real = token_of(house)
    known = digest(real)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    altered = [real[:at] + one + real[at + 1 :] for at in range(len(real)) for one in letters if one != real[at]]
    assert len(altered) > 2_500

    assert not any(digest(one) == known for one in altered)
    start = secrets.token_bytes(24)
    held = bytes.fromhex(known)
    assert not any(
        hashlib.sha256(b"%s%d" % (start, number)).digest() == held for number in range(A_MILLION - len(altered))
    )


def test_some_thousand_are_tried_at_the_door(ann: Payer) -> None:
    forged = [f"{ann.token[:-1]}{one}" for one in "-_" if not ann.token.endswith(one)]
    forged += [secrets.token_urlsafe(32) for _ in range(SOME)]

    assert {ann.client.get(f"/p/{one}", base_url=BASE).status_code for one in forged} == {404}


def test_the_link_stands_in_messages_where_it_is_wanted_and_can_be_reached(house: House) -> None:
    def link() -> str:
        return link_in_message(house, BUSINESS, ANN)

    with pytest.raises(Refused, match=r"web\.base_url"):
        change(house, BUSINESS, {"in_messages": "yes"})
    setting(house, "till", '{"connection": "c1", "methods": []}')
    assert link() == "", "nobody reaches this machine"
    public(house)
    assert link() == f"{BASE}/p/{token_of(house)}"
    change(house, BUSINESS, {"in_messages": "no"})
    assert link() == ""
    change(house, BUSINESS, {"in_messages": "yes", "days": "90"})
    assert view(house, BUSINESS).days == 90
    paper = stationery_of(house, the_business(house, BUSINESS))
    assert isinstance(paper, Stationery)
    setting(house, "till", "{}")
    assert link() == "", "there is no till"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [({"days": "6"}, "7 to 730"), ({"days": "soon"}, "whole number"), ({"second_fact": "perhaps"}, "yes or no")],
)
def test_what_cannot_be_set_is_refused(house: House, told: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        change(house, BUSINESS, told)


def test_neither_what_is_stored_nor_what_is_logged_holds_a_live_link(house: House) -> None:
    public(house)
    shown = token_of(house)
    url = f"{BASE}/p/{shown}"
    stored = kept(Letter("Two invoices", f"Pay here: {url}\n", f'<a href="{url}">Pay</a>'))

    assert shown not in repr(stored)
    assert "[link 1]" in stored.text
    logged = hide_secrets(
        None, "", {"event": f"GET {url} HTTP/1.1", "path": f"/p/{shown}", "way": f"GET /b/{way_back()[0]}"}
    )
    assert logged["way"] == "GET /b/[hidden]"
    assert shown not in repr(logged)
    with house.database.read() as tx:
        rows = tx.exec_driver_sql("SELECT * FROM link").fetchall()
    assert shown not in repr(rows)


def test_links_expire_by_the_instant(house: House) -> None:
    shown = token_of(house)
    later(house, days=180)
    assert opened(house, shown) is None
    later(house, microseconds=-1)
    assert opened(house, shown) is not None
    assert timedelta(0) < live_links(house, BUSINESS, ANN)[0].expires_at - house.clock.now()
