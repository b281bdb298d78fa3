"""Connecting a company and ending it: the same for the pages and the terminal."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog

from collector.policies.reminder_days import BadDays, days_in, stored
from duewell.wiring import House, account_of
from integrations.contract import Attempt, AttemptStore, Authorised, Capability, Consent, Platform, Token, Wire
from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, Unsupported
from integrations.oauth import RenewingToken, begin, complete
from integrations.registry import platform, slugs
from receivables.records import Answer
from storage import connections
from storage.connections import Connected, NewConnection, Role
from storage.ids import new_id
from storage.meters import StoredMeter
from sync.pull import meet

log = structlog.get_logger(__name__)

OTHERS_POST = "others_post"
"""Does another app enter a till's payments into these books? yes, no or unknown."""


class Uncounted:
    """Connecting happens before there is a connection to count for."""

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class _AttemptsOf:
    """The attempts of some businesses."""

    kept: AttemptStore
    businesses: Collection[str]

    def begin(self, attempt: Attempt) -> None:
        """Remember it."""
        self.kept.begin(attempt)

    def take(self, state: str) -> Attempt | None:
        """Give it back once, as long as it is one of theirs."""
        found = self.kept.take(state)
        return found if found and found.business in self.businesses else None


def redirect_uri(house: House, slug: str) -> str:
    """The exact address to register at the platform."""
    return f"{house.settings.web.base_url}/oauth/{slug}/callback"


def begin_connect(house: House, business: str, slug: str, answers: Mapping[str, str]) -> str:
    """The consent page's address. Raises Refused when the platform's app is not in the settings."""
    found = platform(slug)
    if Capability.OAUTH not in found.capabilities:
        raise Unsupported(f"{found.label} is connected with a key, not with a consent page")
    if missing := what_is_missing(house, slug):
        raise Refused(missing)
    wire = house.wire(slug, Uncounted())
    checked = check_answers(answers)
    return begin(
        found, wire, house.attempts, business=business, redirect_uri=redirect_uri(house, slug), answers=checked
    )


def what_is_missing(house: House, slug: str) -> str:
    """What the operator must still register before a consent page can be shown; empty when nothing is missing."""
    if Capability.OAUTH not in platform(slug).capabilities or house.app(slug).client_id:
        return ""
    return (
        f"Set platforms.{slug}.client_id and client_secret in the configuration first; "
        f"register {redirect_uri(house, slug)} there as the redirect address."
    )


def check_answers(answers: Mapping[str, str]) -> dict[str, str]:
    """What was asked at connect, in words we know. Raises Refused naming the answer that is wrong."""
    zone = answers.get("time_zone", "").strip()
    if zone:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise Refused(f"{zone!r} is not a time zone; write it like America/New_York") from None
    reminders, role = answers.get("own_reminders") or "unknown", answers.get("role") or "both"
    if reminders not in set(Answer):
        raise Refused("own reminders must be yes, no or unknown")
    if role not in set(Role):
        raise Refused("what it is used for must be books, till or both")
    return {"time_zone": zone, "own_reminders": reminders, "role": role, **_days(answers), **_others_post(answers)}


def _others_post(answers: Mapping[str, str]) -> dict[str, str]:
    """Whether another app enters a till's payments into these books, as far as it was asked. Raises Refused."""
    if not answers.get(OTHERS_POST):
        return {}
    if answers[OTHERS_POST] not in set(Answer):
        raise Refused("whether another app enters Stripe payments into these books must be yes, no or unknown")
    return {OTHERS_POST: answers[OTHERS_POST]}


def _days(answers: Mapping[str, str]) -> dict[str, str]:
    """The days on which the platform reminds at present, as far as they were asked. Raises Refused."""
    if "reminder_days" not in answers:
        return {}
    try:
        return {"reminder_days": stored(days_in(answers["reminder_days"]))}
    except BadDays as error:
        raise Refused(str(error)) from None


def finish_connect(
    house: House, slug: str, query: Mapping[str, str], among: Collection[str] | None = None
) -> tuple[str, ...]:
    """Finish the code flow; the labels of the companies that are now connected.

    `among` are the businesses for which whoever came back may connect: what was begun for another was not begun here.
    """
    begun = house.attempts if among is None else _AttemptsOf(house.attempts, among)
    attempt, consent = complete(platform(slug), house.wire(slug, Uncounted()), begun, query)
    return register(house, attempt.business, slug, consent, answers=attempt.answers)


def connect_with_key(
    house: House, business: str, slug: str, *, fields: Mapping[str, str], answers: Mapping[str, str]
) -> tuple[str, ...]:
    """Connect by an API key or by client credentials; the labels of the companies that are now connected."""
    checked = check_answers(answers)
    consent = platform(slug).exchange(house.wire(slug, Uncounted()), fields, redirect_uri="", verifier="")
    labels = register(house, business, slug, consent, answers=checked)
    if key := fields.get("webhook_key", ""):
        _keep_webhook_key(house, business, slug, consent, key=key)
    return labels


def _keep_webhook_key(house: House, business: str, slug: str, consent: Consent, *, key: str) -> None:
    """The signing key of a custom connection's own endpoint, which its operator copies from the platform."""
    ours = {company.external_id for company in consent.companies}
    with house.database.write() as tx:
        for one in connections.connections(tx, business):
            if one.platform == slug and one.external_id in ours:
                connections.keep_webhook_secret(tx, business, one.id, key, seal=house.seal)


