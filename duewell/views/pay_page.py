"""What the owner's page about the payment page shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PayPageView:
    """`address` is where customers reach it, empty where they cannot; `invoice_url` is what to paste into Xero.

    `till`: is one named at which money is taken?"""

    address: str
    till: bool
    in_messages: bool
    second_fact: bool
    days: int
    invoice_url: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A proof of payment that a customer handed in."""

    id: str
    name: str
    on: str


@dataclass(frozen=True, slots=True)
class LinksView:
    """How many of a customer's links open something, until when the last one does, and their papers.

    `at_till`: how many can be paid by at the till, where the page cannot be reached."""

    count: int = 0
    until: str = ""
    papers: tuple[PaperView, ...] = ()
    at_till: int = 0
