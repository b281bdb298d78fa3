"""What the pages need to know about people: who signs in, and what they are at a business."""

from typing import Protocol

from duewell.access import Member, Person


class PeopleOffice(Protocol):
    """The part of the Office that speaks of people. Each call looks afresh, so that a taken role is gone at once."""

    def who_is(self, person: str) -> Person | None:
        """Somebody by id, with every role; None for who has left."""
        ...

    def who_signs_in(self, email: str) -> Person | None:
        """Somebody by e-mail address, in whatever case; None for a stranger and for who has left."""
        ...

    def anybody(self) -> bool:
        """Is there a login at all? Not before `duewell init`."""
        ...

    def people(self, business: str) -> tuple[Member, ...]:
        """Who has a role at this business, by name."""
        ...

    def add_person(self, business: str, email: str, *, name: str, role: str, password: str) -> bool:
        """Give somebody a role here; True when a login was made, False when they had one and keep their password."""
        ...

    def give_role(self, business: str, person: str, role: str) -> None:
        """Another role for somebody who has one here. Raises NotThere, or Refused for the last owner."""
        ...

    def take_role(self, business: str, person: str) -> bool:
        """No longer a role here; True when they can no longer sign in. Raises NotThere, or Refused."""
        ...

    def change_password(self, person: str, password: str) -> None:
        """Another password; every session under the old one ends. Raises Refused for one that is too short."""
        ...
