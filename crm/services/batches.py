"""Which files were brought in, and what became of their lines?"""

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.models import ImportBatch

COLUMNS = ("id", "file_name", "kind", "source", "status", "created_at", "undone_at", "lines_read", "lines_imported",
           "lines_duplicate", "lines_rejected", "created")


def listing(session: Session, *, limit: int = 100) -> pd.DataFrame:
    """The imports, the newest first, in COLUMNS: status "imported" or "undone", the moments in UTC (undone_at NaT),
    lines counted, and `created`, {table: rows} that the import brought."""
    query = (select(*(getattr(ImportBatch, name) for name in COLUMNS[:-1]), ImportBatch.details)
             .order_by(ImportBatch.id.desc()).limit(limit))
    rows = [(*row, (details or {}).get("created", {})) for *row, details in session.execute(query)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(undone_at=pd.to_datetime(frame["undone_at"], utc=True))
