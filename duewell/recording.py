"""What people write down: calls, promises, disputes, holds and the rest, through one function; each named and ended."""

from dataclasses import replace
from datetime import date, datetime

from collector.expecting import EXPECTED, plan_expected
from collector.saying import Whom, check
from duewell.businesses import living
from duewell.finding import today_of, whom_of
from duewell.todos import look_again
from duewell.wiring import House
from integrations.contract import Capability
from integrations.errors import NotThere, Refused
from integrations.registry import platform
from receivables.said import Said, Saying
from storage import actions
from storage.actions import ActionState
from storage.connections import connection
from storage.database import Tx
from storage.said import end, said, say


def record(house: House, business: str, words: Said, *, by: str) -> str:
    """Write it down under the name `by`; its id. To-dos that hang on it are brought in step at once.

    What was said of a sub-customer counts for whoever is billed. A new promise about the same thing takes the place
    of one that is still open. Raises Refused with one sentence, or NotThere for a customer that is not in these books.
    """
    if not by.strip():
        raise Refused("Say who writes this down; a name stands beside everything that is said.")
    today, now = today_of(house, business), house.clock.now()
    with house.database.write() as tx:
        connected, whom = None, Whom("The business")
        if words.kind is not Saying.BANK_ENTERED:
            connected, head, whom = whom_of(tx, business, words.debtor)
            words = replace(words, debtor=head)
        check(words, whom, today)
        if words.kind is Saying.PROMISE:
            _replace_open_promise(tx, business, words, today, by=by, now=now)
        id = say(tx, business, replace(words, by=by.strip(), id="", note=words.note.strip()), now=now)
        if words.invoice is not None:  # whoever is several customers has invoices in several books
            connected = connection(tx, business, words.invoice.connection)
        if connected is not None:
            plan_expected(tx, connected, words, id, now=now)
    look_again(house, business, words.debtor, today)
    return id


def end_said(house: House, business: str, id: str, *, by: str) -> Said:
    """It no longer holds from now on; what it was is given back. Raises NotThere."""
    now = house.clock.now()
    with house.database.write() as tx:
        known = next((one for one in said(tx, business) if one.id == id), None)
        if known is None or not end(tx, business, id, by=by, now=now):
            raise NotThere("That was ended already, or it is not known here.")
        _forget_expected(tx, business, id, now)
    look_again(house, business, known.debtor, today_of(house, business))
    return known


def goes_to_the_books(house: House, business: str, words: Said) -> bool:
    """Is the promised day written on the platform as well?"""
    if words.kind is not Saying.PROMISE or words.invoice is None:
        return False
    one = next((each for each in living(house, business) if each.id == words.invoice.connection), None)
    return one is not None and Capability.SET_EXPECTED_DATE in platform(one.platform).capabilities


def _replace_open_promise(tx: Tx, business: str, words: Said, today: date, *, by: str, now: datetime) -> None:
    """Two days cannot both be the promised one."""
    for one in said(tx, business, debtor=words.debtor, kinds=[Saying.PROMISE]):
        still_open = one.ended_at is None and one.until_on is not None and one.until_on >= today
        if still_open and one.invoice == words.invoice:
            end(tx, business, one.id, by=by, now=now)
            _forget_expected(tx, business, one.id, now)


def _forget_expected(tx: Tx, business: str, id: str, now: datetime) -> None:
    """What was planned and not yet written for a promise is not written any more."""
    key = f"x{id}"
    known = actions.action(tx, business, key)
    if known is not None and known.act == EXPECTED and known.state in (ActionState.PLANNED, ActionState.FAILED):
        actions.mark(tx, business, key, ActionState.CANCELLED, now=now, reason="The promise was changed.")
