"""tap-xero (Singer, AGPL): lists ordered by the time of change, a hundred rows a page, over OAuth.

Its page loop trusts that nothing changes while it reads; here nothing does. It does not declare `six`, so our list
of its packages names it.
"""

from sandbox.witness import xero_rows
from sandbox.witness.places import Place
from sandbox.witness.singing import Heard, Keys, sing
from sandbox.witness.witnesses import Witness


def _read(place: Place, keys: Keys, heard: Heard) -> None:
    config = {
        "client_id": place.app["client_id"],
        "client_secret": place.app["client_secret"],
        "refresh_token": place.company["refresh_token"],
        "tenant_id": place.company["tenant_id"],
        "include_archived_contacts": "true",
    }
    sing(place, "tap-xero", config, keys, heard=heard)


WITNESS = Witness(
    "tap-xero",
    "2.6.0",
    "xero",
    "shim",
    ("api.xero.com", "identity.xero.com"),
    _read,
    xero_rows.streams("credit_notes", archived=True),
    not_read="payments inside invoices (the tap drops them), history, reminders, batch payments",
)
