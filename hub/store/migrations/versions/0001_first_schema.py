"""The first schema."""

import sqlalchemy as sa
from alembic import op


from sqlalchemy.dialects import postgresql

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    
    op.create_table('answer',
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('request', sa.String(), nullable=False),
    sa.Column('status', BIG_ID, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('owner', 'key', name=op.f('pk_answer'))
    )
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_at'), ['at'], unique=False)

    op.create_table('arrival',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('interaction_id', sa.BigInteger(), nullable=True),
    sa.Column('raw', sa.LargeBinary(), nullable=True),
    sa.Column('raw_blob', sa.String(), nullable=True),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('note', JSON, nullable=True),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrival')),
    sa.UniqueConstraint('channel', 'key', name=op.f('uq_arrival_channel_key'))
    )
    with op.batch_alter_table('arrival', schema=None) as batch_op:
        batch_op.create_index('ix_arrival_interaction_id', ['interaction_id'], unique=False)
        batch_op.create_index('ix_arrival_state', ['state', 'id'], unique=False, sqlite_where=sa.text("state <> 'captured'"), postgresql_where=sa.text("state <> 'captured'"))

    op.create_table('audit',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', BIG_ID, nullable=True),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('detail', JSON, nullable=False),
    sa.Column('ip', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_table('blob',
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('size', BIG_ID, nullable=False),
    sa.Column('references', BIG_ID, nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_blob'))
    )
    op.create_table('channel_state',
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('last_ok_at', sa.BigInteger(), nullable=True),
    sa.Column('last_in_at', sa.BigInteger(), nullable=True),
    sa.Column('last_out_at', sa.BigInteger(), nullable=True),
    sa.Column('problem', JSON, nullable=True),
    sa.Column('problem_since', sa.BigInteger(), nullable=True),
    sa.Column('paused_at', sa.BigInteger(), nullable=True),
    sa.Column('paused_why', sa.String(), nullable=False),
    sa.Column('forged', BIG_ID, nullable=False),
    sa.Column('forged_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_channel_state'))
    )
    op.create_table('cursor',
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('mailbox', sa.String(), nullable=False),
    sa.Column('position', JSON, nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'mailbox', name=op.f('pk_cursor'))
    )
    op.create_table('customer',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('display_name', sa.String(), nullable=False),
    sa.Column('relationship', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('country', sa.String(), nullable=False),
    sa.Column('birthday', sa.Date(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('facts', JSON, nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('merged_into', BIG_ID, nullable=True),
    sa.ForeignKeyConstraint(['merged_into'], ['customer.id'], name=op.f('fk_customer_merged_into')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer'))
    )
    with op.batch_alter_table('customer', schema=None) as batch_op:
        batch_op.create_index('ix_customer_merged_into', ['merged_into'], unique=False, sqlite_where=sa.text('merged_into IS NOT NULL'), postgresql_where=sa.text('merged_into IS NOT NULL'))

    op.create_table('domain_event',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=True),
    sa.Column('interaction_id', sa.BigInteger(), nullable=True),
    sa.Column('data', JSON, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_domain_event'))
    )
    op.create_table('form',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('version', BIG_ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('definition', JSON, nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_form')),
    sa.UniqueConstraint('slug', 'version', name=op.f('uq_form_slug_version'))
    )
    op.create_table('installation',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_installation'))
    )
    op.create_table('job',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('payload', JSON, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('attempts', BIG_ID, nullable=False),
    sa.Column('run_at', sa.BigInteger(), nullable=False),
    sa.Column('worker', sa.String(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('last_error', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('key', name=op.f('uq_job_key'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index('ix_job_state_run_at', ['state', 'run_at'], unique=False)

    op.create_table('lease',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('epoch', BIG_ID, nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_lease'))
    )
    op.create_table('reminder_rule',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('minutes_before', BIG_ID, nullable=False),
    sa.Column('lead_minutes', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('template', sa.String(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_rule')),
    sa.UniqueConstraint('name', name=op.f('uq_reminder_rule_name'))
    )
    op.create_table('secret',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_secret'))
    )
    op.create_table('staff',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('display_name', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('signature', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('disabled_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('email', name=op.f('uq_staff_email'))
    )
    op.create_table('suppression',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('detail', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('lifted_at', sa.BigInteger(), nullable=True),
    sa.Column('lifted_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suppression'))
    )
    with op.batch_alter_table('suppression', schema=None) as batch_op:
        batch_op.create_index('uq_suppression_open', ['address', 'purpose', 'channel', 'reason'], unique=True, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))

    op.create_table('template',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('version', BIG_ID, nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('faces', JSON, nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_template')),
    sa.UniqueConstraint('name', 'language', 'version', name=op.f('uq_template_name_language_version'))
    )
    op.create_table('throttle',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('window', BIG_ID, nullable=False),
    sa.Column('count', BIG_ID, nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('key', 'window', name=op.f('pk_throttle'))
    )
    with op.batch_alter_table('throttle', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_throttle_expires_at'), ['expires_at'], unique=False)

    op.create_table('tick',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('next_run_at', sa.BigInteger(), nullable=False),
    sa.Column('last_run_at', sa.BigInteger(), nullable=True),
    sa.Column('last_ok_at', sa.BigInteger(), nullable=True),
    sa.Column('last_error', sa.String(), nullable=False),
    sa.Column('lag_ms', BIG_ID, nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_tick'))
    )
    op.create_table('appointment',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=False),
    sa.Column('external_id', sa.String(), nullable=True),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('starts_at', sa.BigInteger(), nullable=False),
    sa.Column('ends_at', sa.BigInteger(), nullable=True),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('location', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('revision', BIG_ID, nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_appointment_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appointment')),
    sa.UniqueConstraint('external_id', name=op.f('uq_appointment_external_id'))
    )
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.create_index('ix_appointment_customer_id', ['customer_id', 'starts_at'], unique=False)
        batch_op.create_index('ix_appointment_starts_at', ['starts_at', 'id'], unique=False)

    op.create_table('identity',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=False),
    sa.Column('scheme', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('raw', sa.String(), nullable=False),
    sa.Column('display_name', sa.String(), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_identity_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity'))
    )
    with op.batch_alter_table('identity', schema=None) as batch_op:
        batch_op.create_index('ix_identity_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('uq_identity_open', ['value', 'scheme'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('link',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('staff_id', BIG_ID, nullable=True),
    sa.Column('data', JSON, nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_link_staff_id')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_link'))
    )
    op.create_table('merge',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=False),
    sa.Column('into_id', BIG_ID, nullable=False),
    sa.Column('moved', JSON, nullable=False),
    sa.Column('staff_id', BIG_ID, nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('undone_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_merge_customer_id')),
    sa.ForeignKeyConstraint(['into_id'], ['customer.id'], name=op.f('fk_merge_into_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_merge_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merge'))
    )
    with op.batch_alter_table('merge', schema=None) as batch_op:
        batch_op.create_index('ix_merge_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('ix_merge_into_id', ['into_id'], unique=False)

    op.create_table('reminder_skip',
    sa.Column('rule_id', BIG_ID, nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('about_id', BIG_ID, nullable=False),
    sa.Column('about_revision', BIG_ID, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=False),
    sa.Column('seen', JSON, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_reminder_skip_customer_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['reminder_rule.id'], name=op.f('fk_reminder_skip_rule_id')),
    sa.PrimaryKeyConstraint('rule_id', 'about', 'about_id', 'about_revision', 'reason', name=op.f('pk_reminder_skip'))
    )
    with op.batch_alter_table('reminder_skip', schema=None) as batch_op:
        batch_op.create_index('ix_reminder_skip_customer_id', ['customer_id'], unique=False)

    op.create_table('session',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('staff_id', BIG_ID, nullable=False),
    sa.Column('csrf', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.BigInteger(), nullable=False),
    sa.Column('ip', sa.String(), nullable=False),
    sa.Column('user_agent', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_session_staff_id')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_session'))
    )
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.create_index('ix_session_staff_id', ['staff_id'], unique=False)

    op.create_table('suggestion',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=False),
    sa.Column('scheme', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_suggestion_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestion')),
    sa.UniqueConstraint('customer_id', 'scheme', 'value', name=op.f('uq_suggestion_customer_id_scheme_value'))
    )
    op.create_table('token',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('staff_id', BIG_ID, nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_token_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_token')),
    sa.UniqueConstraint('digest', name=op.f('uq_token_digest'))
    )
    op.create_table('upload',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('size', BIG_ID, nullable=False),
    sa.Column('shape', JSON, nullable=False),
    sa.Column('mapping', JSON, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('rows', BIG_ID, nullable=False),
    sa.Column('next_row', BIG_ID, nullable=False),
    sa.Column('accepted', BIG_ID, nullable=False),
    sa.Column('repeated', BIG_ID, nullable=False),
    sa.Column('rejected', BIG_ID, nullable=False),
    sa.Column('staff_id', BIG_ID, nullable=True),
    sa.Column('worker', sa.String(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('error', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_upload_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload'))
    )
    op.create_table('consent',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('identity_id', BIG_ID, nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('wording', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('ip', sa.String(), nullable=False),
    sa.Column('user_agent', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('interaction_id', BIG_ID, nullable=True),
    sa.Column('digest', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['identity_id'], ['identity.id'], name=op.f('fk_consent_identity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index('ix_consent_identity_id_purpose', ['identity_id', 'purpose', 'id'], unique=False)

    op.create_table('conversation',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('identity_id', BIG_ID, nullable=False),
    sa.Column('thread_key', sa.String(), nullable=True),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('medium', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('preview', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('unread', sa.Boolean(), nullable=False),
    sa.Column('assignee_id', BIG_ID, nullable=True),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=False),
    sa.Column('merged_into', BIG_ID, nullable=True),
    sa.ForeignKeyConstraint(['assignee_id'], ['staff.id'], name=op.f('fk_conversation_assignee_id')),
    sa.ForeignKeyConstraint(['identity_id'], ['identity.id'], name=op.f('fk_conversation_identity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation'))
    )
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.create_index('ix_conversation_identity_id', ['identity_id'], unique=False)
        batch_op.create_index('ix_conversation_state_last_at', ['state', 'last_at', 'id'], unique=False)
        batch_op.create_index('uq_conversation_thread_key', ['thread_key'], unique=True, sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))

    op.create_table('upload_outcome',
    sa.Column('upload_id', BIG_ID, nullable=False),
    sa.Column('dry', sa.Boolean(), nullable=False),
    sa.Column('row', BIG_ID, nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('nps', BIG_ID, nullable=True),
    sa.Column('interaction_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['upload_id'], ['upload.id'], name=op.f('fk_upload_outcome_upload_id')),
    sa.PrimaryKeyConstraint('upload_id', 'dry', 'row', name=op.f('pk_upload_outcome'))
    )
    op.create_table('interaction',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('identity_id', BIG_ID, nullable=False),
    sa.Column('conversation_id', BIG_ID, nullable=True),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('medium', sa.String(), nullable=False),
    sa.Column('direction', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('trust', sa.String(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=False),
    sa.Column('content_key', sa.String(), nullable=True),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('detail', JSON, nullable=True),
    sa.Column('customer_why', sa.String(), nullable=False),
    sa.Column('conversation_why', sa.String(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_interaction_conversation_id')),
    sa.ForeignKeyConstraint(['identity_id'], ['identity.id'], name=op.f('fk_interaction_identity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interaction'))
    )
    with op.batch_alter_table('interaction', schema=None) as batch_op:
        batch_op.create_index('ix_interaction_conversation_id', ['conversation_id', 'id'], unique=False)
        batch_op.create_index('ix_interaction_identity_id', ['identity_id', 'id'], unique=False)
        batch_op.create_index('uq_interaction_content_key', ['content_key'], unique=True, sqlite_where=sa.text('content_key IS NOT NULL'), postgresql_where=sa.text('content_key IS NOT NULL'))

    op.create_table('message',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('dedupe_key', sa.String(), nullable=False),
    sa.Column('origin', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=False),
    sa.Column('identity_id', BIG_ID, nullable=False),
    sa.Column('conversation_id', BIG_ID, nullable=True),
    sa.Column('staff_id', BIG_ID, nullable=True),
    sa.Column('template', sa.String(), nullable=False),
    sa.Column('template_id', BIG_ID, nullable=True),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('about_id', BIG_ID, nullable=True),
    sa.Column('about_revision', BIG_ID, nullable=True),
    sa.Column('content', JSON, nullable=False),
    sa.Column('rfc_message_id', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('delivery', sa.String(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('planned_at', sa.BigInteger(), nullable=False),
    sa.Column('attempt', BIG_ID, nullable=False),
    sa.Column('worker', sa.String(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('body_hash', sa.String(), nullable=False),
    sa.Column('parts', BIG_ID, nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('phase', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.Column('interaction_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_message_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_message_customer_id')),
    sa.ForeignKeyConstraint(['identity_id'], ['identity.id'], name=op.f('fk_message_identity_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_message_staff_id')),
    sa.ForeignKeyConstraint(['template_id'], ['template.id'], name=op.f('fk_message_template_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_message_dedupe_key'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_about', ['about', 'about_id'], unique=False)
        batch_op.create_index('ix_message_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('ix_message_identity_id', ['identity_id', 'id'], unique=False)
        batch_op.create_index('ix_message_interaction_id', ['interaction_id'], unique=False, sqlite_where=sa.text('interaction_id IS NOT NULL'), postgresql_where=sa.text('interaction_id IS NOT NULL'))
        batch_op.create_index('ix_message_reference', ['reference'], unique=False)
        batch_op.create_index('ix_message_rfc_message_id', ['rfc_message_id'], unique=False)
        batch_op.create_index('ix_message_state_due_at', ['state', 'due_at', 'id'], unique=False)

    op.create_table('message_ref',
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('conversation_id', BIG_ID, nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_message_ref_conversation_id')),
    sa.PrimaryKeyConstraint('ref', name=op.f('pk_message_ref'))
    )
    with op.batch_alter_table('message_ref', schema=None) as batch_op:
        batch_op.create_index('ix_message_ref_conversation_id', ['conversation_id'], unique=False)

    op.create_table('participant',
    sa.Column('conversation_id', BIG_ID, nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_participant_conversation_id')),
    sa.PrimaryKeyConstraint('conversation_id', 'address', name=op.f('pk_participant'))
    )
    op.create_table('task',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('key', sa.String(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('customer_id', BIG_ID, nullable=True),
    sa.Column('conversation_id', BIG_ID, nullable=True),
    sa.Column('interaction_id', sa.BigInteger(), nullable=True),
    sa.Column('assignee_id', BIG_ID, nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['assignee_id'], ['staff.id'], name=op.f('fk_task_assignee_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_task_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_task_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task')),
    sa.UniqueConstraint('key', name=op.f('uq_task_key'))
    )
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.create_index('ix_task_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('ix_task_state_due_at', ['state', 'due_at'], unique=False)

    op.create_table('attachment',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('interaction_id', sa.BigInteger(), nullable=False),
    sa.Column('position', BIG_ID, nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('size', BIG_ID, nullable=True),
    sa.Column('sha256', sa.String(), nullable=True),
    sa.Column('content_id', sa.String(), nullable=False),
    sa.Column('inline', sa.Boolean(), nullable=False),
    sa.Column('url', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['interaction_id'], ['interaction.id'], name=op.f('fk_attachment_interaction_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('interaction_id', 'position', name=op.f('uq_attachment_interaction_id_position'))
    )
    op.create_table('delivery_event',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('message_id', BIG_ID, nullable=True),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('detail', JSON, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_delivery_event_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_event')),
    sa.UniqueConstraint('channel', 'key', name=op.f('uq_delivery_event_channel_key'))
    )
    with op.batch_alter_table('delivery_event', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_event_message_id', ['message_id'], unique=False)
        batch_op.create_index('ix_delivery_event_reference', ['reference'], unique=False)

    op.create_table('interaction_event',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('interaction_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('data', JSON, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['interaction_id'], ['interaction.id'], name=op.f('fk_interaction_event_interaction_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interaction_event')),
    sa.UniqueConstraint('channel', 'key', name=op.f('uq_interaction_event_channel_key'))
    )
    with op.batch_alter_table('interaction_event', schema=None) as batch_op:
        batch_op.create_index('ix_interaction_event_interaction_id', ['interaction_id', 'id'], unique=False)

    op.create_table('message_step',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('message_id', BIG_ID, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('seen', JSON, nullable=True),
    sa.Column('worker', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_message_step_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_step'))
    )
    with op.batch_alter_table('message_step', schema=None) as batch_op:
        batch_op.create_index('ix_message_step_message_id', ['message_id', 'id'], unique=False)

    

    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE interaction_search USING fts5("
            "words, content='', tokenize='unicode61 remove_diacritics 0')"
        )
    else:
        op.execute("CREATE TABLE interaction_search (interaction_id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_interaction_search_words ON interaction_search USING GIN (words)")


def downgrade() -> None:
    op.execute("DROP TABLE interaction_search")
    
    with op.batch_alter_table('message_step', schema=None) as batch_op:
        batch_op.drop_index('ix_message_step_message_id')

    op.drop_table('message_step')
    with op.batch_alter_table('interaction_event', schema=None) as batch_op:
        batch_op.drop_index('ix_interaction_event_interaction_id')

    op.drop_table('interaction_event')
    with op.batch_alter_table('delivery_event', schema=None) as batch_op:
        batch_op.drop_index('ix_delivery_event_reference')
        batch_op.drop_index('ix_delivery_event_message_id')

    op.drop_table('delivery_event')
    op.drop_table('attachment')
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.drop_index('ix_task_state_due_at')
        batch_op.drop_index('ix_task_customer_id')

    op.drop_table('task')
    op.drop_table('participant')
    with op.batch_alter_table('message_ref', schema=None) as batch_op:
        batch_op.drop_index('ix_message_ref_conversation_id')

    op.drop_table('message_ref')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_state_due_at')
        batch_op.drop_index('ix_message_rfc_message_id')
        batch_op.drop_index('ix_message_reference')
        batch_op.drop_index('ix_message_interaction_id', sqlite_where=sa.text('interaction_id IS NOT NULL'), postgresql_where=sa.text('interaction_id IS NOT NULL'))
        batch_op.drop_index('ix_message_identity_id')
        batch_op.drop_index('ix_message_customer_id')
        batch_op.drop_index('ix_message_about')

    op.drop_table('message')
    with op.batch_alter_table('interaction', schema=None) as batch_op:
        batch_op.drop_index('uq_interaction_content_key', sqlite_where=sa.text('content_key IS NOT NULL'), postgresql_where=sa.text('content_key IS NOT NULL'))
        batch_op.drop_index('ix_interaction_identity_id')
        batch_op.drop_index('ix_interaction_conversation_id')

    op.drop_table('interaction')
    op.drop_table('upload_outcome')
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_index('uq_conversation_thread_key', sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))
        batch_op.drop_index('ix_conversation_state_last_at')
        batch_op.drop_index('ix_conversation_identity_id')

    op.drop_table('conversation')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index('ix_consent_identity_id_purpose')

    op.drop_table('consent')
    op.drop_table('upload')
    op.drop_table('token')
    op.drop_table('suggestion')
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_index('ix_session_staff_id')

    op.drop_table('session')
    with op.batch_alter_table('reminder_skip', schema=None) as batch_op:
        batch_op.drop_index('ix_reminder_skip_customer_id')

    op.drop_table('reminder_skip')
    with op.batch_alter_table('merge', schema=None) as batch_op:
        batch_op.drop_index('ix_merge_into_id')
        batch_op.drop_index('ix_merge_customer_id')

    op.drop_table('merge')
    op.drop_table('link')
    with op.batch_alter_table('identity', schema=None) as batch_op:
        batch_op.drop_index('uq_identity_open', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_identity_customer_id')

    op.drop_table('identity')
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.drop_index('ix_appointment_starts_at')
        batch_op.drop_index('ix_appointment_customer_id')

    op.drop_table('appointment')
    op.drop_table('tick')
    with op.batch_alter_table('throttle', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_throttle_expires_at'))

    op.drop_table('throttle')
    op.drop_table('template')
    with op.batch_alter_table('suppression', schema=None) as batch_op:
        batch_op.drop_index('uq_suppression_open', sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))

    op.drop_table('suppression')
    op.drop_table('staff')
    op.drop_table('secret')
    op.drop_table('reminder_rule')
    op.drop_table('lease')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index('ix_job_state_run_at')

    op.drop_table('job')
    op.drop_table('installation')
    op.drop_table('form')
    op.drop_table('domain_event')
    with op.batch_alter_table('customer', schema=None) as batch_op:
        batch_op.drop_index('ix_customer_merged_into', sqlite_where=sa.text('merged_into IS NOT NULL'), postgresql_where=sa.text('merged_into IS NOT NULL'))

    op.drop_table('customer')
    op.drop_table('cursor')
    op.drop_table('channel_state')
    op.drop_table('blob')
    op.drop_table('audit')
    with op.batch_alter_table('arrival', schema=None) as batch_op:
        batch_op.drop_index('ix_arrival_state', sqlite_where=sa.text("state <> 'captured'"), postgresql_where=sa.text("state <> 'captured'"))
        batch_op.drop_index('ix_arrival_interaction_id')

    op.drop_table('arrival')
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_at'))

    op.drop_table('answer')
    
