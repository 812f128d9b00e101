"""C4.5: which question tells most about the label for what it costs to ask? The best gain ratio (Quinlan 1993).

Among the columns that gain at least the average, the one whose gain is largest beside the entropy of its own branches.
Numbers are parted at the threshold that gains most, less the cost of naming one of so many thresholds (Quinlan 1996).
Words get a branch each; more than a few are put together as long as that raises the ratio (Quinlan 1993, chapter 7).
Unknown values of a number go with the side where they fit better; of a category they are a branch of their own where
enough rows have none, else they go with its largest branch.
"""

from functools import lru_cache

import numpy as np

from crm.analytics.trees.gini import binary_split, sides
from crm.analytics.trees.growing import Split
from crm.analytics.trees.reading import Bins

MOST_BRANCHES = 5  # words with a branch each; with more, a tree of few levels has no rows left below
NEARLY_AVERAGE = 0.001  # bits that a gain may lie below the average, as in Quinlan's program
SMALLEST_GAIN = 1e-9  # bits a row; below it is rounding


def best_splits(counts: np.ndarray, bins: Bins, *, min_rows: int) -> list[Split | None]:
    """For each node the split with the best gain ratio, at least two branches holding `min_rows`; None: there is none.

    counts: (m, steps, k) rows of each label in every step of every column. The gain is rows x bits.
    """
    total = counts[:, :bins.widths[0]].sum(axis=1)
    thresholds = _thresholds(counts, total, bins, min_rows=min_rows)
    found: list[Split | None] = []
    for node in range(len(counts)):
        tests = [
            (gain, cost, column, step) for gain, cost, column, step in thresholds[node]
        ] + [
            (*test[:2], column, test[2])
            for column in np.flatnonzero(~bins.is_number).tolist()
            if (test := _words(_own(counts[node], bins, column), min_rows=min_rows))
        ]
        found.append(_best(tests, counts[node], bins, rows=int(total[node].sum())))
    return found


def gain_and_cost(branches: np.ndarray) -> tuple[float, float]:
    """(b, k) rows of each label in each branch -> rows x bits gained, and rows x bits of the branches themselves.

    >>> gain, cost = gain_and_cost(np.array([[2, 3], [4, 0], [3, 2]]))  # the weather's outlook: .247 and 1.577 bits
    >>> round(gain / 14, 3), round(cost / 14, 3), round(gain / cost, 3)
    (0.247, 1.577, 0.156)
    """
    rows, labels = branches.sum(axis=1), branches.sum(axis=0)
    whole = _bits(rows.sum()) - _bits(labels).sum()
    inside = _bits(rows).sum() - _bits(branches).sum()
    return float(whole - inside), float(_bits(rows.sum()) - _bits(rows).sum())


def _best(tests: list[tuple], counts: np.ndarray, bins: Bins, *, rows: int) -> Split | None:
    tests = [test for test in tests if test[0] > SMALLEST_GAIN * rows]
    if not tests:
        return None
    average = sum(test[0] for test in tests) / len(tests)
    likely = [test for test in tests if test[0] >= average - NEARLY_AVERAGE * rows]
    gain, _, column, how = min(likely, key=lambda test: (-test[0] / test[1], test[2]))
    if bins.is_number[column]:
        step, unknown_left = how
        return binary_split(counts, bins, step=step, unknown_left=unknown_left, gain=gain)
    return _word_split(_own(counts, bins, column).sum(axis=1), how, column=column, gain=gain)


def _own(counts: np.ndarray, bins: Bins, column: int) -> np.ndarray:
    return counts[bins.starts[column]:bins.starts[column] + bins.widths[column]]


def _thresholds(counts: np.ndarray, total: np.ndarray, bins: Bins, *, min_rows: int) -> list[list[tuple]]:
    """For each node, of every column of numbers the threshold that gains most: (gain, cost, column, (step, unknown left))."""
    tests: list[list[tuple]] = [[] for _ in counts]
    if not bins.is_number.any():
        return tests
    left, unknown = sides(counts, bins)
    gain, cost = _binary(left, total, min_rows=min_rows)
    unknown_left = np.zeros(gain.shape, dtype=bool)
    if unknown.any():
        other_gain, other_cost = _binary(left + unknown, total, min_rows=min_rows)
        unknown_left = other_gain > gain
        gain, cost = np.where(unknown_left, other_gain, gain), np.where(unknown_left, other_cost, cost)
    nodes = np.arange(len(counts))
    for column in np.flatnonzero(bins.is_number).tolist():
        first, after = bins.starts[column], bins.starts[column] + bins.widths[column]
        best = first + gain[:, first:after].argmax(axis=1)
        different = (counts[:, first + 1:after].sum(axis=2) > 0).sum(axis=1)
        net = gain[nodes, best] - np.log2(np.maximum(different - 1, 1))
        for node in np.flatnonzero(np.isfinite(net)).tolist():
            step = int(best[node])
            tests[node].append((float(net[node]), float(cost[node, step]), column,
                                (step, bool(unknown_left[node, step]))))
    return tests


