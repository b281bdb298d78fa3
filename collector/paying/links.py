"""A payer's link: derived from its id and generation, so that the same one can stand in every reminder. Pure.

Nothing that opens a link is stored: only the hash of its token, by which it is looked up. Raising the generation
revokes it. The key that derives it has an id, so that keys can be replaced while old links still work.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

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


def well_formed(shown: str) -> bool:
    """Could it be a token at all? Never asked before looking it up: every answer takes the same path."""
    try:
        raw = urlsafe_b64decode(shown + "=")
    except (Error, ValueError):
        return False
    return len(raw) == TOKEN_BYTES and hmac.compare_digest(urlsafe_b64encode(raw).rstrip(b"=").decode(), shown)
