"""What happens to a small business, told without any platform's words; each twin plays it in its own ledger.

A history is drawn from a seed: the same seed gives the same customers, sales and payments. It is calibrated so that
most customers pay a little late, some very late, and a few in parts.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sandbox.names import email_of, person, phone, place, trading_name

STEP = {"JPY": Decimal(1), "KWD": Decimal("0.001")}


@dataclass(frozen=True, slots=True)
class Party:
    """A customer. `parent` is the key of another party for sub-customers and projects."""

    key: str
    name: str
    contact: str
    email: str
    phone: str
    street: str
    city: str
    region: str
    postcode: str
    country: str
    currency: str
    parent: str = ""
    project: bool = False
    bills_with_parent: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """A new customer."""

    at: datetime
    party: Party


@dataclass(frozen=True, slots=True)
class Sold:
    """An invoice. `deposit` was paid at once and is not a payment of its own (QuickBooks only)."""

    at: datetime
    sale: str
    number: str
    party: str
    amount: Decimal
    currency: str
    issued_on: date
    due_on: date
    emailed: bool = True
    deposit: Decimal = Decimal(0)
    draft: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Paid:
    """Money from a customer; `applied` says to which sales how much, the rest stays unapplied."""

    at: datetime
    payment: str
    party: str
    amount: Decimal
    currency: str
    on: date
    applied: tuple[tuple[str, Decimal], ...]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Credited:
    """A credit note; `applied` as for payments, the rest remains usable."""

    at: datetime
    credit: str
    number: str
    party: str
    amount: Decimal
    currency: str
    on: date
    applied: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Prepaid:
    """Money received before any invoice (Xero: a prepayment or overpayment; elsewhere an unapplied payment)."""

    at: datetime
    prepayment: str
    party: str
    amount: Decimal
    currency: str
    on: date
    over: bool


class Undone(StrEnum):
    """The ways a document is taken back."""

    VOID_SALE = "void_sale"
    DELETE_SALE = "delete_sale"
    VOID_PAYMENT = "void_payment"
    DELETE_PAYMENT = "delete_payment"
    WRITE_OFF = "write_off"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A sale or payment voided, deleted or written off (Stripe: uncollectible)."""

    at: datetime
    what: Undone
    key: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """Part of a payment given back; it does not reopen the invoice."""

    at: datetime
    refund: str
    payment: str
    amount: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class ChargedBack:
    """The payer's bank took a payment back (Stripe only)."""

    at: datetime
    chargeback: str
    payment: str


@dataclass(frozen=True, slots=True)
class Merged:
    """Two customers became one."""

    at: datetime
    loser: str
    survivor: str


@dataclass(frozen=True, slots=True)
class Redated:
    """The due date of a sale was changed."""

    at: datetime
    sale: str
    due_on: date


