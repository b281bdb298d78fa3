"""The jobs and their hours. The scheduler only ticks: what there is to do stands in the tables."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as SchedulerPool
from apscheduler.schedulers.background import BackgroundScheduler

from duewell import occasions
from duewell.alerts import alerts
from duewell.answers import answer_asked
from duewell.businesses import all_businesses, living, resting, zone_of
from duewell.carrying import carry_links
from duewell.connecting import Uncounted
from duewell.listening import read_mailbox, watch_deliveries
from duewell.mornings import mornings
from duewell.paying import settle_all
from duewell.running import drain_inbox, follow_up_all, make_plan, send_plan, sync_one
from duewell.todos import bring_todos_in_step
from duewell.wiring import House
from integrations.errors import IntegrationError
from integrations.oauth import RenewingToken
from integrations.registry import platform
from storage.businesses import Business
from storage.connections import Connected, using_grant
from storage.inbox import forget_drained
from storage.settings import set_setting, setting
from sync.pull import meet

log = structlog.get_logger(__name__)

NIGHTS_AT_ONCE = 6
NIGHT_HOUR, NIGHT_MINUTE = 4, 10
TRY_AGAIN = timedelta(hours=1)
LEASE_SECONDS = 3600.0
SOON_SECONDS = 300.0
"""Whoever dies settling money, or ending what others began, keeps the next from it no longer than this."""
RENEW_IDLE_DAYS = 6
INBOX_KEPT_DAYS = 45


def night_is_due(house: House, business: Business) -> bool:
    """It is past 04:10 of the business's local day and this day's night was not run yet: also the catch-up."""
    now = house.clock.now()
    local = now.astimezone(zone_of(house, business))
    with house.database.read() as tx:
        done, tried = setting(tx, business.id, "night_done_on"), setting(tx, business.id, "night_tried_at")
    late_enough = (local.hour, local.minute) >= (NIGHT_HOUR, NIGHT_MINUTE)
    rested = not tried or now - datetime.fromisoformat(tried) >= TRY_AGAIN
    return late_enough and rested and done != local.date().isoformat()


def nightly(house: House) -> None:
    """Every business whose night has come: pull, sweep, reconcile. A few at a time, so that one that is slow or has
    to wait for its turn at the platform does not keep the others; other processes take others, by the lease."""
    due = [business for business in all_businesses(house) if night_is_due(house, business)]
    with ThreadPoolExecutor(NIGHTS_AT_ONCE, thread_name_prefix="night") as pool:
        for business in due:
            pool.submit(_under_lease, house, f"night:{business.id}", partial(_night, house, business))


def _night(house: House, business: Business) -> None:
    if not night_is_due(house, business):
        return
    local_day = house.clock.now().astimezone(zone_of(house, business)).date()
    well = [_night_of_one(house, business, connected, local_day) for connected in living(house, business.id)]
    with house.database.write() as tx:
        set_setting(tx, business.id, "night_tried_at", house.clock.now().isoformat())
        if all(well):
            set_setting(tx, business.id, "night_done_on", local_day.isoformat())


def _night_of_one(house: House, business: Business, connected: Connected, local_day: date) -> bool:
    """Whether it went well, now or earlier this day; else it is tried again in an hour."""
    name = f"night:{connected.id}"
    with house.database.read() as tx:
        if setting(tx, business.id, name) == local_day.isoformat():
            return True
    if resting(house, connected) or sync_one(house, connected).trouble:
        return False
    if local_day.weekday() == 0:
        _meet_again(house, business, connected.id)
    with house.database.write() as tx:
        set_setting(tx, business.id, name, local_day.isoformat())
    return True


def _meet_again(house: House, business: Business, connection: str) -> None:
    """Once a week: has the company turned on its own reminders, moved, changed its name?"""
    for connected in living(house, business.id):
        if connected.id == connection:
            with house.source(connected) as source:
                try:
                    meet(source)
                except IntegrationError as error:
                    log.info("company not read", connection=connection, why=str(error))


def collect(house: House) -> None:
    """Every hour: today's plan; what was approved goes, and where a person has chosen automatic, ordinary messages."""
    for business in all_businesses(house):
        _under_lease(house, f"collect:{business.id}", partial(_collect, house, business))
        _under_lease(house, f"todos:{business.id}", partial(_find_todos, house, business))


def _collect(house: House, business: Business) -> None:
    """One message a day: a statement comes before the reminder of its day, terms, thanks and apologies after it."""
    occasions.send_statements(house, business.id)
    send_plan(house, business.id)
    occasions.send_first_terms(house, business.id)
    occasions.thank_and_apologize(house, business.id)
    occasions.offer_to_ask_again(house, business.id)


def _find_todos(house: House, business: Business) -> None:
    """After collecting: what people have to do follows from the same plan."""
    today = house.clock.now().astimezone(zone_of(house, business)).date()
    bring_todos_in_step(house, business.id, make_plan(house, business.id), today)


