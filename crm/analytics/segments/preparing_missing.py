"""What stands where a number is missing? The usual one, of all rows or of the rows that are alike in the telling respect.

Whatever is filled in understates how much rows differ (Little & Rubin 2019, section 4.2), so it is counted and told.
"""

from collections.abc import Iterable

import numpy as np

from crm.analytics.segments.preparing_columns import MOST_WORDS, Column

MISSING = ("median", "mean", "group", "leave_out")
FEWEST_KNOWN = 3  # a word with fewer known numbers takes the number of all: one row is no group


def fill(numbers: np.ndarray, *, missing: str, alike: Iterable[tuple[str, Column]] = ()) -> tuple[np.ndarray, str]:
    """The numbers (float64, some NaN, some not) without NaN, and the column of words that was gone by ("" for none).

    missing: "median" or "mean" of the known ones, in their own units; "group": the median of the rows with the same word
    in that column of `alike` (name, column) that tells most about the number, the median of all where the word has fewer
    than three known numbers, or where no column tells anything.
    """
    known = ~np.isnan(numbers)
    ordered = np.sort(numbers[known])  # sums in one order, whatever that of the rows
    middle = ordered.mean() if missing == "mean" else np.median(ordered)
    filled, by = np.where(known, numbers, middle), ""
    if missing == "group" and not known.all():
        column, by = _most_telling(numbers, known, alike)
        if column is not None:
            usual = _medians(numbers[known], column.codes[known], len(column.words))
            usual = np.append(np.where(np.isnan(usual), middle, usual), middle)
            filled = np.where(known, numbers, usual[column.codes])
    return filled, by


def _most_telling(numbers: np.ndarray, known: np.ndarray, alike: Iterable[tuple[str, Column]]) -> tuple[Column | None, str]:
    """The column whose words explain most of the number's variance, less what they explain by chance (Kelley's epsilon
    squared); none where that is nothing."""
    best, found, by = 0.0, None, ""
    for name, column in alike:
        rows = known & (column.codes >= 0)
        explained = _explained(numbers[rows], column.codes[rows])
        if explained > best:
            best, found, by = explained, column, name
    return found, by


def _explained(numbers: np.ndarray, codes: np.ndarray) -> float:
    if len(numbers) == 0:
        return 0.0
    sizes = np.bincount(codes)
    groups = int((sizes > 0).sum())
    spread = numbers.var() * len(numbers)
    if not 1 < groups <= max(MOST_WORDS, len(numbers) // 10) or spread == 0 or len(numbers) <= groups:
        return 0.0
    means = np.bincount(codes, weights=numbers) / np.maximum(sizes, 1)
    within = ((numbers - means[codes]) ** 2).sum()
    return float(1 - within / spread * (len(numbers) - 1) / (len(numbers) - groups))


def _medians(numbers: np.ndarray, codes: np.ndarray, n_words: int) -> np.ndarray:
    """The median of each word's numbers, NaN with fewer than three."""
    numbers, codes = numbers[codes >= 0], codes[codes >= 0]
    sequence = np.lexsort((numbers, codes))
    numbers = np.append(numbers[sequence], np.nan)
    count = np.bincount(codes, minlength=n_words)
    start = np.cumsum(count) - count
    middle = (numbers[start + np.maximum(count - 1, 0) // 2] + numbers[start + count // 2]) / 2
    return np.where(count >= FEWEST_KNOWN, middle, np.nan)
