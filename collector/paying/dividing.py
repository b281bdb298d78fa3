"""How taken money is divided: what fits the invoices as they stand, and what is beyond them, without rest. Pure."""

from collections.abc import Mapping, Sequence

from receivables.money import Money, sum_money
from receivables.records import Ref

Share = tuple[Ref, Money]
Lot = tuple[tuple[Share, ...], Money | None]


def divided(wanted: Sequence[Share], open_now: Mapping[Ref, Money], *, together: bool) -> list[Lot]:
    """What is to be booked: shares of invoices, all of them `together` or each by itself, and what is beyond them.

    `wanted` is what was paid for each invoice, in one currency; `open_now` what is open of it now, nothing for one that
    is not known. What is beyond stands with the invoices where they go together, and else by itself.
    """
    nothing = Money.zero(wanted[0][1].currency)
    fitting = [(ref, amount) for ref, share in wanted if (amount := min(share, open_now.get(ref, nothing)))]
    paid, booked = (sum_money((share for _, share in some), nothing.currency) for some in (wanted, fitting))
    over = paid - booked or None
    if together and fitting:
        return [(tuple(fitting), over)]
    lots: list[Lot] = [((share,), None) for share in fitting]
    return [*lots, ((), over)] if over else lots
