"""Links: the same one again and again, another after it was revoked, and nothing but itself is accepted."""

from hypothesis import given
from hypothesis import strategies as st

from collector.paying.links import TOKEN_LENGTH, digest, token

KEY = bytes(range(32))


def test_the_same_link_can_stand_in_the_next_reminder_and_a_raised_generation_is_another() -> None:
    assert token(KEY, "link-1", 1) == token(KEY, "link-1", 1)
    different = {
        token(KEY, "link-1", 1),
        token(KEY, "link-1", 2),
        token(KEY, "link-11", 1),
        token(b"x" * 32, "link-1", 1),
    }
    assert len(different) == 4
    assert {len(one) for one in different} == {TOKEN_LENGTH}


@given(st.text(max_size=60))
def test_whatever_is_typed_has_a_digest_and_never_that_of_a_link(shown: str) -> None:
    real = token(KEY, "link-1", 1)

    assert len(digest(shown)) == 64
    assert (digest(shown) == digest(real)) == (shown == real)
