"""Makes the values that pages and the command line show, from the tables and the day's decisions."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from collector.calendar import zone_of
from collector.judgement import Verdict
from collector.plan import Decided
from duewell.businesses import living, the_business
from duewell.businesses import zone_of as business_zone
from duewell.owning import OPERATORS, in_name_of, operator_of
from duewell.running import make_plan
from duewell.showing.manners import manners
from duewell.views.pages import AgreementView, ConnectionView, DifferenceView, Overview, PlanRow, PlanView
from duewell.wiring import House
from integrations.contract import Capability
from integrations.registry import platform
from receivables.aging import Aging, Bucket, days_late
from receivables.money import Money
from receivables.records import Customer, Invoice, Kind, Ref
from storage import actions, books
from storage.actions import ActionState
from storage.connections import Connected
from storage.database import Tx
from storage.differences import Difference, differences
from storage.meters import readings
from storage.oddities import oddities
from storage.sames import copies
from storage.settings import setting

SAY_ORDER = {"send": 0, "hold": 1, "skip": 2}
DIFFERENCES_KEPT_DAYS = 14


def overview(house: House, business: str) -> Overview:
    """The first page."""
    owner = the_business(house, business)
    today = house.clock.now().astimezone(business_zone(house, owner)).date()
    with house.database.read() as tx:
        sums = books.open_sums(tx, business, on=today, without=copies(tx, business))
        parked = actions.actions(tx, business, states=(ActionState.PARKED,))
    return Overview(
        business=owner.name,
        today_on=today,
        agings=tuple(_aging(one) for one in sums),
        connections=connections(house, business),
        plan=plan(house, business).counted(),
        automatic=owner.automatic,
        waiting_for_a_person=len(parked),
        in_name_of=in_name_of(owner),
        operator=OPERATORS[operator_of(owner.settings)],
        manners=manners(house, business).words,
    )


def _aging(one: books.OpenSum) -> Aging:
    columns = (one.current, one.days_1_30, one.days_31_60, one.days_61_90, one.days_over_90)
    return Aging(one.currency, dict(zip(Bucket, columns, strict=True)))


def connections(house: House, business: str) -> tuple[ConnectionView, ...]:
    """Every connected company."""
    with house.database.read() as tx:
        return tuple(_connection(house, tx, one) for one in living(house, business))


def _connection(house: House, tx: Tx, one: Connected) -> ConnectionView:
    today = house.clock.now().date()
    used = [day for day in readings(tx, one.business, since=today, connection=one.id) if day.day == today]
    counted = books.counts(tx, one.business, one.id)
    return ConnectionView(
        id=one.id,
        platform=one.platform,
        platform_label=platform(one.platform).label,
        label=one.label,
        role=one.role.value,
        state=one.state.value,
        trouble=one.trouble,
        trouble_since=one.trouble_since,
        parked_until=one.parked_until,
        last_pull_at=one.last_pull_at,
        own_reminders=(one.company.own_reminders.value if one.company else one.details.get("own_reminders", "unknown")),
        reminder_days=one.details.get("reminder_days", "").replace(",", ", "),
        agreement=agreement(house, tx, one),
        counts={kind.value: number for kind, number in counted.items() if number},
        odd=tuple((str(odd.ref.id), odd.why) for odd in oddities(tx, one.business, one.id)),
        calls_today=sum(day.calls for day in used),
        bytes_today=sum(day.received_bytes for day in used),
        webhook_path=webhook_path(one),
        time_zone=one.company.time_zone if one.company else "",
        reading_past=one.usable_at is not None and one.first_pull_done_at is None,
        others_post=one.details.get("others_post", "unknown"),
    )


def webhook_path(one: Connected) -> str:
    """Where the platform should send this connection's webhooks."""
    per_app = Capability.WEBHOOK_PER_APP in platform(one.platform).capabilities and one.details.get("custom") != "yes"
    return f"/webhooks/{one.platform}" if per_app else f"/webhooks/{one.platform}/{one.id}"


