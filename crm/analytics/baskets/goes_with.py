"""What goes with this product, and what leads to it?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.baskets.false_discovery import SURE, corrected, corrected_pairs
from crm.analytics.baskets.order_size import OrderSizes, beside, size_tail
from crm.analytics.baskets.orders import Baskets
from crm.analytics.baskets.significance import upper_tail
from crm.errors import InvalidInput, NotEnoughData

MIN_COUNT = 5  # orders with both; below, one customer's habit looks like a pattern
MOST_PAIRED = 300  # products that are tried two by two as what leads to another, those that lie beside it most often


def goes_with(baskets: Baskets, product_id: int, *, min_count: int = MIN_COUNT) -> pd.DataFrame:
    """Every other product that lay beside this one in at least `min_count` orders, those above chance first, and first
    among them those that lie there in most orders beyond what is usual.

    product_id, name, recommendable, count (orders with both), of (orders with this product), confidence (count / of),
    usual_share (of all orders that hold the other), lift (confidence / usual_share), p_value (Fisher, one-sided),
    q_value (Benjamini & Hochberg over all other products that lie in so many orders), expected_count (orders with both if
    they were independent among orders of about the same size), size_lift (count / expected_count), size_p_value,
    size_q_value (the same questions beside expected_count; see order_size; the q-value is over all pairs of products, so
    that a pair has one verdict in every list). An empty table where nothing did. Raises
    InvalidInput where no order holds the product, NotEnoughData where fewer than `min_count` orders hold it together
    with anything else.
    """
    column = baskets.column(product_id)
    with_it, sizes = orders_holding(baskets, column, min_count=min_count), OrderSizes(baskets.table)
    of = len(with_it)
    count = np.bincount(baskets.table[with_it].indices, minlength=len(baskets.product_ids))
    in_orders = np.bincount(baskets.table.indices, minlength=len(baskets.product_ids))
    other = np.arange(len(count)) != column
    tried = int((other & (in_orders >= min_count)).sum())
    place = np.flatnonzero(other & (count >= min_count))
    held = sizes.held(baskets.table)
    table = measured(
        count=count[place], left=np.full(len(place), of), right=in_orders[place], orders=baskets.orders, tried=tried,
        expected=sizes.expected(np.array([[column]]), place[:, None], left_held=held[:, [column]], right_held=held[:, place]))
    table["size_q_value"] = corrected_pairs(table["size_p_value"].to_numpy(), count[place], in_orders=in_orders)
    table.insert(0, "product_id", baskets.product_ids[place])
    table.insert(1, "name", baskets.names.to_numpy(dtype=object)[place])
    table.insert(2, "recommendable", baskets.recommendable[place])
    return table.rename(columns={"left_count": "of"}).iloc[ranking(table, place)].reset_index(drop=True)


def leads_to(baskets: Baskets, product_id: int, *, min_count: int = MIN_COUNT, max_length: int = 3) -> pd.DataFrame:
    """Rules with this product on the right: one product (and with `max_length` 3 also two) beside which it lay in at
    least `min_count` orders; sorted as in goes_with.

    antecedents (tuple of product ids, ascending), antecedent_names (tuple), count (orders with all), of (orders with the
    antecedents), confidence (count / of), usual_share (of all orders that hold this product), lift and the other figures
    as in goes_with, q-values of two antecedents over all that were tried: every product, and every two of them, that lie in so many orders;
    redundant (one of two antecedents alone has at least this confidence). Two of the 300 products that lie beside it most
    often only. Raises as goes_with.
    """
    if max_length not in (2, 3):
        raise InvalidInput(f"Rules of {max_length} products; choose 2 or 3.", field="max_length")
    column = baskets.column(product_id)
    with_it, sizes = orders_holding(baskets, column, min_count=min_count), OrderSizes(baskets.table)
    table, products = baskets.table, len(baskets.product_ids)
    count, in_orders = np.bincount(table[with_it].indices, minlength=products), np.bincount(table.indices, minlength=products)
    other = np.arange(products) != column
    held = sizes.held(table)
    one, target = np.flatnonzero(other & (count >= min_count)), np.array([[column]])
    antecedents = np.column_stack([one, np.full(len(one), -1)])
    found = {"count": count[one], "left": in_orders[one], "expected": sizes.expected(one[:, None], target, left_held=held[:, one],
                                                                                   right_held=held[:, [column]])}
    tried, redundant = int((other & (in_orders >= min_count)).sum()), np.zeros(len(one), dtype=bool)
    if max_length == 3 and len(one) > 1:
        most = np.sort(one[np.lexsort((one, -count[one]))[:MOST_PAIRED]])
        narrow = table[:, most]
        everywhere = (narrow.T @ narrow).toarray().astype(np.int64)
        tried += int((np.triu(everywhere, 1) >= min_count).sum())
        inside = narrow[with_it]
        together = (inside.T @ inside).toarray().astype(np.int64)
        a, b = np.nonzero(np.triu(together >= min_count, 1))
        by_class = np.stack([(part.T @ part).toarray()[a, b] for part in sizes.parts(narrow)]) if len(a) else np.zeros((0, 0))
        both, left = together[a, b], everywhere[a, b]
        alone = [(count[most[side]], in_orders[most[side]]) for side in (a, b)]
        redundant = np.append(redundant, np.logical_or(*(single * left >= both * of for single, of in alone)))
        antecedents = np.vstack([antecedents, np.column_stack([most[a], most[b]])])
        more = {"count": both, "left": left,
                "expected": sizes.expected(np.column_stack([most[a], most[b]]), target, left_held=by_class,
                                           right_held=held[:, [column]]) if len(a) else (np.zeros(0), np.zeros(0))}
        found = {name: np.concatenate([found[name], more[name]], axis=-1) for name in found}
    rules = measured(count=found["count"], left=found["left"], right=np.full(len(antecedents), len(with_it)),
                     orders=baskets.orders, tried=tried, expected=found["expected"])
    # A pair has one verdict: the same as in goes_with of either product, and as among all rules.
    pair_q_value = corrected_pairs(rules["size_p_value"].to_numpy(), found["count"], in_orders=in_orders)
    rules["size_q_value"] = np.where(antecedents[:, 1] < 0, pair_q_value, rules["size_q_value"])
    names = baskets.names.to_numpy(dtype=object)
    groups = [[place for place in row if place >= 0] for row in antecedents.tolist()]
    rules.insert(0, "antecedents", pd.Series([tuple(baskets.product_ids[group].tolist()) for group in groups], dtype=object))
    rules.insert(1, "antecedent_names", pd.Series([tuple(names[group]) for group in groups], dtype=object))
    rules["redundant"] = redundant
    order = ranking(rules, antecedents[:, 0] * (products + 1) + antecedents[:, 1])
    return rules.rename(columns={"left_count": "of"}).iloc[order].reset_index(drop=True)


def orders_holding(baskets: Baskets, column: int, *, min_count: int) -> np.ndarray:
    """Rows of the orders that hold the product; NotEnoughData where too few of them hold anything else."""
    if min_count < 1:
        raise InvalidInput(f"At least {min_count} orders; choose 1 or more.", field="min_count")
    row = np.repeat(np.arange(baskets.orders), np.diff(baskets.table.indptr))[baskets.table.indices == column]
    mixed = int((np.diff(baskets.table.indptr)[row] >= 2).sum())
    if mixed < min_count:
        held = f"It lies in {len(row):,} order{'' if len(row) == 1 else 's'}, {mixed:,} of them with anything else"
        raise NotEnoughData(f"{held}; {min_count:,} are needed to tell what goes with it.")
    return row


def measured(*, count: np.ndarray, left: np.ndarray, right: np.ndarray, orders: int, tried: int,
             expected: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    """The measures that both tables share, from numbers of orders; `expected`: their mean and variance."""
    p_value = upper_tail(orders=orders, with_a=left, with_b=right, both=count)
    size_p_value = size_tail(*expected, count)
    return pd.DataFrame({
        "count": count, "left_count": left, "confidence": count / left, "usual_share": right / orders,
        "lift": count * (orders / (left * right)), "p_value": p_value, "q_value": corrected(p_value, tried=tried),
        "expected_count": expected[0], "size_lift": beside(count, expected[0]), "size_p_value": size_p_value,
        "size_q_value": corrected(size_p_value, tried=tried)})


def ranking(table: pd.DataFrame, tie: np.ndarray) -> np.ndarray:
    """Places of the rows: those above chance first, then most orders beyond what is usual."""
    above = (table["size_q_value"] <= SURE) & (table["size_lift"] > 1)
    return np.lexsort((tie, -(table["count"] - table["expected_count"]).to_numpy().round(9), ~above.to_numpy()))
