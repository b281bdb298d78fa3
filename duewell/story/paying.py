"""The part of the story about money: a plan taken and paid at the payer's page, in parts, and books that agree."""

from datetime import timedelta

from collector.debtors.cases import debtor_key
from duewell.businesses import living
from duewell.clearing import clearing_page
from duewell.clearing_words import standing
from duewell.clock import FollowingClock
from duewell.jobs import drain_job, settle_job
from duewell.pay_page import pay_url
from duewell.running import sync_one
from duewell.say import console
from duewell.story.stage import Disappointed, Stage
from duewell.story.visitor import Visitor
from duewell.tills import choose_clearing, choose_till
from receivables.money import by_currency
from receivables.records import Collection, Customer, Invoice, Ref
from storage import books
from storage.connections import Connected
from storage.links import Aim

CARD, ACCOUNT, BAD_ACCOUNT = "4242424242424242", "000123456789", "000111111116"
LEAST = 9000
PARTS = 3
BY = "Robin"


def pay_in_parts(stage: Stage) -> None:
    """One customer in parts, and one of each other company at once. Raises Disappointed."""
    name_a_till(stage)
    payer = _payer(stage, "quickbooks")
    take_a_plan(stage, payer)
    for slug in ("stripe", "xero"):
        _pay_once(stage, _payer(stage, slug))
    _days(stage, 7)
    _pay_part(stage, payer, "the second part by card", card=CARD)
    _days(stage, 7)
    _debit_that_fails(stage, payer)
    _expect_paid(stage, payer)
    _days(stage, 9)
    agree_at_zero(stage)


def name_a_till(stage: Stage) -> None:
    """Stripe takes the money; in the ledgers it waits in an account of its own until it is paid out."""
    house, business = stage.house, stage.business
    till = next(one for one in living(house, business) if one.platform == "stripe")
    choose_till(house, business, {"connection": till.id}, by=BY)
    for one in living(house, business):
        if one.id != till.id and one.company is not None:
            currency = one.company.base_currency
            made = choose_clearing(house, business, one.id, currency, typed=f"Stripe clearing {currency}", make=True)
            console.print(f"  {one.label}: payments in {currency} wait in the account {made.name}.", markup=False)


def take_a_plan(stage: Stage, payer: Customer) -> None:
    """The customer opens their page, chooses three parts and pays the first."""
    visitor, today = _at_their_page(stage, payer), stage.house.clock.now().date()
    visitor.press("plan", "", parts=str(PARTS), every="weekly", first=today.isoformat())
    visitor.press("agree")
    owed = by_currency(one.open for one in _owed(stage, payer.ref))
    what = ", ".join(map(str, owed.values()))
    console.print(f"  {payer.name} takes a plan: {what} in {PARTS} parts, a week apart.", markup=False)
    _pay_part(stage, payer, "the first part by card", card=CARD)


def _at_their_page(stage: Stage, payer: Customer) -> Visitor:
    visitor = Visitor()
    visitor.open(pay_url(stage.house, stage.business, Aim(debtor_key(payer.ref))))
    return visitor


def _pay_part(stage: Stage, payer: Customer, said: str, **form: str) -> None:
    visitor = _at_their_page(stage, payer)
    visitor.press("pay", "plan:")
    _at_the_till(stage, visitor, **form)
    console.print(f"  They pay {said}.")


def _pay_once(stage: Stage, payer: Customer) -> None:
    visitor, owed = _at_their_page(stage, payer), _owed(stage, payer.ref)
    visitor.press("pay", f"{owed[0].ref.connection}/{owed[0].ref.id}")
    _at_the_till(stage, visitor, card=CARD)
    left = sum(one.open.minor for one in _owed(stage, payer.ref))
    if left >= sum(one.open.minor for one in owed):
        raise Disappointed(f"{payer.name} paid, and the invoice is as open as before")
    console.print(f"  {payer.name} pays an invoice at once by card.", markup=False)


def _at_the_till(stage: Stage, visitor: Visitor, **form: str) -> None:
    """On to Stripe's page, a press of its button, and back; the webhook tells the rest."""
    visitor.leave()
    visitor.submit(visitor.form_with(next(iter(form))), **form)
    _hear(stage)


def _debit_that_fails(stage: Stage, payer: Customer) -> None:
    _pay_part(stage, payer, "the last part by bank debit", account=BAD_ACCOUNT)
    _days(stage, 6)
    _pay_part(stage, payer, "the last part again, from another account", account=ACCOUNT)
    _days(stage, 6)
    console.print("  The bank refused the debit, the customer was told, and paid again.")


def _payer(stage: Stage, slug: str) -> Customer:
    """Somebody who stands alone and owes in the company's own currency, nothing of it collected automatically."""
    with stage.house.database.read() as tx:
        for one in (each for each in living(stage.house, stage.business) if each.platform == slug):
            everybody = list(books.customers(tx, stage.business, one.id))
            parents = {each.parent for each in everybody}
            for customer in everybody:
                owed = [each for each in books.invoices(tx, stage.business, one.id) if each.customer == customer.ref]
                if customer.parent is None and customer.ref not in parents and _fits(one, owed):
                    return customer
    raise Disappointed(f"nobody in the books of {slug} owes anything that could be paid")


def _fits(one: Connected, invoices: list[Invoice]) -> bool:
    owed = [each for each in invoices if each.owing]
    currency = one.company.base_currency if one.company else ""
    alike = all(each.open.currency == currency and each.collection is not Collection.AUTOMATIC for each in owed)
    return bool(owed) and alike and sum(each.open.minor for each in owed) >= LEAST


def _owed(stage: Stage, customer: Ref) -> list[Invoice]:
    with stage.house.database.read() as tx:
        found = list(books.invoices(tx, stage.business, customer.connection))
    return [one for one in found if one.customer == customer and one.owing]


def _days(stage: Stage, days: int) -> None:
    """Time goes on, on both sides; whatever happens at the till on the way is heard."""
    stage.sandbox.move(timedelta(days=days), quiet=True)
    if isinstance(stage.house.clock, FollowingClock):
        stage.house.clock.ask()
    _hear(stage)


def _hear(stage: Stage) -> None:
    if not stage.sandbox.courier.settle(20):
        raise Disappointed("the webhooks did not arrive")
    drain_job(stage.house)
    settle_job(stage.house)


def _expect_paid(stage: Stage, payer: Customer) -> None:
    if _owed(stage, payer.ref):
        raise Disappointed(f"{payer.name} has paid every part, and something is open still")
    console.print(f"  {payer.name} has paid every part, and owes nothing any more.", markup=False)


def agree_at_zero(stage: Stage) -> None:
    """Every company's books agree, and nothing is left in a clearing account."""
    for one in living(stage.house, stage.business):
        done = sync_one(stage.house, one)
        if done.night is None or done.night.agreement is None or not done.night.agreement.agrees:
            raise Disappointed(f"the books of {one.label} do not agree. {done.trouble}")
    page = clearing_page(stage.house, stage.business)
    console.print("  All books agree, and every clearing account has come to zero:")
    for line in page.lines:
        if line.balance or line.difference or page.unbooked:
            raise Disappointed(f"the clearing account of {line.label} is not at zero: {line.balance} are left")
        if line.account:
            console.print(f"  {line.label}, {line.account}: {standing(line)}.", markup=False)
