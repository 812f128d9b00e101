"""Paths of three: who bought this and then that, what do they buy after it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.baskets.first_days import FirstDays
from crm.analytics.baskets.sequence_timing import Timing

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix, csr_matrix

MOST_STEPS = 300  # from which paths are put together; every one more multiplies them
MOST_PATHS = 200


def paths_of(steps: pd.DataFrame, first: FirstDays, timing: Timing, *, min_customers: int) -> pd.DataFrame:
    """The columns of Sequences.paths, from steps a, b with their share."""
    from scipy.sparse import csr_matrix

    a, b = steps["a"].to_numpy(), steps["b"].to_numpy()
    step, entry, day_a, day_b = timing.buyers(a, b)
    customer = first.customer[entry]
    observed = (day_a + timing.within_days <= first.as_of) & ~(day_b <= day_a)
    took = timing.follows(day_a, day_b)

    def table(chosen: np.ndarray, value: np.ndarray) -> csr_matrix:
        shape = (first.customers, len(steps))
        return csr_matrix((value[chosen].astype(float), (customer[chosen], step[chosen])), shape=shape)

    done, could = table(took, np.ones(len(step))), table(observed, np.ones(len(step)))
    both = (done.T @ done).tocoo()
    chained = (b[both.row] == a[both.col]) & (a[both.row] != b[both.col]) & (both.data >= min_customers)
    paths = pd.DataFrame({"one": both.row[chained].astype(np.int64), "two": both.col[chained].astype(np.int64),
                          "customers": both.data[chained].astype(np.int64)})
    paths["key"] = paths["one"] * len(steps) + paths["two"]
    paths = paths.sort_values(["customers", "key"], ascending=[False, True]).head(MOST_PATHS)
    one, two = paths["one"].to_numpy(), paths["two"].to_numpy()
    gaps = table(took, day_b - day_a).tocsc()
    two_taken = (done.T @ could).tocsr()
    asked = np.array([two_taken[pair] for pair in zip(one, two, strict=True)], dtype=np.int64)
    products = {1: a[one], 2: a[two], 3: b[two]}
    return pd.DataFrame({
        **{f"product_id_{place}": first.product_ids[column] for place, column in products.items()},
        **{f"name_{place}": first.names[column] for place, column in products.items()},
        "customers_two": asked, "customers": paths["customers"].to_numpy(), "share": paths["customers"].to_numpy() / asked,
        "usual_share": steps["share"].to_numpy()[two],
        "days_median": np.array([median_of_both(gaps, *pair) for pair in zip(one, two, strict=True)], dtype=float)})


def median_of_both(gaps: csc_matrix, one: int, two: int) -> float:
    """The median of the days of two steps together, over the customers who took both (a gap is never 0)."""
    left, right = (slice(gaps.indptr[step], gaps.indptr[step + 1]) for step in (one, two))
    _, in_left, in_right = np.intersect1d(gaps.indices[left], gaps.indices[right], assume_unique=True, return_indices=True)
    return float(np.median(gaps.data[left][in_left] + gaps.data[right][in_right]))
