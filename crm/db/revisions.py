"""What has changed since? Every group of tables has a revision that each transaction raises."""

import secrets

from sqlalchemy import TableClause, column, event, select, table, update
from sqlalchemy.orm import Session

# Named by hand: this layer lies below the models.
_revisions = table("revisions", column("table_group"), column("revision"), column("stamp"))


def reads(*groups: str):
    """Mark a question `f(session, ...)` with the table groups that it reads: its answer holds until one changes."""
    def mark(question):
        question.reads = groups
        return question

    return mark


def current(session: Session, groups: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The revision marks of these groups (all when None), sorted by group: equal marks mean unchanged tables."""
    query = select(_revisions.c.table_group, _revisions.c.revision, _revisions.c.stamp)
    if groups is not None:
        query = query.where(_revisions.c.table_group.in_(groups))
    rows = session.execute(query.order_by(_revisions.c.table_group))
    return tuple(f"{group}-{revision}-{stamp}" for group, revision, stamp in rows)


def watch(session: Session) -> None:
    """Note, from now on, the groups of all tables that this session's statements write to."""
    session.info["changed_groups"] = set()

    @event.listens_for(session.connection(), "before_execute")
    def note(_connection, clause, _multiparams, _params, _options):
        if getattr(clause, "is_dml", False):
            note_change(session, clause.table)


def note_change(session: Session, changed: TableClause) -> None:
    """This transaction writes to that table; tables of no group raise nothing."""
    group = getattr(changed, "info", {}).get("group")
    if group is not None:
        session.info["changed_groups"].add(group)


def raise_changed(session: Session) -> None:
    """Raise the revisions of what was changed; always in the same order, so that no two writers block each other."""
    for group in sorted(session.info["changed_groups"]):
        session.execute(update(_revisions).where(_revisions.c.table_group == group)
                        .values(revision=_revisions.c.revision + 1, stamp=secrets.token_hex(8)))
