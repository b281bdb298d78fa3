"""Policies by business and customer: every version that ever held, with who wrote it, when and why. Only ever added."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_into

SHIPPED = "base"
"""The scope of what the configuration says; it is kept as well, so that a past day can be judged as it was."""
BUSINESS = "business"
CUSTOMER = "customer:"
TERMS_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """One version of one layer. `document` is the text of the file, as it was written."""

    scope: str
    version: int
    document: str
    note: str
    by: str
    at: datetime

    @property
    def debtor(self) -> str:
        """Whose layer it is; empty when it is not a customer's."""
        return self.scope.removeprefix(CUSTOMER) if self.scope.startswith(CUSTOMER) else ""


def scope_of(debtor: str) -> str:
    """Where a customer's own layers are kept."""
    return f"{CUSTOMER}{debtor}"


def add_policy(tx: Tx, business: str, fresh: KeptPolicy) -> bool:
    """Keep a new version; False, and nothing kept, when there is one of that number already."""
    row = {
        "business_id": business,
        "scope": fresh.scope,
        "version": fresh.version,
        "document": fresh.document,
        "note": fresh.note,
        "by": fresh.by,
        "at": fresh.at,
    }
    statement = insert_into(tx, tables.policy).values(row).on_conflict_do_nothing()
    return tx.execute(statement.returning(tables.policy.c.version)).scalar() is not None


def policies_in_force(tx: Tx, business: str, *, as_of: datetime | None = None) -> dict[str, KeptPolicy]:
    """The last version of every layer by scope, as it was at an instant or (None) as it is."""
    table = tables.policy
    last = select(table.c.scope, func.max(table.c.version).label("version")).where(table.c.business_id == business)
    last = last if as_of is None else last.where(table.c["at"] <= as_of)
    newest = last.group_by(table.c.scope).subquery()
    same = (table.c.scope == newest.c.scope) & (table.c.version == newest.c.version)
    wanted = select(table).join(newest, same).where(table.c.business_id == business)
    return {row.scope: _kept(row) for row in tx.execute(wanted)}


def policy_versions(tx: Tx, business: str, scope: str | None = None) -> list[KeptPolicy]:
    """Every version of one layer, or of all of them, newest first."""
    table = tables.policy
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted if scope is None else wanted.where(table.c.scope == scope)
    return [_kept(row) for row in tx.execute(wanted.order_by(table.c["at"].desc(), table.c.version.desc()))]


def policy_version(tx: Tx, business: str, scope: str, version: int) -> KeptPolicy | None:
    """One version of one layer."""
    table = tables.policy
    mine = (table.c.business_id == business, table.c.scope == scope, table.c.version == version)
    row = tx.execute(select(table).where(*mine)).one_or_none()
    return None if row is None else _kept(row)


def steps_done(tx: Tx, business: str) -> dict[str, int]:
    """For how many invoices each step was done, or may have been."""
    table = tables.action_on
    each = select(table.c.step, table.c.connection_id, table.c.invoice_id).where(table.c.business_id == business)
    once = each.where(table.c.step != "").distinct().subquery()
    found = tx.execute(select(once.c.step, func.count()).group_by(once.c.step).order_by(once.c.step))
    return {step: int(count) for step, count in found}


def usual_terms(tx: Tx, business: str) -> int | None:
    """How many days this business usually gives: the commonest among the open invoices that fall due last."""
    table = tables.invoice
    dated = (table.c.due_on.is_not(None), table.c.issued_on.is_not(None))
    wanted = select(table.c.issued_on, table.c.due_on).where(table.c.business_id == business, tables.OWED, *dated)
    last = tx.execute(wanted.order_by(table.c.due_on.desc()).limit(TERMS_LOOKED_AT))
    days = Counter((row.due_on - row.issued_on).days for row in last if row.due_on >= row.issued_on)
    return max(days, key=lambda count: (days[count], -count), default=None)


def _kept(row: AnyRow) -> KeptPolicy:
    return KeptPolicy(row.scope, row.version, row.document, row.note, row.by, row.at)
