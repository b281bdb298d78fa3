"""What the matrix strikes: everything that leaves the building, each act a value; a new one is a line in ACTS."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from collector import once
from collector.charges.posting import post
from collector.dispatch import Sender, dispatch
from collector.follow_up import leave
from collector.occasions.acting import carry_out
from collector.occasions.courtesy import Occasion
from collector.paying.counter import Counter
from collector.paying.lasting import lasting_urls
from collector.paying.opening import open_page
from collector.paying.settle import READY, settle_one
from collector.paying.taken_back import reverse_one
from collector.policy import Channel
from duewell.carrying import _carried_out
from duewell.mailing import send_once
from duewell.paying import counter_of
from duewell.wiring import House
from sandbox.server import Sandbox
from storage import actions
from storage.actions import Action
from storage.checkouts import checkouts
from storage.database import Tx
from sync.source import Source
from tests.chaos.errands import Errand
from tests.chaos.lasting import LINK, links_as_acts, live_for
from tests.chaos.pages import PAGE, before_it_is_kept, open_pages, pages_as_acts

KEYED = r"(?!\S*/query).*{key}"


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
    `{invoice}` and `{key}`. `letter` is the wording of the reminder by `channel`; anything else has none. `kept` tells
    what the tables hold of one that is kept elsewhere than among the actions, in their words; and `there` how often the
    till has it.
    """

    name: str
    do: Callable[[Hand], object]
    channel: str = ""
    letter: str = ""
    platform: str = ""
    written: str = KEYED
    kept: Callable[[Tx, Errand], list[Action]] | None = None
    there: Callable[[Sandbox, Tx, Errand], int] | None = None

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
    counter = _counter(hand)
    with hand.source.database.read() as tx:
        paid = next(one for one in checkouts(tx, counter.business) if one.id == hand.errand.task)
    return settle_one(counter, paid)


def _counter(hand: Hand) -> Counter:
    counter = counter_of(hand.house, hand.errand.business)
    assert counter is not None
    return counter


def _take_back(hand: Hand) -> object:
    """A booked payment that a bank has taken back since."""
    with hand.source.database.read() as tx:
        planned = actions.action(tx, hand.source.business, hand.errand.key)
    return planned and planned.state in READY and reverse_one(_counter(hand), planned)


def _open(hand: Hand) -> object:
    """A page on which a customer wants to pay: it is kept by itself, so whoever holds us must do so before."""
    with before_it_is_kept(hand.house.database, hand.pause):
        return open_page(_counter(hand), hand.errand.task).state


def _link(hand: Hand) -> object:
    """A link of the till's own, which is to stand in a message; kept by itself as a page is."""
    debtor, asked = hand.errand.task
    with before_it_is_kept(hand.house.database, hand.pause):
        return len(lasting_urls(_counter(hand), debtor, [asked]))


def _carry(hand: Hand) -> object:
    """One invoice alone, where the job does all."""
    sender = hand.sender
    return _carried_out(hand.source, once.Hand(sender.commit, sender.worker), iter([hand.errand.task]))


def _tell_us(hand: Hand) -> object:
    return send_once(hand.house, hand.errand.business, hand.errand.task)


def _leave(hand: Hand) -> object:
    """Its claim is made by itself, so whoever holds us must do so before."""
    hand.pause()
    with hand.source.database.read() as tx:
        planned = actions.action(tx, hand.source.business, hand.errand.key)
    return leave(hand.source, planned, hand.sender.worker) if planned else None


CHARGED = {"xero": KEYED, "quickbooks": KEYED, "stripe": r"\S*/finalize .*{key}"}
"""What makes a late charge a debt: at Stripe the last call of three; told there is also what was finalized."""
BOOKED = {
    "quickbooks": r"\S*/payment .*{key}",
    "xero": r"\S*/Payments .*{key}",
    "stripe": r"\S*/invoices/{invoice}/attach_payment ",
}
"""What a platform's server is asked to book a payment."""
TAKEN_BACK = {"quickbooks": r'\S*/payment .*"Id": "{invoice}"', "xero": r"\S*/Payments/{invoice} "}
"""Likewise to take back a booked payment, which stands for the errand's invoice."""
OCCASIONS = tuple(one.value for one in Occasion)
GROUP, PAY_LINK = "group", "stripe pay link"
"""Mails of several at once, whose claims one thread commits together; the link that an invoice carries in its books."""

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
    *(Act(name, _carry_out) for name in OCCASIONS),
    *(Act(f"{name} note", _leave, platform=name) for name in ("quickbooks", "xero", "stripe")),
    Act("expected date", _leave, platform="xero", written=r"\S*/Invoices/{invoice} .*ExpectedPaymentDate"),
    *(Act(f"{slug} charge", _post, platform=slug, written=written) for slug, written in CHARGED.items()),
    *(Act(f"{slug} payment", _book, platform=slug, written=written) for slug, written in BOOKED.items()),
    *(Act(f"{slug} taken back", _take_back, platform=slug, written=one) for slug, one in TAKEN_BACK.items()),
    Act(PAY_LINK, _carry, platform="stripe", written=r"\S*/invoices/{invoice} .*dw_link.*{key}"),
    Act(PAGE, _open, kept=pages_as_acts, there=open_pages),
    Act(LINK, _link, kept=links_as_acts, there=live_for),
    Act("our own mail", _tell_us),
)
ACTS = {act.name: act for act in _OF_ALL}
