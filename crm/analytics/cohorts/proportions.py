"""Proportions: how sure is a share, how sure the difference of two, and how much do months differ beyond chance?"""

import numpy as np

from crm.analytics.cohorts.survival import ERROR_95, Z_95

FEWEST_BLOCKS = 6  # months from which a spread beyond chance can be told; with fewer its own estimate is mere noise


def wilson(came: np.ndarray, of: np.ndarray, *, z: float = Z_95) -> tuple[np.ndarray, np.ndarray]:
    """Interval of the share `came` / `of` (Wilson 1927); NaN where `of` is 0.

    >>> low, high = wilson(np.array([10.0]), np.array([100.0]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0552, 0.1744)
    """
    of = np.where(np.asarray(of, dtype="float64") > 0, of, np.nan)
    share = came / of
    middle = share + z**2 / (2 * of)
    half = z * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return np.clip((middle - half) / (1 + z**2 / of), 0, 1), np.clip((middle + half) / (1 + z**2 / of), 0, 1)


def difference(came: tuple[float, float], of: tuple[float, float], *, z: float = Z_95) -> tuple[float, float, float]:
    """The second share less the first, with its interval (Newcombe 1998, method 10: from the two Wilson intervals).

    >>> [round(limit, 4) for limit in difference((48, 56), (80, 70))]  # Newcombe's 56/70 against 48/80
    [0.2, 0.0524, 0.3339]
    """
    share = [came[side] / of[side] for side in (0, 1)]
    (low_0, high_0), (low_1, high_1) = ([float(limit) for limit in wilson(came[side], of[side], z=z)] for side in (0, 1))
    moved = share[1] - share[0]
    return (moved, moved - ((share[1] - low_1) ** 2 + (high_0 - share[0]) ** 2) ** 0.5,
            moved + ((high_1 - share[1]) ** 2 + (share[0] - low_0) ** 2) ** 0.5)


def spread_beyond_chance(came: np.ndarray, of: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """How much more the blocks of one group differ than chance alone would make them, and the quantile to go with it.

    came, of: (blocks,) counts; group: (blocks,) within which the true share is taken as one. Returns Pearson's
    dispersion, at least 1 (McCullagh & Nelder 1989, section 4.5), and the two-sided 95 % quantile: Student's where the
    dispersion is above 1, for then it is itself only estimated, else the normal one.
    """
    from scipy.special import stdtrit

    filled = of > 0
    came, of, group = came[filled], of[filled], group[filled]
    names = np.unique(group)
    freedom = len(of) - len(names)
    if len(of) < FEWEST_BLOCKS:
        return 1.0, Z_95
    surprise = 0.0
    for name in names:
        rows = group == name
        share = came[rows].sum() / of[rows].sum()
        if 0 < share < 1:
            surprise += float(((came[rows] - of[rows] * share) ** 2 / (of[rows] * share * (1 - share))).sum())
    dispersion = surprise / freedom
    return (dispersion, float(-stdtrit(freedom, ERROR_95))) if dispersion > 1 else (1.0, Z_95)
