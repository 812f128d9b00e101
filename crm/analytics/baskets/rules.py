"""Basket rules: who buys this, what else lies in the same order, and is it more than chance?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from crm.analytics.baskets.false_discovery import corrected, corrected_pairs
from crm.analytics.baskets.itemsets import Itemsets, exact_share, frequent
from crm.analytics.baskets.order_size import Sizes, beside, size_tail, usual_lift
from crm.analytics.baskets.orders import Baskets, read_baskets
from crm.analytics.baskets.redundancy import redundant
from crm.analytics.baskets.significance import upper_tail
from crm.errors import InvalidInput

MAX_RULES = 100_000  # shown; the table would no longer be read but only carried about
MAX_TRIED = 2_000_000  # held while they are judged: 500 MB
COLUMNS = ("antecedents", "consequents", "antecedent_names", "consequent_names", "consequent_name", "antecedent_count",
           "consequent_count", "count", "support", "confidence", "lift", "leverage", "conviction", "zhang", "p_value",
           "q_value", "expected_count", "size_lift", "size_p_value", "size_q_value", "redundant")


@dataclass(frozen=True, eq=False)
class BasketRules:
    """What lies together in `baskets` orders (`mixed_baskets` of them with two products or more).

    rules, strongest lift first: antecedents and consequents (tuples of product ids, ascending), antecedent_names and
    consequent_names (tuples), consequent_name (one text), antecedent_count, consequent_count, count (orders with all of
    them), support (count / baskets), confidence (count / antecedent_count), lift (1 = independent), leverage (support
    above independence), conviction (1 = independent, inf = never broken; Brin et al. 1997), zhang (-1 never together, 0
    independent, 1 always; Zhang 2000), p_value (one-sided, Fisher), q_value (Benjamini & Hochberg 1995 over all
    `rules_judged`), expected_count (orders with all of them if both sides were independent among orders of about the same
    size), size_lift (count / expected_count), size_p_value and size_q_value (the same two questions beside expected_count;
    see order_size; of one product with one, the q-value is over all pairs of products: see corrected_pairs), redundant (a rule with a part of the antecedents has at least its confidence).

    pairs, strongest lift first: product_id_a, product_id_b, name_a, name_b, count, support, lift, p_value, size_lift,
    size_p_value, size_q_value. itemsets: items (tuple of ids), length, count, support.

    rules_tried: rules that the frequent groups allow, those below the confidence included. rules_judged: all that could
    have been found, that is every two sides that are frequent each for itself: those that are not frequent together were
    looked at as well, and to correct for the others only would call most chance findings sure. usual_lift: what any two
    products have only because some orders are large; where it is far above 1, size_lift and size_q_value tell more.
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
    as_of: dt.date | None
    rules_judged: int = 0
    max_consequents: int = 1
    method: str = "eclat"
    usual_lift: float = float("nan")


@dataclass(frozen=True, eq=False)
class Tried:
    """Rules of one shape: left (n, a) and right (n, c) columns, ascending in each row, and numbers of orders (n,)."""

    left: np.ndarray
    right: np.ndarray
    left_count: np.ndarray
    right_count: np.ndarray
    count: np.ndarray
    p_value: np.ndarray
    expected: np.ndarray
    size_p_value: np.ndarray

    @property
    def is_pair(self) -> bool:
        """Whether these are rules of one product on each side."""
        return self.left.shape[1] == self.right.shape[1] == 1


def rules(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None,
          customer_ids: np.ndarray | None = None, months: Sequence[int] | None = None, min_support: float = 0.01,
          min_confidence: float = 0.3, max_length: int = 3, max_consequents: int = 1, method: str = "eclat",
          random_state: int = 0) -> BasketRules:
    """The rules of these orders; see read_baskets for which orders count and rules_of for the rest.

    Nothing is drawn at random; `random_state` is accepted because every analysis takes it.
    """
    baskets = read_baskets(order_lines, products, as_of=as_of, since=since, customer_ids=customer_ids, months=months)
    return rules_of(baskets, min_support=min_support, min_confidence=min_confidence, max_length=max_length,
                    max_consequents=max_consequents, method=method, as_of=as_of)


