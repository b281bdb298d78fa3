"""Which till a business takes money at, and the account of each ledger in which that money waits for its payout."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from collector.paying.entries import RECORD
from duewell.businesses import living
from duewell.connecting import OTHERS_POST
from duewell.wiring import House
from integrations.contract import KEY_LENGTH_MAX, Capability
from integrations.errors import NotThere, Refused
from integrations.receiving import Clearing
from integrations.registry import platform
from receivables.money import Money, exponent
from receivables.records import Answer
from storage import actions, books
from storage.connections import Connected, change_details
from storage.database import Tx
from storage.ids import new_id
from storage.meters import StoredMeter
from storage.settings import set_setting, setting, unset_setting

TILL, CLEARING = "till", "clearing"
CARD = "card"
TILL_ID = re.compile(r"\b(?:pi|ch|py)_[A-Za-z0-9]{8,}")
LISTED = 12


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a business said about its till. `methods` are the till's words for the allowed ways to pay, none: all.

    `card_most` is the largest sum by card, in minor units by currency. `fed`: a bank feed or another app books fees and
    payouts, so that no journal is offered.
    """

    connection: str
    methods: tuple[str, ...] = ()
    card_most: Mapping[str, int] | None = None
    fed: bool = False
    by: str = ""

    @property
    def ceilings(self) -> tuple[Money, ...]:
        """The largest sums by card."""
        return tuple(Money(minor, currency) for currency, minor in (self.card_most or {}).items())

    @property
    def without_card(self) -> tuple[str, ...]:
        """The ways that are left for larger sums."""
        return tuple(one for one in self.methods if one != CARD)


@dataclass(frozen=True, slots=True)
class ClearingView:
    """One ledger and currency, with the account that was chosen; empty while none was."""

    connection: str
    label: str
    platform: str
    currency: str
    account: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PostedView:
    """Whether another app enters the till's payments into a ledger.

    `said` is yes, no or unknown; `seen` counts payments there that carry ids of a till and were not entered by us.
    """

    connection: str
    label: str
    said: str
    seen: int = 0


@dataclass(frozen=True, slots=True)
class TillView:
    """What was said about the till, what could be said, and who else posts into each ledger."""

    chosen: Chosen | None
    label: str
    able: tuple[tuple[str, str], ...]
    clearing: tuple[ClearingView, ...]
    posted: tuple[PostedView, ...]


def chosen_till(tx: Tx, business: str) -> Chosen | None:
    """What was said; None before."""
    told = json.loads(setting(tx, business, TILL, "{}"))
    return Chosen(**{**told, "methods": tuple(told["methods"])}) if told else None


def looks_first(ledger: Connected) -> bool:
    """May another app have entered a payment there before us? Only who says no is believed without looking."""
    return ledger.details.get(OTHERS_POST, Answer.UNKNOWN) != Answer.NO


def able_tills(house: House, business: str) -> list[Connected]:
    """The connections at which money can be taken."""
    return [one for one in living(house, business) if Capability.TAKE_PAYMENTS in platform(one.platform).capabilities]


def till_view(house: House, business: str) -> TillView:
    """Everything about the till."""
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
    able = tuple((one.id, one.label) for one in able_tills(house, business))
    label = dict(able).get(chosen.connection, "") if chosen else ""
    return TillView(chosen, label, able, every_clearing(house, business), posted_by_others(house, business))


def posted_by_others(house: House, business: str) -> tuple[PostedView, ...]:
    """What was said of each ledger, and how many payments stand there that carry a till's id and are not ours."""
    till_ids = {one.id for one in able_tills(house, business)}
    found = []
    with house.database.read() as tx:
        ours = {one.receipt for one in actions.actions(tx, business, act=RECORD)}
        for one in ledgers(house, business):
            if one.id not in till_ids:
                here = books.payments(tx, business, one.id)
                seen = sum(bool(TILL_ID.search(each.reference)) and each.ref.id not in ours for each in here)
                found.append(PostedView(one.id, one.label, one.details.get(OTHERS_POST, Answer.UNKNOWN.value), seen))
    return tuple(found)


def ledgers(house: House, business: str, till: str = "") -> list[Connected]:
    """The books into which the till's money is recorded: those of others, since its own need no clearing."""
    return [one for one in living(house, business) if one.books and one.id != till]


def choose_till(house: House, business: str, told: Mapping[str, str], *, by: str) -> Chosen:
    """Name the till: `connection` (empty: money is taken nowhere), `methods` and `card_most` as they were typed, `fed`
    as yes or no. `others_post` (yes, no, unknown) is of every ledger, `others_post:ID` of one; what is not told stays.

    Raises Refused with one sentence, also when the till's platform does not let us take money; TryLater, Reconnect.
    """
    if not told.get("connection", ""):
        with house.database.write() as tx:
            unset_setting(tx, business, TILL)
        return Chosen("")
    able = {one.id: one for one in able_tills(house, business)}
    if told["connection"] not in able:
        names = ", ".join(f"{one.label} ({one.id})" for one in able.values()) or "none; connect Stripe first"
        raise Refused(f"Money cannot be taken at {told['connection'][:40]!r}; it can be at: {names}.")
    methods = tuple(dict.fromkeys(told.get("methods", "").replace(",", " ").split()))
    ceilings = {most.currency: most.minor for most in _ceilings(told.get("card_most", ""))}
    fresh = Chosen(told["connection"], methods, ceilings, _yes(told, "fed"), by)
    _require_a_way(fresh)
    answers = dict(_others_post(ledgers(house, business, fresh.connection), told))
    _require_leave(house, able[fresh.connection])
    with house.database.write() as tx:
        set_setting(tx, business, TILL, json.dumps(asdict(fresh)))
        for id, details in answers.items():
            change_details(tx, business, id, details)
    return fresh


