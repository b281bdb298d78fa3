"""Calls: a to-do for a person, with what to say. A machine never dials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from collector.channels.port import Parcel, WrongAddress
from collector.reaching import numbers
from integrations.contract import Lookup, Receipt
from receivables.money import Money
from receivables.records import Ref

PREFIX = "call:"


@dataclass(frozen=True, slots=True)
class CallTask:
    """What somebody is to do: whom to call, at which number, about what, and the script. `key` is permanent."""

    key: str
    debtor: str
    name: str
    number: str
    title: str
    script: str
    due_on: date
    about: Ref | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class CallCarrier:
    """The port's calls. `add` notes a to-do, once for each key, and gives its id; `known` finds one by its key."""

    add: Callable[[CallTask, datetime], str]
    known: Callable[[str], str]

    def deliver(self, parcel: Parcel, *, key: str, now: datetime) -> Receipt:
        """Note the call. Raises WrongAddress when there is no number to call."""
        task = task_of(parcel, key, now)
        return Receipt(id=self.add(task, now), at=now)

    def found(self, key: str, since: datetime, *, to: Sequence[str] = ()) -> Receipt | Lookup:
        """The to-do is in our own tables: it is there or it is not."""
        del since, to
        id = self.known(f"{PREFIX}{key}")
        return Receipt(id=id) if id else Lookup.NOT_THERE


def task_of(parcel: Parcel, key: str, now: datetime) -> CallTask:
    """The call as a to-do of today."""
    given = [number for _, number in parcel.to]
    known = numbers(given, parcel.country)
    if not known:
        first = given[0] if given else ""
        raise WrongAddress("there is no telephone number for this customer; add one in the books", address=first)
    return CallTask(
        key=f"{PREFIX}{key}",
        debtor=parcel.debtor,
        name=parcel.name,
        number=known[0],
        title=f"Call {parcel.name or 'the customer'}",
        script=parcel.text,
        due_on=parcel.day_on or now.date(),
        about=parcel.about,
        amount=parcel.amount,
    )