def rules_of(baskets: Baskets, *, min_support: float = 0.01, min_confidence: float = 0.3, max_length: int = 3,
             max_consequents: int = 1, method: str = "eclat", as_of: dt.date | None = None,
             progress: Callable[[float, str], None] | None = None,
             cancelled: Callable[[], bool] | None = None) -> BasketRules:
    """All rules "with A also C" that reach both thresholds; a rule exactly on a threshold stays.

    `min_support`: a float is a share of all orders (0 to 1), an int a number of orders. `max_length`: products in A and C
    together, 2 to 5; `max_consequents`: products in C, 1 to max_length - 1. Methods (eclat, apriori, fpgrowth) find the
    same. Raises InvalidInput for impossible choices, TooManyGroups (with a support that works) where so low a support makes
    the answer explode.
    """
    confidence = exact_share(min_confidence, name="confidence", field="min_confidence")
    if max_length < 2:
        raise InvalidInput(f"Groups of {max_length} products; a rule needs at least 2.", field="max_length")
    if not 1 <= max_consequents < max_length:
        raise InvalidInput(f"{max_consequents} products on the right of a rule; choose 1 to {max_length - 1}.",
                           field="max_consequents")
    found = frequent(baskets, min_support=min_support, max_length=max_length, method=method, progress=progress,
                     cancelled=cancelled)
    sizes = Sizes(baskets.table, found, longest=max(max_length - 1, max_consequents))
    tried = [with_chance(found, sizes, left, right, count) for left, right, count in sides(found, max_consequents)]
    n_tried, n_judged = sum(len(part.count) for part in tried), judged(found, max_consequents)
    q_value = corrected_together([part.p_value for part in tried], tried=n_judged)
    size_q_value = corrected_together([part.size_p_value for part in tried], tried=n_judged)
    in_orders = np.bincount(baskets.table.indices, minlength=len(baskets.product_ids))
    # A pair of products has one verdict, in both directions and in every list.
    size_q_value = [corrected_pairs(part.size_p_value, part.count, in_orders=in_orders) if part.is_pair else q_value
                    for part, q_value in zip(tried, size_q_value, strict=True)]
    names = baskets.names.to_numpy(dtype=object)
    return BasketRules(
        rules=rule_table(found, tried, q_value, size_q_value, names, confidence=confidence),
        pairs=pair_table(found, tried, size_q_value, names),
        itemsets=found.table(),
        baskets=baskets.orders,
        mixed_baskets=baskets.mixed,
        products=len(baskets.product_ids),
        min_count=found.min_count,
        min_confidence=float(min_confidence),
        max_length=max_length,
        rules_tried=n_tried,
        as_of=as_of,
        rules_judged=n_judged,
        max_consequents=max_consequents,
        method=method,
        usual_lift=usual_lift(np.diff(baskets.table.indptr)),
    )


def corrected_together(parts: list[np.ndarray], *, tried: int) -> list[np.ndarray]:
    """The q-values of p-values that come in parts, in the same parts."""
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return np.split(corrected(np.concatenate([np.zeros(0), *parts]), tried=tried), ends)[: len(parts)]


