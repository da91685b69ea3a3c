"""Offers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "bought_together",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("bought", sa.String(), nullable=False),
        sa.Column("later", sa.String(), nullable=False),
        sa.Column("buyers", BIG_ID, nullable=False),
        sa.Column("both", BIG_ID, nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("lift", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "bought", "later", name=op.f("pk_bought_together")),
    )
    with op.batch_alter_table("bought_together", schema=None) as batch_op:
        batch_op.create_index("ix_bought_together_later", ["kind", "later"], unique=False)

    op.create_table(
        "call_sound",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", BIG_ID, nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_call_sound")),
    )
    op.create_table(
        "dkim_key",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("selector", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "selector", name=op.f("pk_dkim_key")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("position", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("event", JSON, nullable=False),
        sa.Column("appointment_id", BIG_ID, nullable=True),
        sa.Column("acted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("interaction_id", "position", name=op.f("uq_invitation_interaction_id_position")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_key", ["key", "id"], unique=False)

    op.create_table(
        "message_price",
        sa.Column("message_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("millionths", BIG_ID, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_price")),
    )
    op.create_table(
        "offer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("for_bought", sa.Boolean(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("valid_days", BIG_ID, nullable=True),
        sa.Column("makes_codes", sa.Boolean(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("tell_below", BIG_ID, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("external_id", name=op.f("uq_offer_external_id")),
    )
    op.create_table(
        "queue_ring",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("call", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("over_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_queue_ring")),
    )
    with op.batch_alter_table("queue_ring", schema=None) as batch_op:
        batch_op.create_index("ix_queue_ring_over_at", ["over_at"], unique=False)

    op.create_table(
        "queued_call",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("channel", "call", name=op.f("pk_queued_call")),
    )
    with op.batch_alter_table("queued_call", schema=None) as batch_op:
        batch_op.create_index("ix_queued_call_left_at", ["left_at"], unique=False)

    op.create_table(
        "segment_size",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("name", "day", name=op.f("pk_segment_size")),
    )
    op.create_table(
        "sequence",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_sequence_name_version")),
    )
    op.create_table(
        "sequence_switch",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("after", BIG_ID, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sequence_switch")),
    )
    op.create_table(
        "snippet",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snippet")),
        sa.UniqueConstraint("name", "language", "version", name=op.f("uq_snippet_name_language_version")),
    )
    op.create_table(
        "value_edge",
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("band", BIG_ID, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "band", name=op.f("pk_value_edge")),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("sequence", sa.String(), nullable=False),
        sa.Column("sequence_id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("round", BIG_ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("position", BIG_ID, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("context", JSON, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_enrolment_customer_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequence.id"], name=op.f("fk_enrolment_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("sequence", "customer_id", "round", name=op.f("uq_enrolment_sequence_customer_id_round")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_enrolment_state_due_at", ["state", "due_at", "id"], unique=False)

    op.create_table(
        "flight",
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("seen", BIG_ID, nullable=False),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("plan", JSON, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_flight_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_flight")),
    )
    op.create_table(
        "link_check",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("template_id", BIG_ID, nullable=False),
        sa.Column("found", JSON, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_link_check_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_check")),
    )
    with op.batch_alter_table("link_check", schema=None) as batch_op:
        batch_op.create_index("ix_link_check_template_id", ["template_id", "id"], unique=False)

    op.create_table(
        "offer_tier",
        sa.Column("offer_id", BIG_ID, nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_tier_offer_id")),
        sa.PrimaryKeyConstraint("offer_id", "tier", name=op.f("pk_offer_tier")),
    )
    op.create_table(
        "sequence_member",
        sa.Column("sequence", sa.String(), nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sequence_member_customer_id")),
        sa.PrimaryKeyConstraint("sequence", "customer_id", name=op.f("pk_sequence_member")),
    )
    op.create_table(
        "waiting_place",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("not_before", sa.Date(), nullable=True),
        sa.Column("not_after", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_waiting_place_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_place")),
    )
    with op.batch_alter_table("waiting_place", schema=None) as batch_op:
        batch_op.create_index("ix_waiting_place_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_waiting_place_state", ["state", "title", "id"], unique=False)

    op.create_table(
        "enrolment_step",
        sa.Column("enrolment_id", BIG_ID, nullable=False),
        sa.Column("position", BIG_ID, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("message_id", BIG_ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_step_enrolment_id")),
        sa.PrimaryKeyConstraint("enrolment_id", "position", name=op.f("pk_enrolment_step")),
    )
    with op.batch_alter_table("enrolment_step", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_step_message_id", ["message_id"], unique=False)

    op.create_table(
        "free_slot",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("appointment_id", BIG_ID, nullable=True),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_free_slot_appointment_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_free_slot_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_slot")),
    )
    with op.batch_alter_table("free_slot", schema=None) as batch_op:
        batch_op.create_index("ix_free_slot_state", ["state", "starts_at"], unique=False)

    op.create_table(
        "offer_code",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("offer_id", BIG_ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=True),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.BigInteger(), nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_by", sa.String(), nullable=False),
        sa.Column("purchase_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_offer_code_customer_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_code_offer_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_offer_code_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_code")),
        sa.UniqueConstraint("code", name=op.f("uq_offer_code_code")),
        sa.UniqueConstraint("offer_id", "customer_id", name=op.f("uq_offer_code_offer_id_customer_id")),
    )
    with op.batch_alter_table("offer_code", schema=None) as batch_op:
        batch_op.create_index("ix_offer_code_customer_id", ["customer_id", "offer_id"], unique=False)
        batch_op.create_index("ix_offer_code_expires_at", ["expires_at", "id"], unique=False)
        batch_op.create_index(
            "ix_offer_code_free",
            ["offer_id", "id"],
            unique=False,
            sqlite_where=sa.text("customer_id IS NULL"),
            postgresql_where=sa.text("customer_id IS NULL"),
        )

    op.create_table(
        "rest",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("identity_id", BIG_ID, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_rest_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rest")),
    )
    with op.batch_alter_table("rest", schema=None) as batch_op:
        batch_op.create_index("ix_rest_identity_id", ["identity_id", "id"], unique=False)

    op.create_table(
        "conversation_join",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kept_id", BIG_ID, nullable=False),
        sa.Column("gone_id", BIG_ID, nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("joined_by", sa.String(), nullable=False),
        sa.Column("parted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["gone_id"], ["conversation.id"], name=op.f("fk_conversation_join_gone_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["conversation.id"], name=op.f("fk_conversation_join_kept_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_join")),
    )
    with op.batch_alter_table("conversation_join", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_join_gone_id", ["gone_id", "id"], unique=False)
        batch_op.create_index("ix_conversation_join_kept_id", ["kept_id", "id"], unique=False)

    op.create_table(
        "slot_asked",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("slot_id", BIG_ID, nullable=False),
        sa.Column("place_id", BIG_ID, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_slot_asked_customer_id")),
        sa.ForeignKeyConstraint(["place_id"], ["waiting_place.id"], name=op.f("fk_slot_asked_place_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["free_slot.id"], name=op.f("fk_slot_asked_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_asked")),
        sa.UniqueConstraint("slot_id", "customer_id", name=op.f("uq_slot_asked_slot_id_customer_id")),
    )
    with op.batch_alter_table("slot_asked", schema=None) as batch_op:
        batch_op.create_index("ix_slot_asked_customer_id", ["customer_id", "state"], unique=False)

    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approved_hash", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("approved_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("approved_by", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("approved_by_id", BIG_ID, nullable=True))

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_birthday",
            ["birthday", "id"],
            unique=False,
            sqlite_where=sa.text("birthday IS NOT NULL"),
            postgresql_where=sa.text("birthday IS NOT NULL"),
        )

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_channel", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_why", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("template", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", JSON, server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("snippets", JSON, server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("files", JSON, server_default="[]", nullable=False))


def downgrade() -> None:

    with op.batch_alter_table("template", schema=None) as batch_op:
        batch_op.drop_column("files")
        batch_op.drop_column("snippets")
        batch_op.drop_column("source")

    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_column("paused_why")

    with op.batch_alter_table("reminder_rule", schema=None) as batch_op:
        batch_op.drop_column("next_channel")

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_customer_birthday",
            sqlite_where=sa.text("birthday IS NOT NULL"),
            postgresql_where=sa.text("birthday IS NOT NULL"),
        )

    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.drop_column("approved_by_id")
        batch_op.drop_column("approved_by")
        batch_op.drop_column("approved_at")
        batch_op.drop_column("approved_hash")

    with op.batch_alter_table("slot_asked", schema=None) as batch_op:
        batch_op.drop_index("ix_slot_asked_customer_id")

    op.drop_table("slot_asked")
    with op.batch_alter_table("conversation_join", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_join_kept_id")
        batch_op.drop_index("ix_conversation_join_gone_id")

    op.drop_table("conversation_join")
    with op.batch_alter_table("rest", schema=None) as batch_op:
        batch_op.drop_index("ix_rest_identity_id")

    op.drop_table("rest")
    with op.batch_alter_table("offer_code", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_offer_code_free",
            sqlite_where=sa.text("customer_id IS NULL"),
            postgresql_where=sa.text("customer_id IS NULL"),
        )
        batch_op.drop_index("ix_offer_code_expires_at")
        batch_op.drop_index("ix_offer_code_customer_id")

    op.drop_table("offer_code")
    with op.batch_alter_table("free_slot", schema=None) as batch_op:
        batch_op.drop_index("ix_free_slot_state")

    op.drop_table("free_slot")
    with op.batch_alter_table("enrolment_step", schema=None) as batch_op:
        batch_op.drop_index("ix_enrolment_step_message_id")

    op.drop_table("enrolment_step")
    with op.batch_alter_table("waiting_place", schema=None) as batch_op:
        batch_op.drop_index("ix_waiting_place_state")
        batch_op.drop_index("ix_waiting_place_customer_id")

    op.drop_table("waiting_place")
    op.drop_table("sequence_member")
    op.drop_table("offer_tier")
    with op.batch_alter_table("link_check", schema=None) as batch_op:
        batch_op.drop_index("ix_link_check_template_id")

    op.drop_table("link_check")
    op.drop_table("flight")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index("ix_enrolment_state_due_at")
        batch_op.drop_index("ix_enrolment_customer_id")

    op.drop_table("enrolment")
    op.drop_table("value_edge")
    op.drop_table("snippet")
    op.drop_table("sequence_switch")
    op.drop_table("sequence")
    op.drop_table("segment_size")
    with op.batch_alter_table("queued_call", schema=None) as batch_op:
        batch_op.drop_index("ix_queued_call_left_at")

    op.drop_table("queued_call")
    with op.batch_alter_table("queue_ring", schema=None) as batch_op:
        batch_op.drop_index("ix_queue_ring_over_at")

    op.drop_table("queue_ring")
    op.drop_table("offer")
    op.drop_table("message_price")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index("ix_invitation_key")

    op.drop_table("invitation")
    op.drop_table("dkim_key")
    op.drop_table("call_sound")
    with op.batch_alter_table("bought_together", schema=None) as batch_op:
        batch_op.drop_index("ix_bought_together_later")

    op.drop_table("bought_together")
