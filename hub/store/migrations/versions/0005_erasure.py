"""Erasure."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "erasure",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("digests", JSON, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("key", name=op.f("uq_erasure_key")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index("ix_erasure_customer_id", ["customer_id"], unique=False)

    op.create_table(
        "followed_link",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("message_id", BIG_ID, nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_followed_link")),
    )
    with op.batch_alter_table("followed_link", schema=None) as batch_op:
        batch_op.create_index("ix_followed_link_message_id", ["message_id"], unique=False)

    op.create_table(
        "link_click",
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("clicked_at", sa.BigInteger(), nullable=True),
        sa.Column("scanned_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("message_id", "key", name=op.f("pk_link_click")),
    )
    op.create_table(
        "list_price",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("millionths", BIG_ID, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "country", name=op.f("pk_list_price")),
    )
    op.create_table(
        "cart",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", BIG_ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_cart_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_cart_source_external_id")),
    )
    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.create_index("ix_cart_customer_id_touched_at", ["customer_id", "touched_at"], unique=False)
        batch_op.create_index("ix_cart_state_touched_at", ["state", "touched_at"], unique=False)

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chained", BIG_ID, server_default="1", nullable=False))
        batch_op.add_column(sa.Column("erased", JSON, nullable=True))

    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earned", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("earned_at", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_purchase_earned_at", ["earned_at", "customer_id"], unique=False)
        batch_op.create_index(
            "ix_purchase_reckoned",
            ["customer_id", "bought_at", "state", "currency", "earned", "earned_at"],
            unique=False,
            sqlite_where=sa.text("earned_at IS NOT NULL"),
            postgresql_where=sa.text("earned_at IS NOT NULL"),
        )

    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resumed_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("template", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(), server_default="", nullable=False))


def downgrade() -> None:

    with op.batch_alter_table("template", schema=None) as batch_op:
        batch_op.drop_column("kind")

    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_column("resumed_at")

    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_purchase_reckoned",
            sqlite_where=sa.text("earned_at IS NOT NULL"),
            postgresql_where=sa.text("earned_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_purchase_earned_at")
        batch_op.drop_column("earned_at")
        batch_op.drop_column("earned")

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_column("erased")
        batch_op.drop_column("chained")

    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.drop_index("ix_cart_state_touched_at")
        batch_op.drop_index("ix_cart_customer_id_touched_at")

    op.drop_table("cart")
    op.drop_table("list_price")
    op.drop_table("link_click")
    with op.batch_alter_table("followed_link", schema=None) as batch_op:
        batch_op.drop_index("ix_followed_link_message_id")

    op.drop_table("followed_link")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index("ix_erasure_customer_id")

    op.drop_table("erasure")
