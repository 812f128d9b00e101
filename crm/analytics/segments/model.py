"""Segments: which groups of customers are there, how large, and how clearly apart?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments import kmeans, rfm
from crm.analytics.segments.features import RFM_COLUMNS, customer_features, log_scaled
from crm.analytics.segments.names import SEGMENT_ORDER, name_groups
from crm.errors import InvalidInput, NotEnoughData

MIN_CUSTOMERS = 10  # two customers for each fifth; with fewer, a score says nothing that the list does not
METHODS = ("rfm", "kmeans")


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Customers in named groups.

    customers: customer_id, recency_days, frequency, monetary, segment; RFM also r_score, f_score, m_score
        (1..5, 5 best).
    profile: one row a group, best first: segment, customers, share_of_customers (0..1), revenue,
        share_of_revenue (NaN where all revenue together is not above 0), median_recency_days,
        median_frequency, median_monetary.
    quality: silhouette (-1..1 on the log scale, NaN with a single group), smallest_share (0..1), stability
        (K-means: adjusted Rand, 1 = unchanged by resampling; None for RFM), continuum (K-means: True = no
        clear groups, the borders are a convenience; None for RFM, whose borders always are), by_k (K-means:
        DataFrame; else None), recommended_k (or None), clipped_monetary (customers with net spend below 0,
        taken as 0 on the log scale).
    parameters: what was asked for and used.
    """

    method: str
    as_of: dt.date
    customers: pd.DataFrame
    profile: pd.DataFrame
    quality: dict
    parameters: dict


def segment(
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    method: str = "rfm",
    n_segments: int | None = None,
    random_state: int = 0,
) -> Segmentation:
    """Group the customers who bought up to `as_of`: "rfm" (fixed rules) or "kmeans" (found in the data).

    n_segments: K-means only, 2..8; None takes the recommended number. Raises InvalidInput for an unknown
    method or a number out of range, NotEnoughData below 10 customers or, for K-means, when too few customers
    differ.
    """
    _check(method=method, n_segments=n_segments)
    customers = customer_features(orders, as_of=as_of)
    if len(customers) < MIN_CUSTOMERS:
        raise NotEnoughData(
            f"Segments need {MIN_CUSTOMERS} customers who have bought; there are {len(customers)}."
        )
    points = log_scaled(customers)
    customers = customers[["customer_id", *RFM_COLUMNS]]
    if method == "rfm":
        scored = rfm.rfm_scores(customers)
        grouped = scored.assign(segment=rfm.rfm_segments(scored))
        found = {"stability": None, "continuum": None, "by_k": None, "recommended_k": None}
    else:
        grouped, found = _kmeans(customers, points, n_segments=n_segments, random_state=random_state)
    profile = _profile(grouped)
    quality = {
        "silhouette": _silhouette(points, grouped["segment"], random_state=random_state),
        "smallest_share": float(profile["share_of_customers"].min()),
        **found,
        "clipped_monetary": int((customers["monetary"] < 0).sum()),
    }
    if method == "kmeans":
        clear = quality["silhouette"] >= kmeans.CLEAR_FROM and quality["stability"] >= kmeans.STABLE_FROM
        quality["continuum"] = not clear
    parameters = {"n_segments": len(profile), "n_segments_asked": n_segments, "random_state": random_state}
    return Segmentation(method, as_of, grouped, profile, quality, parameters)


def _check(*, method: str, n_segments: int | None) -> None:
    if method not in METHODS:
        raise InvalidInput(f"The method is {method!r}; choose one of {', '.join(METHODS)}.", field="method")
    if n_segments is None:
        return
    if method == "rfm":
        raise InvalidInput(
            "RFM has its own fixed groups; a number of groups is for K-means.", field="n_segments"
        )
    if not kmeans.SMALLEST_K <= n_segments <= kmeans.LARGEST_K:
        raise InvalidInput(
            f"{n_segments} groups were asked for; choose {kmeans.SMALLEST_K} to {kmeans.LARGEST_K}.",
            field="n_segments",
        )


def _kmeans(
    customers: pd.DataFrame, points: np.ndarray, *, n_segments: int | None, random_state: int
) -> tuple[pd.DataFrame, dict]:
    from threadpoolctl import threadpool_limits

    needed = n_segments or kmeans.SMALLEST_K
    choice_rows = kmeans.sample_rows(len(points), at_most=kmeans.CHOICE_SAMPLE, random_state=random_state)
    n_distinct = len(np.unique(points[choice_rows], axis=0))
    if n_distinct <= needed:
        raise NotEnoughData(
            f"K-means with {needed} groups needs customers who differ; {len(choice_rows)} customers have "
            f"only {n_distinct} different combinations of recency, frequency and spend."
        )
    largest_k = min(kmeans.LARGEST_K, n_distinct - 1)
    # Hundreds of tiny fits: on a busy machine threads that wait for one another took 40 s instead of 1 s.
    with threadpool_limits(limits=1, user_api="openmp"):
        choice = kmeans.choose_k(points, largest_k=largest_k, random_state=random_state)
        k = n_segments or choice.recommended_k
        labels = kmeans.fit_labels(points, k=k, random_state=random_state)
    names = name_groups(points, labels, customers)
    grouped = customers.assign(segment=[names[label] for label in labels.tolist()])
    stability = choice.by_k.set_index("n_segments")["stability"].get(k, float("nan"))
    found = {"stability": float(stability), "by_k": choice.by_k, "recommended_k": choice.recommended_k}
    return grouped, found


def _silhouette(points: np.ndarray, segments: pd.Series, *, random_state: int) -> float:
    rows = kmeans.sample_rows(len(points), at_most=kmeans.CHOICE_SAMPLE, random_state=random_state)
    return kmeans.silhouettes(points[rows], [segments.to_numpy()[rows].astype(str)])[0]


def _profile(grouped: pd.DataFrame) -> pd.DataFrame:
    by_segment = grouped.groupby("segment", sort=False)
    profile = pd.DataFrame(
        {
            "customers": by_segment.size(),
            "revenue": by_segment["monetary"].sum(),
            "median_recency_days": by_segment["recency_days"].median(),
            "median_frequency": by_segment["frequency"].median(),
            "median_monetary": by_segment["monetary"].median(),
        }
    )
    profile = profile.loc[[name for name in SEGMENT_ORDER if name in profile.index]].reset_index(
        names="segment"
    )
    revenue = profile["revenue"].sum()
    profile.insert(2, "share_of_customers", profile["customers"] / len(grouped))
    profile.insert(4, "share_of_revenue", profile["revenue"] / revenue if revenue > 0 else float("nan"))
    return profile
