"""Raw replies into payloads: the whole list at once, and record by record only when one of them is odd."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from integrations.xero.payloads import Paging, Unreadable
from receivables.page import Odd

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Decoded(Generic[P]):
    """A reply's records, the ones that could not even be decoded, and its paging and server time."""

    payloads: tuple[P, ...]
    odd: tuple[Odd, ...]
    raw: dict[str, msgspec.Raw]

    def paging(self) -> Paging | None:
        """The pagination object, if the reply has a readable one."""
        try:
            return msgspec.json.decode(self.raw["pagination"], type=Paging)
        except (KeyError, msgspec.DecodeError):
            return None

    def told_at(self) -> str:
        """The server's own time, as sent."""
        try:
            return msgspec.json.decode(self.raw["DateTimeUTC"], type=str)
        except (KeyError, msgspec.DecodeError):
            return ""

    def __len__(self) -> int:
        return len(self.payloads) + len(self.odd)


def decode(body: bytes, name: str, type_: type[P], odd: Callable[[str, str], Odd]) -> Decoded[P]:
    """The list `name` of a reply, record by record only when the whole is not as expected.

    Raises Unreadable when the body is no Xero reply at all (HTML of a maintenance page, half a body).
    """
    try:
        raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("the reply is not Xero's JSON") from None
    if name not in raw:
        raise Unreadable(f"the reply has no {name}")
    try:
        return Decoded(tuple(msgspec.json.decode(raw[name], type=list[type_])), (), raw)  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _one_by_one(raw, name, type_, odd)


def _one_by_one(raw: dict[str, msgspec.Raw], name: str, type_: type[P], odd: Callable[[str, str], Odd]) -> Decoded[P]:
    try:
        parts = msgspec.json.decode(raw[name], type=list[msgspec.Raw])
    except msgspec.DecodeError:
        raise Unreadable(f"{name} is not a list") from None
    good: list[P] = []
    strange: list[Odd] = []
    for part in parts:
        try:
            good.append(msgspec.json.decode(part, type=type_))
        except msgspec.DecodeError as error:
            strange.append(odd(_id_in(part, name), _where(error)))
    return Decoded(tuple(good), tuple(strange), raw)


def _id_in(part: msgspec.Raw, name: str) -> str:
    """The odd record's own id, when at least that can be read."""
    try:
        fields = msgspec.json.decode(part, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(fields[f"{name[:-1]}ID"], type=str)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _where(error: msgspec.DecodeError) -> str:
    """msgspec says expected and got types and the path; it quotes no value."""
    return f"it is not as documented: {error}" if isinstance(error, msgspec.ValidationError) else "it is not JSON"
