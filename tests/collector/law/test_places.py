"""Where a customer may be, and on which clocks."""

from datetime import UTC, datetime

import pytest

from collector.law.places import Whereabouts, distinct, plain, subdivision, where, whereabouts, zones_of
from receivables.records import Address, Company, Customer, Kind, Ref


def living(region: str = "", country: str = "", phones: tuple[str, ...] = (), **fields: str) -> Whereabouts:
    address = Address(region=region, country=country, city=fields.get("city", ""), postcode=fields.get("postcode", ""))
    return where(address, phones, "US", "America/Chicago")


def test_an_address_with_a_known_part_of_the_country() -> None:
    assert living("Massachusetts", "US", city=" BOSTON ") == Whereabouts(
        ("US",), ("US-MA",), "boston", ("America/New_York",)
    )
    assert living("ma", "US").subdivisions == ("US-MA",)
    assert living("US-MA", "US").subdivisions == ("US-MA",)
    assert living("Québec", "CA").subdivisions == ("CA-QC",)
    assert living("N.S.W.", "AU").subdivisions == ("AU-NSW",)


def test_a_part_in_two_zones_has_both() -> None:
    assert living("FL", "US").zones == ("America/New_York", "America/Chicago")


def test_without_the_part_every_clock_of_the_country_is_plausible() -> None:
    zones = living("", "US").zones

    assert {"America/New_York", "America/Chicago", "Pacific/Honolulu"} <= set(zones)
    assert len(zones) == len(distinct(zones)) == 8
    assert living("", "DE").zones == ("Europe/Berlin",)
    assert living("", "ES").zones == ("Europe/Madrid", "Atlantic/Canary")


def test_an_unknown_part_is_not_made_up() -> None:
    assert subdivision("US", "Oz") == ""
    assert subdivision("US", "") == ""
    assert subdivision("DE", "Bayern") == ""
    assert living("Oz", "US").zones == living("", "US").zones


def test_where_nothing_is_known_the_companys_place_counts() -> None:
    assert living() == Whereabouts(("US",), (), "", ("America/Chicago",))
    assert where(Address(), (), "", "") == Whereabouts((), (), "", ("UTC",))
    assert where(Address(), (), "", "Mars/Base").zones == ("UTC",)
    assert where(Address(country="XX"), (), "", "Europe/Paris").zones == ("Europe/Paris",)
    assert living("TX").subdivisions == ("US-TX",), "a region without a country is one of the company's"


def test_a_telephone_number_has_a_place_of_its_own() -> None:
    both = living("Colorado", "US", ("(212) 555-1234",))
    assert both.zones == ("America/Denver", "America/New_York")
    abroad = living("MA", "US", ("+49 30 123456", ""))
    assert (abroad.countries, abroad.zones) == (("US", "DE"), ("America/New_York", "Europe/Berlin"))
    assert living("", "", ("+44 20 7946 0958",)).zones == ("Europe/London",)
    assert living("MA", "US", ("call me", "12")).zones == ("America/New_York",)


def test_new_york_city_by_its_postcode() -> None:
    assert living("NY", "US", city="Flushing", postcode=" 11354").city == "new york"
    assert living("NY", "US", city="Albany", postcode="12207").city == "albany"
    assert living("NJ", "US", city="Newark", postcode="10001").city == "newark"


def test_a_customer_of_a_company() -> None:
    customer = Customer(
        Ref("c", Kind.CUSTOMER, "1"), "Quill", datetime(2026, 1, 1, tzinfo=UTC), phones=("+49 30 123456",)
    )
    company = Company("c", "Acme", "GBP", "GB", "Europe/London")

    assert whereabouts(customer, company) == Whereabouts(("GB", "DE"), (), "", ("Europe/Berlin",))


@pytest.mark.parametrize(
    ("text", "read"), [("  New  YORK ", "new york"), ("St. Paul", "st paul"), ("Zürich", "zurich"), ("", "")]
)
def test_names_are_compared_plainly(text: str, read: str) -> None:
    assert plain(text) == read


def test_clocks_that_never_differ_are_one() -> None:
    assert distinct(("Europe/Berlin", "Europe/Vienna", "Mars/Base", "UTC")) == ("Europe/Berlin", "UTC")
    assert distinct(("America/Denver", "America/Phoenix")) == ("America/Denver", "America/Phoenix")
    assert zones_of("US", "HI") == ("Pacific/Honolulu",)
    assert zones_of("", "") == ()
