"""The desk's answers about people: who they are, and what they are at a business."""

from duewell import people
from duewell.access import Member, Person
from duewell.wiring import House
from integrations.errors import NotThere


class PeopleDesk:
    """The part of the Office that `duewell/web/office_people.py` asks for."""

    _house: House

    def who_is(self, person: str) -> Person | None:
        """By id."""
        return people.who_is(self._house, person)

    def who_signs_in(self, email: str) -> Person | None:
        """By e-mail address."""
        return people.who_signs_in(self._house, email)

    def anybody(self) -> bool:
        """Is there a login at all?"""
        return people.anybody(self._house)

    def people(self, business: str) -> tuple[Member, ...]:
        """Who has a role at this business."""
        return people.members(self._house, business)

    def add_person(self, business: str, email: str, *, name: str, role: str, password: str) -> bool:
        """Somebody new at this business; True when a login was made for them."""
        wanted = people.checked_role(role)
        return people.add(self._house, business, email, name=name, role=wanted, password=password)

    def give_role(self, business: str, person: str, role: str) -> None:
        """Another role for somebody who has one here."""
        self._member(business, person)
        people.give(self._house, business, person, people.checked_role(role))

    def take_role(self, business: str, person: str) -> bool:
        """No longer a role here; True when they can no longer sign in."""
        self._member(business, person)
        return people.take(self._house, business, person)

    def change_password(self, person: str, password: str) -> None:
        """Another password."""
        people.change_password(self._house, person, password)

    def _member(self, business: str, person: str) -> None:
        """Whoever is no member of this business is not there, whatever they are elsewhere."""
        if all(one.id != person for one in people.members(self._house, business)):
            raise NotThere("There is no such person at this business.")
