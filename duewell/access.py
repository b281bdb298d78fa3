"""Who may do what: the three roles, and one table that says which of them an act needs at least."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody is at one business; each may do what those before it may."""

    VIEWER = "viewer"
    BOOKKEEPER = "bookkeeper"
    OWNER = "owner"

    def reaches(self, least: "Role") -> bool:
        """Is it this role, or more?"""
        return RANK[self] >= RANK[least]


RANK = {role: rank for rank, role in enumerate(Role)}


class Act(StrEnum):
    """What can be done on the pages of a business."""

    LOOK = "look"
    APPROVE = "approve"
    SEND = "send"
    HOLD = "hold"
    EDIT = "edit"
    ACCEPT = "accept"
    CHARGE = "charge"
    PLANS = "plans"
    RECORD = "record"
    READ = "read"
    WORDING = "wording"
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    POLICY = "policy"
    SETTINGS = "settings"
    EXCEED = "exceed"
    BANK = "bank"
    PEOPLE = "people"


LEAST: Mapping[Act, Role] = {
    Act.LOOK: Role.VIEWER,
    Act.APPROVE: Role.BOOKKEEPER,
    Act.SEND: Role.BOOKKEEPER,
    Act.HOLD: Role.BOOKKEEPER,
    Act.EDIT: Role.BOOKKEEPER,
    Act.ACCEPT: Role.BOOKKEEPER,
    Act.CHARGE: Role.BOOKKEEPER,
    Act.PLANS: Role.BOOKKEEPER,
    Act.RECORD: Role.BOOKKEEPER,
    Act.READ: Role.BOOKKEEPER,
    Act.WORDING: Role.BOOKKEEPER,
    Act.CONNECT: Role.OWNER,
    Act.DISCONNECT: Role.OWNER,
    Act.POLICY: Role.OWNER,
    Act.SETTINGS: Role.OWNER,
    Act.EXCEED: Role.OWNER,
    Act.BANK: Role.OWNER,
    Act.PEOPLE: Role.OWNER,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in: `roles` holds the id of every business they were given, and no other."""

    id: str
    name: str
    email: str
    password_hash: str = field(repr=False)
    roles: Mapping[str, Role] = field(default_factory=dict)

    def may(self, act: Act, business: str) -> bool:
        """May they do this for that business?"""
        role = self.roles.get(business)
        return role is not None and role.reaches(LEAST[act])

    def where(self, act: Act) -> frozenset[str]:
        """The businesses for which they may do this."""
        return frozenset(business for business in self.roles if self.may(act, business))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who has a role at the business that is spoken of."""

    id: str
    name: str
    email: str
    role: Role


def with_article(role: Role) -> str:
    """A viewer, a bookkeeper, an owner."""
    return f"{'an' if role is Role.OWNER else 'a'} {role.value}"


def takes(act: Act) -> str:
    """Who may do it, for people: a bookkeeper or an owner."""
    return " or ".join(with_article(role) for role in Role if role.reaches(LEAST[act]))
