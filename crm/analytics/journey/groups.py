"""Do the customers of one group take other ways than those of another, and where do more of them drop out?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.journey.events import KINDS, Events
from crm.analytics.journey.paths import Ways, whole
from crm.analytics.journey.shares import FEW, benjamini_hochberg, differ, wilson

MOST_GROUPS = 6  # more cannot be compared by eye
ALPHA = 0.05
AGAIN = "again"  # the test of who buys a second time, beside those of the steps


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of customers beside one another.

    group_name: what they were grouped by. table: group, customers, again_share (0..1 of those whose first order is
    `again_days` ago or longer: bought a second time in these days), again_low, again_high (Wilson, 95 %), again_judged,
    usual_path (tuple of KINDS), usual_end, usual_share (0..1 of the group's customers); the largest group first. dropouts: kind,
    group, judged, no_order, share, low, high, as Journey.dropouts has them, by kind. tests: kind (one of KINDS, or AGAIN),
    p_value, corrected (Benjamini-Hochberg over all of them), different (corrected below .05), highest, lowest (groups of at
    least ten judged customers; only these are tested). too_small: groups with fewer than ten customers; left_out: groups
    beyond the six largest; unknown: customers of no known group.
    """

    group_name: str
    again_days: int
    table: pd.DataFrame
    dropouts: pd.DataFrame
    tests: pd.DataFrame
    too_small: list[str]
    left_out: list[str]
    unknown: int


def compare(events: Events, found: Ways, first: pd.DataFrame, groups: pd.Series, *, group_name: str, steps: int, again_days: int,
            random_state: int = 0) -> Groups | None:
    """Compare by `groups` (index: customer_id; missing: no known group); `first` is silence.first_steps of all. None where
    there are not two groups of ten customers."""
    label = _labels(groups, events.customer_ids)
    sizes = label.value_counts().rename_axis("group").reset_index(name="customers").sort_values(
        ["customers", "group"], ascending=[False, True], ignore_index=True)
    large = sizes[sizes["customers"] >= FEW]
    names = large["group"].tolist()[:MOST_GROUPS]
    if len(names) < 2:
        return None
    place = pd.Index(names).get_indexer(label)
    again = _again(events, place, len(names), again_days)
    shares = _dropouts(first, place, names)
    rows = []
    for number, name in enumerate(names):
        inside = place == number
        usual = whole(events.only(inside), _ways_of(found, inside), steps=steps).iloc[0]
        rows.append((name, int(inside.sum()), usual["path"], usual["end"], float(usual["share"])))
    table = pd.DataFrame(rows, columns=["group", "customers", "usual_path", "usual_end", "usual_share"]).assign(
        **{column: again[column] for column in ("again_share", "again_low", "again_high", "again_judged")})
    tests = [_test(AGAIN, again["again_bought"], again["again_judged"], names, random_state)]
    tests += [_test(kind, part["no_order"].to_numpy(), part["judged"].to_numpy(), names, random_state)
              for kind, part in shares.groupby("kind", sort=False)]
    tested = pd.DataFrame(tests, columns=["kind", "p_value", "highest", "lowest"])
    tested = tested.assign(corrected=benjamini_hochberg(tested["p_value"].to_numpy()))
    return Groups(group_name, again_days, table, shares, tested.assign(different=tested["corrected"] < ALPHA),
                  sizes.loc[sizes["customers"] < FEW, "group"].tolist(), large["group"].tolist()[MOST_GROUPS:],
                  int(label.isna().sum()))


def _labels(groups: pd.Series, customer_ids: np.ndarray) -> pd.Series:
    known = groups[groups.notna()].astype(str)
    known = known[~known.index.duplicated() & (known.str.strip() != "").to_numpy()]
    return known.reindex(customer_ids)


def _again(events: Events, place: np.ndarray, n_groups: int, days: int) -> dict[str, np.ndarray]:
    first, second = events.first_day("first_order"), events.first_day("second_order")
    judged = (place >= 0) & (first + days <= events.as_of_day)
    bought = judged & (second <= first + days)
    of, hits = (np.bincount(place[chosen], minlength=n_groups) for chosen in (judged, bought))
    low, high = wilson(hits, of)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"again_share": hits / np.where(of > 0, of, np.nan), "again_low": low, "again_high": high, "again_judged": of,
                "again_bought": hits}


def _dropouts(first: pd.DataFrame, place: np.ndarray, names: list[str]) -> pd.DataFrame:
    group = place[first["code"].to_numpy()]
    kept = group >= 0
    cell = first["kind"].to_numpy()[kept].astype(np.int64) * len(names) + group[kept]
    cells = len(KINDS) * len(names)
    reached = np.bincount(cell, minlength=cells)
    judged, stopped = (np.bincount(cell[first[name].to_numpy()[kept]], minlength=cells) for name in ("judged", "no_order"))
    low, high = wilson(stopped, judged)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame({"kind": np.repeat(KINDS, len(names)), "group": np.tile(names, len(KINDS)), "judged": judged,
                              "no_order": stopped, "share": stopped / np.where(judged > 0, judged, np.nan), "low": low, "high": high})
    seen = (reached.reshape(-1, len(names)).sum(axis=1) > 0).repeat(len(names))
    return table[seen].reset_index(drop=True)


def _test(kind: str, hits: np.ndarray, of: np.ndarray, names: list[str], random_state: int) -> tuple:
    enough = np.flatnonzero(np.asarray(of) >= FEW)
    p_value = differ(np.asarray(hits)[enough], np.asarray(of)[enough], random_state=random_state)
    if p_value != p_value:
        return kind, p_value, None, None
    share = np.asarray(hits)[enough] / np.asarray(of)[enough]
    return kind, p_value, names[enough[share.argmax()]], names[enough[share.argmin()]]


def _ways_of(found: Ways, inside: np.ndarray) -> Ways:
    place, rows = np.cumsum(inside) - 1, inside[found.code]
    return Ways(place[found.code[rows]], found.kind[rows], found.day[rows], found.position[rows], found.length[inside],
                found.is_silent[inside])
