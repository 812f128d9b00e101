"""Ranges: between which amounts will a single case lie, in eight of ten cases?

Conformal (Papadopoulos et al. 2002; by levels of the prediction: Vovk et al. 2003): what models said of cases that they had not
seen, against what came. The range of a new case takes the same share of those errors, of cases predicted about as high. It
holds whatever the amounts look like, as long as the time to come resembles the time seen: the share that later amounts kept to
is told beside it.
"""

from dataclasses import dataclass

import numpy as np

from crm.analytics.prediction.amounts.models import knows_no_debts

COVERED = 0.8  # eight of ten
MOST_LEVELS = 20
FEWEST_OF_LEVEL = 50  # the tenth part that lies outside on each side is then five cases


@dataclass(frozen=True, eq=False)
class Ranges:
    """kind: "ratio" (amounts of 0 or more: errors grow with what is predicted) or "difference". level: (k,) predicted amounts,
    rising; low, high: (k,) what a prediction there is multiplied by, or what is added; spread: (k,) the errors' standard
    deviation, in the same unit."""

    kind: str
    level: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: np.ndarray

    def around(self, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) low and high of each prediction."""
        low, high = np.interp(amount, self.level, self.low), np.interp(amount, self.level, self.high)
        return (amount * low, amount * high) if self.kind == "ratio" else (amount + low, amount + high)

    def deviation(self, amount: np.ndarray) -> np.ndarray:
        """(n,) how far single cases lie from such predictions, as a standard deviation."""
        spread = np.interp(amount, self.level, self.spread)
        return amount * spread if self.kind == "ratio" else spread


def ranges(actual: np.ndarray, predicted: np.ndarray, *, capped_at: float = float("inf")) -> Ranges:
    """Ranges from amounts and what models that had not seen them had said. capped_at: for the standard deviation alone."""
    actual, predicted = np.asarray(actual, dtype=float), np.asarray(predicted, dtype=float)
    kind = "ratio" if (predicted > 0).all() and knows_no_debts(actual) else "difference"
    order = np.argsort(predicted, kind="stable")
    n_levels = int(np.clip(len(order) // FEWEST_OF_LEVEL, 1, MOST_LEVELS))
    parts = np.array_split(order, n_levels)
    found = []
    for part in parts:
        error = actual[part] / predicted[part] if kind == "ratio" else actual[part] - predicted[part]
        without = np.minimum(actual[part], capped_at)
        around = without / predicted[part] - 1.0 if kind == "ratio" else without - predicted[part]
        found.append((np.median(predicted[part]), *_ends(np.sort(error)), np.sqrt(np.mean(around**2))))
    level, low, high, spread = (np.array(column) for column in zip(*found, strict=True))
    # Levels with equal predictions are one.
    level, first = np.unique(level, return_index=True)
    return Ranges(kind=kind, level=level, low=low[first], high=high[first], spread=spread[first])


def _ends(errors: np.ndarray) -> tuple[float, float]:
    """The errors between which the next one lies with the chance COVERED: one rank further out than the plain quantiles."""
    outside = (1.0 - COVERED) / 2.0
    n = len(errors)
    low = int(np.floor(outside * (n + 1))) - 1
    high = int(np.ceil((1.0 - outside) * (n + 1))) - 1
    return float(errors[max(low, 0)]), float(errors[min(high, n - 1)])
