"""Which two or three products go together so well that they could be a bundle?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.baskets.false_discovery import SURE, corrected, corrected_pairs
from crm.analytics.baskets.order_size import OrderSizes, beside, size_tail
from crm.analytics.baskets.orders import Baskets

MOST_EXTENDED = 500  # pairs from which threes are made, those with most money beyond chance
MOST_LOOKED_AT = 20_000  # pairs and threes whose chance is worked out; the others bring less
MOST_FOUND = 1_000  # groups whose money is worked out, those with most money beyond chance


def find_bundles(baskets: Baskets, price: np.ndarray, *, min_orders: int, max_length: int,
                 only_sure: bool) -> tuple[pd.DataFrame, int]:
    """Groups of products with a price (m,) above 0 that lie together in at least `min_orders` orders.

    group (tuple of columns, ascending), orders_with_all, with_part (dict: orders that hold at least each part of the
    group), lift, size_lift and p_value (of the product that goes least with the others, the last two beside orders of about the same
    size), q_value (a pair's as among the rules); those first that bring most by
    lying together more often than by chance. Also how many groups were tried: all pairs of products that lie in so many
    orders, and each of the best pairs with any third product.
    """
    columns = np.flatnonzero(price > 0)
    price, table = price[columns], baskets.table[:, columns]
    in_orders = np.asarray(table.sum(axis=0)).ravel().astype(np.int64)
    frequent = int((in_orders >= min_orders).sum())
    together = (table.T @ table).tocsr()
    together.sort_indices()
    first = np.repeat(np.arange(len(columns)), np.diff(together.indptr))
    kept = (first < together.indices) & (together.data >= min_orders)
    a, b, both = first[kept], together.indices[kept].astype(np.int64), together.data[kept].astype(np.int64)
    pairs = pd.DataFrame({"a": a, "b": b, "c": -1, "orders_with_all": both,
                          "lift": both * (baskets.orders / (in_orders[a] * in_orders[b]))})
    pairs["beyond"] = beyond(pairs, price)
    pairs = pairs.nlargest(MOST_LOOKED_AT, "beyond", keep="all")
    sizes = OrderSizes(baskets.table)
    held = sizes.held(baskets.table)[:, columns]
    a, b, both = (pairs[name].to_numpy() for name in ("a", "b", "orders_with_all"))
    mean, variance = sizes.expected(columns[a][:, None], columns[b][:, None], left_held=held[:, a], right_held=held[:, b])
    pairs["p_value"], pairs["size_lift"] = size_tail(mean, variance, both), beside(both, mean)
    parts, tried = [pairs], frequent * (frequent - 1) // 2
    if max_length == 3:
        begun = pairs[pairs["beyond"] > 0].nlargest(MOST_EXTENDED, "beyond", keep="all")
        threes = find_threes(baskets, table, begun, price, sizes=sizes, held=held, columns=columns, in_orders=in_orders, together=together, min_orders=min_orders)
        parts.append(threes.assign(beyond=beyond(threes, price)))
        tried += len(begun) * max(frequent - 2, 0)
    found = pd.concat(parts, ignore_index=True)
    # Two products have the verdict that they have among the rules; three, over all that were tried here.
    every_product = np.bincount(baskets.table.indices, minlength=len(baskets.product_ids))
    p_value = found["p_value"].to_numpy()
    found["q_value"] = np.where(
        found["c"] < 0, corrected_pairs(p_value, found["orders_with_all"].to_numpy(), in_orders=every_product),
        corrected(p_value, tried=tried))
    if only_sure:
        found = found[(found["q_value"] <= SURE) & (found["size_lift"] > 1)]
    found = found.sort_values(["beyond", "a", "b", "c"], ascending=[False, True, True, True]).head(MOST_FOUND)
    return labelled(found, columns, in_orders=in_orders, together=together), tried


def beyond(groups: pd.DataFrame, price: np.ndarray) -> pd.Series:
    """The money of one piece of each in the orders beyond those that would hold the group by chance."""
    third = groups["c"].to_numpy()
    each = price[groups["a"]] + price[groups["b"]] + np.where(third >= 0, price[third], 0.0)
    return (groups["orders_with_all"] * (1 - 1 / groups["lift"]) * each).round(6)


def find_threes(baskets: Baskets, table, pairs: pd.DataFrame, price: np.ndarray, *, sizes: OrderSizes, held: np.ndarray,
                columns: np.ndarray, in_orders: np.ndarray, together, min_orders: int) -> pd.DataFrame:
    """Each of the pairs with a third product, a < b < c, as often as asked for: orders_with_all, lift, p_value, size_lift."""
    a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    by_product = table.tocsc()
    with_pair = by_product[:, a].multiply(by_product[:, b]).tocsc()  # orders x pairs: ones where both lie
    of_three = (with_pair.T @ table).tocsr()
    pair = np.repeat(np.arange(len(a)), np.diff(of_three.indptr))
    c, count = of_three.indices.astype(np.int64), of_three.data.astype(np.int64)
    new = (c != a[pair]) & (c != b[pair]) & (count >= min_orders)
    pair, c, count = pair[new], c[new], count[new]
    # A three goes together no better than its pair does with the third; that bounds its money beyond chance from above.
    both = pairs["orders_with_all"].to_numpy()[pair]
    most = (count - both * (in_orders[c] / baskets.orders)) * (price[a[pair]] + price[b[pair]] + price[c])
    best = np.lexsort((c, pair, -most))[:MOST_LOOKED_AT]
    best = best[most[best] > 0]
    pair, c, count = pair[best], c[best], count[best]
    group = np.sort(np.column_stack([a[pair], b[pair], c]), axis=1)
    _, once = np.unique((group[:, 0] * len(in_orders) + group[:, 1]) * len(in_orders) + group[:, 2], return_index=True)
    group, count = group[once], count[once]
    p_value, lift, size_lift = np.zeros(len(group)), np.full(len(group), np.inf), np.full(len(group), np.inf)
    for alone in range(3):
        x, y = (group[:, place] for place in range(3) if place != alone)
        single = in_orders[group[:, alone]]
        both = np.asarray(together[x, y]).ravel().astype(np.int64) if len(group) else count
        by_class = sizes.held(by_product[:, x].multiply(by_product[:, y]).tocsr()) if len(group) else held[:, :0]
        mean, variance = sizes.expected(columns[np.column_stack([x, y])], columns[group[:, [alone]]], left_held=by_class,
                                        right_held=held[:, group[:, alone]])
        p_value = np.maximum(p_value, size_tail(mean, variance, count))
        size_lift = np.minimum(size_lift, beside(count, mean))
        lift = np.minimum(lift, count * (baskets.orders / (both * single)))
    return pd.DataFrame({"a": group[:, 0], "b": group[:, 1], "c": group[:, 2], "orders_with_all": count, "lift": lift,
                         "p_value": p_value, "size_lift": size_lift})


def labelled(found: pd.DataFrame, columns: np.ndarray, *, in_orders: np.ndarray, together) -> pd.DataFrame:
    """The groups in terms of the baskets' columns, with the orders that hold each part of them."""
    groups, with_parts = [], []
    for a, b, c, count in zip(found["a"], found["b"], found["c"], found["orders_with_all"], strict=True):
        places = (a, b) if c < 0 else (a, b, c)
        group = tuple(int(columns[place]) for place in places)
        orders = {(name,): int(in_orders[place]) for name, place in zip(group, places, strict=True)}
        if c >= 0:
            for x, y in ((0, 1), (0, 2), (1, 2)):
                orders[group[x], group[y]] = int(together[places[x], places[y]])
        groups.append(group)
        with_parts.append({**orders, group: int(count)})
    return found.assign(group=pd.Series(groups, index=found.index, dtype=object),
                        with_part=pd.Series(with_parts, index=found.index, dtype=object)).reset_index(drop=True)
