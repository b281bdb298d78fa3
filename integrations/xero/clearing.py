"""The accounts of one organisation in which money can wait between the till and the bank."""

import msgspec

from integrations.contract import KEY_LENGTH_MAX
from integrations.errors import Refused
from integrations.receiving import Clearing
from integrations.xero.charging import digest, listed, unreadable
from integrations.xero.client import Reply
from integrations.xero.decoding import decode
from integrations.xero.payloads import Unreadable
from integrations.xero.refusals import Element, ScopeMissing, complaint
from integrations.xero.streams import Room

SCOPE = "accounting.settings"
NOT_ALLOWED = f"Xero has not let us make accounts; make a bank account there, or connect again and allow it ({SCOPE})"
NAME_MAX = 150


class Account(Element, rename="pascal", kw_only=True):
    """An account. Only banks name their currency; the others are kept in the organisation's own."""

    account_id: str | None = msgspec.field(default=None, name="AccountID")
    code: str | None = None
    name: str | None = None
    type: str | None = None
    status: str | None = None
    currency_code: str | None = None
    system_account: str | None = None
    enable_payments_to_account: bool | None = None

    @property
    def takes_payments(self) -> bool:
        """Banks do, and what somebody has ticked."""
        return not self.system_account and (self.type == "BANK" or bool(self.enable_payments_to_account))


def accounts(room: Room, currency: str, base: str) -> tuple[Clearing, ...]:
    """Those that take payments, the ones that can be used first."""
    found = [_clearing(one, currency, base) for one in every(room) if one.takes_payments and one.account_id]
    return tuple(sorted(found, key=lambda one: (bool(one.unusable), one.name.casefold(), one.id)))


def every(room: Room) -> list[Account]:
    """All accounts, archived ones too."""
    return list(listed(room, "get_accounts", "Accounts", type_=Account))


def _clearing(account: Account, currency: str, base: str) -> Clearing:
    kept_in, why = account.currency_code or base, ""
    if account.status != "ACTIVE":
        why = "it is archived in Xero; restore it there, or choose another"
    elif kept_in != currency:
        why = f"it is kept in {kept_in}, and the money comes in {currency}"
    return Clearing(account.account_id or "", account.name or account.code or "", kept_in, why)


def make(room: Room, name: str, currency: str, *, base: str, key: str) -> Clearing:
    """A bank account, since overpayments can be entered in no other. One of this name is taken, if it can be used."""
    if not 1 <= len(key) <= KEY_LENGTH_MAX:
        raise Refused(f"a key has 1 to {KEY_LENGTH_MAX} characters")
    if not 1 <= len(name.strip()) <= NAME_MAX:
        raise Refused(f"an account in Xero has a name of 1 to {NAME_MAX} characters")
    for one in accounts(room, currency, base):
        if one.name.casefold() == name.strip().casefold():
            if one.unusable:
                raise Refused(f"Xero already has an account with this name: {one.unusable}")
            return one
    return _clearing(_made(room, _body(name.strip(), currency), key), currency, base)


def _body(name: str, currency: str) -> dict[str, object]:
    """Xero wants a code of at most ten characters, and a number for every bank account."""
    marked = digest({"name": name, "currency": currency})
    number = str(int(marked, 16))[:12]
    return {
        "Code": f"T{marked[:6]}",
        "Name": name,
        "Type": "BANK",
        "BankAccountNumber": number,
        "CurrencyCode": currency,
    }


def _made(room: Room, body: dict[str, object], key: str) -> Account:
    try:
        made = room.client.write("create_account", _accounts, body, key=f"account:{key}:{digest(body)}")
    except ScopeMissing:
        raise Refused(NOT_ALLOWED) from None
    if wrong := complaint(list(made)):
        raise Refused(f"Xero did not take the account: {wrong}")
    return made[0]


def _accounts(reply: Reply) -> list[Account]:
    made = list(decode(reply.body, "Accounts", Account, unreadable).payloads)
    if not made or not (made[0].account_id or complaint(list(made))):
        raise Unreadable("it does not name the account that was made")
    return made
