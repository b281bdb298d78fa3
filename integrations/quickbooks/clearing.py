"""The accounts of one company in which money can wait between the till and the bank."""

from integrations.errors import Refused, TryLater
from integrations.quickbooks.charging import digest, listed
from integrations.quickbooks.mapping import home_currency
from integrations.quickbooks.payloads import AccountRow
from integrations.quickbooks.reader import Reader
from integrations.quickbooks.writing import require_key, row_of
from integrations.receiving import Clearing

BANK, ASSET = "Bank", "Other Current Asset"
NOT_FOR_THIS = ("UndepositedFunds", "Inventory", "AllowanceForBadDebts")
NAME_MAX = 100


def accounts(reader: Reader, currency: str) -> tuple[Clearing, ...]:
    """Banks and other current assets, those that can be used first."""
    home = home_currency(reader.settings())
    found = [
        _clearing(row, currency, home)
        for row in listed(reader, "Account", AccountRow)
        if row.account_type in (BANK, ASSET)
    ]
    return tuple(sorted(found, key=lambda one: (bool(one.unusable), one.name.casefold(), one.id)))


def _clearing(row: AccountRow, currency: str, home: str) -> Clearing:
    kept_in = (row.currency_ref.value if row.currency_ref else "") or home
    return Clearing(row.id, row.name or row.id, kept_in, _unusable(row, currency, kept_in))


def _unusable(row: AccountRow, currency: str, kept_in: str) -> str:
    if row.active is False:
        return "it is inactive in QuickBooks; make it active there, or choose another"
    if row.account_sub_type in NOT_FOR_THIS:
        return "QuickBooks keeps this account for something else"
    return "" if kept_in == currency else f"it is kept in {kept_in}, and the money comes in {currency}"


def make(reader: Reader, name: str, currency: str, *, key: str) -> Clearing:
    """Another current asset. One that has this name already is taken, if it can be used."""
    require_key(key)
    if not 1 <= len(name.strip()) <= NAME_MAX or ":" in name:
        raise Refused(f"an account in QuickBooks has a name of 1 to {NAME_MAX} characters without a colon")
    for one in accounts(reader, currency):
        if one.name.casefold() == name.strip().casefold():
            if one.unusable:
                raise Refused(f"QuickBooks already has an account with this name: {one.unusable}")
            return one
    body = {
        "Name": name.strip(),
        "AccountType": ASSET,
        "AccountSubType": "OtherCurrentAssets",
        "CurrencyRef": {"value": currency},
    }
    row = row_of(reader.client.make_account(body, key=f"{key}-{digest(body)}").account, AccountRow)
    if row is None:
        raise TryLater("QuickBooks did not confirm the account", may_have_acted=True)
    return _clearing(row, currency, currency)
