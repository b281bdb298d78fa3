"""The morning mail: on each working day one to everybody who approves, over all businesses they were given."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from collector.approving import Standing
from collector.calendar import is_business_day
from collector.dispatch import key_of
from collector.judgement import Line, Say
from collector.plan import Decided
from duewell.access import Act, Person
from duewell.businesses import living, the_business
from duewell.mailing import Notice, send_once, was_sent
from duewell.morning_letter import Morning, morning_letter
from duewell.people import everybody
from duewell.running import make_plan
from duewell.wiring import House
from receivables.money import by_currency
from receivables.records import Ref
from storage import todos
from storage.approvals import approvals
from storage.settings import set_setting, setting
from storage.verdicts import verdicts

MORNING = "morning"
OPENS, CLOSES = time(7), time(12)
"""A morning that was missed is made up for until noon."""
STOOD_READY = ("nobody_approved", "outside_hours", "step_earned", "never_sent")
"""How the verdict of a day reads on which nothing but an answer or the hour was missing."""
WORKING_DAYS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A business, its local day, and whether its morning has come."""

    business: str
    name: str
    country: str
    day: date
    morning: bool


def mornings(house: House, zones: Mapping[str, ZoneInfo]) -> int:
    """Write to everybody whose morning has come and who was not written to; how many mails went.

    The morning begins at seven where a business is, on its country's business days; of several, with the first.
    """
    places = {business: _place(house, business, zone) for business, zone in zones.items()}
    made: dict[str, Morning] = {}
    return sum(_greet(house, one, places, made) for one in everybody(house))


def _place(house: House, business: str, zone: ZoneInfo) -> Place:
    local = house.clock.now().astimezone(zone)
    companies = [one.company for one in living(house, business) if one.company]
    country = next((company.country for company in companies if company.country), "")
    due = OPENS <= local.time() < CLOSES and is_business_day(local.date(), country)
    return Place(business, the_business(house, business).name, country, local.date(), due)


def _greet(house: House, person: Person, places: Mapping[str, Place], made: dict[str, Morning]) -> bool:
    mine = sorted(business for business in person.where(Act.APPROVE) if business in places)
    days = [places[business].day for business in mine if places[business].morning]
    if not days or "@" not in person.email:
        return False
    day = min(days).isoformat()
    key, looked = key_of(MORNING, person.id, day), f"{MORNING}:{person.id}"
    with house.database.read() as tx:
        nothing_to_say = setting(tx, "", looked) == day
    if nothing_to_say or any(was_sent(house, business, key) for business in mine):
        return False
    for business in mine:
        if business not in made:
            made[business] = morning_of(house, places[business])
    told = [made[business] for business in mine]
    if not any(one.calls for one in told):
        with house.database.write() as tx:
            set_setting(tx, "", looked, day)
        return False
    letter = morning_letter(person.name, told, link=f"{house.settings.web.base_url}/plan")
    return send_once(house, mine[0], Notice(MORNING, key, person.id, person.name, person.email, letter))


def morning_of(house: House, place: Place) -> Morning:
    """What there is to say of one business this morning."""
    business = place.business
    decided = make_plan(house, business)
    waits = [one for one in decided if one.decision.candidate and one.standing is Standing.WAITS]
    ready = [one for one in waits if not one.decision.odd]
    with house.database.read() as tx:
        due = [one for _, one in todos.todos(tx, [business], on=place.day) if one.due_on <= place.day]
    return Morning(
        name=place.name,
        country=place.country,
        ready=len(ready),
        sums=tuple(by_currency(line.asked for one in ready for line in _lines(one)).values()),
        odd=len(waits) - len(ready),
        held=_held(decided),
        todos=len(due),
        unanswered=_unanswered(house, place, waits),
    )


def _lines(one: Decided) -> tuple[Line, ...]:
    return one.decision.candidate.lines if one.decision.candidate else ()


def _held(decided: Sequence[Decided]) -> Counter[str]:
    """The invoices that something keeps, by rule; not those of a message that only waits for its hour."""
    found: Counter[str] = Counter()
    for one in decided:
        spoken = {line.invoice.ref for line in _lines(one)}
        found.update(told.rule for told in one.decision.verdicts if told.say is Say.HOLD and told.invoice not in spoken)
    return found


def _unanswered(house: House, place: Place, waits: Sequence[Decided]) -> int:
    """How many of these messages stood there two working days ago, and nobody has answered since."""
    business, before = place.business, _working_days_before(place)
    with house.database.read() as tx:
        stood = {
            one.invoice: one.step for one in verdicts(tx, business, day=before) if one.rule in STOOD_READY and one.step
        }
        answered = {one.debtor for one in approvals(tx, business, since=before)}
    return sum(one.case.debtor not in answered and _stood(one, stood) for one in waits)


def _stood(one: Decided, stood: Mapping[Ref, str]) -> bool:
    return any(stood.get(line.invoice.ref) == line.step.name for line in _lines(one))


def _working_days_before(place: Place) -> date:
    day, left = place.day, WORKING_DAYS
    while left:
        day -= timedelta(days=1)
        left -= is_business_day(day, place.country)
    return day
