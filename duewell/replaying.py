"""Replays past days of a business: what a policy would have sent, to whom and when, and how another differs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import islice

from collector.debtors.case_book import MESSAGES
from collector.judgement import Say
from collector.plan import known
from collector.policies.layers import Layers
from collector.replay.clan import Clan
from collector.replay.moment import Moment
from collector.replay.past_book import AT_ONCE, clans
from collector.replay.resting import Judged
from collector.replay.simulate import RulingOf, Turns, answers, sending, simulate, wrong
from collector.replay.told import (
    EXAMPLES_MAX,
    Answer,
    Changed,
    Report,
    Reproduced,
    Run,
    Sending,
    Wrong,
    difference_of,
    run_of,
)
from duewell.businesses import the_business, zone_of
from duewell.finding import today_of
from duewell.past_days import Past, Span
from duewell.policies import country_of, drafted
from duewell.reproducing import Proof, proven
from duewell.ruling import base_layer, layers_of, ruling, together
from duewell.running import may_send_alone
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Ref
from storage import actions
from storage.connections import connections
from storage.policies import BUSINESS, KeptPolicy, policies_in_force

LAST_DAYS = 90
DAYS_MAX = 366
Heard = Callable[[int], None]
"""Is told how many customers have been gone through."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which days to replay, and the text of another policy to set beside the one in force, or nothing."""

    from_on: date
    to_on: date
    text: str = ""


def last_days(house: House, business: str, text: str = "") -> Question:
    """The last ninety days, today among them."""
    today = today_of(house, business)
    return Question(today - timedelta(days=LAST_DAYS - 1), today, text)


def replay(house: House, business: str, question: Question, heard: Heard | None = None) -> Report:
    """Replay the days. Raises Refused for days or a policy that make no sense."""
    checked(house, business, question)
    owner = the_business(house, business)
    span = Span(question.from_on, question.to_on, zone_of(house, owner), country_of(house, business), house.clock.now())
    automatic, ready = may_send_alone(house, owner), house.ready(business)
    with house.database.read() as tx:
        past = Past(tx, house.settings, business, span)
        living = [one for one in connections(tx, business) if one.company or not one.books]
        moments = past.moments(living, known(tx, business, automatic=automatic, ready=ready))
        sent = actions.sent_on(tx, business, MESSAGES, since=span.from_on)
    policies = [_as_it_held(past, layers_of(house.database, house.settings, business), moments)]
    if question.text:
        policies.append(_Policy(ruling_of_text(house, business, question.text), ["the other policy"]))
    tally = _Tally(policies, {one.on for one in moments if one.reconstructed})
    proof = Proof(house.database, business, past.live(), question.from_on, question.to_on)
    batches = partial(_batches, house, business, since=question.from_on)
    count = 0
    for some in batches():
        if proof.live.instants:
            proof.compare(some, sent=sent)
        for clan in some:
            if clan.ever_open():
                _simulate(clan, moments, tally)
        count += len(some)
        if heard is not None:
            heard(count)
    proof = proven(proof, batches, sent)
    return _report(tally, span, proof.told(), sum(count for day, count in sent.items() if day <= span.to_on))


def _batches(house: House, business: str, *, since: date) -> Iterator[list[Clan]]:
    every = clans(house.database, business, since=since)
    while some := list(islice(every, AT_ONCE)):
        yield some


def _as_it_held(past: Past, today: Layers, moments: Iterable[Moment]) -> "_Policy":
    """Live days go by the policy in force then; days before the books were read, by today's."""

    def layers(moment: Moment) -> Layers:
        return past.in_force(moment.at) if _was_read(moment) else today

    names = list(dict.fromkeys(layers(one).version for one in sorted(moments, key=_was_read, reverse=True)))
    return _Policy(lambda moment: ruling(layers(moment), moment.at), names or [today.version])


def _was_read(moment: Moment) -> bool:
    return not moment.reconstructed.issuperset(moment.ledgers)


def checked(house: House, business: str, question: Question) -> None:
    """Do the days and the policy make sense? Raises Refused."""
    first, last, today = question.from_on, question.to_on, today_of(house, business)
    if first > last:
        raise Refused(f"The first day, {first:%-d %B %Y}, lies after the last, {last:%-d %B %Y}; turn them round.")
    if last > today:
        raise Refused(f"{last:%-d %B %Y} is still to come; a replay ends today, {today:%-d %B %Y}, at the latest.")
    if (last - first).days >= DAYS_MAX:
        raise Refused(f"That is more than a year; begin on {last - timedelta(days=DAYS_MAX - 1):%-d %B %Y} or later.")
    if question.text:
        ruling_of_text(house, business, question.text)


