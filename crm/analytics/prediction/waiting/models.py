"""Models of a wait that may not have ended: in steps of time, or as one formula.

"weibull": accelerated failure time (Kalbfleisch & Prentice 2002, ch. 3). log days = intercept + features + scale x noise, by
maximum likelihood; a feature makes all waits so many times as long.

"steps": discrete-time survival (Singer & Willett 1993). For each step of time a logistic regression of ordering in it among those
who had not ordered before; every step has its own level, and what a feature says may fade or grow with time, as that of a recent
order does. As well calibrated as the steps are fine; on a real shop the chance of an order within 30 days was off by .006 on
average, by Weibull's formula .025, at the same ranking.
"""

import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.analytics.prediction.preparation import Preparation, learn_preparation
from crm.analytics.prediction.sampling import sample
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.waiting.curves import Curves
from crm.analytics.prediction.waiting.waits import Waits
from crm.errors import InvalidInput

METHODS = ("weibull", "steps")  # from simple to complex
N_STEPS = 12  # of equal numbers of orders: a step then has some hundred of them, and .006 is the error
FEWEST_A_STEP = 20
MOST_ROWS = 40_000  # drawn by groups; more change no chance by a point
PENALTY = 1e-3  # as light as a case in a thousand
N_POINTS = 48  # of a formula's curve: straight lines between them are off by less than a thousandth
MOST_STEPS, TOLERANCE = 30, 1e-8
SHORTEST_DAYS = 0.5  # an order on the same day would be endlessly unlikely by a logarithm


@dataclass(frozen=True, eq=False)
class WaitModel:
    """A model that is ready. days: where its curves have their corners. weights: of the features, on the model's scale (steps: then
    of the features times `fading`, the logarithm of the step's time). levels: of the steps, or (intercept, log scale)."""

    method: str
    columns: tuple[str, ...]
    seen: Preparation
    days: np.ndarray
    levels: np.ndarray
    weights: np.ndarray
    fading: np.ndarray = field(default_factory=lambda: np.empty(0))
    fit_seconds: float = float("nan")

    def curves(self, frame: pd.DataFrame) -> Curves:
        """The chance of having ordered by each day, for each row."""
        features = self.seen.design(frame)
        if self.method == "weibull":
            middle = self.levels[0] + features @ self.weights
            logs = np.log(self.days[1:])
            with np.errstate(over="ignore"):
                hazard = np.exp(np.minimum((logs - middle[:, None]) * np.exp(-self.levels[1]), 50.0))
            return Curves(self.days, np.column_stack([np.zeros(len(features)), hazard]))
        half = features.shape[1]
        level, faded = features @ self.weights[:half], features @ self.weights[half:]
        log_odds = self.levels + level[:, None] + faded[:, None] * self.fading
        return Curves(self.days, np.column_stack([np.zeros(len(features)), np.cumsum(np.logaddexp(0.0, log_odds), axis=1)]))


def fit(waits: Waits, *, method: str, scales: dict[str, str] | None = None, columns: tuple[str, ...] | None = None,
        random_state: int = 0) -> WaitModel:
    """A model of one of METHODS from these waits; `columns` of the frame (None: all)."""
    if method not in METHODS:
        raise InvalidInput(f"There is no method “{method}”; choose one of {', '.join(METHODS)}.", field="method")
    columns = tuple(waits.frame.columns) if columns is None else tuple(columns)
    started = time.process_time()
    rows = Rows(waits.frame[list(columns)], waits.is_seen.astype(float), waits.groups)
    drawn = sample(rows, most_rows=MOST_ROWS, random_state=random_state)
    waits, rows = waits.take(drawn), Rows(rows.frame[drawn], rows.target[drawn], rows.groups[drawn])
    seen = learn_preparation(rows, scales=scales)
    features = seen.design(rows.frame)
    make = _weibull if method == "weibull" else _steps
    days, levels, weights, fading = make(features, waits.days.astype(float), waits.is_seen.astype(bool))
    return WaitModel(method=method, columns=columns, seen=seen, days=days, levels=levels, weights=weights, fading=fading,
                     fit_seconds=time.process_time() - started)


