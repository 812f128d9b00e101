"""Correlations: which questions are answered alike, and which of that is more than chance?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import InvalidInput, NotEnoughData

METHODS = ("pearson", "spearman")
FEWEST_FORMS = 10  # of a pair; below, its correlation is not shown
LEVEL = 0.05  # expected share of false ones among the pairs called clear
Z = 1.959964


@dataclass(frozen=True, eq=False)
class Correlations:
    """items: names in an order in which alike ones stand together. matrix, n (items, items): correlation -1 to 1 (NaN: a
    question that never varies, or a pair with fewer than 10 forms) and forms that answer both. pairs, a row a pair, the
    strongest first: item_a, item_b, n, correlation, low, high (95 %), p_value, p_adjusted (Benjamini & Hochberg 1995), clear
    (p_adjusted below .05). method: "pearson" or "spearman".
    """

    items: tuple[str, ...]
    matrix: np.ndarray
    n: np.ndarray
    pairs: pd.DataFrame
    method: str


def correlate(score: np.ndarray, items: list[str], *, method: str = "pearson") -> Correlations:
    """Correlations of the columns of `score` (forms, items; NaN no answer), each pair from the forms that answer both.

    Intervals by Fisher's z; for ranks with the wider spread of Bonett & Wright (2000). Raises NotEnoughData where no pair
    is answered by 10 forms or nothing varies, InvalidInput for another method.
    """
    if method not in METHODS:
        raise InvalidInput(f"There is no correlation “{method}”; choose one of {', '.join(METHODS)}.", field="method")
    matrix, n = _pearson(score) if method == "pearson" else _spearman(score)
    matrix = np.where(n >= FEWEST_FORMS, matrix, np.nan)
    first, second = np.triu_indices(len(items), 1)
    if np.isnan(matrix[first, second]).all():
        raise NotEnoughData(f"A correlation needs at least {FEWEST_FORMS} forms that answer two questions, and scores that "
                            f"differ; the most that two questions have in common is {n[first, second].max(initial=0):.0f} forms.")
    np.fill_diagonal(matrix, 1.0)
    order = _alike_together(matrix)
    return Correlations(tuple(items[place] for place in order), matrix[np.ix_(order, order)],
                        n[np.ix_(order, order)].astype(np.int64),
                        _pairs(matrix, n, items, first, second, ranks=method == "spearman"), method)


def _pearson(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    given = ~np.isnan(score)
    mask = given.astype(np.float64)
    count = np.maximum(mask.sum(axis=0), 1)
    filled = np.where(given, score, 0).astype(np.float64)
    filled = np.where(given, filled - filled.sum(axis=0) / count, 0)  # centred first, so that no digits are lost
    n = mask.T @ mask
    some = np.maximum(n, 1)
    mean = filled.T @ mask / some
    square = (filled**2).T @ mask / some - mean**2
    both = filled.T @ filled / some - mean * mean.T
    with np.errstate(divide="ignore", invalid="ignore"):
        found = both / np.sqrt(square * square.T)
    flat = (square < 1e-12) | (square.T < 1e-12)
    return np.where(flat, np.nan, np.clip(found, -1, 1)), n


def _spearman(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ranks anew for each pair, among the forms that answer both: counted in the table of the two questions' scores."""
    codes, sizes = [], []
    for column in score.T:
        code, points = pd.factorize(column, sort=True)  # -1: no answer
        codes.append(code)
        sizes.append(len(points))
    count = score.shape[1]
    matrix, n = np.full((count, count), np.nan), np.zeros((count, count))
    for a in range(count):
        for b in range(a, count):
            both = (codes[a] >= 0) & (codes[b] >= 0)
            shape = max(sizes[a], 1), max(sizes[b], 1)
            table = np.bincount(codes[a][both] * shape[1] + codes[b][both], minlength=shape[0] * shape[1]).reshape(shape)
            n[a, b] = n[b, a] = table.sum()
            matrix[a, b] = matrix[b, a] = _of_ranks(table)
    return matrix, n


def _of_ranks(table: np.ndarray) -> float:
    """Spearman's correlation of two questions from the counts of their scores, ties at their middle ranks."""
    total = table.sum()
    if total < 2:
        return np.nan
    ranks = []
    for axis in (1, 0):
        times = table.sum(axis=axis)
        ranks.append(np.cumsum(times) - (times - 1) / 2 - (total + 1) / 2)
    spread = [(table.sum(axis=axis) * rank**2).sum() for axis, rank in zip((1, 0), ranks, strict=True)]
    if min(spread) <= 0:
        return np.nan
    return float(np.clip(ranks[0] @ table @ ranks[1] / np.sqrt(spread[0] * spread[1]), -1, 1))


def _pairs(matrix: np.ndarray, n: np.ndarray, items: list[str], first: np.ndarray, second: np.ndarray, *, ranks: bool) -> pd.DataFrame:
    from scipy.special import stdtr

    found, forms = matrix[first, second], n[first, second]
    free = np.maximum(forms - 2, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stdtr(free, -np.abs(found) * np.sqrt(free / np.maximum(1 - found**2, 1e-300)))
        error = np.sqrt((1 + found**2 / 2 if ranks else 1) / np.maximum(forms - 3, 1))
        middle = np.arctanh(found)
    adjusted = benjamini_hochberg(p_value)
    table = pd.DataFrame({
        "item_a": [items[place] for place in first], "item_b": [items[place] for place in second],
        "n": forms.astype(np.int64), "correlation": found, "low": np.tanh(middle - Z * error), "high": np.tanh(middle + Z * error),
        "p_value": p_value, "p_adjusted": adjusted, "clear": adjusted < LEVEL})
    order = np.lexsort((table["item_b"], table["item_a"], -np.nan_to_num(np.abs(found), nan=-1)))
    return table.iloc[order].reset_index(drop=True)


def benjamini_hochberg(p_value: np.ndarray) -> np.ndarray:
    """P values corrected so that of all called clear at 5 % about 5 % are false (Benjamini & Hochberg 1995); NaN stay.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    known = np.flatnonzero(~np.isnan(p_value))
    order = known[np.argsort(p_value[known], kind="stable")]
    adjusted = np.full(len(p_value), np.nan)
    scaled = p_value[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return adjusted


def _alike_together(matrix: np.ndarray) -> list[int]:
    """The order of a tree that joins the most alike first; as given where a pair is not known."""
    if len(matrix) < 3 or np.isnan(matrix).any():
        return list(range(len(matrix)))
    from scipy.cluster.hierarchy import leaves_list, linkage

    first, second = np.triu_indices(len(matrix), 1)
    tree = linkage(1 - matrix[first, second], method="average", optimal_ordering=True)
    return leaves_list(tree).tolist()
