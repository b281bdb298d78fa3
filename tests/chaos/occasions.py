"""Errands that are no reminders: statements, thanks, apologies, notes, expected dates, charges, mails to ourselves."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import timedelta

from collector.charges.bearing import Borne
from collector.charges.posting import Posting, key_of_charge
from collector.debtors.cases import debtor_key
from collector.dispatch import key_of
from collector.expecting import EXPECTED
from collector.notes import NOTE
from collector.occasions.acting import Errand as Called
from collector.occasions.acting import thanks_key
from collector.occasions.courtesy import Occasion
from collector.wording.writing import Letter
from duewell.charging import CHARGES, borne_of
from duewell.finding import today_of
from duewell.mailing import Notice
from duewell.running import living
from integrations.contract import LateCharge
from receivables.records import Invoice, InvoiceStatus, Ref
from receivables.said import Said, Saying
from storage import actions, books
from storage.actions import Plan
from storage.said import say
from storage.settings import set_setting
from tests.chaos.acts import CODES
from tests.chaos.errands import Errand
from tests.chaos.payments import payment_errands
from tests.scenarios.playing import Play

Make = Callable[..., Errand]

TERMS = {"from": "2020-01-01", "percent": "18", "per": "year", "flat": "5", "currency": "GBP", "grace": "0"}
WEEK = timedelta(days=7)


def other_errands(play: Play, make: Make, busy: Collection[str], number: int) -> dict[str, list[Errand]]:
    """So many of each act that is no reminder, the messages among them to customers who are not `busy`."""
    free = _free(play, busy)
    return {
        **_occasions(play, make, free, number),
        **_writings(play, make, busy, number),
        **_charges(play, make, number),
        **payment_errands(play, make, busy, number),
        "our own mail": [make("our own mail", *_first(play), task=one, key=one.key) for one in _notices(number)],
    }


def _first(play: Play) -> tuple[str, str]:
    return living(play.house, play.business)[0].id, ""


def _notices(number: int) -> Iterator[Notice]:
    letter = Letter("Good morning", "Nothing is odd today.", "")
    for nth in range(number):
        yield Notice("alert", key_of("alert", str(nth)), "robin", "Robin", "robin@office.example", letter)


# ---- messages ----


def _free(play: Play, busy: Collection[str]) -> dict[Ref, list[Invoice]]:
    """The invoices of customers who stand alone and can be mailed."""
    found: dict[Ref, list[Invoice]] = {}
    with play.house.database.read() as tx:
        for connected in living(play.house, play.business):
            known = list(books.customers(tx, play.business, connected.id))
            parents = {one.parent for one in known}
            alone = {one.ref for one in known if one.parent is None and one.ref not in parents and one.emails}
            for invoice in books.invoices(tx, play.business, connected.id):
                if invoice.customer in alone and debtor_key(invoice.customer) not in busy:
                    found.setdefault(invoice.customer, []).append(invoice)
    return found


def _occasions(play: Play, make: Make, free: dict[Ref, list[Invoice]], number: int) -> dict[str, list[Errand]]:
    made: dict[str, list[Errand]] = {one: [] for one in ("statement", "thank_you", "apology")}
    for customer, invoices in free.items():
        paid = next((one for one in invoices if one.status is InvoiceStatus.PAID and not one.open), None)
        owing = any(one.owing for one in invoices)
        fitting = [name for name in made if (owing if name == "statement" else paid) and len(made[name]) < number]
        if fitting:
            name = min(fitting, key=lambda name: len(made[name]))
            called = _called(play.business, Occasion(name), customer, paid)
            made[name].append(make(name, customer.connection, called.debtor, task=called, key=called.key))
    return made


def _called(business: str, occasion: Occasion, customer: Ref, paid: Invoice | None) -> Called:
    debtor = debtor_key(customer)
    if occasion is Occasion.STATEMENT or paid is None:
        return Called(occasion, key_of("statement", business, debtor, "asked"), debtor, facts={"asked_by": "Robin"})
    once = {paid.ref: thanks_key(business, paid.ref)} if occasion is Occasion.THANK_YOU else {}
    key = key_of(occasion.value, business, debtor, paid.ref.id)
    return Called(occasion, key, debtor, about={paid.ref: paid.total}, once=once, offered=True)


# ---- written into the books ----


def _open_invoices(play: Play, slug: str, busy: Collection[str] = ()) -> list[Invoice]:
    with play.house.database.read() as tx:
        return [
            invoice
            for connected in living(play.house, play.business)
            if connected.platform == slug
            for invoice in books.invoices(tx, play.business, connected.id)
            if invoice.owing and debtor_key(invoice.customer) not in busy
        ]


def _writings(play: Play, make: Make, busy: Collection[str], number: int) -> dict[str, list[Errand]]:
    """Planned, as the note after a message and the day of a promise are; who has promised gets no reminder."""
    on = (today_of(play.house, play.business) + WEEK).isoformat()
    made = {f"{slug} note": (slug, NOTE, {"text": "Reminded."}) for slug in ("quickbooks", "xero", "stripe")}
    made["expected date"] = ("xero", EXPECTED, {"on": on})
    return {
        name: list(_planned(play, make, name, act, _open_invoices(play, slug, busy)[:number], payload))
        for name, (slug, act, payload) in made.items()
    }


def _planned(
    play: Play, make: Make, name: str, act: str, invoices: Iterable[Invoice], payload: dict[str, str]
) -> Iterator[Errand]:
    for invoice in invoices:
        key = f"{act[0]}{key_of(act, invoice.ref.connection, invoice.ref.id)[1:]}"
        wanted = Plan(act, key, about=invoice.ref, payload=json.dumps(payload))
        with play.house.database.write() as tx:
            actions.plan(tx, play.business, wanted, now=play.house.clock.now())
        yield make(name, invoice.ref.connection, "", (invoice.ref.id,), key=key)


# ---- late charges ----


def _charges(play: Play, make: Make, number: int) -> dict[str, list[Errand]]:
    """By the credit policy, from businesses."""
    agreed = {"basis": "policy", "agreed": [TERMS], "by": "Robin"}
    with play.house.database.write() as tx:
        set_setting(tx, play.business, CHARGES, json.dumps(agreed))
    return {f"{slug} charge": list(_posted(play, make, slug, number)) for slug in CODES}


def _posted(play: Play, make: Make, slug: str, number: int) -> Iterator[Errand]:
    for invoice in _open_invoices(play, slug):
        if number and (borne := _borne(play, invoice)).charge is not None:
            posting = Posting(borne, _charge(play, borne, CODES[slug]), debtor_key(invoice.customer), "Robin")
            key = key_of_charge(play.business, borne)
            yield make(f"{slug} charge", invoice.ref.connection, "", (invoice.ref.id,), task=posting, key=key)
            number -= 1


def _borne(play: Play, invoice: Invoice) -> Borne:
    now, debtor = play.house.clock.now(), debtor_key(invoice.customer)
    with play.house.database.write() as tx:
        say(tx, play.business, Said(debtor, Saying.KIND, now.date(), reason="business", by="Robin"), now=now)
    return borne_of(play.house, play.business, invoice)[0]


def _charge(play: Play, borne: Borne, codes: tuple[str, str]) -> LateCharge:
    today = today_of(play.house, play.business)
    return LateCharge(f"Late payment of {borne.invoice.number}", borne.total, today, today + WEEK, *codes)
