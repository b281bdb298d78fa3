"""Plans in parts, payers' links, and the checkouts that were opened for them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _words(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _currency() -> sa.Column[Any]:
    return sa.Column("currency", sa.String(3), nullable=False, server_default="")


def _sealed() -> sa.Column[Any]:
    return sa.Column("sealed", sa.LargeBinary(), nullable=False)


def _to_business() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["business_id"], ["business.id"])


def upgrade() -> None:
    """Nothing that was is touched."""
    _plans()
    _links()
    _checkouts()
    _lasting_links()
    _movements()


def _plans() -> None:
    op.create_table(
        "installment_plan",
        _key("business_id"),
        _key("id"),
        _words("debtor"),
        _words("state"),
        _currency(),
        _number("forgiven_minor"),
        _number("cure_days"),
        _words("proposed_by"),
        _at("proposed_at"),
        _words("agreed_by"),
        _at("agreed_at", nullable=True),
        _words("agreed_way"),
        _words("agreed_words"),
        _at("broken_at", nullable=True),
        _at("cured_at", nullable=True),
        _at("ended_at", nullable=True),
        _words("ended_by"),
        _words("ended_why"),
        _to_business(),
    )
    for column in ("debtor", "state"):
        op.create_index(f"ix_installment_plan_business_id_{column}", "installment_plan", ["business_id", column])
    of_plan = ["business_id", "plan_id"], ["installment_plan.business_id", "installment_plan.id"]
    op.create_table(
        "plan_covered",
        _key("business_id"),
        _key("plan_id"),
        _key("connection_id"),
        _key("invoice_id"),
        _number("minor"),
        _number("settled_minor"),
        sa.Column("holds", sa.Text(), nullable=True),
        sa.UniqueConstraint("business_id", "holds"),
        sa.ForeignKeyConstraint(*of_plan),
    )
    op.create_table(
        "plan_part",
        _key("business_id"),
        _key("plan_id"),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _number("minor"),
        sa.ForeignKeyConstraint(*of_plan),
    )


def _links() -> None:
    op.create_table(
        "link",
        _key("business_id"),
        _key("id"),
        _words("debtor"),
        _words("about_kind"),
        _words("about_id"),
        _number("generation"),
        _words("key_id"),
        _words("digest"),
        _at("made_at"),
        _at("expires_at"),
        _words("revoked_by"),
        _number("tries"),
        _at("tries_from", nullable=True),
        _words("code_digest"),
        _at("code_until", nullable=True),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("business_id", "debtor", "about_kind", "about_id"),
        _to_business(),
    )
    op.create_table("link_key", _key("id"), _sealed(), _at("made_at"))
    op.create_table(
        "remittance",
        _key("business_id"),
        _key("id"),
        _words("debtor"),
        _words("name"),
        _words("media_type"),
        _sealed(),
        _at("at"),
        _to_business(),
    )
    op.create_index("ix_remittance_business_id_debtor", "remittance", ["business_id", "debtor"])


def _checkouts() -> None:
    op.create_table(
        "checkout",
        _key("business_id"),
        _key("connection_id"),
        _key("id"),
        _words("session_id"),
        _words("link_id"),
        _words("plan_id"),
        _words("debtor"),
        _words("state"),
        _currency(),
        _number("minor"),
        _words("about", "[]"),
        _words("payment_id"),
        _words("acts", "[]"),
        _words("failure"),
        _number("refunded_minor"),
        _number("returned_minor"),
        _words("refund_is"),
        _words("back_digest"),
        _at("made_at"),
        _at("expires_at"),
        _at("looked_at", nullable=True),
        sa.ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"]),
    )
    for column in ("state", "debtor", "payment_id"):
        op.create_index(f"ix_checkout_business_id_{column}", "checkout", ["business_id", column])
    op.create_index("ix_checkout_back_digest", "checkout", ["back_digest"])


def _lasting_links() -> None:
    op.create_table(
        "lasting_link",
        _key("business_id"),
        _key("connection_id"),
        _key("id"),
        _words("page_id"),
        _words("debtor"),
        _words("plan_id"),
        _words("state"),
        _words("ledger_id"),
        _words("invoice_id"),
        sa.Column("holds", sa.Text(), nullable=True),
        _currency(),
        _number("minor"),
        _number("open_minor"),
        _at("made_at"),
        _at("looked_at", nullable=True),
        sa.UniqueConstraint("business_id", "holds"),
        sa.ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"]),
    )


def _movements() -> None:
    op.create_table(
        "movement",
        _key("business_id"),
        _key("connection_id"),
        _key("id"),
        _words("kind"),
        _currency(),
        _number("gross_minor"),
        _number("fee_minor"),
        _at("at"),
        _words("payment_id"),
        _words("payout_id"),
        _words("exchange_rate"),
        sa.ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"]),
    )
    op.create_index("ix_movement_business_id_payment_id", "movement", ["business_id", "payment_id"])
