"""Every table: what the books hold, and what Duewell knew, decided and did.

Each starts its key with the business, but for what is not a business's own: grants (one may serve several),
attempts, leases, people, and the inbox before it is routed.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from storage.columns import at, currency, key, metadata, number, of_connection, perhaps, perhaps_at, sealed, words
from storage.paying_tables import (
    checkout,
    installment_plan,
    lasting_link,
    link,
    link_key,
    movement,
    plan_covered,
    plan_part,
    remittance,
)

__all__ = [
    "checkout",
    "installment_plan",
    "lasting_link",
    "link",
    "link_key",
    "metadata",
    "movement",
    "plan_covered",
    "plan_part",
    "remittance",
]

business = Table(
    "business",
    metadata,
    key("id"),
    words("name"),
    words("settings", "{}"),
    Column("automatic", Boolean, nullable=False),
    at("created_at"),
)

connection = Table(
    "connection",
    metadata,
    key("business_id"),
    key("id"),
    words("platform"),
    words("external_id"),
    words("label"),
    words("role"),
    words("grant_id"),
    words("details", "{}"),
    perhaps("cursor"),
    words("state"),
    words("trouble"),
    perhaps_at("trouble_since"),
    perhaps_at("parked_until"),
    perhaps_at("first_pull_done_at"),
    perhaps_at("last_pull_at"),
    perhaps_at("last_agreed_at"),
    perhaps("company"),
    sealed("webhook_secret", nullable=True),
    at("created_at"),
    perhaps_at("usable_at"),
    UniqueConstraint("id"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
LIVE = text("state <> 'disconnected'")
Index(
    "ix_connection_company",
    connection.c.business_id,
    connection.c.platform,
    connection.c.external_id,
    unique=True,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)
Index("ix_connection_external", connection.c.platform, connection.c.external_id)

grant = Table(
    "grant",
    metadata,
    key("id"),
    words("platform"),
    sealed("sealed"),
    perhaps_at("expires_at"),
    number("generation"),
    words("kind"),
    at("renewed_at"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("state_hash", sealed("state_hash").type, primary_key=True),
    sealed("sealed"),
    at("expires_at"),
    perhaps_at("used_at"),
)

lease = Table("lease", metadata, key("name"), words("holder"), at("until"))


def _records(name: str, *columns: Column[Any]) -> Table:
    """A table of one record kind. A row without a body was gone before it was ever seen."""
    return Table(
        name,
        metadata,
        *of_connection(),
        key("id"),
        at("changed_at"),
        number("version"),
        sealed("hash"),
        at("seen_at"),
        perhaps_at("gone_at"),
        perhaps("became"),
        *columns,
        perhaps("body"),
    )


customer = _records("customer", words("name"), perhaps("parent_id"))
invoice = _records(
    "invoice",
    perhaps("customer_id"),
    words("number"),
    words("status"),
    currency(),
    number("total_minor"),
    number("open_minor"),
    Column("issued_on", Date),
    Column("due_on", Date),
)
payment = _records(
    "payment",
    perhaps("customer_id"),
    words("status"),
    currency(),
    number("amount_minor"),
    number("unapplied_minor"),
    Column("received_on", Date),
)
credit = _records(
    "credit",
    perhaps("customer_id"),
    words("number"),
    words("status"),
    currency(),
    number("amount_minor"),
    number("remaining_minor"),
    Column("issued_on", Date),
)
chargeback = _records(
    "chargeback",
    perhaps("payment_id"),
    words("status"),
    currency(),
    number("amount_minor"),
    Column("opened_on", Date),
)
other_entry = _records(
    "other_entry",
    perhaps("customer_id"),
    currency(),
    number("amount_minor"),
    Column("dated_on", Date),
)
for _table in (invoice, payment, credit, other_entry):
    Index(None, _table.c.business_id, _table.c.connection_id, _table.c.customer_id)
Index(None, customer.c.business_id, customer.c.connection_id, customer.c.parent_id)
Index(None, payment.c.business_id, payment.c.received_on)
UNUSED = text("unapplied_minor <> 0 OR status = 'pending'")
REMAINING = text("remaining_minor <> 0")
for _name, _table, _left in (("payment_unused", payment, UNUSED), ("credit_remaining", credit, REMAINING)):
    _columns = (_table.c.business_id, _table.c.connection_id, _table.c.customer_id)
    Index(f"ix_{_name}", *_columns, sqlite_where=_left, postgresql_where=_left)
OWED = text("status IN ('open', 'uncollectible') AND gone_at IS NULL")
Index(
    "ix_invoice_owed",
    invoice.c.business_id,
    invoice.c.connection_id,
    invoice.c.due_on,
    sqlite_where=OWED,
    postgresql_where=OWED,
)

paid_past = Table(
    "paid_past",
    metadata,
    *of_connection(),
    key("customer_id"),
    number("settled"),
    number("late"),
    number("late_days"),
)

history = Table(
    "history",
    metadata,
    *of_connection(),
    key("kind"),
    key("id"),
    Column("seen_from", at("seen_from").type, primary_key=True),
    at("seen_until"),
    perhaps("belongs_to"),
    Column("gone", Boolean, nullable=False),
    words("body"),
)
Index(None, history.c.business_id, history.c.connection_id, history.c.kind, history.c.belongs_to)

odd = Table("odd", metadata, *of_connection(), key("kind"), key("id"), words("why"), at("seen_at"))

action = Table(
    "action",
    metadata,
    key("business_id"),
    key("id"),
    words("act"),
    words("key"),
    words("debtor"),
    Column("local_day", Date),
    words("connection_id"),
    words("about_kind"),
    words("about_id"),
    words("state"),
    words("payload"),
    at("planned_at"),
    perhaps_at("claimed_at"),
    words("claimed_by"),
    perhaps_at("finished_at"),
    number("attempts"),
    words("receipt"),
    words("reason"),
    UniqueConstraint("business_id", "key"),
    UniqueConstraint("business_id", "debtor", "local_day"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
Index(None, action.c.business_id, action.c.state)

action_on = Table(
    "action_on",
    metadata,
    key("business_id"),
    key("key"),
    words("action_id"),
    words("connection_id"),
    words("invoice_id"),
    words("step"),
    words("occurrence"),
    ForeignKeyConstraint(["business_id", "action_id"], ["action.business_id", "action.id"]),
)
Index(None, action_on.c.business_id, action_on.c.action_id)
Index(None, action_on.c.business_id, action_on.c.connection_id, action_on.c.invoice_id, action_on.c.step)

verdict = Table(
    "verdict",
    metadata,
    *of_connection(),
    key("invoice_id"),
    Column("day", Date, primary_key=True),
    words("verdict"),
    words("reason"),
    words("rule"),
    words("facts", "{}"),
    words("step"),
    Column("next_look_on", Date),
    words("policy"),
)
Index(None, verdict.c.business_id, verdict.c.day)

planning = Table(
    "planning",
    metadata,
    key("business_id"),
    Column("at", at("at").type, primary_key=True, autoincrement=False),
    words("known", "{}"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

difference = Table(
    "difference",
    metadata,
    key("business_id"),
    key("id"),
    words("connection_id"),
    at("found_at"),
    words("customer_id"),
    words("invoice_id"),
    currency(),
    number("ours_minor"),
    number("theirs_minor"),
    words("note"),
    words("state"),
    words("accepted_by"),
    words("accepted_note"),
    perhaps_at("accepted_at"),
    ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"]),
)
Index(None, difference.c.business_id, difference.c.connection_id, difference.c.state)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    words("platform"),
    perhaps("connection_id"),
    words("dedupe"),
    sealed("body"),
    words("headers", "{}"),
    at("received_at"),
    perhaps_at("drained_at"),
    words("outcome"),
    UniqueConstraint("platform", "dedupe"),
)
UNDRAINED = text("drained_at IS NULL")
Index("ix_inbox_undrained", inbox.c.id, sqlite_where=UNDRAINED, postgresql_where=UNDRAINED)

meter = Table(
    "meter",
    metadata,
    *of_connection(),
    Column("day", Date, primary_key=True),
    number("calls"),
    number("sent_bytes"),
    number("received_bytes"),
)

said = Table(
    "said",
    metadata,
    key("business_id"),
    key("id"),
    words("debtor"),
    words("kind"),
    words("connection_id"),
    words("invoice_id"),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
    Column("amount_minor", BigInteger),
    currency(),
    words("note"),
    words("by"),
    at("at"),
    words("channel"),
    words("address"),
    words("way", "ours"),
    Column("review_on", Date),
    words("assigned_to"),
    words("reason"),
    perhaps_at("ended_at"),
    words("ended_by"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
Index(None, said.c.business_id, said.c.debtor)

setting = Table("setting", metadata, key("business_id"), key("name"), words("value"))

person = Table(
    "person",
    metadata,
    key("id"),
    words("name"),
    words("email"),
    words("password_hash"),
    at("created_at"),
    perhaps_at("left_at"),
    UniqueConstraint("email"),
)

membership = Table(
    "membership",
    metadata,
    key("business_id"),
    key("person_id"),
    words("role"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
    ForeignKeyConstraint(["person_id"], ["person.id"]),
)
Index(None, membership.c.person_id)

policy = Table(
    "policy",
    metadata,
    key("business_id"),
    key("scope"),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    words("document"),
    words("note"),
    words("by"),
    at("at"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

approval = Table(
    "approval",
    metadata,
    key("business_id"),
    key("debtor"),
    Column("day", Date, primary_key=True),
    words("state"),
    words("digest"),
    words("edit"),
    words("by"),
    at("at"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

todo = Table(
    "todo",
    metadata,
    key("business_id"),
    key("id"),
    words("key"),
    words("kind"),
    words("title"),
    words("debtor"),
    words("connection_id"),
    words("invoice_id"),
    Column("due_on", Date),
    Column("amount_minor", BigInteger),
    currency(),
    words("assigned_to"),
    words("state"),
    Column("snoozed_to_on", Date),
    words("note"),
    words("by"),
    at("at"),
    words("done_by"),
    perhaps_at("done_at"),
    UniqueConstraint("business_id", "key"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
Index(None, todo.c.business_id, todo.c.state, todo.c.due_on)

wording = Table(
    "wording",
    metadata,
    key("business_id"),
    key("letter"),
    key("language"),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    words("text"),
    words("by"),
    at("at"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

same = Table(
    "same",
    metadata,
    key("business_id"),
    key("kind"),
    key("one"),
    key("other"),
    words("state"),
    words("evidence"),
    words("master"),
    words("by"),
    at("at"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

same_past = Table(
    "same_past",
    metadata,
    key("business_id"),
    key("kind"),
    key("one"),
    key("other"),
    Column("since", at("since").type, primary_key=True, autoincrement=False),
    at("until"),
    words("state"),
    words("master"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
