"""Replays past days of a business: what a policy would have sent, and whether what was judged live comes out again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from collector.debtors.case_book import MESSAGES
from collector.judgement import Say
from collector.replay.clan import Clan, Moment
from collector.replay.past_book import AT_ONCE, clans
from collector.replay.reenact import Judged, Live, Rows, RulingAt, Turns, answers, reenact, sending, simulate, wrong
from collector.replay.told import (
    EXAMPLES_MAX,
    Answer,
    Changed,
    Report,
    Reproduced,
    Run,
    Sending,
    Strayed,
    Wrong,
    difference_of,
    run_of,
)
from duewell.finding import today_of
from duewell.jobs import zone_of
from duewell.past_days import Past, Span, present
from duewell.policies import country_of, drafted
from duewell.ruling import base_layer, layers_of, ruling, together
from duewell.running import may_send_alone, the_business
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Ref
from storage import actions
from storage.connections import Connected, State, connections
from storage.policies import BUSINESS, KeptPolicy, policies_in_force
from storage.verdicts import KeptVerdict, verdicts_between

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
    rulings = [ruling_in_force(house, business)]
    labels = [layers_of(house.database, house.settings, business).version]
    if question.text:
        rulings.append(ruling_of_text(house, business, question.text))
        labels.append("the other policy")
    owner = the_business(house, business)
    zone, country = zone_of(house, owner), country_of(house, business)
    span = Span(question.from_on, question.to_on, zone, country, house.clock.now())
    ready = house.ready(business)
    with house.database.read() as tx:
        past = Past(tx, house.settings, business, span)
        books = [one for one in connections(tx, business, disconnected=True) if one.books and one.company]
        automatic = may_send_alone(house, owner)
        known = {one.id: present(tx, one, automatic=automatic, ready=ready) for one in books}
        sent = actions.sent_on(tx, business, MESSAGES, since=span.from_on)
    tally = _Tally([_Policy(ruling) for ruling in rulings])
    for connected in books:
        moments = past.moments(connected, known[connected.id]) if connected.state is not State.DISCONNECTED else []
        _walk(house, connected, _Walk(past.live(connected), moments, tally, span, heard))
    return _report(tally, span, labels, sum(count for day, count in sent.items() if day <= span.to_on))


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


def ruling_in_force(house: House, business: str) -> RulingAt:
    """What holds today, for every day."""
    layers = layers_of(house.database, house.settings, business)
    return lambda at: ruling(layers, at)


def ruling_of_text(house: House, business: str, text: str) -> RulingAt:
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
    return lambda at: ruling(layers, at)


# --- walking ------------------------------------------------------------------------------------------------------


@dataclass
class _Policy:
    """What one policy has sent so far."""

    ruling_at: RulingAt
    turns: Turns = field(default_factory=Turns)
    sendings: list[Sending] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)


@dataclass
class _Tally:
    """What has been found so far."""

    policies: list[_Policy]
    changed: list[Changed] = field(default_factory=list)
    changed_count: int = 0
    reconstructed: set[date] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    verdicts: int = 0
    capped: int = 0
    strayed: int = 0
    examples: list[Strayed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Walk:
    """One connection's way through the days."""

    live: Live
    moments: Sequence[Moment]
    tally: _Tally
    span: Span
    heard: Heard | None


def _walk(house: House, connected: Connected, walk: _Walk) -> None:
    walk.tally.reconstructed |= {one.on for one in walk.moments if one.reconstructed}
    every = clans(house.database, connected, since=walk.span.from_on)
    count = 0
    while some := list(islice(every, AT_ONCE)):
        if walk.live.instants:
            _compare_with_stored(house, connected, some, walk)
        for clan in some:
            if clan.ever_open():
                _simulate(clan, walk)
        count += len(some)
        if walk.heard is not None:
            walk.heard(count)


