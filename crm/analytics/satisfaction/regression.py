"""Regression: how much does the overall score differ with one question, all others held equal?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

ROUNDS = 60  # of Newton's method; it needs fewer than ten where a solution exists
LARGEST_LOGIT = 30.0  # beyond, the chances are 0 or 1 to thirteen digits: no finite solution exists
Z = 1.959964


@dataclass(frozen=True, eq=False)
class Regression:
    """kind: "linear" or "logistic". table, a row a question, as given: item, standardised (deviations of the overall score, or
    of its log-odds, for one deviation of the question), low, high (95 %), p_value, per_point (points of the overall score for
    one point of the question; for a verdict the mean change of its chance, -1 to 1), per_point_low, per_point_high,
    variance_inflation (1: independent of the other questions; 10: nine tenths of it follow from them). explained: R squared, or
    McFadden's for a verdict (0 to 1). n: forms.
    """

    kind: str
    table: pd.DataFrame
    explained: float
    n: int


def regress(score: np.ndarray, overall: np.ndarray, items: list[str], *, verdict: bool) -> Regression:
    """Linear regression with HC3 intervals (MacKinnon & White 1985), which allow the spread to differ; logistic with White's
    (1982) for a verdict (overall 0 or 1). Columns of `score` (n, items) are complete and neither constant nor copies.

    Raises NotEnoughData where a verdict follows from the questions without exception, for then no finite answer exists.
    """
    spread = score.std(axis=0, ddof=1)
    design = np.column_stack([np.ones(len(score)), (score - score.mean(axis=0)) / spread])
    if verdict:
        estimate, error, explained, slope = _logistic(design, overall)
        free = np.inf
    else:
        unit = overall.std(ddof=1)
        estimate, error, explained = linear(design, (overall - overall.mean()) / unit)
        free, slope = len(score) - design.shape[1], unit
    from scipy.special import stdtr, stdtrit

    reach = Z if np.isinf(free) else stdtrit(free, 0.975)
    t = np.abs(estimate / error)[1:]
    p_value = 2 * stdtr(free, -t) if np.isfinite(free) else 2 * stdtr(1e9, -t)
    found, half = estimate[1:], reach * error[1:]
    point = slope / spread
    correlation = np.corrcoef(score, rowvar=False).reshape(len(items), len(items))
    table = pd.DataFrame({
        "item": items, "standardised": found, "low": found - half, "high": found + half, "p_value": p_value,
        "per_point": found * point, "per_point_low": (found - half) * point, "per_point_high": (found + half) * point,
        "variance_inflation": np.linalg.inv(correlation).diagonal()})
    return Regression("logistic" if verdict else "linear", table, explained, len(score))


def linear(design: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Least squares: coefficients, their HC3 standard errors, R squared. The first column of `design` is 1."""
    inverse = np.linalg.inv(design.T @ design)
    estimate = inverse @ (design.T @ target)
    left = target - design @ estimate
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    # A form that a coefficient rests on alone has leverage 1 and no residual; its share in the error is then unknown.
    robust = left / np.maximum(1 - leverage, 1e-8)
    middle = (design * robust[:, None]).T @ (design * robust[:, None])
    error = np.sqrt((inverse @ middle @ inverse).diagonal())
    return estimate, error, float(1 - (left**2).sum() / ((target - target.mean()) ** 2).sum())


def _logistic(design: np.ndarray, verdict: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    estimate, chance = fit_logistic(design, verdict)
    information = (design * (chance * (1 - chance))[:, None]).T @ design
    inverse = np.linalg.inv(information)
    witness = design * (verdict - chance)[:, None]
    error = np.sqrt((inverse @ (witness.T @ witness) @ inverse).diagonal())
    share = verdict.mean()
    base = share * np.log(share) + (1 - share) * np.log(1 - share)
    reached = np.mean(np.where(verdict > 0, np.log(chance), np.log1p(-chance)))
    return estimate, error, float(1 - reached / base), float((chance * (1 - chance)).mean())


def fit_logistic(design: np.ndarray, verdict: np.ndarray, *, ridge: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and chances by Newton's method; `ridge` holds all but the first one back (0: not at all).

    Raises NotEnoughData where no finite coefficients are the best ones.
    """
    held = np.full(design.shape[1], ridge)
    held[0] = 0.0
    estimate = np.zeros(design.shape[1])
    share = np.clip(verdict.mean(), 1e-6, 1 - 1e-6)
    estimate[0] = np.log(share / (1 - share))
    for _ in range(ROUNDS):
        logit = design @ estimate
        if np.abs(logit).max() > LARGEST_LOGIT and ridge == 0:
            break
        chance = 1 / (1 + np.exp(-np.clip(logit, -LARGEST_LOGIT, LARGEST_LOGIT)))
        gradient = design.T @ (verdict - chance) - held * estimate
        hessian = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(held)
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        estimate = estimate + step
        if np.abs(step).max() < 1e-10 * max(1.0, np.abs(estimate).max()):
            return estimate, chance
    raise NotEnoughData(f"The {len(design)} verdicts follow from the questions without exception, so that the weight of a single "
                        "question cannot be told; more forms would help.")
