"""The first tables: the books, and what Duewell knew, decided and did."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _words(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _perhaps(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=True)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _currency() -> sa.Column[Any]:
    return sa.Column("currency", sa.String(3), nullable=False, server_default="")


def _at(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, primary_key=primary_key)


def _day(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable, primary_key=primary_key)


def _to_business() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["business_id"], ["business.id"])


def _to_connection() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"])


def _partial(name: str, table: str, columns: list[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    """From nothing."""
    _businesses()
    _connections()
    _locks()
    _people_and_money_owed()
    _money_received()
    _past()
    _actions()
    _judgements()
    _deliveries()
    _words_of_people()


def _businesses() -> None:
    op.create_table(
        "business",
        _key("id"),
        _words("name"),
        _words("settings", "{}"),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        _at("created_at"),
    )
    op.create_table("setting", _key("business_id"), _key("name"), _words("value"))
    op.create_table(
        "owner",
        _key("id"),
        _words("name"),
        _words("email"),
        _words("password_hash"),
        _at("created_at"),
        sa.UniqueConstraint("email"),
    )


def _connections() -> None:
    op.create_table(
        "connection",
        _key("business_id"),
        _key("id"),
        *(_words(name) for name in ("platform", "external_id", "label", "role", "grant_id")),
        _words("details", "{}"),
        _perhaps("cursor"),
        _words("state"),
        _words("trouble"),
        _at("trouble_since", nullable=True),
        _at("parked_until", nullable=True),
        _at("first_pull_done_at", nullable=True),
        _at("last_pull_at", nullable=True),
        _at("last_agreed_at", nullable=True),
        _perhaps("company"),
        _bytes("webhook_secret", nullable=True),
        _at("created_at"),
        sa.UniqueConstraint("id"),
        _to_business(),
    )
    company = ["business_id", "platform", "external_id"]
    _partial("ix_connection_company", "connection", company, where="state <> 'disconnected'", unique=True)
    op.create_index("ix_connection_external", "connection", ["platform", "external_id"])


def _locks() -> None:
    op.create_table(
        "grant",
        _key("id"),
        _words("platform"),
        _bytes("sealed"),
        _at("expires_at", nullable=True),
        _number("generation"),
        _words("kind"),
        _at("renewed_at"),
    )
    op.create_table(
        "attempt",
        _bytes("state_hash", primary_key=True),
        _bytes("sealed"),
        _at("expires_at"),
        _at("used_at", nullable=True),
    )
    op.create_table("lease", _key("name"), _words("holder"), _at("until"))


def _records(name: str, belongs_to: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        _key("business_id"),
        _key("connection_id"),
        _to_connection(),
        _key("id"),
        _at("changed_at"),
        _number("version"),
        _bytes("hash"),
        _at("seen_at"),
        _at("gone_at", nullable=True),
        _perhaps("became"),
        *columns,
        _perhaps("body"),
    )
    if belongs_to:
        _index(name, "business_id", "connection_id", belongs_to)


def _people_and_money_owed() -> None:
    _records("customer", "parent_id", _words("name"), _perhaps("parent_id"))
    _records(
        "invoice",
        "customer_id",
        _perhaps("customer_id"),
        _words("number"),
        _words("status"),
        _currency(),
        _number("total_minor"),
        _number("open_minor"),
        _day("issued_on"),
        _day("due_on"),
    )
    owed = "status IN ('open', 'uncollectible') AND gone_at IS NULL"
    _partial("ix_invoice_owed", "invoice", ["business_id", "connection_id", "due_on"], where=owed)
    entry = (_perhaps("customer_id"), _currency(), _number("amount_minor"), _day("dated_on"))
    _records("other_entry", "customer_id", *entry)


def _money_received() -> None:
    _records(
        "payment",
        "customer_id",
        _perhaps("customer_id"),
        _words("status"),
        _currency(),
        _number("amount_minor"),
        _number("unapplied_minor"),
        _day("received_on"),
    )
    _records(
        "credit",
        "customer_id",
        _perhaps("customer_id"),
        _words("number"),
        _words("status"),
        _currency(),
        _number("amount_minor"),
        _number("remaining_minor"),
        _day("issued_on"),
    )
    attack = (_perhaps("payment_id"), _words("status"), _currency(), _number("amount_minor"), _day("opened_on"))
    _records("chargeback", "", *attack)


def _past() -> None:
    op.create_table(
        "history",
        _key("business_id"),
        _key("connection_id"),
        _to_connection(),
        _key("kind"),
        _key("id"),
        _at("seen_from", primary_key=True),
        _at("seen_until"),
        _perhaps("belongs_to"),
        sa.Column("gone", sa.Boolean(), nullable=False),
        _words("body"),
    )
    _index("history", "business_id", "connection_id", "kind", "belongs_to")
    op.create_table(
        "odd",
        _key("business_id"),
        _key("connection_id"),
        _to_connection(),
        _key("kind"),
        _key("id"),
        _words("why"),
        _at("seen_at"),
    )


def _actions() -> None:
    op.create_table(
        "action",
        _key("business_id"),
        _key("id"),
        _words("act"),
        _words("key"),
        _words("debtor"),
        _day("local_day"),
        *(_words(name) for name in ("connection_id", "about_kind", "about_id", "state", "payload")),
        _at("planned_at"),
        _at("claimed_at", nullable=True),
        _words("claimed_by"),
        _at("finished_at", nullable=True),
        _number("attempts"),
        _words("receipt"),
        _words("reason"),
        sa.UniqueConstraint("business_id", "key"),
        sa.UniqueConstraint("business_id", "debtor", "local_day"),
        _to_business(),
    )
    _index("action", "business_id", "state")
    op.create_table(
        "action_on",
        _key("business_id"),
        _key("key"),
        *(_words(name) for name in ("action_id", "connection_id", "invoice_id", "step", "occurrence")),
        sa.ForeignKeyConstraint(["business_id", "action_id"], ["action.business_id", "action.id"]),
    )
    _index("action_on", "business_id", "action_id")
    _index("action_on", "business_id", "connection_id", "invoice_id")


def _judgements() -> None:
    op.create_table(
        "verdict",
        _key("business_id"),
        _key("connection_id"),
        _to_connection(),
        _key("invoice_id"),
        sa.Column("day", sa.Date(), primary_key=True),
        *(_words(name) for name in ("verdict", "reason", "rule")),
        _words("facts", "{}"),
        _words("step"),
        _day("next_look_on"),
    )
    _index("verdict", "business_id", "day")
    op.create_table(
        "difference",
        _key("business_id"),
        _key("id"),
        _words("connection_id"),
        _at("found_at"),
        _words("customer_id"),
        _words("invoice_id"),
        _currency(),
        _number("ours_minor"),
        _number("theirs_minor"),
        *(_words(name) for name in ("note", "state", "accepted_by", "accepted_note")),
        _at("accepted_at", nullable=True),
        _to_connection(),
    )
    _index("difference", "business_id", "connection_id", "state")


def _deliveries() -> None:
    small = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "inbox",
        sa.Column("id", small, primary_key=True, autoincrement=True),
        _words("platform"),
        _perhaps("connection_id"),
        _words("dedupe"),
        _bytes("body"),
        _words("headers", "{}"),
        _at("received_at"),
        _at("drained_at", nullable=True),
        _words("outcome"),
        sa.UniqueConstraint("platform", "dedupe"),
    )
    _partial("ix_inbox_undrained", "inbox", ["id"], where="drained_at IS NULL")
    op.create_table(
        "meter",
        _key("business_id"),
        _key("connection_id"),
        _to_connection(),
        sa.Column("day", sa.Date(), primary_key=True),
        _number("calls"),
        _number("sent_bytes"),
        _number("received_bytes"),
    )


def _words_of_people() -> None:
    op.create_table(
        "said",
        _key("business_id"),
        _key("id"),
        *(_words(name) for name in ("debtor", "kind", "connection_id", "invoice_id")),
        _day("from_on", nullable=False),
        _day("until_on"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        _currency(),
        _words("note"),
        _words("by"),
        _at("at"),
        _to_business(),
    )
    _index("said", "business_id", "debtor")