def _simulate(clan: Clan, walk: _Walk) -> None:
    """Every policy over the same days, and what the other says otherwise."""
    runs = [_run(clan, policy, walk.moments) for policy in walk.tally.policies]
    if len(runs) == 1:
        for _ in runs[0]:
            pass
        return
    found = list(_differing(*runs))
    walk.tally.changed_count += len(found)
    walk.tally.changed += found
    if len(walk.tally.changed) > 4 * EXAMPLES_MAX:
        walk.tally.changed = sorted(walk.tally.changed, key=lambda one: one.day)[:EXAMPLES_MAX]


def _run(clan: Clan, policy: _Policy, moments: Sequence[Moment]) -> Iterator[Judged]:
    """Each debtor's days in their order, while what would have gone is noted."""
    held: set[tuple[str, Ref]] = set()
    for judged in simulate(clan, moments, policy.ruling_at, policy.turns):
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


def _compare_with_stored(house: House, connected: Connected, some: Iterable[Clan], walk: _Walk) -> None:
    """Row by row: what stands in the tables, and what comes out again."""
    ids: set[str] = set()
    rows: Rows = {}
    for clan in some:
        ids |= {one.record.ref.id for one in clan.invoices.found}
        rows |= reenact(clan, walk.live)
    since, until = walk.span.from_on, walk.span.to_on
    with house.database.read() as tx:
        stored = verdicts_between(tx, connected.business, connected.id, sorted(ids), since=since, until=until)
    again = {key: row for key, row in rows.items() if since <= key[1] <= until}
    for one in stored:
        _match(walk.tally, one, again.pop((one.invoice, one.day), None))
    for row in again.values():
        _stray(walk.tally, row, NOTHING, _answer(row))


NOTHING = Answer("nothing", "", "Nothing was stored.")


def _match(tally: _Tally, stored: KeptVerdict, row: KeptVerdict | None) -> None:
    if stored.rule == "daily_cap":
        tally.capped += 1
        return
    tally.days.add(stored.day)
    tally.verdicts += 1
    if row is None or (_answer(stored), stored.policy) != (_answer(row), row.policy):
        _stray(tally, stored, _answer(stored), _answer(row) if row else NOTHING)


def _stray(tally: _Tally, about: KeptVerdict, stored: Answer, replayed: Answer) -> None:
    tally.strayed += 1
    if len(tally.examples) < EXAMPLES_MAX:
        tally.examples.append(Strayed(about.day, str(about.invoice), stored, replayed))


def _answer(row: KeptVerdict) -> Answer:
    return Answer(row.verdict, row.rule, row.reason, row.step)


# --- telling ------------------------------------------------------------------------------------------------------


def _report(tally: _Tally, span: Span, labels: Sequence[str], sent: int) -> Report:
    runs: list[Run] = [
        run_of(label, one.sendings, one.wrong, one.held) for label, one in zip(labels, tally.policies, strict=True)
    ]
    compared = len(runs) == 2
    sendings = [one.sendings for one in tally.policies]
    reproduced = Reproduced(len(tally.days), tally.verdicts, tally.strayed, tuple(tally.examples), tally.capped)
    return Report(
        from_on=span.from_on,
        to_on=span.to_on,
        days=len(span.business_days()),
        reconstructed_days=tuple(sorted(tally.reconstructed)),
        notes=tuple(_notes(tally)),
        run=runs[0],
        other=runs[1] if compared else None,
        difference=difference_of(sendings[0], sendings[1], tally.changed, tally.changed_count) if compared else None,
        reproduced=reproduced if tally.verdicts or tally.strayed else None,
        sent=sent,
    )


def _notes(tally: _Tally) -> Iterator[str]:
    yield "It is assumed that every message was approved on its day; those that a person looks at first are counted."
    if tally.reconstructed:
        first, last = min(tally.reconstructed), max(tally.reconstructed)
        yield (
            f"{first:%-d %B %Y} to {last:%-d %B %Y} lie before these books were first read. They are reconstructed "
            "from the dates of the records, as if the books had been read afresh every day."
        )
        yield "Of those days it is not known whom you wrote to or called, and what customers said: none of it counts."
    if tally.capped:
        yield f"{tally.capped} verdicts were left for another day by the daily cap; they are not compared."