Happening = Joined | Sold | Paid | Credited | Prepaid | TakenBack | Refunded | ChargedBack | Merged | Redated


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a history is: customers, invoices in all, months back, and the currencies in use (home first)."""

    customers: int = 40
    invoices: int = 240
    months: int = 18
    currencies: tuple[str, ...] = ("USD", "JPY", "KWD")
    country: str = "US"
    prefix: str = "INV-"


class History:
    """Draws happenings in order of time. Call `until` again after the clock moved to get the next ones."""

    def __init__(self, seed: str, shape: Shape, start: datetime) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a play, not a secret
        self._shape = shape
        self._at = start - timedelta(days=30 * shape.months)
        self._gap = timedelta(days=30 * shape.months) / max(1, shape.invoices)
        self._parties: list[Party] = []
        self._numbers = 1000
        self._due: list[tuple[datetime, int, Happening]] = []
        self._count = 0
        self._open: dict[str, Decimal] = {}
        self._merged: set[str] = set()
        self._buying: list[Party] = []

    def until(self, moment: datetime) -> Iterator[Happening]:
        """Everything that happens up to `moment`, oldest first."""
        if not self._parties:
            yield from self._join_all()
        while self._at <= moment:
            self._plan_sale(self._at)
            yield from self._due_until(self._at)
            self._at += self._gap * self._random.uniform(0.6, 1.4)
        yield from self._due_until(moment)

    def _due_until(self, moment: datetime) -> list[Happening]:
        ready: list[Happening] = []
        while self._due and self._due[0][0] <= moment:
            ready.append(heapq.heappop(self._due)[2])
        return ready

    def _later(self, at: datetime, happening: Happening) -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, happening))

    def _join_all(self) -> list[Joined]:
        joined: list[Joined] = []
        for index in range(self._shape.customers):
            party = self._draw_party(index)
            self._parties.append(party)
            joined.append(Joined(self._at - timedelta(hours=2) + timedelta(seconds=index // 3), party))
        self._buying = list(self._parties)
        return joined

    def _draw_party(self, index: int) -> Party:
        draw = self._random
        name, contact = trading_name(index), person(draw)
        where = place(draw, self._shape.country)
        foreign = self._shape.currencies[1:] if index % 9 == 8 else ()
        parent = self._parties[-1] if index % 12 == 5 and not self._parties[-1].parent else None
        return Party(
            key=f"p{index}",
            name=f"{name} {index}" if index >= 400 else name,
            contact=contact,
            email=email_of(contact, name),
            phone=phone(draw, self._shape.country),
            street=f"{draw.randrange(1, 400)} {where.street}",
            city=where.city,
            region=where.region,
            postcode=where.postcode,
            country=self._shape.country,
            currency=parent.currency if parent else draw.choice(foreign or self._shape.currencies[:1]),
            parent=parent.key if parent else "",
            project=bool(parent) and index % 24 == 5,
            bills_with_parent=bool(parent),
        )

    def _plan_sale(self, at: datetime) -> None:
        draw = self._random
        party = draw.choice(self._buying)
        self._numbers += 1
        amount = self._amount(party.currency)
        issued_on = at.date()
        sale = Sold(
            at=at,
            sale=f"s{self._numbers}",
            number=f"{self._shape.prefix}{self._numbers}",
            party=party.key,
            amount=amount,
            currency=party.currency,
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=draw.choice((14, 30, 30, 30, 45))),
            emailed=draw.random() < 0.9,
            deposit=self._share(amount, party.currency, 10) if draw.random() < 0.04 else Decimal(0),
            draft=draw.random() < 0.03,
            automatic=draw.random() < 0.06,
        )
        self._later(at, sale)
        if sale.draft:
            return
        self._plan_fate(sale, amount - sale.deposit)
        if draw.random() < 0.03:
            redated_at = at + timedelta(days=3)
            self._later(redated_at, Redated(redated_at, sale.sale, sale.due_on + timedelta(days=7)))
        if self._numbers % 90 == 0:
            self._plan_merge(at)

    def _plan_merge(self, at: datetime) -> None:
        """Two customers without family turn out to be one; the loser buys nothing any more."""
        taken = {one.parent for one in self._parties} | self._merged
        alone = [one for one in self._parties if not one.parent and one.key not in taken]
        home = [one for one in alone if one.currency == self._shape.currencies[0]]
        if len(home) > 4:
            loser, survivor = self._random.sample(home, 2)
            self._merged.add(loser.key)
            self._buying.remove(loser)
            self._later(at + timedelta(days=1), Merged(at + timedelta(days=1), loser.key, survivor.key))

    def _plan_fate(self, sale: Sold, owed: Decimal) -> None:
        """Decide once how the sale ends: most are paid late-ish, some in parts, some credited, voided or never."""
        draw = self._random
        fate = draw.random()
        due_at = sale.at + (sale.due_on - sale.issued_on) * 1.0
        late = timedelta(days=draw.gauss(9, 12))
        paid_at = max(sale.at + timedelta(hours=5), due_at + late)
        if fate < 0.70:
            self._pay(sale, owed, paid_at)
        elif fate < 0.80:
            self._pay_in_parts(sale, owed, paid_at)
        elif fate < 0.85:
            self._credit(sale, owed, paid_at)
        elif fate < 0.93:
            self._pay(sale, owed, paid_at + timedelta(days=draw.randrange(45, 120)))
        else:
            self._plan_odd_end(sale, owed, paid_at)

    def _plan_odd_end(self, sale: Sold, owed: Decimal, at: datetime) -> None:
        draw = self._random
        end = draw.choice(("void", "delete", "write_off", "bounce", "over", "never", "never", "refund", "chargeback"))
        if end in ("void", "delete", "write_off"):
            what = {"void": Undone.VOID_SALE, "delete": Undone.DELETE_SALE, "write_off": Undone.WRITE_OFF}[end]
            self._later(at, TakenBack(at, what, sale.sale))
        elif end == "bounce":
            payment = self._pay(sale, owed, at)
            back = at + timedelta(days=4)
            self._later(back, TakenBack(back, draw.choice((Undone.VOID_PAYMENT, Undone.DELETE_PAYMENT)), payment))
        elif end == "over":
            self._pay(sale, owed, at)
            extra = self._share(owed, sale.currency, 20)
            self._prepay(sale, extra, at + timedelta(days=1))
        elif end in ("refund", "chargeback"):
            payment = self._pay(sale, owed, at)
            self._give_back(sale, payment, at + timedelta(days=6), end=end)

    def _give_back(self, sale: Sold, payment: str, at: datetime, *, end: str) -> None:
        if end == "refund":
            part = self._share(sale.amount - sale.deposit, sale.currency, 30)
            self._later(at, Refunded(at, f"r{payment}", payment, part, at.date()))
        else:
            self._later(at, ChargedBack(at, f"d{payment}", payment))

    def _pay(self, sale: Sold, amount: Decimal, at: datetime) -> str:
        self._count += 1
        key = f"y{self._count}"
        applied = ((sale.sale, amount),)
        paid = Paid(at, key, sale.party, amount, sale.currency, at.date(), applied, f"REF{self._count}")
        self._later(at, paid)
        return key

    def _pay_in_parts(self, sale: Sold, owed: Decimal, at: datetime) -> None:
        first = self._share(owed, sale.currency, 40)
        self._pay(sale, first, at)
        if self._random.random() < 0.85:
            self._pay(sale, owed - first, at + timedelta(days=self._random.randrange(10, 60)))

    def _credit(self, sale: Sold, owed: Decimal, at: datetime) -> None:
        self._numbers += 1
        part = self._share(owed, sale.currency, 25)
        kept = self._share(part, sale.currency, 50) if self._random.random() < 0.3 else Decimal(0)
        applied = ((sale.sale, part - kept),)
        credit = Credited(
            at, f"c{self._numbers}", f"CN-{self._numbers}", sale.party, part, sale.currency, at.date(), applied
        )
        self._later(at, credit)
        self._pay(sale, owed - (part - kept), at + timedelta(days=2))

    def _prepay(self, sale: Sold, amount: Decimal, at: datetime) -> None:
        self._count += 1
        over = self._random.random() < 0.5
        self._later(at, Prepaid(at, f"o{self._count}", sale.party, amount, sale.currency, at.date(), over))

    def _amount(self, currency: str) -> Decimal:
        step = STEP.get(currency, Decimal("0.01"))
        scale = Decimal(100) if currency == "JPY" else Decimal(1)
        units = Decimal(str(round(self._random.lognormvariate(6.6, 0.9), 3)))
        return max(step * 1000, (units * scale).quantize(step))

    def _share(self, amount: Decimal, currency: str, percent: int) -> Decimal:
        step = STEP.get(currency, Decimal("0.01"))
        return max(step, (amount * percent / 100).quantize(step))
