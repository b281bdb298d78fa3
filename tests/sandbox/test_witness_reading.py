"""What the witnesses read is compared so that nothing missing, extra or differing can hide."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.witness.comparing import compare, minor
from sandbox.witness.places import REDIRECT
from sandbox.witness.showing import table
from sandbox.witness.singing import Heard
from sandbox.witness.tap_quickbooks import WITNESS

KEYS = {"invoices": ("Id",)}
TRUTH = {"1": {"total": 100, "currency": "USD"}, "2": {"total": 200, "currency": "USD"}}


def test_agreeing_records_agree() -> None:
    found = compare("invoices", ["1", "2", "1"], {"1": {"total": 100}, "2": {"total": 200, "paid": 5}}, TRUTH)
    assert found.agrees
    assert (found.read, found.repeats, found.compared, found.facts) == (3, 1, 2, ("total",))


def test_missing_extra_and_differing_are_found() -> None:
    found = compare("invoices", ["2", "3"], {"2": {"total": 201}, "3": {"total": 1}}, TRUTH)
    assert not found.agrees
    assert (found.missing, found.extra) == (("1",), ("3",))
    assert found.differing == ("2 total: read 201, is 200",)


def test_nothing_to_compare_with_is_no_agreement() -> None:
    assert not compare("invoices", [], {}, {}).agrees


def test_money_is_exact() -> None:
    assert [minor(Decimal("12.50"), "USD"), minor(1200, "JPY"), minor("1.234", "KWD")] == [1250, 1200, 1234]
    with pytest.raises(ValueError, match="no amount of USD"):
        minor(Decimal("0.001"), "USD")


def line(id: int, balance: int) -> dict[str, object]:
    return {"type": "RECORD", "stream": "invoices", "record": {"Id": id, "Balance": balance}}


def test_the_last_line_about_a_record_counts() -> None:
    heard = Heard()
    heard.collect(
        [line(1, 9), line(1, 0), {"type": "STATE", "value": {"at": 1}}, {"type": "RECORD", "stream": "x"}], KEYS
    )
    assert [id for id, _ in heard.lines["invoices"]] == ["1", "1"]
    assert heard.records == {"invoices": {"1": {"Id": 1, "Balance": 0}}}
    heard.collect([line(2, 5)], KEYS)
    assert [id for id, _ in heard.lines["invoices"]] == ["2"]
    assert (sorted(heard.records["invoices"]), heard.state) == (["1", "2"], {"at": 1})


@pytest.mark.parametrize(("by_design", "fine"), [(False, False), (True, True)])
def test_a_record_twice_in_one_pass_is_no_agreement_unless_the_client_works_so(by_design: bool, fine: bool) -> None:
    found = compare("invoices", ["1", "2", "1"], TRUTH, TRUTH)
    assert replace(WITNESS, repeats=by_design).agrees(found) is fine


def test_a_witness_that_fails_is_shown_to_fail() -> None:
    (head, row, *_) = table({WITNESS: "it ended with 1"}).splitlines()
    assert head.startswith("client")
    assert row.endswith("FAILED")


@pytest.mark.parametrize(
    ("target", "said"), [("http://198.51.100.7", "only sent to this machine"), ("", "no sandbox stands in for")]
)
def test_a_witness_reaches_this_machine_only(target: str, said: str) -> None:
    """The redirect is tried as the peers get it: by an interpreter that finds it on its path."""
    hosts = json.dumps({"api.xero.com": target} if target else {})
    told = {**os.environ, "PYTHONPATH": str(REDIRECT), "DUEWELL_WITNESS_REDIRECT": hosts}
    ask = "import requests; requests.get('https://api.xero.com/')"
    done = subprocess.run([sys.executable, "-c", ask], env=told, cwd=Path.cwd(), capture_output=True, text=True)
    assert done.returncode
    assert said in done.stderr
