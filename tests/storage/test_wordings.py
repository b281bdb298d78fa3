"""Wordings are only added to, and the newest counts."""

from datetime import timedelta

from receivables.records import Kind
from storage.businesses import add_business
from storage.database import Database
from storage.owing import owes_most
from storage.wordings import add_wording, latest_wordings, own_wordings, wording_versions
from tests.storage.amber import BUSINESS, NOW, invoice, ref, save


def test_versions_are_counted_per_letter_and_language(database: Database) -> None:
    with database.write() as tx:
        assert add_wording(tx, BUSINESS, ("first", "en", "a"), by="Kim", now=NOW) == 1
        assert add_wording(tx, BUSINESS, ("first", "en", "b"), by="Robin", now=NOW + timedelta(hours=1)) == 2
        assert add_wording(tx, BUSINESS, ("first", "de", "c"), by="Kim", now=NOW) == 1
    with database.read() as tx:
        assert [(one.version, one.text, one.by) for one in wording_versions(tx, BUSINESS, "first", "en")] == [
            (1, "a", "Kim"),
            (2, "b", "Robin"),
        ]
        assert len(wording_versions(tx, BUSINESS, "first")) == 3
        assert own_wordings(tx, BUSINESS) == {("first", "en"): "b", ("first", "de"): "c"}


def test_an_empty_text_gives_the_shipped_one_its_place_back(database: Database) -> None:
    with database.write() as tx:
        add_wording(tx, BUSINESS, ("first", "en", "a"), by="Kim", now=NOW)
        add_wording(tx, BUSINESS, ("first", "en", ""), by="Kim", now=NOW)
    with database.read() as tx:
        assert own_wordings(tx, BUSINESS) == {}
        assert [one.version for one in latest_wordings(tx, BUSINESS)] == [2]


def test_another_business_has_words_of_its_own(database: Database) -> None:
    with database.write() as tx:
        other = add_business(tx, "Beech", now=NOW)
        add_wording(tx, other, ("first", "en", "a"), by="Kim", now=NOW)
        assert add_wording(tx, BUSINESS, ("first", "en", "b"), by="Kim", now=NOW) == 1
        assert own_wordings(tx, other) == {("first", "en"): "a"}
        assert own_wordings(tx, BUSINESS) == {("first", "en"): "b"}


def test_who_owes_most(database: Database) -> None:
    with database.read() as tx:
        assert owes_most(tx, BUSINESS) is None
    save(database, invoice(1, 5_000, of=1), invoice(2, 4_000, of=2), invoice(3, 4_000, of=2))
    with database.read() as tx:
        assert owes_most(tx, BUSINESS) == ref(Kind.CUSTOMER, 2)
        assert owes_most(tx, "another") is None
