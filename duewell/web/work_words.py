"""Plain words for promises, to-dos and what can be written down, as the templates use them."""

from collections.abc import Iterable
from typing import Any

from duewell.said_words import KINDS, REASONS

PROMISE_STATES = {
    "open": ("wait", "Open"),
    "kept": ("good", "Kept"),
    "late": ("quiet", "Kept, but late"),
    "broken": ("bad", "Not kept"),
    "dropped": ("quiet", "No longer owed"),
    "taken_back": ("quiet", "Taken back"),
}
TODO_KINDS = {
    "call": ("wait", "Call"),
    "reply": ("wait", "Reply to read"),
    "broken_promise": ("bad", "Promise not kept"),
    "review": ("quiet", "Look again"),
    "parked": ("bad", "Message parked"),
    "difference": ("wait", "Difference"),
    "bounced": ("wait", "Mail came back"),
    "wrong_address": ("wait", "Wrong address"),
    "no_address": ("wait", "No address"),
    "never_sent": ("quiet", "Never sent"),
    "last_step": ("wait", "Last step taken"),
    "credit_note": ("wait", "Credit note"),
    "kind": ("quiet", "Kind of customer"),
    "bank": ("wait", "Bank"),
    "thank_you": ("good", "Thank-you"),
    "apology": ("wait", "Apology"),
    "statement": ("quiet", "Statement"),
    "credit_policy": ("quiet", "Credit policy"),
    "overpaid": ("quiet", "Paid too much"),
    "refund": ("wait", "Refund"),
    "returned": ("bad", "Returned payment"),
    "stranded": ("bad", "Not in the books"),
    "ask_again": ("bad", "Returned payment"),
}
STOPS = (
    ("stop", "They asked in writing not to be contacted"),
    ("objection", "They objected to being contacted"),
    ("hardship", "They told of hardship"),
    ("insolvency", "They are insolvent"),
    ("breathing_space", "They are in a breathing space"),
    ("death", "The customer has died"),
    ("handed_over", "It was handed over to somebody else"),
    ("never_chase", "They are never to be chased"),
)
PERSONS = (
    ("escalation", "The escalation contact"),
    ("accounts", "The accounts contact"),
    ("primary", "The primary contact"),
)
OPT_OUTS = (
    ("mail", "e-mail"),
    ("sms", "text message"),
    ("call", "telephone"),
    ("letter", "letter"),
)


def names(known: Iterable[str]) -> list[tuple[str, str]]:
    """Choices that are called what they are."""
    return [(one, one) for one in known]


APOLOGY_STATES = {
    "planned": ("wait", "Apology offered"),
    "failed": ("wait", "Apology offered"),
    "claimed": ("wait", "Being sent"),
    "sent": ("good", "Apologized"),
    "cancelled": ("quiet", "Left"),
    "ambiguous": ("wait", "May have been sent; being looked up"),
    "parked": ("bad", "May have been sent; a person must look"),
}
PLAN_STATES = {
    "proposed": ("wait", "Proposed"),
    "active": ("good", "In force"),
    "kept": ("good", "Kept"),
    "broken": ("bad", "Broken"),
    "cancelled": ("quiet", "Ended"),
}
PART_STATES = {
    "paid": ("good", "Paid"),
    "coming": ("quiet", "To come"),
    "due": ("wait", "Due today"),
    "late": ("wait", "Late"),
    "missed": ("bad", "Missed"),
}
WORDS: dict[str, Any] = {
    "plan_states": PLAN_STATES,
    "part_states": PART_STATES,
    "apology_states": APOLOGY_STATES,
    "promise_states": PROMISE_STATES,
    "todo_kinds": TODO_KINDS,
    "stops": STOPS,
    "opt_outs": OPT_OUTS,
    "persons": PERSONS,
    "reasons": {code.value: words for code, words in REASONS.items()},
    "kinds": KINDS,
    "names": names,
}
