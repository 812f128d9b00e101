"""All tables of the first version"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('audit_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entity', sa.Text(), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('changes', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('happened_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries'))
    )
    op.create_index('ix_audit_entries_entity', 'audit_entries', ['entity', 'entity_id'], unique=False)
    op.create_table('campaigns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default='draft', nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('cost_e4', sa.BigInteger(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("channel in ('email', 'phone', 'chat', 'visit', 'letter', 'social', 'other')", name=op.f('ck_campaigns_channel')),
    sa.CheckConstraint("status in ('draft', 'running', 'finished')", name=op.f('ck_campaigns_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns'))
    )
    op.create_table('import_batches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('file_sha256', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default='imported', nullable=False),
    sa.Column('lines_read', sa.Integer(), nullable=False),
    sa.Column('lines_imported', sa.Integer(), nullable=False),
    sa.Column('lines_duplicate', sa.Integer(), nullable=False),
    sa.Column('lines_rejected', sa.Integer(), nullable=False),
    sa.Column('details', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("status in ('imported', 'undone')", name=op.f('ck_import_batches_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batches'))
    )
    op.create_table('revisions',
    sa.Column('table_group', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('stamp', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('table_group', name=op.f('pk_revisions'))
    )
    op.create_table('score_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('analysis', sa.Text(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('parameters', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('quality', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_runs'))
    )
    op.create_index('ix_score_runs_analysis', 'score_runs', ['analysis', 'id'], unique=False)
    op.create_table('settings',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_settings'))
    )
    op.create_table('submissions',
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_submissions'))
    )
    op.create_table('customers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), server_default='person', nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('company', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('postal_code', sa.Text(), nullable=True),
    sa.Column('city', sa.Text(), nullable=True),
    sa.Column('region', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('stage', sa.Text(), server_default='customer', nullable=False),
    sa.Column('since_on', sa.Date(), nullable=True),
    sa.Column('birth_year', sa.SmallInteger(), nullable=True),
    sa.Column('gender', sa.Text(), nullable=True),
    sa.Column('yearly_income_e4', sa.BigInteger(), nullable=True),
    sa.Column('education', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('custom_fields', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('email_consent', sa.Boolean(), nullable=True),
    sa.Column('email_consent_at', sa.DateTime(), nullable=True),
    sa.Column('search_text', sa.Text(), server_default='', nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind in ('person', 'company')", name=op.f('ck_customers_kind')),
    sa.CheckConstraint("stage in ('lead', 'prospect', 'customer', 'former')", name=op.f('ck_customers_stage')),
    sa.CheckConstraint('birth_year is null or birth_year between 1850 and 2200', name=op.f('ck_customers_birth_year')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_customers_import_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customers')),
    sa.UniqueConstraint('code', name=op.f('uq_customers_code'))
    )
    op.create_index('ix_customers_by_name', 'customers', ['deleted_at', sa.text('substr(search_text, 1, 100)'), 'id'], unique=False)
    op.create_table('products',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), server_default='product', nullable=False),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('price_e4', sa.BigInteger(), nullable=True),
    sa.Column('cost_e4', sa.BigInteger(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('is_discontinued', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind in ('product', 'service', 'fee')", name=op.f('ck_products_kind')),
    sa.CheckConstraint('price_e4 is null or price_e4 >= 0', name=op.f('ck_products_price')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_products_import_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_products')),
    sa.UniqueConstraint('code', name=op.f('uq_products_code'))
    )
    op.create_table('campaign_members',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('is_holdout', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.Column('responded_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_members_campaign_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_campaign_members_customer_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'customer_id', name=op.f('pk_campaign_members'))
    )
    op.create_index('ix_campaign_members_customer_id', 'campaign_members', ['customer_id'], unique=False)
    op.create_table('customer_scores',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.Text(), nullable=True),
    sa.Column('number', sa.Double(), nullable=True),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_customer_scores_customer_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_customer_scores_product_id')),
    sa.ForeignKeyConstraint(['run_id'], ['score_runs.id'], name=op.f('fk_customer_scores_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_scores'))
    )
    op.create_index('ix_customer_scores_customer_id', 'customer_scores', ['customer_id', 'run_id'], unique=False)
    op.create_index('ix_customer_scores_run_id', 'customer_scores', ['run_id', 'customer_id', 'label'], unique=False)
    op.create_table('customer_tags',
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_customer_tags_customer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('customer_id', 'tag', name=op.f('pk_customer_tags'))
    )
    op.create_index(op.f('ix_customer_tags_tag'), 'customer_tags', ['tag'], unique=False)
    op.create_table('deals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=True),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('stage', sa.Text(), server_default='prospecting', nullable=False),
    sa.Column('amount_e4', sa.BigInteger(), nullable=True),
    sa.Column('probability', sa.Double(), nullable=True),
    sa.Column('opened_on', sa.Date(), nullable=True),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('lost_reason', sa.Text(), nullable=True),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("stage in ('prospecting', 'engaging', 'offered', 'won', 'lost')", name=op.f('ck_deals_stage')),
    sa.CheckConstraint('probability is null or (probability >= 0 and probability <= 1)', name=op.f('ck_deals_probability')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_deals_customer_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_deals_import_batch_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_deals_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deals'))
    )
    op.create_index('ix_deals_customer_id', 'deals', ['customer_id'], unique=False)
    op.create_index('ix_deals_stage', 'deals', ['stage', 'expected_on'], unique=False)
    op.create_table('interactions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('happened_at', sa.DateTime(), nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("channel in ('email', 'phone', 'chat', 'visit', 'letter', 'social', 'other')", name=op.f('ck_interactions_channel')),
    sa.CheckConstraint("direction in ('in', 'out')", name=op.f('ck_interactions_direction')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_interactions_customer_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_interactions_import_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interactions'))
    )
    op.create_index('ix_interactions_customer_id', 'interactions', ['customer_id', 'happened_at'], unique=False)
    op.create_table('orders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), server_default='manual', nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=True),
    sa.Column('ordered_at', sa.DateTime(), nullable=False),
    sa.Column('status', sa.Text(), server_default='completed', nullable=False),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('shipped_at', sa.DateTime(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('net_amount_e4', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('charged_amount_e4', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("status in ('open', 'completed', 'cancelled')", name=op.f('ck_orders_status')),
    sa.CheckConstraint('charged_amount_e4 >= 0', name=op.f('ck_orders_charged_amount')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_orders_customer_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_orders_import_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders'))
    )
    op.create_index('ix_orders_by_customer', 'orders', ['customer_id', 'deleted_at', 'ordered_at', 'currency', 'net_amount_e4', 'charged_amount_e4'], unique=False)
    op.create_index('ix_orders_by_day', 'orders', ['deleted_at', 'ordered_at', 'currency', 'net_amount_e4', 'charged_amount_e4', 'customer_id'], unique=False)
    op.create_index(op.f('ix_orders_import_batch_id'), 'orders', ['import_batch_id'], unique=False)
    op.create_index('uq_orders_anonymous', 'orders', ['source', 'number'], unique=True, sqlite_where=sa.text('deleted_at is null and customer_id is null'), postgresql_where=sa.text('deleted_at is null and customer_id is null'))
    op.create_index('uq_orders_known', 'orders', ['source', 'number', 'customer_id'], unique=True, sqlite_where=sa.text('deleted_at is null and customer_id is not null'), postgresql_where=sa.text('deleted_at is null and customer_id is not null'))
    op.create_table('referrals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('referrer_id', sa.Integer(), nullable=False),
    sa.Column('referred_id', sa.Integer(), nullable=False),
    sa.Column('referred_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('referrer_id <> referred_id', name=op.f('ck_referrals_not_oneself')),
    sa.ForeignKeyConstraint(['referred_id'], ['customers.id'], name=op.f('fk_referrals_referred_id')),
    sa.ForeignKeyConstraint(['referrer_id'], ['customers.id'], name=op.f('fk_referrals_referrer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referrals')),
    sa.UniqueConstraint('referred_id', name=op.f('uq_referrals_referred_id'))
    )
    op.create_index('ix_referrals_referrer_id', 'referrals', ['referrer_id'], unique=False)
    op.create_table('order_lines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Text(), server_default='sale', nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('quantity', sa.Double(), nullable=False),
    sa.Column('unit_price_e4', sa.BigInteger(), nullable=False),
    sa.Column('amount_e4', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.Double(), nullable=True),
    sa.Column('cost_e4', sa.BigInteger(), nullable=True),
    sa.Column('line_at', sa.DateTime(), nullable=True),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind in ('sale', 'return', 'cancellation', 'fee', 'adjustment')", name=op.f('ck_order_lines_kind')),
    sa.CheckConstraint('discount is null or (discount >= 0 and discount <= 1)', name=op.f('ck_order_lines_discount')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_order_lines_import_batch_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_lines_order_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_order_lines_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_lines'))
    )
    op.create_index('ix_order_lines_order_id', 'order_lines', ['order_id'], unique=False)
    op.create_index('ix_order_lines_product_id', 'order_lines', ['product_id'], unique=False)
    op.create_table('tasks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=True),
    sa.Column('deal_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('done_at', sa.DateTime(), nullable=True),
    sa.Column('origin', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_tasks_customer_id')),
    sa.ForeignKeyConstraint(['deal_id'], ['deals.id'], name=op.f('fk_tasks_deal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    op.create_index('ix_tasks_customer_id', 'tasks', ['customer_id'], unique=False)
    op.create_index('ix_tasks_due_on', 'tasks', ['done_at', 'due_on'], unique=False)
    op.create_table('tickets',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('priority', sa.Text(), server_default='normal', nullable=False),
    sa.Column('status', sa.Text(), server_default='open', nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('first_answered_at', sa.DateTime(), nullable=True),
    sa.Column('resolved_at', sa.DateTime(), nullable=True),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind in ('inquiry', 'complaint', 'service_request')", name=op.f('ck_tickets_kind')),
    sa.CheckConstraint("priority in ('low', 'normal', 'high')", name=op.f('ck_tickets_priority')),
    sa.CheckConstraint("status in ('open', 'answered', 'resolved', 'reopened')", name=op.f('ck_tickets_status')),
    sa.CheckConstraint('first_answered_at is null or first_answered_at >= opened_at', name=op.f('ck_tickets_answered_after_opened')),
    sa.CheckConstraint('resolved_at is null or resolved_at >= opened_at', name=op.f('ck_tickets_resolved_after_opened')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_tickets_customer_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_tickets_import_batch_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_tickets_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets'))
    )
    op.create_index('ix_tickets_customer_id', 'tickets', ['customer_id', 'opened_at'], unique=False)
    op.create_index('ix_tickets_status', 'tickets', ['status', 'opened_at'], unique=False)
    op.create_table('survey_answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('metric', sa.Text(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('score', sa.Double(), nullable=True),
    sa.Column('scale_min', sa.Double(), nullable=False),
    sa.Column('scale_max', sa.Double(), nullable=False),
    sa.Column('comment', sa.Text(), nullable=True),
    sa.Column('answered_at', sa.DateTime(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("metric in ('csat', 'nps', 'ces', 'likert')", name=op.f('ck_survey_answers_metric')),
    sa.CheckConstraint('scale_min < scale_max', name=op.f('ck_survey_answers_scale')),
    sa.CheckConstraint('score is null or (score >= scale_min and score <= scale_max)', name=op.f('ck_survey_answers_score')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_survey_answers_customer_id')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batches.id'], name=op.f('fk_survey_answers_import_batch_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_survey_answers_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_answers'))
    )
    op.create_index('ix_survey_answers_customer_id', 'survey_answers', ['customer_id', 'answered_at'], unique=False)
    op.create_index('ix_survey_answers_metric', 'survey_answers', ['metric', 'answered_at'], unique=False)

    revisions = sa.table("revisions", sa.column("table_group"), sa.column("revision"), sa.column("stamp"))
    op.bulk_insert(revisions, [{"table_group": group, "revision": 0, "stamp": secrets.token_hex(8)}
                               for group in ("customers", "sales", "service", "surveys", "work")])
