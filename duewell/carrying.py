"""The pay link that open invoices carry in their own books, where a platform has a place for one.

What an invoice carries is known from the acts by which it was written there, so that a run asks no platform. Neither
those acts nor a log hold the address: it is derived anew when it is written.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from collector.debtors.cases import debtor_key
from collector.debtors.kin import together
from collector.dispatch import key_of
from collector.once import Hand, once
from duewell.businesses import living, resting
from duewell.links import links_for
from duewell.pay_page import page_url, pays_by_link, public_address
from duewell.wiring import House
from duewell.workers import WORKER
from integrations.contract import Act, Capability, Receipt
from integrations.errors import Reconnect, TryLater
from integrations.registry import platform
from receivables.records import Collection, Invoice, Ref
from storage import books
from storage.actions import Action, ActionState, Plan, about_what_is_open
from storage.connections import Connected, State
from sync.source import Source

SET = Act.SET_PAY_LINK.value
AT_ONCE = 200
"""So many invoices are changed in one run, which leaves the platform's other calls their turn."""
MAY_BE_DONE = (ActionState.CLAIMED, ActionState.SENT, ActionState.AMBIGUOUS, ActionState.PARKED)
OVER = (ActionState.SENT, ActionState.PARKED)
OUT = ""
"""The payload of an act that takes the link out."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is to be written on an invoice; an empty `url` takes out what stands there."""

    invoice: Ref
    key: str
    payload: str = OUT
    url: str = field(default="", repr=False)


def carry_links(house: House, business: str) -> int:
    """Have open invoices carry their customer's link, a new one where it was revoked, and none where it is not to stand
    in messages either. How many were changed."""
    stands, done = bool(public_address(house)) and pays_by_link(house, business), 0
    for one in living(house, business):
        if _takes_links(one) and not resting(house, one):
            with house.source(one) as source:
                errands = islice(_errands(house, one, stands=stands), AT_ONCE - done)
                done += _carried_out(source, Hand(house.writer.do, WORKER), errands)
    return done


def _takes_links(one: Connected) -> bool:
    able = Capability.CARRY_PAY_LINK in platform(one.platform).capabilities
    return able and one.books and one.state is State.HEALTHY


def _errands(house: House, connected: Connected, *, stands: bool) -> Iterator[_Errand]:
    business, id = connected.business, connected.id
    with house.database.read() as tx:
        before = _by_invoice(about_what_is_open(tx, business, id, SET))
        if not stands and not before:
            return
        invoices = list(books.invoices(tx, business, id, open_only=True))
        families = together(tx, connected).families
    link_of, address = links_for(house, business), public_address(house)
    for one in invoices:
        past = [act for act in before.get(one.ref, ()) if act.state in MAY_BE_DONE]
        if stands and _is_sent(one):
            link, token = link_of(debtor_key(families.head(one.customer)))
            outs = sum(act.payload == OUT for act in past)
            names = (one.ref.id, link.id, str(link.generation), address, str(outs))
            key = key_of(SET, business, id, *names)
            if not past or past[-1].key != key:
                payload = json.dumps({"link": link.id, "generation": link.generation})
                yield _Errand(one.ref, key, payload, page_url(house, token))
        elif past and past[-1].payload != OUT:
            yield _Errand(one.ref, key_of(SET, "out", past[-1].key))


def _by_invoice(acts: Sequence[Action]) -> Mapping[Ref, Sequence[Action]]:
    found: dict[Ref, list[Action]] = {}
    for act in acts:
        if act.about is not None:
            found.setdefault(act.about, []).append(act)
    return found


def _is_sent(invoice: Invoice) -> bool:
    return invoice.owing and invoice.collection is Collection.SENT


def _carried_out(source: Source, hand: Hand, errands: Iterator[_Errand]) -> int:
    """One after the other, until the platform cannot be used; the next run goes on."""
    done = 0
    for one in errands:
        wanted = Plan(SET, one.key, about=one.invoice, payload=one.payload)
        state = once(source, hand, wanted, lambda one=one: _call(source, one)).state  # type: ignore[misc]
        if state not in OVER:
            break
        done += state is ActionState.SENT
    return done


def _call(source: Source, one: _Errand) -> Receipt:
    try:
        return source.books.set_pay_link(one.invoice, one.url, key=one.key)
    except Reconnect as error:  # reading tells people so; nobody is to look at each invoice because of it
        raise TryLater(str(error)) from None
