"""How a command gets at the house: settings, logs, database, and which business is meant."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from duewell.businesses import all_businesses, living
from duewell.config import BadSetting, load
from duewell.connecting import check_answers
from duewell.logs import configure
from duewell.wiring import House, build
from integrations.errors import NotThere, Refused
from storage.businesses import Business
from storage.connections import Connected


@contextmanager
def opened(config: Path | None) -> Iterator[House]:
    """The house, closed again afterwards. Raises BadSetting or a StorageError."""
    settings = load(config)
    configure(settings)
    with usable():
        house = build(settings)
    gc.freeze()  # what is here now stays: the collector need not look through it at every thousandth new record
    try:
        yield house
    finally:
        house.close()


@contextmanager
def usable() -> Iterator[None]:
    """A folder or file of the installation that cannot be made or read is a wrong setting, said in a sentence."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadSetting(
            f"{error.filename} cannot be used ({why}); data and secret_key_file in the settings say what is kept where"
        ) from None


@contextmanager
def wrong_use() -> Iterator[None]:
    """What is refused because of what was said on the command line is wrong use. Raises UsageError."""
    try:
        yield
    except (NotThere, Refused) as error:
        raise click.UsageError(str(error)) from None


def checked_answers(answers: Mapping[str, str]) -> None:
    """Look at what was said on the command line before anything is asked or done. Raises UsageError."""
    with wrong_use():
        check_answers(answers)


def chosen(house: House, name: str) -> Business:
    """The business with that id or name; the only one when nothing was said. Raises UsageError."""
    known = all_businesses(house)
    if not known:
        raise click.UsageError("there is no business yet; run `duewell init` first")
    if not name and len(known) == 1:
        return known[0]
    for one in known:
        if name and name in (one.id, one.name):
            return one
    names = ", ".join(one.name for one in known)
    if name:
        raise click.UsageError(f"there is no business {name!r}; there are: {names}")
    raise click.UsageError(f"say which business with --business: {names}")


def chosen_connections(house: House, business: Business, name: str) -> list[Connected]:
    """The connections whose id, label or platform is `name`; all of them when nothing was said. Raises UsageError."""
    known = living(house, business.id)
    found = [one for one in known if name in ("", one.id, one.label, one.platform)]
    if not known:
        raise click.UsageError(f"nothing is connected to {business.name} yet; see `duewell connect`")
    if not found:
        have = ", ".join(f"{one.label} ({one.id})" for one in known)
        raise click.UsageError(f"there is no connection {name!r}; connected: {have}")
    return found
