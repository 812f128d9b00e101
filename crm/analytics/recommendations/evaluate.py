"""Quality: would these recommendations have named what customers really bought next?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.matrix import Sales, bought, by_popularity, ones, only, read_sales
from crm.analytics.recommendations.ranking import rank
from crm.analytics.recommendations.similar import methods_for, similarity
from crm.errors import InvalidInput, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_RETURNING = 20  # customers; below, one customer moves the hit rate by more than five points
RESAMPLES = 1_000  # of customers; the ends of a 95 % interval then rest on 25 draws each
LEVEL = 0.95
MEASURES = ("hit_rate", "ndcg", "precision", "recall", "novelty")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How each method did when the last order of each customer was hidden.

    quality, a row a method, best NDCG first: method, hit_rate (share of customers with at least one hit),
    ndcg (0 to 1, hits count more the higher they stand; Jarvelin & Kekalainen 2002), precision (hits / top),
    recall (hits / new products bought), novelty (mean -log2 of the share of customers who had bought it, in
    bits; Zhou et al. 2010), each with _low and _high; coverage (share of the catalogue recommended to
    anybody); ndcg_gain, _low, _high (over popularity, same customers; NaN for popularity itself).
    best_method: highest NDCG. beats_popularity: its gain's interval, widened for having been picked among
    several, lies above zero.
    """

    quality: pd.DataFrame
    best_method: str
    beats_popularity: bool
    as_of: dt.date
    top: int
    customers_returning: int
    customers_drawn: int
    customers_measured: int
    products: int
    random_state: int


def evaluate(
    order_lines: pd.DataFrame,
    products: pd.DataFrame,
    *,
    as_of: dt.date,
    customers: int = 2_000,
    top: int = 10,
    random_state: int = 0,
) -> Evaluation:
    """Leave-last-out over the full catalogue, popularity as the yardstick.

    Up to `customers` customers with orders on two days or more are drawn; all orders of their last day are
    hidden, and the methods learn from the rest. What counts is the products of that day that were new to the
    customer; customers with none are not measured. Intervals (95 %) by bootstrap over customers. Raises
    NotEnoughData below 20 returning customers, 20 measured ones or 5 products.
    """
    if top < 1 or customers < MIN_RETURNING:
        raise InvalidInput(
            f"Measuring needs at least {MIN_RETURNING} customers and a list of at least 1 product."
        )
    sales = read_sales(order_lines, products, as_of=as_of)
    rng = np.random.default_rng(random_state)
    returning = returning_customers(sales)
    if len(returning) < MIN_RETURNING:
        raise NotEnoughData(
            f"Measuring recommendations needs {MIN_RETURNING} customers with orders on two days or more; "
            f"there are {len(returning)}."
        )
    drawn = np.sort(rng.choice(returning, size=min(customers, len(returning)), replace=False))
    training, owned, truth, buyers = split(sales, drawn)
    measured = np.diff(truth.indptr) > 0
    if measured.sum() < MIN_RETURNING:
        raise NotEnoughData(
            f"Measuring recommendations needs {MIN_RETURNING} customers who last bought something new; "
            f"there are {measured.sum()}."
        )
    scored = score_methods(training, owned[measured], truth[measured], buyers, top=top)
    quality = compare(scored, rng)
    best = quality.iloc[0]
    return Evaluation(
        quality=quality,
        best_method=str(best["method"]),
        beats_popularity=bool(best["ndcg_gain_low"] > 0),
        as_of=as_of,
        top=top,
        customers_returning=len(returning),
        customers_drawn=len(drawn),
        customers_measured=int(measured.sum()),
        products=len(sales.product_ids),
        random_state=random_state,
    )


def order_days(sales: Sales) -> tuple[np.ndarray, np.ndarray]:
    """First and last day (days since 1970) on which each known customer bought."""
    known = sales.customer >= 0
    day = sales.day[known].astype(np.int64)
    first = np.full(len(sales.customer_ids), np.iinfo(np.int64).max)
    last = np.full(len(sales.customer_ids), np.iinfo(np.int64).min)
    np.minimum.at(first, sales.customer[known], day)
    np.maximum.at(last, sales.customer[known], day)
    return first, last


def returning_customers(sales: Sales) -> np.ndarray:
    """Codes of the customers with orders on two days or more."""
    first, last = order_days(sales)
    return np.flatnonzero(last > first)


