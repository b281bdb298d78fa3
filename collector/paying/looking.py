"""When what is open at the till is looked at again: often while it is young, later every hour; news come sooner."""

from datetime import datetime, timedelta

BEGUN_WITHIN = timedelta(minutes=10)
"""What was asked for and of which nothing is known may still be being made for so long."""
AT_FIRST, THEN, LATER = timedelta(minutes=15), timedelta(minutes=2), timedelta(hours=1)


def due_again(made_at: datetime, looked_at: datetime | None, now: datetime, *, hurry: bool = True) -> bool:
    """Is it time? Every two minutes of the first quarter of an hour, if there is `hurry`; else every hour."""
    young = hurry and now - made_at < AT_FIRST
    return looked_at is None or now - looked_at >= (THEN if young else LATER)
