"""Opens the page on which a payer pays: under a lease, after a fresh look at the books, and never two for one debt."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from collector.paying.counter import JUST_PAID, Counter, NotByLink, OnTheWay, PaidAlready, TryAgain, Wish
from collector.paying.lasting import end_lasting_of
from integrations.contract import Lookup
from integrations.errors import TryLater
from integrations.tills import PageState, PayPage, Wanted
from receivables.money import Money, sum_money
from receivables.records import Collection, Invoice, Ref
from storage import books
from storage.checkouts import CheckoutState, KeptCheckout, checkouts, keep_checkout, note_checkout
from storage.ids import new_id
from sync.refresh import refresh

PAGE_LIFE = timedelta(hours=1)
WORTH_REUSING = timedelta(minutes=5)
COMING = (CheckoutState.PROCESSING, CheckoutState.PAID)
Share = tuple[Ref, Money]


def open_page(counter: Counter, wish: Wish) -> PayPage:
    """A page for as much of the wish as is open now; the same one again while it is good.

    One page is for one invoice of the till's own, or for invoices of one customer in one ledger: what is left over is
    paid by another page. Raises PaidAlready, OnTheWay, TryAgain, NotByLink; TryLater when the till or the books cannot
    be reached.
    """
    with counter.hold(f"pay:{counter.business}:{wish.debtor}") as mine:
        if not mine:
            raise TryAgain("Somebody is paying this very moment; please try again in a minute.")
        due = _due(counter, wish)
        end_lasting_of(counter, [ref for ref, _ in due])
        known = _known(counter, wish.debtor, [ref for ref, _ in due])
        return _again(counter, known, due) or _fresh(counter, wish, due)


def _due(counter: Counter, wish: Wish) -> tuple[Share, ...]:
    """How much of each invoice can be paid by one page, as the books stand now and without what is on its way."""
    invoices = _afresh(counter, [ref for ref, _ in wish.on])
    coming = _coming(counter, wish.debtor)
    shares = [(ref, _payable(invoices.get(ref), asked, coming.get(ref))) for ref, asked in wish.on]
    due = [(ref, amount) for ref, amount in shares if amount.minor > 0]
    if due:
        return _together(counter, due, invoices)
    if any(ref in coming for ref, _ in wish.on):
        raise OnTheWay("A payment for this is on its way; nothing has to be done.")
    raise PaidAlready("This has been paid already. Thank you.")


def _afresh(counter: Counter, refs: Sequence[Ref]) -> Mapping[Ref, Invoice]:
    for connection, some in groupby(sorted(refs, key=str), key=lambda ref: ref.connection):
        refresh(counter.ledger(connection).source, some)
    with counter.source.database.read() as tx:
        found = books.records(tx, counter.business, refs)
    return {ref: one for ref, one in found.items() if isinstance(one, Invoice)}


def _payable(invoice: Invoice | None, asked: Money, coming: Money | None) -> Money:
    nothing = Money.zero(asked.currency)
    if invoice is None or not invoice.owing or invoice.open.currency != asked.currency:
        return nothing
    return max(min(asked, invoice.open - (coming or nothing)), nothing)


def _coming(counter: Counter, debtor: str) -> dict[Ref, Money]:
    """What was paid at the till and does not stand in the books yet, by invoice."""
    with counter.source.database.read() as tx:
        under_way = checkouts(tx, counter.business, states=COMING, debtors=[debtor])
    found: dict[Ref, Money] = {}
    for ref, amount in (share for one in under_way for share in one.about):
        found[ref] = found.get(ref, Money.zero(amount.currency)) + amount
    return found


def _together(counter: Counter, due: Sequence[Share], invoices: Mapping[Ref, Invoice]) -> tuple[Share, ...]:
    """Those of the invoices that one payment can settle, with the first."""
    first, amount = due[0]
    if first.connection == counter.source.connection:
        if invoices[first].collection is Collection.AUTOMATIC:
            raise PaidAlready("This is collected automatically; nothing has to be done.")
        return (due[0],)
    if not counter.ledger(first.connection).clearing.get(amount.currency):
        raise NotByLink("This cannot be paid here yet; please pay it as its invoice says.")
    customer = invoices[first].customer
    return tuple(
        (ref, share) for ref, share in due if invoices[ref].customer == customer and share.currency == amount.currency
    )


def _known(counter: Counter, debtor: str, refs: Iterable[Ref]) -> list[KeptCheckout]:
    """Pages that may still be open for any of these invoices."""
    wanted = set(refs)
    with counter.source.database.read() as tx:
        found = checkouts(tx, counter.business, states=(CheckoutState.BEGUN, CheckoutState.OPEN), debtors=[debtor])
    return [one for one in found if not wanted.isdisjoint(ref for ref, _ in one.about)]


def _again(counter: Counter, known: Sequence[KeptCheckout], due: tuple[Share, ...]) -> PayPage | None:
    """A page that is open for just this; every other one is ended first, and one that was paid is left to settle."""
    good: PayPage | None = None
    for one in known:
        page = page_of(counter, one)
        if page is None or page.state is PageState.EXPIRED:
            note(counter, one, CheckoutState.EXPIRED)
        elif page.state is not PageState.OPEN:
            raise _on_the_way(counter, one, page)
        elif good is None and one.about == due and page.expires_at - counter.source.clock.now() > WORTH_REUSING:
            good = page
        else:
            ended = counter.till.expire_page(page.id)
            if ended.state is not PageState.EXPIRED:
                raise _on_the_way(counter, one, ended)
            note(counter, one, CheckoutState.EXPIRED)
    return good


def page_of(counter: Counter, one: KeptCheckout) -> PayPage | None:
    """The page as the till tells of it; None when it was never opened. Raises TryLater when that cannot be told."""
    if one.session:
        return counter.till.page(one.session)
    found = counter.till.found_page(one.id, since=one.made_at)
    if found is Lookup.NOT_THERE:
        return None
    if isinstance(found, Lookup):
        raise TryLater("it cannot be told whether a payment page was opened")
    note(counter, one, CheckoutState.OPEN, session=found.id)
    return found


def _on_the_way(counter: Counter, one: KeptCheckout, page: PayPage) -> OnTheWay:
    state = CheckoutState.PAID if page.state is PageState.PAID else CheckoutState.PROCESSING
    note(counter, one, state, session=page.id, payment=page.payment)
    return OnTheWay(JUST_PAID)


def note(counter: Counter, one: KeptCheckout, state: CheckoutState, **told: str) -> CheckoutState:
    """Write down what is known of a page now; its state."""
    with counter.source.database.write() as tx:
        note_checkout(tx, counter.business, one.id, state, now=counter.source.clock.now(), told=told)
    return state


def _fresh(counter: Counter, wish: Wish, due: tuple[Share, ...]) -> PayPage:
    """Known to us before it is asked for, and opened under the name by which it can be found again."""
    now = counter.source.clock.now()
    amount = sum_money((share for _, share in due), due[0][1].currency)
    made = KeptCheckout(
        connection=counter.source.connection,
        id=new_id(),
        debtor=wish.debtor,
        amount=amount,
        about=due,
        made_at=now,
        expires_at=now + PAGE_LIFE,
        link=wish.link,
        plan=wish.plan,
        back_digest=wish.back_digest,
    )
    with counter.source.database.write() as tx:
        keep_checkout(tx, counter.business, made)
        customer = _customer(books.record(tx, counter.business, due[0][0]), counter)
    page = counter.till.start_page(
        Wanted(
            amount=amount,
            text=wish.text,
            back_url=wish.back_url,
            expires_at=made.expires_at,
            customer=customer,
            email=wish.email,
            language=wish.language,
            methods=counter.methods_for(amount),
            about={"duewell": made.id, "plan": wish.plan, "invoices": str(len(due))},
        ),
        key=made.id,
    )
    return _opened(counter, made, page)


def _opened(counter: Counter, made: KeptCheckout, page: PayPage) -> PayPage:
    """Unless this took so long that somebody has given it up, and may have opened another since."""
    with counter.source.database.read() as tx:
        given_up = checkouts(tx, counter.business, states=(CheckoutState.EXPIRED,), debtors=[made.debtor])
    note(counter, made, CheckoutState.OPEN, session=page.id)
    if made.id not in {one.id for one in given_up}:
        return page
    counter.till.expire_page(page.id)
    note(counter, made, CheckoutState.EXPIRED)
    raise TryAgain("This took too long; please try again.")


def _customer(invoice: object, counter: Counter) -> str:
    """The till's own customer, for an invoice of the till's own."""
    if isinstance(invoice, Invoice) and invoice.ref.connection == counter.source.connection and invoice.customer:
        return invoice.customer.id
    return ""
