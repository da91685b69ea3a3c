"""Promotions, purchases and problems."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "backup",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("done", BIG_ID, nullable=False),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("size", BIG_ID, nullable=False),
        sa.Column("rows", BIG_ID, nullable=False),
        sa.Column("blobs", BIG_ID, nullable=False),
        sa.Column("missing", BIG_ID, nullable=False),
        sa.Column("with_key", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
    )
    with op.batch_alter_table("backup", schema=None) as batch_op:
        batch_op.create_index("ix_backup_state", ["state", "id"], unique=False)

    op.create_table(
        "call_flow",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_flow")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_call_flow_name_version")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("next_run_at", sa.BigInteger(), nullable=True),
        sa.Column("plan_hash", sa.String(), nullable=False),
        sa.Column("launched_at", sa.BigInteger(), nullable=True),
        sa.Column("launched_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.create_index("ix_campaign_state_next_run_at", ["state", "next_run_at"], unique=False)

    op.create_table(
        "problem",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("finder", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("mend", sa.String(), nullable=False),
        sa.Column("action", JSON, nullable=True),
        sa.Column("seen", JSON, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("hidden_until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
    )
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.create_index(
            "uq_problem_open",
            ["code", "place"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "segment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("conditions", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_segment_name_version")),
    )
    op.create_table(
        "campaign_version",
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_version_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "version", name=op.f("pk_campaign_version")),
    )
    op.create_table(
        "purchase",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("bought_at", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_purchase_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_purchase_source_external_id")),
    )
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.create_index(
            "ix_purchase_bought_at", ["bought_at", "customer_id", "state", "currency", "amount"], unique=False
        )
        batch_op.create_index(
            "ix_purchase_customer_id_bought_at",
            ["customer_id", "bought_at", "state", "currency", "amount"],
            unique=False,
        )
        batch_op.create_index("ix_purchase_interaction_id", ["interaction_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("campaign_version", BIG_ID, nullable=False),
        sa.Column("segment_id", BIG_ID, nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("audience", BIG_ID, nullable=False),
        sa.Column("cursor", BIG_ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_run_campaign_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_run_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("campaign_id", "starts_at", name=op.f("uq_run_campaign_id_starts_at")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_state", ["state", "starts_at"], unique=False)

    op.create_table(
        "purchase_line",
        sa.Column("purchase_id", BIG_ID, nullable=False),
        sa.Column("line", BIG_ID, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_line_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", "line", name=op.f("pk_purchase_line")),
    )
    with op.batch_alter_table("purchase_line", schema=None) as batch_op:
        batch_op.create_index("ix_purchase_line_category", ["category", "purchase_id"], unique=False)
        batch_op.create_index("ix_purchase_line_sku", ["sku", "purchase_id"], unique=False)

    op.create_table(
        "run_skip",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("seen", JSON, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_run_skip_customer_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_skip_run_id")),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name=op.f("pk_run_skip")),
    )
    with op.batch_alter_table("run_skip", schema=None) as batch_op:
        batch_op.create_index("ix_run_skip_customer_id", ["customer_id"], unique=False)

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_identity_id_purpose"))
        batch_op.create_index("ix_consent_newest", ["identity_id", "purpose", "id", "granted"], unique=False)

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(
            "ix_identity_scheme",
            ["scheme", "customer_id", "confirmed_at", "closed_at"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.create_index(
            "ix_interaction_asked",
            ["identity_id", "id"],
            unique=False,
            sqlite_where=sa.text("medium IN ('survey', 'form')"),
            postgresql_where=sa.text("medium IN ('survey', 'form')"),
        )
        batch_op.create_index(
            "ix_interaction_out",
            ["id", "identity_id", "medium", "kind", "direction"],
            unique=False,
            sqlite_where=sa.text("direction = 'out'"),
            postgresql_where=sa.text("direction = 'out'"),
        )

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("run_id", BIG_ID, nullable=True))
        batch_op.create_index(
            "ix_message_run_id",
            ["run_id", "state"],
            unique=False,
            sqlite_where=sa.text("run_id IS NOT NULL"),
            postgresql_where=sa.text("run_id IS NOT NULL"),
        )


def downgrade() -> None:

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_run_id",
            sqlite_where=sa.text("run_id IS NOT NULL"),
            postgresql_where=sa.text("run_id IS NOT NULL"),
        )
        batch_op.drop_column("run_id")

    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_interaction_out",
            sqlite_where=sa.text("direction = 'out'"),
            postgresql_where=sa.text("direction = 'out'"),
        )
        batch_op.drop_index(
            "ix_interaction_asked",
            sqlite_where=sa.text("medium IN ('survey', 'form')"),
            postgresql_where=sa.text("medium IN ('survey', 'form')"),
        )

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_identity_scheme",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index("ix_consent_newest")
        batch_op.create_index(
            batch_op.f("ix_consent_identity_id_purpose"), ["identity_id", "purpose", "id"], unique=False
        )

    with op.batch_alter_table("run_skip", schema=None) as batch_op:
        batch_op.drop_index("ix_run_skip_customer_id")

    op.drop_table("run_skip")
    with op.batch_alter_table("purchase_line", schema=None) as batch_op:
        batch_op.drop_index("ix_purchase_line_sku")
        batch_op.drop_index("ix_purchase_line_category")

    op.drop_table("purchase_line")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("ix_run_state")

    op.drop_table("run")
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.drop_index("ix_purchase_interaction_id")
        batch_op.drop_index("ix_purchase_customer_id_bought_at")
        batch_op.drop_index("ix_purchase_bought_at")

    op.drop_table("purchase")
    op.drop_table("campaign_version")
    op.drop_table("segment")
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_problem_open", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )

    op.drop_table("problem")
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.drop_index("ix_campaign_state_next_run_at")

    op.drop_table("campaign")
    op.drop_table("call_flow")
    with op.batch_alter_table("backup", schema=None) as batch_op:
        batch_op.drop_index("ix_backup_state")

    op.drop_table("backup")
