"""Finding: from a table and the columns to compare by to groups, what they are like, and how far they can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments import clustering, preparing
from crm.analytics.segments.choosing import (
    LARGEST_K,
    STABLE_FROM,
    Choice,
    calinski_harabasz,
    choose_from,
    is_continuum,
    smallest_share,
    without_tiny,
)
from crm.analytics.segments.clustering import Grouping, checking
from crm.analytics.segments.clustering.cutting import begin
from crm.analytics.segments.clustering.ordering import distinct, fixed_order, means
from crm.analytics.segments.comparing import silhouette, stability
from crm.errors import InvalidInput

PROFILE_COLUMNS = ("group", "customers", "share")
MOST_IN_NO_GROUP = 0.5  # where most customers belong to none, groups are not what describes them


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of the rows of a table.

    labels: (n,) of the rows kept, 0..k-1 by size, -1 in no group; rows: (n,) their positions in the table.
    centroids: (k, d) means on the scale of prepared.points; centroids_in_units: one row a group, a column for each of
        prepared.columns in the table's own units (back from the log scale; 0/1 columns as shares).
    profile: one row a group: group (-1 last), customers, share (0..1 of the rows kept), then for every column used the
        median of its numbers or its most frequent word, of what the table holds (not of what was filled in).
    quality: silhouette (-1..1), calinski_harabasz, smallest_share, none_share (0..1), stability (adjusted Rand, 1 =
        unchanged by resampling), continuum (True = no clear groups).
    """

    method: str
    prepared: preparing.Prepared
    grouping: Grouping
    choice: Choice | None
    labels: np.ndarray
    centroids: np.ndarray
    centroids_in_units: pd.DataFrame
    profile: pd.DataFrame
    quality: dict
    parameters: dict

    @property
    def rows(self) -> np.ndarray:
        """(n,) positions in the table of the rows that were grouped."""
        return self.prepared.rows


def find(table: pd.DataFrame, *, columns: Sequence[str], method: str = "kmeans", n_segments: int | None = None,
         metric: str = "euclidean", log: str | tuple[str, ...] = "auto", scaling: str = "standard", missing: str = "median",
         eps: float | None = None, min_samples: int | None = None, min_cluster_size: int | None = None,
         random_state: int = 0) -> Groups:
    """Group the rows of `table` by `columns`: prepared (see preparing.prepare), then grouped (see clustering.group).

    n_segments: None takes the recommended number (see choosing.choose; `choice` says what it was chosen from), or what
    DBSCAN and HDBSCAN find. The order of the rows changes nothing.

    Raises InvalidInput for a choice that is none and for a column whose name the profile needs; NotEnoughData where too few
    rows differ.
    """
    checking.check_choice(method=method, metric=metric, k=n_segments, eps=eps, min_samples=min_samples,
                          min_cluster_size=min_cluster_size)
    columns = tuple(dict.fromkeys(columns))
    for name in columns:
        if name in PROFILE_COLUMNS:
            raise InvalidInput(f"The table of the groups has a column “{name}” of its own; give yours another name.", field="columns")
    prepared = preparing.prepare(table, columns=columns, log=log, scaling=scaling, missing=missing)
    points = checking.checked_points(prepared.points, metric=metric)
    order = fixed_order(points)
    density = {"eps": eps, "min_samples": min_samples, "min_cluster_size": min_cluster_size}
    choice = None
    with checking.one_thread():
        if method in checking.FIND_THEIR_NUMBER:
            grouping = clustering.group(points, method=method, metric=metric, **density, random_state=random_state)
        else:
            grouping, choice = _by_number(points[order], order, method=method, metric=metric, k=n_segments,
                                          random_state=random_state)
        k = n_segments if choice is None else choice.recommended_k
        if choice is None:
            stable = stability(points[order], grouping.labels[order], method=method, k=k, metric=metric, **density,
                               random_state=random_state)
        else:
            stable = float(choice.by_k.set_index("n_segments")["stability"][k])
        quality = _quality(points[order], grouping.labels[order], grouping, stability=stable,
                           gap_k=choice.gap_k if choice else None, random_state=random_state)
    # Sums in one order, whatever that of the rows
    centroids = means(prepared.points[order], grouping.labels[order], grouping.k)
    in_units = pd.DataFrame(preparing.in_units(prepared, centroids), columns=list(prepared.columns),
                            index=pd.RangeIndex(grouping.k, name="group"))
    parameters = {"columns": columns, "method": method, "n_segments": n_segments, "metric": metric, "log": log,
                  "scaling": scaling, "missing": missing, **density, "random_state": random_state}
    return Groups(method, prepared, grouping, choice, grouping.labels, centroids, in_units,
                  _profile(table, prepared, grouping), quality, parameters)


