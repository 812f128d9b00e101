"""Does 30 % mean 30 of 100? Scores of a model turned into shares that were seen, on rows that it had not learned from."""

from dataclasses import dataclass

import numpy as np

ISOTONIC_FROM = 1_000  # rows; below, steps would follow single cases, and two numbers (a sigmoid) do better
SURE_AT = 13.8  # log-odds of one in a million: nobody is surer than that


@dataclass(frozen=True, eq=False)
class Calibration:
    """kind: "sigmoid" (slope, intercept) or "isotonic" (knots: scores and log-odds, rising, straight between)."""

    kind: str
    slope: float = 1.0
    intercept: float = 0.0
    scores: np.ndarray | None = None
    log_odds: np.ndarray | None = None

    def __call__(self, margin: np.ndarray) -> np.ndarray:
        """(n,) calibrated log-odds of the scores."""
        if self.kind == "sigmoid":
            return self.slope * margin + self.intercept
        return np.interp(margin, self.scores, self.log_odds)


def learn_calibration(margin: np.ndarray, target: np.ndarray) -> Calibration:
    """From scores that a model gave to rows it had not learned from: a sigmoid (Platt 1999) below 1,000 rows, else isotonic
    regression (Zadrozny & Elkan 2002) joined by straight lines between the middles of its steps, so that two customers whom
    the model tells apart stay apart (Oron & Flournoy 2017)."""
    return _sigmoid(margin, target) if len(margin) < ISOTONIC_FROM else _isotonic(margin, target)


def _sigmoid(margin: np.ndarray, target: np.ndarray) -> Calibration:
    """Platt's regression, with his targets a little off 0 and 1, by Newton's steps; the slope never turns the ranking."""
    n_yes, n_no = float(target.sum()), float((~target).sum())
    goal = np.where(target, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))
    centre, deviation = float(margin.mean()), float(margin.std()) or 1.0
    scaled = (margin - centre) / deviation
    base = float(np.log((n_yes + 1) / (n_no + 1)))
    slope, intercept = 0.0, base
    design = np.column_stack([scaled, np.ones(len(scaled))])
    for _ in range(50):
        chance = probability_of(slope * scaled + intercept)
        gradient = design.T @ (chance - goal)
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        slope, intercept = slope - step[0], intercept - step[1]
        if np.abs(step).max() < 1e-10:
            break
    if slope <= 0:  # the scores say nothing of the outcome, or the contrary: everybody has the same chance
        return Calibration("sigmoid", slope=0.0, intercept=base)
    return Calibration("sigmoid", slope=slope / deviation, intercept=intercept - slope * centre / deviation)


def _isotonic(margin: np.ndarray, target: np.ndarray) -> Calibration:
    from sklearn.isotonic import isotonic_regression

    scores, place = np.unique(margin, return_inverse=True)
    cases = np.bincount(place).astype(float)
    seen = np.bincount(place, weights=target.astype(float)) / cases
    step = _steps(isotonic_regression(seen, sample_weight=cases))
    # One case of the base rate in each step: no step says never or always. A step of few cases may then lie above the next
    # one; such neighbours become one step, by their cases.
    weights = np.bincount(step, weights=cases) + 1.0
    share = (np.bincount(step, weights=cases * seen) + float(target.mean())) / weights
    rising = isotonic_regression(share, sample_weight=weights)
    step = _steps(rising)[step]
    middle = np.bincount(step, weights=cases * scores) / np.bincount(step, weights=cases)
    return Calibration("isotonic", scores=middle, log_odds=log_odds_of(np.unique(rising)))


def _steps(rising: np.ndarray) -> np.ndarray:
    """(n,) number of the step that each value of a rising sequence lies on."""
    return np.unique(rising, return_inverse=True)[1]


def probability_of(log_odds: np.ndarray) -> np.ndarray:
    """(n,) 0..1."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -SURE_AT, SURE_AT)))


def log_odds_of(probability: np.ndarray) -> np.ndarray:
    """(n,) finite: what is surer than one in a million counts as one in a million."""
    least = 1.0 / (1.0 + np.exp(SURE_AT))
    probability = np.clip(probability, least, 1 - least)
    return np.log(probability / (1 - probability))
