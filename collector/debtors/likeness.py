"""Proposes which customers are the same and which invoices are one sale seen in two books, each with evidence. Pure.

Everything is found by keys that two of the same share, so that the work grows with the books and not with their square.
What so many share that it tells nobody apart is no evidence.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from collector.debtors.kinds import COMPANY, COMPANY_AT_THE_END, TOGETHER, undotted
from receivables.case import Sale
from receivables.records import Customer, Ref

T = TypeVar("T")
MANY = 10
"""A number or a name with an address that more customers than this share is a placeholder, or somebody's agent."""
DIGITS_MIN = 5
NAME_MIN = 3
VAT_PREFIXES = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()
)
LABELS = re.compile(r"^(?:VATNO|VATREGNO|VAT|TAXID|TAXNO|EIN|ABN|ACN|CRN|GSTIN|GST|USTIDNR|USTID|SIRET|SIREN|CVR)(?=.)")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two that seem to be the same, in the order of their names, and why: a sentence for each sort of evidence."""

    one: Ref
    other: Ref
    evidence: Mapping[str, str]


def key_of(ref: Ref) -> str:
    """The name by which pairs are ordered."""
    return f"{ref.connection}/{ref.id}"


def alike(customers: Iterable[Customer]) -> list[Likeness]:
    """The pairs of customers that seem to be one. A shared e-mail address is told, but proposes nothing by itself."""
    known = list(customers)
    found: dict[tuple[Ref, Ref], dict[str, str]] = {}
    for sort, of, words in SORTS:
        for theirs in _shared(known, of):
            for one, other in _linked(theirs, _may_be_same if sort != "address" else _live_together):
                found.setdefault((one.ref, other.ref), {})[sort] = words(one)
    by_ref = {one.ref: one for one in known}
    return [
        Likeness(one, other, told | _mailed(by_ref[one], by_ref[other]))
        for (one, other), told in sorted(found.items(), key=lambda pair: (key_of(pair[0][0]), key_of(pair[0][1])))
    ]


def copies(sales: Iterable[Sale], customers: Mapping[Ref, Customer], same: Mapping[Ref, Ref]) -> list[Likeness]:
    """The pairs of invoices in different books with the same number, amount, date and customer, where one is owed.

    `same` names, for customers who are known to be one with others, the one they all are.
    """
    found: list[Likeness] = []
    for alike_ones in _shared(sales, _sale_key):
        for one, other in _linked(alike_ones, lambda one, other: one.ref.connection != other.ref.connection):
            customer = _same_customer(one.customer, other.customer, customers, same)
            if customer and one.issued_on and (one.owing or other.owing):
                what = f"Both are number {one.number} over {one.total}, issued on {one.issued_on:%-d %B %Y}."
                found.append(Likeness(one.ref, other.ref, {"sale": what, "customer": customer}))
    return sorted(found, key=lambda pair: (key_of(pair.one), key_of(pair.other)))


def _sale_key(one: Sale) -> Hashable:
    number = "".join(one.number.casefold().split())
    return (number, one.total, one.issued_on) if number and one.issued_on else None


def _same_customer(one: Ref, other: Ref, customers: Mapping[Ref, Customer], same: Mapping[Ref, Ref]) -> str:
    """Why the two invoices are of one customer, as a sentence; empty when nothing says so."""
    if same.get(one, one) == same.get(other, other):
        return "You confirmed that their customers are the same."
    first, second = customers.get(one), customers.get(other)
    if first is None or second is None or not _may_be_same(first, second):
        return ""
    for sort, of, words in SORTS:
        if sort != "address" and of(first) is not None and of(first) == of(second):
            return words(first)
    if name_key(first.name) and name_key(first.name) == name_key(second.name):
        return f"Both are for {first.name}."
    return _mailed(first, second).get("email", "")


def name_key(name: str) -> str:
    """A name without its form of company, accents, case and punctuation; empty when too little is left to tell."""
    plain = undotted(name)
    for form in (COMPANY, COMPANY_AT_THE_END, TOGETHER):
        plain = form.sub(" ", plain)
    return letters(plain) if len(letters(plain)) >= NAME_MIN else ""


def letters(text: str) -> str:
    """Only letters and digits, without accents and case."""
    apart = unicodedata.normalize("NFKD", text.replace("&", " and ").casefold())
    return "".join(one for one in apart if one.isalnum())


def tax_key(customer: Customer) -> str | None:
    """The tax number as all write it: without the country in front, labels, blanks and points."""
    return _number(customer.tax_number)


def company_key(customer: Customer) -> str | None:
    """The company's number; 01234567 and 1234567 are the same."""
    found = _number(customer.company_number)
    return found.lstrip("0") if found and found.isdigit() else found


