"""Maximum likelihood: which parameters make what was seen most likely, and how far can they be off?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STARTS = 4  # one usual place and three drawn ones: enough to leave a flat corner, cheap enough to try
TRIAL_STEPS = 12  # after a dozen steps the better start is known
MOST_STEPS = 500
POLISHING_STEPS = 3  # each doubles the right digits
TOLERANCE = 1e-9  # of the mean log-likelihood's slope: parameters are then right to six digits
DIFFERENCE = 1e-4  # step of the second differences, on the log scale: errors of 1e-8 of slopes known to 1e-12
# A parameter of which the data say nothing may lie anywhere within e^(2 x 3): three orders of magnitude around its best.
VAGUE_SPREAD = 3.0
AT_BORDER = 0.05  # on the log scale: within 5 % of the border


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the likelihood is highest: parameters > 0, log_likelihood (of the data, not the mean), covariance of the
    parameters' logarithms, at_border (bool each: the data push the parameter out of any sensible range)."""

    parameters: np.ndarray
    log_likelihood: float
    covariance: np.ndarray
    at_border: np.ndarray

    def nearby(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pairs of parameters one standard deviation to both sides along each main axis of the uncertainty.

        Half the difference of anything computed at both, squared and summed over the pairs, is its variance from
        uncertain parameters (Julier & Uhlmann 1997), without simulation and without derivatives.
        """
        spread, axes = np.linalg.eigh(self.covariance)
        steps = axes * np.sqrt(np.maximum(spread, 0.0))
        middle = np.log(self.parameters)
        return [(np.exp(middle + steps[:, place]), np.exp(middle - steps[:, place])) for place in range(len(middle))]


def maximise(
    log_likelihood: Callable[[np.ndarray], tuple[float, np.ndarray]], *, usual: np.ndarray, smallest: np.ndarray,
    largest: np.ndarray, n: int, random_state: int,
) -> Maximum:
    """The highest point of `log_likelihood(parameters) -> (sum, slope by each parameter)` of n observations.

    Parameters are > 0 and are searched on the log scale between `smallest` and `largest`, from `usual` and from three
    seeded places around it; the best of them after a few steps is followed to the end.
    """
    from scipy.optimize import minimize

    bounds = list(zip(np.log(smallest), np.log(largest), strict=True))

    def downhill(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        value, slope = log_likelihood(parameters)
        return -value / n, -slope * parameters / n

    def follow(logs: np.ndarray, steps: int):
        return minimize(downhill, logs, jac=True, method="L-BFGS-B", bounds=bounds,
                        options={"maxiter": steps, "maxfun": 4 * steps, "ftol": 1e-15, "gtol": TOLERANCE, "maxcor": 20})

    rng = np.random.default_rng(random_state)
    starts = [np.log(usual)] + [np.log(usual) + rng.normal(0.0, 1.0, len(usual)) for _ in range(STARTS - 1)]
    tried = [follow(start, TRIAL_STEPS) for start in starts]
    best = _polished(downhill, follow(min(tried, key=lambda trial: trial.fun).x, MOST_STEPS).x, np.array(bounds))
    at_border = (best - np.log(smallest) < AT_BORDER) | (np.log(largest) - best < AT_BORDER)
    return Maximum(parameters=np.exp(best), log_likelihood=float(-downhill(best)[0] * n),
                   covariance=_covariance(_curvature(downhill, best) * n), at_border=at_border)


def _polished(downhill: Callable, logs: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """A few of Newton's steps from where the search stopped, as long as they make the slope smaller."""
    steepness = np.abs(downhill(logs)[1]).max()
    for _ in range(POLISHING_STEPS):
        bent, axes = np.linalg.eigh(_curvature(downhill, logs))
        if bent.min() <= 0:
            return logs  # no bowl: the lowest point lies at a border, or anywhere along a valley
        moved = np.clip(logs - axes @ (axes.T @ downhill(logs)[1] / bent), *bounds.T)
        now = np.abs(downhill(moved)[1]).max()
        if not now < steepness:
            return logs
        logs, steepness = moved, now
    return logs


def _curvature(downhill: Callable, logs: np.ndarray) -> np.ndarray:
    """Second derivatives of the mean, by differences of the exact slopes."""
    steps = np.eye(len(logs)) * DIFFERENCE
    slopes = np.array([downhill(logs + step)[1] - downhill(logs - step)[1] for step in steps]) / (2 * DIFFERENCE)
    return (slopes + slopes.T) / 2


def _covariance(information: np.ndarray) -> np.ndarray:
    """Inverse of the observed information, with VAGUE_SPREAD where the likelihood is flat."""
    bent, axes = np.linalg.eigh(information)
    return (axes / (np.maximum(bent, 0.0) + VAGUE_SPREAD**-2)) @ axes.T