def sides(found: Itemsets, max_consequents: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Every way to split every frequent group into left and right: columns of both, and orders with the group."""
    n_tried = sum(len(counts) * sum(comb(groups.shape[1], right) for right in right_sizes(groups.shape[1], max_consequents))
                  for groups, counts in found.levels)
    if n_tried > MAX_TRIED:
        raise InvalidInput(f"The {len(found):,} groups of products give {n_tried:,} rules to try; choose a higher support or "
                           f"fewer products on the right (at most {MAX_TRIED:,} are tried).", field="max_consequents")
    for groups, counts in found.levels:
        length = groups.shape[1]
        for size in right_sizes(length, max_consequents):
            for right in combinations(range(length), size):
                left = [place for place in range(length) if place not in right]
                yield groups[:, left], groups[:, list(right)], counts


def right_sizes(length: int, max_consequents: int) -> range:
    """How many products of a group of this length may stand on the right."""
    return range(1, min(max_consequents, length - 1) + 1)


def judged(found: Itemsets, max_consequents: int) -> int:
    """Rules that could have been found: two frequent sides without a product in common, not too long together.

    Exact for one product on the right; for more, sides with a product in common are counted too (a little too strict).
    """
    frequent_of = [len(counts) for _, counts in found.levels]
    total = 0
    for left, n_left in enumerate(frequent_of, start=1):
        for right, n_right in enumerate(frequent_of[:max_consequents], start=1):
            if left + right <= found.max_length:
                total += n_left * (n_right - left if right == 1 else n_right)
    return total


def with_chance(found: Itemsets, sizes: Sizes, left: np.ndarray, right: np.ndarray, count: np.ndarray) -> Tried:
    """The counts of both sides, and the chance of so many orders with both: at all, and in orders of their size."""
    left_count, right_count = found.counts(left), found.counts(right)
    expected, variance = sizes.expected(left, right)
    return Tried(left, right, left_count, right_count, count,
                 p_value=upper_tail(orders=found.orders, with_a=left_count, with_b=right_count, both=count),
                 expected=expected, size_p_value=size_tail(expected, variance, count))


def rule_table(found: Itemsets, tried: list[Tried], q_values: list[np.ndarray], size_q_values: list[np.ndarray],
               names: np.ndarray, *, confidence: Fraction) -> pd.DataFrame:
    """The columns of BasketRules.rules."""
    # Whole numbers on both sides: a ratio of floats would drop rules that lie exactly on the threshold.
    kept = [np.flatnonzero(part.count * confidence.denominator >= part.left_count * confidence.numerator)
            for part in tried]
    if sum(map(len, kept)) > MAX_RULES:
        raise too_many_rules(tried, kept)
    tables = [table_of_shape(found, part, chosen, names).assign(
                  q_value=q_value[chosen], size_q_value=size_q_value[chosen],
                  redundant=redundant(found, part.left[chosen], part.right[chosen], left_count=part.left_count[chosen],
                                      count=part.count[chosen]))
              for part, chosen, q_value, size_q_value in zip(tried, kept, q_values, size_q_values, strict=True)]
    if not tables:
        tables = [table_of_shape(found, none(), np.zeros(0, dtype=np.int64), names).assign(
                      q_value=0.0, size_q_value=0.0, redundant=False)]
    table = pd.concat(tables)[list(COLUMNS)]
    order = sorted(range(len(table)), key=list(zip(-table["lift"], -table["count"], table["antecedents"],
                                                   table["consequents"], strict=True)).__getitem__)
    return table.iloc[order].reset_index(drop=True)


def none() -> Tried:
    """No rule at all."""
    nothing = np.zeros(0, dtype=np.int64)
    return Tried(nothing[:, None], nothing[:, None], nothing, nothing, nothing, np.zeros(0), np.zeros(0), np.zeros(0))


def too_many_rules(tried: list[Tried], kept: list[np.ndarray]) -> InvalidInput:
    """Name the lowest whole percent of confidence that works, where there is one."""
    reached = sum(map(len, kept))
    confidence = np.sort(np.concatenate([part.count / part.left_count for part in tried]))[::-1]
    percent = int(np.floor(confidence[MAX_RULES] * 100)) + 1
    instead = (f"choose a confidence of {percent} % or more" if percent <= 100 else "choose a higher support")
    return InvalidInput(f"{reached:,} rules reach both thresholds; {instead} (at most {MAX_RULES:,} are shown).",
                        field="min_confidence" if percent <= 100 else "min_support")


def table_of_shape(found: Itemsets, part: Tried, chosen: np.ndarray, names: np.ndarray) -> pd.DataFrame:
    """The rows of BasketRules.rules for the chosen rules of one shape, but for what only all rules together tell."""
    left, right = part.left[chosen], part.right[chosen]
    a, c, both = part.left_count[chosen], part.right_count[chosen], part.count[chosen]
    orders, ids = found.orders, found.product_ids
    broken = a - both
    conviction = np.divide((1 - c / orders) * a, broken, out=np.full(len(a), np.inf), where=broken > 0)
    right_names = list(map(tuple, names[right]))
    return pd.DataFrame({
        "antecedents": objects(map(tuple, ids[left].tolist())),
        "consequents": objects(map(tuple, ids[right].tolist())),
        "antecedent_names": objects(map(tuple, names[left])),
        "consequent_names": objects(right_names),
        "consequent_name": objects(words[0] if len(words) == 1 else " + ".join(map(str, words)) for words in right_names),
        "antecedent_count": a,
        "consequent_count": c,
        "count": both,
        "support": both / orders,
        "confidence": both / a,
        "lift": lift(a, c, both, orders=orders),
        "leverage": both / orders - a / orders * (c / orders),
        "conviction": conviction,
        "zhang": zhang(a, c, both, orders=orders),
        "p_value": part.p_value[chosen],
        "expected_count": part.expected[chosen],
        "size_lift": beside(both, part.expected[chosen]),
        "size_p_value": part.size_p_value[chosen],
    })


def objects(rows) -> np.ndarray:
    """A column of any objects, tuples too: numpy would make a table of those."""
    rows = list(rows)
    column = np.empty(len(rows), dtype=object)
    column[:] = rows
    return column


def lift(a: np.ndarray, c: np.ndarray, both: np.ndarray, *, orders: int) -> np.ndarray:
    """How many times as often as if the two sides were independent."""
    return both * orders / (a * c)


def zhang(a: np.ndarray, c: np.ndarray, both: np.ndarray, *, orders: int) -> np.ndarray:
    """Zhang's metric, -1 to 1: leverage as a share of the most or least that the rarer case allows (Zhang 2000).

    >>> float(zhang(np.array([3]), np.array([3]), np.array([3]), orders=10)[0])
    1.0
    """
    above = both * orders - a * c
    room = np.maximum(both * (orders - a), a * (c - both))
    # No room: the left side lies in every order, and so is independent of everything.
    return np.divide(above, room, out=np.zeros(len(a)), where=room > 0)


def pair_table(found: Itemsets, tried: list[Tried], size_q_values: list[np.ndarray], names: np.ndarray) -> pd.DataFrame:
    """The columns of BasketRules.pairs: each frequent pair once, whatever its confidence."""
    # The second product on the left comes last (combinations begin with the first place on the right).
    shapes = [(part, q_value) for part, q_value in zip(tried, size_q_values, strict=True) if part.is_pair]
    pair, pair_q_value = shapes[-1] if shapes else (none(), np.zeros(0))
    a, b = pair.left[:, 0], pair.right[:, 0]
    times = lift(pair.left_count, pair.right_count, pair.count, orders=found.orders)
    order = np.lexsort([b, a, -pair.count, -times])
    a, b = a[order], b[order]
    return pd.DataFrame({
        "product_id_a": found.product_ids[a],
        "product_id_b": found.product_ids[b],
        "name_a": names[a],
        "name_b": names[b],
        "count": pair.count[order],
        "support": pair.count[order] / found.orders,
        "lift": times[order],
        "p_value": pair.p_value[order],
        "size_lift": beside(pair.count, pair.expected)[order],
        "size_p_value": pair.size_p_value[order],
        "size_q_value": pair_q_value[order],
    })
