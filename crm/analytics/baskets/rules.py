"""Basket rules: who buys this, what else lies in the same order, and is it more than chance?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from crm.analytics.baskets.itemsets import Level, frequent
from crm.analytics.baskets.orders import read_baskets
from crm.analytics.baskets.significance import upper_tail
from crm.errors import InvalidInput

LONGEST = 5  # products in a group; longer ones repeat what their parts say
MAX_RULES = 100_000  # shown; the table would no longer be read but only carried about


@dataclass(frozen=True, eq=False)
class BasketRules:
    """What lies together in `baskets` orders (`mixed_baskets` of them with two products or more).

    rules, strongest lift first: antecedents (tuple of product ids, ascending), consequents (tuple of one
    product id), antecedent_names (tuple), consequent_name, antecedent_count, consequent_count, count (orders
    with all of them), support (count / baskets), confidence (count / antecedent_count), lift (1 =
    independent), leverage (support above independence), conviction (1 = independent, inf = never broken;
    Brin et al. 1997), p_value (one-sided, Fisher), q_value (the same after Benjamini & Hochberg 1995 over
    all `rules_tried`, those below the confidence included). pairs, strongest lift first: product_id_a,
    product_id_b, name_a, name_b, count, support, lift, p_value. itemsets: items (tuple of ids), length,
    count, support.
    """

    rules: pd.DataFrame
    pairs: pd.DataFrame
    itemsets: pd.DataFrame
    baskets: int
    mixed_baskets: int
    products: int
    min_count: int
    min_confidence: float
    max_length: int
    rules_tried: int
    as_of: dt.date


def rules(
    order_lines: pd.DataFrame,
    products: pd.DataFrame,
    *,
    as_of: dt.date,
    min_support: float = 0.01,
    min_confidence: float = 0.3,
    max_length: int = 3,
    random_state: int = 0,
) -> BasketRules:
    """All rules "with A also c" that reach both thresholds; a rule exactly on a threshold stays.

    `min_support`: a float is a share of all orders (0 to 1), an int a number of orders. `max_length`:
    products in A and c together, 2 to 5. Nothing is drawn at random; `random_state` is accepted because
    every analysis takes it. Raises NotEnoughData below 10 orders with two products, InvalidInput for
    impossible thresholds or where so low a support makes the answer explode.
    """
    baskets = read_baskets(order_lines, products, as_of=as_of)
    orders = baskets.table.shape[0]
    min_count = count_threshold(min_support, orders=orders)
    confidence = exact_share(min_confidence, name="confidence", field="min_confidence")
    if not 2 <= max_length <= LONGEST:
        raise InvalidInput(f"Groups of {max_length} products; choose 2 to {LONGEST}.", field="max_length")
    levels = frequent(baskets.table, min_count=min_count, max_length=max_length)
    tried = candidate_rules(levels, orders=orders, catalogue=len(baskets.product_ids))
    # Whole numbers on both sides: a ratio of floats would drop rules that lie exactly on the threshold.
    kept = tried["count"] * confidence.denominator >= tried["antecedent_count"] * confidence.numerator
    names = (
        products.drop_duplicates("product_id").set_index("product_id")["name"].reindex(baskets.product_ids)
    )
    return BasketRules(
        rules=rule_table(tried[kept], baskets.product_ids, names.to_numpy(dtype=object), orders=orders),
        pairs=pair_table(tried, baskets.product_ids, names.to_numpy(dtype=object), orders=orders),
        itemsets=itemset_table(levels, baskets.product_ids, orders=orders),
        baskets=orders,
        mixed_baskets=baskets.mixed,
        products=len(baskets.product_ids),
        min_count=min_count,
        min_confidence=float(min_confidence),
        max_length=max_length,
        rules_tried=len(tried),
        as_of=as_of,
    )


def exact_share(share: float, *, name: str, field: str) -> Fraction:
    """The share as people write it: 0.3 is 3/10, not the float next to it."""
    if not 0 < share <= 1:
        raise InvalidInput(f"The {name} is {share:g}; it lies above 0 and is at most 1.", field=field)
    return Fraction(repr(float(share))).limit_denominator(1_000_000)


def count_threshold(min_support: float, *, orders: int) -> int:
    """Orders that a group needs: the int itself, or the share of `orders` rounded up exactly.

    >>> count_threshold(0.3, orders=10), count_threshold(3, orders=10), count_threshold(0.31, orders=10)
    (3, 3, 4)
    """
    if isinstance(min_support, (int, np.integer)):
        if min_support < 1:
            raise InvalidInput(
                f"A support of {min_support} orders; at least 1 is needed.", field="min_support"
            )
        return int(min_support)
    share = exact_share(min_support, name="support", field="min_support")
    return max(1, -((-share.numerator * orders) // share.denominator))


def candidate_rules(levels: list[Level], *, orders: int, catalogue: int) -> pd.DataFrame:
    """Every rule that the frequent groups allow, one product on the right: columns in numbers, still unnamed.

    `antecedent` holds tuples of columns; counts are of orders; p_value and q_value are over exactly these
    rules.
    """
    singles = np.zeros(catalogue, dtype=np.int64)
    if levels:
        singles[levels[0][0][:, 0]] = levels[0][1]
    parts = []
    for length in range(2, len(levels) + 1):
        groups, counts = levels[length - 1]
        shorter, shorter_counts = levels[length - 2]
        known = keys(shorter, catalogue)
        for place in range(length):
            left = np.delete(groups, place, axis=1)
            found = np.searchsorted(known, keys(left, catalogue))
            parts.append((left, groups[:, place], shorter_counts[found], counts))
    tried = pd.DataFrame(
        {
            "antecedent": [tuple(row) for left, *_ in parts for row in left.tolist()],
            "consequent": np.concatenate([part[1] for part in parts] or [np.zeros(0, dtype=np.int64)]),
            "antecedent_count": np.concatenate([part[2] for part in parts] or [np.zeros(0, dtype=np.int64)]),
            "count": np.concatenate([part[3] for part in parts] or [np.zeros(0, dtype=np.int64)]),
        }
    )
    tried["consequent_count"] = singles[tried["consequent"].to_numpy()]
    return with_chance(tried, orders=orders)


def keys(groups: np.ndarray, catalogue: int) -> np.ndarray:
    """One whole number a group, in the groups' own order (exact below 2 ** 63)."""
    key = np.zeros(len(groups), dtype=np.int64)
    for column in groups.T:
        key = key * catalogue + column
    return key


