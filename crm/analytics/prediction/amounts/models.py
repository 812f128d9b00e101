"""Models of an amount: what is it expected to be, from what is known?

All of them predict the mean, for sums over customers are to be right: where half of the customers spend nothing and a few a
fortune, the mean lies far above what most of them do.

Scales were chosen by measurement on a real shop (next order and spend of 90 days, tested on the following 90). Linear
regression is taken on the amounts and the columns as they are: on the logarithm (with Duan's smearing) it expected 90 times too
much or more for a few large customers, and on the logarithms of the columns alone it explained nothing of the spend. Poisson
and Gamma regressions have the logarithm in their link, so that columns of money and counts go in as logarithms.

Nothing is capped in the amounts learned from: with the largest thousandth or hundredth cut off the total fell short by up to a
third, for those customers go on spending; the columns are capped instead, and quality is told with and without the largest.
"""

import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.analytics.prediction.amounts.design import Design, design
from crm.analytics.prediction.preparation import Preparation, learn_preparation
from crm.analytics.prediction.sampling import sample, take
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.threads import few_threads
from crm.errors import InvalidInput

# From simple to complex: the first that is as good as the best is proposed.
METHODS = ("linear", "poisson", "gamma", "boosting", "boosting_poisson", "boosting_gamma")
FORMULAS = ("linear", "poisson", "gamma")
FIRST = ("linear", "poisson", "gamma", "boosting_gamma", "boosting_poisson")  # what a page compares at once
NEEDS_POSITIVE = ("gamma", "boosting_gamma")
NEEDS_NO_NEGATIVE = ("poisson", "boosting_poisson")
# So much of the amounts may lie below 0 (credits above purchases) and count as 0 for methods that know no debts; up to one
# case in a hundred may be 0 or less for those that need more than 0, and counts as the smallest amount seen.
NEGATIVE_SHARE, ZERO_SHARE = 0.05, 0.01
LOSSES = {"boosting": "squared_error", "boosting_poisson": "poisson", "boosting_gamma": "gamma"}
# Few and small trees: on a real shop twice as many, or larger ones, were no closer; .1 s a fit.
BOOSTING = {"max_iter": 60, "learning_rate": 0.1, "max_leaf_nodes": 6, "min_samples_leaf": 30, "l2_regularization": 1.0}
MOST_ROWS = 50_000  # drawn by groups: of ten columns that hold for all customers more teach nothing
PENALTY = 1e-3  # a prior as light as a case in a thousand; keeps twin columns from turning each other's signs
SMALLEST_SHARE = 0.01  # of the mean: nobody is expected to bring less than that by a formula with a logarithm in it


