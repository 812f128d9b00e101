"""Naive Bayes: what does each column say on its own, as if the others did not know?

Numbers by a normal curve for the yeses and one for the noes, on the column's scale; words and yes/no by their shares (Hand &
Yu 2001). What is missing says nothing, unless gaps are news. Columns that say the same are counted twice, so its chances are
too sure: they are calibrated.
"""

import numpy as np
import pandas as pd

from crm.analytics.prediction.columns import Column
from crm.analytics.prediction.preparation import learn_preparation
from crm.analytics.prediction.task import Rows

LEAST_VARIANCE = 0.01  # of the column's own: one value repeated on one side must not decide alone
FARTHEST = 5.0  # standard deviations; beyond them a normal curve is no longer what the column looks like


class NaiveBayesClassifier:
    """smoothing: cases added to each word's count on either side (Laplace)."""

    def __init__(self, *, smoothing: float = 1.0) -> None:
        self.smoothing = smoothing

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "NaiveBayesClassifier":
        self.preparation = learn_preparation(rows, scales=scales)
        yes = rows.target
        self.intercept = float(np.log((yes.sum() + 1) / ((~yes).sum() + 1)))
        # A column: the log-odds that each of its words adds, or mean and variance of the noes and the yeses
        self.words: dict[str, np.ndarray] = {}
        self.curves: dict[str, np.ndarray] = {}
        for column in self.preparation.columns:
            codes = _words(column, rows.frame)
            if codes is not None:
                self.words[column.name] = self._of_words(codes, yes)
            if column.kind == "number" or column.kind == "date":
                self.curves[column.name] = _curves(_within(column, rows.frame), yes)
        return self

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        self.preparation.check(frame)
        total = np.full(len(frame), self.intercept)
        for column in self.preparation.columns:
            codes = _words(column, frame)
            if codes is not None:
                total += self.words[column.name][codes]
            if column.name in self.curves:
                (mean_no, variance_no), (mean_yes, variance_yes) = self.curves[column.name]
                scaled = _within(column, frame)
                added = 0.5 * ((scaled - mean_no) ** 2 / variance_no - (scaled - mean_yes) ** 2 / variance_yes
                               + np.log(variance_no / variance_yes))
                total += np.where(np.isnan(scaled), 0.0, added)
        return total

    def _of_words(self, codes: np.ndarray, yes: np.ndarray) -> np.ndarray:
        """Log-odds a code, the last one (nothing known) 0."""
        n_words = codes.max(initial=0) + 1
        known = codes >= 0
        counts = np.array([np.bincount(codes[known & side], minlength=n_words) for side in (~yes, yes)]) + self.smoothing
        counts = np.maximum(counts, 1e-9)  # without smoothing, a word of one side alone
        shares = counts / counts.sum(axis=1, keepdims=True)
        return np.append(np.log(shares[1] / shares[0]), 0.0)


def _words(column: Column, frame: pd.DataFrame) -> np.ndarray | None:
    """(n,) code of the word, of the yes or no, or of a gap that is news; -1 where nothing is known; None: no words here."""
    if column.kind == "text":
        codes = column.codes(frame)
        return np.where(codes == -1, len(column.shares), codes).clip(-1) if column.gap_tells else codes.clip(-1)
    numbers = column.numbers(frame)
    if column.kind == "bool":
        codes = np.where(numbers > 0, 1, 0)
        return np.where(np.isnan(numbers), 2 if column.gap_tells else -1, codes)
    return np.isnan(numbers).astype("int64") if column.gap_tells else None


def _within(column: Column, frame: pd.DataFrame) -> np.ndarray:
    return np.clip(column.scaled(frame), -FARTHEST, FARTHEST)


def _curves(scaled: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """((mean, variance) of the noes, (mean, variance) of the yeses) of standardised numbers."""
    sides = [scaled[side & ~np.isnan(scaled)] for side in (~yes, yes)]
    if min(len(side) for side in sides) < 2:  # a curve needs two; one side alone would decide by its absence
        return np.array([[0.0, 1.0], [0.0, 1.0]])
    return np.array([[side.mean(), max(side.var(), LEAST_VARIANCE)] for side in sides])
