"""K-means: into how many groups do customers fall, and how far can these groups be trusted?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

SMALLEST_K, LARGEST_K = 2, 8  # more groups than eight cannot be treated differently by one person
CHOICE_SAMPLE = 5_000  # silhouettes are quadratic: 5,000 customers take 0.3 s and settle the second decimal
BOOTSTRAP_SAMPLE = 2_000  # enough for the centres; the resamples are fitted 5 x 7 times
N_BOOTSTRAPS = 5  # tells stable (above .9) from unstable (below .75), no more is asked of it
N_STARTS = 4  # k-means++ seldom needs more on three features
MINI_BATCH_ABOVE = 20_000  # full K-means takes 2.7 s at 100,000 customers, in mini-batches 0.2 s
STABLE_FROM = 0.75  # adjusted Rand between resamples; below it, groups change with chance (Hennig 2007)
CLEAR_FROM = 0.50  # mean silhouette; up to .50 the structure is weak and may be artificial (Kaufman 1990)
SMALLEST_SHARE = 0.01  # a group below 1 % of the customers is a handful of exceptions, not a segment
ROWS_AT_ONCE = 500  # distances of 500 rows to 5,000 fit the cache


@dataclass(frozen=True, eq=False)
class KChoice:
    """by_k: n_segments, silhouette, calinski_harabasz, smallest_share, stability; and the k to take."""

    by_k: pd.DataFrame
    recommended_k: int


def silhouettes(points: np.ndarray, labelings: list[np.ndarray]) -> list[float]:
    """Mean silhouette of each labelling of the same points, -1..1, higher = clearer (Rousseeuw 1987).

    NaN where a labelling has fewer than two groups. All labellings share one pass over the distances.
    """
    from scipy.spatial.distance import cdist

    coded = [np.unique(labels, return_inverse=True)[1] for labels in labelings]
    members = [np.eye(codes.max() + 1)[codes] for codes in coded]
    edges = np.cumsum([0] + [one_hot.shape[1] for one_hot in members])
    stacked = np.hstack(members)
    starts = range(0, len(points), ROWS_AT_ONCE)
    sums = np.vstack([cdist(points[start : start + ROWS_AT_ONCE], points) @ stacked for start in starts])
    return [
        _silhouette(sums[:, edges[i] : edges[i + 1]], codes, members[i].sum(axis=0))
        for i, codes in enumerate(coded)
    ]


def _silhouette(distance_sums: np.ndarray, codes: np.ndarray, sizes: np.ndarray) -> float:
    if len(sizes) < 2:
        return float("nan")
    rows = np.arange(len(codes))
    own_size = sizes[codes]
    within = distance_sums[rows, codes] / np.maximum(own_size - 1, 1)
    between = distance_sums / sizes
    between[rows, codes] = np.inf
    nearest = between.min(axis=1)
    widest = np.maximum(within, nearest)
    score = np.where(
        (own_size > 1) & (widest > 0), (nearest - within) / np.where(widest > 0, widest, 1.0), 0.0
    )
    return float(score.mean())


def sample_rows(n_rows: int, *, at_most: int, random_state: int) -> np.ndarray:
    """Row numbers, all of them or a seeded sample without repetition, ascending."""
    if n_rows <= at_most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(random_state).choice(n_rows, size=at_most, replace=False))


def fit_labels(points: np.ndarray, *, k: int, random_state: int) -> np.ndarray:
    """Group number of every point: k-means++ starts (Arthur 2007), mini-batches if many (Sculley 2010)."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    if len(points) > MINI_BATCH_ABOVE:
        model = MiniBatchKMeans(k, n_init=N_STARTS, batch_size=4_096, random_state=random_state)
    else:
        model = KMeans(k, init="k-means++", n_init=N_STARTS, random_state=random_state)
    return model.fit_predict(points)


def choose_k(points: np.ndarray, *, largest_k: int, random_state: int) -> KChoice:
    """Compare k = 2..largest_k on a seeded sample; recommended: the clearest k that is sound.

    Where no k is, the clearest of all is taken. Sound: stable and without a tiny group. The
    elbow is not looked at (Schubert 2023 shows why).
    """
    from sklearn.metrics import calinski_harabasz_score

    sample = points[sample_rows(len(points), at_most=CHOICE_SAMPLE, random_state=random_state)]
    candidates = range(SMALLEST_K, largest_k + 1)
    labelings = [fit_labels(sample, k=k, random_state=random_state) for k in candidates]
    by_k = pd.DataFrame(
        {
            "n_segments": list(candidates),
            "silhouette": silhouettes(sample, labelings),
            "calinski_harabasz": [float(calinski_harabasz_score(sample, labels)) for labels in labelings],
            "smallest_share": [
                np.unique(labels, return_counts=True)[1].min() / len(sample) for labels in labelings
            ],
            "stability": [
                stability(sample, labels, k=k, random_state=random_state)
                for k, labels in zip(candidates, labelings, strict=True)
            ],
        }
    )
    sound = by_k[(by_k["stability"] >= STABLE_FROM) & (by_k["smallest_share"] >= SMALLEST_SHARE)]
    among = sound if len(sound) else by_k
    return KChoice(by_k=by_k, recommended_k=int(among.loc[among["silhouette"].idxmax(), "n_segments"]))


def stability(points: np.ndarray, labels: np.ndarray, *, k: int, random_state: int) -> float:
    """Mean adjusted Rand index (Hubert 1985) of `labels` and groupings from resamples; 1 = unchanged."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(random_state)
    agreement = []
    for resample in range(N_BOOTSTRAPS):
        rows = rng.integers(0, len(points), size=min(len(points), BOOTSTRAP_SAMPLE))
        distinct = len(np.unique(points[rows], axis=0))
        if distinct < k:
            continue
        model = KMeans(k, n_init=N_STARTS, random_state=random_state + resample).fit(points[rows])
        agreement.append(adjusted_rand_score(labels, model.predict(points)))
    return float(np.mean(agreement)) if agreement else float("nan")
