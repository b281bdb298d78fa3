"""Why each invoice was sent, held or skipped on each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from receivables.records import Kind, Ref
from storage import tables
from storage.bulk import PlainRow, put_rows
from storage.database import AnyRow, Tx
from storage.dialects import among


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """One day's answer for one invoice. `facts` is JSON text; `next_look_on` is when the answer may change; `policy`
    is the version that was in force."""

    invoice: Ref
    day: date
    verdict: str
    reason: str
    rule: str = ""
    facts: str = "{}"
    step: str = ""
    next_look_on: date | None = None
    policy: str = ""


def keep_verdicts(tx: Tx, business: str, verdicts: Sequence[KeptVerdict]) -> None:
    """Keep the day's answers, the last one of each invoice and day; equal ones are not written again."""
    last = {(one.invoice, one.day): one for one in verdicts}
    put_rows(tx, tables.verdict, [_row(business, verdict) for verdict in last.values()], only_changed=True)


def verdicts(
    tx: Tx, business: str, *, day: date | None = None, invoice: Ref | None = None, connection: str = ""
) -> list[KeptVerdict]:
    """Answers, newest day first; every condition that is given must hold."""
    table = tables.verdict
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted.where(table.c.day == day) if day else wanted
    wanted = wanted.where(table.c.connection_id == connection) if connection else wanted
    if invoice:
        wanted = wanted.where(table.c.connection_id == invoice.connection, table.c.invoice_id == invoice.id)
    newest_first = wanted.order_by(table.c.day.desc(), table.c.connection_id, table.c.invoice_id)
    return [_verdict(row) for row in tx.execute(newest_first)]


def verdicts_between(
    tx: Tx, business: str, connection: str, invoices: Sequence[str], *, since: date, until: date
) -> list[KeptVerdict]:
    """Answers about these invoices, from `since` up to and with `until`, in the order of the days."""
    table = tables.verdict
    mine = (table.c.business_id == business, table.c.connection_id == connection)
    wanted = select(table).where(*mine, among(tx, table.c.invoice_id, invoices))
    wanted = wanted.where(table.c.day >= since, table.c.day <= until).order_by(table.c.day, table.c.invoice_id)
    return [_verdict(row) for row in tx.execute(wanted)]


def _row(business: str, verdict: KeptVerdict) -> PlainRow:
    """In the order of the table's columns."""
    return (
        business,
        verdict.invoice.connection,
        verdict.invoice.id,
        verdict.day.isoformat(),
        verdict.verdict,
        verdict.reason,
        verdict.rule,
        verdict.facts,
        verdict.step,
        verdict.next_look_on.isoformat() if verdict.next_look_on else None,
        verdict.policy,
    )


def _verdict(row: AnyRow) -> KeptVerdict:
    return KeptVerdict(
        invoice=Ref(row.connection_id, Kind.INVOICE, row.invoice_id),
        day=row.day,
        verdict=row.verdict,
        reason=row.reason,
        rule=row.rule,
        facts=row.facts,
        step=row.step,
        next_look_on=row.next_look_on,
        policy=row.policy,
    )
