"""Alike: which products go with this one, by who bought them and by what they are?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.recommendations.methods.content import described
from crm.analytics.recommendations.methods.together import measured
from crm.analytics.recommendations.purchases import Purchases, baskets, ones, places
from crm.errors import InvalidInput

SHRINKAGE = 20  # buyers in doubt: two chance buyers of two rarities are no likeness
CONTENT_WEIGHTS = {"text": 2.0, "category": 1.0, "price": 0.5}  # as the method "content" weighs by default


def similar(purchases: Purchases, product_id: int, *, top: int = 10) -> pd.DataFrame:
    """Up to `top` products by what both customers bought, then up to `top` by content, best first.

    Columns: product_id; by ("bought", "content"); rank (1..); score (bought: cosine over customers, shrunk; content:
    likeness 0 to 1); both (customers who bought both), share (of the buyers of this product who bought the other, 0 to 1),
    times (that share against everybody's; 1 is no more than usual); may_be_offered. Orders are counted where no customer is
    known; share and times are NaN without buyers. Raises InvalidInput for a product that was never sold, or for top < 1.
    """
    if top < 1:
        raise InvalidInput(f"{top} products are too few; ask for at least 1.", field="top")
    column = int(places(purchases.product_ids, np.array([product_id]))[0])
    if column < 0:
        raise InvalidInput(f"Product {product_id} was not sold up to {purchases.as_of:%d %B %Y}, so nothing goes with it yet.",
                           field="product_id")
    table = ones(purchases) if len(purchases.customer_ids) else baskets(purchases)
    both = np.asarray(table.T @ table[:, [column]].toarray(), dtype=np.float32).ravel()
    number = purchases.buyers.astype(np.float32)
    bought = measured(both, number[column], number, table.shape[0], measure="cosine", shrinkage=SHRINKAGE)
    features = described(purchases.catalogue, **CONTENT_WEIGHTS)
    content = np.asarray((features @ features[[column]].T).toarray(), dtype=np.float32).ravel()
    parts = []
    for by, score in (("bought", bought), ("content", content)):
        score[column] = 0
        order = np.argsort(-score, kind="stable")[:top]
        order = order[score[order] > 0]
        parts.append(pd.DataFrame({"column": order, "by": by, "rank": np.arange(1, len(order) + 1), "score": score[order]}))
    found = pd.concat(parts, ignore_index=True)
    other = found.pop("column").to_numpy(dtype=np.int64)
    share = both[other] / number[column] if number[column] else np.full(len(other), np.nan)
    usual = purchases.share[other]
    return pd.DataFrame({
        "product_id": purchases.product_ids[other], "by": found["by"], "rank": found["rank"],
        "score": found["score"].astype(float), "both": both[other].astype(np.int64), "share": share.astype(float),
        "times": np.divide(share, usual, out=np.full(len(other), np.nan), where=usual > 0),
        "may_be_offered": purchases.may_be_offered[other]})
