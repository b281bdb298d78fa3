"""pyxero (BSD): the oldest Python client of Xero, as a person would use it: renew, look for the tenant, read lists.

It decodes money as binary floats; what it read is compared after exact printing, so a float that lost anything would
show. It writes XML, which is not tried here.
"""

import json

from sandbox.witness import xero_rows
from sandbox.witness.places import HERE, Place
from sandbox.witness.singing import Heard, Keys
from sandbox.witness.witnesses import Witness


def _read(place: Place, keys: Keys, heard: Heard) -> None:
    told = {
        "client_id": place.app["client_id"],
        "client_secret": place.app["client_secret"],
        "token": heard.state.get("token") or {"access_token": "", "refresh_token": place.company["refresh_token"]},
        "since": heard.state.get("since"),
        "tenant_id": place.company["tenant_id"],
    }
    program = ["python", str(HERE / "inside" / "read_with_pyxero.py")]
    # pyxero asks for scopes older than the granular ones that Xero gives today, and oauthlib minds the difference
    told_apart = {"DUEWELL_WITNESS_KEYS": json.dumps(told), "OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}
    heard.collect(place.run(program, **told_apart), keys)


WITNESS = Witness(
    "pyxero",
    "0.9.5",
    "xero",
    "shim",
    ("api.xero.com", "identity.xero.com"),
    _read,
    xero_rows.streams("creditnotes"),
    not_read="anything written (it writes XML)",
)
