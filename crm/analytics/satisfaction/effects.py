"""Effects: how large is a difference, whatever its chance?"""

from __future__ import annotations

import numpy as np

# Share of the spread that groups explain; Cohen (1988), p. 283 ff., as f = .1, .25 and .4.
SIZES = ((0.01, "tiny"), (0.06, "small"), (0.14, "medium"), (np.inf, "large"))


def size_of(explained: float) -> str | None:
    """"tiny", "small", "medium" or "large" for a share 0..1 of the spread (Cohen 1988); None where it is unknown.

    >>> [size_of(share) for share in (0.004, 0.02, 0.1, 0.3)]
    ['tiny', 'small', 'medium', 'large']
    """
    return None if np.isnan(explained) else next(name for border, name in SIZES if explained < border)


def effect_sizes(samples: list[np.ndarray]) -> tuple[float, float]:
    """Eta squared and omega squared (Hays 1963), 0 to 1; omega takes off what chance alone would explain.

    >>> [round(size, 4) for size in effect_sizes([np.array([1.0, 2, 3]), np.array([3.0, 4, 5])])]
    [0.6, 0.4545]
    """
    between, inside = sums_of_squares(samples)
    total = between + inside
    free = len(samples) - 1
    noise = inside / (sum(len(sample) for sample in samples) - len(samples))
    omega = (between - free * noise) / (total + noise)
    return float(np.clip(between / total, 0, 1)), float(np.clip(omega, 0, 1))


def sums_of_squares(samples: list[np.ndarray]) -> tuple[float, float]:
    """Between and within groups, in two passes about a point inside the data.

    The scores are moved next to 0 before anything is squared: digits that all of them share would else be all that is
    left (Simon & Lesage 1989). The mean of the small rests corrects the first mean.
    """
    point = samples[0][0]
    moved = [sample - point for sample in samples]
    centre = [exact_mean(sample) for sample in moved]
    inside = [sample - mean for sample, mean in zip(moved, centre, strict=True)]
    grand = exact_mean(np.concatenate(moved))
    between = sum(len(sample) * (mean - grand) ** 2 for sample, mean in zip(moved, centre, strict=True))
    within = sum((rest**2).sum() - rest.sum() ** 2 / len(rest) for rest in inside)
    return float(between), float(within)


def exact_mean(values: np.ndarray) -> float:
    """The mean, corrected once by the mean of what it leaves."""
    mean = values.mean()
    return float(mean + (values - mean).mean())


def superiority(samples: dict[str, np.ndarray]) -> np.ndarray:
    """k x k: the chance that somebody of the row's group gave a better score than somebody of the column's, ties half.

    The common-language effect of McGraw & Wong (1992) as Vargha & Delaney (2000) define it for ties; 0.5 is no difference.
    """
    table, n = frequencies(samples)
    below = np.cumsum(table, axis=1) - table
    return (table @ (below + table / 2).T) / np.outer(n, n)


def frequencies(samples: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """How often each group gave each score (groups x different scores, ascending), and the groups' sizes."""
    n = np.array([len(sample) for sample in samples.values()])
    scores, place = np.unique(np.concatenate(list(samples.values())), return_inverse=True)
    group = np.repeat(np.arange(len(n)), n)
    table = np.bincount(group * len(scores) + place, minlength=len(n) * len(scores)).reshape(len(n), len(scores))
    return table.astype(float), n
