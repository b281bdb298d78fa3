"""Mails outside the plan, to our own people and a payer's code: claimed before the call, like all that leaves."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from collector.channels.smtp import Postbox, compose, post
from collector.once import Hand, once
from collector.wording.writing import Letter
from duewell.wiring import House
from duewell.workers import WORKER
from integrations.contract import Clock, Receipt
from storage import actions
from storage.actions import ActionState, Plan
from storage.database import Database

ATTEMPTS_MAX = 5
OPEN = (ActionState.PLANNED, ActionState.FAILED)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told to whom; `debtor` is the payer, if it is one.

    `key` names it for ever; `act` is its kind among the actions.
    """

    act: str
    key: str
    person: str
    name: str
    email: str
    letter: Letter
    debtor: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """A business, and where its acts are written down."""

    business: str
    database: Database
    clock: Clock


def send_once(house: House, business: str, notice: Notice) -> bool:
    """Send it unless that was done, or may have been; True when it went now.

    What provably did nothing is tried again at the next call, a few times. Nothing is done without a mail server, or
    for a login that is no address.
    """
    postbox, now = house.postbox(), house.clock.now()
    if postbox is None or "@" not in notice.email or not to_be_sent(house, business, notice.key):
        return False

    told = json.dumps({"person": notice.person})
    wanted = Plan(notice.act, notice.key, notice.debtor, payload=told)
    place, hand = _Place(business, house.database, house.clock), Hand(house.writer.do, WORKER)
    done = once(place, hand, wanted, partial(_post, notice, postbox, now), commanded=True)
    return done.ours and done.state is ActionState.SENT


def _post(notice: Notice, postbox: Postbox, now: datetime) -> Receipt:
    mail = compose(notice.letter, postbox, to=[(notice.name, notice.email)], key=notice.key, now=now)
    post(mail, postbox, recipients=[notice.email])
    return Receipt("")


def was_sent(house: House, business: str, key: str) -> bool:
    """Did it go, or may it have gone?"""
    with house.database.read() as tx:
        known = actions.action(tx, business, key)
    return known is not None and known.state in (ActionState.SENT, ActionState.CLAIMED, ActionState.AMBIGUOUS)


def to_be_sent(house: House, business: str, key: str) -> bool:
    """Was it not sent yet, and is it worth another try?"""
    with house.database.read() as tx:
        known = actions.action(tx, business, key)
    return known is None or (known.state in OPEN and known.attempts < ATTEMPTS_MAX)
