"""The credit policy: which version was in force when, who accepted it, and how it reads."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from collector.charges.credit_policy import accepted, agreements, cited, policy_pdf, policy_text, read, version_in_force
from collector.wording.languages import LANGUAGES, locale
from collector.wording.source import POLICY, BadWording, shipped
from receivables.said import Said, Saying
from tests.collector.occasions.test_statement import invoice

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Kept:
    version: int
    text: str
    at: datetime


# two in the morning in London is still the day before in New York
VERSIONS = [
    Kept(1, "a", datetime(2026, 1, 10, 2, tzinfo=UTC)),
    Kept(2, "b", datetime(2026, 2, 1, 20, tzinfo=UTC)),
    Kept(3, "", datetime(2026, 3, 1, 20, tzinfo=UTC)),
]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2026, 1, 8), 0),
        (date(2026, 1, 9), 1),
        (date(2026, 1, 31), 1),
        (date(2026, 2, 1), 2),
        (date(2026, 6, 1), 2),
    ],
)
def test_the_version_in_force_is_the_last_of_the_local_day(day: date, version: int) -> None:
    assert version_in_force(VERSIONS, day, NEW_YORK) == version


def test_every_invoice_cites_the_version_of_its_day() -> None:
    before, first, second = (invoice(id, 100, day) for id, day in (
        ("0", date(2025, 12, 1)), ("1", date(2026, 1, 20)), ("2", date(2026, 2, 20))
    ))  # fmt: skip

    assert cited(VERSIONS, [before, first, second], NEW_YORK) == {first.ref: 1, second.ref: 2}


def test_an_acceptance_is_something_that_was_said() -> None:
    words = accepted("c1/ann", 2, date(2026, 2, 3), by="Robin", note="On the telephone.")
    other = Said("c1/ann", Saying.NOTE, date(2026, 2, 3), note="They moved.")

    (found,) = agreements([other, words])
    assert (found.debtor, found.version, found.by, found.note) == ("c1/ann", 2, "Robin", "On the telephone.")
    assert accepted("c1/ann", 2, date(2026, 2, 3), by="Robin").note == "Accepted version 2 of the credit policy."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_one_reads_and_prints(language: str) -> None:
    where = locale(language)
    policy = read(shipped(POLICY, language), "Northwind", where, version=2, from_on=date(2026, 3, 1))

    assert len(policy.sections) == 5
    assert "Northwind" in policy.title
    assert "{" not in policy_text(policy)
    assert policy_pdf(policy, "Northwind", where, at=datetime(2026, 3, 1, tzinfo=UTC)).startswith(b"%PDF")


@pytest.mark.parametrize("text", ["Title\n\nno section", "Title\nfirst\n# A\n\nx", "Title\n# A", ""])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(BadWording):
        read(text, "Northwind", locale("en"))
