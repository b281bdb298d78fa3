"""Which policy holds: the base from the configuration, what a business changed in it, what differs for a customer."""

from collections.abc import Mapping
from datetime import datetime, time

from collector.calendar import zone_of
from collector.narrowing import windows
from collector.plan import Ruling
from collector.policies.fields import ANY
from collector.policies.file import Weight, read, write
from collector.policies.layers import Layer, Layers, Numbered, whole
from collector.policy import DEFAULT, Channel, Policy, Step, Tone
from duewell.config import BadSetting, Settings
from integrations.errors import Refused
from storage.database import Database
from storage.due import Narrow
from storage.policies import BUSINESS, SHIPPED, KeptPolicy, add_policy, policies_in_force

BASE_NOTE = "What the configuration said from then on."


def ruling_of(database: Database, settings: Settings, business: str, now: datetime) -> Ruling:
    """The policy of every customer of the business as of now. Raises Refused when the layers make none."""
    keep_base(database, settings, business, now)
    return ruling(layers_of(database, settings, business), now)


def windows_of(database: Database, settings: Settings, business: str, now: datetime) -> tuple[Narrow, ...] | None:
    """What may have a step under any policy of the business; None when everything must be looked at."""
    possible = layers_of(database, settings, business).possible()
    return None if possible is None else windows(possible, now)


def ruling(layers: Layers, now: datetime) -> Ruling:
    """The same from layers that are at hand, at an instant."""
    return lambda case: layers.of(case, now.astimezone(zone_of(case)).date(), now)


def layers_of(database: Database, settings: Settings, business: str, *, as_of: datetime | None = None) -> Layers:
    """All layers that were in force at an instant, or are. Raises Refused when they make no policy together."""
    with database.read() as tx:
        kept = policies_in_force(tx, business, as_of=as_of)
    base = base_layer(settings)
    if as_of is not None and SHIPPED in kept:
        base = layer_in(kept[SHIPPED])
    return together(base, kept)


def together(base: Layer, kept: Mapping[str, KeptPolicy]) -> Layers:
    """The layers of what is kept, by scope, over a base. Raises Refused."""
    own = kept.get(BUSINESS)
    customers = {one.debtor: Numbered(layer_in(one), one.version) for one in kept.values() if one.debtor}
    try:
        return Layers(base, Numbered(layer_in(own), own.version) if own else None, customers)
    except (ValueError, TypeError) as error:
        version = f"version {own.version} of the policy" if own else "the policy"
        raise Refused(
            f"{version} no longer fits the [manners] and [[steps]] of the configuration ({error}); mend them there, or "
            "give the business another policy with duewell policy import"
        ) from None


def base_layer(settings: Settings) -> Layer:
    """What is shipped, with what the configuration says instead."""
    return whole(policy_of(settings))


def policy_of(settings: Settings) -> Policy:
    """The policy as the settings say. Raises BadSetting for one that makes no sense."""
    from collector.wording.writing import known_letters

    manners, steps = settings.manners, DEFAULT.steps
    if settings.steps:
        steps = tuple(
            Step(one.name, one.days, one.letter, Channel(one.channel), again=one.again, tone=Tone[one.tone.upper()])
            for one in settings.steps
        )
    if strangers := {step.letter for step in steps} - known_letters():
        raise BadSetting(f"steps name a letter that is not there: {', '.join(sorted(strangers))}")
    opens_at, closes_at = time.fromisoformat(manners.opens_at), time.fromisoformat(manners.closes_at)
    try:
        return Policy(steps, manners.gap_days, manners.minimum, opens_at, closes_at)
    except ValueError as error:
        raise BadSetting(f"the settings [[steps]] and [manners] make no policy: {error}") from None


def keep_base(database: Database, settings: Settings, business: str, now: datetime) -> None:
    """The configuration can change at any time: what it said is kept, so that a past day can be judged as it was."""
    text = write(base_layer(settings), exactly=True)
    with database.read() as tx:
        last = policies_in_force(tx, business).get(SHIPPED)
    if last is None or last.document != text:
        number = last.version + 1 if last else 1
        with database.write() as tx:
            add_policy(tx, business, KeptPolicy(SHIPPED, number, text, BASE_NOTE, "the configuration", now))


def layer_in(kept: KeptPolicy) -> Layer:
    """What a stored version says. Raises Refused for one that cannot be read any more."""
    reading = read(kept.document, ANY)
    for found in reading.findings:
        if found.weight is Weight.MISTAKE:
            which = f"the policy of the customer {kept.debtor}" if kept.debtor else "the policy"
            raise Refused(f"version {kept.version} of {which} can no longer be read: {found}")
    return reading.layer
