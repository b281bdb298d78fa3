"""The mailbox and the texts: what came in is taken down, and what became of what went out."""

import hashlib
from collections.abc import Mapping
from datetime import date

from collector.arrivals import watch_texts
from collector.channels.mailbox import Letterbox, Place, fetch
from collector.listening import Heeded, Listener, listen
from duewell.ways import letterbox, own_addresses, texts
from duewell.wiring import House
from storage.people import people
from storage.settings import setting


def read_mailbox(house: House, days: Mapping[str, date]) -> Heeded | None:
    """Take down what is fresh in the mailbox; None when none is set up. `days` is today where each business is.

    Raises TryLater or Refused.
    """
    box = letterbox(house)
    if box is None:
        return None
    name = place_name(box)
    with house.database.read() as tx:
        since = Place.of(setting(tx, "", name))
        emails = {one.email: one.name for one in people(tx)}
    listener = Listener(house.database, days, own_addresses(house, emails), name)
    return listen(listener, fetch(box, since), now=house.clock.now())


def place_name(box: Letterbox) -> str:
    """Where the place is kept. Another user or folder is another mailbox, read from its own present end."""
    told = f"{box.host}/{box.user}/{box.folder}".encode()
    return f"mailbox:{hashlib.blake2b(told, digest_size=8).hexdigest()}"


def watch_deliveries(house: House, business: str, today: date) -> int:
    """Ask about the business's texts that are under way; how many came to an end."""
    carrier = texts(house)
    if carrier is None:
        return 0
    return watch_texts(house.database, business, carrier, now=house.clock.now(), today=today)
