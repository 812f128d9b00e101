"""Which columns follow from each other, so that each could stand in for the other?"""

import numpy as np
import pandas as pd

TWINS_FROM = 0.8  # association; from about here on a model loses little when one of the two is spoilt alone
ROWS_LOOKED_AT = 5000  # a correlation is then known to .02
LEVELS_LOOKED_AT = 30  # of a text column, the rest as one; rarer ones decide no association
FEWEST_PRESENT = 30  # rows on which both are known; below, a correlation says nothing


def twins(frame: pd.DataFrame, *, at_least: float = TWINS_FROM, random_state: int = 0) -> list[tuple[str, ...]]:
    """Every column once, those that follow from each other together, in the sequence of the columns.

    Association 0..1: of numbers the absolute rank correlation (Spearman 1904); of words Cramer's V without its bias (Bergsma
    2013); of words and numbers the correlation ratio of the ranks; of columns that are missing together the correlation of
    being missing. Columns belong together where every pair reaches `at_least` (complete linkage, so that no chain forms).

    >>> twins(pd.DataFrame({"days": [3.0, 1, 2] * 20, "weeks": [0.4, 0.1, 0.3] * 20, "age": [40.0, 70, 33, 21] * 15}))
    [('days', 'weeks'), ('age',)]
    """
    columns = list(frame.columns)
    if len(columns) < 2:
        return [(column,) for column in columns]
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(frame) > ROWS_LOOKED_AT:
        chosen = np.random.default_rng(random_state).choice(len(frame), ROWS_LOOKED_AT, replace=False)
        frame = frame.iloc[np.sort(chosen)]
    apart = 1.0 - _association(frame)
    np.fill_diagonal(apart, 0.0)
    labels = fcluster(linkage(squareform(apart, checks=False), method="complete"), t=1.0 - at_least, criterion="distance")
    together: dict[int, list[str]] = {}
    for column, label in zip(columns, labels.tolist(), strict=True):
        together.setdefault(label, []).append(column)
    return [tuple(group) for group in together.values()]


def _association(frame: pd.DataFrame) -> np.ndarray:
    """(columns, columns) 0..1, symmetric."""
    is_text = np.array([not pd.api.types.is_bool_dtype(kind) and not pd.api.types.is_numeric_dtype(kind)
                        for kind in frame.dtypes])
    numbers = [place for place, text in enumerate(is_text) if not text]
    words = [place for place, text in enumerate(is_text) if text]
    found = np.eye(len(is_text))
    if numbers:
        ranks = frame.iloc[:, numbers].astype(float).rank().to_numpy()
        found[np.ix_(numbers, numbers)] = np.maximum(_correlation(ranks), _missing_together(frame.iloc[:, numbers]))
    codes = {place: _codes(frame.iloc[:, place]) for place in words}
    for word in words:
        for number, rank in zip(numbers, ranks.T if numbers else (), strict=True):
            found[word, number] = found[number, word] = _correlation_ratio(codes[word], rank)
        for other in words:
            if other > word:
                found[word, other] = found[other, word] = _cramers_v(codes[word], codes[other])
    return np.clip(found, 0.0, 1.0)


def _correlation(measures: np.ndarray) -> np.ndarray:
    """Absolute correlations, each over the rows on which both are known; 0 where they say nothing."""
    present = ~np.isnan(measures)
    filled = np.where(present, measures, 0.0)
    here = present.astype(float)
    both = here.T @ here
    sums, squares = filled.T @ here, (filled**2).T @ here
    safe = np.maximum(both, 1.0)
    spread = squares - sums**2 / safe
    shared = filled.T @ filled - sums * sums.T / safe
    scale = np.sqrt(np.maximum(spread * spread.T, 0.0))
    known = (both >= FEWEST_PRESENT) & (scale > 1e-9)
    return np.where(known, np.abs(shared) / np.where(known, scale, 1.0), 0.0)


def _missing_together(frame: pd.DataFrame) -> np.ndarray:
    """Correlations of being missing, a yes-or-no column as it is: "has answered" is the twin of every answer."""
    marks = [frame[column].astype(float).to_numpy() if pd.api.types.is_bool_dtype(frame[column])
             else frame[column].isna().to_numpy(dtype=float) for column in frame.columns]
    return _correlation(np.column_stack(marks))


def _codes(column: pd.Series) -> np.ndarray:
    """Levels as numbers from 0, missing as a level, the rare ones as one."""
    levels, _ = pd.factorize(column, use_na_sentinel=True)
    levels = levels + 1
    counts = np.bincount(levels)
    common = np.argsort(-counts, kind="stable")[:LEVELS_LOOKED_AT]
    place = np.full(len(counts), len(common))
    place[common] = np.arange(len(common))
    return place[levels]


def _correlation_ratio(codes: np.ndarray, ranks: np.ndarray) -> float:
    known = ~np.isnan(ranks)
    if known.sum() < FEWEST_PRESENT:
        return 0.0
    codes, ranks = codes[known], ranks[known] - ranks[known].mean()
    counts = np.bincount(codes)
    sums = np.bincount(codes, weights=ranks)
    within_all, between = (ranks**2).sum(), (sums**2 / np.maximum(counts, 1)).sum()
    levels, n = int((counts > 0).sum()), len(ranks)
    if within_all <= 0 or levels < 2 or n <= levels:
        return 0.0
    share = between / within_all
    # Many levels explain something by chance (Olkin & Pratt's adjustment, as that of R squared).
    return float(np.sqrt(max(0.0, 1.0 - (1.0 - share) * (n - 1) / (n - levels))))


def _cramers_v(left: np.ndarray, right: np.ndarray) -> float:
    n, wide = len(left), int(right.max()) + 1
    seen = np.bincount(left * wide + right, minlength=(int(left.max()) + 1) * wide).reshape(-1, wide).astype(float)
    seen = seen[seen.sum(axis=1) > 0][:, seen.sum(axis=0) > 0]
    rows, columns = seen.shape
    if min(rows, columns) < 2 or n < FEWEST_PRESENT:
        return 0.0
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / n
    phi = max(0.0, ((seen - expected) ** 2 / expected).sum() / n - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(phi / smaller)) if smaller > 0 else 0.0
