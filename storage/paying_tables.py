"""The tables of paying: plans and their parts, payers' links, the checkouts and links at a till, and its balance."""

from sqlalchemy import BigInteger, Column, Date, ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint

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
    number("tries"),
    perhaps_at("tries_from"),
    words("code_digest"),
    perhaps_at("code_until"),
    UniqueConstraint("digest"),
    UniqueConstraint("business_id", "debtor", "about_kind", "about_id"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)

link_key = Table("link_key", metadata, key("id"), Column("sealed", LargeBinary, nullable=False), at("made_at"))

remittance = Table(
    "remittance",
    metadata,
    key("business_id"),
    key("id"),
    words("debtor"),
    words("name"),
    words("media_type"),
    Column("sealed", LargeBinary, nullable=False),
    at("at"),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
Index(None, remittance.c.business_id, remittance.c.debtor)

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
    number("refunded_minor"),
    number("returned_minor"),
    words("refund_is"),
    words("back_digest"),
    at("made_at"),
    at("expires_at"),
    perhaps_at("looked_at"),
)
Index(None, checkout.c.business_id, checkout.c.state)
Index(None, checkout.c.business_id, checkout.c.debtor)
Index(None, checkout.c.business_id, checkout.c.payment_id)
Index(None, checkout.c.back_digest)

lasting_link = Table(
    "lasting_link",
    metadata,
    *of_connection(),
    key("id"),
    words("page_id"),
    words("debtor"),
    words("plan_id"),
    words("state"),
    words("ledger_id"),
    words("invoice_id"),
    perhaps("holds"),
    currency(),
    number("minor"),
    number("open_minor"),
    at("made_at"),
    perhaps_at("looked_at"),
    UniqueConstraint("business_id", "holds"),
)

movement = Table(
    "movement",
    metadata,
    *of_connection(),
    key("id"),
    words("kind"),
    currency(),
    number("gross_minor"),
    number("fee_minor"),
    at("at"),
    words("payment_id"),
    words("payout_id"),
    words("exchange_rate"),
)
Index(None, movement.c.business_id, movement.c.payment_id)
