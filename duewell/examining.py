"""What a healthy installation looks like, checked point by point, each with a remedy."""

import stat
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from duewell.access import Role
from duewell.businesses import all_businesses, living
from duewell.examining_ways import ways
from duewell.findings import Finding
from duewell.owning import OPERATORS, in_name_of, operator_of
from duewell.people import everybody
from duewell.ruling import layers_of, policy_of
from duewell.wiring import House
from integrations.errors import Reconnect, Refused
from integrations.registry import slugs
from storage import inbox
from storage.errors import BadKey
from storage.schema import schema

ROOMS = ("receivables", "integrations", "storage", "sync", "collector", "webhooks", "sandbox")
# the first patch releases that refuse line breaks in mail headers
SAFE_PYTHON = {(3, 11): 10, (3, 12): 5, (3, 13): 0}


def examine(house: House) -> list[Finding]:
    """Every point, in the order in which one would mend them."""
    return [
        *_python(),
        *_rooms(),
        *_database(house),
        *_key(house),
        *_settings(house),
        *ways(house),
        *_people(house),
        *_running(house),
    ]


def _python() -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    safe = sys.version_info[2] >= SAFE_PYTHON.get(sys.version_info[:2], 0)
    said = (
        version if safe else f"{version} lets line breaks into mail headers (we filter them); upgrade the patch release"
    )
    yield Finding("Python", "fine" if safe else "note", said)


def _rooms() -> Iterator[Finding]:
    owners = packages_distributions()
    strangers = sorted(room for room in ROOMS if set(owners.get(room, ["duewell"])) != {"duewell"})
    if strangers:
        said = f"other packages bring {', '.join(strangers)} as well; install Duewell in an environment of its own"
        yield Finding("Packages", "wrong", said)
    else:
        yield Finding("Packages", "fine", "no other package shadows ours")


def _database(house: House) -> Iterator[Finding]:
    found = schema(house.database)
    said = f"{house.database.name}, schema {found.current}" if found.ready else "run `duewell db upgrade`"
    yield Finding("Database", "fine" if found.ready else "wrong", said)
    if careless := house.database.careless():
        said = (
            f"the server runs with {' and '.join(careless)}: a power cut could make a message leave twice; turn it on"
        )
        yield Finding("Database", "wrong", said)


def _key(house: House) -> Iterator[Finding]:
    mode = stat.S_IMODE(house.settings.key_file.stat().st_mode)
    safe = mode & 0o077 == 0
    file = house.settings.key_file
    if not safe:
        yield Finding("Key file", "wrong", f"others can read {file}; chmod 600 it")
    elif trouble := _sealed_in_vain(house):
        yield Finding("Key file", "wrong", f"{file}: {trouble}; put the right file back from a backup")
    else:
        yield Finding("Key file", "fine", f"{file}")


def _sealed_in_vain(house: House) -> str:
    """Why the key does not open what is stored; empty when it does."""
    grants = {one.grant_id for business in all_businesses(house) for one in living(house, business.id)}
    for grant in sorted(grants):
        try:
            house.grants.load(grant)
        except BadKey as error:
            return str(error)
        except Reconnect:
            continue
    return ""


def _settings(house: House) -> Iterator[Finding]:
    steps = len(policy_of(house.settings).steps)
    yield Finding("Policy", "fine", f"{steps} steps")
    yield from _policies(house)
    if strangers := sorted(set(house.settings.platforms) - set(slugs())):
        yield Finding("Platforms", "wrong", f"the settings name {', '.join(strangers)}; known are {', '.join(slugs())}")


def _policies(house: House) -> Iterator[Finding]:
    """A business's own policy may no longer fit a configuration that was changed under it."""
    for business in all_businesses(house):
        try:
            policy = layers_of(house.database, house.settings, business.id).policy
        except Refused as error:
            yield Finding(f"Policy of {business.name}", "wrong", str(error))
        else:
            if policy.version != "base":
                said = f"“{policy.version}”, {len(policy.steps)} steps"
                yield Finding(f"Policy of {business.name}", "fine", said)


def _people(house: House) -> Iterator[Finding]:
    known, everyone = all_businesses(house), everybody(house)
    if not everyone or not known:
        yield Finding("People", "note", "nobody can sign in yet; run `duewell init`")
        return
    noun = "person signs in" if len(everyone) == 1 else "people sign in"
    yield Finding("People", "fine", f"{len(everyone)} {noun}; `duewell people list` shows who may do what")
    for one in known:
        if all(person.roles.get(one.id) is not Role.OWNER for person in everyone):
            yield Finding(one.name, "wrong", "it has no owner; run `duewell people add EMAIL --role owner`")
        who = OPERATORS[operator_of(one.settings)]
        yield Finding(one.name, "fine", f"messages go in the name of {in_name_of(one)}; it is run by {who}")


def _running(house: House) -> Iterator[Finding]:
    for business in all_businesses(house):
        for one in living(house, business.id):
            healthy = one.state.value == "healthy"
            said = "works" if healthy else f"{one.state.value}: {one.trouble}"
            yield Finding(f"{business.name} / {one.label}", "fine" if healthy else "wrong", said)
    with house.database.read() as tx:
        count, since = inbox.waiting(tx)
    said = (
        "empty" if not count else f"{count} webhooks wait since {since:%Y-%m-%d %H:%M} UTC; is `duewell serve` running?"
    )
    yield Finding("Inbox", "fine" if count < 500 else "note", said)
