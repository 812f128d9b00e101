"""On what scale are numbers compared? As they are or by orders of magnitude; spread alike, so that none drowns the others."""

import numpy as np

SCALINGS = ("standard", "robust", "range", "none")
LOPSIDED_FROM = 1.0  # skewness; above 1 a distribution is "highly skewed" (Bulmer 1979): a few have many times the rest
NORMAL_IQR = 1.349  # quartile distance of a normal distribution with deviation 1


def is_lopsided(ordered: np.ndarray) -> bool:
    """Whether numbers (ascending, none missing) are better compared on a log scale.

    So it is for numbers of at least 0 whose skewness is above 1 where the logarithm at least halves it. The latter leaves
    shares between 0 and 1 and yes/no columns alone, which a logarithm hardly bends.

    >>> is_lopsided(np.array([1.0, 2, 4, 8, 16, 32, 64, 128, 256])), is_lopsided(np.array([0.0, 0, 0, 0, 0, 0, 1, 1]))
    (True, False)
    """
    if len(ordered) < 3 or ordered[0] < 0 or ordered[0] == ordered[-1]:
        return False
    skewness = _skewness(ordered)
    return skewness > LOPSIDED_FROM and abs(_skewness(np.log1p(ordered))) <= skewness / 2


def log_scale(numbers: np.ndarray) -> np.ndarray:
    """log(1 + x), for x below 0 the same with its sign: -log(1 - x); 0 stays 0."""
    return np.sign(numbers) * np.log1p(np.abs(numbers))


def from_log_scale(logs: np.ndarray) -> np.ndarray:
    """What `log_scale` was made from.

    >>> np.round(from_log_scale(log_scale(np.array([-5.0, 0.0, 1e6])))).tolist()
    [-5.0, 0.0, 1000000.0]
    """
    return np.sign(logs) * np.expm1(np.abs(logs))


def centre_and_scale(ordered: np.ndarray, *, scaling: str) -> tuple[float, float]:
    """What is taken off and divided by, for numbers in ascending order that are not all equal; scale > 0.

    standard: mean and deviation (afterwards 0 and 1). robust: median and quartile distance, which exceptions do not move;
    where more than half of all are equal and the quartiles with them, 1.349 deviations, which is the quartile distance of
    a normal distribution. range: smallest and its distance to the largest (afterwards 0 to 1). none: 0 and 1.
    """
    if scaling == "standard":
        return float(ordered.mean()), float(ordered.std())
    if scaling == "robust":
        lower, median, upper = np.quantile(ordered, (0.25, 0.5, 0.75))
        return float(median), float(upper - lower if upper > lower else NORMAL_IQR * ordered.std())
    if scaling == "range":
        return float(ordered[0]), float(ordered[-1] - ordered[0])
    return 0.0, 1.0


def _skewness(ordered: np.ndarray) -> float:
    deviation = ordered.std()
    return float((((ordered - ordered.mean()) / deviation) ** 3).mean()) if deviation > 0 else 0.0