def _by_number(ordered: np.ndarray, order: np.ndarray, *, method: str, metric: str, k: int | None,
               random_state: int) -> tuple[Grouping, Choice | None]:
    """Groups, and the choice of their number where none was given; a tree or an embedding is worked out once for both."""
    if k is not None:
        checking.check_number(k, n_customers=len(ordered), n_different=len(distinct(ordered).counts), metric=metric)
    largest_k = k or LARGEST_K
    cuts = begin(ordered, method=method, metric=metric, largest_k=largest_k, random_state=random_state)
    choice = None
    if k is None:
        choice = choose_from(ordered, cuts, method=method, metric=metric, largest_k=largest_k, random_state=random_state)
        k = choice.recommended_k
    return clustering.numbered_grouping(ordered, order, cuts.cut(k), method=method), choice


def _quality(points: np.ndarray, labels: np.ndarray, grouping: Grouping, *, stability: float, gap_k: int | None,
             random_state: int) -> dict:
    """Points (by cosine: directions) and labels in fixed order."""
    none_share = float((labels < 0).mean())
    clear = silhouette(points, labels, random_state=random_state)
    if grouping.method in checking.FIND_THEIR_NUMBER:
        # Long bent groups are what these methods are for, and a silhouette does not see them
        continuum = grouping.k < 2 or none_share > MOST_IN_NO_GROUP or not stability >= STABLE_FROM
    else:
        usual = silhouette(points, without_tiny(labels), random_state=random_state)
        continuum = is_continuum(silhouette=usual, stability=stability, gap_k=gap_k,
                                 separation=grouping.details.get("separation"))
    return {"silhouette": clear, "calinski_harabasz": calinski_harabasz(points, labels),
            "smallest_share": smallest_share(labels), "stability": stability, "continuum": bool(continuum),
            "none_share": none_share}


def _profile(table: pd.DataFrame, prepared: preparing.Prepared, grouping: Grouping) -> pd.DataFrame:
    """One row a group: how many, and what is typical in the table's own units; what was filled in does not count."""
    labels = grouping.labels
    numbers = [*range(grouping.k), *([-1] if (labels < 0).any() else [])]
    members = [labels == number for number in numbers]
    sizes = [int(own.sum()) for own in members]
    profile = {"group": numbers, "customers": sizes, "share": [size / len(labels) for size in sizes]}
    for name in dict.fromkeys(prepared.sources):
        column = preparing.read_column(table, name).rows(prepared.rows)
        profile[name] = [_typical(column.rows(np.flatnonzero(own))) for own in members]
    return pd.DataFrame(profile)


def _typical(column: preparing.Column) -> float | str | None:
    """The median, or the most frequent word (of equally frequent ones the first in the alphabet); NaN or None unknown."""
    if column.numbers is not None:
        known = column.numbers[~np.isnan(column.numbers)]
        return float(np.median(known)) if len(known) else float("nan")
    known = column.codes[column.codes >= 0]
    return column.words[int(np.bincount(known).argmax())] if len(known) else None
