"""Run by Alembic over the connection that crm.db.upgrade hands in; `metadata` is given only to compare with the models."""

from alembic import context
from sqlalchemy import TypeDecorator


def render_plain(kind, item, _autogen):
    # A migration keeps the types of its day: it must not change when the models' own types do.
    return f"sa.{type(item.impl).__name__}()" if kind == "type" and isinstance(item, TypeDecorator) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=context.config.attributes.get("metadata"),
                  render_item=render_plain)
# The caller owns the transaction, so that a migration that fails leaves the database as it was.
context.run_migrations()
