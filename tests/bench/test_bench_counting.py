"""The bench's own arithmetic: ratios, targets, what limits allow, the table, and the proof of the same work."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bench.allowing import allowed, rows_of
from bench.deliveries import deliveries, read_requests, write_requests
from bench.lists import least_calls
from bench.machine import Weather
from bench.night_worker import noon_zone
from bench.processes import CaseFailed, last_object, measured
from bench.proving import prove_rows
from bench.ratios import Target, Verdict, ratios, short
from bench.table import BEGIN, END, Line, Report, Traffic, put_into

LARGE = {"Customer": 10_000, "Invoice": 100_000, "Payment": 50_000, "CreditMemo": 0}


def test_a_ratio_is_taken_round_by_round_and_its_middle_counts() -> None:
    found = ratios([2.0, 9.0, 4.0], [1.0, 3.0, 4.0])

    assert (found.median, found.least, found.most) == (2.0, 1.0, 3.0)
    with pytest.raises(ValueError, match="every round"):
        ratios([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="no round"):
        ratios([], [])


def test_what_was_not_run_is_no_pass() -> None:
    most, least = Target(1.3), Target(15, at_least=True)

    assert [most.verdict(one) for one in (1.3, 1.31, None)] == [Verdict.MET, Verdict.MISSED, Verdict.NOT_RUN]
    assert [least.verdict(one) for one in (15, 14.9)] == [Verdict.MET, Verdict.MISSED]
    assert Line("case", "xero", target=most).verdict is Verdict.NOT_RUN
    assert Line("case", "xero", figure=9.0).verdict is Verdict.NONE


def test_a_round_is_dirty_when_the_machine_or_others_changed() -> None:
    assert not Weather(0.10, 0.12, 0.1).dirty
    assert Weather(0.10, 0.13, 0.1).dirty
    assert Weather(0.13, 0.10, 0.1).dirty
    assert Weather(0.10, 0.10, 0.3).dirty


def test_the_table_shows_dirty_rounds_and_takes_its_place_in_the_page() -> None:
    line = Line("first", "xero", "1 s", "2 s", 0.5, Target(1), Traffic(7, 6, 1_000_000, 10_000_000), 61.04, 3, 2)
    told = Report([line], ["a remark"]).markdown("a machine")
    page = put_into(f"before\n{BEGIN}\nold\n{END}\nafter\n", told)

    assert "| first | xero | 1 s | 2 s | 0.50 | ≤ 1 | yes | 7 (least 6) | 1.00 | 10.0 | 61 | 3, 2 dirty |" in page
    assert page.startswith("before\n")
    assert page.endswith(f"{END}\nafter\n")
    assert "old" not in page
    assert "- a remark" in page
    with pytest.raises(ValueError, match="the page has no"):
        put_into("no marks", told)


def test_figures_are_as_exact_as_they_deserve() -> None:
    assert [short(one) for one in (0, 32_000, 123.4, 15.23, 1.254, 0.0123)] == [
        "0", "32,000", "123", "15.2", "1.25", "0.012",
    ]  # fmt: skip


def test_the_least_calls_count_an_empty_list_too() -> None:
    assert least_calls("quickbooks", {"Customer": 1000, "Invoice": 1001}) == 1 + 2 + 1 + 1
    assert least_calls("stripe", {"invoices": 101}) == 5 + 2


def test_what_the_limits_allow() -> None:
    xero = {"Contacts": 10_000, "Invoices": 100_000, "Payments": 47_000}
    assert allowed("xero", xero, latency=0.15).seconds == pytest.approx(2 * 60 + 8 * 0.15)
    assert allowed("quickbooks", LARGE, latency=0.15).seconds == pytest.approx(16.1 + 0.15)
    stripe = {"invoices": 100_000, "invoice_payments": 50_000, "customers": 10_000}
    live, test = (allowed("stripe", stripe, latency=0.0, live=one) for one in (True, False))
    assert live.seconds == pytest.approx(1000 / 23.75)
    assert live.binding == "95 % of 25 a second for invoices"
    assert test.seconds == pytest.approx(1603 / 23.75)
    assert test.binding == "95 % of 25 a second for the account"


def test_lists_are_as_long_as_the_sandbox_says() -> None:
    truth = {
        "invoices": {"a": {}},
        "customers": ["b"],
        "merged": {"c": "b"},
        "payments": [],
        "deleted_payments": ["d"],
        "records": {"credits": {"e": {"type": "ACCRECCREDIT"}, "f": {"type": "RECEIVE-PREPAYMENT"}}},
    }

    assert rows_of("xero", truth) == {
        "Contacts": 2, "Invoices": 1, "CreditNotes": 1, "Prepayments": 1, "Overpayments": 0, "Payments": 1,
    }  # fmt: skip


def test_a_time_does_not_count_when_the_work_was_not_the_same() -> None:
    truth = {
        "invoices": {"1": {"currency": "USD", "total": 500, "open": 200}},
        "payments": ["p"],
        "customers": [],
        "credits": [],
    }
    others = {"payments": 1, "customers": 0, "credits": 0}

    assert prove_rows(truth, iter([("1", "USD", 500, 200)]), others)["open"] == 1
    for rows in ([], [("1", "USD", 500, 201)], [("1", "USD", 500, 200), ("2", "USD", 1, 1)]):
        with pytest.raises(CaseFailed, match="1 invoices are not as"):
            prove_rows(truth, iter(rows), others)
    with pytest.raises(CaseFailed, match="instead of"):
        prove_rows(truth, iter([("1", "USD", 500, 200)]), {**others, "payments": 0})


def test_it_is_noon_where_the_night_is_due() -> None:
    for hour in range(24):
        now = datetime(2026, 11, 22, hour, 30, tzinfo=UTC)
        assert now.astimezone(ZoneInfo(noon_zone(now))).hour == 12


def test_deliveries_are_distinct_and_come_back_as_they_were_written(tmp_path: Path) -> None:
    for platform in ("quickbooks", "stripe", "xero"):
        made = deliveries(platform, "secret", "one", count=5)
        write_requests(tmp_path / platform, "127.0.0.1:1", made)

        assert len({one.dedupe for one in made}) == 5
        assert list(read_requests(tmp_path / platform)) == [one.request("127.0.0.1:1") for one in made]
        assert all(2_800 < len(one.body) < 3_900 for one in made)


def test_a_process_is_measured_with_what_it_says_and_fails_aloud() -> None:
    busy = "import json; sum(range(2_000_000)); print('x'); print(json.dumps({'a': 1}))"

    done = measured([sys.executable, "-c", busy])
    assert done.told == {"a": 1}
    assert 0 < done.cpu < 60
    with pytest.raises(CaseFailed, match="no such thing"):
        measured([sys.executable, "-c", "raise SystemExit('no such thing')"])
    assert last_object(b"nothing\n") == {}


def test_the_command_names_its_cases() -> None:
    told = subprocess.run([sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, check=True).stdout

    assert all(case in told for case in ("first", "memory", "limits", "night", "webhooks"))
