"""Layers: base, business and customer put over each other, and the policy that comes of them for one customer. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from itertools import combinations

from collector.calendar import country_of
from collector.paying.limits import Limits
from collector.policy import After, Channel, Policy, Segment, Step
from receivables.case import Case
from receivables.money import Money
from receivables.records import CustomerKind
from receivables.said import Saying

SEGMENTS_MAX = 4
Given = Mapping[str, object]
OF_EARLIER = frozenset({"second_reminder", "last_reminder"})
"""Letters that speak of earlier messages: a step with one of them is never the first, whether it says so or not."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one document says, as far as it says anything.

    `manners` holds fields of `Policy`, `plans` fields of its `Limits`. Each of `steps` holds fields of `Step`, at least
    the name, and perhaps `off`, which leaves the step out.
    """

    manners: Given = field(default_factory=dict)
    steps: tuple[Given, ...] = ()
    segments: tuple[Segment, ...] = ()
    plans: Given = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.manners or self.steps or self.segments or self.plans)

    @property
    def named(self) -> dict[str, Given]:
        """The steps it speaks of, by name."""
        return {str(step["name"]): step for step in self.steps}

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of the steps that are off."""
        return tuple(name for name, step in self.named.items() if step.get("off"))


@dataclass(frozen=True, slots=True)
class Numbered:
    """A layer and the number of its version."""

    layer: Layer
    version: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What segments look at in a customer: owed per currency, days of the oldest lateness, and who it is."""

    owed: tuple[Money, ...] = ()
    late_days: int = 0
    country: str = ""
    kind: CustomerKind = CustomerKind.UNKNOWN
    tags: tuple[str, ...] = ()


MANNERS = tuple(one.name for one in fields(Policy) if one.name not in ("steps", "segments", "version", "plans"))
PLANS = tuple(one.name for one in fields(Limits))
STEP_FIELDS = tuple(one.name for one in fields(Step))


def whole(policy: Policy) -> Layer:
    """The layer that says everything of a policy."""
    manners = {name: getattr(policy, name) for name in MANNERS}
    steps = tuple({name: getattr(step, name) for name in STEP_FIELDS} for step in policy.steps)
    return Layer(manners, steps, policy.segments, {name: getattr(policy.plans, name) for name in PLANS})


def changes_of(segment: Segment) -> Layer:
    """What differs for a segment, as a layer."""
    told = segment.changes or {}
    manners, steps, plans = told.get("manners", {}), told.get("steps", ()), told.get("plans", {})
    assert isinstance(manners, Mapping), "made by Layer"
    assert isinstance(steps, tuple), "made by Layer"
    assert isinstance(plans, Mapping), "made by Layer"
    return Layer(manners, steps, plans=plans)


def merge(below: Layer, above: Layer) -> Layer:
    """`above` over `below`: settings key by key, steps and segments by name; a step keeps what is not said anew."""
    steps = dict(below.named)
    for name, step in above.named.items():
        steps[name] = {**steps.get(name, {}), **step}
    segments = {one.name: one for one in (*below.segments, *above.segments)}
    manners, plans = {**below.manners, **above.manners}, {**below.plans, **above.plans}
    return Layer(manners, tuple(steps.values()), tuple(segments.values()), plans)


def build(layer: Layer, version: str = "base") -> Policy:
    """The policy a whole layer makes. Raises ValueError with a sentence for one that makes none."""
    plans = Limits(**layer.plans)  # type: ignore[arg-type]
    steps, segments = steps_of(layer), layer.segments
    return Policy(steps, plans=plans, segments=segments, version=version, **layer.manners)  # type: ignore[arg-type]


def steps_of(layer: Layer) -> tuple[Step, ...]:
    """Its steps that are not off: those from the due date by their days, then those from the previous contact."""
    made = [_step(step) for step in layer.steps if not step.get("off")]
    counted = sorted((step for step in made if step.after is After.DUE), key=lambda step: step.days)
    return (*counted, *(step for step in made if step.after is not After.DUE))


def _step(given: Given) -> Step:
    told = {name: value for name, value in given.items() if name != "off"}
    if given.get("channel") is Channel.PLATFORM and "letter" not in given:
        told["letter"] = _beside(given)
    if told.get("letter") in OF_EARLIER:
        told.setdefault("again", True)
    return Step(**told)  # type: ignore[arg-type]


def _beside(given: Given) -> str:
    """The platform repeats one invoice in its own words; when several go together, these go in ours."""
    if given.get("again"):
        return "second_reminder"
    days = given.get("days", 0)
    return "before_due" if isinstance(days, int) and days < 0 else "first_reminder"


def matches(segment: Segment, profile: Profile) -> bool:
    """Does the customer belong to the segment? Every condition that is given must hold."""
    if segment.older_than_days is not None and profile.late_days <= segment.older_than_days:
        return False
    if segment.countries and profile.country not in segment.countries:
        return False
    if segment.kinds and profile.kind not in segment.kinds:
        return False
    if segment.tags and not _folded(segment.tags) & _folded(profile.tags):
        return False
    return _owes_so_much(segment, profile)


def _looks_at_everything(segment: Segment) -> bool:
    bounds = (segment.balance_from, segment.balance_below, segment.older_than_days)
    return any(bound is not None for bound in bounds)


def _owes_so_much(segment: Segment, profile: Profile) -> bool:
    low, high = segment.balance_from, segment.balance_below
    if low is None and high is None:
        return True
    amounts = (money.amount for money in profile.owed)
    return any((low is None or amount >= low) and (high is None or amount < high) for amount in amounts)


def _folded(tags: Iterable[str]) -> set[str]:
    return {tag.casefold() for tag in tags}


def profile_of(case: Case, on: date, now: datetime) -> Profile:
    """What segments look at in a case on the customer's day `on`, with the kind a person has confirmed by `now`."""
    due = [one.due_on for one in case.invoices if one.owing and one.due_on is not None]
    said = [one for one in case.said if one.kind is Saying.KIND and one.reason and one.holds(on, now)]
    return Profile(
        owed=tuple(case.owed().values()),
        late_days=max(((on - day).days for day in due), default=0),
        country=country_of(case),
        kind=CustomerKind.of(said[-1].reason) if said else case.head.kind,
        tags=case.head.tags,
    )


