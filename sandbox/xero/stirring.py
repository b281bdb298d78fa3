"""What a bookkeeper does between two pages, drawn by the dice and entered by the ledger's own rules."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from sandbox.xero.controls import Controls
from sandbox.xero.organisation import Organisation
from sandbox.xero.records import Invoice

WHOLE = Decimal(1)


def stir(controls: Controls, organisations: Sequence[Organisation], dice: random.Random) -> None:
    """One act in one organisation's books; a new sale when nothing is open there."""
    organisation = dice.choice(organisations)
    opened = [
        one for one in organisation.ledger.invoices.values() if one.type == "ACCREC" and one.status == "AUTHORISED"
    ]
    if not opened or dice.random() < 0.25:
        _sell(controls, organisation, dice)
        return
    acts: tuple[Callable[[Controls, str, Invoice], object], ...] = (_pay, _pay_a_part, _void, _credit, _redate)
    dice.choice(acts)(controls, organisation.key, dice.choice(opened))


def _sell(controls: Controls, organisation: Organisation, dice: random.Random) -> None:
    buyers = [one for one in organisation.ledger.contacts.values() if one.status == "ACTIVE" and not one.supplier]
    controls.sell(organisation.key, dice.choice(buyers).id, dice.randrange(20, 900), due_in=dice.randrange(7, 60))


def _pay(controls: Controls, key: str, invoice: Invoice) -> object:
    return controls.pay(key, invoice.id)


def _pay_a_part(controls: Controls, key: str, invoice: Invoice) -> object:
    part = (invoice.due / 3).quantize(WHOLE)
    return controls.pay(key, invoice.id, part if 0 < part < invoice.due else None)


def _void(controls: Controls, key: str, invoice: Invoice) -> object:
    return controls.void(key, invoice.id)


def _credit(controls: Controls, key: str, invoice: Invoice) -> object:
    return controls.credit(key, invoice.id, max(WHOLE, (invoice.due / 4).quantize(WHOLE)))


def _redate(controls: Controls, key: str, invoice: Invoice) -> object:
    return controls.change_due(key, invoice.id, (invoice.due_on + timedelta(days=14)).isoformat())
