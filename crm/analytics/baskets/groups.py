"""Do products go together differently in different groups of customers, or at different times of the year?

A lift differs between groups for reasons of its own: where a product is rarer or orders are larger, lifts are higher
without the products having to do with each other in another way. So groups are compared by the odds ratio (which does not
depend on how frequent the products are) within orders of about the same size.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.baskets.false_discovery import corrected
from crm.analytics.baskets.group_tables import Tables, clustering, common_odds, differences, tables_of
from crm.analytics.baskets.order_size import size_classes
from crm.analytics.baskets.orders import Baskets
from crm.errors import InvalidInput, NotEnoughData

SEASONS = {"Spring": (3, 4, 5), "Summer": (6, 7, 8), "Autumn": (9, 10, 11), "Winter": (12, 1, 2)}  # north of the equator
MIN_GROUP_ORDERS = 50  # with two products or more; a smaller group tells about a few orders
MIN_EXPECTED = 5.0  # orders with both that a group would have if all were alike; below, the test is not to be trusted
MOST_PAIRS = 1_000  # compared; each one more makes every other less sure
MIN_COUNT = 20  # orders that hold both


@dataclass(frozen=True, eq=False)
class GroupDifferences:
    """How pairs (or rules) hold in each group of orders.

    table, the surest difference first: left_ids, right_ids (tuples of product ids), left_names, right_names (tuples),
    count (orders with both sides, in all compared groups), lift (likewise), groups_tested, statistic (chi-squared with
    groups_tested - 1 degrees of freedom; NaN where fewer than two groups have enough orders), p_value, q_value (Benjamini
    & Hochberg over all rows), most and least (labels of the tested groups in which both sides lie together most and least
    often beside what was to be expected if all groups were alike; None where untested).
    cells, one row a row of the table and group: row (the table's index), label, orders, with_left, with_right, together,
    share (together / orders), confidence (together / with_left), lift, expected_alike (orders with both if all groups were
    alike), times_alike (together / expected_alike), is_tested (expected_alike is at least 5). NaN where nothing can be
    divided.
    labels: those compared, in their order; orders: label -> number; left_out: label -> orders of those with fewer than 50
    orders of two products or more; without: orders that belong to no group.
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    labels: list
    orders: dict
    left_out: dict
    without: int


def by_group(baskets: Baskets, groups: Mapping[Hashable, np.ndarray], *, rules: pd.DataFrame | None = None,
             min_count: int = MIN_COUNT, most: int = MOST_PAIRS, random_state: int = 0) -> GroupDifferences:
    """Groups of customers, label -> their ids; see by_label. Orders of customers in no group are left out. Raises
    InvalidInput where a customer belongs to two groups."""
    labels = list(groups)
    label_of = np.full(baskets.orders, -1)
    for place, label in enumerate(labels):
        own = np.isin(baskets.customer_ids, np.asarray(groups[label])) & (baskets.customer_ids > 0)
        if (label_of[own] >= 0).any():
            both = len(np.unique(baskets.customer_ids[own & (label_of >= 0)]))
            raise InvalidInput(f"{both:,} customer{'' if both == 1 else 's'} of the group “{label}” also belong to another "
                               "group; a customer can belong to one only.", field="groups")
        label_of[own] = place
    return compared(baskets, label_of, labels, rules=rules, min_count=min_count, most=most)


def by_season(baskets: Baskets, *, seasons: Mapping[Hashable, Sequence[int]] = SEASONS, rules: pd.DataFrame | None = None,
              min_count: int = MIN_COUNT, most: int = MOST_PAIRS, random_state: int = 0) -> GroupDifferences:
    """Seasons, label -> months (1 to 12); see by_label. Raises InvalidInput where a month is named twice or is none, or
    the orders have no days."""
    months = [month for named in seasons.values() for month in named]
    if len(months) != len(set(months)) or not set(months) <= set(range(1, 13)):
        raise InvalidInput("Each month, a number from 1 to 12, can belong to one season only.", field="seasons")
    if np.isnat(baskets.day).all():
        raise InvalidInput("These orders have no days, so there are no seasons to compare.", field="seasons")
    season_of = np.full(13, -1)
    for place, named in enumerate(seasons.values()):
        season_of[list(named)] = place
    dated = ~np.isnat(baskets.day)
    month = np.zeros(baskets.orders, dtype=np.int64)
    month[dated] = baskets.day[dated].astype("datetime64[M]").astype(np.int64) % 12 + 1
    return compared(baskets, season_of[month], list(seasons), rules=rules, min_count=min_count, most=most)


def by_label(baskets: Baskets, labels: pd.Series | np.ndarray, *, rules: pd.DataFrame | None = None,
             min_count: int = MIN_COUNT, most: int = MOST_PAIRS, random_state: int = 0) -> GroupDifferences:
    """Any label an order (None or NaN: none), in the order of `baskets.order_ids`.

    `rules`: a table with antecedents and consequents (tuples of product ids, as in BasketRules.rules); without one, the
    `most` pairs with at least `min_count` orders that lie together in most orders beyond chance, whatever the groups.

    The test of Breslow & Day (1980) that the odds ratio is the same in all groups, with the correction of Tarone (1985),
    over strata of order size; its variance is widened where the same customers buy the pair again and again (robust by
    customer), so that one faithful customer is no season. Raises NotEnoughData unless two groups have 50 orders of two
    products or more. Nothing is drawn at random; `random_state` is accepted because every analysis takes it.
    """
    if len(labels) != baskets.orders:
        raise InvalidInput(f"There are {len(labels):,} labels for {baskets.orders:,} orders; each needs one.", field="labels")
    label_of, known = pd.factorize(pd.Series(np.asarray(labels)), sort=True)
    return compared(baskets, label_of, list(known), rules=rules, min_count=min_count, most=most)


def compared(baskets: Baskets, label_of: np.ndarray, labels: list, *, rules: pd.DataFrame | None, min_count: int,
             most: int) -> GroupDifferences:
    """by_label with labels as places in a list, -1 none."""
    mixed = np.bincount(label_of[(label_of >= 0) & (np.diff(baskets.table.indptr) >= 2)], minlength=len(labels))
    orders = np.bincount(label_of[label_of >= 0], minlength=len(labels))
    enough = mixed >= MIN_GROUP_ORDERS
    if enough.sum() < 2:
        raise NotEnoughData(
            f"To compare groups, two of them need {MIN_GROUP_ORDERS} orders with two products or more each; of "
            f"{len(labels)} group{'' if len(labels) == 1 else 's'} {int(enough.sum())} "
            f"{'has' if enough.sum() == 1 else 'have'} so many.")
    place = np.append(np.where(enough, np.cumsum(enough) - 1, -1), -1)[label_of]
    kept = [label for label, is_enough in zip(labels, enough, strict=True) if is_enough]
    chosen = np.flatnonzero(place >= 0)
    table, group = baskets.table[chosen], place[chosen]
    left, right = (sides(table, min_count=min_count, most=most) if rules is None
                   else (columns_of(baskets, rules["antecedents"]), columns_of(baskets, rules["consequents"])))
    # Orders of unknown customers are each somebody's own.
    customers = baskets.customer_ids[chosen]
    clusters = np.where(customers > 0, customers, -1 - np.arange(len(chosen)))
    found = tables_of(table, left, right, group=group, groups=len(kept), size=size_classes(np.diff(table.indptr)))
    odds = common_odds(found)
    spread = clustering(found, odds, clusters)
    tested = differences(found, odds, spread, min_expected=MIN_EXPECTED)
    return result(baskets, left, right, found, tested, labels=kept, orders=orders[enough],
                  left_out={label: int(n) for label, n, is_enough in zip(labels, orders, enough, strict=True) if not is_enough},
                  without=int((label_of < 0).sum()))


def sides(table, *, min_count: int, most: int) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The pairs of columns that lie together in most orders beyond chance; the groups play no part in the choice."""
    together = (table.T @ table).tocsr()
    together.sort_indices()
    first = np.repeat(np.arange(table.shape[1]), np.diff(together.indptr))
    kept = np.flatnonzero((first < together.indices) & (together.data >= min_count))
    a, b, count = first[kept], together.indices[kept].astype(np.int64), together.data[kept].astype(float)
    held = np.bincount(table.indices, minlength=table.shape[1])
    beyond = count - held[a] * (held[b] / table.shape[0])
    best = np.lexsort((b, a, -beyond.round(9)))[:most]
    best = best[beyond[best] > 0]
    return [(int(column),) for column in a[best]], [(int(column),) for column in b[best]]


def columns_of(baskets: Baskets, products: pd.Series) -> list[tuple[int, ...]]:
    """Tuples of product ids as tuples of columns."""
    return [tuple(baskets.column(product) for product in group) for group in products]


def result(baskets: Baskets, left: list, right: list, found: Tables, tested: dict, *, labels: list, orders: np.ndarray,
           left_out: dict, without: int) -> GroupDifferences:
    """Both tables, the surest difference first."""
    names, ids = baskets.names.to_numpy(dtype=object), baskets.product_ids
    together, with_left, with_right = (found.by_group(cells) for cells in (found.both, found.left, found.right))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = together * orders[:, None] / (with_left * with_right)
        over_all = together.sum(axis=0) * orders.sum() / (with_left.sum(axis=0) * with_right.sum(axis=0))
        times = together / tested["expected"]
        cells = {"with_left": with_left, "with_right": with_right, "together": together,
                 "share": together / orders[:, None], "confidence": together / with_left, "lift": lift,
                 "expected_alike": tested["expected"], "times_alike": times, "is_tested": tested["is_tested"]}
    ranked = np.where(tested["is_tested"], times, np.nan)
    has = (tested["is_tested"].sum(axis=0) >= 2) & np.isfinite(tested["statistic"])
    most = [labels[row] if good else None for row, good in zip(np.where(np.isnan(ranked), -np.inf, ranked).argmax(axis=0), has, strict=True)]
    least = [labels[row] if good else None for row, good in zip(np.where(np.isnan(ranked), np.inf, ranked).argmin(axis=0), has, strict=True)]
    table = pd.DataFrame({
        **{f"{side}_{what}": pd.Series([tuple(values[list(group)].tolist()) for group in groups], dtype=object)
           for what, values in (("ids", ids), ("names", names)) for side, groups in (("left", left), ("right", right))},
        "count": together.sum(axis=0), "lift": over_all, "groups_tested": tested["is_tested"].sum(axis=0),
        "statistic": tested["statistic"], "p_value": tested["p_value"],
        "q_value": corrected(tested["p_value"], tried=int(np.isfinite(tested["p_value"]).sum())),
        "most": pd.Series(most, dtype=object), "least": pd.Series(least, dtype=object)})
    order = np.lexsort((np.arange(len(table)), -table["count"], table["p_value"].fillna(2.0)))
    long = pd.DataFrame({"row": np.repeat(np.arange(len(table)), len(labels)), "label": labels * len(table),
                         "orders": np.tile(orders, len(table)),
                         **{name: values[:, order].T.ravel() for name, values in cells.items()}})
    return GroupDifferences(
        table=table.iloc[order].reset_index(drop=True), cells=long, labels=labels,
        orders=dict(zip(labels, orders.tolist(), strict=True)), left_out=left_out, without=without)
