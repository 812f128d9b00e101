"""Segments: which groups of customers are there, how large, and how clearly apart?

Two ways: RFM gives every customer the group that fixed rules name; the other methods look for groups in whatever features
are chosen (finding.py), and the groups are named after what they are.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.analytics.segments import choosing, rfm
from crm.analytics.segments.clustering import METHODS as FOUND_METHODS
from crm.analytics.segments.features import RFM_COLUMNS, customer_features, log_scaled
from crm.analytics.segments.finding import Groups, find
from crm.analytics.segments.names import SEGMENT_ORDER, TYPICAL_PLACES, name_groups
from crm.errors import InvalidInput, NotEnoughData

MIN_CUSTOMERS = 10  # two customers for each fifth; with fewer, a score says nothing that the list does not
METHODS = ("rfm", *FOUND_METHODS)
IN_NO_GROUP = "In no group"  # the name of label -1, which only the density methods give
RHYTHM_ONLY = {*RFM_COLUMNS, "tenure_days", "average_order"}  # groups of these are named after when and how much


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Customers in named groups.

    customers: customer_id, recency_days, frequency, monetary, segment; RFM also r_score, f_score, m_score
        (1..5, 5 best).
    profile: one row a group, best first: segment, customers, share_of_customers (0..1), revenue,
        share_of_revenue (NaN where all revenue together is not above 0), median_recency_days,
        median_frequency, median_monetary.
    quality: silhouette (-1..1 on the scale of the features, NaN with a single group), smallest_share (0..1), stability
        (adjusted Rand, 1 = unchanged by resampling; None for RFM), continuum (True = no clear groups, the borders are a
        convenience; None for RFM, whose borders always are), by_k (DataFrame of the numbers of groups compared, or
        None), recommended_k (or None), clipped_monetary (customers with net spend below 0, taken as 0 on the log scale),
        none_share (share of customers in no group), approximated ("", "micro", "sample").
    parameters: what was asked for and used.
    groups, table: of the methods that look for groups, what they found in which features; else None.
    names: label of `groups` -> the group's name.
    own_names: of RFM, what the owner calls a group -> the program's own name of it, where they differ.
    """

    method: str
    as_of: dt.date
    customers: pd.DataFrame
    profile: pd.DataFrame
    quality: dict
    parameters: dict
    groups: Groups | None = None
    table: pd.DataFrame | None = None
    names: dict[int, str] | None = None
    own_names: dict[str, str] = field(default_factory=dict)

    def called_first(self, name: str) -> str:
        """The program's own name of a group, by which it keeps its colour and its meaning."""
        return self.own_names.get(name, name)


def segment(orders: pd.DataFrame, *, as_of: dt.date, method: str = "rfm", n_segments: int | None = None,
            cuts: rfm.Cuts | tuple | None = None, names: rfm.Names = (), table: pd.DataFrame | None = None,
            features: Sequence[str] = RFM_COLUMNS, random_state: int = 0, **how) -> Segmentation:
    """Group the customers who bought up to `as_of`: "rfm" (fixed rules) or one of `clustering.METHODS`.

    cuts, names: of RFM, the owner's own borders, and what the groups are called that have another name. table: one row a customer with the `features`
    (feature_table.py); None suffices for those of customer_features. n_segments: 2..8, None takes the recommended
    number. `how`: metric, log, scaling, missing, eps, min_samples, min_cluster_size of finding.find.

    Raises InvalidInput for an unknown method or a number out of range, NotEnoughData below 10 customers or where too few
    of them differ.
    """
    _check(method=method, n_segments=n_segments, features=features)
    customers = customer_features(orders, as_of=as_of)
    if len(customers) < MIN_CUSTOMERS:
        raise NotEnoughData(f"Segments need {MIN_CUSTOMERS} customers who have bought; there are {len(customers)}.")
    clipped = int((customers["monetary"] < 0).sum())
    if method == "rfm":
        return _by_rules(customers, as_of=as_of, cuts=cuts, names=names, clipped=clipped, random_state=random_state)
    table = customers if table is None else customers[["customer_id"]].merge(table, on="customer_id", how="left")
    if all(table[name].nunique() < 2 for name in features if name in table):
        raise NotEnoughData(f"All {len(table):,} customers are alike in what they are grouped by; there is nothing to tell "
                            "them apart.")
    found = find(table, columns=list(features), method=method, n_segments=n_segments, random_state=random_state, **how)
    grouped = customers.loc[found.rows, ["customer_id", *RFM_COLUMNS]].reset_index(drop=True)
    called = _names(found, grouped, features)
    grouped = grouped.assign(segment=pd.Series([called[label] for label in found.labels.tolist()], dtype="str"))
    quality = {
        **found.quality,
        "by_k": None if found.choice is None else found.choice.by_k,
        "recommended_k": None if found.choice is None else found.choice.recommended_k,
        "clipped_monetary": clipped,
        "approximated": found.grouping.approximated,
        "left_out": len(customers) - len(grouped),
    }
    parameters = {**found.parameters, "features": list(features), "n_segments": found.grouping.k,
                  "n_segments_asked": n_segments, "random_state": random_state}
    return Segmentation(method, as_of, grouped, _profile(grouped), quality, parameters, found, table, called)


