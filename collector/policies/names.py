"""Names of steps are permanent: tells when one that was used goes, is given away, or comes to mean something else."""

from collections.abc import Mapping

from collector.policies.fields import Used
from collector.policies.file import Reading, Weight
from collector.policies.layers import Layer, steps_of
from collector.policy import Channel, Step


def check_names(reading: Reading, merged: Layer, used: Mapping[str, Used]) -> None:
    """Warn of steps that were done for invoices and are gone or changed. `merged` is the file over what is below."""
    now = {step.name: step for step in steps_of(merged)}
    fresh = [step for name, step in now.items() if name not in used]
    for name, one in used.items():
        if one.invoices and name not in now and name not in merged.left_out:
            _gone(reading, name, one, fresh)
        elif one.invoices and name in now and one.step is not None:
            _changed(reading, one, now[name])
    for name in merged.left_out:
        if name in used and used[name].invoices and name in reading.layer.left_out:
            _gone(reading, name, used[name], fresh)


def _gone(reading: Reading, name: str, used: Used, fresh: list[Step]) -> None:
    heir = next((step for step in fresh if used.step and _alike(step, used.step)), None)
    if heir is not None:
        said = f"“{name}” looks as if it were renamed to “{heir.name}”, but was done for {_invoices(used.invoices)}."
        remedy = f"Keep the name “{name}”: under a new one they would get the same message again."
        path = reading.names.get(("steps",), {}).get(heir.name, ())
        reading.add((*path, "name"), said, remedy, Weight.WARNING)
        return
    said = f"“{name}” was done for {_invoices(used.invoices)} and is no longer in the policy."
    remedy = "They go on at the first step that is left; never give this name to another step."
    reading.add(reading.names.get(("steps",), {}).get(name, ()), said, remedy, Weight.WARNING)


def _changed(reading: Reading, used: Used, now: Step) -> None:
    assert used.step is not None, "asked before"
    names = ("channel", "letter", "after") if now.channel is not Channel.PLATFORM else ("channel", "after")
    differing = [name for name in names if getattr(used.step, name) != getattr(now, name)]
    if (used.step.days < 0) != (now.days < 0):
        differing.append("days")
    if not differing or now.name not in reading.names.get(("steps",), {}):
        return
    said = (
        f"“{now.name}” was done for {_invoices(used.invoices)} and now means something else ({', '.join(differing)})."
    )
    remedy = "Those invoices count as having had it; if that is wrong, give the new step a new name."
    path = reading.names[("steps",)][now.name]
    key = next((key for key in differing if (*path, key) in reading.places), "name")
    reading.add((*path, key), said, remedy, Weight.WARNING)


def _alike(one: Step, other: Step) -> bool:
    return (one.days, one.after) == (other.days, other.after) or (one.letter, one.channel) == (
        other.letter,
        other.channel,
    )


def _invoices(count: int) -> str:
    return f"{count:,} invoice{'' if count == 1 else 's'}"