def step_ends(days: np.ndarray, is_seen: np.ndarray, *, n_steps: int = N_STEPS) -> np.ndarray:
    """0 and the last day of each step, in whole days: about as many orders in each, at least FEWEST_A_STEP, and after the last
    nobody is followed any more."""
    ended = days[is_seen]
    n_steps = int(np.clip(len(ended) // FEWEST_A_STEP, 1, n_steps))
    ends = np.ceil(np.quantile(ended, np.linspace(0.0, 1.0, n_steps + 1)[1:-1], method="inverted_cdf"))
    longest = np.ceil(days.max())
    return np.unique(np.concatenate([[0.0], ends[ends < longest], [longest]]))


def _steps(features: np.ndarray, days: np.ndarray, is_seen: np.ndarray):
    """Newton's steps to the most likely levels and weights. Rows are sorted by how long they were followed, so that those who are
    still waiting in a step are the first ones, and the features of a step times its fading need not be written down."""
    ends = step_ends(days, is_seen)
    n_steps, n_features = len(ends) - 1, features.shape[1]
    fading = _fading(ends)
    last = np.searchsorted(ends, days) - 1  # the step in which the wait ended, or following did
    # Who was not followed to the end of a step counts in it as far as it was seen: not at all below half of it.
    halfway = days >= (ends[last] + ends[last + 1]) / 2
    through = np.where(is_seen | halfway, last + 1, last)
    order = np.argsort(-through, kind="stable")
    features, last, seen, through = features[order], last[order], is_seen[order], through[order]
    at_risk = np.searchsorted(-through, -np.arange(1, n_steps + 1), side="right")
    ordered = [seen[:n] & (last[:n] == step) for step, n in enumerate(at_risk)]
    levels = np.array([_log_odds(here.sum(), n) for here, n in zip(ordered, at_risk, strict=True)])
    weights = np.zeros(2 * n_features)
    size = n_steps + 2 * n_features
    penalty = np.concatenate([np.full(n_steps, 1e-9), np.full(2 * n_features, PENALTY * len(days))])
    for _ in range(MOST_STEPS):
        slope, curvature = np.zeros(size), np.zeros((size, size))
        own, faded = features @ weights[:n_features], features @ weights[n_features:]
        for step, n in enumerate(at_risk):
            here, fade = features[:n], fading[step]
            chance = 1.0 / (1.0 + np.exp(-(levels[step] + own[:n] + fade * faded[:n])))
            off, certain = ordered[step] - chance, chance * (1.0 - chance)
            pulled, crossed = here.T @ off, here.T @ certain
            bent = here.T @ (here * certain[:, None])
            slope[step] += off.sum()
            slope[n_steps:] += np.concatenate([pulled, fade * pulled])
            curvature[step, step] += certain.sum()
            curvature[step, n_steps:] += np.concatenate([crossed, fade * crossed])
            curvature[n_steps:, n_steps:] += np.block([[bent, fade * bent], [fade * bent, fade**2 * bent]])
        curvature[n_steps:, :n_steps] = curvature[:n_steps, n_steps:].T
        found = np.concatenate([levels, weights])
        moved = np.linalg.solve(curvature + np.diag(penalty), slope - penalty * found)
        moved *= min(1.0, 5.0 / max(np.abs(moved).max(), 1e-300))  # far from the answer a step may overshoot
        levels, weights = levels + moved[:n_steps], weights + moved[n_steps:]
        if np.abs(moved).max() < TOLERANCE:
            break
    return ends, levels, weights, fading


def _fading(ends: np.ndarray) -> np.ndarray:
    """The logarithm of each step's time, centred, with deviation 1."""
    logs = np.log((ends[1:] + ends[:-1]) / 2)
    deviation = logs.std()
    return (logs - logs.mean()) / deviation if deviation > 0 else np.zeros(len(logs))


def _log_odds(ordered: float, n: int) -> float:
    """Of the share, as if half an order more, and half one less, had been seen."""
    return float(np.log((ordered + 0.5) / (n - ordered + 0.5)))


def _weibull(features: np.ndarray, days: np.ndarray, is_seen: np.ndarray):
    """The most likely intercept, weights and scale; the slope is exact, and the surface has one top."""
    from scipy.optimize import minimize

    n, n_features = features.shape
    design = np.column_stack([np.ones(n), features])
    logs, seen = np.log(np.maximum(days, SHORTEST_DAYS)), is_seen.astype(float)

    def uphill(found: np.ndarray) -> tuple[float, np.ndarray]:
        # In 1 / scale and weights / scale the likelihood is concave (Burridge 1981).
        rate = np.exp(found[-1])
        z = rate * logs - design @ found[:-1]
        grown = np.exp(np.minimum(z, 50.0))
        value = (seen * (z + found[-1]) - grown).sum() - PENALTY * n / 2 * (found[1:-1] ** 2).sum()
        off = grown - seen
        slope = np.append(design.T @ off, seen.sum() - (off * rate * logs).sum())
        slope[1:-1] -= PENALTY * n * found[1:-1]
        return -value / n, -slope / n

    start = np.zeros(n_features + 2)
    start[0] = logs.mean()
    found = minimize(uphill, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-14, "gtol": TOLERANCE}).x
    scale = float(np.exp(-found[-1]))
    longest = float(np.ceil(days.max()))
    grid = np.unique(np.concatenate([[0.0], np.geomspace(min(1.0, longest / 2), longest, N_POINTS - 1)]))
    return grid, np.array([found[0] * scale, np.log(scale)]), found[1:-1] * scale, np.empty(0)
