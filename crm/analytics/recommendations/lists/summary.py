"""What do all lists together come to: who has one, which products do they name, and is it always the same few?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEW_PRODUCTS = 10  # a range that the owner knows by heart; when most offers are among them, lists add little


@dataclass(frozen=True)
class Summary:
    """Of lists as Lister.overview makes them.

    customers_asked, customers_listed (with at least one offer), offers; products_offered of products_possible (those that may
    be offered); concentration: Gini of the offers over the products possible (0 each as often, towards 1 always the same);
    few_share: share of the offers that name one of the ten products named most; by_method: share of the offers that the
    method itself made, the rest is what is popular; expected_amount: sum where known; offers_without_amount. NaN without offers.
    """

    customers_asked: int
    customers_listed: int
    offers: int
    products_offered: int
    products_possible: int
    concentration: float
    few_share: float
    by_method: float
    expected_amount: float
    offers_without_amount: int


def summary(items: pd.DataFrame, *, customers_asked: int, products_possible: int) -> Summary:
    """`items` as Lister.overview; products_possible: purchases.may_be_offered.sum()."""
    number = np.sort(items["product_id"].value_counts().to_numpy())
    offers = len(items)
    known = items["expected_amount"].notna()
    return Summary(
        customers_asked=customers_asked,
        customers_listed=int(items["customer_id"].nunique()),
        offers=offers,
        products_offered=len(number),
        products_possible=products_possible,
        concentration=gini(np.concatenate([np.zeros(max(0, products_possible - len(number))), number])),
        few_share=float(number[-FEW_PRODUCTS:].sum() / offers) if offers else np.nan,
        by_method=float((items["place"] > 0).mean()) if offers else np.nan,
        expected_amount=float(items.loc[known, "expected_amount"].sum()) if known.any() else np.nan,
        offers_without_amount=int((~known).sum()),
    )


def gini(ascending: np.ndarray) -> float:
    """Gini of numbers from the smallest to the largest: 0 all equal, towards 1 one has all (Gini 1912); NaN of nothing.

    >>> gini(np.array([0, 0, 0, 4])), gini(np.array([2, 2]))
    (0.75, 0.0)
    """
    total = ascending.sum()
    if total == 0:
        return np.nan
    n = len(ascending)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ascending / (n * total))
