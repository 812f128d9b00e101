"""Building: rows of several cutoffs put together, each cutoff worked out once."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.snapshots.windows import Window


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everybody on one day: customer_id, each feature, is_gone, and what came after (NaN: not of this question)."""

    customer_id: np.ndarray
    features: dict[str, np.ndarray]
    is_gone: np.ndarray
    outcome: np.ndarray

    def now(self) -> pd.DataFrame:
        """customer_id, the features, is_gone."""
        return pd.DataFrame({"customer_id": self.customer_id, **self.features, "is_gone": self.is_gone})


def pooled(cutoffs: tuple[dt.date, ...], snapshot: Callable[[dt.date], Snapshot], *, is_yes_no: bool) -> Window:
    """The rows of those who had not gone and whose outcome is of the question, cutoff after cutoff, by customer."""
    parts = [(cutoff, each, _asked(each)) for cutoff in cutoffs for each in (snapshot(cutoff),)]

    def joined(column: Callable[[Snapshot], np.ndarray]) -> np.ndarray:
        return np.concatenate([column(each)[rows] for _, each, rows in parts])

    names = parts[0][1].features
    day = np.array([cutoff for cutoff, _, _ in parts], dtype="datetime64[s]")
    frame = {
        "customer_id": joined(lambda each: each.customer_id),
        "cutoff": np.repeat(day, [len(rows) for _, _, rows in parts]),
        **{name: joined(lambda each, name=name: each.features[name]) for name in names},
    }
    outcome = joined(lambda each: each.outcome)
    # Every column is the frame's own already: a second copy of a million cells is not needed.
    return Window(pd.DataFrame(frame, copy=False), outcome.astype(bool) if is_yes_no else outcome)


def _asked(snapshot: Snapshot) -> np.ndarray:
    return np.flatnonzero(~snapshot.is_gone & ~np.isnan(snapshot.outcome))


def telling(columns: tuple[str, ...], frame: pd.DataFrame) -> tuple[str, ...]:
    """Those of the columns that are there and hold more than one content: what never changes tells nothing."""
    return tuple(name for name in columns if name in frame and _varies(frame[name]))


def _varies(column: pd.Series) -> bool:
    if column.dtype.kind not in "fb":
        return column.nunique() > 1
    cells = column.to_numpy()
    if column.dtype.kind == "b":
        return bool(cells.any() and not cells.all())
    return bool(np.fmin.reduce(cells, initial=np.inf) < np.fmax.reduce(cells, initial=-np.inf))
