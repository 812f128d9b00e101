"""What may be offered, what the owner decided about an offer, and which product an answer is about"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    # SQLite adds no constraint to a table that is there, but takes one with its column.
    inline = op.get_bind().dialect.name == 'sqlite'
    op.create_table('offer_decisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('method', sa.Text(), nullable=True),
    sa.Column('chance', sa.Double(), nullable=True),
    sa.Column('expected_e4', sa.BigInteger(), nullable=True),
    sa.Column('task_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('deleted_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("question in ('new', 'repeat')", name=op.f('ck_offer_decisions_question')),
    sa.CheckConstraint("decision in ('accepted', 'dismissed')", name=op.f('ck_offer_decisions_decision')),
    sa.CheckConstraint("chance is null or (chance >= 0 and chance <= 1)", name=op.f('ck_offer_decisions_chance')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_offer_decisions_customer_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_offer_decisions_product_id')),
    sa.ForeignKeyConstraint(['task_id'], ['tasks.id'], name=op.f('fk_offer_decisions_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer_decisions'))
    )
    op.create_index('ix_offer_decisions_customer_id', 'offer_decisions', ['customer_id', 'product_id'], unique=False)
    op.create_index('ix_offer_decisions_product_id', 'offer_decisions', ['product_id'], unique=False)
    op.create_index('ix_offer_decisions_task_id', 'offer_decisions', ['task_id'], unique=False, sqlite_where=sa.text('task_id is not null'), postgresql_where=sa.text('task_id is not null'))
    op.create_index('ix_record_changes_record_id', 'record_changes', ['table_name', 'record_id'], unique=False)
    op.add_column('products', sa.Column('is_sold_out', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('products', sa.Column('is_excluded', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('survey_answers', sa.Column('product_id', sa.Integer(), sa.ForeignKey('products.id', name=op.f('fk_survey_answers_product_id')), nullable=True), inline_references=inline)
    op.create_index('ix_survey_answers_product_id', 'survey_answers', ['product_id'], unique=False, sqlite_where=sa.text('product_id is not null'), postgresql_where=sa.text('product_id is not null'))