class Layers:
    """Every layer of a business as of one instant: which policy holds for whom.

    The order is base, business, the segments that match (in the order of the file, a later one over an earlier), and
    the customer's own layer over all. Made once for a plan; each different policy is put together once.
    """

    def __init__(
        self, base: Layer, business: Numbered | None = None, customers: Mapping[str, Numbered] | None = None
    ) -> None:
        over = business.layer if business else Layer()
        self.layer = merge(base, over)
        self.version = f"v{business.version}" if business else "base"
        self.customers = {name: one for name, one in (customers or {}).items() if one.layer}
        self.policy = build(self.layer, self.version)
        self._made: dict[tuple[str, tuple[str, ...]], Policy] = {}

    def of(self, case: Case, on: date, now: datetime) -> Policy:
        """The policy for the customer of a case, on the customer's day `on`."""
        own = next((name for name in (case.debtor, *case.known_as) if name in self.customers), "")
        if not self.layer.segments and not own:
            return self.policy
        return self.policy_for(own, profile_of(case, on, now))

    def policy_for(self, debtor: str, profile: Profile = Profile()) -> Policy:
        """The same for a debtor who looks as told."""
        own = debtor if debtor in self.customers else ""
        chosen = tuple(one.name for one in self.layer.segments if matches(one, profile))
        if (own, chosen) not in self._made:
            self._made[own, chosen] = self._put_together(own, chosen)
        return self._made[own, chosen]

    def possible(self) -> tuple[Policy, ...] | None:
        """Every policy that may hold for anybody, for a query that narrows what to decide.

        None when a segment looks at all that a customer owes, or when there are too many: then nothing is narrowed.
        """
        segments = self.layer.segments
        if len(segments) > SEGMENTS_MAX or any(map(_looks_at_everything, segments)):
            return None
        names = [one.name for one in segments]
        chosen = [some for count in range(len(names) + 1) for some in combinations(names, count)]
        return tuple(dict.fromkeys(self._put_together(own, some) for own in ("", *self.customers) for some in chosen))

    def _put_together(self, debtor: str, chosen: tuple[str, ...]) -> Policy:
        """What makes no policy together with the rest is left out: each was checked when it was saved, but not with
        every other, and one customer must not stop the whole plan."""
        version = f"{self.version}+c{self.customers[debtor].version}" if debtor else self.version
        layer = self.layer
        above = [changes_of(one) for one in self.layer.segments if one.name in chosen]
        for one in [*above, *([self.customers[debtor].layer] if debtor else [])]:
            layer = merge(layer, one) if makes_policy(merge(layer, one)) else layer
        return replace(build(layer, version), segments=())


def makes_policy(layer: Layer) -> bool:
    """Would it build?"""
    try:
        build(layer)
    except (ValueError, TypeError):
        return False
    return True
