"""Names for our own rows: short, random, fit for an address."""

import secrets


def new_id() -> str:
    """Sixteen hexadecimal digits that nobody guesses and no two rows share."""
    return secrets.token_hex(8)
