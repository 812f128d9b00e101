"""Credibility: how far does a customer's own mean count against everybody's? (Bühlmann & Straub 1970)"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class CredibleMeans:
    """of_each: every customer's mean, drawn towards everybody's as far as it may be chance (everybody's where nothing was
    seen; NaN where nothing was seen of anybody). within: variance of single observations of weight 1 around a customer's own
    mean (NaN where nobody has two)."""

    of_each: np.ndarray
    within: float


def credible_means(owner: np.ndarray, amount: np.ndarray, weight: np.ndarray, *, n_customers: int) -> CredibleMeans:
    """Means of amount / weight over each customer's observations (owner: 0..n_customers - 1; weight > 0).

    The more the customers differ from one another, against how much each one's observations differ, and the more
    observations there are of one, the more the own mean counts.
    """
    if len(weight) == 0:
        return CredibleMeans(np.full(n_customers, np.nan), float("nan"))
    seen = np.bincount(owner, weights=weight, minlength=n_customers)
    own = np.bincount(owner, weights=amount, minlength=n_customers) / np.where(seen > 0, seen, 1.0)
    everybody = amount.sum() / weight.sum()
    has = seen > 0
    repeated = len(weight) - int(has.sum())
    within = (weight * (amount / weight - own[owner]) ** 2).sum() / repeated if repeated > 0 else float("nan")
    spare = weight.sum() - (seen**2).sum() / weight.sum()
    alike = CredibleMeans(np.full(n_customers, everybody), within)
    if repeated <= 0 or spare <= 0:
        return alike
    between = ((seen * (own - everybody) ** 2)[has].sum() - (has.sum() - 1) * within) / spare
    if between <= 0:
        return alike
    credibility = np.divide(seen, seen + within / between, out=np.zeros_like(seen), where=has)
    return CredibleMeans(credibility * own + (1 - credibility) * everybody, within)
