"""What taken money leaves to a person: too much, taken back, or refunded. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from collector.paying.entries import received_of
from receivables.todo import Todo, TodoKind
from storage.actions import Action
from storage.checkouts import KeptCheckout

NEWS = timedelta(days=90)
"""What nobody has looked at for so long is not asked for any more."""
Name = Callable[[str], str]


def money_todos(
    recorded: Iterable[Action], back: Iterable[KeptCheckout], name: Name, *, till: str, on: date
) -> tuple[Todo, ...]:
    """`recorded` are payments that stand in the books, `back` those of which money went back.

    `name` says whose a debtor key is; `till` is the connection whose own invoices never open again.
    """
    found = [*_overpaid(recorded, name, on)]
    for one in back:
        found += [*_refunded(one, name, on), *_returned(one, name, till=till, on=on)]
    return tuple(found)


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


def _returned(one: KeptCheckout, name: Name, *, till: str, on: date) -> Iterator[Todo]:
    invoice = one.about[0][0]
    if one.returned and invoice.connection == till:
        title = f"Look at the payment of {one.returned} by {name(one.debtor)} that their bank took back"
        note = "Its invoice stays paid there, so that nobody is reminded of it; make a new one to ask for it again."
        key = f"returned:{one.id}:{one.returned.minor}"
        yield Todo(key, TodoKind.RETURNED, title, on, one.debtor, till, invoice, one.returned, note=note)
