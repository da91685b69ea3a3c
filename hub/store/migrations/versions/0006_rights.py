"""Rights."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "breach",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("effects", sa.String(), nullable=False),
        sa.Column("measures", sa.String(), nullable=False),
        sa.Column("people", BIG_ID, nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("authority_told_at", sa.BigInteger(), nullable=True),
        sa.Column("people_told_at", sa.BigInteger(), nullable=True),
        sa.Column("why_not_told", sa.String(), nullable=False),
        sa.Column("task_id", BIG_ID, nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach")),
    )
    op.create_table(
        "do_not_call_list",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("numbers", BIG_ID, nullable=False),
        sa.Column("unread", BIG_ID, nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_call_list")),
    )
    with op.batch_alter_table("do_not_call_list", schema=None) as batch_op:
        batch_op.create_index("ix_do_not_call_list_name", ["name"], unique=False)

    op.create_table(
        "do_not_call_number",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("list_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("digest", "list_id", name=op.f("pk_do_not_call_number")),
    )
    op.create_table(
        "privacy_notice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_notice")),
    )
    with op.batch_alter_table("privacy_notice", schema=None) as batch_op:
        batch_op.create_index("uq_privacy_notice", ["language", "version"], unique=True)

    op.create_table(
        "customer_limit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("guardian", sa.String(), nullable=False),
        sa.Column("request_id", BIG_ID, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_limit_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_limit")),
    )
    with op.batch_alter_table("customer_limit", schema=None) as batch_op:
        batch_op.create_index(
            "uq_customer_limit_open",
            ["customer_id", "kind"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.create_table(
        "habit",
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("many", BIG_ID, nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("of_medium", BIG_ID, nullable=False),
        sa.Column("hour", BIG_ID, nullable=True),
        sa.Column("of_hour", BIG_ID, nullable=False),
        sa.Column("part_of_day", sa.String(), nullable=False),
        sa.Column("in_part", BIG_ID, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_habit_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_habit")),
    )
    with op.batch_alter_table("habit", schema=None) as batch_op:
        batch_op.create_index("ix_habit_hour", ["hour"], unique=False)
        batch_op.create_index("ix_habit_medium", ["medium"], unique=False)

    op.create_table(
        "person_request",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("checked", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("extended_why", sa.String(), nullable=False),
        sa.Column("task_id", BIG_ID, nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_person_request_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_request")),
    )
    with op.batch_alter_table("person_request", schema=None) as batch_op:
        batch_op.create_index("ix_person_request_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_person_request_state", ["state", "due_at"], unique=False)

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("basis", sa.String(), server_default="consent", nullable=False))
        batch_op.create_index(
            "ix_consent_existing",
            ["identity_id"],
            unique=False,
            sqlite_where=sa.text("basis = 'existing_customer'"),
            postgresql_where=sa.text("basis = 'existing_customer'"),
        )

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("best_hours", JSON, server_default="[]", nullable=False))


def downgrade() -> None:

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.drop_column("best_hours")

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_consent_existing",
            sqlite_where=sa.text("basis = 'existing_customer'"),
            postgresql_where=sa.text("basis = 'existing_customer'"),
        )
        batch_op.drop_column("basis")

    with op.batch_alter_table("person_request", schema=None) as batch_op:
        batch_op.drop_index("ix_person_request_state")
        batch_op.drop_index("ix_person_request_customer_id")

    op.drop_table("person_request")
    with op.batch_alter_table("habit", schema=None) as batch_op:
        batch_op.drop_index("ix_habit_medium")
        batch_op.drop_index("ix_habit_hour")

    op.drop_table("habit")
    with op.batch_alter_table("customer_limit", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_customer_limit_open",
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.drop_table("customer_limit")
    with op.batch_alter_table("privacy_notice", schema=None) as batch_op:
        batch_op.drop_index("uq_privacy_notice")

    op.drop_table("privacy_notice")
    op.drop_table("do_not_call_number")
    with op.batch_alter_table("do_not_call_list", schema=None) as batch_op:
        batch_op.drop_index("ix_do_not_call_list_name")

    op.drop_table("do_not_call_list")
    op.drop_table("breach")