def ruling_of_text(house: House, business: str, text: str) -> RulingOf:
    """A file in place of the business's policy; what differs for single customers stays. Raises Refused."""
    draft = drafted(house, business, text)
    if not draft.checked.good:
        first = draft.checked.mistakes[0]
        more = len(draft.checked.mistakes) - 1
        rest = f" And {more} more; “duewell policy check” explains them all." if more else ""
        raise Refused(f"The other policy has a mistake. {first}{rest}")
    with house.database.read() as tx:
        kept = policies_in_force(tx, business)
    kept[BUSINESS] = KeptPolicy(BUSINESS, draft.over + 1, text, "", "", house.clock.now())
    layers = together(base_layer(house.settings), kept)
    return lambda moment: ruling(layers, moment.at)


# --- walking ------------------------------------------------------------------------------------------------------


@dataclass
class _Policy:
    """What one policy has sent so far; `versions` are the names it went by, one after the other."""

    ruling_of: RulingOf
    versions: Sequence[str]
    turns: Turns = field(default_factory=Turns)
    sendings: list[Sending] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)

    @property
    def label(self) -> str:
        """What it is called in a report."""
        first, last = self.versions[0], self.versions[-1]
        return first if first == last else f"{first} to {last}"


@dataclass
class _Tally:
    """What has been found so far."""

    policies: list[_Policy]
    reconstructed: set[date]
    changed: list[Changed] = field(default_factory=list)
    changed_count: int = 0


def _simulate(clan: Clan, moments: Sequence[Moment], tally: _Tally) -> None:
    """Every policy over the same days, and what the other says otherwise."""
    runs = [_run(clan, policy, moments) for policy in tally.policies]
    if len(runs) == 1:
        for _ in runs[0]:
            pass
        return
    found = list(_differing(*runs))
    tally.changed_count += len(found)
    tally.changed += found
    if len(tally.changed) > 4 * EXAMPLES_MAX:
        tally.changed = sorted(tally.changed, key=lambda one: one.day)[:EXAMPLES_MAX]


def _run(clan: Clan, policy: _Policy, moments: Sequence[Moment]) -> Iterator[Judged]:
    """Each debtor's days in their order, while what would have gone is noted."""
    held: set[tuple[str, Ref]] = set()
    for judged in simulate(clan, moments, policy.ruling_of, policy.turns):
        verdicts = judged.decision.verdicts
        held |= {(one.rule, one.invoice) for one in verdicts if one.step and one.say is Say.HOLD}
        if judged.message is not None:
            policy.sendings.append(sending(judged))
            if (mistake := wrong(clan, judged)) is not None:
                policy.wrong.append(mistake)
        yield judged
    policy.held.update(rule for rule, _ in held)


def _differing(ours: Iterable[Judged], theirs: Iterable[Judged]) -> Iterator[Changed]:
    """Of every invoice the first day on which the two part."""
    others = {(one.moment.on, one.case.debtor): one for one in theirs}
    seen: set[Ref] = set()
    for one in ours:
        other = others[one.moment.on, one.case.debtor]
        for (ref, number, before), (_, _, after) in zip(answers(one), answers(other), strict=True):
            if ref not in seen and not _same(before, after):
                seen.add(ref)
                yield Changed(one.moment.on, one.case.debtor, one.case.head.name, number, before, after)


def _same(one: Answer, other: Answer) -> bool:
    return (one.say, one.rule, one.step) == (other.say, other.rule, other.step)


# --- telling ------------------------------------------------------------------------------------------------------


def _report(tally: _Tally, span: Span, reproduced: Reproduced | None, sent: int) -> Report:
    runs: list[Run] = [run_of(one.label, one.sendings, one.wrong, one.held) for one in tally.policies]
    compared = len(runs) == 2
    sendings = [one.sendings for one in tally.policies]
    return Report(
        from_on=span.from_on,
        to_on=span.to_on,
        days=len(span.business_days()),
        reconstructed_days=tuple(sorted(tally.reconstructed)),
        notes=tuple(_notes(tally)),
        run=runs[0],
        other=runs[1] if compared else None,
        difference=difference_of(sendings[0], sendings[1], tally.changed, tally.changed_count) if compared else None,
        reproduced=reproduced,
        sent=sent,
    )


def _notes(tally: _Tally) -> Iterator[str]:
    yield "It is assumed that every message was approved on its day; those that a person looks at first are counted."
    if len(tally.policies[0].versions) > 1:
        yield "The policy changed in these days: each is judged by the one that was in force then."
    if tally.reconstructed:
        first, last = min(tally.reconstructed), max(tally.reconstructed)
        yield (
            f"{first:%-d %B %Y} to {last:%-d %B %Y} lie before these books were first read. They are reconstructed "
            "from the dates of the records, as if the books had been read afresh every day."
        )
        yield "Of those days it is not known whom you wrote to or called, and what customers said: none of it counts."
        yield "Days on which nothing had been read yet are judged by today's policy."
