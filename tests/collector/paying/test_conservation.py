"""Money is neither made nor lost: over whatever happens, what customers paid is on invoices, unapplied, or gone back.

Random plans, payments from anywhere, failures, refunds, disputes and edits at the source; checked at every step and in
every currency.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.paying.dividing import divided
from collector.paying.progress import progress_of
from collector.paying.schedule import Rhythm, equal_parts
from receivables.money import Money, sum_money
from receivables.plans import Covered, InstallmentPlan, PlanState, next_part, shares, standings
from receivables.records import Kind, Ref

TODAY = date(2026, 3, 10)
CURRENCIES = ("USD", "JPY", "KWD")


@dataclass
class Taken:
    """One payment: how it was divided when its money came, and what of it has gone back since."""

    amount: Money
    on: dict[Ref, Money]
    unapplied: Money
    returned: Money


@dataclass
class Books:
    """What is owed and what came in, of one customer in one currency. `off` was credited at the source."""

    currency: str
    total: dict[Ref, Money]
    together: bool
    off: dict[Ref, Money] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    on_the_way: list[tuple[tuple[Ref, Money], ...]] = field(default_factory=list)

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    def paid(self, ref: Ref) -> Money:
        return sum_money((one.on.get(ref, self.money(0)) for one in self.taken), self.currency)

    def open(self, ref: Ref) -> Money:
        return max(self.total[ref] - self.paid(ref) - self.off.get(ref, self.money(0)), self.money(0))

    def begin(self, minor: int) -> None:
        """A page is paid: the debit is on its way, for what was open then, oldest first."""
        wanted = shares(self.money(minor), ((ref, self.open(ref)) for ref in self.total))
        if wanted:
            self.on_the_way.append(tuple(wanted.items()))

    def arrive(self) -> None:
        """Its money is there, and divided as the invoices stand now."""
        if not self.on_the_way:
            return
        asked = self.on_the_way.pop(0)
        lots = divided(asked, {ref: self.open(ref) for ref, _ in asked}, together=self.together)
        on = {ref: amount for lot, _ in lots for ref, amount in lot}
        beyond = sum_money((over for _, over in lots if over), self.currency)
        amount = sum_money((one for _, one in asked), self.currency)
        self.taken.append(Taken(amount, on, beyond, self.money(0)))

    def fail(self) -> None:
        """The debit failed: nothing came."""
        self.on_the_way = self.on_the_way[1:]

    def elsewhere(self, minor: int) -> None:
        """By bank, entered at the source on the first open invoice; what is too much is unapplied there."""
        ref = next((one for one in self.total if self.open(one)), None)
        if ref is not None:
            here = min(self.money(minor), self.open(ref))
            self.taken.append(Taken(self.money(minor), {ref: here}, self.money(minor) - here, self.money(0)))

    def take_back(self, at: int) -> None:
        """Refunded or charged back in full: its invoices are open again."""
        if self.taken:
            one = self.taken[at % len(self.taken)]
            one.on, one.unapplied, one.returned = {}, self.money(0), one.amount

    def credit(self, minor: int) -> None:
        """Somebody enters a credit note at the source."""
        ref = next((one for one in self.total if self.open(one)), None)
        if ref is not None:
            more = min(self.money(minor), self.open(ref))
            self.off[ref] = self.off.get(ref, self.money(0)) + more


steps = st.lists(
    st.tuples(
        st.sampled_from(["begin", "begin", "arrive", "arrive", "fail", "elsewhere", "take_back", "credit"]),
        st.integers(1, 90_000),
    ),
    max_size=30,
)


@given(
    st.sampled_from(CURRENCIES),
    st.lists(st.integers(1, 60_000), min_size=1, max_size=4),
    st.integers(1, 6),
    st.booleans(),
    steps,
)
@settings(max_examples=150, deadline=None)
def test_what_was_paid_is_somewhere_at_every_step(
    currency: str, totals: list[int], parts: int, together: bool, happened: list[tuple[str, int]]
) -> None:
    refs = [Ref("books", Kind.INVOICE, str(number)) for number in range(len(totals))]
    books = Books(currency, {ref: Money(minor, currency) for ref, minor in zip(refs, totals, strict=True)}, together)
    plan = _plan(books, parts)
    for number, (what, minor) in enumerate(happened):
        getattr(books, what)(*(() if what in ("arrive", "fail") else (minor,)))
        _expect_conserved(books)
        _expect_plan_fits(books, plan, TODAY + timedelta(days=number))


def _expect_conserved(books: Books) -> None:
    paid = sum_money((one.amount for one in books.taken), books.currency)
    recorded = sum_money((books.paid(ref) for ref in books.total), books.currency)
    unapplied = sum_money((one.unapplied for one in books.taken), books.currency)
    returned = sum_money((one.returned for one in books.taken), books.currency)
    assert paid == recorded + unapplied + returned
    for ref, total in books.total.items():
        assert books.paid(ref) + books.off.get(ref, books.money(0)) <= total, "no invoice is paid beyond what it is"


def _expect_plan_fits(books: Books, plan: InstallmentPlan | None, today: date) -> None:
    """The plan counts what came for its invoices: all of it, oldest part first, and never more than its parts."""
    if plan is None:
        return
    settled = {ref: books.total[ref] - books.open(ref) for ref in books.total}
    known = progress_of(plan, settled, [share for one in books.on_the_way for share in one])
    found = standings(plan, known.paid, today)
    assert (
        sum_money((one.paid for one in found), books.currency)
        == known.paid
        == sum_money(settled.values(), books.currency)
    )
    assert known.so_far <= plan.total
    left = [bool(one.open) for one in found]
    assert left == sorted(left), "oldest first"
    assert (next_part(plan, known.paid, today) is None) == (known.state(today) is PlanState.KEPT)


def _plan(books: Books, parts: int) -> InstallmentPlan | None:
    total = sum_money(books.total.values(), books.currency)
    if total.minor < parts:
        return None
    laid = equal_parts(total, parts, first_on=TODAY, rhythm=Rhythm.WEEKLY)
    covered = tuple(Covered(ref, amount, books.money(0)) for ref, amount in books.total.items())
    return replace(InstallmentPlan("p", "books/7", covered, laid), state=PlanState.ACTIVE)


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 6_000)), min_size=1, max_size=5), st.booleans())
def test_a_payment_is_divided_without_rest(asked: list[tuple[int, int]], together: bool) -> None:
    refs = [Ref("books", Kind.INVOICE, str(number)) for number in range(len(asked))]
    wanted = [(ref, Money(minor, "USD")) for ref, (minor, _) in zip(refs, asked, strict=True)]
    open_now = {ref: Money(minor, "USD") for ref, (_, minor) in zip(refs, asked, strict=True)}

    lots = divided(wanted, open_now, together=together)

    booked = sum(amount.minor for lot, _ in lots for _, amount in lot)
    beyond = sum(over.minor for _, over in lots if over)
    assert booked + beyond == sum(minor for minor, _ in asked)
    assert all(amount <= open_now[ref] for lot, _ in lots for ref, amount in lot)
    assert len([lot for lot, _ in lots if lot]) <= (1 if together else len(asked))
    assert len([over for _, over in lots if over]) <= 1
