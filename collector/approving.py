"""Whether a message may leave: by itself, because a person let it, or not yet. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from collector.judgement import Decision, Message, Say, Verdict
from storage.approvals import Answered, Approval


class Standing(StrEnum):
    """Where a message of today stands."""

    GOES = "goes"
    APPROVED = "approved"
    WAITS = "waits"
    REFUSED = "refused"

    @property
    def free(self) -> bool:
        """May it leave?"""
        return self in (Standing.GOES, Standing.APPROVED)


def digest(message: Message) -> str:
    """What a person approves: to whom, how, how firmly, about which invoices at which step, what is asked, and
    what sort of files goes along.

    Not the files themselves: they are the invoices' own, as the books hold them when the message goes, and what went is
    kept by name and digest.
    """
    parts = [message.debtor, message.channel.value, message.tone.name, message.step.name, message.step.attach.value]
    parts += [one.address for one in message.to]
    for line in message.lines:
        parts += [str(line.invoice.ref), line.step.name, str(line.asked.minor), line.asked.currency]
        parts += [line.part.plan.id, str(line.part.number)] if line.part else []
    parts += [f"{credit.currency}{credit.minor}" for credit in message.credits]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def standing(decision: Decision, approval: Approval | None, *, automatic: bool) -> Standing:
    """A business that runs by itself lets ordinary messages go; an odd one, and any in draft, waits for a person."""
    message = decision.candidate
    if message is not None and approval is not None and approval.digest == digest(message):
        return Standing.APPROVED if approval.state is Answered.APPROVED else Standing.REFUSED
    return Standing.GOES if automatic and not decision.odd else Standing.WAITS


def settled(decision: Decision, approval: Approval | None, *, automatic: bool) -> Decision:
    """The decision with what people said about it: a message that may not leave is held, with the reason."""
    if decision.message is None:
        return decision
    where = standing(decision, approval, automatic=automatic)
    if where.free:
        return decision
    by = approval.by if approval else ""
    told = _refused(by) if where is Standing.REFUSED else _waits(decision)
    verdicts = tuple(_held(one, *told) if one.say is Say.SEND else one for one in decision.verdicts)
    return Decision(verdicts, None, decision.message, decision.odd)


def _refused(by: str) -> tuple[str, str, Mapping[str, str]]:
    return "refused", f"{by} said not to send this today.", {"by": by}


def _waits(decision: Decision) -> tuple[str, str, Mapping[str, str]]:
    if not decision.odd:
        return "nobody_approved", "It is ready and waits for somebody to approve it.", {"odd": ""}
    first = decision.odd[0]
    return "nobody_approved", f"It waits for somebody to look at it. {first.reason}", {"odd": first.name}


def _held(verdict: Verdict, rule: str, reason: str, facts: Mapping[str, str]) -> Verdict:
    return replace(verdict, say=Say.HOLD, rule=rule, reason=reason, facts={**verdict.facts, **facts})


def approve(message: Message, *, by: str, at: datetime, edit: str = "", refused: bool = False) -> Approval:
    """A person's answer for this very message."""
    state = Answered.REFUSED if refused else Answered.APPROVED
    return Approval(message.debtor, message.day_on, state, digest(message), by, at, edit)
