"""Asks what became of the texts that were sent: delivered, or not and why. What failed closes the number."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from collector.channels.twilio import GONE_NUMBERS, OPTED_OUT, Delivery, TextCarrier
from collector.policy import Channel
from integrations.errors import IntegrationError, NotThere
from receivables.said import Said, Saying
from storage.database import Database
from storage.replies import arrived, texts_under_way
from storage.said import said, say

log = structlog.get_logger(__name__)

SMS = Channel.SMS.value
ASKED_FOR = timedelta(days=3)
BY = "Twilio"


@dataclass(frozen=True, slots=True)
class Sent:
    """One text whose end is not known yet."""

    key: str
    receipt: str
    debtor: str


def watch_texts(database: Database, business: str, carrier: TextCarrier, *, now: datetime, today: date) -> int:
    """Ask about every text of the last three days that has no end yet; how many came to one.

    Trouble with one ends the asking for now: the next run begins where this one stopped.
    """
    with database.read() as tx:
        waiting = [Sent(*row) for row in texts_under_way(tx, business, act=SMS, since=now - ASKED_FOR)]
    ended = 0
    for one in waiting:
        try:
            delivery = carrier.delivery(one.receipt)
        except NotThere:
            delivery = Delivery("failed")
        except IntegrationError as error:
            log.info("texts not asked about", why=str(error))
            break
        if delivery.over:
            _keep(database, business, one, delivery, now=now, today=today)
            ended += 1
    return ended


def _keep(database: Database, business: str, one: Sent, delivery: Delivery, *, now: datetime, today: date) -> None:
    kind = saying_of(delivery)
    with database.write() as tx:
        arrived(tx, business, one.key, delivery.words)
        if kind is None:
            return
        known = said(tx, business, debtor=one.debtor, kinds=(kind,))
        if not any(old.ended_at is None and (old.channel, old.address) == (SMS, delivery.to) for old in known):
            words = Said(one.debtor, kind, today, channel=SMS, address=delivery.to, note=delivery.words, by=BY)
            say(tx, business, words, now=now)


def saying_of(delivery: Delivery) -> Saying | None:
    """What a delivery teaches: opted out, no such number, or a number that could not be reached this time."""
    if delivery.arrived or not delivery.over:
        return None
    if delivery.code == OPTED_OUT:
        return Saying.OPT_OUT
    return Saying.WRONG_ADDRESS if delivery.code in GONE_NUMBERS else Saying.BOUNCED
