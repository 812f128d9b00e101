"""Payments, what imports and corrections changed, doubles, connections to other databases, custom fields"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('connections',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('database', sa.Text(), nullable=False),
    sa.Column('table_name', sa.Text(), nullable=True),
    sa.Column('query', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('choices', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('on_known', sa.Text(), server_default='overwrite', nullable=False),
    sa.Column('synced_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("on_known in ('fill', 'overwrite', 'skip')", name=op.f('ck_connections_on_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connections')),
    sa.UniqueConstraint('name', name=op.f('uq_connections_name'))
    )
    op.create_table('corrections',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default='done', nullable=False),
    sa.Column('details', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind in ('merge', 'fix')", name=op.f('ck_corrections_kind')),
    sa.CheckConstraint("status in ('done', 'undone')", name=op.f('ck_corrections_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_corrections'))
    )
    op.create_table('import_shapes',
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('choices', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('fingerprint', name=op.f('pk_import_shapes'))
    )
    op.create_table('record_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('correction_id', sa.Integer(), nullable=True),
    sa.Column('table_name', sa.Text(), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['correction_id'], ['corrections.id'], name=op.f('fk_record_changes_correction_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_record_changes_import_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record_changes'))
    )
    op.create_index(op.f('ix_record_changes_correction_id'), 'record_changes', ['correction_id'], unique=False)
    op.create_index(op.f('ix_record_changes_import_batch_id'), 'record_changes', ['import_batch_id'], unique=False)
    op.create_table('not_duplicates',
    sa.Column('first_id', sa.Integer(), nullable=False),
    sa.Column('second_id', sa.Integer(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('first_id < second_id', name=op.f('ck_not_duplicates_order')),
    sa.ForeignKeyConstraint(['first_id'], ['customers.id'], name=op.f('fk_not_duplicates_first_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['second_id'], ['customers.id'], name=op.f('fk_not_duplicates_second_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('first_id', 'second_id', name=op.f('pk_not_duplicates'))
    )
    op.create_index('ix_not_duplicates_second_id', 'not_duplicates', ['second_id'], unique=False)
    op.create_table('payments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), server_default='manual', nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('amount_e4', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('method', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_payments_customer_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_payments_import_batch_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_payments_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payments'))
    )
    op.create_index('ix_payments_customer_id', 'payments', ['customer_id', 'paid_on'], unique=False)
    op.create_index('ix_payments_known', 'payments', ['source', 'code'], unique=False)
    op.create_index('ix_payments_order_id', 'payments', ['order_id'], unique=False)
    op.add_column('campaign_members', sa.Column('has_responded', sa.Boolean(), nullable=True))
    op.add_column('campaign_members', sa.Column('import_batch_id', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('import_batch_id', sa.Integer(), nullable=True))
    op.create_index('ix_customer_scores_product_id', 'customer_scores', ['product_id'], unique=False, sqlite_where=sa.text('product_id is not null'), postgresql_where=sa.text('product_id is not null'))
    op.add_column('deals', sa.Column('source', sa.Text(), server_default='manual', nullable=False))
    op.add_column('deals', sa.Column('code', sa.Text(), nullable=True))
    op.add_column('deals', sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False))
    op.create_index('ix_deals_known', 'deals', ['source', 'code'], unique=False)
    op.create_index('ix_deals_product_id', 'deals', ['product_id'], unique=False)
    op.add_column('import_batches', sa.Column('kind', sa.Text(), server_default='order_lines', nullable=False))
    op.add_column('import_batches', sa.Column('undone_at', sa.DateTime(), nullable=True))
    op.add_column('interactions', sa.Column('source', sa.Text(), server_default='manual', nullable=False))
    op.add_column('interactions', sa.Column('code', sa.Text(), nullable=True))
    op.add_column('interactions', sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False))
    op.create_index('ix_interactions_known', 'interactions', ['source', 'code'], unique=False)
    op.add_column('orders', sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False))
    op.add_column('products', sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False))
    op.add_column('survey_answers', sa.Column('source', sa.Text(), server_default='manual', nullable=False))
    op.add_column('survey_answers', sa.Column('response_code', sa.Text(), nullable=True))
    op.create_index('ix_survey_answers_ticket_id', 'survey_answers', ['ticket_id'], unique=False, sqlite_where=sa.text('ticket_id is not null'), postgresql_where=sa.text('ticket_id is not null'))
    op.create_index('ix_tasks_deal_id', 'tasks', ['deal_id'], unique=False)
    op.add_column('tickets', sa.Column('source', sa.Text(), server_default='manual', nullable=False))
    op.add_column('tickets', sa.Column('code', sa.Text(), nullable=True))
    op.add_column('tickets', sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False))
    op.create_index('ix_tickets_known', 'tickets', ['source', 'code'], unique=False)
    op.create_index('ix_tickets_order_id', 'tickets', ['order_id'], unique=False)
