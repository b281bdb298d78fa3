"""What a business charges for lateness, as its people chose it, and what its invoices bear under that."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from collector.charges import bearing as charges
from collector.charges.bearing import Agreed, Basis, Borne, Charging, Moment, bear
from collector.charges.interest import Per, Terms
from collector.charges.posting import posted_of
from collector.wording.writing import Late
from duewell.businesses import living, the_business, zone_of
from duewell.charging_to import PostedTo, every_posted_to
from duewell.finding import today_of, whole_case
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.case import Case
from receivables.money import Money, TooPrecise
from receivables.records import Invoice, Ref
from storage.charges import posted_charges
from storage.database import Tx
from storage.settings import set_setting, setting

CHARGES = "charges"
PERCENT_MAX = Decimal(100)
GRACE_MAX = 365
PER = {"year": Per.YEAR, "month": Per.MONTH}


@dataclass(frozen=True, slots=True)
class ChargingView:
    """What the page of settings shows."""

    charging: Charging
    by: str
    currency: str
    posted_to: tuple[PostedTo, ...]

    @property
    def latest(self) -> Agreed | None:
        """The terms of an invoice that is issued today."""
        return self.charging.agreed[-1] if self.charging.agreed else None


# --- what a business charges ----------------------------------------------------------------------------------------


def charging_of(tx: Tx, business: str) -> Charging:
    """As it stands now; nothing is charged before somebody has chosen."""
    told = json.loads(setting(tx, business, CHARGES, "{}"))
    return Charging(Basis(told.get("basis", Basis.NONE)), tuple(_agreed(one) for one in told.get("agreed", ())))


def _agreed(told: Mapping[str, str]) -> Agreed:
    flat = Money.of(Decimal(told["flat"]), told["currency"]) if told["flat"] else None
    first = date.fromisoformat(told["from"])
    version = f"of {first:%-d %B %Y}"
    return Agreed(
        first, Terms(Decimal(told["percent"]), PER[told["per"]], flat, int(told["grace"]), charges.COMMERCIAL, version)
    )


def charging_view(house: House, business: str) -> ChargingView:
    """What is charged, and where it would be posted to."""
    with house.database.read() as tx:
        by = json.loads(setting(tx, business, CHARGES, "{}")).get("by", "")
        return ChargingView(
            charging_of(tx, business), by, _currency(house, business), every_posted_to(house, tx, business)
        )


def set_charging(house: House, business: str, told: Mapping[str, str], *, by: str) -> None:
    """Choose `basis`; for the credit policy also `percent`, `per`, `flat` and `grace_days`, all as they were typed.

    Terms hold for the invoices issued from today on: those before came under what held then. Raises Refused.
    """
    if told.get("basis", "") not in list(Basis):
        raise Refused("Choose what is asked for: nothing, what the law gives, or what the credit policy says.")
    basis, today = Basis(told["basis"]), today_of(house, business)
    fresh = _typed(told, _currency(house, business), today) if basis is Basis.POLICY else None
    with house.database.write() as tx:
        known = json.loads(setting(tx, business, CHARGES, "{}")).get("agreed", [])
        if fresh and not (known and _but_the_day(known[-1]) == _but_the_day(fresh)):
            known = [*(one for one in known if one["from"] != fresh["from"]), fresh]
        kept = {"basis": basis.value, "agreed": known, "by": by}
        set_setting(tx, business, CHARGES, json.dumps(kept, ensure_ascii=False))


def _but_the_day(told: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in told.items() if name != "from"}


def _typed(told: Mapping[str, str], currency: str, today: date) -> dict[str, str]:
    percent = _number(told.get("percent", ""), "The percentage", PERCENT_MAX)
    flat = _number(told.get("flat", ""), "The late fee", Decimal(10) ** 6)
    grace = told.get("grace_days", "").strip() or "0"
    if not grace.isdecimal() or int(grace) > GRACE_MAX:
        raise Refused(f"The days of grace must be a whole number from 0 to {GRACE_MAX}, not {grace[:20]!r}.")
    if told.get("per", "year") not in PER:
        raise Refused("A percentage is of a year or of a month; choose one of them.")
    if not percent and not flat:
        raise Refused("The credit policy needs a percentage, a late fee, or both; write at least one of them.")
    try:
        Money.of(flat, currency)
    except TooPrecise:
        raise Refused(f"The late fee, {flat}, is no sum in {currency}; write it with fewer decimals.") from None
    per, fee = told.get("per", "year"), str(flat) if flat else ""
    return {
        "from": today.isoformat(),
        "percent": str(percent),
        "per": per,
        "flat": fee,
        "currency": currency,
        "grace": str(int(grace)),
    }


def _number(text: str, what: str, most: Decimal) -> Decimal:
    plain = text.strip().rstrip("%").strip().replace(",", ".")
    try:
        number = Decimal(plain or "0")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= most:
        raise Refused(f"{what} must be a number from 0 to {most:,f}, such as 8.5, not {text.strip()[:20]!r}.")
    return number


def _currency(house: House, business: str) -> str:
    return next((one.company.base_currency for one in living(house, business) if one.company), "") or "USD"


# --- what invoices bear ---------------------------------------------------------------------------------------------


def borne_by(
    house: House, business: str, customer: Ref, *, only: Iterable[Ref] | None = None
) -> tuple[list[Borne], Case]:
    """What the customer's invoices bear up to and with yesterday, in the order of their days; those named, or all
    that are owed and those of which something was said or posted. Raises NotThere."""
    case, _ = whole_case(house, business, customer)
    with house.database.read() as tx:
        charging, posted = charging_of(tx, business), list(posted_of(posted_charges(tx, business)))
    named = None if only is None else set(only)
    spoken = {one.of for one in posted} | {one.invoice for one in case.said if one.kind in charges.STANCES}
    known = case.counted() if named is None else case.invoices
    chosen = [one for one in known if (one.owing or one.ref in spoken if named is None else one.ref in named)]
    moment = _moment(house, business, case)
    found = [bear(case, one, charging, moment, posted=posted) for one in _in_order(chosen)]
    return found, case


def _moment(house: House, business: str, case: Case) -> Moment:
    zone = zone_of(house, the_business(house, business))
    term = house.ruling(business)(case).due_on_receipt_days
    return Moment(today_of(house, business), house.clock.now(), zone, term)


def _in_order(invoices: Iterable[Invoice]) -> list[Invoice]:
    return sorted(invoices, key=lambda one: (one.due_on or date.max, one.number))


def borne_of(house: House, business: str, invoice: Invoice) -> tuple[Borne, Case]:
    """What one invoice bears, with its customer's case."""
    found, case = borne_by(house, business, invoice.customer, only=[invoice.ref])
    if not found:
        raise NotThere("this invoice is no longer in the books")
    return found[0], case


def late_of(house: House, business: str, case: Case, invoices: Sequence[Invoice]) -> Late | None:
    """What a message about these invoices tells beside its sums; None where the policy does not say so, nothing is
    borne, or it cannot be worked out."""
    if not house.ruling(business)(case).show_interest:
        return None
    found, _ = borne_by(house, business, case.head.ref, only=[invoice.ref for invoice in invoices])
    sums = tuple(charges.sums(found).values())
    return Late(last_day(found[0]), sums) if sums else None


def last_day(borne: Borne) -> date:
    """The last day that is reckoned in."""
    return borne.until_on - timedelta(days=1)
