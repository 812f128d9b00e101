"""Order: how does the same table in another order of rows come to the same groups with the same numbers?

Every method here works on the rows in one fixed order, so that samples, random starts and sums are the same whatever order
the customers came in; groups are numbered by what they are, not by where they were met first.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Distinct:
    """The different rows: points (m, d) in fixed order, counts (m,) of equal customers, of_row (n,) which of the m."""

    points: np.ndarray
    counts: np.ndarray
    of_row: np.ndarray


def fixed_order(points: np.ndarray) -> np.ndarray:
    """(n,) positions that sort the rows by their first column, then the second and so on."""
    return np.lexsort(points.T[::-1])


def distinct(points: np.ndarray) -> Distinct:
    """The different rows of (n, d) points that are in fixed order already.

    >>> distinct(np.array([[1.0], [1.0], [4.0]])).counts.tolist()
    [2, 1]
    """
    is_new = np.r_[True, (points[1:] != points[:-1]).any(axis=1)]
    of_row = np.cumsum(is_new) - 1
    return Distinct(points[is_new], np.bincount(of_row), of_row)


def sample_rows(n_rows: int, *, at_most: int, random_state: int) -> np.ndarray:
    """Row numbers, all of them or a seeded sample without repetition, ascending."""
    if n_rows <= at_most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(random_state).choice(n_rows, size=at_most, replace=False))


def means(points: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """(k, d) mean of each group 0..k-1; rows with a label below 0 count nowhere, a group without rows is NaN."""
    inside = labels >= 0
    sizes = np.bincount(labels[inside], minlength=k)
    sums = np.column_stack([np.bincount(labels[inside], weights=column[inside], minlength=k) for column in points.T])
    return sums / np.where(sizes > 0, sizes, np.nan)[:, None]


def numbered(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The labels as 0..k-1 by size, largest first, equal sizes by the position of their centroid; below 0 becomes -1.

    >>> numbered(np.array([[5.0], [1.0], [1.2]]), np.array([7, 3, 3])).tolist()
    [1, 0, 0]
    """
    inside = labels >= 0
    renamed = np.full(len(labels), -1, dtype="int64")
    if not inside.any():
        return renamed
    codes = np.unique(labels[inside], return_inverse=True)[1]
    sizes = np.bincount(codes)
    centroids = means(points[inside], codes, len(sizes))
    best_first = np.lexsort((*centroids.T[::-1], -sizes))
    number = np.empty(len(sizes), dtype="int64")
    number[best_first] = np.arange(len(sizes))
    renamed[inside] = number[codes]
    return renamed
