"""Who changed what? Every service that writes leaves an entry with the old and the new value."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from crm.models import AuditEntry


def record(session: Session, entity: str, entity_id: int | None, action: str, changes: dict | None = None) -> None:
    """Note a change: `changes` is {field: [old, new]}; dates and decimals are kept as text."""
    plain = {field: [_plain(old), _plain(new)] for field, (old, new) in (changes or {}).items()}
    session.add(AuditEntry(entity=entity, entity_id=entity_id, action=action, changes=plain))


def _plain(content):
    return str(content) if isinstance(content, (date, datetime, Decimal)) else content
