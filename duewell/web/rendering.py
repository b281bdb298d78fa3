"""Gives every template the same words: money and dates of the business, states in words, the form's token."""

from typing import Any

from flask import Flask, g, session
from jinja2 import StrictUndefined

from collector.wording.languages import LANGUAGES
from duewell.web import bars, words, work_words
from duewell.web.current import base_url, businesses, may, shown, someone
from duewell.web.door import proof_of
from duewell.web.office import Business
from duewell.web.words import Speech

FILTERS: dict[str, Any] = {
    "customer_word": words.customer_word,
    "agreement": words.agreement,
    "bar_parts": bars.parts,
    "bar_described": bars.described,
}
WORDS: dict[str, Any] = {
    "connection_states": words.CONNECTION_STATES,
    "contact_states": words.CONTACT_STATES,
    "difference_states": words.DIFFERENCE_STATES,
    "says": words.SAYS,
    "roles": words.ROLES,
    "person_roles": words.PERSON_ROLES,
    "own_reminders_words": words.OWN_REMINDERS,
    "channels": words.CHANNELS,
    "tones": words.TONES,
    "counted": words.counted,
    "of_kind": words.of_kind,
    "who": words.who,
    "zones": words.zones,
    "wording_languages": LANGUAGES,
    **work_words.WORDS,
}


def speech() -> Speech:
    """How the business of this request reads and writes."""
    if "speech" not in g:
        g.speech = Speech.of((None if g.get("plain") else shown()) or Business("", ""))
    found: Speech = g.speech
    return found


def install(app: Flask) -> None:
    """Teach the templates of `app`. A name that a template gets wrong is an error, never an empty space."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(WORDS)
    app.jinja_env.filters.update(
        money=lambda amount: speech().money(amount),
        number=lambda count: speech().number(count),
        size=lambda octets: speech().size(octets),
        day=lambda on: speech().day(on),
        weekday=lambda on: speech().weekday(on),
        month=lambda on: speech().month(on),
        instant=lambda at: speech().instant(at),
    )
    app.jinja_env.globals["spell"] = lambda word: speech().spell(word)
    app.context_processor(_around)


def _around() -> dict[str, Any]:
    """What the frame shows: who is signed in to which business. A plain page asks the office nothing."""
    signed_in = not g.get("plain") and someone() is not None
    return {
        "signed_in": signed_in,
        "me": someone() if signed_in else None,
        "may": may if signed_in else _nothing,
        "businesses": businesses() if signed_in else (),
        "business": shown() if signed_in else None,
        "language": speech().locale.language if not signed_in else str(speech().locale).replace("_", "-"),
        "form_proof": lambda: proof_of(session),
        "base_url": base_url(),
    }


def _nothing(_: str) -> bool:
    """What a stranger may do."""
    return False
