"""Is the score that goes with a comment low or high? Each on its own scale."""

from __future__ import annotations

import numpy as np
import pandas as pd

LOW, MIDDLE, HIGH = "low", "middle", "high"
# Promoters give 9 or 10 of 10, detractors 6 or less (Reichheld 2003). On other scales, what is below the middle is low, and
# from 4 of 5 on it is high.
BORDERS = {"nps": (0.6, 0.9)}
USUAL_BORDERS = (0.5 - 1e-9, 0.7)


def levels(comments: pd.DataFrame) -> np.ndarray:
    """Where each score stands on its scale, 0 to 1; NaN without a score, or with one outside its scale.

    >>> levels(pd.DataFrame({"score": [4.0, 9.0], "scale_min": [1.0, 0.0], "scale_max": [5.0, 7.0]})).tolist()
    [0.75, nan]
    """
    score, low, high = (comments[name].to_numpy(dtype=float) for name in ("score", "scale_min", "scale_max"))
    with np.errstate(invalid="ignore", divide="ignore"):
        level = (score - low) / (high - low)
    return np.where((high > low) & (level >= 0) & (level <= 1), level, np.nan)


def bands(level: np.ndarray, metric: np.ndarray) -> np.ndarray:
    """"low", "middle", "high", or "" without a score."""
    band = np.full(len(level), "", dtype=object)
    for kind in [*BORDERS, None]:
        of_kind = metric == kind if kind is not None else ~np.isin(metric, list(BORDERS))
        lowest, highest = BORDERS.get(kind, USUAL_BORDERS)
        band[of_kind & (level <= lowest)] = LOW
        band[of_kind & (level > lowest) & (level < highest)] = MIDDLE
        band[of_kind & (level >= highest)] = HIGH
    return band
