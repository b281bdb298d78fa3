"""Keeps a till's balance: its lines with fees and payouts, and which payments have a line that took money back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from collector.paying.counter import Counter
from integrations.tills import Movement, MovementKind
from receivables.money import Money, sum_money
from storage.checkouts import KeptCheckout, first_made, of_payments
from storage.database import Tx
from storage.movements import KeptMovement, keep_movements, known_lines, movements
from storage.settings import set_setting, setting

EVERY = timedelta(minutes=30)
LATEST = timedelta(days=45)
"""A line that was not paid out for so long is not waited for: payouts by hand never tell what was in them."""
OVERLAP = timedelta(hours=1)
ARGUED = timedelta(days=200)
"""A dispute is decided within half a year."""
BACK = (MovementKind.REFUND.value, MovementKind.DISPUTE.value)


def read_balance(counter: Counter, *, news: bool = False) -> frozenset[str]:
    """Read the lines since the last reading; our payments of which more went, or may go back, than is known.

    Money is gone from the balance as soon as a dispute is opened, and it is lost when that is decided: no line tells.
    Without `news` it is read now and then. Raises TryLater, Reconnect, or Refused where the key may not read it.
    """
    now, connection = counter.source.clock.now(), counter.source.connection
    name = f"balance:{connection}"
    with counter.source.database.read() as tx:
        read, since = setting(tx, counter.business, name), _since(tx, counter, now)
    if since is None or (read and not news and now - datetime.fromisoformat(read) < EVERY):
        return frozenset()
    lines = list(counter.till.movements(since))
    with counter.source.database.write() as tx:
        keep_movements(tx, counter.business, [_kept(connection, one) for one in lines])
        set_setting(tx, counter.business, name, now.isoformat())
        return frozenset(_unexplained(tx, counter.business, now))


def _since(tx: Tx, counter: Counter, now: datetime) -> datetime | None:
    """From what was read last, or from before that where a payout is still to be told; None while nobody has paid."""
    newest, waiting = known_lines(tx, counter.business, counter.source.connection)
    if newest is None:
        first = first_made(tx, counter.business, counter.source.connection)
        return first and first - OVERLAP
    return (min(newest, max(waiting, now - LATEST)) if waiting else newest) - OVERLAP


def _unexplained(tx: Tx, business: str, now: datetime) -> Iterable[str]:
    lines = [one for one in movements(tx, business, kinds=BACK, since=now - ARGUED) if one.payment]
    gone: dict[str, list[Money]] = {}
    for line in lines:
        gone.setdefault(line.payment, []).append(-line.gross)
    for one in of_payments(tx, business, gone):
        if sum_money(gone[one.payment], gone[one.payment][0].currency) != _known(one, gone[one.payment][0].currency):
            yield one.payment


def _known(one: KeptCheckout, currency: str) -> Money:
    """What is known to have gone back, as far as it can be compared."""
    back = [part for part in (one.refunded, one.returned) if part and part.currency == currency]
    return sum_money(back, currency)


def _kept(connection: str, one: Movement) -> KeptMovement:
    """A payment that fails after its money was there takes it back, as a dispute does."""
    taken_back = one.kind is MovementKind.PAYMENT and one.gross.minor < 0
    kind = MovementKind.DISPUTE if taken_back else one.kind
    return KeptMovement(
        connection, one.id, kind.value, one.gross, one.fee, one.at, one.payment, one.payout, one.exchange_rate
    )
