"""Who seems to be the same, what seems to be one sale: proposed with evidence, never on a shared e-mail alone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.debtors.elsewhere import not_entered
from collector.debtors.families import families
from collector.debtors.likeness import MANY, alike, copies, name_key
from receivables.case import Sale
from receivables.money import Money
from receivables.records import Address, Customer, EmailAddress, Kind, Payment, PaymentStatus, Ref

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)
STREET = Address(("12 Mill Lane",), "Leeds", "", "LS1 4AB", "GB")


def ref(text: str, kind: Kind = Kind.CUSTOMER) -> Ref:
    connection, _, id = text.partition("/")
    return Ref(connection, kind, id)


def customer(key: str, name: str = "Ann Ltd", **told: Any) -> Customer:
    return Customer(ref(key), name, NOW, **told)


def sale(key: str, of: str, **told: Any) -> Sale:
    whole = {"number": "INV-7", "total": Money(900, "GBP"), "issued_on": DAY, "owing": True}
    return Sale(ref(key, Kind.INVOICE), ref(of), **(whole | told))  # type: ignore[arg-type]


def found(*customers: Customer) -> list[tuple[str, str, list[str]]]:
    return [(str(one.one.connection), str(one.other.connection), list(one.evidence)) for one in alike(customers)]


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        ({"tax_number": "GB 123 4567 82"}, {"tax_number": "gb123456782"}, "tax_number"),
        ({"tax_number": "VAT No. GB123456782"}, {"tax_number": "123456782", "address": STREET}, "tax_number"),
        ({"tax_number": "CHE-123.456.789"}, {"tax_number": "CHE123456789"}, "tax_number"),
        ({"company_number": "01234567"}, {"company_number": "1234567"}, "company_number"),
        ({"name": "Ann Limited", "address": STREET}, {"name": "ANN LTD.", "address": STREET}, "address"),
    ],
)
def test_a_number_or_a_name_with_an_address_is_evidence(
    one: dict[str, Any], other: dict[str, Any], evidence: str
) -> None:
    assert found(customer("c1/a", **one), customer("c2/b", **other)) == [("c1", "c2", [evidence])]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"emails": (EmailAddress("a@b.example"),)}, {"emails": (EmailAddress("a@b.example"),)}),
        ({}, {}),
        ({"tax_number": "n/a"}, {"tax_number": "n/a"}),
        ({"tax_number": "000 0000 00"}, {"tax_number": "000000000"}),
        (
            {"tax_number": "123456782", "company_number": "1234567"},
            {"tax_number": "123456782", "company_number": "7654321"},
        ),
        ({"address": STREET, "tax_number": "123456782"}, {"address": STREET, "tax_number": "123456783"}),
        ({"address": STREET}, {"address": Address(("14 Mill Lane",), "Leeds", "", "LS1 4AB", "GB")}),
        ({"address": STREET}, {"address": Address((), "Leeds", "", "LS1 4AB", "GB")}),
        ({"address": STREET}, {"name": "Bob Ltd", "address": STREET}),
        (
            {"tax_number": "123456782", "address": STREET},
            {"tax_number": "123456782", "address": Address(country="DE")},
        ),
    ],
)
def test_less_is_none_and_what_contradicts_it_outweighs_it(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert found(customer("c1/a", **one), customer("c2/b", **other)) == []


def test_a_shared_address_of_e_mail_is_told_beside_what_proposes() -> None:
    mail = (EmailAddress("Ann@b.example"),)
    (pair,) = alike(
        [
            customer("c1/a", tax_number="123456782", emails=mail),
            customer("c2/b", tax_number="123456782", emails=(EmailAddress("ann@b.example"),)),
        ]
    )

    assert pair.evidence["email"] == "Both are written to at Ann@b.example."
    assert pair.evidence["tax_number"] == "Both have the tax number 123456782."


def test_three_that_are_one_are_two_questions_and_what_too_many_share_is_none() -> None:
    some = [customer(f"c1/{number}", tax_number="123456782") for number in range(MANY + 1)]

    assert len(alike(some[:3])) == 2
    assert len(alike(some[:MANY])) == MANY - 1
    assert alike(some) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "MULLER gmbh"),
        ("Smith & Sons Ltd.", "Smith and Sons Limited"),
        ("Ann's Bakery", "Anns bakery"),
        ("Construcciones Pérez S.L.", "Construcciones Perez SL"),
    ],
)
def test_names_are_compared_without_form_accents_and_signs(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


@given(st.lists(st.sampled_from(["1234567", "7654321", "", "n/a"]), max_size=30))
def test_the_order_of_the_books_does_not_matter_and_nobody_is_paired_with_themselves(numbers: list[str]) -> None:
    people = [customer(f"c{at % 3}/{at}", company_number=number) for at, number in enumerate(numbers)]

    pairs = alike(people)

    assert alike(people[::-1]) == pairs
    assert all(one.one != one.other for one in pairs)


def test_a_sale_in_two_books_has_the_same_number_amount_date_and_customer() -> None:
    people = {one.ref: one for one in (customer("c1/a"), customer("c2/b", "ANN LIMITED"), customer("c2/z", "Bob"))}
    mine, copy = sale("c1/1", "c1/a"), sale("c2/1", "c2/b", number="inv-7 ", owing=False)

    (pair,) = copies([mine, copy], people, {})

    assert (pair.one, pair.other) == (mine.ref, copy.ref)
    assert pair.evidence["customer"] == "Both are for Ann Ltd."
    for other in (
        sale("c2/1", "c2/b", number="INV-8"),
        sale("c2/1", "c2/b", total=Money(901, "GBP")),
        sale("c2/1", "c2/b", total=Money(900, "EUR")),
        sale("c2/1", "c2/b", issued_on=date(2026, 3, 2)),
        sale("c2/1", "c2/z"),
        sale("c1/2", "c1/a"),
        sale("c2/1", "c2/b", number=""),
    ):
        assert copies([mine, other], people, {}) == []
    settled = sale("c1/1", "c1/a", owing=False)
    assert copies([settled, copy], people, {}) == []
    assert len(copies([mine, sale("c2/1", "c2/z")], people, {ref("c2/z"): ref("c1/a")})) == 1


def payment(id: str, minor: int, on: date, reference: str = "") -> Payment:
    money, zero = Money(minor, "GBP"), Money.zero("GBP")
    where = Ref("c1", Kind.PAYMENT, id)
    return Payment(where, None, on, money, zero, PaymentStatus.SETTLED, NOW, reference=reference)


def test_one_payment_of_the_ledger_stands_for_one_of_the_till() -> None:
    twice = [payment("a", 500, DAY), payment("b", 500, DAY)]

    assert [one.ref.id for one in not_entered(twice, [payment("x", 500, date(2026, 3, 4))])] == ["b"]
    assert not_entered(twice, [payment("x", 500, DAY), payment("y", 500, DAY)]) == ()
    named = payment("a", 500, DAY, "pi_7")
    assert not_entered([named], [payment("x", 480, date(2026, 5, 1), "payout pi_7")]) == ()


def test_those_who_are_one_are_billed_together_with_their_families() -> None:
    parent, child, other, third = (ref(key) for key in ("c1/p", "c1/k", "c2/o", "c3/t"))

    known = families({child: parent, parent: parent}, [(child, other, other), (other, third, None)])

    assert known.head(child) == known.head(parent) == known.head(third) == other
    assert set(known.of(other)) == {parent, child, other, third}
    assert list(known.known_as(other)) == [other, parent, third]
    alone = families({}, [(parent, other, None)], [other])
    assert alone.head(parent) == other
    assert families({}, [(parent, other, None)], []).head(parent) == parent
