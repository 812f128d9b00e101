"""Which words set unhappy scores apart from happy ones?

Log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, Fightin' Words, eq. 15 to 22), on comments that
hold a word rather than on how often they repeat it: one long comment shall not decide.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.comments.counting import Words

FEWEST_COMMENTS = 10  # with a low score, and with a high one: below, every word is an anecdote
FEWEST_WITH_WORD = 4  # comments
ERROR_SHARE = 0.05  # of the words called sure that may be luck (Benjamini & Hochberg 1995)
SAME_WORDS = 0.8  # a word of which so much stands inside a pair is told by the pair
COLUMNS = ["word", "comments", "low_comments", "high_comments", "low_share", "high_share", "times", "times_low", "times_high", "p_value", "sure"]


def telling_words(words: Words, *, low: np.ndarray, high: np.ndarray, all_comments: np.ndarray) -> pd.DataFrame | None:
    """One row a word, what is most telling first; None with fewer than FEWEST_COMMENTS on either side.

    low, high, all_comments: how many comments of each text have a low score, a high one, and how many there are at all.
    Columns: word; comments, low_comments, high_comments that hold it; low_share, high_share (0..1, of the comments of that
    side); times: the odds of the word in low-score comments over those in high-score ones (above 1: unhappy), with the 95 %
    interval times_low, times_high; p_value; sure (false discovery rate at most ERROR_SHARE).
    Words that always stand in the same comments are one row, joined by " · ".
    """
    if low.sum() < FEWEST_COMMENTS or high.sum() < FEWEST_COMMENTS:
        return None
    from scipy.sparse import hstack
    from scipy.stats import norm

    words_there = words.counts.copy()
    words_there.data = np.ones_like(words_there.data)
    holds = hstack([words_there, words.pairs], format="csc")
    in_all, in_low, in_high = (holds.T @ times.astype(float) for times in (all_comments, low, high))
    often = (in_low + in_high >= FEWEST_WITH_WORD) & ~_inside_pairs(words, in_all)
    often = np.flatnonzero(often)
    groups = _always_together(holds[:, often])
    first = often[[group[0] for group in groups]]
    if len(first) == 0:
        return pd.DataFrame({name: pd.Series(dtype="str" if name == "word" else "float64") for name in COLUMNS})
    of_words = slice(0, len(words.words))  # pairs say their words a second time
    all_whole, low_sum, high_sum = (found[of_words].sum() for found in (in_all, in_low, in_high))
    # What all comments say weighs as much as the smaller side itself: a word that one side never has gets no endless odds.
    prior_whole = min(low_sum, high_sum)
    prior = prior_whole * in_all[first] / all_whole
    low_whole, high_whole = low_sum + prior_whole, high_sum + prior_whole
    low_with, high_with = in_low[first] + prior, in_high[first] + prior
    log_times = np.log(low_with / (low_whole - low_with)) - np.log(high_with / (high_whole - high_with))
    error = np.sqrt(1 / low_with + 1 / high_with)
    p_value = 2 * norm.sf(np.abs(log_times / error))
    shown = (*words.shown, *words.pairs_shown)
    table = pd.DataFrame({
        "word": [" · ".join(shown[often[one]] for one in group[:3]) for group in groups], "comments": in_all[first].astype(np.int64),
        "low_comments": in_low[first].astype(np.int64), "high_comments": in_high[first].astype(np.int64),
        "low_share": in_low[first] / low.sum(), "high_share": in_high[first] / high.sum(),
        "times": np.exp(log_times), "times_low": np.exp(log_times - 1.96 * error), "times_high": np.exp(log_times + 1.96 * error),
        "p_value": p_value, "sure": surely(p_value)})
    strength = pd.Series(-np.abs(log_times / error))
    return table.assign(strength=strength).sort_values(["strength", "word"], ignore_index=True)[COLUMNS]


def usual_words(words: Words, *, all_comments: np.ndarray, first: int = 20) -> pd.DataFrame:
    """The words of most comments, most first: word, comments, share (0..1)."""
    holds = words.counts.copy()
    holds.data = np.ones_like(holds.data)
    comments = (holds.T @ all_comments.astype(float)).astype(np.int64)
    table = pd.DataFrame({"word": pd.Series(words.shown, dtype="str"), "comments": comments, "share": comments / max(1, all_comments.sum())})
    return table.sort_values(["comments", "word"], ascending=[False, True], ignore_index=True).head(first)


def _always_together(holds) -> list[list[int]]:
    """Columns that are filled in exactly the same rows, as groups."""
    groups: dict[bytes, list[int]] = {}
    for column in range(holds.shape[1]):
        rows = np.sort(holds.indices[holds.indptr[column] : holds.indptr[column + 1]])
        groups.setdefault(rows.tobytes(), []).append(column)
    return list(groups.values())


def _inside_pairs(words: Words, comments: np.ndarray) -> np.ndarray:
    """Mask of the columns of single words that hardly ever stand outside a pair."""
    inside = np.zeros(len(comments), dtype=bool)
    of_pairs = comments[len(words.words) :]
    for side in (0, 1):
        half = words.halves[:, side]
        inside[half[of_pairs >= SAME_WORDS * comments[half]]] = True
    return inside


def surely(p_value: np.ndarray) -> np.ndarray:
    """Which of these are found, with a share of at most ERROR_SHARE of the found ones being luck (Benjamini & Hochberg 1995)."""
    order = np.argsort(p_value, kind="stable")
    within = p_value[order] <= ERROR_SHARE * np.arange(1, len(order) + 1) / len(order)
    sure = np.zeros(len(order), dtype=bool)
    if within.any():
        sure[order[: np.flatnonzero(within)[-1] + 1]] = True
    return sure
