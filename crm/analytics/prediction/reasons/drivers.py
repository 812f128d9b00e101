"""What moves a model's chances among many cases, how much, and in which direction?"""

import numpy as np
import pandas as pd

from crm.analytics.prediction.reasons.shapley import contributions

LOOKED_AT = 200  # cases: a mean of that many is known to a tenth of itself
CLEAR = 0.3  # correlation of a column with what it adds, from which its direction is told


def drivers(model, background: pd.DataFrame) -> pd.DataFrame:
    """One row a column that moves anything, the strongest first: column, points (mean change of the chance by it, 0..1, without
    a sign), direction (1: more of it raises the chance, -1: lowers it, 0: words, or now one way and now the other).

    The mean absolute contribution in log-odds over at most 200 rows of `background`, spread evenly over its sequence, taken to
    points at their mean chance. Raises as `contributions` does.
    """
    rows = background.iloc[np.unique(np.linspace(0, len(background) - 1, LOOKED_AT).astype(int))] if len(background) else background
    added = contributions(model, rows, background)
    chance = float(np.mean(model.probability(rows)))
    found = pd.DataFrame({"column": list(model.columns), "points": np.abs(added).mean(axis=0) * chance * (1 - chance),
                          "direction": [_direction(rows[column], added[:, place])
                                        for place, column in enumerate(model.columns)]})
    return found[found["points"] > 0].sort_values("points", ascending=False, kind="stable", ignore_index=True)


def _direction(column: pd.Series, added: np.ndarray) -> int:
    if column.dtype.kind not in "fiub":
        return 0
    known = column.notna().to_numpy()
    ranks = column[known].astype(float).rank().to_numpy()
    if known.sum() < 3 or np.ptp(ranks) == 0 or np.ptp(added[known]) == 0:
        return 0
    together = float(np.corrcoef(ranks, added[known])[0, 1])
    return int(np.sign(together)) if abs(together) >= CLEAR else 0
