"""Connecting a Stripe account by restricted key, subscribing to its webhooks, and letting go of it."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.contract import AppKeys, Attempt, Capability, Grant, Wire
from integrations.errors import Reconnect, Refused
from integrations.oauth import begin, complete
from integrations.stripe.client import API_VERSION
from integrations.stripe.connecting import ASKED, PERMISSIONS, TO_TAKE_MONEY, WELCOME
from integrations.stripe.platform import PLATFORM
from receivables.records import Kind


class Attempts:
    """Remembers attempts in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Attempt] = {}

    def begin(self, attempt: Attempt) -> None:
        self.kept[attempt.state] = attempt

    def take(self, state: str) -> Attempt | None:
        return self.kept.pop(state, None)


def given(northwind: Any, **fields: str) -> Any:
    return PLATFORM.exchange(northwind.wire, fields, redirect_uri="", verifier="")


def test_a_person_walks_from_the_link_to_a_connected_account(northwind: Any) -> None:
    attempts = Attempts()
    url = begin(PLATFORM, northwind.wire, attempts, business="b1", redirect_uri="http://localhost/back", answers={})
    page = requests.get(url, timeout=5).text
    found = re.search(r'id="key">(rk_test_\w+)<', page)
    assert found
    [state] = attempts.kept
    form = {"state": state, "api_key": f"  {found.group(1)}\n"}
    _, consent = complete(PLATFORM, northwind.wire, attempts, form)
    [company] = consent.companies
    assert (company.external_id, company.label) == (northwind.account.external_id, "Northwind Cloud")
    assert company.details == {"livemode": "false", "time_zone": "America/New_York"}
    assert (consent.grant.kind, consent.grant.access, consent.grant.expires_at) == ("key", found.group(1), None)
    assert found.group(1) not in repr(consent)


def test_the_link_asks_for_what_is_probed(northwind: Any) -> None:
    default = Wire(AppKeys(), northwind.wire.clock, northwind.wire.meter)
    url = PLATFORM.authorize_url(default, state="s", redirect_uri="", challenge="")
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "dashboard.stripe.com", "/apikeys/create")
    asked = [value for name, [value] in parse_qs(parts.query).items() if name.startswith("permissions")]
    assert tuple(asked) == (*PERMISSIONS, *TO_TAKE_MONEY, *WELCOME) == ASKED
    assert "rak_price_read" not in asked


def test_probing_leaves_no_trace(northwind: Any) -> None:
    before = northwind.truth()
    given(northwind, api_key=northwind.grants.load("g1").access)
    assert northwind.truth() == before
    assert len(northwind.sandbox.twins["stripe"]._ledgers["northwind"].books.webhook_endpoints) == 0


@pytest.mark.parametrize("lacking", [[one] for one in PERMISSIONS])
def test_a_missing_permission_is_named(northwind: Any, lacking: list[str]) -> None:
    key = northwind.act("make_key", without=lacking)["api_key"]
    with pytest.raises(Refused) as refused:
        given(northwind, api_key=key)
    assert lacking[0].rpartition("_")[0] in str(refused.value)
    assert key not in str(refused.value)
    assert "apikeys/create?name=Duewell" in str(refused.value)


def test_all_missing_permissions_are_named_at_once(northwind: Any) -> None:
    key = northwind.act("make_key", without=list(PERMISSIONS))["api_key"]
    with pytest.raises(Refused) as refused:
        given(northwind, api_key=key)
    told = str(refused.value).partition("Add that")[0]
    assert all(one.rpartition("_")[0] in told for one in PERMISSIONS)


def till_with(northwind: Any, *, without: list[str]) -> Any:
    key = northwind.act("make_key", without=without)["api_key"]
    given(northwind, api_key=key)
    northwind.grants.save(Grant("g1", "stripe", key, kind="key"))
    return PLATFORM.open_till(northwind.wire, northwind.account, northwind.token)


def test_books_are_connected_without_the_permissions_to_take_money_and_a_till_names_them(northwind: Any) -> None:
    till = till_with(northwind, without=[*TO_TAKE_MONEY, *WELCOME])
    before = northwind.truth()
    with pytest.raises(Refused, match="to take money the key lacks") as refused:
        till.require()
    told, _, link = str(refused.value).partition("Add that")
    assert all(one.rpartition("_")[0] in told for one in TO_TAKE_MONEY)
    assert "apikeys/create?name=Duewell" in link
    till_with(northwind, without=list(WELCOME)).require()
    assert northwind.truth() == before


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "no key"),
        ("sk_test_" + "a" * 30, "standard secret key"),
        ("sk_live_" + "a" * 30, "standard secret key"),
        ("pk_test_" + "a" * 30, "publishable"),
        ("whsec_" + "a" * 30, "not a restricted key"),
        ("rk_test_a b", "not a restricted key"),
        ("rk_other_" + "a" * 30, "not a restricted key"),
    ],
)
def test_another_sort_of_key_is_refused_in_words_before_any_call(northwind: Any, key: str, why: str) -> None:
    northwind.calls()
    with pytest.raises(Refused, match=why) as refused:
        given(northwind, api_key=key)
    assert not key or key not in str(refused.value)
    assert northwind.calls() == {}


