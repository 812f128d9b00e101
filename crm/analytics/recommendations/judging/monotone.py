"""Monotone curves: shares that can only fall, or only rise, from one step to the next."""

from __future__ import annotations

import numpy as np


def falling(found: np.ndarray, of: np.ndarray) -> np.ndarray:
    """(..., steps) shares found / of, as near as possible to those seen and never rising from one step to the next.

    Isotonic regression by its min-max formula (Robertson, Wright & Dykstra 1988, 1.4): at each step the least, over all
    beginnings up to it, of the greatest share of a stretch that ends at it or later. Neighbours that would rise are pooled,
    so that no share lies above what was seen of a stretch. Steps without cases (of 0) take their neighbours'. NaN where no
    step has any.

    >>> falling(np.array([1.0, 3.0, 0.0]), np.array([10.0, 10.0, 10.0])).tolist()
    [0.2, 0.2, 0.0]
    """
    found, of = np.asarray(found, dtype=float), np.asarray(of, dtype=float)
    n_steps = of.shape[-1]
    nought = np.zeros((*of.shape[:-1], 1))
    all_found = np.concatenate([nought, np.cumsum(found, axis=-1)], axis=-1)
    all_of = np.concatenate([nought, np.cumsum(of, axis=-1)], axis=-1)
    answer = np.full(of.shape, np.inf)
    for begin in range(n_steps):
        cases = all_of[..., begin + 1:] - all_of[..., begin, None]
        share = np.divide(all_found[..., begin + 1:] - all_found[..., begin, None], cases, out=np.full(cases.shape, -np.inf),
                          where=cases > 0)
        greatest = np.maximum.accumulate(share[..., ::-1], axis=-1)[..., ::-1]
        # A stretch of nothing but empty steps says nothing about any step.
        answer[..., begin:] = np.minimum(answer[..., begin:], np.where(np.isneginf(greatest), np.inf, greatest))
    answer[np.isinf(answer)] = np.nan
    return answer
