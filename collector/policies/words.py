"""A policy in sentences, and what differs between two, as a person would say it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import time
from decimal import Decimal
from itertools import chain

from collector.paying.limits import Limits
from collector.policies.fields import countries
from collector.policies.layers import build, changes_of, makes_policy, merge, whole
from collector.policy import After, Attach, Channel, Policy, Receiver, Segment, Step, Tone
from receivables.records import CustomerKind

CHANNELS = {
    Channel.MAIL: "e-mail",
    Channel.PLATFORM: "the platform's own mail",
    Channel.SMS: "text message",
    Channel.LETTER: "printed letter",
    Channel.CALL: "call",
}
RECEIVERS = {
    Receiver.INVOICE: "",
    Receiver.ACCOUNTS: "to the accounts contact",
    Receiver.PRIMARY: "to the primary contact",
    Receiver.ESCALATION: "with a copy to the escalation contact",
}
CARRIES = {
    Attach.EVERYTHING: "",
    Attach.INVOICE: "with the invoice but none of its other files",
    Attach.NOTHING: "with nothing attached",
}
KINDS = {
    CustomerKind.BUSINESS: "businesses",
    CustomerKind.SOLE_TRADER: "sole traders",
    CustomerKind.CONSUMER: "consumers",
    CustomerKind.PUBLIC_BODY: "public bodies",
    CustomerKind.UNKNOWN: "customers of unknown kind",
}
ASPECTS = {
    "letter": "wording",
    "channel": "channel",
    "tone": "tone",
    "sender": "mail account",
}
CHANGES = {
    ("again", True): "it may speak of earlier messages and is never the first",
    ("again", False): "it may be the first message",
    ("automatic", True): "it goes by itself",
    ("automatic", False): "a person looks at each one first",
    ("repeat", True): "it is repeated as long as the invoice is open",
    ("repeat", False): "it is no longer repeated",
}


def words(policy: Policy) -> tuple[str, ...]:
    """The whole policy, one sentence each: the steps, the manners, and for whom it differs."""
    steps = (sentence(step) for step in policy.steps)
    return (*steps, *manners(policy), *plans(policy.plans), *(segment_words(policy, one) for one in policy.segments))


def sentence(step: Step) -> str:
    """One step: when, what, to whom, and whether by itself."""
    mailed = step.channel is Channel.MAIL
    carries, to = (CARRIES[step.attach], RECEIVERS[step.to]) if mailed else ("", "")
    parts = [_what(step), carries, to, f"from the mail account “{step.sender}”" if step.sender else ""]
    said = f"{_capital(when(step))}: {' '.join(part for part in parts if part)}"
    if step.name != step.letter.replace("_", "-"):
        said += f" (step “{step.name}”)"
    if step.repeat:
        said += f", and again every {counted(step.days, 'day')} as long as it is open"
    waits = not step.automatic and step.channel is not Channel.CALL
    return f"{said}; a person looks at each one first." if waits else f"{said}."


def when(step: Step) -> str:
    """The day of a step: 7 days after the due date."""
    if step.after is After.CONTACT:
        return f"{counted(step.days, 'day')} after the previous contact"
    if step.days == 0:
        return "on the due date"
    return f"{counted(abs(step.days), 'day')} {'before' if step.days < 0 else 'after'} the due date"


def _what(step: Step) -> str:
    if step.channel is Channel.PLATFORM:
        return (
            "the platform mails the invoice again in its own standard text; "
            "when several invoices go together, our own e-mail goes in its place"
        )
    if step.channel is Channel.CALL:
        return f"a person calls, with the script “{_title(step.letter)}”"
    tone = step.tone.name.lower()
    return f"a {tone} {CHANNELS[step.channel]}, “{_title(step.letter)}”"


def manners(policy: Policy) -> Iterator[str]:
    """How it goes about its work, one sentence for each habit."""
    yield _hours(policy.opens_at, policy.closes_at)
    if policy.gap_days:
        lies = "lies" if policy.gap_days == 1 else "lie"
        yield f"At least {counted(policy.gap_days, 'whole day')} {lies} between two contacts with one customer."
    yield (
        f"Nobody is contacted more than {often(policy.per_week)} in seven days or {often(policy.per_month)} in thirty, "
        "over all channels together."
    )
    if policy.minimum:
        yield f"Less than {plain(policy.minimum)}, in the invoice's own currency, is never asked for."
    yield f"What is due on receipt counts as due after {counted(policy.due_on_receipt_days, 'day')}."
    yield _staleness(policy)
    yield (
        f"A step whose day was missed still goes by itself for {counted(policy.catch_up_days, 'day')}; "
        "after that a person looks first."
    )
    yield f"No more than {counted(policy.daily_cap, 'message')} {'goes' if policy.daily_cap == 1 else 'go'} in one day."
    yield f"An invoice {policy.unusual_times} times as large as is usual waits for a person."
    if policy.tone_ceiling is not Tone.FINAL:
        yield f"No message is more than {policy.tone_ceiling.name.lower()}."
    if policy.show_interest:
        yield "Messages tell what their invoices bear for being late, below what is to be paid."
    if policy.chase_charges:
        yield "Invoices made of late charges are asked for like any other."
    if policy.never_chase_tags:
        yield f"Customers tagged {_listed(policy.never_chase_tags)} are never asked."
    if policy.thank_you:
        yield "Who pays an invoice after being reminded of it is thanked."
    if policy.send_credit_policy:
        yield "The credit policy goes along with a customer's first invoice, or after it where the platform sent that."
    if policy.statement_on is not None:
        yield (
            f"Statements of account go on day {policy.statement_on} of each month, or on the next business day; "
            "a reminder of that day waits."
        )


def plans(limits: Limits) -> Iterator[str]:
    """What customers may choose when they pay in parts, and when they are reminded of a part; a sentence each."""
    yield (
        f"A customer may choose to pay in up to {counted(limits.parts_most, 'part')} over up to "
        f"{counted(limits.months_most, 'month')}; anything beyond needs somebody's yes."
    )
    if limits.first_percent:
        yield f"The first payment of a plan is at least {limits.first_percent} % of it."
    if limits.settle:
        bands = [f"{one.percent} % of what is {_overdue(one.overdue_days)}" for one in limits.settle]
        yield f"A settlement may give up, without asking further, up to {_listed(bands, quoted=False, joint='and')}."
    waited = (
        f"waited for until {counted(limits.cure_days, 'day')} after its day" if limits.cure_days else "not waited for"
    )
    yield f"A part that does not come is {waited}; then the plan is broken, and its invoices are asked for again."
    days = [f"{counted(limits.remind_before, 'day')} before its day"] if limits.remind_before else []
    days += ["on its day"] if limits.remind_on else []
    days += [f"{counted(limits.remind_after, 'day')} after it"] if limits.remind_after else []
    named = _listed(days, quoted=False, joint="and") if days else ""
    yield f"A part is reminded of {named}." if days else "Nobody is reminded of the parts of a plan."


def _overdue(days: int) -> str:
    return f"{counted(days, 'day')} overdue or more" if days else "due"


def _hours(opens_at: time, closes_at: time) -> str:
    return f"Messages go on business days between {opens_at:%H:%M} and {closes_at:%H:%M}, where the customer is."


def _staleness(policy: Policy) -> str:
    quiet = policy.receipts_quiet_days
    usual = "for longer than is usual here" if quiet is None else f"for {counted(quiet, 'day')}"
    unread = counted(policy.stale_after_hours, "hour")
    return f"Nothing overdue is asked for when the books were not read for {unread} or no receipt was entered {usual}."


def segment_words(policy: Policy, segment: Segment) -> str:
    """For whom it differs, and how."""
    changes = differences(policy, _with(policy, segment))
    said = " ".join(changes) if changes else "Nothing differs for them."
    return f"For {whom(segment)} (“{segment.name}”): {said}"


def _with(policy: Policy, segment: Segment) -> Policy:
    layer = merge(whole(policy), changes_of(segment))
    return build(layer, policy.version) if makes_policy(layer) else policy


def whom(segment: Segment) -> str:
    """The customers of a segment."""
    who = _listed([KINDS[kind] for kind in segment.kinds], quoted=False, joint="and") if segment.kinds else "customers"
    parts = [who]
    if segment.countries:
        named = countries()
        parts.append(f"in {_listed([named.get(code, code) for code in segment.countries], quoted=False)}")
    if segment.tags:
        parts.append(f"tagged {_listed(segment.tags)}")
    if (owing := _owing(segment.balance_from, segment.balance_below)) or segment.older_than_days is not None:
        old = segment.older_than_days
        late = f"are more than {counted(old, 'day')} late" if old is not None else ""
        parts.append(f"who {' and '.join(part for part in (owing, late) if part)}")
    return " ".join(parts) if len(parts) > 1 or segment.kinds else "every customer"


def _owing(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"owe from {plain(low)} up to {plain(high)}"
    if low is not None:
        return f"owe {plain(low)} or more"
    return f"owe less than {plain(high)}" if high is not None else ""


# --- what differs -------------------------------------------------------------------------------------------------


def differences(before: Policy, after: Policy) -> tuple[str, ...]:
    """What a change brings, one sentence each; nothing when both do the same."""
    differ = (_steps_differ, _manners_differ, _plans_differ, _segments_differ)
    return tuple(chain.from_iterable(tell(before, after) for tell in differ))


def _steps_differ(before: Policy, after: Policy) -> Iterator[str]:
    old, new = ({step.name: step for step in policy.steps} for policy in (before, after))
    for name, step in new.items():
        if name not in old:
            yield f"New: {_small(sentence(step))}"
        elif step != old[name]:
            yield f"“{name}”: {'; '.join(_step_differs(old[name], step))}."
    for name in old:
        if name not in new:
            yield f"“{name}” is left out."


def _step_differs(before: Step, after: Step) -> Iterator[str]:
    if (before.days, before.after) != (after.days, after.after):
        yield f"{when(after)} instead of {when(before)}"
    for name, called in ASPECTS.items():
        old, new = getattr(before, name), getattr(after, name)
        platform = after.channel is Channel.PLATFORM and name in ("letter", "tone")
        if old != new and not platform:
            yield f"{called} {_value(new)} instead of {_value(old)}"
    if before.attach != after.attach and after.channel is Channel.MAIL:
        yield CARRIES[after.attach] or "with the invoice and its other files"
    if before.to != after.to and after.channel is Channel.MAIL:
        yield RECEIVERS[after.to] or "to where the invoice went"
    for name in ("again", "automatic", "repeat"):
        if getattr(before, name) != getattr(after, name):
            yield CHANGES[name, getattr(after, name)]


def _value(value: object) -> str:
    if isinstance(value, Tone):
        return value.name.lower()
    if isinstance(value, Channel):
        return CHANNELS[value]
    return f"“{_title(str(value))}”" if str(value) else "the usual one"


def _manners_differ(before: Policy, after: Policy) -> Iterator[str]:
    """Sentences that were not there before; and of those that went, that they no longer hold."""
    old, new = list(manners(before)), list(manners(after))
    yield from (one for one in new if one not in old)
    if before.gap_days and not after.gap_days:
        yield "Two contacts with one customer may follow each other without days between them."
    if before.minimum and not after.minimum:
        yield "Even the smallest sum is asked for."
    if before.tone_ceiling is not Tone.FINAL and after.tone_ceiling is Tone.FINAL:
        yield "Messages may become final in tone."
    if before.show_interest and not after.show_interest:
        yield "Messages no longer tell what their invoices bear for being late."
    if before.chase_charges and not after.chase_charges:
        yield "Invoices made of late charges are no longer asked for."
    if before.never_chase_tags and not after.never_chase_tags:
        yield "No tag keeps a customer from being asked any more."
    if before.thank_you and not after.thank_you:
        yield "Nobody is thanked for a payment any more."
    if before.send_credit_policy and not after.send_credit_policy:
        yield "The credit policy goes only when it is asked for."
    if before.statement_on is not None and after.statement_on is None:
        yield "Statements of account go only when they are asked for."


def _plans_differ(before: Policy, after: Policy) -> Iterator[str]:
    old = list(plans(before.plans))
    yield from (one for one in plans(after.plans) if one not in old)
    if before.plans.first_percent and not after.plans.first_percent:
        yield "A plan needs no first payment of a certain size any more."
    if before.plans.settle and not after.plans.settle:
        yield "No debt may be settled for less without asking further."


def _segments_differ(before: Policy, after: Policy) -> Iterator[str]:
    old = {one.name: one for one in before.segments}
    for one in after.segments:
        if one != old.get(one.name):
            yield segment_words(after, one)
    for name in old.keys() - {one.name for one in after.segments}:
        yield f"Nothing differs any more for the segment “{name}”."


# --- small words --------------------------------------------------------------------------------------------------


def counted(count: int, one: str) -> str:
    """1 day, 2 days."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def often(count: int) -> str:
    """Once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def plain(amount: Decimal) -> str:
    """5, 7.50, 10,000: a sum of any currency."""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def _listed(names: Sequence[str], *, quoted: bool = True, joint: str = "or") -> str:
    told = [f"“{name}”" if quoted else name for name in names]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} {joint} {told[-1]}"


def _title(letter: str) -> str:
    return letter.replace("_", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
