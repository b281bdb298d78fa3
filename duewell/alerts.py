"""What owners are told at once by mail: a connection lost, books that differ, a mail server that refuses.

Once for each trouble until it is mended, and one line when it is. What is open stands among the settings with the
instant it was found; each mail has a key made of both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collector.dispatch import key_of
from collector.policy import Channel
from collector.wording.writing import Letter
from duewell.access import Role
from duewell.businesses import living, the_business
from duewell.mailing import Notice, send_once, to_be_sent, was_sent
from duewell.morning_letter import counted
from duewell.people import members
from duewell.wiring import House
from integrations.registry import platform
from storage import actions
from storage.actions import ActionState
from storage.connections import Connected, State
from storage.database import Tx
from storage.differences import DifferenceState, differences
from storage.settings import set_setting, settings, unset_setting

ALERT, MENDED = "alert", "mended"
PREFIX = "alert:"
MAIL = "mail"
LOST = "Please connect again"
SERVER, NO_MAILBOX = "the mail server", "knows no such mailbox"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something an owner has to know now. `id` names what it is about, for as long as it lasts."""

    id: str
    subject: str
    text: str
    path: str
    mended: str


def alerts(house: House, business: str) -> int:
    """Tell the owners of what is new and of what is mended; how many mails went."""
    name = the_business(house, business).name
    found = {one.id: one for one in troubles(house, business)}
    with house.database.read() as tx:
        known = {key.removeprefix(PREFIX): since for key, since in settings(tx, business).items() if _ours(key)}
    sent = 0
    for id, trouble in found.items():
        if (since := known.get(id, "")) == "":
            since = house.clock.now().isoformat()
            _keep(house, business, trouble, since)
        letter = _letter(f"{name}: {trouble.subject}", trouble.text, house, trouble.path)
        sent += _tell(house, business, letter, (id, since))
    for id, since in known.items():
        if id not in found:
            sent += _over(house, business, id, since)
    return sent


def _ours(key: str) -> bool:
    return key.startswith(PREFIX) and not key.startswith(f"{PREFIX}words:")


def _keep(house: House, business: str, trouble: Trouble, since: str) -> None:
    with house.database.write() as tx:
        set_setting(tx, business, f"{PREFIX}{trouble.id}", since)
        set_setting(tx, business, f"{PREFIX}words:{trouble.id}", trouble.mended)


def _over(house: House, business: str, id: str, since: str) -> int:
    """Tell whoever heard of it that it is mended, and forget it once all of them were told.

    Of a company that was disconnected nothing is said: a person did that.
    """
    with house.database.read() as tx:
        words = settings(tx, business).get(f"{PREFIX}words:{id}", "It is mended.")
    letter = _letter(f"{the_business(house, business).name}: {words}", words, house, "/")
    heard = [one for one in _owners(house, business) if was_sent(house, business, _key(ALERT, one[0], (id, since)))]
    owners = heard if id == MAIL or id.partition(":")[2] in {one.id for one in living(house, business)} else []
    sent = sum(send_once(house, business, _notice(MENDED, one, letter, (id, since))) for one in owners)
    if any(to_be_sent(house, business, _key(MENDED, one[0], (id, since))) for one in owners):
        return sent
    with house.database.write() as tx:
        unset_setting(tx, business, f"{PREFIX}{id}")
        unset_setting(tx, business, f"{PREFIX}words:{id}")
    return sent


Owner = tuple[str, str, str]


def _owners(house: House, business: str) -> list[Owner]:
    return [(one.id, one.name, one.email) for one in members(house, business) if one.role is Role.OWNER]


def _tell(house: House, business: str, letter: Letter, about: tuple[str, str]) -> int:
    return sum(send_once(house, business, _notice(ALERT, owner, letter, about)) for owner in _owners(house, business))


def _notice(act: str, owner: Owner, letter: Letter, about: tuple[str, str]) -> Notice:
    id, name, email = owner
    return Notice(act, _key(act, id, about), id, name, email, letter)


def _key(act: str, person: str, about: tuple[str, str]) -> str:
    return key_of(act, person, *about)


def _letter(subject: str, text: str, house: House, path: str) -> Letter:
    return Letter(subject, f"{text}\n\n{house.settings.web.base_url}{path}\n\nDuewell\n", "")


def troubles(house: House, business: str) -> list[Trouble]:
    """Everything an owner has to know now, one for each connection and kind."""
    with house.database.read() as tx:
        found = [one for connected in living(house, business) for one in _of_connection(tx, connected)]
        refused = actions.actions(tx, business, states=(ActionState.PARKED,), act=Channel.MAIL.value)
    return [*found, *_of_mail([one.reason for one in refused])]


def _of_connection(tx: Tx, one: Connected) -> Iterator[Trouble]:
    label = platform(one.platform).label
    if one.state is State.UNHEALTHY and one.trouble.startswith(LOST):
        yield Trouble(
            f"lost:{one.id}",
            f"{label} has to be connected again",
            f"The connection to {one.label} on {label} is lost, so its books are not read any more. What is overdue "
            "there is held until it is connected again; nobody is reminded of anything they may have paid.",
            "/connections",
            f"{one.label} on {label} is connected again.",
        )
    found = [each for each in differences(tx, one.business, connection=one.id) if each.state is DifferenceState.OPEN]
    if found:
        yield Trouble(
            f"differs:{one.id}",
            f"the books differ from {label}",
            f"What is open here and what {label} says of {one.label} are not the same for "
            f"{counted(len(found), 'balance')}. Reminders to these customers are held; the others go on.",
            "/connections",
            f"No difference between {label} and the books of {one.label} is open any more.",
        )


def _of_mail(reasons: list[str]) -> Iterator[Trouble]:
    said = [one for one in reasons if one.startswith(SERVER) and NO_MAILBOX not in one]
    if said:
        yield Trouble(
            MAIL,
            "the mail server refuses our messages",
            f"{counted(len(said), 'message')} to customers could not be sent: {said[0]}. "
            "“duewell send --parked” lists them; look at [mail] in the configuration.",
            "/todos",
            "Messages to customers are sent again.",
        )
