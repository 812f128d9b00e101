"""Models whose answers are known by hand, and tables to ask them, for the tests of why and of keeping."""

import numpy as np
import pandas as pd


class KnownModel:
    """Any function of the columns as log-odds."""

    method = "known"

    def __init__(self, columns, function) -> None:
        self.columns = tuple(columns)
        self.function = function
        self.rows_asked = 0

    def log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        self.rows_asked += len(frame)
        return np.asarray(self.function(frame), dtype=float)

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        return 1 / (1 + np.exp(-self.log_odds(frame)))


def table(n: int, *, seed: int = 0) -> pd.DataFrame:
    """Numbers, one of them with gaps, a yes or no, and words with gaps."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "days": rng.gamma(2, 30, n).round(), "orders": rng.poisson(4, n) + 1.0, "score": rng.random(n),
        "has_returned": rng.random(n) < 0.3,
    })
    frame["score"] = frame["score"].where(rng.random(n) < 0.6)
    frame["plan"] = pd.Series(np.where(rng.random(n) < 0.05, None, rng.choice(["month", "year", "free"], n)), dtype="str")
    return frame


def bent(frame: pd.DataFrame) -> np.ndarray:
    """Log-odds with an interaction, gaps and words."""
    score = frame["score"].fillna(0.5).to_numpy()
    return (0.02 * frame["days"].to_numpy() - 0.1 * frame["orders"].to_numpy() * frame["has_returned"].to_numpy() - 2 * score**2
            + np.where(frame["plan"] == "month", 0.8, 0.0) - 0.5)


def outcomes(model, frame: pd.DataFrame, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(len(frame)) < model.probability(frame)
