"""Pages on which customers pay, as the matrix looks at them: kept before the till is asked, never two for one debt."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import event

from collector.debtors.cases import debtor_key
from collector.dispatch import key_of
from collector.paying.counter import Wish
from receivables.money import Money
from receivables.records import Invoice, Ref
from sandbox.server import Sandbox
from storage.actions import Action, ActionState
from storage.checkouts import CheckoutState, KeptCheckout, checkouts
from storage.database import Database, Tx
from storage.lasting_links import KeptLink
from tests.chaos.errands import Errand

AS_ACTS = {
    CheckoutState.BEGUN: ActionState.CLAIMED,
    CheckoutState.OPEN: ActionState.SENT,
    CheckoutState.EXPIRED: ActionState.FAILED,
}
"""A page that was never there may be asked for again, as what provably did not go may be sent."""
TILL = "northwind"
PAGE = "page"
KEPT = ("INSERT INTO checkout", "INSERT INTO lasting_link")


@contextmanager
def before_it_is_kept(database: Database, pause: Callable[[], None]) -> Iterator[None]:
    """Stand still just before a page or a link of the till's is written down."""

    def strike(*told: object) -> None:
        if str(told[2]).startswith(KEPT):
            pause()

    event.listen(database.engine, "before_cursor_execute", strike)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", strike)


def wish_for(invoice: Invoice, minor: int, back_url: str) -> Wish:
    """A part of one invoice."""
    return Wish(debtor_key(invoice.customer), ((invoice.ref, Money(minor, invoice.open.currency)),), "A part", back_url)


def key_of_page(invoice: Invoice) -> str:
    """The matrix's own name for one debt's pages."""
    return key_of("page", invoice.ref.connection, invoice.ref.id)


def pages_as_acts(tx: Tx, errand: Errand) -> list[Action]:
    """What is known of one debt's pages, in the words of actions: those that may be paid, else the last of the rest."""
    mine = _pages(tx, errand.business, [ref for ref, _ in errand.task.on])
    living = [one for one in mine if one.state is not CheckoutState.EXPIRED]
    return [_as_act(one, errand) for one in living or mine[-1:]]


def _pages(tx: Tx, business: str, debt: Collection[Ref]) -> list[KeptCheckout]:
    return [one for one in checkouts(tx, business) if not set(debt).isdisjoint(ref for ref, _ in one.about)]


def _as_act(one: KeptCheckout, errand: Errand) -> Action:
    return as_action(one, errand, one.about[0][0], AS_ACTS[one.state], receipt=one.session, reason=one.failure)


def as_action(
    one: KeptCheckout | KeptLink, errand: Errand, about: Ref, state: ActionState, *, receipt: str, reason: str = ""
) -> Action:
    """What is kept elsewhere than among the actions, in their words."""
    return Action(
        id=one.id,
        act=errand.act,
        key=errand.key,
        debtor=one.debtor,
        local_day=None,
        connection=one.connection,
        about=about,
        state=state,
        payload="",
        planned_at=one.made_at,
        claimed_at=one.made_at,
        claimed_by="",
        finished_at=one.looked_at,
        attempts=1,
        receipt=receipt,
        reason=reason,
    )


def open_for(sandbox: Sandbox, tx: Tx, business: str, debt: Collection[Ref]) -> int:
    """How many pages a customer could pay this debt on at this moment, as the till itself says."""
    ours = {one.id for one in _pages(tx, business, debt)}
    return sum(reference in ours for reference, _ in _opened(sandbox))


def open_pages(sandbox: Sandbox, tx: Tx, errand: Errand) -> int:
    """Likewise, of an errand's debt."""
    return open_for(sandbox, tx, errand.business, [ref for ref, _ in errand.task.on])


def unknown_there(sandbox: Sandbox, tx: Tx, business: str) -> Collection[str]:
    """Pages that are open at the till and of which nothing is known, or that are known under another name."""
    known = {one.id: one.session for one in checkouts(tx, business)}
    return [session for reference, session in _opened(sandbox) if known.get(reference) != session]


def _opened(sandbox: Sandbox) -> list[tuple[str, str]]:
    sessions = sandbox.twins["stripe"].truth(TILL)["sessions"]
    return [(told["reference"], id) for id, told in sessions.items() if told["status"] == "open"]