def agreement(house: House, tx: Tx, one: Connected) -> AgreementView:
    """What the last comparison said, with its open and accepted differences and those lately mended."""
    told = json.loads(setting(tx, one.business, f"agreement:{one.id}", "{}"))
    if not told:
        return AgreementView(None, None, "", re_read=False, compared=0)
    since = house.clock.now() - timedelta(days=DIFFERENCES_KEPT_DAYS)
    found = differences(tx, one.business, connection=one.id, gone=True)
    shown = [each for each in found if each.state.value != "gone" or (each.found_at and each.found_at >= since)]
    names = _names(tx, one, [*(each.customer_id for each in shown), *told["not_comparable"]])
    return AgreementView(
        agrees=told["agrees"],
        checked_at=datetime.fromisoformat(told["at"]),
        basis=basis_words(one, net=told["net"], re_read=told["re_read"]),
        re_read=told["re_read"],
        compared=told["compared"],
        differences=tuple(difference_view(each, names) for each in shown),
        not_comparable=tuple((names.get(id, id), why) for id, why in told["not_comparable"].items()),
        future_dated=future_dated(tx, one, datetime.fromisoformat(told["at"]).date()),
    )


def basis_words(one: Connected, *, net: bool, re_read: bool) -> str:
    """How the platform's figures are meant, as a phrase."""
    label = platform(one.platform).label
    if re_read:
        return f"{label}'s open and uncollectible invoices listed again: a re-read, not a second opinion"
    after = ", after unapplied payments and credits" if net else ""
    return f"{label}'s own balance per {platform(one.platform).customer_word}{after}"


def future_dated(tx: Tx, one: Connected, day: date) -> tuple[Money, ...]:
    """What is dated after the day of comparison, per currency: apart, since an ageing as of today leaves it out."""
    sums: dict[str, int] = {}
    for position in books.net_open_by_customer(tx, one.business, one.id, after=day):
        sums[position.currency] = sums.get(position.currency, 0) + position.later.minor
    return tuple(Money(minor, currency) for currency, minor in sorted(sums.items()) if minor)


def _names(tx: Tx, one: Connected, ids: Iterable[str]) -> dict[str, str]:
    refs = [Ref(one.id, Kind.CUSTOMER, id) for id in set(ids) if id]
    found = books.records(tx, one.business, refs)
    return {ref.id: record.name for ref, record in found.items() if isinstance(record, Customer)}


def difference_view(one: Difference, names: Mapping[str, str]) -> DifferenceView:
    """A difference as it is shown; `names` are customers' by id."""
    return DifferenceView(
        id=one.id,
        customer_id=one.customer_id,
        customer=names.get(one.customer_id, one.customer_id),
        invoice=one.invoice_id,
        ours=one.ours,
        theirs=one.theirs,
        state=one.state.value,
        note=one.accepted_note or one.note,
        accepted_by=one.accepted_by,
        found_at=one.found_at or datetime.fromtimestamp(0, UTC),
    )


def plan(house: House, business: str) -> PlanView:
    """Today's plan, what is to be sent first, then by amount."""
    now = house.clock.now()
    decided = make_plan(house, business)
    known = ledgers_of(house, business)
    rows = [row for one in decided for row in rows_of(one, now, known)]
    rows.sort(key=lambda row: (SAY_ORDER[row.say], -row.days_late, row.customer, row.number))
    day = now.astimezone(business_zone(house, the_business(house, business))).date()
    return PlanView(day, now, tuple(rows))


def ledgers_of(house: House, business: str) -> Mapping[str, Connected]:
    """The business's connections by id: whoever is several customers has invoices in several of them."""
    return {one.id: one for one in living(house, business)}


def rows_of(one: Decided, now: datetime, ledgers: Mapping[str, Connected]) -> list[PlanRow]:
    """One row for every invoice of a case; `ledgers` are the connections in which they may stand."""
    invoices = {invoice.ref: invoice for invoice in one.case.invoices}
    today = now.astimezone(zone_of(one.case)).date()
    return [
        _row(one, invoices[told.invoice], told, (today, ledgers.get(told.invoice.connection, one.connected)))
        for told in one.decision.verdicts
    ]


def _row(one: Decided, invoice: Invoice, verdict: Verdict, at: tuple[date, Connected]) -> PlanRow:
    today, ledger = at
    return PlanRow(
        connection=one.connected.id,
        ledger=ledger.id,
        company=ledger.label if one.case.known_as else "",
        platform=ledger.platform,
        customer_id=one.case.head.ref.id,
        customer=one.case.head.name,
        invoice_id=invoice.ref.id,
        number=invoice.number,
        open=invoice.open,
        due_on=invoice.due_on,
        days_late=days_late(invoice, today),
        say=verdict.say.value,
        rule=verdict.rule,
        reason=verdict.reason,
        step=verdict.step,
        facts=verdict.facts,
        next_look_on=verdict.next_look_on,
    )