@dataclass(frozen=True, eq=False)
class AmountModel:
    """A model that is ready. columns: what it looks at. learned_mean: of the amounts it was made from. largest: the highest of
    them; nothing beyond is predicted. fit_seconds: processor time. The rest is its own."""

    method: str
    parameters: dict
    columns: tuple[str, ...]
    learned_mean: float
    smallest: float
    largest: float
    fit_seconds: float
    seen: Design | Preparation | None = None
    coefficients: np.ndarray = field(default_factory=lambda: np.empty(0))
    intercept: float = 0.0
    boosted: object | None = None

    def amount(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) the expected amount of each row, within what was seen."""
        if self.method == "mean":
            return np.full(len(frame), self.learned_mean)
        if self.method == "rule":
            before = frame[self.columns[0]].to_numpy(dtype=float)
            return np.where(np.isfinite(before), before, self.learned_mean)
        if not len(frame):
            return np.empty(0)
        if self.boosted is not None:
            with few_threads(len(frame)):
                told = self.boosted.predict(self.seen.codes(frame))
        else:
            told = self.intercept + self.seen.matrix(frame) @ self.coefficients
            told = told if self.method == "linear" else np.exp(np.clip(told, -50.0, 50.0))
        return np.clip(told, self.smallest, self.largest)


def fit(rows: Rows, *, method: str, parameters: dict | None = None, scales: dict[str, str] | None = None,
        rule: str | None = None, random_state: int = 0) -> AmountModel:
    """A model of one of METHODS, or "mean" (everybody alike) or "rule" (the column `rule`: as before).

    parameters: of boosting, in place of BOOSTING's. Raises InvalidInput for an unknown method, and where the amounts are of a
    kind that it does not know: Gamma needs amounts above 0, Poisson none below.
    """
    if method not in (*METHODS, "mean", "rule"):
        raise InvalidInput(f"There is no method “{method}”; choose one of {', '.join(METHODS)}.", field="method")
    amounts = learnable(rows.target, method=method)
    started = time.process_time()
    usual = {"method": method, "parameters": dict(parameters or {}), "learned_mean": float(np.mean(rows.target)),
             "smallest": _smallest(rows.target, method), "largest": float(np.max(amounts))}
    if method in ("mean", "rule"):
        return AmountModel(columns=(rule,) if method == "rule" and rule else (), fit_seconds=0.0, **usual)
    columns = tuple(rows.frame.columns)
    drawn = sample(rows, most_rows=MOST_ROWS, random_state=random_state)
    rows, amounts = take(rows, drawn), amounts[drawn]
    if method in LOSSES:
        seen, boosted = _boosted(rows, amounts, method, parameters or {}, random_state)
        return AmountModel(columns=columns, seen=seen, boosted=boosted, fit_seconds=time.process_time() - started, **usual)
    # As they are: see the module.
    seen = design(rows.frame, scales=dict.fromkeys(columns, "plain") if method == "linear" else scales)
    coefficients, intercept = _formula(seen.matrix(rows.frame), amounts, method)
    return AmountModel(columns=columns, seen=seen, coefficients=coefficients, intercept=intercept,
                       fit_seconds=time.process_time() - started, **usual)


def learnable(target: np.ndarray, *, method: str) -> np.ndarray:
    """The amounts as the method learns them; InvalidInput where they are of a kind that it does not know."""
    target = np.asarray(target, dtype=float)
    if method in NEEDS_POSITIVE:
        low = int((target <= 0).sum())
        if low > ZERO_SHARE * len(target):
            raise InvalidInput(f"It needs amounts above 0; {low:,} of {len(target):,} are 0 or less.")
        return np.maximum(target, target[target > 0].min()) if low else target
    if method in NEEDS_NO_NEGATIVE:
        if not knows_no_debts(target):
            raise InvalidInput(f"It needs amounts of 0 or more; {int((target < 0).sum()):,} of {len(target):,} lie below 0.")
        return np.maximum(target, 0.0)
    return target


def knows_no_debts(target: np.ndarray) -> bool:
    """Whether amounts below 0 are few enough to count as 0: at most a twentieth of all that was moved."""
    moved = np.abs(target).sum()
    return bool(moved > 0 and -target[target < 0].sum() <= NEGATIVE_SHARE * moved)


def _smallest(target: np.ndarray, method: str) -> float:
    if not knows_no_debts(target):
        return float(np.min(target))
    if method == "linear" or method == "boosting":
        return max(float(np.min(target)), 0.0)
    return SMALLEST_SHARE * max(float(np.mean(target)), 0.0)


def _formula(seen: np.ndarray, amounts: np.ndarray, method: str) -> tuple[np.ndarray, float]:
    """Coefficients on the scale of `seen`, and the intercept."""
    if not seen.shape[1]:  # no column tells anything
        return np.empty(0), float(amounts.mean() if method == "linear" else np.log(amounts.mean()))
    means, deviations = seen.mean(axis=0), seen.std(axis=0)
    deviations = np.where(deviations > 0, deviations, 1.0)
    scaled = (seen - means) / deviations
    if method == "linear":
        gram = scaled.T @ scaled / len(scaled) + PENALTY * np.eye(scaled.shape[1])
        found, level = np.linalg.solve(gram, scaled.T @ (amounts - amounts.mean()) / len(scaled)), float(amounts.mean())
    else:
        from sklearn.linear_model import GammaRegressor, PoissonRegressor

        kind = PoissonRegressor if method == "poisson" else GammaRegressor
        unit = amounts.mean()  # amounts in means: the same penalty whatever the currency
        model = kind(alpha=PENALTY, solver="newton-cholesky", max_iter=200).fit(scaled, amounts / unit)
        found, level = model.coef_, float(model.intercept_ + np.log(unit))
    return found / deviations, float(level - means @ (found / deviations))


def _boosted(rows: Rows, amounts: np.ndarray, method: str, parameters: dict, random_state: int):
    from sklearn.ensemble import HistGradientBoostingRegressor

    seen = learn_preparation(rows)
    words = [column.kind == "text" for column in seen.columns]
    model = HistGradientBoostingRegressor(loss=LOSSES[method], early_stopping=False, random_state=random_state,
                                          categorical_features=words if any(words) else None, **(BOOSTING | parameters))
    with few_threads(len(rows.target)):
        return seen, model.fit(seen.codes(rows.frame), amounts)
