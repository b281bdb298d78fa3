"""The token in every form of a payer's page: bound to the link, made without a cookie, good for a while. Pure."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

GOOD_FOR = timedelta(hours=12)
OPEN_FOR = timedelta(hours=1)
"""After a second fact was told, forms hold so long; a page that was left open closes by itself."""

Mark = Callable[[str], str]
"""A keyed digest of a text, of one link."""


def proof(mark: Mark, now: datetime, *, told: bool) -> str:
    """What the forms of a page carry that is made now; `told` says that the second fact was told."""
    words = f"{int(now.timestamp())}.{int(told)}"
    return f"{words}.{mark(words)}"


def proven(mark: Mark, shown: str, now: datetime) -> tuple[bool, bool]:
    """Was it ours and not too old, and had the second fact been told?"""
    words, _, seal = shown[:200].rpartition(".")
    if not words or not hmac.compare_digest(mark(words).encode(), seal.encode(errors="replace")):
        return False, False
    at, _, told = words.partition(".")
    age = now - datetime.fromtimestamp(int(at), UTC)
    return timedelta(0) <= age + timedelta(minutes=1) and age <= (OPEN_FOR if told == "1" else GOOD_FOR), told == "1"
