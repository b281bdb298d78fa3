"""What the matrix strikes: everything that leaves the building, each act a value; a new one is a line in ACTS."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from collector import once
from collector.charges.posting import post
from collector.dispatch import Sender, dispatch
from collector.follow_up import leave
from collector.occasions.acting import carry_out
from collector.paying.settle import settle_one
from collector.policy import Channel
from duewell.mailing import send_once
from duewell.paying import counter_of
from duewell.wiring import House
from storage import actions
from storage.checkouts import checkouts
from sync.source import Source
from tests.chaos.errands import Errand


@dataclass(frozen=True, slots=True)
class Hand:
    """What a worker holds when it does an errand. `pause` is called where nothing is claimed yet."""

    house: House
    source: Source
    sender: Sender
    errand: Errand
    pause: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of thing that leaves.

    `platform` has it done in that one's books; `written` then is what its server is asked, as "METHOD path body", with
    `{invoice}` and `{key}`. `letter` is the wording of the reminder by `channel`; anything else has none.
    """

    name: str
    do: Callable[[Hand], object]
    channel: str = ""
    letter: str = ""
    platform: str = ""
    written: str = r"(?!\S*/query).*{key}"

    @property
    def in_tables(self) -> bool:
        """Does it end in our own database, which keeps its order?"""
        return self.channel == Channel.CALL

    def asked(self, errand: Errand, key: str) -> "re.Pattern[str]":
        """What its platform's server is asked to do it."""
        (invoice, *_) = errand.invoices or ("",)
        whole = self.written.replace("{invoice}", re.escape(invoice)).replace("{key}", re.escape(key))
        return re.compile(rf"(?:POST|PUT) {whole}", re.DOTALL)


def _remind(hand: Hand) -> object:
    return dispatch(hand.source, hand.sender, hand.errand.debtor)


def _carry_out(hand: Hand) -> object:
    return carry_out(hand.source, hand.sender, hand.errand.task)


def _post(hand: Hand) -> object:
    sender = hand.sender
    return post(hand.source, hand.errand.task, once.Hand(sender.commit, sender.worker))


def _book(hand: Hand) -> object:
    """Money that was paid, and of which it was decided how it is to stand in the books."""
    counter = counter_of(hand.house, hand.errand.business)
    assert counter is not None
    with hand.source.database.read() as tx:
        paid = next(one for one in checkouts(tx, counter.business) if one.id == hand.errand.task)
    return settle_one(counter, paid)


def _tell_us(hand: Hand) -> object:
    return send_once(hand.house, hand.errand.business, hand.errand.task)


def _leave(hand: Hand) -> object:
    """Its claim is made by itself, so whoever holds us must do so before."""
    hand.pause()
    with hand.source.database.read() as tx:
        planned = actions.action(tx, hand.source.business, hand.errand.key)
    return leave(hand.source, planned, hand.sender.worker) if planned else None


CODES = {"xero": ("270", "NONE")}
"""Where late charges are posted to: an account and a tax that the sandbox's company has."""
BOOKED = {
    "quickbooks": r"\S*/payment .*{key}",
    "xero": r"\S*/Payments .*{key}",
    "stripe": r"\S*/invoices/{invoice}/attach_payment ",
}
"""What a platform's server is asked to book a payment."""
GROUP = "group"
"""Mails of several at once, whose claims one thread commits together."""

_MAIL = Act("mail", _remind, "mail", "first_reminder")
_PLATFORM = Act("platform", _remind, "platform", "second_reminder")
_OF_ALL = (
    _MAIL,
    replace(_MAIL, name=GROUP),
    Act("sms", _remind, "sms", "sms_reminder"),
    Act("letter", _remind, "letter", "letter_reminder"),
    Act("call", _remind, "call", "call_script"),
    replace(_PLATFORM, name="quickbooks mail", platform="quickbooks", written=r"\S*/invoice/{invoice}/send "),
    replace(_PLATFORM, name="xero mail", platform="xero", written=r"\S*/Invoices/{invoice}/Email "),
    replace(_PLATFORM, name="stripe mail", platform="stripe", written=r"\S*/invoices/{invoice}/send "),
    *(Act(name, _carry_out) for name in ("statement", "thank_you", "apology")),
    *(Act(f"{name} note", _leave, platform=name) for name in ("quickbooks", "xero", "stripe")),
    Act("expected date", _leave, platform="xero", written=r"\S*/Invoices/{invoice} .*ExpectedPaymentDate"),
    *(Act(f"{slug} charge", _post, platform=slug) for slug in CODES),
    *(Act(f"{slug} payment", _book, platform=slug, written=written) for slug, written in BOOKED.items()),
    Act("our own mail", _tell_us),
)
ACTS = {act.name: act for act in _OF_ALL}
