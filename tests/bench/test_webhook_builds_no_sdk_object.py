"""Receiving a webhook builds nothing of a vendor's SDK: counted by watching every function that Python calls."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import pytest
import stripe

from bench.deliveries import deliveries
from integrations.contract import Delivery
from integrations.registry import platform
from webhooks.receive import Arrived, Counts, receive

SDKS = (
    "/site-packages/stripe/",
    "/site-packages/xero_python/",
    "/site-packages/quickbooks/",
    "/site-packages/intuitlib/",
)
BUILDS = {"__init__", "__new__", "construct_from", "_construct_from", "refresh_from", "construct_event"}


@contextmanager
def watching() -> Iterator[list[str]]:
    """The constructors of vendors' SDKs that ran."""
    built: list[str] = []

    def watch(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_name in BUILDS and any(sdk in code.co_filename for sdk in SDKS):
            built.append(f"{code.co_filename} {code.co_name}")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield built
    finally:
        sys.setprofile(before)


def test_the_watch_sees_an_sdk_object() -> None:
    with watching() as built:
        stripe.Event.construct_from({"id": "evt_1", "object": "event"}, "key")

    assert built


@pytest.mark.parametrize("slug", ["quickbooks", "stripe", "xero"])
def test_no_sdk_object_is_built_on_the_way(slug: str) -> None:
    made = deliveries(slug, "secret", "", count=1)[0]
    headers = dict(line.split(": ", 1) for line in made.headers.lower().splitlines()[:1])
    name, _, value = made.headers.splitlines()[1].partition(": ")
    delivery = Delivery(made.body, {**headers, name.lower(): value}, ("secret",))
    found = platform(slug)  # imported once for a process, not on the way
    kept: list[Arrived] = []

    def remember(arrived: Arrived) -> bool:
        kept.append(arrived)
        return True

    with watching() as built:
        receive(found, delivery, now=datetime.now(UTC), remember=remember, counts=Counts())

    assert built == []
    assert [one.body for one in kept] == [made.body]
    assert json.loads(kept[0].body)
