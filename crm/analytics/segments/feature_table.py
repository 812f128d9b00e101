"""What is known of each customer? One row a customer, one column a feature, to find groups in.

Every feature looks at events up to `as_of` only. The catalogue FEATURES names them; those of the owner's own categories
("share.<category>") and fields ("custom.<name>") come from the data.
"""

import datetime as dt
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from crm.analytics.segments import feature_baskets, feature_profile, feature_rhythm, feature_service
from crm.analytics.segments.feature_catalogue import CUSTOM, FEATURES, SHARE, Feature, frames_for, known
from crm.analytics.segments.features import customer_features
from crm.analytics.segments.preparing_scales import is_lopsided
from crm.errors import InvalidInput

__all__ = ["FEATURES", "Feature", "build", "coverage", "features_of", "frames_for"]

TABLE_UP_TO = 50_000_000  # customer ids up to here are looked up in a table of at most 400 MB, more often of a few


def build(
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    lines: pd.DataFrame | None = None,
    products: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
    numbers: pd.DataFrame | None = None,
    tickets: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
    features: Sequence[str] | None = None,
) -> pd.DataFrame:
    """One row a customer who bought up to `as_of`, sorted by customer_id, with every feature that the given frames allow.

    orders: customer_id, ordered_on, is_purchase, gross_amount, returned_amount, net_amount; the others as in the frames of
    the same names (numbers: customer_id and birth_year, yearly_income, "custom.<name>", and the words that customers have
    too, which are then taken from there). features: only these, in this sequence, and only what they need is computed; a
    category that is asked for need not be among the largest.

    Returns customer_id (int64), then numbers as float64 (NaN: not known) and words as str (NaN: not known). Raises
    InvalidInput for a feature that the given frames do not hold.
    """
    table = customer_features(orders, as_of=as_of)
    ids = table["customer_id"].to_numpy()
    wanted = _Wanted(features)
    columns: dict[str, np.ndarray | pd.Series] = {
        name: table[name].to_numpy(dtype=float) for name in table.columns if name != "customer_id" and wanted.any(name)}
    if wanted.any(*feature_rhythm.RHYTHM, *feature_baskets.RETURNS):
        place = places(ids, orders["customer_id"].to_numpy())
        if wanted.any(*feature_rhythm.RHYTHM):
            columns |= feature_rhythm.rhythm(orders, place, table["recency_days"].to_numpy(dtype=float), as_of=as_of)
        if wanted.any(*feature_baskets.RETURNS):
            columns |= feature_baskets.returned(orders, place, len(ids), as_of=as_of)
    categories = wanted.after(SHARE)
    if lines is not None and (wanted.any(*feature_baskets.SIZES) or categories != ()):
        place = places(ids, lines["customer_id"].to_numpy())
        if wanted.any(*feature_baskets.SIZES):
            columns |= feature_baskets.basket_sizes(lines, place, len(ids), as_of=as_of)
        if products is not None and categories != ():
            columns |= feature_baskets.category_shares(lines, place, len(ids), as_of=as_of, products=products,
                                                       wanted=categories)
    if answers is not None and wanted.any("satisfaction"):
        place = places(ids, answers["customer_id"].to_numpy())
        columns["satisfaction"] = feature_service.satisfaction(answers, place, len(ids), as_of=as_of)
    if tickets is not None and wanted.any(*feature_service.TICKETS):
        place = places(ids, tickets["customer_id"].to_numpy())
        columns |= feature_service.ticket_features(tickets, place, len(ids), as_of=as_of)
    for recorded in (customers, numbers):
        if recorded is not None:
            columns |= feature_profile.profile(recorded, ids, as_of=as_of, is_wanted=wanted.any)
    return pd.DataFrame({"customer_id": ids, **wanted.chosen(columns)})


def features_of(table: pd.DataFrame) -> dict[str, Feature]:
    """The features among the columns of a table of `build`, in the catalogue's order, then shares, then own fields.

    The log scale is advised for own fields where `preparing_scales.is_lopsided` finds them so.
    """
    own = {name: known(name, log=name.startswith(CUSTOM) and is_lopsided(np.sort(table[name].dropna().to_numpy(dtype=float))))
           for name in table.columns if name.startswith((SHARE, CUSTOM))}
    return {**{key: feature for key, feature in FEATURES.items() if key in table},
            **{name: feature for name, feature in own.items() if feature is not None}}


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """How much is known of each feature of a table of `build`? One row a feature.

    feature, group, kind, log, unit as in Feature; known: customers of whom it is known; known_share: of all, 0..1;
    different: how many different values (1: it tells nobody from anybody).
    """
    rows = [{"feature": key, "group": feature.group, "kind": feature.kind, "log": feature.log, "unit": feature.unit,
             "known": int(table[key].notna().sum()), "different": int(table[key].nunique())}
            for key, feature in features_of(table).items()]
    names = ["feature", "group", "kind", "log", "unit", "known", "known_share", "different"]
    found = pd.DataFrame(rows, columns=[name for name in names if name != "known_share"])
    return found.assign(known_share=found["known"] / len(table) if len(table) else np.nan)[names]


def places(customer_ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each of `wanted` stands in `customer_ids` (sorted, different), -1 for those that do not.

    >>> places(np.array([3, 8]), np.array([8, 0, 3, 8])).tolist()
    [1, -1, 0, 1]
    """
    if len(customer_ids) == 0 or customer_ids[0] < 0 or customer_ids[-1] >= TABLE_UP_TO:
        return pd.Index(customer_ids).get_indexer(wanted)
    table = np.full(int(customer_ids[-1]) + 2, -1)  # its last place is for ids beyond
    table[customer_ids] = np.arange(len(customer_ids))
    return table[np.where((wanted >= 0) & (wanted < len(table) - 1), wanted, len(table) - 1)]


class _Wanted:
    """Which features were asked for; all where none was named."""

    def __init__(self, features: Collection[str] | None) -> None:
        self.features = None if features is None else tuple(dict.fromkeys(features))

    def any(self, *keys: str) -> bool:
        return self.features is None or not set(keys).isdisjoint(self.features)

    def after(self, start: str) -> tuple[str, ...] | None:
        """What follows `start` in the names of the features asked for; None: all that there are."""
        if self.features is None:
            return None
        return tuple(name.removeprefix(start) for name in self.features if name.startswith(start))

    def chosen(self, columns: dict) -> dict:
        if self.features is None:
            inside = [key for key in FEATURES if key in columns]
            return {name: columns[name] for name in [*inside, *(name for name in columns if name not in FEATURES)]}
        for name in self.features:
            if name not in columns:
                raise InvalidInput(f"“{name}” is not known of these customers; choose other features.", field="features")
        return {name: columns[name] for name in self.features}
