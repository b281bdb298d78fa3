"""The tables of paying: plans and their parts, payers' links, and the checkouts opened for them."""

from sqlalchemy import BigInteger, Column, Date, ForeignKeyConstraint, Index, Table, UniqueConstraint

from storage.columns import at, currency, key, metadata, number, of_connection, perhaps, perhaps_at, words

installment_plan = Table(
    "installment_plan",
    metadata,
    key("business_id"),
    key("id"),
    words("debtor"),
    words("state"),
    currency(),
    number("forgiven_minor"),
    number("cure_days"),
    words("proposed_by"),
    at("proposed_at"),
    words("agreed_by"),
    perhaps_at("agreed_at"),
    words("agreed_way"),
    words("agreed_words"),
    perhaps_at("broken_at"),
    perhaps_at("cured_at"),
    perhaps_at("ended_at"),
    words("ended_by"),
    words("ended_why"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
Index(None, installment_plan.c.business_id, installment_plan.c.debtor)
Index(None, installment_plan.c.business_id, installment_plan.c.state)

plan_covered = Table(
    "plan_covered",
    metadata,
    key("business_id"),
    key("plan_id"),
    key("connection_id"),
    key("invoice_id"),
    number("minor"),
    number("settled_minor"),
    perhaps("holds"),
    UniqueConstraint("business_id", "holds"),
    ForeignKeyConstraint(["business_id", "plan_id"], ["installment_plan.business_id", "installment_plan.id"]),
)

plan_part = Table(
    "plan_part",
    metadata,
    key("business_id"),
    key("plan_id"),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("due_on", Date, nullable=False),
    number("minor"),
    ForeignKeyConstraint(["business_id", "plan_id"], ["installment_plan.business_id", "installment_plan.id"]),
)

link = Table(
    "link",
    metadata,
    key("business_id"),
    key("id"),
    words("debtor"),
    words("about_kind"),
    words("about_id"),
    number("generation"),
    words("key_id"),
    words("digest"),
    at("made_at"),
    at("expires_at"),
    words("revoked_by"),
    UniqueConstraint("digest"),
    UniqueConstraint("business_id", "debtor", "about_kind", "about_id"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

checkout = Table(
    "checkout",
    metadata,
    *of_connection(),
    key("id"),
    words("session_id"),
    words("link_id"),
    words("plan_id"),
    words("debtor"),
    words("state"),
    currency(),
    number("minor"),
    words("about", "[]"),
    words("payment_id"),
    words("acts", "[]"),
    words("failure"),
    at("made_at"),
    at("expires_at"),
    perhaps_at("looked_at"),
)
Index(None, checkout.c.business_id, checkout.c.state)
Index(None, checkout.c.business_id, checkout.c.debtor)
