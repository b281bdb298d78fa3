"""How the command line talks: tables that hold any name, and JSON without a float near money."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from duewell.say import answer, plain, table
from receivables.money import Money


@dataclass(frozen=True)
class Told:
    """A view as commands show them."""

    customer: str
    open: Money
    due_on: date


def test_a_customers_name_is_never_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["[/] Design", "[bold]Bold & Co[/bold]", "[link=http://a.example]x"]

    table("Plan", ("Customer", "Open>"), [(name, Money.of(Decimal("1.20"), "USD")) for name in names])
    answer(names, "\n".join(names), as_json=False)

    shown = capsys.readouterr().out
    assert [shown.count(name) for name in names] == [2, 2, 2]


def test_json_keeps_money_exact_and_dates_in_iso_form(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told("Müller", Money.of(Decimal("0.10"), "KWD"), date(2026, 3, 10))

    answer({"rows": (told,), "at": datetime(2026, 3, 10, 9, tzinfo=UTC)}, "", as_json=True)

    assert json.loads(capsys.readouterr().out) == {
        "rows": [{"customer": "Müller", "open": {"amount": "0.100", "currency": "KWD"}, "due_on": "2026-03-10"}],
        "at": "2026-03-10T09:00:00+00:00",
    }
    assert plain({1: {"a"}}) == {"1": ["a"]}