def split(sales: Sales, drawn: np.ndarray) -> tuple[Sales, csr_matrix, csr_matrix, np.ndarray]:
    """Hide the last day of the drawn customers.

    Returns the training sales (products numbered by their popularity there), what the drawn customers owned
    before, what was new to them on that day, and the buyers of each product in training.
    """
    _, last = order_days(sales)
    place = np.full(
        len(sales.customer_ids) + 1, -1
    )  # the last entry serves unknown customers, whose code is -1
    place[drawn] = np.arange(len(drawn))
    row = place[sales.customer]
    hidden = (row >= 0) & (sales.day.astype(np.int64) == last[sales.customer])
    training, buyers = by_popularity(only(sales, ~hidden))
    owned = bought(training)[drawn]
    column = np.argsort(training.product_ids)  # both catalogues hold the same ids; the first is sorted by id
    shape = (len(drawn), len(sales.product_ids))
    basket = ones(row[hidden], column[sales.product[hidden]], shape=shape)
    truth = (basket - basket.multiply(owned)).tocsr()
    truth.eliminate_zeros()
    return training, owned, truth, buyers


def score_methods(
    training: Sales, owned: csr_matrix, truth: csr_matrix, buyers: np.ndarray, *, top: int
) -> dict[str, tuple[np.ndarray, float]]:
    """For each method: customers x MEASURES, and the share of the catalogue that it recommends."""
    surprise = -np.log2((buyers + 1) / (len(training.customer_ids) + 1))
    scored = {}
    for method in methods_for(len(training.product_ids)):
        places = rank(owned, owned, similarity(training, method), top=top).products
        coverage = len(np.unique(places[places >= 0])) / len(training.product_ids)
        scored[method] = (measures(places, truth, surprise, top=top), coverage)
    return scored


def measures(places: np.ndarray, truth: csr_matrix, surprise: np.ndarray, *, top: int) -> np.ndarray:
    """MEASURES of each customer's list; `places` holds columns, -1 past the end of a list."""
    listed = places >= 0
    row = np.arange(len(places))[:, None].repeat(places.shape[1], axis=1)
    hits = np.asarray(truth[row.ravel(), np.maximum(places, 0).ravel()]).reshape(places.shape) * listed
    discount = 1 / np.log2(np.arange(2, top + 2))
    relevant = np.diff(truth.indptr)
    ideal = np.cumsum(discount)[np.minimum(relevant, top) - 1]
    found = hits.sum(axis=1)
    length = np.maximum(listed.sum(axis=1), 1)
    return np.column_stack(
        [
            found > 0,
            hits @ discount[: places.shape[1]] / ideal,
            found / top,
            found / relevant,
            (surprise[np.maximum(places, 0)] * listed).sum(axis=1) / length,
        ]
    )


def compare(scored: dict[str, tuple[np.ndarray, float]], rng: np.random.Generator) -> pd.DataFrame:
    """The table of Evaluation.quality: means, bootstrap intervals, and the gain over popularity."""
    yardstick, _ = scored["popularity"]
    size = len(yardstick)
    draws = rng.multinomial(size, np.full(size, 1 / size), size=RESAMPLES).astype(float)
    tail = (1 - LEVEL) / 2
    # The best of several looks better than it is: the interval is widened for their number (Bonferroni).
    gain_tail = tail / max(1, len(scored) - 1)
    ndcg = MEASURES.index("ndcg")
    rows = []
    for method, (each, coverage) in scored.items():
        low, high = np.quantile(draws @ each / size, [tail, 1 - tail], axis=0)
        row: dict[str, object] = {"method": method}
        for index, measure in enumerate(MEASURES):
            row[measure] = each[:, index].mean()
            row[f"{measure}_low"], row[f"{measure}_high"] = low[index], high[index]
        row["coverage"] = coverage
        gain = each[:, ndcg] - yardstick[:, ndcg]
        ends = np.quantile(draws @ gain / size, [gain_tail, 1 - gain_tail])
        own = method == "popularity"
        row["ndcg_gain"] = np.nan if own else gain.mean()
        row["ndcg_gain_low"], row["ndcg_gain_high"] = (np.nan, np.nan) if own else ends
        rows.append(row)
    table = pd.DataFrame(rows)
    simplest = table["method"].eq("popularity")
    order = np.lexsort((~simplest, -table["ndcg"]))
    return table.iloc[order].reset_index(drop=True)
