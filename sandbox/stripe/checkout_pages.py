"""The hosted checkout page: card good, declined, to be authenticated; bank debit; and the way back to the merchant.

It knows Stripe's own test numbers: cards 4242424242424242 (good), 4000000000000002 (declined), 4000000000009995 (no
funds), 4000002500003155 (to be authenticated); bank accounts 000123456789 (good), 000111111116 (fails days later).
"""

from datetime import datetime
from functools import partial

from flask import Flask, abort, redirect, render_template_string, request
from werkzeug.wrappers import Response

from sandbox.stripe import cashier, checkout
from sandbox.stripe.answering import Desk
from sandbox.stripe.currencies import STANDARD_METHODS, places
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.payment_links import used_up, visited
from sandbox.stripe.posting import NotAllowed, second, tick
from sandbox.stripe.taking import Intent, Session
from sandbox.world import World

DECLINED = {
    "4000000000000002": ("card_declined", "Your card was declined."),
    "4000000000009995": ("card_declined", "Your card has insufficient funds."),
}
TO_AUTHENTICATE = "4000002500003155"
BAD_ACCOUNT = "000111111116"
WRONG = ("incorrect_number", "Your card number is incorrect.")
NOT_AUTHENTICATED = (
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
LOOK = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ name }}: pay</title>
<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:30rem;padding:0 1rem}label,button{display:block;
margin:.7rem 0}input{font:inherit;width:100%}</style><main><h1>{{ name }}</h1>"""
PAGE = (
    LOOK
    + """<p>{{ session.text }}</p><p id="amount"><b>{{ amount }}</b></p>
{% if told %}<p role="alert">{{ told }}</p>{% endif %}
{% if authenticating %}<p>Your bank asks whether this is you.</p>
<form method="post" action="/c/pay/{{ session.id }}/bank"><button name="answer" value="yes">Complete</button>
<button name="answer" value="no">Fail</button></form>
{% elif session.status == "open" %}
{% if "card" in methods %}<form method="post"><label>Card number <input name="card" inputmode="numeric" required
autocomplete="cc-number"></label><button>Pay</button></form>{% endif %}
{% if "us_bank_account" in methods %}<form method="post"><label>Bank account number <input name="account"
inputmode="numeric" required></label><button>Pay by bank debit</button></form>{% endif %}
{% if session.cancel_url %}<p><a href="{{ session.cancel_url }}">Back</a></p>{% endif %}
{% elif session.status == "expired" %}<p>This page has expired.</p>
{% else %}<p>Thank you for your payment.</p>{% endif %}</main></html>"""
)
CLOSED = LOOK + "<p>{{ told }}</p></main></html>"


def add_checkout_pages(app: Flask, world: World, desk: Desk) -> None:
    """Routes for payers."""

    @app.get("/c/pay/<key>")
    def checkout_page(key: str) -> str:
        with world.lock:
            ledger, session = _found(desk, key)
            return _page(ledger, session)

    @app.post("/c/pay/<key>")
    def checkout_pay(key: str) -> Response | str:
        with world.lock:
            ledger, session = _found(desk, key)
            return _tried(ledger, session, desk.clock.now())

    @app.post("/c/pay/<key>/bank")
    def checkout_bank(key: str) -> Response | str:
        with world.lock:
            ledger, session = _found(desk, key)
            return _answered(ledger, session, desk.clock.now())

    @app.get("/l/<key>")
    def payment_link(key: str) -> Response | tuple[str, int]:
        with world.lock:
            return _followed(desk, key)


def _found(desk: Desk, key: str) -> tuple[Ledger, Session]:
    for ledger in desk.ledgers.values():
        tick(ledger, desk.clock.now())
        session = ledger.books.checkout_sessions.get(key)
        if session is not None:
            return ledger, session
    return abort(404)


def _page(ledger: Ledger, session: Session, told: str = "") -> str:
    asking = session.intent is not None and session.intent.status == "requires_action"
    return render_template_string(
        PAGE,
        name=ledger.name,
        session=session,
        amount=spoken(session),
        told=told,
        methods=session.methods or STANDARD_METHODS,
        authenticating=asking and session.status == "open",
    )


def spoken(session: Session) -> str:
    """What is to be paid, for people."""
    decimals = places(session.currency)
    return f"{session.amount / 10**decimals:,.{decimals}f} {session.currency.upper()}"


def _tried(ledger: Ledger, session: Session, now: datetime) -> Response | str:
    """One press of Pay. A page that is over takes no more money."""
    if session.status != "open":
        return _page(ledger, session)
    if used_up(ledger.books.payment_links.get(session.link)):
        return _page(ledger, session, "This link is no longer active.")
    methods = session.methods or STANDARD_METHODS
    account, card = request.form.get("account", ""), request.form.get("card", "").replace(" ", "")
    if account and "us_bank_account" in methods:
        return _debited(ledger, session, account, now)
    if "card" not in methods:
        abort(400)
    return _by_card(ledger, session, card, now)


def _intent(ledger: Ledger, session: Session, now: datetime) -> Intent:
    """Made at the first try, and not before."""
    if session.intent is None:
        new, at = ledger.ids.new("pi"), second(now)
        made = Intent(new, at, session.currency, session.amount, session.payer, session.intent_metadata, session.id)
        session.intent = cashier.shelve(ledger, made, now)
    return session.intent


def _by_card(ledger: Ledger, session: Session, card: str, now: datetime) -> Response | str:
    if len(card) != 16 or not card.startswith("4"):
        return _page(ledger, session, WRONG[1])
    intent = _intent(ledger, session, now)
    if card == TO_AUTHENTICATE:
        cashier.ask_to_authenticate(ledger, intent, "card", now)
        return _page(ledger, session)
    if card in DECLINED:
        cashier.decline(ledger, intent, "card", DECLINED[card], at=now)
        return _page(ledger, session, DECLINED[card][1])
    return _paid(ledger, session, intent, now)


def _paid(ledger: Ledger, session: Session, intent: Intent, now: datetime) -> Response:
    cashier.succeed(ledger, intent, "card", now)
    return _through(ledger, session, now)


def _through(ledger: Ledger, session: Session, now: datetime) -> Response:
    checkout.complete(ledger, session, now)
    back = session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id)
    return redirect(back or f"/c/pay/{session.id}", code=303)


def _answered(ledger: Ledger, session: Session, now: datetime) -> Response | str:
    intent = session.intent
    if session.status != "open" or intent is None or intent.status != "requires_action":
        return _page(ledger, session)
    if request.form.get("answer") == "yes":
        return _paid(ledger, session, intent, now)
    cashier.decline(ledger, intent, "card", NOT_AUTHENTICATED, at=now)
    return _page(ledger, session, NOT_AUTHENTICATED[1])


def _debited(ledger: Ledger, session: Session, account: str, now: datetime) -> Response:
    """Pending for four days, and then what the account number says, unless an act answers before."""
    intent = _intent(ledger, session, now)
    cashier.process(ledger, intent, "us_bank_account", now)
    later = partial(cashier.settle_debit, ledger, intent, good=account != BAD_ACCOUNT)
    ledger.later(cashier.debit_at(now), later)
    return _through(ledger, session, now)


def _followed(desk: Desk, key: str) -> Response | tuple[str, int]:
    for ledger in desk.ledgers.values():
        link = next((one for one in ledger.books.payment_links if one.slug == key), None)
        if link is not None:
            try:
                return redirect(f"/c/pay/{visited(ledger, link, desk.clock.now()).id}", code=303)
            except NotAllowed as over:
                return render_template_string(CLOSED, name=ledger.name, told=str(over)), 410
    return abort(404)
