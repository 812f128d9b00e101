"""How far off are predicted amounts, beside the simple rule and beside one amount for everybody?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.amounts.models import knows_no_debts

N_BOOTSTRAPS = 200  # the ends of a 95 % interval then move by less than a tenth of its width
INTERVAL = (0.025, 0.975)
# Groups are drawn in bunches, put together by lot: the spread of a sum is the same, and the time no longer grows with the table.
MOST_BUNCHES = 2_000
LARGEST_SHARE = 0.001  # the largest thousandth of the amounts learned from: beyond it a single case would rule the figure
SMALLEST_SHARE = 0.01  # of the mean: a prediction of 0 counts as this in a deviance, which would be endless else
N_LEVELS = 10
METRICS = ("mae", "rmse", "r2", "r2_capped", "deviance_explained", "deviance_explained_capped", "total_ratio", "covered")


@dataclass(frozen=True, eq=False)
class JudgedAmounts:
    """One model on rows that it has not seen.

    metrics: one row a metric: metric, value, low, high (95 % bootstrap by groups). mae (mean distance of prediction and amount),
    rmse, r2 (1 - squared error against that of one mean for all; may be < 0), deviance_explained (the same of the deviance that
    `Yardstick.loss` names), both also _capped (amounts above `Yardstick.capped_at` taken as that, so that no single case rules
    the figure), total_ratio (sum predicted over sum seen; NaN where that sum is not above 0), covered (share within the range
    low..high; NaN without one).
    levels: one row a tenth of the rows by predicted amount: cases, predicted, actual (means), low, high (80 % of actual less
    predicted). amount, low, high: (n,) predictions and their ranges (NaN without one), in the sequence of the rows.
    """

    method: str
    parameters: dict
    metrics: pd.DataFrame
    levels: pd.DataFrame
    amount: np.ndarray
    low: np.ndarray
    high: np.ndarray
    fit_seconds: float

    def value(self, metric: str) -> float:
        """The metric's value; NaN where it cannot be computed."""
        found = self.metrics.loc[self.metrics["metric"] == metric, "value"]
        return float(found.iloc[0]) if len(found) else float("nan")