def _require_leave(house: House, one: Connected) -> None:
    meter = StoredMeter(house.database, one.business, one.id, clock_now=house.clock.now)
    try:
        house.till(one, meter).require()
    finally:
        meter.flush()


def _others_post(found: Sequence[Connected], told: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The details of each ledger of which it was told whether another app posts there."""
    for one in found:
        said = told.get(f"{OTHERS_POST}:{one.id}", "") or told.get(OTHERS_POST, "")
        if said and said not in set(Answer):
            raise Refused(f"Say yes, no or unknown of whether another app posts into {one.label}, not {said[:20]!r}.")
        if said:
            yield one.id, {**one.details, OTHERS_POST: said}


def _yes(told: Mapping[str, str], name: str) -> bool:
    answer = told.get(name, "no") or "no"
    if answer not in ("yes", "no"):
        raise Refused(f"Say yes or no for {name!r}, not {answer[:20]!r}.")
    return answer == "yes"


def _require_a_way(fresh: Chosen) -> None:
    if odd := [
        one for one in fresh.methods if not (one.isascii() and one.replace("_", "").isalnum() and one.islower())
    ]:
        raise Refused(f"{odd[0][:40]!r} is not a way to pay; write them as Stripe does, such as card us_bank_account.")
    if fresh.card_most and not fresh.without_card:
        raise Refused(
            "A card ceiling leaves no way to pay more; name the other ways too, such as card us_bank_account."
        )


def _ceilings(text: str) -> list[Money]:
    """2000 USD, 1500 EUR."""
    found = []
    for one in (part.split() for part in text.split(",") if part.strip()):
        try:
            found.append(Money.of(Decimal(one[0]), one[1]))
        except (InvalidOperation, IndexError, ValueError):
            raise Refused(
                f"{' '.join(one)[:40]!r} is not a sum; write a card ceiling like 2000 USD, 1500 EUR."
            ) from None
    return found


def clearing_of(tx: Tx, business: str, connection: str) -> dict[str, Clearing]:
    """The accounts that were chosen for a ledger, by currency."""
    told = json.loads(setting(tx, business, f"{CLEARING}:{connection}", "{}"))
    return {currency: Clearing(one["id"], one["name"], currency) for currency, one in told.items()}


def every_clearing(house: House, business: str) -> tuple[ClearingView, ...]:
    """Every ledger with the currencies it has an account for, its own currency first."""
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
        found = []
        for one in ledgers(house, business, chosen.connection if chosen else ""):
            known = clearing_of(tx, business, one.id)
            base = one.company.base_currency if one.company else ""
            for currency in dict.fromkeys(filter(None, (base, *known))):
                account = known.get(currency)
                about = (one.id, one.label, platform(one.platform).label, currency)
                found.append(ClearingView(*about, account.id if account else "", account.name if account else ""))
    return tuple(found)


def clearing_choices(house: House, business: str, connection: str, currency: str) -> tuple[Clearing, ...]:
    """The ledger's accounts for that currency as the platform lists them now, the usable ones first."""
    with house.source(_ledger(house, business, connection)) as source:
        return source.books.clearing_accounts(_currency(currency))


def choose_clearing(
    house: House, business: str, connection: str, currency: str, *, typed: str, make: bool = False
) -> Clearing:
    """Book that currency's money into the account with this id or name; `make` it where somebody has consented.

    Raises Refused naming what there is, or saying why it cannot be used.
    """
    ledger, currency = _ledger(house, business, connection), _currency(currency)
    with house.source(ledger) as source:
        listed = source.books.clearing_accounts(currency)
        known = [one for one in listed if typed.strip().casefold() in (one.id.casefold(), one.name.casefold())]
        if not known and make:
            known = [source.books.make_clearing_account(typed.strip(), currency, key=new_id()[:KEY_LENGTH_MAX])]
    found = _usable(known, listed, typed.strip(), ledger.label)
    with house.database.write() as tx:
        told = json.loads(setting(tx, business, f"{CLEARING}:{connection}", "{}"))
        told[currency] = {"id": found.id, "name": found.name}
        set_setting(tx, business, f"{CLEARING}:{connection}", json.dumps(told, ensure_ascii=False))
    return replace(found, currency=currency)


def _usable(known: Sequence[Clearing], listed: Sequence[Clearing], typed: str, label: str) -> Clearing:
    if len(known) == 1 and not known[0].unusable:
        return known[0]
    if known:
        why = known[0].unusable or "there are several of this name; give its id"
        raise Refused(f"{known[0].name} in {label} cannot clear payments: {why}.")
    usable = [one for one in listed if not one.unusable]
    near = get_close_matches(typed.casefold(), [one.name.casefold() for one in usable], n=3, cutoff=0.6)
    shown = [one for one in usable if one.name.casefold() in near] or usable[:LISTED]
    names = ", ".join(f"{one.name} ({one.id})" for one in shown) or "none; have one made"
    raise Refused(f"{label} has no account {typed[:40]!r} that can clear payments; there are: {names}.")


def _ledger(house: House, business: str, connection: str) -> Connected:
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
    found = next((one for one in ledgers(house, business) if one.id == connection), None)
    if found is None:
        raise NotThere("there is no such ledger in this business")
    if chosen and chosen.connection == connection:
        raise Refused(f"{found.label} is the till itself; its own invoices need no clearing account.")
    return found


def _currency(text: str) -> str:
    try:
        exponent(text.upper())
    except ValueError:
        raise Refused(f"{text[:10]!r} is not a currency; write it like USD.") from None
    return text.upper()
