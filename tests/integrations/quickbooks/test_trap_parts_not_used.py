"""Traps of the SDK in parts that we keep away from: shown by their never being loaded, or never being asked."""

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from integrations.quickbooks.mapping import Place, map_rows
from integrations.quickbooks.payloads import decode
from integrations.quickbooks.platform import PLATFORM
from tests.conftest import NOON
from tests.integrations.quickbooks.conftest import Cedar

EVERYTHING = """
import importlib, pkgutil, sys
import integrations.quickbooks as room
for found in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"{room.__name__}.{found.name}")
print(*sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """What a process has loaded that uses all of our QuickBooks folder."""
    told = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, check=True)
    return set(told.stdout.split())


def test_the_sdk_is_loaded_at_all(loaded: set[str]) -> None:
    assert "quickbooks.client" in loaded


def test_trap_16_no_invoice_object_brings_its_own_exchange_rate_and_tax(loaded: set[str]) -> None:
    assert not {one for one in loaded if one.startswith("quickbooks.objects")}


def test_trap_21_no_batches_are_built_in_quadratic_time(loaded: set[str]) -> None:
    assert "quickbooks.batch" not in loaded


def test_trap_22_no_batch_request_is_shared_between_threads(loaded: set[str]) -> None:
    assert "quickbooks.objects.batchrequest" not in loaded


def test_trap_24_no_linked_transaction_gets_a_line_number(loaded: set[str]) -> None:
    assert "quickbooks.objects.base" not in loaded


def test_trap_27_no_file_is_uploaded(cedar: Cedar) -> None:
    """Whoever hands the SDK's own request a file gets nothing but an ordinary body."""
    sdk: Any = cedar.books._reader.client._sdk  # type: ignore[attr-defined]
    url = f"{sdk.api_url}/company/{cedar.account.external_id}/query"
    body = sdk.make_request("POST", url, "SELECT * FROM Term", "application/text", file_path="/nowhere")
    assert b"Net 30" in body


def test_trap_10_the_address_belongs_to_one_company_and_no_environment(cedar: Cedar) -> None:
    """The SDK keeps it on the class, and takes any word but "sandbox" for production."""
    elsewhere = replace(cedar.wire, app=replace(cedar.wire.app, addresses={"api": "http://127.0.0.1:9"}))
    here: Any = cedar.books._reader.client._sdk  # type: ignore[attr-defined]
    there: Any = PLATFORM.open(elsewhere, cedar.account, cedar.token)._reader.client._sdk  # type: ignore[attr-defined]
    assert there.api_url == "http://127.0.0.1:9/v3"
    for sandbox in (True, False):
        here.sandbox = sandbox
        assert here.api_url == f"{cedar.sandbox.addresses['quickbooks']}/v3"


def test_trap_11_this_machine_is_spoken_to_without_a_switch_in_the_environment(cedar: Cedar) -> None:
    assert "OAUTHLIB_INSECURE_TRANSPORT" not in os.environ
    assert cedar.wire.app.addresses["api"].startswith("http://")
    assert cedar.books.company().name == "Cedar Ridge Builders"


@pytest.mark.parametrize("entity", ["Invoice", "CreditMemo", "Payment", "Customer"])
def test_trap_25_every_kind_tells_its_times_alike(entity: str) -> None:
    """The SDK leaves them a plain dict on some kinds, and stumbles over a kind of line it does not list."""
    row = {
        "Id": "1",
        "MetaData": {"CreateTime": "2026-03-01T08:00:00-08:00", "LastUpdatedTime": "2026-03-02T08:00:00-08:00"},
        "CustomerRef": {"value": "2"},
        "CurrencyRef": {"value": "USD"},
        "TotalAmt": 5,
        "Balance": 5,
        "Line": [{"DetailType": "DescriptionOnly", "Description": "hello"}],
    }
    (record,) = map_rows(entity, decode(entity, msgspec.json.encode([row])), Place("c"), at=NOON).records
    assert record.changed_at.isoformat() == "2026-03-02T16:00:00+00:00"
