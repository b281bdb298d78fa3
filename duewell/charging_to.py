"""Under which account and tax code something is entered: picked from what the platform itself lists, and remembered by
its own codes. Late charges are posted under them; a credit note for what a settlement gave up is prepared with them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from duewell.businesses import living
from duewell.wiring import House
from integrations.contract import Books, Capability, ChargeChoices, Choice
from integrations.errors import NotThere, Refused
from integrations.registry import platform
from storage.connections import Connected
from storage.database import Tx
from storage.settings import set_setting, setting

POSTED_TO = "charges_posted_to"
LISTED = 12


@dataclass(frozen=True, slots=True)
class Purpose:
    """What is entered: the setting that keeps the choice, the words for it, and what there is to choose from."""

    setting: str
    what: str
    could: str
    choices: Callable[[Books], ChargeChoices]


CHARGES = Purpose(POSTED_TO, "late charges", "posted to", lambda books: books.charge_choices())
CREDITS = Purpose("credit_notes_under", "credit notes", "entered under", lambda books: books.credit_choices())


@dataclass(frozen=True, slots=True)
class PostedTo:
    """Where something of a connection goes: the platform's own codes with their names, as the bookkeeper chose them.

    Nothing was chosen while `tax` is empty; `account` stays empty where a platform keeps none.
    """

    connection: str
    label: str
    platform: str
    account: str = ""
    tax: str = ""
    account_name: str = ""
    tax_name: str = ""

    @property
    def words(self) -> str:
        """270 Interest Income, No VAT."""
        return ", ".join(filter(None, (self.account_name or self.account, self.tax_name or self.tax)))


def posted_to(tx: Tx, business: str, connection: str) -> tuple[str, str]:
    """The account and the tax code that were chosen for a connection; empty before."""
    told = json.loads(setting(tx, business, f"{POSTED_TO}:{connection}", "{}"))
    return str(told.get("account", "")), str(told.get("tax", ""))


def entered_under(tx: Tx, business: str, connection: str) -> tuple[str, str]:
    """The names of the account and the tax code that credit notes are entered under; empty before they were chosen."""
    told = json.loads(setting(tx, business, f"{CREDITS.setting}:{connection}", "{}"))
    return str(told.get("account_name", "")), str(told.get("tax_name", ""))


def every_posted_to(house: House, tx: Tx, business: str, purpose: Purpose = CHARGES) -> tuple[PostedTo, ...]:
    """Every connection that takes late charges, or of which credit notes are prepared."""
    return tuple(_posted_to(tx, business, one, purpose) for one in _able(house, business))


def _able(house: House, business: str) -> list[Connected]:
    return [one for one in living(house, business) if Capability.POST_CHARGE in platform(one.platform).capabilities]


def _posted_to(tx: Tx, business: str, one: Connected, purpose: Purpose) -> PostedTo:
    told = json.loads(setting(tx, business, f"{purpose.setting}:{one.id}", "{}"))
    known = (str(told.get(name, "")) for name in ("account", "tax", "account_name", "tax_name"))
    return PostedTo(one.id, one.label, platform(one.platform).label, *known)


def charge_choices(
    house: House, business: str, connection: str, purpose: Purpose = CHARGES
) -> tuple[PostedTo, ChargeChoices]:
    """What was chosen, and what the platform lists at this moment. Raises NotThere, or as a read does."""
    connected = next((one for one in _able(house, business) if one.id == connection), None)
    if connected is None:
        raise NotThere(f"{purpose.what} cannot be {purpose.could} this connection")
    with house.source(connected) as source:
        choices = purpose.choices(source.books)
    with house.database.read() as tx:
        return _posted_to(tx, business, connected, purpose), choices


def set_posted_to(
    house: House, business: str, connection: str, typed: tuple[str, str], *, by: str, purpose: Purpose = CHARGES
) -> PostedTo:
    """Choose the account and the tax code, by code or by name. Raises Refused naming what there is, or NotThere."""
    to, choices = charge_choices(house, business, connection, purpose)
    account = _account(choices, typed[0].strip(), to.platform, purpose)
    tax = picked(choices.taxes, typed[1].strip(), "tax code", to.platform, purpose=purpose)
    kept = {
        "account": account.code,
        "tax": tax.code,
        "account_name": account.name,
        "tax_name": tax.name,
        "by": by,
    }
    with house.database.write() as tx:
        set_setting(tx, business, f"{purpose.setting}:{connection}", json.dumps(kept, ensure_ascii=False))
    return PostedTo(to.connection, to.label, to.platform, account.code, tax.code, account.name, tax.name)


def _account(choices: ChargeChoices, typed: str, label: str, purpose: Purpose) -> Choice:
    if choices.account_word:
        return picked(choices.accounts, typed, choices.account_word, label, purpose=purpose)
    if typed:
        raise Refused(f"{label} keeps no accounts that {purpose.what} could be {purpose.could}; leave the account out.")
    return Choice("", "")


def picked(among: Sequence[Choice], typed: str, word: str, label: str, *, purpose: Purpose = CHARGES) -> Choice:
    """The one with this code or name. Raises Refused naming the nearest, or what there is."""
    if not among:
        raise Refused(f"{label} has no {word} that {purpose.what} could be {purpose.could}; make one there first.")
    wanted = typed.casefold()
    found = [one for one in among if one.code == typed] or [
        one for one in among if wanted in (one.code.casefold(), one.name.casefold())
    ]
    if len(found) == 1:
        return found[0]
    raise Refused(_none_of(among, typed, word, label, purpose=purpose))


def _none_of(among: Sequence[Choice], typed: str, word: str, label: str, *, purpose: Purpose) -> str:
    """What is wrong, and what is nearest, or else what there is."""
    named = {text.casefold(): one for one in among for text in (one.name, one.code)}
    near = dict.fromkeys(named[text] for text in get_close_matches(typed.casefold(), named, n=3, cutoff=0.6))
    shown, more = (list(near), False) if near else (list(among[:LISTED]), len(among) > LISTED)
    listed = ", ".join(f"{one.name} ({one.code})" for one in shown) + (" and more" if more else "")
    if not typed:
        return f"Choose the {word} in {label} that {purpose.what} are {purpose.could}; there are: {listed}."
    said = "nearest are" if near else "there are"
    return f"{label} lists no {word} {typed[:40]!r} that {purpose.what} can be {purpose.could}; {said}: {listed}."
