"""Correspondence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "acknowledgement",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_acknowledgement")),
    )
    op.create_table(
        "application",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("endpoints", JSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_application")),
    )
    op.create_table(
        "backfill",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("epoch", BIG_ID, nullable=False),
        sa.Column("before", BIG_ID, nullable=False),
        sa.Column("done", BIG_ID, nullable=False),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfill")),
    )
    with op.batch_alter_table("backfill", schema=None) as batch_op:
        batch_op.create_index(
            "uq_backfill_open",
            ["channel", "mailbox"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.create_table(
        "canned_text",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_text")),
        sa.UniqueConstraint("name", "language", "owner_id", name=op.f("uq_canned_text_name_language_owner_id")),
    )
    op.create_table(
        "connection",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("sends_with", sa.String(), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("secrets", JSON, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("disconnected_at", sa.BigInteger(), nullable=True),
        sa.Column("disconnected_why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_connection")),
    )
    op.create_table(
        "connection_draft",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_connection_draft")),
    )
    with op.batch_alter_table("connection_draft", schema=None) as batch_op:
        batch_op.create_index("ix_connection_draft_state", ["state"], unique=False)

    op.create_table(
        "consent_given",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("refreshed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_consent_given")),
    )
    op.create_table(
        "mail_form",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_form")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_mail_form_name_version")),
    )
    op.create_table(
        "mailbox",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("done", BIG_ID, nullable=False),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.Column("compared_at", sa.BigInteger(), nullable=True),
        sa.Column("server", BIG_ID, nullable=False),
        sa.Column("here", BIG_ID, nullable=False),
        sa.Column("unread", BIG_ID, nullable=False),
        sa.Column("left_out", BIG_ID, nullable=False),
        sa.Column("missing", BIG_ID, nullable=False),
        sa.Column("fetched", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("channel", "mailbox", name=op.f("pk_mailbox")),
    )
    op.create_table(
        "placed_call",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("identity_id", BIG_ID, nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_placed_call")),
    )
    op.create_table(
        "product",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("successor", sa.String(), nullable=False),
        sa.Column("is_sold", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("sku", name=op.f("uq_product_sku")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index("ix_product_category", ["category", "sku"], unique=False)

    op.create_table(
        "roster",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roster")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=True),
        sa.Column("customer_id", BIG_ID, nullable=True),
        sa.Column("identity_id", BIG_ID, nullable=True),
        sa.Column("about_id", sa.BigInteger(), nullable=True),
        sa.Column("seen", BIG_ID, nullable=True),
        sa.Column("content", JSON, nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_draft_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index("ix_draft_conversation_id", ["conversation_id"], unique=False)
        batch_op.create_index("ix_draft_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_draft_staff_id", ["staff_id", "changed_at"], unique=False)

    op.create_table(
        "equipment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("service_months", BIG_ID, nullable=True),
        sa.Column("service_every", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("last_service_on", sa.Date(), nullable=True),
        sa.Column("last_service_reading", sa.BigInteger(), nullable=True),
        sa.Column("reading", sa.BigInteger(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("next_service_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", BIG_ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_equipment_customer_id")),
        sa.ForeignKeyConstraint(["site_id"], ["customer.id"], name=op.f("fk_equipment_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("external_id", name=op.f("uq_equipment_external_id")),
    )
    with op.batch_alter_table("equipment", schema=None) as batch_op:
        batch_op.create_index("ix_equipment_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_equipment_next_service_on", ["next_service_on", "id"], unique=False)
        batch_op.create_index("ix_equipment_site_id", ["site_id"], unique=False)
        batch_op.create_index("ix_equipment_warranty_until", ["warranty_until", "customer_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("staff_id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_signature_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "channel", name=op.f("pk_signature")),
    )
    op.create_table(
        "acknowledgement_skip",
        sa.Column("interaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("identity_id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("seen", JSON, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_acknowledgement_skip_identity_id")),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_acknowledgement_skip")),
    )
    with op.batch_alter_table("acknowledgement_skip", schema=None) as batch_op:
        batch_op.create_index("ix_acknowledgement_skip_identity_id", ["identity_id", "interaction_id"], unique=False)

    op.create_table(
        "equipment_log",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("equipment_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reading", sa.BigInteger(), nullable=True),
        sa.Column("fault_code", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_equipment_log_equipment_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_equipment_log_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_log")),
    )
    with op.batch_alter_table("equipment_log", schema=None) as batch_op:
        batch_op.create_index("ix_equipment_log_equipment_id", ["equipment_id", "day", "id"], unique=False)

    op.create_table(
        "conversation_hint",
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("other_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_hint_conversation_id")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["conversation.id"], name=op.f("fk_conversation_hint_other_id")),
        sa.PrimaryKeyConstraint("conversation_id", "other_id", name=op.f("pk_conversation_hint")),
    )
    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("at_minute", BIG_ID, server_default="540", nullable=False))


def downgrade() -> None:

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.drop_column("at_minute")

    op.drop_table("conversation_hint")
    with op.batch_alter_table("equipment_log", schema=None) as batch_op:
        batch_op.drop_index("ix_equipment_log_equipment_id")

    op.drop_table("equipment_log")
    with op.batch_alter_table("acknowledgement_skip", schema=None) as batch_op:
        batch_op.drop_index("ix_acknowledgement_skip_identity_id")

    op.drop_table("acknowledgement_skip")
    op.drop_table("signature")
    with op.batch_alter_table("equipment", schema=None) as batch_op:
        batch_op.drop_index("ix_equipment_warranty_until")
        batch_op.drop_index("ix_equipment_site_id")
        batch_op.drop_index("ix_equipment_next_service_on")
        batch_op.drop_index("ix_equipment_customer_id")

    op.drop_table("equipment")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index("ix_draft_staff_id")
        batch_op.drop_index("ix_draft_customer_id")
        batch_op.drop_index("ix_draft_conversation_id")

    op.drop_table("draft")
    op.drop_table("roster")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index("ix_product_category")

    op.drop_table("product")
    op.drop_table("placed_call")
    op.drop_table("mailbox")
    op.drop_table("mail_form")
    op.drop_table("consent_given")
    with op.batch_alter_table("connection_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_connection_draft_state")

    op.drop_table("connection_draft")
    op.drop_table("connection")
    op.drop_table("canned_text")
    with op.batch_alter_table("backfill", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_backfill_open",
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.drop_table("backfill")
    op.drop_table("application")
    op.drop_table("acknowledgement")
