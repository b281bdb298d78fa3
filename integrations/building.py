"""Readies the structs that replies are decoded into, before threads decode.

msgspec builds what it knows of a struct when it is decoded for the first time. Where two threads are the first at once,
one reads what the other has only begun: it crashes the process (msgspec 0.22), or refuses a good reply.
"""

from collections.abc import Iterator
from threading import Lock

import msgspec

_ONE_AT_A_TIME = Lock()


def build_structs() -> None:
    """All that are imported by now; a few milliseconds. Of a generic one each alias needs a decoder of its own."""
    with _ONE_AT_A_TIME:
        for one in _below(msgspec.Struct):
            msgspec.json.Decoder(one)


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for one in struct.__subclasses__():
        yield one
        yield from _below(one)
