"""How well was it foreseen who orders sooner, and how many within so many days?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.evaluation import judge as judge_chance

Z_95 = 1.96  # two-sided, normal
MOST_CELLS = 400  # scores that lie as close as that count as equal: the index then changes in the fourth digit


@dataclass(frozen=True, eq=False)
class Concordance:
    """value: share of the pairs in which who was said to order sooner did (ties half; Harrell 1982), .5 chance. low, high: 95 %, by
    the pairs of each group (Hajek's projection). influence: (groups,) what each group adds to or takes from it, for differences."""

    value: float
    low: float
    high: float
    influence: np.ndarray


@dataclass(frozen=True, eq=False)
class JudgedWaits:
    """metrics: metric, value, low, high (95 %). concordance; for models also brier, calibration_error (of the chance of an order
    within so many days), total_ratio (orders expected over orders seen), came_by_median (share of those whose median day lay in
    the tested time who had ordered by it; .5 is right). calibration: as of results.Judged. chance: (n,) NaN for rules."""

    method: str
    metrics: pd.DataFrame
    calibration: pd.DataFrame
    chance: np.ndarray
    concordance: Concordance
    fit_seconds: float

    def value(self, metric: str) -> float:
        """The metric's value; NaN where it cannot be computed."""
        found = self.metrics.loc[self.metrics["metric"] == metric, "value"]
        return float(found.iloc[0]) if len(found) else float("nan")


def concordance(days: np.ndarray, is_seen: np.ndarray, later: np.ndarray, *, groups: np.ndarray) -> Concordance:
    """How often who waits longer had been said to. later: (n,) any score, higher: later; NaN counts as the latest.

    A pair counts when it is known who was first: the sooner one ordered, and the other was followed at least as long.
    """
    place = np.unique(groups, return_inverse=True)[1]
    day = np.unique(days, return_inverse=True)[1]
    cell = _cells(np.where(np.isnan(later), np.inf, later))
    n_days, n_cells = int(day.max()) + 1, int(cell.max()) + 1
    shape = (n_days, n_cells)
    ended, open_ = (np.bincount(day[rows] * n_cells + cell[rows], minlength=n_days * n_cells).reshape(shape).astype(float)
                    for rows in (is_seen, ~is_seen))
    # Against whom each one counts: an order against all who waited longer, and who was still waiting that day; whoever was
    # followed up to a day against all orders before it, and on it where none came.
    after = np.cumsum((ended + open_)[::-1], axis=0)[::-1]
    longer = np.vstack([after[1:], np.zeros((1, n_cells))]) + open_
    until = np.cumsum(ended, axis=0)
    before = np.vstack([np.zeros((1, n_cells)), until[:-1]])
    won, met = np.zeros(len(days)), np.zeros(len(days))
    for rows, others, side in ((np.flatnonzero(is_seen), longer, 1), (np.flatnonzero(is_seen), before, -1),
                               (np.flatnonzero(~is_seen), until, -1)):
        right, total = _right(others, side)
        won[rows] += right[day[rows], cell[rows]]
        met[rows] += total[day[rows]]
    pairs = met.sum() / 2
    nothing = np.full(int(place.max()) + 1, np.nan)
    if pairs == 0:
        return Concordance(float("nan"), float("nan"), float("nan"), nothing)
    value = won.sum() / 2 / pairs
    influence = np.bincount(place, weights=won - value * met) / pairs
    half = Z_95 * float(np.sqrt((influence**2).sum()))
    return Concordance(float(value), max(float(value) - half, 0.0), min(float(value) + half, 1.0), influence)


def difference(one: Concordance, two: Concordance) -> tuple[float, float]:
    """95 % of how much higher the first index is than the second, on the same customers."""
    half = Z_95 * float(np.sqrt(((one.influence - two.influence) ** 2).sum()))
    return one.value - two.value - half, one.value - two.value + half


def _cells(later: np.ndarray) -> np.ndarray:
    """(n,) rank of each score; equal ones alike, and neighbours where there are more than MOST_CELLS."""
    values, rank = np.unique(later, return_inverse=True)
    return rank if len(values) <= MOST_CELLS else np.searchsorted(
        np.quantile(rank, np.linspace(0, 1, MOST_CELLS + 1)[1:-1]), rank, side="right")


def _right(others: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """(days, cells) others whose score lies on the right side (1: above, -1: below), ties half; and (days,) all of them."""
    total = others.sum(axis=1)
    up_to = np.cumsum(others, axis=1)
    right = total[:, None] - up_to if side > 0 else up_to - others
    return right + others / 2, total


def judge_waits(waits, later: np.ndarray, *, method: str, within_days: int, chance: np.ndarray | None = None,
                median: np.ndarray | None = None, learned_rate: float = float("nan"), fit_seconds: float = float("nan"),
                random_state: int = 0) -> JudgedWaits:
    """The figures of what was said of these waits; rules give `later` alone, or a day (`median`) beside it."""
    index = concordance(waits.days, waits.is_seen, later, groups=waits.groups)
    rows = [("concordance", index.value, index.low, index.high)]
    calibration, nothing = pd.DataFrame(), np.full(len(waits.days), np.nan)
    came = waits.is_seen & (waits.days <= within_days)
    if chance is not None:
        told = judge_chance(came, chance, groups=waits.groups, method=method, parameters={}, learned_base_rate=learned_rate,
                            random_state=random_state)
        calibration = told.calibration
        rows += [tuple(row) for row in told.metrics.itertuples(index=False) if row.metric in ("brier", "calibration_error", "roc_auc")]
        rows.append(("total_ratio", *_ratio(chance, came, waits.groups)))
    if median is not None:
        rows.append(("came_by_median", *_came_by(median, waits)))
    return JudgedWaits(method=method, metrics=pd.DataFrame(rows, columns=["metric", "value", "low", "high"]), calibration=calibration,
                       chance=nothing if chance is None else chance, concordance=index, fit_seconds=fit_seconds)


def _ratio(chance: np.ndarray, came: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    """Expected over seen, with 95 % by the delta method over groups."""
    seen = came.sum()
    if seen == 0:
        return float("nan"), float("nan"), float("nan")
    value = chance.sum() / seen
    place = np.unique(groups, return_inverse=True)[1]
    each = np.bincount(place, weights=chance - value * came) / seen
    half = Z_95 * np.sqrt((each**2).sum())
    return float(value), float(value - half), float(value + half)


def _came_by(median: np.ndarray, waits) -> tuple[float, float, float]:
    """Among those whose day lay before the end of following: how many had ordered by it (Wilson's interval)."""
    known = np.isfinite(median)
    followed = waits.is_seen | (waits.days >= np.where(known, median, np.inf))
    # Who is followed to the end of the tested time was followed to any day before it, ordered or not.
    due = known & followed & (median <= waits.days.max())
    n = int(due.sum())
    if n == 0:
        return float("nan"), float("nan"), float("nan")
    share = float((waits.is_seen[due] & (waits.days[due] <= np.ceil(median[due]))).mean())
    middle = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n)) / (1 + Z_95**2 / n)
    return share, float(middle - half), float(middle + half)
