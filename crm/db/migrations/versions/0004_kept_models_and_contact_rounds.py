"""Models that are kept and used again; contact rounds with a hold-out, their tasks, and what they were planned with"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    # SQLite adds no constraint to a table that is there, but takes one with its column.
    inline = op.get_bind().dialect.name == 'sqlite'
    op.create_table('trained_models',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('horizon_days', sa.Integer(), nullable=True),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('parameters', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('quality', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('about', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('versions', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('is_promoted', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trained_models'))
    )
    op.create_index('ix_trained_models_name', 'trained_models', ['name'], unique=True, sqlite_where=sa.text('deleted_at is null'), postgresql_where=sa.text('deleted_at is null'))
    op.create_index('ix_trained_models_promoted', 'trained_models', ['purpose'], unique=True, sqlite_where=sa.text('is_promoted and deleted_at is null'), postgresql_where=sa.text('is_promoted and deleted_at is null'))
    op.add_column('campaigns', sa.Column('origin', sa.Text(), nullable=True))
    op.add_column('campaigns', sa.Column('as_of', sa.Date(), nullable=True))
    op.add_column('campaigns', sa.Column('horizon_days', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('contact_cost_e4', sa.BigInteger(), nullable=True))
    op.add_column('campaigns', sa.Column('success_rate', sa.Double(), nullable=True))
    op.add_column('campaigns', sa.Column('holdout_share', sa.Double(), nullable=True))
    op.add_column('campaigns', sa.Column('model_id', sa.Integer(), sa.ForeignKey('trained_models.id', name=op.f('fk_campaigns_model_id')), nullable=True), inline_references=inline)
    op.create_index('ix_campaigns_origin', 'campaigns', ['origin', 'started_on'], unique=False)
    op.add_column('campaign_members', sa.Column('probability', sa.Double(), nullable=True))
    op.add_column('campaign_members', sa.Column('value_e4', sa.BigInteger(), nullable=True))
    op.add_column('tasks', sa.Column('campaign_id', sa.Integer(), sa.ForeignKey('campaigns.id', name=op.f('fk_tasks_campaign_id')), nullable=True), inline_references=inline)
    op.create_index('ix_tasks_campaign_id', 'tasks', ['campaign_id'], unique=False)
