"""Which files were brought in, and what became of their lines?"""

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.models import ImportBatch


def listing(session: Session, *, limit: int = 100) -> pd.DataFrame:
    """The imports, the newest first: file_name, created_at (UTC), lines read, imported, duplicate and rejected."""
    query = (select(ImportBatch.file_name, ImportBatch.created_at, ImportBatch.lines_read, ImportBatch.lines_imported,
                    ImportBatch.lines_duplicate, ImportBatch.lines_rejected)
             .order_by(ImportBatch.id.desc()).limit(limit))
    return pd.DataFrame(session.execute(query).all(), columns=[column.key for column in query.selected_columns])