def _check(*, method: str, n_segments: int | None, features: Sequence[str]) -> None:
    if method not in METHODS:
        raise InvalidInput(f"The method is {method!r}; choose one of {', '.join(METHODS)}.", field="method")
    if not features:
        raise InvalidInput("Choose at least one feature to group the customers by.", field="features")
    if n_segments is None:
        return
    if method == "rfm":
        raise InvalidInput("RFM has its own fixed groups; a number of groups is for the other methods.",
                           field="n_segments")
    if not choosing.SMALLEST_K <= n_segments <= choosing.LARGEST_K:
        raise InvalidInput(f"{n_segments} groups were asked for; choose {choosing.SMALLEST_K} to {choosing.LARGEST_K}.",
                           field="n_segments")


def _by_rules(customers: pd.DataFrame, *, as_of: dt.date, cuts: rfm.Cuts | tuple | None, names: rfm.Names, clipped: int,
              random_state: int) -> Segmentation:
    points, called = log_scaled(customers), dict(names)
    scored = rfm.rfm_scores(customers[["customer_id", *RFM_COLUMNS]], cuts=cuts)
    grouped = scored.assign(segment=rfm.rfm_segments(scored, names=called))
    profile = _profile(grouped, order=[called.get(name, name) for name in SEGMENT_ORDER])
    quality = {
        "silhouette": choosing.silhouette(points, pd.factorize(grouped["segment"])[0], random_state=random_state),
        "smallest_share": float(profile["share_of_customers"].min()),
        "stability": None, "continuum": None, "by_k": None, "recommended_k": None, "clipped_monetary": clipped,
        "none_share": 0.0, "approximated": "", "left_out": 0,
    }
    parameters = {"n_segments": len(profile), "n_segments_asked": None, "random_state": random_state,
                  "cuts": rfm.checked_cuts(cuts)._asdict(), "names": called}
    return Segmentation("rfm", as_of, grouped, profile, quality, parameters,
                        own_names={own: group for group, own in called.items()})


def _names(found: Groups, grouped: pd.DataFrame, features: Sequence[str]) -> dict[int, str]:
    """What each group is called: after when and how much it buys where that made the groups, else by a number."""
    real = found.labels >= 0
    count = len(np.unique(found.labels[real]))
    if set(features) <= RHYTHM_ONLY and 0 < count <= len(TYPICAL_PLACES):
        called = name_groups(log_scaled(grouped)[real], found.labels[real], grouped[real])
    else:
        called = {label: f"Group {label + 1}" for label in range(count)}
    return {**called, -1: IN_NO_GROUP}


def _profile(grouped: pd.DataFrame, *, order: Sequence[str] = SEGMENT_ORDER) -> pd.DataFrame:
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
    known = [name for name in order if name in profile.index]
    # Numbered groups run by their number; who is in no group comes last.
    rest = sorted((name for name in profile.index if name not in known and name != IN_NO_GROUP),
                  key=lambda name: (len(name), name))
    profile = profile.loc[[*known, *rest, *([IN_NO_GROUP] if IN_NO_GROUP in profile.index else [])]]
    profile = profile.reset_index(names="segment")
    revenue = profile["revenue"].sum()
    profile.insert(2, "share_of_customers", profile["customers"] / len(grouped))
    profile.insert(4, "share_of_revenue", profile["revenue"] / revenue if revenue > 0 else float("nan"))
    return profile