def _number(text: str) -> str | None:
    plain = LABELS.sub("", letters(text).upper())
    body = plain[2:] if plain[:2] in VAT_PREFIXES else plain
    digits = [one for one in body if one.isdigit()]
    return body if len(digits) >= DIGITS_MIN and len(set(digits)) > 1 else None


def _address_key(customer: Customer) -> Hashable:
    """The name, and the place it is in."""
    where, name = customer.address, name_key(customer.name)
    place = letters(where.postcode)[: 5 if where.country == "US" else None] or letters(where.city)
    return (name, place) if name and place and where.lines else None


def _may_be_same(one: Customer, other: Customer) -> bool:
    """Nothing they are known by contradicts it: a VAT number may be a whole group's, its companies are not one."""
    told = ((tax_key, one, other), (company_key, one, other), (_country, one, other))
    return not any(of(first) and of(second) and of(first) != of(second) for of, first, second in told)


def _country(customer: Customer) -> str | None:
    return customer.address.country or None


def _live_together(one: Customer, other: Customer) -> bool:
    """At the same door: the same house number, or where none is written the same words."""
    if not _may_be_same(one, other):
        return False
    doors = [set(re.findall(r"\d+", " ".join(each.address.lines))) for each in (one, other)]
    if all(doors):
        return bool(doors[0] & doors[1])
    return letters(" ".join(one.address.lines)) == letters(" ".join(other.address.lines))


def _mailed(one: Customer, other: Customer) -> dict[str, str]:
    theirs = {each.address.casefold() for each in other.emails}
    both = next((each.address for each in one.emails if each.address and each.address.casefold() in theirs), "")
    return {"email": f"Both are written to at {both}."} if both else {}


def _address_words(one: Customer) -> str:
    where = one.address
    place = ", ".join(part for part in (*where.lines, where.postcode, where.city) if part)
    return f"Both are called {one.name} and live at {place}."


Sort = tuple[str, Callable[[Customer], Hashable], Callable[[Customer], str]]
SORTS: tuple[Sort, ...] = (
    ("tax_number", tax_key, lambda one: f"Both have the tax number {one.tax_number.strip()}."),
    ("company_number", company_key, lambda one: f"Both have the company number {one.company_number.strip()}."),
    ("address", _address_key, _address_words),
)


def _shared(records: Iterable[T], of: Callable[[T], Hashable]) -> Iterator[Sequence[T]]:
    """Those with the same key, where there are at least two and not too many."""
    grouped: dict[Hashable, list[T]] = {}
    for one in records:
        found = of(one)
        if found is not None:
            grouped.setdefault(found, []).append(one)
    return (theirs for theirs in grouped.values() if 2 <= len(theirs) <= MANY)


R = TypeVar("R", Customer, Sale)


def _linked(theirs: Sequence[R], fits: Callable[[R, R], bool]) -> Iterator[tuple[R, R]]:
    """As many pairs as join all that fit, and no more: three that are one are two questions, not three."""
    ordered = sorted(theirs, key=lambda one: key_of(one.ref))
    group = {one.ref: one.ref for one in ordered}
    for one, other in combinations(ordered, 2):
        if group[one.ref] != group[other.ref] and fits(one, other):
            old, new = group[other.ref], group[one.ref]
            group = {ref: new if lead == old else lead for ref, lead in group.items()}
            yield one, other
