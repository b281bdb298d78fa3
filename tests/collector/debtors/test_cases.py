"""Cases are put together by who is billed; what was said follows the invoices."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from collector.debtors.cases import Material, build, debtor_key
from receivables.case import Contact
from receivables.money import Money
from receivables.records import Company, Customer, Invoice, InvoiceStatus, Kind, Ref

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
COMPANY = Company("c1", "Northwind", "USD")


def customer(id: str, *, parent: str = "", billed_there: bool = True) -> Customer:
    above = Ref("c1", Kind.CUSTOMER, parent) if parent else None
    return Customer(Ref("c1", Kind.CUSTOMER, id), id.title(), NOW, parent=above, bills_with_parent=billed_there)


def invoice(id: str, owner: str) -> Invoice:
    none, ten = Money.zero("USD"), Money(1000, "USD")
    ref, whose, day = Ref("c1", Kind.INVOICE, id), Ref("c1", Kind.CUSTOMER, owner), date(2026, 3, 1)
    return Invoice(ref, id, whose, day, day, ten, ten, none, none, none, InvoiceStatus.OPEN, NOW)


def contact(debtor: str, *invoices: str, days_ago: int) -> Contact:
    at = NOW - timedelta(days=days_ago)
    return Contact(
        debtor, at, at.date(), "mail", "sent", tuple((Ref("c1", Kind.INVOICE, one), "a") for one in invoices)
    )


def test_a_family_is_one_case_when_it_is_billed_together() -> None:
    people = (
        customer("parent"),
        customer("child", parent="parent"),
        customer("apart", parent="parent", billed_there=False),
    )
    material = Material(COMPANY, people, (invoice("1", "child"), invoice("2", "parent"), invoice("3", "apart")))

    cases = {case.debtor: {one.ref.id for one in case.invoices} for case in build(material)}

    assert cases == {"c1/parent": {"1", "2"}, "c1/apart": {"3"}}


def test_what_the_loser_of_a_merge_was_told_is_known_of_the_survivor() -> None:
    told = (
        contact("c1/loser", "1", days_ago=3),
        contact("c1/survivor", "9", days_ago=8),
        contact("c1/else", "7", days_ago=1),
    )
    material = Material(COMPANY, (customer("survivor"),), (invoice("1", "survivor"),), contacts=told)

    (case,) = build(material)

    assert [one.debtor for one in case.contacts] == ["c1/survivor", "c1/loser"]


def test_a_contact_is_counted_once_though_it_spoke_of_two_invoices() -> None:
    told = (contact("c1/ann", "1", "2", days_ago=3),)
    material = Material(COMPANY, (customer("ann"),), (invoice("1", "ann"), invoice("2", "ann")), contacts=told)

    (case,) = build(material)

    assert len(case.contacts) == 1


def test_an_invoice_of_a_customer_that_cannot_be_seen_has_a_case_without_an_address() -> None:
    (case,) = build(Material(COMPANY, (), (invoice("1", "ghost"),)))

    assert case.debtor == debtor_key(Ref("c1", Kind.CUSTOMER, "ghost"))
    assert case.addresses() == ()


def test_a_difference_on_a_child_puts_the_whole_family_in_doubt() -> None:
    people = (customer("parent"), customer("child", parent="parent"))
    material = Material(COMPANY, people, (invoice("1", "parent"),))

    (case,) = build(replace(material, differing=(people[1].ref,)))

    assert case.differs
