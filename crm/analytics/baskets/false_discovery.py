"""How many discoveries are chance when many were looked for? Benjamini & Hochberg's correction (1995)."""

from __future__ import annotations

import numpy as np

SURE = 0.05  # of what is called more than chance, at most one in twenty is


def corrected(p_values: np.ndarray, *, tried: int) -> np.ndarray:
    """The q-values (n,) of p-values (n,) out of `tried` >= n comparisons; NaN stays NaN.

    Comparisons that were looked at and are not given (they were too rare to be shown) count as if their p-value were 1:
    leaving them out because of what was found would make the others look surer than they are.

    >>> corrected(np.array([0.01, 0.04, np.nan]), tried=10).round(3).tolist()
    [0.1, 0.2, nan]
    """
    p_values = np.asarray(p_values, dtype=float)
    q_values = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    stepwise = p_values[order] * (tried / np.arange(1, len(order) + 1))
    q_values[order] = np.minimum(np.minimum.accumulate(stepwise[::-1])[::-1], 1.0)
    return q_values
