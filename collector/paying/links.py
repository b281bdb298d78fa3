"""A payer's link: derived from its id and generation, so that the same one can stand in every reminder. Pure.

Nothing that opens a link is stored: only the hash of its token, by which it is looked up. Raising the generation
revokes it. The key that derives it has an id, so that keys can be replaced while old links still work.
"""

import hashlib
from base64 import urlsafe_b64encode

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
PERSON = b"duewell-link"


def token(key: bytes, link: str, generation: int) -> str:
    """The link's token: 43 characters that are safe in a URL. `key` has 32 bytes of randomness."""
    mac = hashlib.blake2b(f"{link}\n{generation}".encode(), key=key, digest_size=TOKEN_BYTES, person=PERSON)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def digest(shown: str) -> str:
    """What a token is looked up by, for whatever somebody typed; malformed ones have one too, which nothing has."""
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()