def with_chance(tried: pd.DataFrame, *, orders: int) -> pd.DataFrame:
    """Add p_value and q_value."""
    from scipy.stats import false_discovery_control

    p_value = upper_tail(
        orders=orders,
        with_a=tried["antecedent_count"].to_numpy(),
        with_b=tried["consequent_count"].to_numpy(),
        both=tried["count"].to_numpy(),
    )
    q_value = false_discovery_control(p_value) if len(p_value) else p_value
    return tried.assign(p_value=p_value, q_value=q_value)


def lift_of(table: pd.DataFrame, *, orders: int) -> pd.Series:
    """How many times as often as if the two sides were independent."""
    return table["count"] * orders / (table["antecedent_count"] * table["consequent_count"])


def rule_table(kept: pd.DataFrame, ids: np.ndarray, names: np.ndarray, *, orders: int) -> pd.DataFrame:
    """The columns of BasketRules.rules."""
    if len(kept) > MAX_RULES:
        raise InvalidInput(
            f"{len(kept):,} rules reach both thresholds; choose a higher support or confidence "
            f"(at most {MAX_RULES:,} are shown).",
            field="min_confidence",
        )
    lift = lift_of(kept, orders=orders)
    kept = kept.assign(lift=lift).sort_values(
        ["lift", "count", "antecedent", "consequent"], ascending=[False, False, True, True]
    )
    confidence = kept["count"] / kept["antecedent_count"]
    share = kept["consequent_count"] / orders
    broken = (kept["antecedent_count"] - kept["count"]) / kept["antecedent_count"]
    right = kept["consequent"].to_numpy()
    return pd.DataFrame(
        {
            "antecedents": [tuple(ids[list(group)].tolist()) for group in kept["antecedent"]],
            "consequents": [(product,) for product in ids[right].tolist()],
            "antecedent_names": [tuple(names[list(group)]) for group in kept["antecedent"]],
            "consequent_name": names[right],
            "antecedent_count": kept["antecedent_count"].to_numpy(),
            "consequent_count": kept["consequent_count"].to_numpy(),
            "count": kept["count"].to_numpy(),
            "support": (kept["count"] / orders).to_numpy(),
            "confidence": confidence.to_numpy(),
            "lift": kept["lift"].to_numpy(),
            "leverage": (kept["count"] / orders - kept["antecedent_count"] / orders * share).to_numpy(),
            "conviction": np.divide(
                (1 - share).to_numpy(),
                broken.to_numpy(),
                out=np.full(len(kept), np.inf),
                where=broken.to_numpy() > 0,
            ),
            "p_value": kept["p_value"].to_numpy(),
            "q_value": kept["q_value"].to_numpy(),
        }
    )


def pair_table(tried: pd.DataFrame, ids: np.ndarray, names: np.ndarray, *, orders: int) -> pd.DataFrame:
    """The columns of BasketRules.pairs: each frequent pair once, whatever its confidence."""
    left = tried["antecedent"].map(lambda group: group[0] if len(group) == 1 else -1).to_numpy(dtype=np.int64)
    right = tried["consequent"].to_numpy()
    once = (left >= 0) & (left < right)
    pair = tried[once].assign(a=left[once], b=right[once], lift=lift_of(tried[once], orders=orders))
    pair = pair.sort_values(["lift", "count", "a", "b"], ascending=[False, False, True, True])
    return pd.DataFrame(
        {
            "product_id_a": ids[pair["a"].to_numpy()],
            "product_id_b": ids[pair["b"].to_numpy()],
            "name_a": names[pair["a"].to_numpy()],
            "name_b": names[pair["b"].to_numpy()],
            "count": pair["count"].to_numpy(),
            "support": pair["count"].to_numpy() / orders,
            "lift": pair["lift"].to_numpy(),
            "p_value": pair["p_value"].to_numpy(),
        }
    )


def itemset_table(levels: list[Level], ids: np.ndarray, *, orders: int) -> pd.DataFrame:
    """The columns of BasketRules.itemsets, shortest first, then by product ids."""
    count = np.concatenate([counts for _, counts in levels])
    return pd.DataFrame(
        {
            "items": [tuple(row) for groups, _ in levels for row in ids[groups].tolist()],
            "length": np.concatenate([np.full(len(counts), groups.shape[1]) for groups, counts in levels]),
            "count": count,
            "support": count / orders,
        }
    )
