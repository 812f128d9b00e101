"""Lists: the best few of each customer's scores, the more popular first among equals."""

from __future__ import annotations

import numpy as np

FEW = 20  # up to here, taking the largest again and again is several times faster than sorting


def best(scores: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and values (customers x top) of each row's largest, best first; -1 and -inf past the end of a list.

    `scores` (customers x products) is used up: what is found is overwritten. -inf is never listed. Among equals the lower
    column, which is the more popular product, comes first.

    >>> best(np.array([[1.0, 3.0, 3.0, -np.inf]]), 4)[0].tolist()
    [[1, 2, 0, -1]]
    """
    top = min(top, scores.shape[1])
    if top > FEW:
        return _sorted(scores, top)
    every = np.arange(len(scores))
    places = np.empty((len(scores), top), dtype=np.int64)
    values = np.empty((len(scores), top), dtype=scores.dtype)
    for place in range(top):
        places[:, place] = scores.argmax(axis=1)
        values[:, place] = scores[every, places[:, place]]
        scores[every, places[:, place]] = -np.inf
    places[np.isneginf(values)] = -1
    return places, values


def _sorted(scores: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    if top < scores.shape[1]:
        chosen = np.sort(np.argpartition(scores, -top, axis=1)[:, -top:], axis=1)
        values = np.take_along_axis(scores, chosen, axis=1)
        edge = values.min(axis=1)
        # Which of several equals at the edge argpartition takes is its own affair; those rows are sorted in full.
        tied = np.flatnonzero((np.count_nonzero(scores >= edge[:, None], axis=1) > top) & ~np.isneginf(edge))
    else:
        chosen, values, tied = np.broadcast_to(np.arange(top), scores.shape), scores, ()
    order = np.argsort(-values, axis=1, kind="stable")
    places = np.take_along_axis(chosen, order, axis=1)
    values = np.take_along_axis(values, order, axis=1)
    for row in tied:
        places[row] = np.argsort(-scores[row], kind="stable")[:top]
        values[row] = scores[row, places[row]]
    places[np.isneginf(values)] = -1
    return places, values
