"""Reliability: do the questions of a battery measure one thing, so that their mean may be shown as one figure?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.forms import Battery
from crm.errors import NotEnoughData

FEWEST_FORMS = 10  # below, the interval runs over nearly everything
FEW_FORMS = 30


@dataclass(frozen=True, eq=False)
class Reliability:
    """Cronbach's alpha (1951), at most 1, below 0 where questions contradict each other, with its 95 % interval.

    n: forms that answer every question; n_forms: all. items, a row a question that was given a score: item, mean (of the complete forms),
    item_total (correlation with the sum of the others, -1 to 1), total_low, total_high (its 95 % interval by Fisher's z),
    alpha_without (NaN with two questions), reversed (True: runs against the others for certain, the interval lies below
    0), constant (True: everybody gave the same score, so it has no correlation). few: below 30 complete forms.
    scarcest: the question whose gaps cost the most forms, None where there is none; n_without_it: complete forms then.
    """

    alpha: float
    low: float
    high: float
    n: int
    n_forms: int
    items: pd.DataFrame
    few: bool
    scarcest: str | None
    n_without_it: int


def measure(battery: Battery) -> Reliability:
    """Alpha of the forms that answer every question; its interval by Feldt (1965).

    Questions that run the other way are told, never turned round silently: only their words say which way is right.
    Raises NotEnoughData below 10 complete forms, and where all of them are equal.
    """
    asked = ~np.isnan(battery.score).all(axis=0)  # one that nobody gave a score would leave no complete form
    every, items = battery.score[:, asked], battery.items[asked].reset_index(drop=True)
    given = ~np.isnan(every)
    lacking = (~given).sum(axis=1)
    complete = lacking == 0
    n, count = int(complete.sum()), every.shape[1]
    if count < 2:
        raise NotEnoughData(f"Whether questions belong together is told from at least 2 that were given scores; there are {count}.")
    if n < FEWEST_FORMS:
        raise NotEnoughData(f"Whether the questions belong together is told from at least {FEWEST_FORMS} forms that answer all "
                            f"{count} of them; there are {n}.")
    score = every[complete].astype(np.float64)
    covariance = np.cov(score, rowvar=False)
    if covariance.sum() <= 1e-12 or covariance.trace() <= 1e-12:
        raise NotEnoughData(f"All {n} complete forms add up to the same sum, so that nothing can be told of what the questions "
                            "have in common.")
    alpha, without, item_total = from_covariance(covariance)
    low, high = interval(alpha, n=n, items=count)
    total_low, total_high = _fisher(item_total, n)
    table = pd.DataFrame({
        "item": items["item"], "mean": score.mean(axis=0), "item_total": item_total, "total_low": total_low,
        "total_high": total_high, "alpha_without": without, "reversed": total_high < 0,
        "constant": covariance.diagonal() <= 1e-12})
    alone = ((lacking == 1)[:, None] & ~given).sum(axis=0)  # forms that lack this question only
    place = int(alone.argmax())
    return Reliability(alpha, low, high, n, len(every), table, n < FEW_FORMS,
                       str(items["item"].iloc[place]) if alone[place] else None, n + int(alone[place]))


def from_covariance(covariance: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Alpha, alpha without each item (NaN with two), and each item's correlation with the sum of the others (NaN where it
    never varies).

    >>> alpha, without, _ = from_covariance(np.array([[10., 6, 6, 6], [6, 11, 6, 6], [6, 6, 12, 6], [6, 6, 6, 13]]))
    >>> round(alpha, 4), without.round(4).tolist()
    (0.8136, [0.75, 0.7606, 0.7714, 0.7826])
    """
    count = len(covariance)
    variance, row, total = covariance.diagonal(), covariance.sum(axis=1), covariance.sum()
    alpha = count / (count - 1) * (1 - variance.sum() / total)
    rest = np.maximum(total - 2 * row + variance, 0.0)  # variance of the sum of the others
    with np.errstate(divide="ignore", invalid="ignore"):
        item_total = (row - variance) / np.sqrt(variance * rest)
        without = (count - 1) / (count - 2) * (1 - (variance.sum() - variance) / rest) if count > 2 else np.full(count, np.nan)
    item_total = np.where((variance > 1e-12) & (rest > 1e-12), item_total, np.nan)
    return float(alpha), np.where(rest > 1e-12, without, np.nan), np.clip(item_total, -1, 1)


def interval(alpha: float, *, n: int, items: int) -> tuple[float, float]:
    """95 % interval of alpha (Feldt 1965): (1 - alpha of all) / (1 - alpha found) follows F with n - 1 and
    (n - 1)(items - 1) degrees of freedom.

    >>> [round(end, 3) for end in interval(0.7734375, n=10, items=3)]
    [0.336, 0.939]
    """
    from scipy.stats import f

    inside, all_of_them = n - 1, (n - 1) * (items - 1)
    return (float(1 - (1 - alpha) * f.isf(0.025, inside, all_of_them)),
            float(1 - (1 - alpha) * f.isf(0.975, inside, all_of_them)))


def _fisher(correlation: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(divide="ignore"):
        middle = np.arctanh(correlation)
    reach = 1.959964 / np.sqrt(n - 3)
    return np.tanh(middle - reach), np.tanh(middle + reach)
