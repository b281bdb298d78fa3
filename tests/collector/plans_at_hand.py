"""A plan that is easily made: Ann's invoice in four parts of 25 dollars, a week apart."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from receivables.case import Case
from receivables.plans import Agreement, Covered, InstallmentPlan, Part, PlanState, Progress
from receivables.records import Invoice
from tests.collector.cases_at_hand import DEBTOR, NOW, case, days, invoice, usd

AGREED = Agreement("Ann", NOW - timedelta(days=30), "phone", "Four parts of 25.00 USD …")


def plan(first_in: int, *invoices: Invoice, count: int = 4, **changed: Any) -> InstallmentPlan:
    """Parts a week apart, the first in so many days, over all that was open of the invoices."""
    owed = invoices or (invoice(),)
    total = usd(sum(one.open.minor for one in owed))
    sums = total.allocate([1] * count)
    parts = tuple(Part(at + 1, days(first_in + 7 * at), amount) for at, amount in enumerate(sums))
    covered = tuple(Covered(one.ref, one.open, usd(0)) for one in owed)
    made = InstallmentPlan("p1", DEBTOR, covered, parts, state=PlanState.ACTIVE, agreement=AGREED)
    return replace(made, **changed)


def in_parts(first_in: int, *invoices: Invoice, paid: int = 0, coming: int = 0, **changed: Any) -> Case:
    """The case of whoever pays these invoices by such a plan."""
    owed = invoices or (invoice(),)
    made = plan(first_in, *owed, **changed)
    return case(*owed, plans=(Progress(made, usd(paid), usd(coming)),))
