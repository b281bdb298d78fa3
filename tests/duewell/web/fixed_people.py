"""The people of the fixed office: one owner, Robin, and whoever a test seats beside or instead of them."""

from dataclasses import dataclass, field, replace

from argon2 import PasswordHasher

from duewell.access import Member, Person, Role
from duewell.web.office import Business
from integrations.errors import NotThere, Refused

PASSWORD = "a quiet morning by the well"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = HASHER.hash(PASSWORD)
ROBIN = Person("p-1", "Robin Lee", "robin@juniper.example", HASH)


@dataclass
class FixedPeople:
    """`role` is Robin's everywhere, but for the businesses in `not_given`; `others` are the other logins."""

    password_hash: str | None = HASH
    role: Role = Role.OWNER
    others: tuple[Person, ...] = ()
    known: tuple[Business, ...] = (Business("b-1", "Juniper Group", "US", "America/New_York"),)
    not_given: tuple[str, ...] = ()
    asked: list[tuple[object, ...]] = field(default_factory=list)
    error: Exception | None = None

    def _everybody(self) -> tuple[Person, ...]:
        if self.password_hash is None:
            return self.others
        roles = {one.id: self.role for one in self.known if one.id not in self.not_given}
        return (replace(ROBIN, password_hash=self.password_hash, roles=roles), *self.others)

    def who_is(self, person: str) -> Person | None:
        return next((one for one in self._everybody() if one.id == person), None)

    def who_signs_in(self, email: str) -> Person | None:
        wanted = ROBIN.email if email == "owner" else email.strip().casefold()
        return next((one for one in self._everybody() if one.email == wanted), None)

    def anybody(self) -> bool:
        return bool(self._everybody())

    def people(self, business: str) -> tuple[Member, ...]:
        here = (one for one in self._everybody() if business in one.roles)
        return tuple(Member(one.id, one.name, one.email, one.roles[business]) for one in here)

    def add_person(self, business: str, email: str, *, name: str, role: str, password: str) -> bool:
        if not name:
            raise Refused("a name of 1 to 100 characters is needed: it stands beside everything they do")
        self._do("add_person", business, email, name, role)
        return True

    def give_role(self, business: str, person: str, role: str) -> None:
        self._do("give_role", business, person, role)

    def take_role(self, business: str, person: str) -> bool:
        self._do("take_role", business, person)
        if all(one.id != person for one in self._everybody()):
            raise NotThere("There is no such person at this business.")
        return True

    def change_password(self, person: str, password: str) -> None:
        if len(password) < 12:
            raise Refused("the password needs at least 12 characters")
        self._do("change_password", person)
        self.password_hash = HASHER.hash(password)

    def _do(self, *what: object) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error