def test_a_key_stripe_does_not_know_is_refused(northwind: Any) -> None:
    with pytest.raises(Refused, match="does not accept"):
        given(northwind, api_key="rk_test_" + "z" * 30)


def test_a_platforms_key_reaches_an_account_by_its_header(northwind: Any) -> None:
    made = northwind.act("make_platform_key")
    consent = given(northwind, **made)
    [company] = consent.companies
    assert company.external_id == made["account"]
    assert company.details["account"] == made["account"]
    northwind.grants.save(Grant("g1", "stripe", made["api_key"], kind="key"))
    account = replace(northwind.account, details=company.details)
    northwind.save(northwind.books(account).changes(None))
    assert len(northwind.of(Kind.INVOICE)) == len(northwind.truth()["invoices"])


def test_an_account_the_key_has_nothing_to_do_with_is_refused(northwind: Any) -> None:
    with pytest.raises(Refused):
        given(northwind, api_key=northwind.grants.load("g1").access, account="acct_somebodyelse")
    with pytest.raises(Refused, match="acct_"):
        given(northwind, api_key=northwind.grants.load("g1").access, account="somebody/else")


def test_a_key_is_never_renewed(northwind: Any) -> None:
    with pytest.raises(Reconnect):
        PLATFORM.renew(northwind.wire, northwind.grants.load("g1"))
    assert Capability.OAUTH not in PLATFORM.capabilities


def endpoints(northwind: Any) -> list[Any]:
    return list(northwind.sandbox.twins["stripe"]._ledgers["northwind"].books.webhook_endpoints)


def test_subscribing_makes_one_endpoint_in_our_version_and_disconnecting_ends_it(northwind: Any) -> None:
    made = PLATFORM.subscribe(northwind.wire, northwind.account, northwind.token, url="http://127.0.0.1:9/hook")
    [endpoint] = endpoints(northwind)
    assert made.secret == endpoint.secrets[0]
    assert endpoint.api_version == API_VERSION
    assert "invoice_payment.paid" in endpoint.enabled_events
    assert made.secret not in repr(made)
    account = replace(northwind.account, details={**northwind.account.details, **made.details})
    PLATFORM.disconnect(northwind.wire, account, northwind.token, last=True)
    assert endpoints(northwind) == []
    PLATFORM.disconnect(northwind.wire, account, northwind.token, last=True)


def test_an_endpoint_left_by_a_lost_reply_is_replaced(northwind: Any) -> None:
    """Its secret was told once, in the answer that nobody got."""
    url = "http://127.0.0.1:9/hook"
    PLATFORM.subscribe(northwind.wire, northwind.account, northwind.token, url="http://127.0.0.1:9/other")
    first = PLATFORM.subscribe(northwind.wire, northwind.account, northwind.token, url=url)
    second = PLATFORM.subscribe(northwind.wire, northwind.account, northwind.token, url=url)
    assert sorted(one.url for one in endpoints(northwind)) == [url, "http://127.0.0.1:9/other"]
    assert first.details != second.details
    assert second.secret in {one.secrets[0] for one in endpoints(northwind)}


def test_disconnecting_with_a_dead_key_is_no_trouble(northwind: Any) -> None:
    made = PLATFORM.subscribe(northwind.wire, northwind.account, northwind.token, url="http://127.0.0.1:9/hook")
    northwind.act("expire_token")
    account = replace(northwind.account, details=dict(made.details))
    PLATFORM.disconnect(northwind.wire, account, northwind.token, last=True)
    PLATFORM.disconnect(northwind.wire, northwind.account, northwind.token, last=True)


def test_a_person_finds_the_record_on_stripes_site(northwind: Any) -> None:
    invoice = northwind.ref(Kind.INVOICE, "in_1")
    assert PLATFORM.web_url(northwind.account, invoice) == "https://dashboard.stripe.com/test/invoices/in_1"
    live = replace(northwind.account, details={"livemode": "true"})
    assert (
        PLATFORM.web_url(live, northwind.ref(Kind.CUSTOMER, "cus_1")) == "https://dashboard.stripe.com/customers/cus_1"
    )
    assert PLATFORM.web_url(live, northwind.ref(Kind.OTHER, "re_1")) == ""
