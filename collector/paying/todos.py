"""What taken money leaves to a person: too much, taken back, refunded, or paid where nobody can enter it. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.paying.entries import received_of
from receivables.todo import Todo, TodoKind
from storage.actions import Action
from storage.checkouts import CheckoutState, KeptCheckout

NEWS = timedelta(days=90)
"""What nobody has looked at for so long is not asked for any more."""
Name = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Taken:
    """`recorded` are payments that stand in the books, `back` those of which money went back; of these the payments
    that are `entered` stand in a ledger where nothing takes them back by itself. `stranded` are those that were paid or
    may yet be, each with the name of the connection that is missing. For those `lettered` (by the id of the page) a
    letter is or was ready, which is a to-do of its own.
    """

    recorded: Sequence[Action] = ()
    back: Sequence[KeptCheckout] = ()
    entered: Collection[str] = ()
    stranded: Sequence[tuple[KeptCheckout, str]] = ()
    lettered: Collection[str] = ()


def money_todos(taken: Taken, name: Name, *, till: str, on: date) -> tuple[Todo, ...]:
    """`name` says whose a debtor key is; `till` is the connection whose own invoices never open again."""
    found = [*_overpaid(taken.recorded, name, on), *_stranded(taken.stranded, name, on)]
    for one in taken.back:
        found += _refunded(one, name, on)
        found += _returned(one, name, till=till, on=on) if one.id not in taken.lettered else ()
        found += _returned_part(one, name, on) if one.payment in taken.entered else ()
    return tuple(found)


def _stranded(some: Iterable[tuple[KeptCheckout, str]], name: Name, on: date) -> Iterator[Todo]:
    for one, missing in some:
        invoice, paid = one.about[0][0], one.payment or one.state in (CheckoutState.PROCESSING, CheckoutState.PAID)
        title = f"Enter {one.amount} that {name(one.debtor)} {'paid' if paid else 'may have paid'} by their link"
        named = f", under {one.payment}" if one.payment else ""
        note = (
            f"{missing} is not connected any more. Connect it again, and what was paid is entered by itself; do it by "
            f"hand only if it stays so. What became of it is told by the till{named}."
        )
        key = f"{TodoKind.STRANDED}:{one.id}"
        yield Todo(key, TodoKind.STRANDED, title, on, one.debtor, invoice.connection, invoice, one.amount, note=note)


def _overpaid(recorded: Iterable[Action], name: Name, on: date) -> Iterator[Todo]:
    for act in recorded:
        over, day = received_of(act).unapplied, (act.finished_at or act.planned_at).date()
        if over and on - day <= NEWS:
            title = f"Decide what becomes of {over} that {name(act.debtor)} paid too much"
            note = "It is kept on the customer's account as unapplied. Nothing is refunded by itself."
            yield Todo(
                f"overpaid:{act.key}", TodoKind.OVERPAID, title, day, act.debtor, act.connection, amount=over, note=note
            )


def _refunded(one: KeptCheckout, name: Name, on: date) -> Iterator[Todo]:
    if one.refunded and not one.refund_is:
        title = f"Say of what the refund of {one.refunded} to {name(one.debtor)} was"
        note = f"Until then nobody writes to them. `duewell till refund {one.payment}` or the page Clearing says it."
        key, connection = f"refund:{one.id}:{one.refunded.minor}", one.about[0][0].connection
        yield Todo(key, TodoKind.REFUND, title, on, one.debtor, connection, amount=one.refunded, note=note)


def _returned_part(one: KeptCheckout, name: Name, on: date) -> Iterator[Todo]:
    """An entry in a ledger can only be taken back whole, so a part is for a person."""
    if one.returned:
        invoice = one.about[0][0]
        title = f"Enter that a bank took back {one.returned} of the {one.amount} that {name(one.debtor)} paid"
        shares = "; ".join(str(amount) for _, amount in one.about)
        note = (
            f"The payment {one.payment} stands in the books whole ({shares} by invoice). Lessen it by hand by "
            f"{one.returned}, out of the clearing account, dated the day of the chargeback; the invoice is then open "
            "for it."
        )
        key, amount = f"returned:{one.id}:{one.returned.minor}", one.returned
        yield Todo(key, TodoKind.RETURNED, title, on, one.debtor, invoice.connection, invoice, amount=amount, note=note)


def _returned(one: KeptCheckout, name: Name, *, till: str, on: date) -> Iterator[Todo]:
    invoice = one.about[0][0]
    if one.returned and invoice.connection == till:
        title = f"Look at the payment of {one.returned} by {name(one.debtor)} that their bank took back"
        note = "Its invoice stays paid there, so that nobody is reminded of it; make a new one to ask for it again."
        key = f"returned:{one.id}:{one.returned.minor}"
        yield Todo(key, TodoKind.RETURNED, title, on, one.debtor, till, invoice, one.returned, note=note)
