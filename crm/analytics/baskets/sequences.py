"""Sequences: after this product, what do customers buy next, how many of them and after how many days?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.baskets.false_discovery import SURE, corrected
from crm.analytics.baskets.first_days import FirstDays, read_first_days
from crm.analytics.baskets.sequence_counts import Usual, count_pairs
from crm.analytics.baskets.sequence_paths import MOST_STEPS, paths_of
from crm.analytics.baskets.sequence_timing import Timing, quartiles_of
from crm.analytics.baskets.windows import Windows, read_windows
from crm.errors import InvalidInput, NotEnoughData

MOST_SEQUENCES = 1_000  # kept; the surest first, nobody reads on


@dataclass(frozen=True, eq=False)
class Sequences:
    """What was bought for the first time within `within_days` after another product had been bought for the first time.

    table, one row a pair of products, those above chance first and the greatest lift first among them: product_id,
    next_product_id, name, next_name, next_recommendable, customers (who bought the first, were observed for the whole
    window since, and did not have the other one yet), customers_then (of them who bought the other on a later day
    within the window), share, usual_share (of comparable customers in a window of the same length that something else
    had opened: as many new things, as long a history, the same time of the year), lift (share / usual_share; inf where
    none of the others did), p_value (of so many or more by chance, beside all comparable windows, those of this pair
    included, which errs on the side of caution), q_value (after Benjamini & Hochberg over all `pairs_tried`), days_low, days_median,
    days_high (quartiles of the days between), customers_other_way (who bought them within the window the other way
    round: where they are as many, the two go together and do not follow one another).
    paths, the most frequent first: product_id_1, _2, _3, name_1, _2, _3, customers_two (took the first step and were
    observed long enough for the second), customers (went on), share, usual_share (of all who bought the second, had it
    been preceded by the first or not), days_median (from the first to the third). Both steps of a path are above chance.
    customers: known ones with purchases; windows: days on which one of them bought something new, observed long enough;
    found: pairs that reach min_customers, of which the table holds at most 1,000.
    """

    table: pd.DataFrame
    paths: pd.DataFrame
    customers: int
    products: int
    windows: int
    pairs_tried: int
    found: int
    within_days: int
    min_customers: int
    as_of: dt.date


def sequences(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date, within_days: int = 90,
              min_customers: int = 10, random_state: int = 0) -> Sequences:
    """What known customers bought next for the first time, and whether that is more than chance.

    Only first purchases count: who has bought both all along tells nothing about an order in time. The expected number
    is standardised indirectly over strata of comparable windows (Breslow & Day 1987), the p-value is the upper tail of a
    binomial with that mean (conservative: customers' own chances differ, Hoeffding 1956). Nothing is drawn at random;
    `random_state` is accepted because every analysis takes it. Raises InvalidInput for an impossible window or number of
    customers, NotEnoughData where nobody was observed long enough.
    """
    if within_days < 1:
        raise InvalidInput(f"A window of {within_days} days; choose at least 1 day.", field="within_days")
    if min_customers < 2:
        raise InvalidInput(f"At least {min_customers} customers; choose 2 or more, one customer is no pattern.",
                           field="min_customers")
    first = read_first_days(order_lines, products, as_of=as_of)
    windows = read_windows(first, within_days=within_days)
    if not windows.new.any():
        observed = first.as_of - int(first.day.min())
        raise NotEnoughData(
            f"Nobody was observed for {within_days:,} days after a first purchase and bought something new in them; the "
            f"purchases cover {observed:,} days. Choose a shorter window.")
    pairs, tried, usual = count_pairs(first, windows, min_customers=min_customers)
    found = len(pairs)
    expected = (pairs["expected"] / pairs["customers"]).clip(upper=1.0)
    p_value = at_least(pairs["customers_then"].to_numpy(), pairs["customers"].to_numpy(), expected.to_numpy())
    pairs = pairs.assign(share=pairs["customers_then"] / pairs["customers"], p_value=p_value,
                         q_value=corrected(p_value, tried=tried), lift=pairs["customers_then"] / pairs["expected"])
    pairs["above"] = (pairs["q_value"] <= SURE) & (pairs["lift"] > 1)
    pairs = ranked(pairs).head(MOST_SEQUENCES)
    timing = Timing(first, within_days=within_days)
    pairs = ranked(with_timing(pairs, first, windows, usual, timing))
    return Sequences(
        table=named(pairs, first), paths=paths_of(pairs[pairs["above"]].head(MOST_STEPS), first, timing, min_customers=min_customers),
        customers=first.customers, products=first.products, windows=len(windows.stratum), pairs_tried=tried,
        found=found, within_days=within_days, min_customers=min_customers, as_of=as_of)


def ranked(pairs: pd.DataFrame) -> pd.DataFrame:
    """Those above chance first, the greatest lift first among them."""
    return pairs.sort_values(["above", "lift", "customers_then", "a", "b"], ascending=[False, False, False, True, True],
                             ignore_index=True)


def at_least(count: np.ndarray, of: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """P(X >= count) of a binomial with `of` tries and the chance `usual`."""
    from scipy.special import betainc

    return np.where(count > 0, betainc(np.maximum(count, 1), of - np.maximum(count, 1) + 1.0, usual), 1.0)


def with_timing(pairs: pd.DataFrame, first: FirstDays, windows: Windows, usual: Usual, timing: Timing) -> pd.DataFrame:
    """The same with quartiles of days, customers_other_way, and usual_share and lift beside windows that a did not open."""
    a, b, size = pairs["a"].to_numpy(), pairs["b"].to_numpy(), len(pairs)
    pair, entry, day_a, day_b = timing.buyers(a, b)
    then, turned = timing.follows(day_a, day_b), timing.follows(day_b, day_a)
    asked = (windows.opened_by[entry] >= 0) & ~(day_b <= day_a)
    window = windows.opened_by[entry[asked]]
    cell, shape = pair[asked] * windows.strata + windows.stratum[window], (size, windows.strata)
    own_chances = np.bincount(cell, weights=windows.new[window], minlength=size * windows.strata).reshape(shape)
    own_bought = np.bincount(cell, weights=then[asked], minlength=size * windows.strata).reshape(shape)
    bought, chances = usual.bought.T[b] - own_bought, usual.chances.T[b] - own_chances
    # Where no others are comparable, what is usual among all others stands in.
    everywhere = np.divide(bought.sum(axis=1), chances.sum(axis=1), out=np.zeros(size), where=chances.sum(axis=1) > 0)
    rate = np.divide(bought, chances, out=np.repeat(everywhere[:, None], windows.strata, axis=1), where=chances > 0.5)
    usual_share = np.minimum((own_chances * rate).sum(axis=1) / pairs["customers"].to_numpy(), 1.0)
    share = pairs["share"].to_numpy()
    low, median, high = quartiles_of(pair[then], (day_b - day_a)[then], groups=size)
    return pairs.assign(
        usual_share=usual_share, lift=np.divide(share, usual_share, out=np.full(size, np.inf), where=usual_share > 0),
        days_low=low, days_median=median, days_high=high, customers_other_way=np.bincount(pair[turned], minlength=size))


def named(pairs: pd.DataFrame, first: FirstDays) -> pd.DataFrame:
    """The columns of Sequences.table."""
    a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    return pd.DataFrame({
        "product_id": first.product_ids[a], "next_product_id": first.product_ids[b], "name": first.names[a],
        "next_name": first.names[b], "next_recommendable": first.recommendable[b],
        **{name: pairs[name].to_numpy() for name in (
            "customers", "customers_then", "share", "usual_share", "lift", "p_value", "q_value", "days_low", "days_median",
            "days_high", "customers_other_way")}})