def drain_job(house: House) -> None:
    """Every few seconds: what webhooks named; then what that settled."""
    drained = drain_inbox(house)
    for business in drained.businesses:
        _try(partial(follow_up_all, house, business), "follow_up")
    for business in {business for business, _ in drained.tills}:
        named = {ref.id for owner, ref in drained.tills if owner == business}
        _under_lease(house, f"settle:{business}", partial(settle_all, house, business, named), SOON_SECONDS)


def settle_job(house: House) -> None:
    """Every other minute: what came of the pages on which customers pay, where no webhook has told."""
    for business in all_businesses(house):
        _under_lease(house, f"settle:{business.id}", partial(settle_all, house, business.id), SOON_SECONDS)


def pay_links_job(house: House) -> None:
    """Twice an hour: the links that open invoices carry in their own books."""
    for business in all_businesses(house):
        _under_lease(house, f"pay_links:{business.id}", partial(carry_links, house, business.id))


def answers_job(house: House) -> None:
    """Every minute: what customers asked for on their page goes to them."""
    for business in all_businesses(house):
        _under_lease(house, f"answers:{business.id}", partial(answer_asked, house, business.id))


def follow_up_job(house: House) -> None:
    """Every few minutes: what was begun and not ended."""
    for business in all_businesses(house):
        _under_lease(house, f"follow_up:{business.id}", partial(follow_up_all, house, business.id), SOON_SECONDS)


def mailbox_job(house: House) -> None:
    """Every ten minutes: what was answered by mail, and what became of the texts."""
    days = {one.id: house.clock.now().astimezone(zone_of(house, one)).date() for one in all_businesses(house)}
    _under_lease(house, "mailbox", partial(read_mailbox, house, days))
    for business, today in days.items():
        _under_lease(house, f"texts:{business}", partial(watch_deliveries, house, business, today))


def mornings_job(house: House) -> None:
    """Every ten minutes: one mail to each who approves, when their morning has come."""
    zones = {one.id: zone_of(house, one) for one in all_businesses(house)}
    _under_lease(house, "mornings", partial(mornings, house, zones))


def alerts_job(house: House) -> None:
    """Every few minutes: what owners have to know at once, and what is mended."""
    for business in all_businesses(house):
        _under_lease(house, f"alerts:{business.id}", partial(alerts, house, business.id))


def renew(house: House) -> None:
    """Every day: authorisations that were idle for a week, so that their hundred or sixty days never run out."""
    idle = house.clock.now() - timedelta(days=RENEW_IDLE_DAYS)
    for grant_id in house.grants.expiring(idle):
        _try(partial(_renew_one, house, grant_id), "renewal")


def _renew_one(house: House, grant_id: str) -> None:
    with house.database.read() as tx:
        users = using_grant(tx, grant_id)
    grant = house.grants.load(grant_id)
    if users and grant.refresh:
        wire = house.wire(grant.platform, Uncounted())
        RenewingToken(platform(grant.platform), wire, house.grants, grant_id).renewed(grant.access)


def tidy(house: House) -> None:
    """Every day: drained webhooks older than any platform redelivers are forgotten."""
    before = house.clock.now() - timedelta(days=INBOX_KEPT_DAYS)
    with house.database.write() as tx:
        forget_drained(tx, before=before)


def _under_lease(house: House, name: str, work: Callable[[], object], seconds: float = LEASE_SECONDS) -> None:
    with house.leases.hold(name, seconds=seconds) as mine:
        if mine:
            _try(work, name)


def _try(work: Callable[[], object], name: str) -> None:
    """One business's trouble must not end another's job; trouble with a platform is noted where it belongs."""
    try:
        work()
    except IntegrationError as error:
        log.warning("job not finished", job=name, why=str(error))
    except Exception:
        log.exception("job failed", job=name)


JOBS: dict[str, tuple[Callable[[House], None], timedelta]] = {
    "drain": (drain_job, timedelta(seconds=3)),
    "nightly": (nightly, timedelta(minutes=5)),
    "collect": (collect, timedelta(hours=1)),
    "follow_up": (follow_up_job, timedelta(minutes=5)),
    "answers": (answers_job, timedelta(minutes=1)),
    "settle": (settle_job, timedelta(minutes=2)),
    "pay_links": (pay_links_job, timedelta(minutes=30)),
    "mailbox": (mailbox_job, timedelta(minutes=10)),
    "mornings": (mornings_job, timedelta(minutes=10)),
    "alerts": (alerts_job, timedelta(minutes=5)),
    "renew": (renew, timedelta(hours=12)),
    "tidy": (tidy, timedelta(hours=24)),
}


def schedule(house: House) -> BackgroundScheduler:
    """A scheduler with every job; all run once at the start to catch up. It holds no state of the business.

    It ticks by this machine's clock; what is due is judged by the house's.
    """
    scheduler = BackgroundScheduler(
        executors={"default": SchedulerPool(4)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )
    for name, (work, every) in JOBS.items():
        seconds = every.total_seconds()
        scheduler.add_job(
            _run, "interval", [house, name, work], id=name, seconds=seconds, next_run_time=datetime.now(UTC)
        )
    return scheduler


def _run(house: House, name: str, work: Callable[[House], None]) -> None:
    _try(partial(work, house), name)
