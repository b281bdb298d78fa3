"""What people do about late charges: waive them, ask for them, and post them to the platform; each under a name."""

from collections.abc import Mapping
from datetime import date, timedelta

from collector.charges.bearing import Borne
from collector.charges.posting import Posting, post
from collector.charges.words import sentences
from collector.debtors.cases import debtor_key
from collector.once import Hand
from collector.typed import day
from collector.wording.languages import date_words, money_words
from duewell.businesses import living
from duewell.charging import borne_of, last_day
from duewell.charging_to import posted_to
from duewell.finding import today_of, whom_of
from duewell.terms import locale_of_business
from duewell.wiring import House
from duewell.workers import WORKER
from integrations.contract import Capability, LateCharge
from integrations.errors import NotThere, Refused
from integrations.registry import platform
from receivables.records import Invoice, Ref
from receivables.said import Said, Saying
from storage.actions import ActionState
from storage.connections import Connected
from storage.said import say
from sync.refresh import refresh

NOTE_MAX = 1000
TERM = timedelta(days=14)
"""How long the customer has for an invoice of late charges."""


def waive(house: House, business: str, invoice: Invoice, told: Mapping[str, str], *, by: str) -> str:
    """Nothing is asked for the days `from` to `until` (all, when neither is told); the sentence that says so."""
    return _say(house, business, invoice, told, kind=Saying.WAIVED, by=by)


def enforce(house: House, business: str, invoice: Invoice, told: Mapping[str, str], *, by: str) -> str:
    """It is asked for, for these days, although it was waived before. Where the law wants a customer put in default
    first, `from` is the first day after that."""
    return _say(house, business, invoice, told, kind=Saying.ENFORCED, by=by)


def _say(house: House, business: str, invoice: Invoice, told: Mapping[str, str], *, kind: Saying, by: str) -> str:
    today, note = today_of(house, business), told.get("words", "").strip()
    first, last = _day(told, "from", today), _day(told, "until", today)
    begins = first or invoice.issued_on or invoice.due_on or today
    _require(begins, last, note, by)
    with house.database.write() as tx:
        _, head, _ = whom_of(tx, business, debtor_key(invoice.customer))
        words = Said(head, kind, begins, last, invoice.ref, note=note, by=by.strip())
        say(tx, business, words, now=house.clock.now())
    return _told(invoice, kind, first, last)


def _day(told: Mapping[str, str], name: str, today: date) -> date | None:
    text = told.get(name, "").strip()
    return day(text, today) if text else None


def _require(begins: date, last: date | None, note: str, by: str) -> None:
    if not by.strip():
        raise Refused("Say who decides this; a name stands beside everything that is waived or asked for.")
    if last is not None and last < begins:
        raise Refused(f"It would end on {last:%-d %B %Y}, before it begins on {begins:%-d %B %Y}.")
    if len(note) > NOTE_MAX:
        raise Refused(f"The words are too long: {len(note)} characters, and {NOTE_MAX} is the most.")


def _told(invoice: Invoice, kind: Saying, first: date | None, last: date | None) -> str:
    since = f" from {first:%-d %B %Y}" if first else ""
    until = f" until {last:%-d %B %Y}" if last else "" if first else " altogether"
    what = "are waived" if kind is Saying.WAIVED else "are asked for"
    return f"Late charges on invoice {invoice.number or invoice.ref.id} {what}{since}{until}."


def post_charges(house: House, business: str, invoice: Invoice, *, by: str) -> str:
    """Make what it bears up to yesterday an invoice of its own on its platform; the sentence that says so.

    Raises Refused when there is nothing to post, no account was chosen, or the platform does not take it.
    """
    connected = _connected(house, business, invoice)
    with house.database.read() as tx:
        account, tax = posted_to(tx, business, connected.id)
    if not tax:
        raise Refused(
            f"Choose first what late charges of {connected.label} are posted to, on the page Late charges or with "
            "`duewell charging`."
        )
    with house.source(connected) as source:
        refresh(source, [invoice.ref])
        borne, case = borne_of(house, business, invoice)
        if borne.charge is None:
            raise Refused(borne.why_not)
        charge = _charge(house, business, borne, (account, tax))
        posting = Posting(borne, charge, case.debtor, by)
        state, reason = post(source, posting, Hand(house.writer.do, WORKER))
        if state is not ActionState.SENT or reason:
            raise Refused(_not_posted(state, reason))
        refresh(source, _made(house, business, borne))
    amount = money_words(charge.amount, locale_of_business(house, business))
    return f"{amount} was posted to {connected.label} as an invoice of its own; it bears nothing itself."


def _connected(house: House, business: str, invoice: Invoice) -> Connected:
    one = next((each for each in living(house, business) if each.id == invoice.ref.connection), None)
    if one is None:
        raise NotThere("the company of this invoice is no longer connected")
    found = platform(one.platform)
    if Capability.POST_CHARGE not in found.capabilities:
        raise Refused(f"Late charges cannot be posted to {found.label} from here yet; enter them there by hand.")
    return one


def _charge(house: House, business: str, borne: Borne, codes: tuple[str, str]) -> LateCharge:
    """Due in two weeks; its text is what the customer reads on the invoice."""
    where, today = locale_of_business(house, business), today_of(house, business)
    until = date_words(last_day(borne), where)
    text = f"Late payment of invoice {borne.invoice.number}, up to {until}. {' '.join(_own(borne, house, business))}"
    return LateCharge(text, borne.total, today, today + TERM, *codes)


def _own(borne: Borne, house: House, business: str) -> tuple[str, ...]:
    alone = Borne(borne.invoice, borne.until_on, borne.charge, law=borne.law)
    return sentences(alone, locale_of_business(house, business))


def _not_posted(state: ActionState, reason: str) -> str:
    if state is ActionState.FAILED:
        return f"Nothing was posted: {reason}"
    if state is ActionState.AMBIGUOUS and not reason.startswith("Whether"):
        return f"Whether it was posted is not known ({reason}). Duewell asks the platform again soon; do not enter it."
    return reason


def _made(house: House, business: str, borne: Borne) -> list[Ref]:
    """The invoices made of its charges: read at once, so that they are not missing from what is owed."""
    fresh, _ = borne_of(house, business, borne.invoice)
    return [one.made for one in fresh.posted if one.made]
