"""Webhooks of every platform: believed only when signed, and never an error once believed."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from integrations.contract import Delivery, Touched
from integrations.errors import BadSignature
from integrations.registry import platform
from receivables.records import Kind
from tests.conftest import NOON
from tests.integrations.sides import TRAITS

SECRET, OTHER = "whsec_first", "whsec_second"


def delivery(slug: str, body: bytes, *secrets: str, signed_by: str = SECRET, at: datetime = NOON) -> Delivery:
    return Delivery(body, TRAITS[slug].sign(body, (signed_by,), at), secrets)


def test_the_right_secret_and_any_one_of_several_verify(slug: str) -> None:
    body = TRAITS[slug].body
    for secrets in ((SECRET,), (OTHER, SECRET), (SECRET, OTHER), ("", SECRET)):
        platform(slug).verify(delivery(slug, body, *secrets), NOON)


@pytest.mark.parametrize("secrets", [(), ("",), (OTHER,), (OTHER, "")])
def test_no_secret_and_wrong_ones_do_not(slug: str, secrets: tuple[str, ...]) -> None:
    with pytest.raises(BadSignature):
        platform(slug).verify(delivery(slug, TRAITS[slug].body, *secrets), NOON)


def test_an_empty_secret_signs_for_nobody(slug: str) -> None:
    """Anybody can sign with an empty key, so that an unset secret must not let everybody in."""
    for secrets in (("",), (), (OTHER, "")):
        with pytest.raises(BadSignature):
            platform(slug).verify(delivery(slug, TRAITS[slug].body, *secrets, signed_by=""), NOON)


HEADERS = ("", "x", "=", "====", "\x00", "t=,v1=", "v1=abc", "t=1,v1=é", "Zm9v", "é", "t=1773154800,v1=")


@pytest.mark.parametrize("value", HEADERS)
def test_a_header_that_is_no_signature_is_a_bad_one(slug: str, value: str) -> None:
    (name,) = TRAITS[slug].sign(b"", (SECRET,), NOON)
    for headers in ({name: value}, {}):
        with pytest.raises(BadSignature):
            platform(slug).verify(Delivery(TRAITS[slug].body, headers, (SECRET,)), NOON)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_byte_is_noticed(slug: str, data: st.DataObject) -> None:
    body = TRAITS[slug].body
    signed = TRAITS[slug].sign(body, (SECRET,), NOON)
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != body[at]))
    changed = data.draw(
        st.sampled_from([body[:at] + bytes([other]) + body[at + 1 :], body[:at] + body[at + 1 :], body + b" "])
    )

    with pytest.raises(BadSignature):
        platform(slug).verify(Delivery(changed, signed, (SECRET,)), NOON)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
def test_any_bytes_that_are_signed_verify_and_name_only_records(slug: str, body: bytes) -> None:
    signed = delivery(slug, body, SECRET)

    platform(slug).verify(signed, NOON)

    assert all(isinstance(one, Touched) for one in platform(slug).touched(signed))


WORDS = st.sampled_from(
    [
        "id", "type", "object", "data", "created", "livemode", "account", "context", "related_object", "refunds",
        "snapshot_event", "events", "resourceId", "tenantId", "eventCategory", "eventDateUtc", "eventType",
        "intuitentityid", "intuitaccountid", "time", "deletedid", "eventNotifications", "realmId", "entities",
        "dataChangeEvent", "name", "operation", "lastUpdated", "deletedId", "invoice",
    ]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "invoice", "customer", "charge", "INVOICE", "CONTACT", "qbo.invoice.updated.v1", "qbo.customer.merged.v1",
        "invoice.paid", "charge.refunded", "v1.invoice.paid", "v2.core.event", "Invoice", "Merge", "17", "in_1",
        "2026-03-10T15:00:00.123456789Z", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00", "",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=8),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=JSON)
@example(
    {
        "events": [
            dict.fromkeys(("resourceId", "tenantId"), "1")
            | {"eventCategory": "INVOICE", "eventDateUtc": "0001-01-01T00:00:00+23:00"}
        ]
    }
)
@example(
    [
        {
            "type": "qbo.invoice.updated.v1",
            "intuitentityid": "1",
            "intuitaccountid": "2",
            "time": "0001-01-01T00:00:00+23:00",
        }
    ]
)
@example({"type": "invoice.paid", "created": 10**40, "data": {"object": {"id": "in_1", "object": "invoice"}}})
def test_nothing_signed_makes_reading_fail(slug: str, said: Any) -> None:
    import json

    signed = delivery(slug, json.dumps(said).encode(), SECRET)

    platform(slug).verify(signed, NOON)
    for one in platform(slug).touched(signed):
        assert isinstance(one.kind, Kind)
        assert one.id


DEEP = (
    b"[" * 200_000,
    b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"events":[{"resourceId":"1","tenantId":"2","x":' + b"[" * 3000 + b"]" * 3000 + b"}]}",
    b'{"data":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    b'[{"type":"qbo.invoice.updated.v1","data":' + b"[" * 50_000 + b"]" * 50_000 + b"}]",
)


@pytest.mark.parametrize("body", DEEP, ids=range(len(DEEP)))
def test_a_bottomless_body_names_nothing(slug: str, body: bytes) -> None:
    signed = delivery(slug, body, SECRET)

    platform(slug).verify(signed, NOON)

    assert platform(slug).touched(signed) == []


def test_the_bodies_of_these_tests_name_a_record(slug: str) -> None:
    (one,) = platform(slug).touched(delivery(slug, TRAITS[slug].body, SECRET))

    assert (one.kind, bool(one.id)) == (Kind.INVOICE, True)
