"""Files brought in by pages, the newest word of each address, titles of offers by language."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "file_import",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("is_dry", sa.Boolean(), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", BIG_ID, nullable=False),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("report", JSON, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_import")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_unmerged",
            ["id"],
            unique=False,
            sqlite_where=sa.text("merged_into IS NULL"),
            postgresql_where=sa.text("merged_into IS NULL"),
        )

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_promotional", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("agreed_reminder", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("agreed_service", sa.Boolean(), nullable=True))
        batch_op.create_index(
            "ix_identity_agreed_promotional",
            ["scheme", "agreed_promotional", "customer_id", "confirmed_at", "closed_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL AND agreed_promotional IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND agreed_promotional IS NOT NULL"),
        )

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("titles", JSON, server_default="{}", nullable=False))

    # The newest word of each address on each purpose, from the evidence; the index of consents answers it alone.
    newest = "(SELECT granted FROM consent WHERE identity_id = identity.id AND purpose = '{}' ORDER BY id DESC LIMIT 1)"
    words = ", ".join(
        f"agreed_{purpose} = {newest.format(purpose)}" for purpose in ("promotional", "reminder", "service")
    )
    op.execute(f"UPDATE identity SET {words} WHERE id IN (SELECT identity_id FROM consent)")  # noqa: S608  # our names


def downgrade() -> None:

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_column("titles")

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_identity_agreed_promotional",
            sqlite_where=sa.text("closed_at IS NULL AND agreed_promotional IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND agreed_promotional IS NOT NULL"),
        )
        batch_op.drop_column("agreed_service")
        batch_op.drop_column("agreed_reminder")
        batch_op.drop_column("agreed_promotional")

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_customer_unmerged",
            sqlite_where=sa.text("merged_into IS NULL"),
            postgresql_where=sa.text("merged_into IS NULL"),
        )

    op.drop_table("file_import")
