"""What was changed of a product, when, by hand or by a file, and which list price held from which day on?"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.errors import NotFound
from crm.models import AuditEntry, Correction, ImportBatch, Product, RecordChange
from crm.money import UNITS
from crm.services import settings

_MONEY = {"price_e4": "price", "cost_e4": "cost"}
_INNER = ("deleted_at", "version", "updated_at")  # not what a person would call a field


def changes(session: Session, product_id: int) -> pd.DataFrame:
    """One row a changed field, the newest first: happened_at (in the company's time zone), action ("created", "updated",
    "deleted", "restored"), field, old, new (as they are kept; money as floats; None: empty), file (its name where a file brought
    the change, else None). A deletion has no field. What was taken back is not in it."""
    zone = ZoneInfo(settings.company(session).time_zone)
    rows = []
    entries = session.execute(select(AuditEntry.id, AuditEntry.happened_at, AuditEntry.action, AuditEntry.changes).where(
        AuditEntry.entity == "product", AuditEntry.entity_id == product_id).order_by(AuditEntry.id))
    for place, happened_at, action, changed in entries:
        fields = changed.items() if changed else [(None, (None, None))]
        rows += [(happened_at, place, action, field, old, new, None) for field, (old, new) in fields]
    for place, happened_at, before, after, file in _recorded(session, product_id):
        for name in before:
            if name not in _INNER:
                rows.append((happened_at, place, "updated", _MONEY.get(name, name), _plain(name, before[name]),
                             _plain(name, after[name]), file))
    frame = pd.DataFrame(rows, columns=["happened_at", "place", "action", "field", "old", "new", "file"], dtype=object)
    frame["happened_at"] = pd.Series([_local(moment, zone) for moment in frame["happened_at"]], dtype="datetime64[us]")
    return frame.sort_values(["happened_at", "place"], ascending=False, kind="stable", ignore_index=True).drop(columns="place")


def list_prices(session: Session, product_id: int) -> pd.DataFrame:
    """One row a list price, the oldest first: valid_from (in the company's time zone), price (NaN: none was set), the last one
    being today's. The first holds from the day on which the product came into the records: of earlier ones nothing is known.

    Raises NotFound.
    """
    product = session.get(Product, product_id)
    if product is None:
        raise NotFound("This product is not there any more.")
    known = changes(session, product_id)
    steps = known[(known["field"] == "price") & (known["action"] == "updated")].iloc[::-1]
    zone = ZoneInfo(settings.company(session).time_zone)
    now = float("nan") if product.price_e4 is None else product.price_e4 / UNITS
    first = _number(steps["old"].iloc[0]) if len(steps) else now
    rows = [(_local(product.created_at, zone), first)]
    rows += [(moment, _number(new)) for moment, new in zip(steps["happened_at"], steps["new"], strict=True)]
    if not _same(rows[-1][1], now):  # a file that was taken back, or a change that nobody wrote down
        rows.append((_local(product.updated_at, zone), now))
    kept = [row for place, row in enumerate(rows) if place == 0 or not _same(row[1], rows[place - 1][1])]
    return pd.DataFrame(kept, columns=["valid_from", "price"]).astype({"valid_from": "datetime64[us]", "price": "float64"})


def _recorded(session: Session, product_id: int) -> list:
    """What imports and corrections changed, those taken back left out."""
    change = RecordChange
    query = (select(change.id, ImportBatch.created_at, Correction.created_at, change.before, change.after, ImportBatch.file_name)
             .outerjoin(ImportBatch, ImportBatch.id == change.import_batch_id)
             .outerjoin(Correction, Correction.id == change.correction_id)
             .where(change.table_name == Product.__tablename__, change.record_id == product_id,
                    ImportBatch.status.is_distinct_from("undone"), Correction.status.is_distinct_from("undone"))
             .order_by(change.id))
    return [(place, by_file or by_fix, before, after, file)
            for place, by_file, by_fix, before, after, file in session.execute(query)]


def _plain(name: str, content):
    return content / UNITS if name in _MONEY and content is not None else content


def _number(content) -> float:
    return float("nan") if content is None else float(content)


def _same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