def register(
    house: House, business: str, slug: str, consent: Consent, *, answers: Mapping[str, str]
) -> tuple[str, ...]:
    """Keep the grant, then every company it opens; a company connected before is taken up again."""
    grant = replace(consent.grant, id=new_id())
    house.grants.save(grant)
    for company in consent.companies:
        _add(house, business, slug, company, grant_id=grant.id, answers=answers)
    log.info("connected", platform=slug, companies=len(consent.companies))
    return tuple(company.label or company.external_id for company in consent.companies)


def _add(
    house: House, business: str, slug: str, company: Authorised, *, grant_id: str, answers: Mapping[str, str]
) -> None:
    known = _known(house, business, slug, company.external_id)
    fresh = NewConnection(
        slug,
        company.external_id,
        grant_id,
        label=company.label,
        role=Role(answers.get("role", "both")),
        details={**_not_asked_again(known), **answers, **company.details},
    )
    with house.database.write() as tx:
        id = connections.connect(tx, business, fresh, now=house.clock.now())
        connections.well(tx, business, id)
        connected = connections.connection(tx, business, id)
    assert connected is not None, "connected a moment ago"
    _subscribe(house, connected)
    _forget_unused(house, known.grant_id if known else "")


def _known(house: House, business: str, slug: str, external_id: str) -> Connected | None:
    with house.database.read() as tx:
        found = connections.connections(tx, business)
    return next((one for one in found if (one.platform, one.external_id) == (slug, external_id)), None)


def _not_asked_again(known: Connected | None) -> Mapping[str, str]:
    """What was said before stays where a company is connected again without a word about it."""
    details = known.details if known else {}
    return {name: details[name] for name in ("reminder_days", OTHERS_POST) if name in details}


def _forget_unused(house: House, grant_id: str) -> None:
    if not grant_id:
        return
    with house.database.read() as tx:
        used = connections.using_grant(tx, grant_id)
    if not used:
        house.grants.forget(grant_id)


def _subscribe(house: House, connected: Connected) -> None:
    """Have webhooks sent to this connection's own address, where the platform can and could reach us."""
    found = platform(connected.platform)
    per_connection = Capability.WEBHOOK_PER_CONNECTION in found.capabilities
    if not per_connection or Capability.API_KEY not in found.capabilities or not _reachable(house, connected.platform):
        return
    url = f"{house.settings.web.base_url}/webhooks/{connected.platform}/{connected.id}"
    wire, token = _talk(house, connected, found)
    try:
        made = found.subscribe(wire, account_of(connected), token, url=url)
    except IntegrationError as error:
        log.warning("no webhooks; the books are polled", connection=connected.id, why=str(error))
        return
    with house.database.write() as tx:
        details = {**connected.details, **made.details}
        connections.change_details(tx, connected.business, connected.id, details)
        connections.keep_webhook_secret(tx, connected.business, connected.id, made.secret, seal=house.seal)


def _reachable(house: House, slug: str) -> bool:
    """A platform on the internet cannot reach an address of this machine; the sandbox can."""
    host = urlsplit(house.settings.web.base_url).hostname or ""
    if host not in ("localhost", "127.0.0.1"):
        return True
    return bool(house.app(slug).addresses)


def change_answers(house: House, business: str, connection: str, answers: Mapping[str, str]) -> None:
    """Change what was said at connect; answers that were not given stay. Raises NotThere or Refused."""
    with house.database.read() as tx:
        connected = connections.connection(tx, business, connection)
    if connected is None:
        raise NotThere("there is no such connection")
    checked = check_answers({**connected.details, "role": connected.role.value, **answers})
    again = NewConnection(
        connected.platform,
        connected.external_id,
        connected.grant_id,
        label=connected.label,
        role=Role(checked["role"]),
        details={**connected.details, **checked},
    )
    with house.database.write() as tx:
        connections.connect(tx, business, again, now=house.clock.now())
    with house.source(replace(connected, details=again.details)) as source:
        meet(source)


def _talk(house: House, connected: Connected, found: Platform) -> tuple[Wire, Token]:
    meter = StoredMeter(house.database, connected.business, connected.id, clock_now=house.clock.now)
    wire = house.wire(connected.platform, meter)
    return wire, RenewingToken(found, wire, house.grants, connected.grant_id)


def disconnect(house: House, business: str, connection: str) -> str:
    """End this one company, there and here; its label. Raises NotThere, or TryLater if it could not be ended there."""
    with house.database.read() as tx:
        connected = connections.connection(tx, business, connection)
        shared = connections.using_grant(tx, connected.grant_id) if connected else []
    if connected is None:
        raise NotThere("there is no such connection")
    last = all(one.id == connected.id for one in shared)
    found = platform(connected.platform)
    wire, token = _talk(house, connected, found)
    try:
        found.disconnect(wire, account_of(connected), token, last=last)
    except (Reconnect, NotThere):
        log.info("was ended there already", connection=connection)
    with house.database.write() as tx:
        connections.disconnect(tx, business, connection)
    if last:
        house.grants.forget(connected.grant_id)
    return connected.label


def questions(slug: str) -> frozenset[str]:
    """What a person must be asked, since the platform cannot tell. None tells on which days it reminds."""
    return platform(slug).asks | {"reminder_days"}


def all_platforms() -> tuple[Platform, ...]:
    """Every platform that can be connected."""
    return tuple(platform(slug) for slug in slugs())
