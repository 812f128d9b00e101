"""CART: which yes-or-no question parts the labels best? The one that lowers Gini's impurity most (Breiman 1984).

Numbers are parted at a threshold, words one against all others. Unknown values go to the side where they fit better, or
are parted from all known ones; where a node had none while growing, later ones go with its larger side.
"""

import numpy as np

from crm.analytics.trees.growing import Split
from crm.analytics.trees.reading import Bins

SMALLEST_GAIN = 1e-9  # of the node's rows; below it is rounding


def best_splits(counts: np.ndarray, bins: Bins, *, min_rows: int) -> list[Split | None]:
    """For each node the split that lowers the impurity most, with at least `min_rows` on both sides; None: there is none.

    counts: (m, steps, k) rows of each label in every step of every column. The gain is rows x decrease of impurity.
    """
    counts = counts.astype("float64")
    total = counts[:, :bins.widths[0]].sum(axis=1)
    rows = total.sum(axis=1)
    left, unknown = sides(counts, bins)
    best = _score(left, total, min_rows=min_rows)
    unknown_left = np.zeros(best.shape, dtype=bool)
    if unknown.any():
        other = _score(left + unknown, total, min_rows=min_rows)
        unknown_left = other > best
        best = np.where(unknown_left, other, best)
    chosen = best.argmax(axis=1)
    nodes = np.arange(len(counts))
    gain = best[nodes, chosen] - (total ** 2).sum(axis=1) / rows
    return [
        binary_split(counts[node], bins, step=chosen[node], unknown_left=unknown_left[node, chosen[node]],
                     gain=float(gain[node]))
        if gain[node] > SMALLEST_GAIN * rows[node] else None
        for node in nodes
    ]


def sides(counts: np.ndarray, bins: Bins) -> tuple[np.ndarray, np.ndarray]:
    """For each step what lies on the left when it is the last (number) or the only one (word), and the column's unknown.

    Neither "unknown" nor "any other word" stands on the left by itself.
    """
    column = np.repeat(np.arange(len(bins.widths)), bins.widths)
    unknown = counts[:, bins.starts[column]]
    left = counts.copy()
    left[:, bins.starts] = 0
    for number, is_number in enumerate(bins.is_number):
        first, after = bins.starts[number], bins.starts[number] + bins.widths[number]
        if is_number:
            np.cumsum(left[:, first:after], axis=1, out=left[:, first:after])
        else:
            left[:, after - 1] = 0
    return left, unknown


def _score(left: np.ndarray, total: np.ndarray, *, min_rows: int) -> np.ndarray:
    """Sum of squared counts over the side's rows, both sides: rows minus rows x impurity. -inf: a side is too small."""
    right = total[:, None, :] - left
    n_left, n_right = left.sum(axis=2), right.sum(axis=2)
    allowed = (n_left >= min_rows) & (n_right >= min_rows)
    score = (np.einsum("msk,msk->ms", left, left) / np.maximum(n_left, 1)
             + np.einsum("msk,msk->ms", right, right) / np.maximum(n_right, 1))
    return np.where(allowed, score, -np.inf)


def binary_split(counts: np.ndarray, bins: Bins, *, step: int, unknown_left: bool, gain: float) -> Split:
    """The split at a step of all columns: a number's steps up to it go left, of a category only that word.

    counts: (steps, k) of the node. At a column's own first step, only what is unknown goes left.
    """
    column = int(np.searchsorted(bins.starts, step, side="right") - 1)
    first, width = bins.starts[column], bins.widths[column]
    own = counts[first:first + width].sum(axis=1)
    place = step - first
    branch = np.ones(width, dtype=np.int64)
    if bins.is_number[column]:
        branch[1:place + 1] = 0
    elif place > 0:
        branch[place] = 0
    if own[0] > 0:
        branch[0] = 0 if unknown_left else 1
    else:
        branch[0] = 0 if own[1:][branch[1:] == 0].sum() > own[1:][branch[1:] == 1].sum() else 1
    return Split(column, branch, 2, gain)
