"""Recommendations: which products should each customer be offered next, and because of what?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.evaluate import Evaluation, evaluate
from crm.analytics.recommendations.matrix import Sales, bought, by_popularity, read_sales
from crm.analytics.recommendations.ranking import Ranking, rank
from crm.analytics.recommendations.similar import similarity
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MODES = ("new", "repeat")
LARGEST_TOP = 100  # a longer list is no recommendation any more


@dataclass(frozen=True, eq=False)
class RecommendationModel:
    """What was learnt: kept in memory, it answers for one customer within milliseconds.

    `product_ids` run from the most to the least popular; `share` is the share of known customers who bought
    each (0 to 1; of orders, where no customer is known).
    """

    method: str
    as_of: dt.date
    exclude_recent_days: int
    customer_ids: np.ndarray
    product_ids: np.ndarray
    share: np.ndarray
    owned: csr_matrix
    recent: csr_matrix
    weights: csr_matrix
    reasons: csr_matrix

    def recommend(
        self, customer_ids: Iterable[int] | None = None, *, top: int = 5, mode: str = "new"
    ) -> pd.DataFrame:
        """The `top` products of each customer (all customers with a purchase if None), ids ascending.

        Columns: customer_id, product_id, rank (1 best), score (higher is better, comparable within one
        customer and reason only), reason ("bought": follows from a purchase; "popular": nothing known speaks
        for another product; score is then the share of customers who bought it, 0 to 1), because_product_id
        (the owned product that speaks most for it, 0 for "popular"), bought_before. mode "new" offers only
        what the customer never bought; "repeat" leaves out only what was bought in the last
        `exclude_recent_days`. A customer may get fewer than `top`.
        """
        check_choice(top=top, mode=mode)
        wanted = (
            self.customer_ids
            if customer_ids is None
            else np.unique(np.array(list(customer_ids), dtype=np.int64))
        )
        ranking = rank(
            rows_of(self.owned, self.customer_ids, wanted),
            rows_of(self.owned if mode == "new" else self.recent, self.customer_ids, wanted),
            self.weights,
            top=top,
            reasons=self.reasons,
        )
        return self._table(wanted, ranking)

    def similar(self, product_id: int, *, top: int = 5) -> pd.DataFrame:
        """Products that go with this one: product_id, rank, score; empty where nothing is known."""
        found = np.flatnonzero(self.product_ids == product_id)
        if len(found) == 0:
            raise InvalidInput(f"Product {product_id} was never sold up to {self.as_of}.", field="product_id")
        row = self.weights[int(found[0])]
        order = np.lexsort((row.indices, -row.data))
        order = order[row.data[order] > 0][:top]
        return pd.DataFrame(
            {
                "product_id": self.product_ids[row.indices[order]],
                "rank": np.arange(1, len(order) + 1),
                "score": row.data[order].astype(float),
            }
        )

    def _table(self, customers: np.ndarray, ranking: Ranking) -> pd.DataFrame:
        row, place = np.nonzero(ranking.products >= 0)
        product = ranking.products[row, place]
        because = ranking.because[row, place]
        follows = because >= 0
        return pd.DataFrame(
            {
                "customer_id": customers[row],
                "product_id": self.product_ids[product],
                "rank": place + 1,
                "score": np.where(follows, ranking.scores[row, place], self.share[product]),
                "reason": pd.Categorical.from_codes(follows.astype(np.int8), ["popular", "bought"]),
                "because_product_id": np.where(follows, self.product_ids[because], 0),
                "bought_before": ranking.bought_before[row, place],
            }
        )


@dataclass(frozen=True, eq=False)
class Recommendations:
    """`items` as in RecommendationModel.recommend; `quality` as in Evaluation (None: method was given).

    `method` is the one in use; `products` the size of the catalogue, `customers` those with a list.
    """

    items: pd.DataFrame
    method: str
    quality: pd.DataFrame | None
    evaluation: Evaluation | None
    as_of: dt.date
    top: int
    mode: str
    exclude_recent_days: int
    random_state: int
    customers: int
    products: int


def check_choice(*, top: int, mode: str) -> None:
    """Raise InvalidInput for a choice that does not exist."""
    if not 1 <= top <= LARGEST_TOP:
        raise InvalidInput(f"{top} recommendations a customer; choose 1 to {LARGEST_TOP}.", field="top")
    if mode not in MODES:
        raise InvalidInput(f"There is no mode {mode!r}; choose new or repeat.", field="mode")


def rows_of(table: csr_matrix, known_ids: np.ndarray, wanted: np.ndarray) -> csr_matrix:
    """The rows of the wanted customers; one who is not known gets an empty row."""
    from scipy.sparse import csr_matrix

    if wanted is known_ids:
        return table
    place = np.searchsorted(known_ids, wanted)
    known = np.zeros(len(wanted), dtype=bool)
    inside = place < len(known_ids)
    known[inside] = known_ids[place[inside]] == wanted[inside]
    found = table[place[known]]
    length = np.zeros(len(wanted), dtype=np.int64)
    length[known] = np.diff(found.indptr)
    indptr = np.concatenate([[0], np.cumsum(length)])
    return csr_matrix((found.data, found.indices, indptr), shape=(len(wanted), table.shape[1]))


def fit(
    order_lines: pd.DataFrame,
    products: pd.DataFrame,
    *,
    as_of: dt.date,
    method: str = "items",
    exclude_recent_days: int = 90,
) -> RecommendationModel:
    """Learn from all sales up to `as_of` by one method: "items", "baskets", "linear" or "popularity".

    Raises NotEnoughData below 5 products, InvalidInput for an unknown method or a negative number of days.
    """
    if exclude_recent_days < 0:
        raise InvalidInput(f"{exclude_recent_days} days cannot be left out.", field="exclude_recent_days")
    sales, buyers = by_popularity(read_sales(order_lines, products, as_of=as_of))
    return learn(sales, buyers, as_of=as_of, method=method, exclude_recent_days=exclude_recent_days)


def learn(
    sales: Sales, buyers: np.ndarray, *, as_of: dt.date, method: str, exclude_recent_days: int
) -> RecommendationModel:
    """The model from sales whose products are numbered by popularity."""
    weights = similarity(sales, method)
    return RecommendationModel(
        method=method,
        as_of=as_of,
        exclude_recent_days=exclude_recent_days,
        customer_ids=sales.customer_ids,
        product_ids=sales.product_ids,
        share=buyers / (len(sales.customer_ids) or sales.orders),
        owned=bought(sales),
        recent=bought(sales, since=as_of - dt.timedelta(days=exclude_recent_days)),
        weights=weights,
        reasons=weights.T.tocsr(),
    )


def recommend(
    order_lines: pd.DataFrame,
    products: pd.DataFrame,
    *,
    as_of: dt.date,
    top: int = 5,
    customer_ids: Iterable[int] | None = None,
    mode: str = "new",
    method: str | None = None,
    exclude_recent_days: int = 90,
    random_state: int = 0,
) -> Recommendations:
    """Rank the catalogue for each customer by the method that measures best on these very sales.

    `method` None measures all (see `evaluate`, which needs 20 returning customers); a name is taken as it is
    and nothing is measured. For the meaning of `mode` and the columns of `items` see
    RecommendationModel.recommend. Raises NotEnoughData where there is too little to learn from, InvalidInput
    for an impossible choice.
    """
    check_choice(top=top, mode=mode)
    evaluation = None
    if method is None:
        evaluation = evaluate(order_lines, products, as_of=as_of, top=_measured_top(products), random_state=random_state)
        method = evaluation.best_method
    model = fit(order_lines, products, as_of=as_of, method=method, exclude_recent_days=exclude_recent_days)
    items = model.recommend(customer_ids, top=top, mode=mode)
    return Recommendations(
        items=items,
        method=method,
        quality=None if evaluation is None else evaluation.quality,
        evaluation=evaluation,
        as_of=as_of,
        top=top,
        mode=mode,
        exclude_recent_days=exclude_recent_days,
        random_state=random_state,
        customers=int(items["customer_id"].nunique()),
        products=len(model.product_ids),
    )


def _measured_top(products: pd.DataFrame) -> int:
    """How long the lists are that methods are measured by: ten, or a fifth of a small catalogue (ten of nine always hit)."""
    return int(min(10, max(1, products["recommendable"].sum() // 5)))
