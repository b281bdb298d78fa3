"""What a name says about who somebody is: never more than it does."""

import pytest

from collector.debtors.kinds import propose, unconfirmed
from receivables.records import CustomerKind
from receivables.said import Saying
from tests.collector.cases_at_hand import HERSELF, NOW, case, said

BUSINESSES = (
    "Acme Ltd",
    "Acme Ltd.",
    "ACME LIMITED",
    "Foo L.L.C.",
    "Müller GmbH & Co. KG",
    "Nordic AS",
    "Siemens AG",
    "Viajes S.L.",
    "Marks & Co",
    "Ferrari S.p.A.",
    "Widget Pty. Ltd.",
    "Bakker B.V.",
    "Dupont SARL",
    "Agatha Inc",
    "University Press Ltd",
    "City of Dreams, LLC",
)
PUBLIC = ("City of Boston", "Kent County Council", "Lincoln University", "University of Leeds", "Stadt Köln")
PERSONS = (
    "Ann Lee",
    "J. R. R. Tolkien",
    "Dr. A. B. Smith",
    "Inca Trail",
    "Asa As",
    "Corporal Jones",
    "Hollis & Daughters",
)


@pytest.mark.parametrize("name", BUSINESSES)
def test_the_form_of_a_company_says_business(name: str) -> None:
    found = propose(name)

    assert found is not None
    assert found.kind is CustomerKind.BUSINESS
    assert found.evidence.startswith("The name holds “")


@pytest.mark.parametrize("name", PUBLIC)
def test_a_city_a_council_a_university_is_a_public_body(name: str) -> None:
    found = propose(name)

    assert found is not None
    assert found.kind is CustomerKind.PUBLIC_BODY


@pytest.mark.parametrize("name", PERSONS)
def test_what_may_be_a_persons_name_proposes_nothing(name: str) -> None:
    assert propose(name) is None


def test_a_kind_is_confirmed_by_the_platform_or_by_a_person() -> None:
    from msgspec.structs import replace

    stranger = replace(HERSELF, kind=CustomerKind.UNKNOWN)

    assert not unconfirmed(case(), NOW)
    assert unconfirmed(case(customers=(stranger,)), NOW)
    told = said(Saying.KIND, reason="consumer")
    assert not unconfirmed(case(customers=(stranger,), said=(told,)), NOW)
    ended = said(Saying.KIND, reason="consumer", ended_at=NOW)
    assert unconfirmed(case(customers=(stranger,), said=(ended,)), NOW)
