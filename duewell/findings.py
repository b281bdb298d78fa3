"""One point of an examination."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One point: fine, a note, or wrong, with what to do."""

    what: str
    level: str
    said: str
