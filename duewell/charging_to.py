"""Where late charges are posted to: picked from what the platform itself lists, remembered by its own codes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from duewell.running import living
from duewell.wiring import House
from integrations.contract import Capability, ChargeChoices, Choice
from integrations.errors import NotThere, Refused
from integrations.registry import platform
from storage.connections import Connected
from storage.database import Tx
from storage.settings import set_setting, setting

POSTED_TO = "charges_posted_to"
LISTED = 12


@dataclass(frozen=True, slots=True)
class PostedTo:
    """Where a connection's late charges go: the platform's own codes with their names, as the bookkeeper chose them.

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


def every_posted_to(house: House, tx: Tx, business: str) -> tuple[PostedTo, ...]:
    """Every connection that takes late charges."""
    return tuple(_posted_to(tx, business, one) for one in _able(house, business))


def _able(house: House, business: str) -> list[Connected]:
    return [one for one in living(house, business) if Capability.POST_CHARGE in platform(one.platform).capabilities]


def _posted_to(tx: Tx, business: str, one: Connected) -> PostedTo:
    told = json.loads(setting(tx, business, f"{POSTED_TO}:{one.id}", "{}"))
    known = (str(told.get(name, "")) for name in ("account", "tax", "account_name", "tax_name"))
    return PostedTo(one.id, one.label, platform(one.platform).label, *known)


def charge_choices(house: House, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
    """What was chosen, and what the platform lists at this moment. Raises NotThere, or as a read does."""
    connected = next((one for one in _able(house, business) if one.id == connection), None)
    if connected is None:
        raise NotThere("late charges cannot be posted to this connection")
    with house.source(connected) as source:
        choices = source.books.charge_choices()
    with house.database.read() as tx:
        return _posted_to(tx, business, connected), choices


def set_posted_to(house: House, business: str, connection: str, typed: tuple[str, str], *, by: str) -> PostedTo:
    """Choose the account and the tax code, by code or by name. Raises Refused naming what there is, or NotThere."""
    to, choices = charge_choices(house, business, connection)
    account = _account(choices, typed[0].strip(), to.platform)
    tax = picked(choices.taxes, typed[1].strip(), "tax code", to.platform)
    kept = {
        "account": account.code,
        "tax": tax.code,
        "account_name": account.name,
        "tax_name": tax.name,
        "by": by,
    }
    with house.database.write() as tx:
        set_setting(tx, business, f"{POSTED_TO}:{connection}", json.dumps(kept, ensure_ascii=False))
    return PostedTo(to.connection, to.label, to.platform, account.code, tax.code, account.name, tax.name)


def _account(choices: ChargeChoices, typed: str, label: str) -> Choice:
    if choices.account_word:
        return picked(choices.accounts, typed, choices.account_word, label)
    if typed:
        raise Refused(f"{label} keeps no accounts that late charges could be posted to; leave the account out.")
    return Choice("", "")


def picked(among: Sequence[Choice], typed: str, word: str, label: str) -> Choice:
    """The one with this code or name. Raises Refused naming the nearest, or what there is."""
    if not among:
        raise Refused(f"{label} has no {word} that late charges could be posted to; make one there first.")
    wanted = typed.casefold()
    found = [one for one in among if one.code == typed] or [
        one for one in among if wanted in (one.code.casefold(), one.name.casefold())
    ]
    if len(found) == 1:
        return found[0]
    raise Refused(_none_of(among, typed, word, label))


def _none_of(among: Sequence[Choice], typed: str, word: str, label: str) -> str:
    """What is wrong, and what is nearest, or else what there is."""
    named = {text.casefold(): one for one in among for text in (one.name, one.code)}
    near = dict.fromkeys(named[text] for text in get_close_matches(typed.casefold(), named, n=3, cutoff=0.6))
    shown, more = (list(near), False) if near else (list(among[:LISTED]), len(among) > LISTED)
    listed = ", ".join(f"{one.name} ({one.code})" for one in shown) + (" and more" if more else "")
    if not typed:
        return f"Choose the {word} in {label} that late charges are posted to; there are: {listed}."
    said = "nearest are" if near else "there are"
    return f"{label} lists no {word} {typed[:40]!r} that late charges can be posted to; {said}: {listed}."
