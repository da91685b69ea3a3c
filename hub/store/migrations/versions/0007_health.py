"""Health."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "sensitive_mark",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.Column("marked_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_sensitive_mark")),
    )
    op.create_table(
        "sensitive_reading",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sensitive_reading_customer_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sensitive_reading_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_reading")),
        sa.UniqueConstraint(
            "staff_id", "customer_id", "what", "hour", name=op.f("uq_sensitive_reading_staff_id_customer_id_what_hour")
        ),
    )
    with op.batch_alter_table("sensitive_reading", schema=None) as batch_op:
        batch_op.create_index("ix_sensitive_reading_customer_id", ["customer_id", "id"], unique=False)

    op.create_table(
        "sensitive_conversation",
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.Column("marked_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_sensitive_conversation_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_sensitive_conversation")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("relationship_chosen", sa.Boolean(), server_default="0", nullable=False))

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_prescription", sa.Boolean(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_product_is_prescription",
            ["sku"],
            unique=False,
            sqlite_where=sa.text("is_prescription"),
            postgresql_where=sa.text("is_prescription"),
        )

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("best_of", JSON, server_default="[]", nullable=False))

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sees_sensitive", sa.Boolean(), server_default="0", nullable=False))

    op.drop_index("ix_message_reference", table_name="message")
    op.drop_index("ix_message_about", table_name="message")
    op.create_index(
        "ix_message_reference",
        "message",
        ["reference"],
        unique=False,
        sqlite_where=sa.text("reference <> ''"),
        postgresql_where=sa.text("reference <> ''"),
    )
    op.create_index(
        "ix_message_about",
        "message",
        ["about", "about_id"],
        unique=False,
        sqlite_where=sa.text("about_id IS NOT NULL"),
        postgresql_where=sa.text("about_id IS NOT NULL"),
    )



def downgrade() -> None:

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_column("sees_sensitive")

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.drop_column("best_of")

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_product_is_prescription",
            sqlite_where=sa.text("is_prescription"),
            postgresql_where=sa.text("is_prescription"),
        )
        batch_op.drop_column("is_prescription")

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_column("relationship_chosen")

    op.drop_table("sensitive_conversation")
    with op.batch_alter_table("sensitive_reading", schema=None) as batch_op:
        batch_op.drop_index("ix_sensitive_reading_customer_id")

    op.drop_table("sensitive_reading")
    op.drop_table("sensitive_mark")

    op.drop_index("ix_message_about", table_name="message")
    op.drop_index("ix_message_reference", table_name="message")
    op.create_index("ix_message_about", "message", ["about", "about_id"], unique=False)
    op.create_index("ix_message_reference", "message", ["reference"], unique=False)
