"""What a person typed, on a page or in the terminal, made into words to be recorded. One way for both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from collector.saying import ALLOWED
from collector.typed import day, money
from duewell.doing import checked_member
from duewell.finding import find_invoice, today_of, whom_of
from duewell.recording import goes_to_the_books, record
from duewell.said_words import in_words
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Invoice
from receivables.said import Said, Saying, Way

FIELDS = (
    "kind", "day", "until", "amount", "invoice", "words", "reason", "channel", "address", "way", "owner", "review"
)  # fmt: skip
"""What may be told; all of it text as it was typed, and what is not told is empty."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written down, its id, and a sentence that says so."""

    id: str
    said: Said
    sentence: str


def dictate(house: House, business: str, debtor: str, told: Mapping[str, str], *, by: str) -> Recorded:
    """Understand and record it. Raises Refused with one sentence, or NotThere."""
    words, numbers = understand(house, business, debtor, told)
    id = record(house, business, words, by=by)
    also = " The day will be written into the books as well." if goes_to_the_books(house, business, words) else ""
    invoice = words.invoice
    line = in_words(words, {invoice: numbers} if invoice else {})
    return Recorded(id, words, f"Written down: {line[:1].lower() + line[1:]}.{also}")


def understand(house: House, business: str, debtor: str, told: Mapping[str, str]) -> tuple[Said, str]:
    """The words, and the number of the invoice they are about."""
    typed = {name: told.get(name, "").strip() for name in FIELDS}
    today, kind = today_of(house, business), Saying.of(typed["kind"].replace("-", "_"))
    invoice = find_invoice(house, business, typed["invoice"], debtor) if typed["invoice"] else None
    until = day(typed["until"], today) if typed["until"] else None
    words = Said(
        debtor="" if kind is Saying.BANK_ENTERED else debtor,
        kind=kind,
        from_on=_begins(kind, typed, until, today),
        until_on=until,
        invoice=invoice.ref if invoice else None,
        amount=money(typed["amount"], _currency(house, business, debtor, invoice)) if typed["amount"] else None,
        channel=typed["channel"],
        address=typed["address"] or _only_address(house, business, debtor, kind),
        way=_way(typed["way"]),
        note=typed["words"],
        review_on=day(typed["review"], today) if typed["review"] else None,
        assigned_to=checked_member(house, business, typed["owner"]),
        reason=typed["reason"].replace("-", "_") if kind in ALLOWED else "",
    )
    return words, invoice.number if invoice else ""


def _begins(kind: Saying, typed: Mapping[str, str], until: date | None, today: date) -> date:
    if kind is Saying.BANK_ENTERED and until is not None:
        return min(until, today)
    return day(typed["day"], today) if typed["day"] else today


def _way(typed: str) -> Way:
    try:
        return Way(typed or Way.OURS)
    except ValueError:
        raise Refused(f"Who began it? Say ours or theirs, not {typed!r}.") from None


def _currency(house: House, business: str, debtor: str, invoice: Invoice | None) -> str:
    """The invoice's, else the only one the customer owes in; empty when there are several."""
    if invoice is not None:
        return invoice.open.currency
    with house.database.read() as tx:
        _, _, whom = whom_of(tx, business, debtor)
    owed = {one.open.currency for one in whom.invoices if one.owing}
    return owed.pop() if len(owed) == 1 else ""


def _only_address(house: House, business: str, debtor: str, kind: Saying) -> str:
    """Where only one address is known, it is the one that is wrong."""
    if kind is not Saying.WRONG_ADDRESS:
        return ""
    with house.database.read() as tx:
        _, _, whom = whom_of(tx, business, debtor)
    return whom.addresses[0] if len(whom.addresses) == 1 else ""
