"""What are comments about? Words that occur together, as themes; how many, so that they come again when some comments are missing.

TF-IDF and non-negative matrix factorisation (Lee & Seung 1999; scikit-learn's coordinate descent from NNDSVD, Boutsidis &
Gallopoulos 2008). The number is chosen by stability (Greene, O'Callaghan & Cunningham 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.comments.counting import Words
from crm.analytics.comments.stop_words import PRAISE

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEWEST_COMMENTS = 30  # with words; below, a theme would be three remarks
FEWEST_TEXTS = 15  # different ones
MOST_THEMES = 12  # more than anybody reads
TEXTS_A_THEME = 5  # at least, different ones, on average
MOST_WORDS = 1_000  # of the vocabulary: the most frequent
FIT_TEXTS = 1_500  # themes are found in a sample of so many different texts, and all texts are then told by them
COMMONEST = 0.5  # a word in more texts than this share tells no theme
WITHOUT = 3  # times that a fifth of the comments is left out
LEFT_IN = 0.8
NEARLY_AS_STABLE = 0.01  # the larger number wins within it: it tells more
STABLE = 0.85  # mean cosine of a theme with itself when a fifth is left out; below, it is not the same theme
WORDS_SHOWN = 8
ROUNDS = 25  # of coordinate descent
FAINT_WORD = 0.1  # of the theme's strongest
LEAST_LIKE = 0.1  # cosine of a comment with its theme
LEAST_SHARE = 0.4  # of what the themes explain of a comment that its own must explain


@dataclass(frozen=True, eq=False)
class Found:
    """words: of each theme, the most telling first; theme: of each text, -1 without; likeness: cosine of each text with its
    theme (0 without); stability: of each theme, 0 to 1; tried: number of themes -> stability of all."""

    words: tuple[tuple[str, ...], ...]
    theme: np.ndarray
    likeness: np.ndarray
    stability: np.ndarray
    tried: dict[int, float]


def find(words: Words, *, comments: np.ndarray, themes: int | None, random_state: int) -> Found | None:
    """Themes of texts; `comments`: how many say each text. None where there is too little, or nothing comes again."""
    usable = _vocabulary(words, comments)
    if usable is None:
        return None
    told, shown = usable
    filled = np.flatnonzero(np.diff(told.indptr))
    if len(filled) < FEWEST_TEXTS or comments[filled].sum() < FEWEST_COMMENTS:
        return None
    rng = np.random.default_rng(random_state)
    rows = filled if len(filled) <= FIT_TEXTS else np.sort(rng.choice(filled, FIT_TEXTS, replace=False))
    weighed = _weighed(told[rows], comments[rows])
    most = max(2, min(MOST_THEMES, len(rows) // TEXTS_A_THEME, min(weighed.shape) - 1))
    numbers = range(2, most + 1) if themes is None else [max(2, min(themes, most))]
    whole = _Start(weighed, max(numbers), random_state)
    parts = [_Start(_weighed(told[rows], rng.binomial(comments[rows], LEFT_IN)), max(numbers), random_state) for _ in range(WITHOUT)]
    factors = {number: whole.factors(number) for number in numbers}
    again = {number: np.mean([_likeness(factors[number], part.factors(number)) for part in parts], axis=0) for number in numbers}
    tried = {number: float(found.mean()) for number, found in again.items()}
    best = max(tried.values())
    chosen = max(number for number, stability in tried.items() if stability >= best - NEARLY_AS_STABLE)
    return _told(told, shown, factors[chosen], again[chosen], tried, forced=themes is not None)


def _told(told: csr_matrix, shown: Sequence[str], factors: np.ndarray, stability: np.ndarray, tried: dict[int, float],
          *, forced: bool) -> Found | None:
    """Each text's theme, and the themes' words; themes that do not come again are dissolved."""
    like = np.asarray(told @ factors.T)
    explained = _explained(told, factors)
    own = explained.argmax(axis=1) if len(factors) else np.zeros(told.shape[0], dtype=int)
    each = np.arange(told.shape[0])
    whole = explained.sum(axis=1)
    belongs = (like[each, own] >= LEAST_LIKE) & (explained[each, own] >= LEAST_SHARE * np.maximum(whole, 1e-12)) & (whole > 0)
    if not forced:
        belongs &= stability[own] >= STABLE
    theme = np.where(belongs, own, -1)
    kept = np.unique(theme[theme >= 0])
    if len(kept) == 0:
        return None
    renamed = np.full(len(factors) + 1, -1)
    renamed[kept] = np.arange(len(kept))
    words = tuple(tuple(shown[column] for column in _strongest(factors[one])) for one in kept)
    return Found(words, renamed[theme], np.where(belongs, like[each, own], 0.0), stability[kept], tried)


def _strongest(factor: np.ndarray) -> list[int]:
    order = np.argsort(-factor, kind="stable")[:WORDS_SHOWN]
    return [column for place, column in enumerate(order)
            if factor[column] >= FAINT_WORD * factor[order[0]] or (place < 3 and factor[column] > 0)]


def _weighed(told: csr_matrix, comments: np.ndarray) -> csr_matrix:
    """What several people say weighs more, but by the logarithm: a thousand times the same sentence makes no theme."""
    return _times(told, np.sqrt(np.where(comments > 0, 1 + np.log(np.maximum(comments, 1)), 0)))


def _vocabulary(words: Words, comments: np.ndarray) -> tuple[csr_matrix, list[str]] | None:
    """TF-IDF of the words that can tell a theme, each row of length 1, and how they are shown."""
    from scipy.sparse import diags_array

    counts = words.counts
    whole = comments.sum()
    there = counts.copy()
    there.data = np.ones_like(there.data)
    with_word = there.T @ comments.astype(float)
    # Among few comments a word must come twice to join anything; among many, rarer words only cost time.
    usable = (with_word >= (2 if whole < 200 else 3)) & (with_word <= max(2, COMMONEST * whole))
    usable &= np.array([word.removeprefix("not ") not in PRAISE for word in words.words], dtype=bool)
    columns = np.flatnonzero(usable)
    if len(columns) < 3:
        return None
    if len(columns) > MOST_WORDS:
        columns = np.sort(columns[np.argsort(-with_word[columns], kind="stable")[:MOST_WORDS]])
    told = counts[:, columns].tocsr().astype(np.float64)
    told.data = 1 + np.log(told.data)
    told = (told @ diags_array(np.log((1 + whole) / (1 + with_word[columns])) + 1)).tocsr()
    length = np.sqrt(np.asarray(told.multiply(told).sum(axis=1)).ravel())
    return _times(told, 1 / np.where(length > 0, length, 1)), [words.shown[column] for column in columns]


def _times(matrix: csr_matrix, factor: np.ndarray) -> csr_matrix:
    scaled = matrix.copy()
    scaled.data = scaled.data * np.repeat(factor, np.diff(matrix.indptr))
    return scaled


class _Start:
    """Texts x words, and the singular vectors from which every number of themes begins."""

    def __init__(self, matrix: csr_matrix, most: int, random_state: int) -> None:
        from sklearn.utils.extmath import randomized_svd

        self.matrix = matrix
        self.left, self.values, self.right = randomized_svd(matrix, most, n_iter=4, random_state=random_state)

    def factors(self, number: int) -> np.ndarray:
        """Themes x words, each row of length 1."""
        import warnings

        from sklearn.decomposition import non_negative_factorization
        from sklearn.exceptions import ConvergenceWarning

        texts, found = self._begin(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # ROUNDS are enough for themes; figures behind the comma are not read
            _, found, _ = non_negative_factorization(self.matrix, W=texts, H=found, n_components=number, init="custom", solver="cd",
                                                     tol=1e-3, max_iter=ROUNDS)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.where(length > 0, length, 1)

    def _begin(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """NNDSVD, its zeros filled with the mean ("a"), which lets every word join."""
        texts, found = np.empty((self.matrix.shape[0], number)), np.empty((number, self.matrix.shape[1]))
        for one in range(number):
            left, right = self.left[:, one], self.right[one]
            sides = [(np.maximum(sign * left, 0), np.maximum(sign * right, 0)) for sign in (1, -1)]
            sizes = [np.linalg.norm(row) * np.linalg.norm(column) for row, column in sides]
            row, column = sides[int(sizes[1] > sizes[0])]
            size = np.sqrt(self.values[one] * max(sizes))
            texts[:, one] = size * row / max(np.linalg.norm(row), 1e-12)
            found[one] = size * column / max(np.linalg.norm(column), 1e-12)
        mean = self.matrix.sum() / np.prod(self.matrix.shape)
        texts[texts < 1e-9] = mean
        found[found < 1e-9] = mean
        return texts, found


def _likeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How like each theme is to its own one among the others (cosine, 0 to 1), matched one to one."""
    from scipy.optimize import linear_sum_assignment

    like = one @ other.T
    rows, columns = linear_sum_assignment(-like)
    matched = np.zeros(len(one))
    matched[rows] = like[rows, columns]
    return matched


def _explained(told: csr_matrix, factors: np.ndarray) -> np.ndarray:
    """Texts x themes: how much of a text each theme explains, by a few rounds of non-negative least squares."""
    like, overlap = np.asarray(told @ factors.T), factors @ factors.T
    shares = np.maximum(like, 0)
    for _ in range(15):  # HALS (Cichocki & Phan 2009), the themes fixed
        for theme in range(len(factors)):
            shares[:, theme] = np.maximum(0, shares[:, theme] + (like[:, theme] - shares @ overlap[:, theme]) / max(overlap[theme, theme], 1e-12))
    return shares
