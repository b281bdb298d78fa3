"""People with roles, policies, approvals, to-dos, wordings, who is the same as whom, and more of what people say."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _words(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False)


def _to_business() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["business_id"], ["business.id"])


def upgrade() -> None:
    """What a person owned, they own still."""
    _people()
    _policies_and_approvals()
    _todos()
    _paid_past()
    _plannings()
    _wordings_and_likenesses()
    for name in ("channel", "address", "assigned_to", "reason"):
        op.add_column("said", _words(name))
    op.add_column("said", _words("way", "ours"))
    op.add_column("said", sa.Column("review_on", sa.Date()))
    op.add_column("said", _at("ended_at", nullable=True))
    op.add_column("said", _words("ended_by"))
    op.add_column("verdict", _words("policy"))


def _people() -> None:
    op.create_table(
        "person",
        _key("id"),
        _words("name"),
        _words("email"),
        _words("password_hash"),
        _at("created_at"),
        _at("left_at", nullable=True),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "membership",
        _key("business_id"),
        _key("person_id"),
        _words("role"),
        _to_business(),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"])
    op.execute(
        "INSERT INTO person (id, name, email, password_hash, created_at)"
        " SELECT id, name, email, password_hash, created_at FROM owner"
    )
    op.execute(
        "INSERT INTO membership (business_id, person_id, role)"
        " SELECT business.id, person.id, 'owner' FROM business CROSS JOIN person"
    )
    op.drop_table("owner")


def _policies_and_approvals() -> None:
    op.create_table(
        "policy",
        _key("business_id"),
        _key("scope"),
        _version(),
        _words("document"),
        _words("note"),
        _words("by"),
        _at("at"),
        _to_business(),
    )
    op.create_table(
        "approval",
        _key("business_id"),
        _key("debtor"),
        sa.Column("day", sa.Date(), primary_key=True),
        _words("state"),
        _words("digest"),
        _words("edit"),
        _words("by"),
        _at("at"),
        _to_business(),
    )


def _plannings() -> None:
    op.create_table(
        "planning",
        _key("business_id"),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        _words("known", "{}"),
        _to_business(),
    )


def _paid_past() -> None:
    op.create_table(
        "paid_past",
        _key("business_id"),
        _key("connection_id"),
        _key("customer_id"),
        _number("settled"),
        _number("late"),
        _number("late_days"),
        sa.ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"]),
    )
    op.drop_index("ix_action_on_business_id_connection_id_invoice_id", "action_on")
    columns = ["business_id", "connection_id", "invoice_id", "step"]
    op.create_index("ix_action_on_business_id_connection_id_invoice_id_step", "action_on", columns)
    op.create_index("ix_payment_business_id_received_on", "payment", ["business_id", "received_on"])
    for name, table, left in (
        ("ix_payment_unused", "payment", "unapplied_minor <> 0 OR status = 'pending'"),
        ("ix_credit_remaining", "credit", "remaining_minor <> 0"),
    ):
        columns = ["business_id", "connection_id", "customer_id"]
        op.create_index(name, table, columns, sqlite_where=sa.text(left), postgresql_where=sa.text(left))


def _todos() -> None:
    op.create_table(
        "todo",
        _key("business_id"),
        _key("id"),
        _words("key"),
        _words("kind"),
        _words("title"),
        _words("debtor"),
        _words("connection_id"),
        _words("invoice_id"),
        sa.Column("due_on", sa.Date()),
        sa.Column("amount_minor", sa.BigInteger()),
        sa.Column("currency", sa.String(3), nullable=False, server_default=""),
        _words("assigned_to"),
        _words("state"),
        sa.Column("snoozed_to_on", sa.Date()),
        _words("note"),
        _words("by"),
        _at("at"),
        _words("done_by"),
        _at("done_at", nullable=True),
        sa.UniqueConstraint("business_id", "key"),
        _to_business(),
    )
    op.create_index("ix_todo_business_id_state_due_on", "todo", ["business_id", "state", "due_on"])


def _wordings_and_likenesses() -> None:
    op.create_table(
        "wording",
        _key("business_id"),
        _key("letter"),
        _key("language"),
        _version(),
        _words("text"),
        _words("by"),
        _at("at"),
        _to_business(),
    )
    op.create_table(
        "same",
        _key("business_id"),
        _key("kind"),
        _key("one"),
        _key("other"),
        _words("state"),
        _words("evidence"),
        _words("master"),
        _words("by"),
        _at("at"),
        _to_business(),
    )
    op.create_table(
        "same_past",
        _key("business_id"),
        _key("kind"),
        _key("one"),
        _key("other"),
        sa.Column("since", sa.BigInteger(), primary_key=True, autoincrement=False),
        _at("until"),
        _words("state"),
        _words("master"),
        _to_business(),
    )