def _binary(left: np.ndarray, total: np.ndarray, *, min_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows x bits gained at each step (-inf: a side is too small), and rows x bits of the two sides."""
    right = total[:, None, :] - left
    n_left, n_right = left.sum(axis=2), right.sum(axis=2)
    rows = total.sum(axis=1)
    whole = _bits(rows) - _bits(total).sum(axis=1)
    of_sides = _bits(n_left) + _bits(n_right)
    gain = whole[:, None] - of_sides + _bits(left).sum(axis=2) + _bits(right).sum(axis=2)
    allowed = (n_left >= min_rows) & (n_right >= min_rows)
    return np.where(allowed, gain, -np.inf), _bits(rows)[:, None] - of_sides


def _words(own: np.ndarray, *, min_rows: int) -> tuple[float, float, list[list[int]]] | None:
    """The best branches for a category's steps at one node: gain, cost and the steps of each branch."""
    rows = own.sum(axis=1)
    steps = [step for step in np.flatnonzero(rows).tolist() if step > 0]
    groups, branches = [[step] for step in steps], own[steps]
    if 0 < rows[0] < min_rows and groups:  # too few unknown ones for a branch of their own
        largest = int(branches.sum(axis=1).argmax())
        branches = branches.copy()
        branches[largest] += own[0]
    elif rows[0]:
        groups, branches = [*groups, [0]], np.vstack([branches, own[0]])
    if len(groups) > MOST_BRANCHES:
        groups, branches = _put_together(groups, branches)
    if (branches.sum(axis=1) >= min_rows).sum() < 2:
        return None
    return (*gain_and_cost(branches), groups)


def _put_together(groups: list[list[int]], branches: np.ndarray) -> tuple[list[list[int]], np.ndarray]:
    """Two branches become one, again and again, as long as there are too many or the gain ratio rises."""
    gain, cost = gain_and_cost(branches)
    while len(groups) > 2:
        first, second = np.triu_indices(len(groups), 1)
        rows = branches.sum(axis=1)
        inside = _bits(rows) - _bits(branches).sum(axis=1)
        both, both_rows = branches[first] + branches[second], rows[first] + rows[second]
        lost = _bits(both_rows) - _bits(both).sum(axis=1) - inside[first] - inside[second]
        saved = _bits(both_rows) - _bits(rows[first]) - _bits(rows[second])
        ratio = (gain - lost) / (cost - saved)
        best = int(ratio.argmax())
        if len(groups) <= MOST_BRANCHES and ratio[best] <= gain / cost:
            break
        kept, gone = int(first[best]), int(second[best])
        gain, cost = gain - lost[best], cost - saved[best]
        branches = np.delete(branches, gone, axis=0)
        branches[kept] = both[best]
        groups = [group + groups[gone] if place == kept else group
                  for place, group in enumerate(groups) if place != gone]
    return groups, branches


def _word_split(rows: np.ndarray, groups: list[list[int]], *, column: int, gain: float) -> Split:
    branch = np.full(len(rows), -1, dtype=np.int64)
    for number, steps in enumerate(groups):
        branch[steps] = number
    if branch[-1] >= 0:  # words that are not here go where "any other word" goes
        branch[1:][branch[1:] < 0] = branch[-1]
    if branch[0] < 0:
        sizes = [rows[steps].sum() for steps in groups]
        branch[0] = int(np.argmax(sizes))
    return Split(column, branch, len(groups), gain)


def _bits(counts: np.ndarray | int) -> np.ndarray:
    """n log2 n of whole numbers."""
    counts = np.asarray(counts, dtype=np.int64)
    return _table(int(counts.max(initial=0)).bit_length())[counts]


@lru_cache(maxsize=32)
def _table(digits: int) -> np.ndarray:
    numbers = np.arange(2 ** digits, dtype="float64")
    return numbers * np.log2(np.maximum(numbers, 1))