@dataclass(frozen=True, eq=False)
class Yardstick:
    """By what distances are measured. loss: "poisson" (amounts of 0 or more; what counts is by how many times a prediction is
    off, large amounts count more, but not with their square) or "squared". capped_at: amounts above it count as it, in learning
    which model is best and in one of the metrics. floor: predictions below it count as it (poisson)."""

    loss: str
    capped_at: float
    floor: float

    def loss_of(self, actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """(n,) the deviance of each case, 0 where both are equal."""
        if self.loss == "squared":
            return (actual - predicted) ** 2
        actual, predicted = np.maximum(actual, 0.0), np.maximum(predicted, self.floor)
        ratio = np.where(actual > 0, actual, 1.0) / predicted
        return 2.0 * (np.where(actual > 0, actual * np.log(ratio), 0.0) - (actual - predicted))

    def capped(self, actual: np.ndarray) -> np.ndarray:
        return np.minimum(actual, self.capped_at)


def yardstick(target: np.ndarray) -> Yardstick:
    """The yardstick for amounts like these (those learned from)."""
    no_debts = knows_no_debts(target)
    return Yardstick(loss="poisson" if no_debts else "squared", capped_at=float(np.quantile(target, 1.0 - LARGEST_SHARE)),
                     floor=SMALLEST_SHARE * max(float(np.mean(target)), 0.0) or 1e-9)


class Draws:
    """The same resamples of groups for every model: bunches of groups, drawn with replacement."""

    def __init__(self, groups: np.ndarray, *, random_state: int) -> None:
        rng = np.random.default_rng(random_state)
        _, place = np.unique(groups, return_inverse=True)
        n_groups = int(place.max()) + 1
        n_bunches = min(n_groups, MOST_BUNCHES)
        self._bunch = (rng.permutation(n_groups) % n_bunches)[place]
        self._n_bunches = n_bunches
        drawn = rng.integers(0, n_bunches, (N_BOOTSTRAPS, n_bunches))
        self._times = np.stack([np.bincount(row, minlength=n_bunches) for row in drawn]).astype(float)

    def sums(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k,) the sums of the columns (n, k), and (resamples, k) those of each resample."""
        by_bunch = np.column_stack([np.bincount(self._bunch, weights=column, minlength=self._n_bunches)
                                    for column in columns.T])
        return by_bunch.sum(axis=0), self._times @ by_bunch


# The sums that all metrics are made from, one column each.
_SUMS = ("cases", "absolute", "squared", "actual", "actual_squared", "predicted", "loss", "null", "capped_loss", "capped",
         "capped_null", "capped_off_squared", "capped_squared", "covered")


def judge(actual: np.ndarray, predicted: np.ndarray, *, by: Yardstick, draws: Draws, method: str, parameters: dict | None = None,
          low: np.ndarray | None = None, high: np.ndarray | None = None, fit_seconds: float = float("nan")) -> JudgedAmounts:
    """The model's figures on `actual`, each with its interval; see JudgedAmounts."""
    nothing = np.full(len(actual), np.nan)
    low, high = (nothing if end is None else end for end in (low, high))
    once, drawn = draws.sums(_columns(actual, predicted, by, low, high))
    value, spread = _metrics(once[None], by), _metrics(drawn, by)
    rows = []
    for metric in METRICS:
        ends = spread[metric][np.isfinite(spread[metric])]
        known = np.isfinite(value[metric][0]) and len(ends) > 0
        rows.append((metric, value[metric][0], *(np.quantile(ends, INTERVAL) if known else (np.nan, np.nan))))
    return JudgedAmounts(method=method, parameters=dict(parameters or {}),
                         metrics=pd.DataFrame(rows, columns=["metric", "value", "low", "high"]),
                         levels=by_level(actual, predicted), amount=predicted, low=low, high=high, fit_seconds=fit_seconds)


def difference(actual: np.ndarray, predicted: np.ndarray, other: np.ndarray, *, by: Yardstick, draws: Draws) -> tuple[float, float]:
    """95 % of how much more of the squared differences (r2_capped) `predicted` explains than `other`, on the same resamples.

    Not of the deviance: a rule that says 0 for somebody who then buys would be endlessly wrong by it, and any model better. Nor of
    the mean distance, which is smallest for who says 0 of all where most spend nothing.
    """
    nothing = np.full(len(actual), np.nan)
    one, two = (_metrics(draws.sums(_columns(actual, told, by, nothing, nothing))[1], by)["r2_capped"]
                for told in (predicted, other))
    apart = (one - two)[np.isfinite(one - two)]
    return tuple(float(end) for end in np.quantile(apart, INTERVAL)) if len(apart) else (float("nan"), float("nan"))


def _columns(actual: np.ndarray, predicted: np.ndarray, by: Yardstick, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    capped, off = by.capped(actual), actual - predicted
    return np.column_stack([
        np.ones(len(actual)), np.abs(off), off**2, actual, actual**2, predicted, by.loss_of(actual, predicted),
        _own_part(actual, by), by.loss_of(capped, predicted), capped, _own_part(capped, by),
        (capped - predicted) ** 2, capped**2, (low <= actual) & (actual <= high)])


def _own_part(actual: np.ndarray, by: Yardstick) -> np.ndarray:
    """What of the deviance from one mean for all does not depend on that mean."""
    if by.loss == "squared":
        return actual**2
    actual = np.maximum(actual, 0.0)
    return np.where(actual > 0, actual * np.log(np.where(actual > 0, actual, 1.0)), 0.0)


def _null(own: np.ndarray, total: np.ndarray, cases: np.ndarray, by: Yardstick) -> np.ndarray:
    """The deviance from one mean for all."""
    if by.loss == "squared":
        return own - total**2 / cases
    return 2.0 * (own - total * np.log(np.where(total > 0, total, np.nan) / cases))


def _metrics(sums: np.ndarray, by: Yardstick) -> dict[str, np.ndarray]:
    s = dict(zip(_SUMS, sums.T, strict=True))

    def explained(lost: np.ndarray, own: np.ndarray, total: np.ndarray) -> np.ndarray:
        nothing_known = _null(own, total, s["cases"], by)
        return 1.0 - lost / np.where(nothing_known > 1e-9 * np.maximum(np.abs(own), 1e-300), nothing_known, np.nan)

    def r2(off: np.ndarray, squared: np.ndarray, total: np.ndarray) -> np.ndarray:
        around = squared - total**2 / s["cases"]
        return 1.0 - off / np.where(around > 1e-9 * np.maximum(squared, 1e-300), around, np.nan)

    return {
        "mae": s["absolute"] / s["cases"], "rmse": np.sqrt(s["squared"] / s["cases"]),
        "r2": r2(s["squared"], s["actual_squared"], s["actual"]),
        "r2_capped": r2(s["capped_off_squared"], s["capped_squared"], s["capped"]),
        "deviance_explained": explained(s["loss"], s["null"], s["actual"]),
        "deviance_explained_capped": explained(s["capped_loss"], s["capped_null"], s["capped"]),
        "total_ratio": s["predicted"] / np.where(s["actual"] > 0, s["actual"], np.nan),
        # Without ranges nothing is covered; a range that covers nothing at all is none.
        "covered": np.where(s["covered"] > 0, s["covered"], np.nan) / s["cases"]}


def by_level(actual: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Tenths of the rows by what was predicted: cases, predicted, actual (means), low, high (80 % of actual - predicted)."""
    place = np.argsort(predicted, kind="stable")
    rows = []
    for part in np.array_split(place, min(N_LEVELS, len(place))):
        off = actual[part] - predicted[part]
        rows.append((len(part), predicted[part].mean(), actual[part].mean(), *np.quantile(off, (0.1, 0.9))))
    return pd.DataFrame(rows, columns=["cases", "predicted", "actual", "low", "high"])
