"""Customer numbers: what is known of customers as numbers, gaps filled in as the owner chose."""

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import filling as analysis
from crm.db import reads
from crm.services import filling


@reads("customers")
def run(session: Session) -> pd.DataFrame:
    """frames.customer_numbers with the gaps filled in as the owner chose (crm.services.filling): beside each number a
    bool `<name>_is_filled`. Nothing is written; a number that nobody chose to fill in stays NaN where it is missing."""
    recorded, chosen = frames.customer_numbers(session), filling.choices(session)
    flags = {}
    for name in fields(recorded):
        complete = filled(recorded, name, **chosen.get(name, filling.NOTHING))
        recorded = recorded.assign(**{name: complete.values})
        flags[f"{name}_is_filled"] = complete.is_filled
    return recorded.assign(**flags)


def filled(recorded: pd.DataFrame, name: str, *, method: str, by: str | None = None) -> analysis.Filled:
    """One number of frames.customer_numbers, filled in by `method` within the groups of `by`, in time along since_on."""
    return analysis.fill(recorded[name], method=method, order=recorded["since_on"],
                         by=None if by is None else recorded[by])


def fields(recorded: pd.DataFrame) -> list[str]:
    """Which columns of frames.customer_numbers are numbers."""
    return [name for name in recorded.columns if name not in ("customer_id", "since_on", *frames.GROUPED_BY)]
