"""Policies of a business and of its customers: looked at, checked, kept, and proposed from the platform's own days."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from collector.paying.entries import RECORD
from collector.policies.calendar import Calendar, calendar
from collector.policies.check import Checked, check, check_customer
from collector.policies.fields import Known, Used
from collector.policies.file import brief, write
from collector.policies.layers import Layer, Layers, build, merge
from collector.policies.reminder_days import BadDays, days_in, proposed
from collector.policies.words import differences
from collector.policy import PART_NAMES, Policy, Receiver, Step
from collector.wording.writing import known_letters
from duewell.businesses import living
from duewell.finding import find_customer, today_of, whom_of
from duewell.ruling import base_layer, layer_in, layers_of, together
from duewell.views.policy import NOTE_MAX, Draft
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.records import Kind, Ref
from receivables.said import Saying
from storage import books
from storage.policies import (
    BUSINESS,
    SHIPPED,
    KeptPolicy,
    add_policy,
    policies_in_force,
    policy_version,
    policy_versions,
    scope_of,
    steps_done,
    usual_terms,
)
from storage.said import said

log = structlog.get_logger(__name__)

TERMS_ELSE = 30
MEANINGS = {
    "gap_days": "Whole days that must lie between two contacts with one customer.",
    "minimum": "Less than this is never asked for, in whole units of the invoice's own currency.",
    "opens_at": "Messages go from this time of day, where the customer is.",
    "closes_at": "Messages go until this time of day.",
    "stale_after_hours": "After so many hours without a good reading of the books, what is overdue waits.",
    "per_week": "At most so many contacts with one customer in seven days, over all channels.",
    "per_month": "At most so many in thirty days.",
    "due_on_receipt_days": "The term of an invoice that is due on receipt.",
    "receipts_quiet_days": "After so many days without a receipt entered, what is overdue waits; usual: as usual here.",
    "catch_up_days": "A step whose day was missed still goes by itself for so many days; later a person looks first.",
    "daily_cap": "At most so many messages of this business in one day.",
    "unusual_times": "An invoice so many times as large as is usual waits for a person.",
    "show_interest": "Whether messages tell what their invoices bear for being late, below what is to be paid.",
    "chase_charges": "Whether invoices made of late charges are asked for like any other; else they are only shown.",
    "tone_ceiling": "No message speaks more firmly than this: friendly, neutral, firm or final.",
    "never_chase_tags": "Customers with one of these tags are never asked.",
    "thank_you": "Whether who pays an invoice after being reminded of it is thanked.",
    "send_credit_policy": "Whether the credit policy goes along with a customer's first invoice.",
    "statement_on": "The day of the month on which statements of account go; never: only when asked for.",
}
MEANINGS |= {
    "parts_most": "A customer may choose at most so many parts alone; more needs somebody's yes.",
    "months_most": "A plan that a customer chooses alone ends within so many months.",
    "first_percent": "The first payment of such a plan is at least so much of it.",
    "settle": "Of what is so many days overdue so many per cent may be given up without asking further; []: nothing.",
    "cure_days": "A part is waited for so many days after its day; then the plan is broken.",
    "remind_before": "A part is reminded of so many days before its day; never: not at all.",
    "remind_on": "Whether it is reminded of on its day.",
    "remind_after": "And so many days after its day, while it is waited for; never: not at all.",
}
NO_STEPS = (*PART_NAMES, RECORD)
"""What invoices were spoken of by, and is no step of a policy."""


# --- looking ------------------------------------------------------------------------------------------------------


def layers(house: House, business: str) -> Layers:
    """What is in force now."""
    return layers_of(house.database, house.settings, business)


def scope(debtor: str) -> str:
    """Of the business, or of one customer."""
    return scope_of(debtor) if debtor else BUSINESS


def in_force(house: House, business: str, debtor: str = "") -> KeptPolicy | None:
    """The last version of the business's policy or of a customer's; None when there never was one."""
    with house.database.read() as tx:
        return policies_in_force(tx, business).get(scope(debtor))


def history(house: House, business: str, debtor: str | None = None) -> list[KeptPolicy]:
    """Every version, newest first: of the business (""), of a customer, or (None) of everything but the base."""
    with house.database.read() as tx:
        kept = policy_versions(tx, business, None if debtor is None else scope(debtor))
    return [one for one in kept if one.scope != SHIPPED]


def version(house: House, business: str, number: int, debtor: str = "") -> KeptPolicy:
    """One version. Raises NotThere."""
    with house.database.read() as tx:
        found = policy_version(tx, business, scope(debtor), number)
    if found is None:
        raise NotThere(f"There is no version {number} of this policy; `duewell policy history` lists them.")
    return found


def policy_for(house: House, business: str, debtor: str = "") -> Policy:
    """What holds for the business, or for a customer before any segment is looked at."""
    found = layers(house, business)
    return found.policy_for(debtor) if debtor else found.policy


def names_of(house: House, business: str, debtors: Mapping[str, object] | list[str]) -> dict[str, str]:
    """What the customers are called; the key where the books no longer know one."""
    refs = {key: Ref(key.partition("/")[0], Kind.CUSTOMER, key.partition("/")[2]) for key in debtors}
    with house.database.read() as tx:
        known = books.records(tx, business, list(refs.values())) if refs else {}
    return {key: str(getattr(known.get(ref), "name", "") or key) for key, ref in refs.items()}


def days_of(house: House, business: str, policy: Policy) -> tuple[int, Calendar]:
    """The usual terms of the business, and what happens with them to an invoice issued today."""
    with house.database.read() as tx:
        terms = usual_terms(tx, business)
    days = TERMS_ELSE if terms is None else terms
    return days, calendar(policy, today_of(house, business), days, country_of(house, business))


def country_of(house: House, business: str) -> str:
    """Where the business is, as its first company says."""
    companies = [one.company for one in living(house, business) if one.company]
    return next((company.country for company in companies if company.country), "")


def customer_named(house: House, business: str, text: str) -> str:
    """The key of the customer who is meant; empty when none was named. Raises Refused."""
    return find_customer(house, business, text).debtor if text else ""


# --- out ----------------------------------------------------------------------------------------------------------


def exported(house: House, business: str, debtor: str = "", *, complete: bool = False) -> str:
    """The file as it was kept, word for word; without one (or `complete`) everything that holds, written out."""
    kept = in_force(house, business, debtor)
    if kept is not None and not complete:
        return kept.document
    return "" if debtor else written_out(layers(house, business).layer, base_layer(house.settings))


def written_out(layer: Layer, below: Layer) -> str:
    """Everything a whole layer says over the one `below`, with a comment on each setting."""
    return f"# The policy, complete. What a file leaves out stays as it is.\n\n{write(brief(layer, below), MEANINGS)}"


# --- in -----------------------------------------------------------------------------------------------------------


def drafted(house: House, business: str, text: str, debtor: str = "") -> Draft:
    """Look at a file and keep nothing. Raises NotThere for a customer of whom nothing is known."""
    base = base_layer(house.settings)
    with house.database.read() as tx:
        kept = policies_in_force(tx, business)
    now, below = _now_and_below(base, kept, debtor)
    known = replace(known_words(house, business, base), escalation=_escalates(house, business, debtor))
    if debtor:
        _expect_head(house, business, debtor)
        checked = check_customer(text, known, below)
    else:
        customers = {one.debtor: layer_in(one) for one in kept.values() if one.debtor}
        called = names_of(house, business, list(customers))
        named = {called[key]: layer for key, layer in customers.items()}
        checked = check(text, known, below, customers=named)
    over = kept[scope(debtor)].version if scope(debtor) in kept else 0
    if checked.policy is None:
        return Draft(text, checked, (), None, over, debtor)
    changes = differences(now, checked.policy) if now is not None else ("The present policy makes none any more.",)
    return Draft(text, checked, changes, days_of(house, business, checked.policy)[1], over, debtor)


def _escalates(house: House, business: str, debtor: str) -> bool:
    """Is an escalation contact noted for the customer, or without one for any?"""
    with house.database.read() as tx:
        persons = said(tx, business, debtor=debtor or None, kinds=[Saying.CONTACT_PERSON])
    return any(one.reason == Receiver.ESCALATION and one.ended_at is None for one in persons)


def _now_and_below(base: Layer, kept: Mapping[str, KeptPolicy], debtor: str) -> tuple[Policy | None, Layer]:
    """What holds now, if it still makes a policy, and the layer under the one that is written."""
    try:
        found = together(base, kept)
    except Refused:
        return None, base
    if debtor:
        return found.policy_for(debtor), replace(found.layer, segments=())
    return found.policy, base


def known_words(house: House, business: str, base: Layer) -> Known:
    """What a policy may name here: letters, mail accounts, and the steps that were ever used."""
    with house.database.read() as tx:
        done = steps_done(tx, business)
        versions = policy_versions(tx, business, BUSINESS)
    steps = {step.name: step for step in build(base).steps}
    for one in reversed(versions):
        steps |= {step.name: step for step in _steps_of(base, one)}
    used = {name: Used(steps.get(name), count) for name, count in done.items() if name not in NO_STEPS}
    return Known(frozenset(known_letters()), frozenset(senders(house)), used)


def _steps_of(base: Layer, kept: KeptPolicy) -> tuple[Step, ...]:
    try:
        return build(merge(base, layer_in(kept))).steps
    except (Refused, ValueError, TypeError):
        return ()


def keep(
    house: House, business: str, text: str, *, by: str, note: str = "", debtor: str = "", over: int | None = None
) -> KeptPolicy:
    """Check a file and let it hold from now on, as a new version.

    `over` is the version that whoever changes it has seen. Raises Refused for mistakes, for a file that says the same
    as the one in force, and when somebody else was faster.
    """
    draft = drafted(house, business, text, debtor)
    if not draft.checked.good:
        raise Refused(_mistakes(draft.checked))
    before = in_force(house, business, debtor)
    number = before.version if before else 0
    if over is not None and over != number:
        raise Refused(_faster(before))
    if before is not None and before.document == text:
        raise Refused(f"This is what version {number} says already. Nothing was changed.")
    fresh = KeptPolicy(scope(debtor), number + 1, text, note.strip()[:NOTE_MAX], by, house.clock.now())
    with house.database.write() as tx:
        kept = add_policy(tx, business, fresh)
    if not kept:
        raise Refused(_faster(in_force(house, business, debtor)))
    log.info("policy kept", business=business, version=fresh.version, of_customer=bool(debtor))
    return fresh


def _mistakes(checked: Checked) -> str:
    first, more = checked.mistakes[0], len(checked.mistakes) - 1
    rest = "" if not more else f" And {more} more."
    return f"{first}{rest} Nothing was changed."


def _faster(kept: KeptPolicy | None) -> str:
    whose = f" (version {kept.version}, by {kept.by})" if kept else ""
    return f"Somebody else has changed it in the meantime{whose}. Look at what differs now, then save again."


def _expect_head(house: House, business: str, debtor: str) -> None:
    with house.database.read() as tx:
        _, head, whom = whom_of(tx, business, debtor)
    if head != debtor:
        raise Refused(f"This customer is billed with {whom.name}; what differs is said for {whom.name} ({head}).")


def senders(house: House) -> tuple[str, ...]:
    """The mail accounts that are set up by name."""
    return tuple(sorted(house.settings.mail.servers))


# --- a first one --------------------------------------------------------------------------------------------------


def present_days(house: House, business: str) -> tuple[int, ...]:
    """The days on which the connected platforms remind at present, as people told when they connected them."""
    found: set[int] = set()
    for one in living(house, business):
        try:
            found |= set(days_in(one.details.get("reminder_days", "")))
        except BadDays:
            log.info("reminder days not understood", connection=one.id)
    return tuple(sorted(found))


def proposal(house: House, business: str) -> str:
    """A file for a business that has none of its own, on the days its customers know; empty when none were told."""
    days = present_days(house, business)
    if not days or in_force(house, business) is not None:
        return ""
    layer = proposed(days, base_layer(house.settings))
    listed = ", ".join(str(day) for day in days)
    return f"# Proposed from the days on which the platform reminds at present ({listed}).\n\n{write(layer)}"
