"""Links of the till's own, as the matrix looks at them: one for one debt, never two that live, never one unknown."""

from collections.abc import Collection

from collector.dispatch import key_of
from collector.paying.lasting import Asked
from receivables.records import Invoice
from sandbox.server import Sandbox
from storage.actions import Action, ActionState
from storage.database import Tx
from storage.lasting_links import KeptLink, LastingState, lasting_links
from tests.chaos.errands import Errand
from tests.chaos.pages import TILL, as_action

LINK = "link at the till"
AS_ACTS = {LastingState.BEGUN: ActionState.CLAIMED, LastingState.OPEN: ActionState.SENT}


def link_for(invoice: Invoice) -> Asked:
    """All of one invoice."""
    return Asked(invoice, invoice.open, "All of it")


def key_of_link(invoice: Invoice) -> str:
    """The matrix's own name for one debt's links."""
    return key_of(LINK, invoice.ref.connection, invoice.ref.id)


def links_as_acts(tx: Tx, errand: Errand) -> list[Action]:
    """What is known of one debt's links that are not ended, in the words of actions."""
    return [as_action(one, errand, one.invoice, AS_ACTS[one.state], receipt=one.page) for one in _mine(tx, errand)]


def _mine(tx: Tx, errand: Errand) -> list[KeptLink]:
    _, asked = errand.task
    return lasting_links(tx, errand.business, invoices=[asked.invoice.ref])


def live_for(sandbox: Sandbox, tx: Tx, errand: Errand) -> int:
    """By how many links a customer could pay this debt at this moment, as the till itself says."""
    ours = {one.id for one in _mine(tx, errand)}
    return sum(reference in ours for reference, _ in _live(sandbox))


def unknown_links(sandbox: Sandbox, tx: Tx, business: str) -> Collection[str]:
    """Links that live at the till and of which nothing is known, or that are known under another name."""
    known = {one.id: one.page for one in lasting_links(tx, business)}
    return [link for reference, link in _live(sandbox) if known.get(reference) != link]


def _live(sandbox: Sandbox) -> list[tuple[str, str]]:
    links = sandbox.twins["stripe"].truth(TILL)["links"]
    return [(told["reference"], id) for id, told in links.items() if told["active"] and not told["done"]]
