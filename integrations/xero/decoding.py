"""Raw replies into payloads: the whole reply at once, and record by record only when one of them is odd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from integrations.xero.payloads import Paging, Unreadable
from receivables.page import Odd

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Decoded(Generic[P]):
    """A reply's records, the ones that could not even be decoded, its paging and the server's own time as sent."""

    payloads: Sequence[P]
    odd: Sequence[Odd] = ()
    paging: Paging | None = None
    told_at: str = ""

    def __len__(self) -> int:
        return len(self.payloads) + len(self.odd)


def decode(body: bytes, name: str, type_: type[P], odd: Callable[[str, str], Odd]) -> Decoded[P]:
    """The list `name` of a reply, record by record only when the whole is not as expected.

    Raises Unreadable when the body is no Xero reply at all (HTML of a maintenance page, half a body).
    """
    try:
        reply = _decoder(name, type_).decode(body)  # type: ignore[arg-type] # a class is hashable
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _one_by_one(_parts(body, name), name, type_, odd)
    return Decoded(reply.records, (), reply.pagination, reply.DateTimeUTC or "")


@cache
def _decoder(name: str, type_: type[Any]) -> "msgspec.json.Decoder[Any]":
    """Made once for each of the few lists there are."""
    reply = msgspec.defstruct(
        f"{name}Reply",
        [
            ("records", list[type_], msgspec.field(name=name)),  # type: ignore[valid-type]
            ("DateTimeUTC", str | None, None),
            ("pagination", Paging | None, None),
        ],
    )
    return msgspec.json.Decoder(reply)


def _parts(body: bytes, name: str) -> dict[str, msgspec.Raw]:
    try:
        raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("the reply is not Xero's JSON") from None
    if name not in raw:
        raise Unreadable(f"the reply has no {name}")
    return raw


def _one_by_one(raw: dict[str, msgspec.Raw], name: str, type_: type[P], odd: Callable[[str, str], Odd]) -> Decoded[P]:
    parts = _part(raw, name, list[msgspec.Raw])
    if parts is None:
        raise Unreadable(f"{name} is not a list")
    good: list[P] = []
    strange: list[Odd] = []
    for part in parts:
        try:
            good.append(msgspec.json.decode(part, type=type_))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            strange.append(odd(_id_in(part, name), _where(error)))
    return Decoded(good, strange, _part(raw, "pagination", Paging), _part(raw, "DateTimeUTC", str) or "")


def _part(raw: dict[str, msgspec.Raw], name: str, type_: type[P]) -> P | None:
    """One field of a reply, if it is there and can be read."""
    try:
        return msgspec.json.decode(raw[name], type=type_)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _id_in(part: msgspec.Raw, name: str) -> str:
    """The odd record's own id, when at least that can be read."""
    try:
        fields = msgspec.json.decode(part, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _part(fields, f"{name[:-1]}ID", str) or ""


def _where(error: Exception) -> str:
    """msgspec says expected and got types and the path; it quotes no value."""
    return f"it is not as documented: {error}" if isinstance(error, msgspec.ValidationError) else "it is not JSON"
