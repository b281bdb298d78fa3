"""Errands that are no reminders: statements, thanks, terms, offers, notes, expected dates, charges, our own mails."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import islice

from collector.charges.bearing import Borne
from collector.charges.posting import Posting, key_of_charge
from collector.debtors.cases import debtor_key
from collector.dispatch import key_of
from collector.expecting import EXPECTED
from collector.notes import NOTE
from collector.occasions.acting import Errand as Called
from collector.occasions.acting import thanks_key
from collector.occasions.courtesy import Occasion
from collector.paying.schedule import Rhythm, equal_parts
from collector.wording.writing import Letter
from duewell.businesses import living
from duewell.carrying import _errands
from duewell.charging import CHARGES, borne_of
from duewell.charging_to import charge_choices
from duewell.finding import today_of
from duewell.mailing import Notice
from duewell.terms import terms_file
from integrations.contract import LateCharge
from receivables.plans import Covered, InstallmentPlan, settled_of
from receivables.records import Invoice, InvoiceStatus, Ref
from receivables.said import Said, Saying
from storage import actions, books
from storage.actions import Plan
from storage.said import say
from storage.settings import set_setting
from tests.chaos.acts import CHARGED, OCCASIONS, PAY_LINK
from tests.chaos.errands import Errand
from tests.chaos.payments import money_errands
from tests.scenarios.playing import Play

Make = Callable[..., Errand]

TERMS = {"from": "2020-01-01", "percent": "18", "per": "year", "flat": "5", "grace": "0"}
WEEK = timedelta(days=7)
OF_PAID = ("thank_you", "apology", "payment_returned")
PARTS = 3
A_DAY = date(2026, 1, 1)
ASKED = {"asked_by": "Robin"}


def other_errands(
    play: Play, make: Make, busy: Collection[str], numbers: Mapping[str, int], *, reminded: Collection[str]
) -> dict[str, list[Errand]]:
    """So many of each act that is no reminder, the messages among them to customers who are not `busy`; charges to any
    but those who are `reminded`."""
    notices = _notices(numbers.get("our own mail", 0))
    return {
        **_occasions(play, make, _free(play, busy), numbers),
        **_writings(play, make, busy, numbers),
        **_charges(play, make, reminded, numbers),
        **money_errands(play, make, busy, numbers),
        PAY_LINK: list(_carried(play, make, numbers.get(PAY_LINK, 0))),
        "our own mail": [make("our own mail", *_first(play), task=one, key=one.key) for one in notices],
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


def _occasions(
    play: Play, make: Make, free: dict[Ref, list[Invoice]], numbers: Mapping[str, int]
) -> dict[str, list[Errand]]:
    made: dict[str, list[Errand]] = {one: [] for one in OCCASIONS}
    terms = terms_file(play.house, play.business, 0)
    for customer, invoices in free.items():
        paid = next((one for one in invoices if one.status is InvoiceStatus.PAID and not one.open), None)
        owing = next((one for one in invoices if one.owing and one.open.minor >= PARTS), None)
        about = {name: one for name in made if (one := paid if name in OF_PAID else owing) is not None}
        fitting = [name for name in about if len(made[name]) < numbers.get(name, 0)]
        if fitting:
            name = min(fitting, key=lambda name: len(made[name]))
            called = _called(play.business, Occasion(name), customer, about[name])
            whole = replace(called, attached=(terms,)) if name == Occasion.TERMS else called
            made[name].append(make(name, customer.connection, called.debtor, task=whole, key=called.key))
    return made


def _called(business: str, occasion: Occasion, customer: Ref, about: Invoice) -> Called:
    debtor = debtor_key(customer)
    if occasion in (Occasion.STATEMENT, Occasion.TERMS):
        return Called(occasion, key_of(occasion.value, business, debtor, "asked"), debtor, facts=ASKED)
    key = key_of(occasion.value, business, debtor, about.ref.id)
    if occasion is Occasion.OFFER:
        plan = _plan(key, debtor, about)
        return Called(occasion, key, debtor, about={about.ref: about.open}, facts=ASKED, plan=plan)
    if occasion is Occasion.COPY:
        return Called(occasion, key, debtor, about={about.ref: about.open}, asked=True)
    once = {about.ref: thanks_key(business, about.ref)} if occasion is Occasion.THANK_YOU else {}
    return Called(occasion, key, debtor, about={about.ref: about.total}, once=once, offered=True)


def _plan(id: str, debtor: str, about: Invoice) -> InstallmentPlan:
    """A proposal that nobody has agreed to."""
    first_on = (about.due_on or about.issued_on or A_DAY) + timedelta(days=365)
    parts = equal_parts(about.open, PARTS, first_on=first_on, rhythm=Rhythm.WEEKLY)
    return InstallmentPlan(id, debtor, (Covered(about.ref, about.open, settled_of(about)),), parts)


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


def _writings(play: Play, make: Make, busy: Collection[str], numbers: Mapping[str, int]) -> dict[str, list[Errand]]:
    """Planned, as the note after a message and the day of a promise are; who has promised gets no reminder."""
    on = (today_of(play.house, play.business) + WEEK).isoformat()
    made = {f"{slug} note": (slug, NOTE, {"text": "Reminded."}) for slug in ("quickbooks", "xero", "stripe")}
    made["expected date"] = ("xero", EXPECTED, {"on": on})
    return {
        name: list(_planned(play, make, name, act, _open_invoices(play, slug, busy)[: numbers.get(name, 0)], payload))
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


def _carried(play: Play, make: Make, number: int) -> Iterator[Errand]:
    """Links that open invoices are to carry, once there is a till to pay at."""
    stripe = next(one for one in living(play.house, play.business) if one.platform == "stripe")
    for one in islice(_errands(play.house, stripe, stands=True), number):
        yield make(PAY_LINK, stripe.id, "", (one.invoice.id,), key=one.key, task=one)


# ---- late charges ----


def _charges(play: Play, make: Make, reminded: Collection[str], numbers: Mapping[str, int]) -> dict[str, list[Errand]]:
    """Never to who is `reminded`: that they are a business changes what was approved."""
    found = {slug: _open_invoices(play, slug, reminded) for slug in CHARGED}
    wanted = {slug: numbers.get(f"{slug} charge", 0) for slug in CHARGED}
    return {f"{slug} charge": _charges_at(play, make, slug, found[slug], number=wanted[slug]) for slug in CHARGED}


def _charges_at(play: Play, make: Make, slug: str, owing: Sequence[Invoice], *, number: int) -> list[Errand]:
    """By the credit policy, from businesses; its late fee is in the currency of these books."""
    currency = next((one.open.currency for one in owing), "")
    agreed = {"basis": "policy", "agreed": [{**TERMS, "currency": currency}], "by": "Robin"}
    with play.house.database.write() as tx:
        set_setting(tx, play.business, CHARGES, json.dumps(agreed))
    return list(_posted(play, make, slug, owing, number=number))


def _posted(play: Play, make: Make, slug: str, owing: Sequence[Invoice], *, number: int) -> Iterator[Errand]:
    codes = cache(lambda connection: _codes(play, connection))
    for invoice in owing:
        if number and (borne := _borne(play, invoice)).charge is not None:
            charge = _charge(play, borne, codes(invoice.ref.connection))
            posting = Posting(borne, charge, debtor_key(invoice.customer), "Robin")
            key = key_of_charge(play.business, borne)
            yield make(f"{slug} charge", invoice.ref.connection, "", (invoice.ref.id,), task=posting, key=key)
            number -= 1


def _codes(play: Play, connection: str) -> tuple[str, str]:
    """An account and a tax of those that the platform lists, as a bookkeeper picks them."""
    _, choices = charge_choices(play.house, play.business, connection)
    account = choices.accounts[0].code if choices.accounts else ""
    return account, next(one.code for one in choices.taxes if one.code.upper().startswith("NON"))


def _borne(play: Play, invoice: Invoice) -> Borne:
    now, debtor = play.house.clock.now(), debtor_key(invoice.customer)
    with play.house.database.write() as tx:
        say(tx, play.business, Said(debtor, Saying.KIND, now.date(), reason="business", by="Robin"), now=now)
    return borne_of(play.house, play.business, invoice)[0]


def _charge(play: Play, borne: Borne, codes: tuple[str, str]) -> LateCharge:
    today = today_of(play.house, play.business)
    return LateCharge(f"Late payment of {borne.invoice.number}", borne.total, today, today + WEEK, *codes)
