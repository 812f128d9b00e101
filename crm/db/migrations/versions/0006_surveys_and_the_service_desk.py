"""Surveys, who was asked, and what a service desk needs to know of a ticket"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    # SQLite adds no constraint to a table that is there, but takes one with its column.
    inline = op.get_bind().dialect.name == 'sqlite'
    op.create_table('surveys',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('intro', sa.Text(), nullable=True),
    sa.Column('thanks', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), server_default='draft', nullable=False),
    sa.Column('after_tickets', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('valid_days', sa.Integer(), server_default='30', nullable=False),
    *_edited(),
    sa.CheckConstraint("status in ('draft', 'open', 'closed')", name=op.f('ck_surveys_status')),
    sa.CheckConstraint("valid_days > 0", name=op.f('ck_surveys_valid_days')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_surveys'))
    )
    op.create_table('survey_questions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('survey_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('scale_min', sa.Double(), nullable=True),
    sa.Column('scale_max', sa.Double(), nullable=True),
    sa.Column('low_label', sa.Text(), nullable=True),
    sa.Column('high_label', sa.Text(), nullable=True),
    sa.Column('is_required', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('may_not_apply', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.CheckConstraint("kind in ('csat', 'nps', 'ces', 'likert', 'comment')", name=op.f('ck_survey_questions_kind')),
    sa.CheckConstraint("kind = 'comment' or scale_min is not null", name=op.f('ck_survey_questions_scale_where_scored')),
    sa.CheckConstraint("(scale_min is null) = (scale_max is null)", name=op.f('ck_survey_questions_scale_whole')),
    sa.CheckConstraint("scale_min is null or scale_min < scale_max", name=op.f('ck_survey_questions_scale')),
    sa.ForeignKeyConstraint(['survey_id'], ['surveys.id'], name=op.f('fk_survey_questions_survey_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_questions'))
    )
    op.create_index('ix_survey_questions_survey_id', 'survey_questions', ['survey_id', 'position'], unique=False)
    op.create_table('survey_invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('survey_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('secret_sha256', sa.Text(), nullable=True),
    sa.Column('invited_at', sa.DateTime(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('answered_at', sa.DateTime(), nullable=True),
    sa.Column('seconds_taken', sa.Double(), nullable=True),
    *_edited(),
    sa.CheckConstraint("answered_at is null or answered_at >= invited_at", name=op.f('ck_survey_invitations_answered_after_invited')),
    sa.CheckConstraint("seconds_taken is null or seconds_taken >= 0", name=op.f('ck_survey_invitations_seconds_taken')),
    sa.ForeignKeyConstraint(['survey_id'], ['surveys.id'], name=op.f('fk_survey_invitations_survey_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_survey_invitations_customer_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_survey_invitations_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_invitations'))
    )
    op.create_index('ix_survey_invitations_survey_id', 'survey_invitations', ['survey_id', 'invited_at'], unique=False)
    op.create_index('ix_survey_invitations_customer_id', 'survey_invitations', ['customer_id', 'invited_at'], unique=False)
    op.create_index('ix_survey_invitations_ticket_id', 'survey_invitations', ['ticket_id'], unique=False, **_where('ticket_id is not null'))
    op.create_index('ix_survey_invitations_secret', 'survey_invitations', ['secret_sha256'], unique=True, **_where('secret_sha256 is not null'))
    op.create_table('canned_answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    *_edited(),
    sa.CheckConstraint("kind is null or kind in ('inquiry', 'complaint', 'service_request')", name=op.f('ck_canned_answers_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_canned_answers'))
    )
    for column in (sa.Column('topic', sa.Text(), nullable=True), sa.Column('channel', sa.Text(), nullable=True),
                   sa.Column('agent', sa.Text(), nullable=True), sa.Column('reopened_at', sa.DateTime(), nullable=True),
                   sa.Column('times_reopened', sa.Integer(), server_default='0', nullable=False),
                   sa.Column('answer_due_at', sa.DateTime(), nullable=True),
                   sa.Column('solution_due_at', sa.DateTime(), nullable=True),
                   sa.Column('cost_e4', sa.BigInteger(), nullable=True)):
        op.add_column('tickets', column)
    op.drop_index('ix_tickets_status', 'tickets')
    op.create_index('ix_tickets_by_status', 'tickets', ['deleted_at', 'status', 'opened_at', 'id', 'kind', 'priority', 'agent', 'topic'], unique=False)
    op.create_index('ix_tickets_by_opened', 'tickets', ['deleted_at', 'opened_at', 'id', 'status', 'kind', 'priority', 'agent', 'topic'], unique=False)
    op.create_index('ix_tickets_by_resolved', 'tickets', ['deleted_at', 'resolved_at', 'id'], unique=False)
    next_due = "coalesce(\ncase\n    when first_answered_at is null then answer_due_at\n    else null\nend, solution_due_at, '9999-12-31 00:00:00')"
    op.create_index('ix_tickets_by_due', 'tickets', ['deleted_at', sa.text(next_due), 'id', 'status', 'kind', 'priority', 'agent', 'topic'], unique=False, **_where("status <> 'resolved'"))
    op.add_column('interactions', sa.Column('ticket_id', sa.Integer(), sa.ForeignKey('tickets.id', name=op.f('fk_interactions_ticket_id')), nullable=True), inline_references=inline)
    op.create_index('ix_interactions_ticket_id', 'interactions', ['ticket_id'], unique=False, **_where('ticket_id is not null'))
    op.add_column('survey_answers', sa.Column('survey_id', sa.Integer(), sa.ForeignKey('surveys.id', name=op.f('fk_survey_answers_survey_id')), nullable=True), inline_references=inline)
    op.add_column('survey_answers', sa.Column('invitation_id', sa.Integer(), sa.ForeignKey('survey_invitations.id', name=op.f('fk_survey_answers_invitation_id')), nullable=True), inline_references=inline)
    op.add_column('survey_answers', sa.Column('seconds_taken', sa.Double(), nullable=True))
    op.create_index('ix_survey_answers_survey_id', 'survey_answers', ['survey_id'], unique=False, **_where('survey_id is not null'))
    op.create_index('ix_survey_answers_invitation_id', 'survey_answers', ['invitation_id'], unique=False, **_where('invitation_id is not null'))


def _edited() -> list[sa.Column]:
    return [sa.Column('version', sa.Integer(), server_default='1', nullable=False),
            sa.Column('created_at', sa.DateTime(), nullable=False), sa.Column('updated_at', sa.DateTime(), nullable=False),
            sa.Column('deleted_at', sa.DateTime(), nullable=True)]


def _where(condition: str) -> dict:
    return {'sqlite_where': sa.text(condition), 'postgresql_where': sa.text(condition)}
