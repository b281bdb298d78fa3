"""What is left after a storm of payments, held to what the till and the ledgers say themselves."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.paying.entries import RECORD, REVERSE, payment_of, received_of
from duewell.businesses import living
from duewell.clearing import clearing_page
from duewell.running import sync_one
from receivables.money import Money, sum_money
from receivables.records import Invoice, Ref
from storage import actions, books
from storage.actions import Action, ActionState
from storage.checkouts import KeptCheckout, checkouts
from tests.chaos.pages import TILL
from tests.scenarios.playing import Play


@dataclass
class Weathered:
    """How many payments there were, how many of them were taken back or never booked, and what went wrong."""

    payments: int = 0
    returned: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment as the till tells of it, with what was made of it here. `gone`: nothing of it is left."""

    id: str
    amount: Money
    gone: bool
    kept: KeptCheckout
    booked: tuple[Action, ...]
    back: bool

    @property
    def on(self) -> list[tuple[Ref, Money]]:
        """What of it stands on invoices."""
        return [] if self.back else [share for act in self.booked for share in received_of(act).on]

    @property
    def beyond(self) -> list[Money]:
        """What of it stands on the customer's account."""
        found = (received_of(act).unapplied for act in self.booked)
        return [] if self.back else [one for one in found if one is not None]


def weathered(
    play: Play,
    before: Mapping[Ref, Money],
    *,
    at_source: Mapping[Ref, Money],
    lost: set[str],
    beyond: Mapping[str, int],
) -> Weathered:
    """`before` is what was open then, `at_source` what was paid past the till since, `lost` the payments that a bank
    took back, `beyond` by how much more than then the ledgers hold unapplied."""
    ended = Weathered()
    synced = [sync_one(play.house, one) for one in living(play.house, play.business)]
    ended.wrong += [f"differs: {one.connected.label} {one.trouble}" for one in synced if not _agrees(one.night)]
    ended.wrong += list(_unknown(play))
    found = list(_paid(play, lost))
    ended.payments, ended.returned = len(found), sum(one.back or not one.booked for one in found)
    for one in found:
        ended.wrong += _booked_wrong(one, till=play.connected(TILL).id, lost=one.id in lost)
    ended.wrong += [*_open_wrong(play, before, at_source, found), *_beyond_wrong(found, beyond)]
    ended.wrong += [*_unfinished(play), *_clearing_wrong(play, found)]
    return ended


def _agrees(night: object) -> bool:
    agreement = getattr(night, "agreement", None)
    return agreement is not None and agreement.agrees


def _truth(play: Play) -> Any:
    return play.truth(TILL)


def _kept(play: Play) -> dict[str, KeptCheckout]:
    with play.house.database.read() as tx:
        return {one.id: one for one in checkouts(tx, play.business)}


def _unknown(play: Play) -> Iterator[str]:
    """Pages that were paid, or could be, and that nobody here knows."""
    known = _kept(play)
    for id, told in _truth(play)["sessions"].items():
        ours = known.get(told["reference"])
        if (told["payment_status"] == "paid" or told["status"] == "open") and (ours is None or ours.session != id):
            yield f"lost: {id} ({told['status']}, {told['payment_status']}) is not known here"


def _paid(play: Play, lost: set[str]) -> Iterator[Paid]:
    truth, known = _truth(play), _kept(play)
    with play.house.database.read() as tx:
        sent = actions.actions(tx, play.business, states=(ActionState.SENT,))
    back = {payment_of(one) for one in sent if one.act == REVERSE}
    booked: dict[str, list[Action]] = defaultdict(list)
    for one in sent:
        if one.act == RECORD:
            booked[payment_of(one)].append(one)
    for told in truth["sessions"].values():
        if told["payment_status"] == "paid" and told["reference"] in known:
            id, intent = told["intent"], truth["intents"][told["intent"]]
            amount, gone = Money(intent["amount"], intent["currency"]), intent["refunded"] >= intent["amount"]
            kept = known[told["reference"]]
            yield Paid(id, amount, gone or id in lost, kept, tuple(booked[id]), id in back)


def _booked_wrong(one: Paid, *, till: str, lost: bool) -> Iterator[str]:
    """All of it stands in the books, or nothing where nothing is left of it; what a bank took stands there no more."""
    sums = [amount for act in one.booked for _, amount in received_of(act).on]
    sums += [over for act in one.booked if (over := received_of(act).unapplied) is not None]
    total = sum_money(sums, one.amount.currency)
    if total != one.amount and not (one.gone and not total):
        yield f"paid {one.amount}, booked {total}: {one.kept}"
    here = one.kept.about[0][0].connection == till
    if one.back != (lost and bool(total) and not here):
        yield f"{'taken back and stands' if lost else 'stands and was taken back'}: {one.kept}"


def _open_wrong(
    play: Play, before: Mapping[Ref, Money], at_source: Mapping[Ref, Money], found: list[Paid]
) -> Iterator[str]:
    """Each invoice is open for what it was, less what was paid for it, and each payment counts once."""
    with play.house.database.read() as tx:
        now = {ref: one.open for ref, one in books.records(tx, play.business, list(before)).items() if _is(one)}  # type: ignore[union-attr]
    for ref, open_ in before.items():
        paid = [amount for one in found for to, amount in one.on if to == ref]
        left = open_ - sum_money((*paid, at_source.get(ref, Money.zero(open_.currency))), open_.currency)
        if now.get(ref) != left:
            yield f"{ref}: {now.get(ref)} is open, and {left} should be"


def _is(one: object) -> bool:
    return isinstance(one, Invoice)


def _beyond_wrong(found: list[Paid], beyond: Mapping[str, int]) -> Iterator[str]:
    """What was paid beyond what was owed is unapplied in the ledgers, and nothing else is."""
    here, there = sum(over.minor for one in found for over in one.beyond), sum(beyond.values())
    if here != there:
        yield f"{here} was paid beyond invoices, and {there} is unapplied in the ledgers ({dict(beyond)})"


def _unfinished(play: Play) -> Iterator[str]:
    with play.house.database.read() as tx:
        for one in actions.actions(tx, play.business):
            if one.act in (RECORD, REVERSE) and one.state not in (ActionState.SENT, ActionState.CANCELLED):
                yield f"{one.act} is {one.state.value}: {one.reason}"


def _clearing_wrong(play: Play, found: list[Paid]) -> Iterator[str]:
    """Days later all of it was paid out: each account is at zero, and what came in is what was paid."""
    page = clearing_page(play.house, play.business)
    yield from (f"not at zero: {line}" for line in page.lines if line.balance or line.difference)
    yield from (f"not booked: {amount} {why}" for amount, why in page.unbooked)
    till = play.connected(TILL).id
    wanted = [one.amount for one in found if one.booked and one.kept.about[0][0].connection != till]
    for currency in {one.currency for one in wanted}:
        paid = sum_money((line.paid for line in page.lines if line.currency == currency), currency)
        booked = sum_money((one for one in wanted if one.currency == currency), currency)
        if paid != booked:
            yield f"{paid} came in by the clearing page, and {booked} was booked"
