"""Ratings: what would a customer say of a product, from what was said so far?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.methods.recommender import blocks
from crm.analytics.recommendations.purchases import places
from crm.errors import InvalidInput, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

METHODS = ("mean", "usual", "items", "users", "factors")
MIN_RATINGS = 20  # below it four fifths of them cannot be told from their mean
MIN_CUSTOMERS = 2
PRIOR_PRODUCT, PRIOR_CUSTOMER = 5.0, 5.0  # ratings that a product's or a customer's habit must outweigh
SHRINKAGE = 10  # ratings in common in doubt: two who agree on two products are no kindred spirits
NEIGHBOURS = 20  # as many as a prediction listens to (Herlocker et al. 2002 found 20 to 60 right)
FACTORS = 4  # surveys are short; more would learn the noise
PENALTY = 0.02  # of the factors, for each rating between 0 and 1 (.32 of stars from 1 to 5)
ROUNDS = 15  # by then the factors stand still to a thousandth
PARTS = 5  # each rating is foretold from four fifths of the others
RESAMPLES = 1_000  # of customers; the ends of a 95 % interval then rest on 25 draws each
PAIRS_AT_ONCE = 1_000_000  # likeness and predictions: four tables of 8 MB


@dataclass(frozen=True, eq=False)
class RatingModel:
    """`mean` of all ratings (0..1); `customer_bias`, `product_bias` around it; `residual` customers x products: what a rating
    was beside the usual, `rated` the same cells with ones; `customer_side`, `product_side` of the factors."""

    method: str
    customer_ids: np.ndarray
    product_ids: np.ndarray
    mean: float
    customer_bias: np.ndarray
    product_bias: np.ndarray
    residual: csr_matrix
    rated: csr_matrix
    customer_side: np.ndarray | None = None
    product_side: np.ndarray | None = None
    neighbours: int = NEIGHBOURS

    def predicted(self, customer_ids: Iterable[int], product_ids: Iterable[int]) -> np.ndarray:
        """The rating expected of each pair, 0 to 1. What is not known of a customer or product counts as usual."""
        customer = places(self.customer_ids, np.asarray(list(customer_ids), dtype=np.int64))
        product = places(self.product_ids, np.asarray(list(product_ids), dtype=np.int64))
        if len(customer) != len(product):
            raise InvalidInput("Each customer needs one product: the two lists differ in length.")
        found = np.full(len(customer), self.mean)
        if self.method == "mean":
            return found
        found += np.append(self.customer_bias, 0)[customer] + np.append(self.product_bias, 0)[product]
        known = np.flatnonzero((customer >= 0) & (product >= 0))
        if len(known) and self.method in ("items", "users"):
            found[known] += self._from_neighbours(customer[known], product[known])
        if len(known) and self.method == "factors":
            found[known] += (self.customer_side[customer[known]] * self.product_side[product[known]]).sum(axis=1)
        return np.clip(found, 0, 1)

    def ranked(self, customer_ids: Iterable[int], *, top: int = 10) -> pd.DataFrame:
        """The `top` products that each customer has not rated, highest prediction first: customer_id, product_id, rank,
        predicted. Equals go to the product with more ratings, then the lower id."""
        asked = np.asarray(list(customer_ids), dtype=np.int64)
        order = np.lexsort((self.product_ids, -np.diff(self.rated.tocsc().indptr)))
        parts = [self._ranked(asked[rows], order, top=top) for rows in blocks(len(asked), len(order), cells=PAIRS_AT_ONCE)]
        return pd.concat(parts, ignore_index=True) if parts else self._ranked(asked, order, top=top)

    def _ranked(self, customer_ids: np.ndarray, order: np.ndarray, *, top: int) -> pd.DataFrame:
        shape = (len(customer_ids), len(order))
        told = self.predicted(np.repeat(customer_ids, len(order)), np.tile(self.product_ids[order], len(customer_ids))).reshape(shape)
        own = places(self.customer_ids, customer_ids)
        for row in np.flatnonzero(own >= 0):
            told[row, np.isin(order, self.rated[own[row]].indices)] = -np.inf
        best = np.argsort(-told, axis=1, kind="stable")[:, :top]
        row, place = np.nonzero(np.isfinite(np.take_along_axis(told, best, axis=1)))
        column = best[row, place]
        return pd.DataFrame({"customer_id": customer_ids[row], "product_id": self.product_ids[order[column]], "rank": place + 1,
                             "predicted": told[row, column]})

    def _from_neighbours(self, customer: np.ndarray, product: np.ndarray) -> np.ndarray:
        """Mean of the neighbours' ratings beside the usual, weighted by likeness; 0 without a neighbour.

        Likeness is worked out for those asked about only, a block at a time: of all customers it would not fit."""
        told = np.zeros(len(customer))
        by_items = self.method == "items"
        own, other = (product, customer) if by_items else (customer, product)
        said, rated = (self.residual.T.tocsr(), self.rated.T.tocsr()) if by_items else (self.residual, self.rated)
        said_of, rated_by = said.T.tocsr(), rated.T.tocsr()
        wanted, place = np.unique(own, return_inverse=True)
        for rows in blocks(len(wanted), rated.shape[0], cells=PAIRS_AT_ONCE):
            like = pearson(said, rated, wanted[rows])
            for entry in np.array_split(pairs := np.flatnonzero((place >= rows.start) & (place < rows.stop)), len(pairs) // 20_000 + 1):
                weight = _closest(like[place[entry] - rows.start].multiply(rated_by[other[entry]]).tocsr(), self.neighbours)
                total = np.asarray(weight.sum(axis=1)).ravel()
                told[entry] = np.divide(np.asarray(weight.multiply(said_of[other[entry]]).sum(axis=1)).ravel(), total,
                                        out=np.zeros(len(entry)), where=total > 0)
        return told


def learn_ratings(ratings: pd.DataFrame, *, method: str = "items", neighbours: int = NEIGHBOURS, factors: int = FACTORS,
                  random_state: int = 0) -> RatingModel:
    """Learn from ratings (customer_id, product_id, rating 0..1; one row a pair, as crm.frames.ratings).

    mean: the mean of all. usual: mean and how far customer and product usually lie from it, shrunk (Koren 2009). items,
    users: beside the usual, what the customer said of the products most like it, or those most like the customer said of
    it, by Pearson correlation of what both rated (Resnick et al. 1994). factors: beside the usual, a few hidden tastes by
    alternating least squares (Zhou et al. 2008; Koren, Bell & Volinsky 2009). Raises NotEnoughData below 20 ratings or 2
    customers.
    """
    from scipy.sparse import csr_matrix

    if method not in METHODS:
        raise InvalidInput(f"There is no method {method!r} for ratings; choose one of {', '.join(METHODS)}.", field="method")
    if neighbours < 1 or factors < 1:
        raise InvalidInput("At least one neighbour and one factor are needed.")
    customer, customer_ids, product, product_ids, rating = _codes(ratings)
    mean = float(rating.mean())
    product_bias = _shrunk(product, rating - mean, len(product_ids), PRIOR_PRODUCT)
    customer_bias = _shrunk(customer, rating - mean - product_bias[product], len(customer_ids), PRIOR_CUSTOMER)
    shape = (len(customer_ids), len(product_ids))
    rest = rating - mean - product_bias[product] - customer_bias[customer]
    rated = csr_matrix((np.ones(len(rest)), (customer, product)), shape=shape)
    # A nought that was said stays an entry: the two tables have the same cells.
    residual = csr_matrix((rest, (customer, product)), shape=shape)
    customer_side = product_side = None
    if method == "factors":
        customer_side, product_side = _alternate(residual, rated, factors=factors, random_state=random_state)
    return RatingModel(method, customer_ids, product_ids, mean, customer_bias, product_bias, residual, rated,
                       customer_side, product_side, neighbours)


def judge_ratings(ratings: pd.DataFrame, *, methods: tuple[str, ...] = METHODS, random_state: int = 0, **settings: int) -> pd.DataFrame:
    """How far off would each method have been? Every rating is foretold once, by a model that has not seen it.

    Five parts, drawn by the seed. A row a method, smallest error first, equals in the order of `methods`: method, rmse and
    mae (0..1, as ratings), each with _low and _high (95 %, bootstrap over customers), gain (the mean's rmse less this one's;
    NaN for the mean itself), gain_low, gain_high, beats_mean (the gain lies above nought), ratings, customers,
    products. The mean is always among them.
    """
    customer, customer_ids, product, product_ids, rating = _codes(ratings)
    methods = tuple(dict.fromkeys(("mean", *methods)))
    sorted_ratings = pd.DataFrame({"customer_id": customer_ids[customer], "product_id": product_ids[product], "rating": rating})
    rng = np.random.default_rng(random_state)
    part = rng.permutation(np.arange(len(rating)) % PARTS)
    errors = {method: np.empty(len(rating)) for method in methods}
    for held in range(PARTS):
        out = part == held
        for method in methods:
            model = learn_ratings(sorted_ratings[~out], method=method, random_state=random_state, **settings)
            told = model.predicted(customer_ids[customer[out]], product_ids[product[out]])
            errors[method][out] = told - rating[out]
    drawn = rng.multinomial(len(customer_ids), np.full(len(customer_ids), 1 / len(customer_ids)), size=RESAMPLES)
    counted = drawn @ np.bincount(customer)
    rows, resampled = [], {}
    for method, error in errors.items():
        square, size = np.bincount(customer, error**2), np.bincount(customer, np.abs(error))
        resampled[method] = np.sqrt(drawn @ square / counted)
        rows.append({"method": method, "rmse": np.sqrt((error**2).mean()), **_ends("rmse", resampled[method]),
                     "mae": np.abs(error).mean(), **_ends("mae", drawn @ size / counted)})
    table = pd.DataFrame(rows)
    table["gain"] = np.where(table["method"] == "mean", np.nan, table["rmse"][0] - table["rmse"])
    ends = [_ends("gain", resampled["mean"] - resampled[method]) for method in methods]
    table = pd.concat([table, pd.DataFrame(ends)], axis=1)
    table.loc[table["method"] == "mean", ["gain_low", "gain_high"]] = np.nan
    table["beats_mean"] = table["gain_low"] > 0
    table["ratings"], table["customers"], table["products"] = len(rating), len(customer_ids), len(product_ids)
    return table.sort_values("rmse", kind="stable", ignore_index=True)


def _codes(ratings: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Customer codes and ids, product codes and ids, ratings: by customer and product, whatever the order of the rows."""
    said = pd.to_numeric(ratings["rating"], errors="coerce")
    frame = ratings.assign(rating=said)[said.notna()].drop_duplicates(["customer_id", "product_id"], keep="last")
    frame = frame.sort_values(["customer_id", "product_id"])
    if len(frame) < MIN_RATINGS or frame["customer_id"].nunique() < MIN_CUSTOMERS:
        raise NotEnoughData(
            f"Foretelling ratings needs {MIN_RATINGS} ratings of products by {MIN_CUSTOMERS} or more customers; so far there are "
            f"{len(frame)} by {frame['customer_id'].nunique()}."
        )
    if not frame["rating"].between(0, 1).all():
        raise InvalidInput("Ratings must lie between 0 and 1; rescale them first.", field="rating")
    customer, customer_ids = pd.factorize(frame["customer_id"].to_numpy(), sort=True)
    product, product_ids = pd.factorize(frame["product_id"].to_numpy(), sort=True)
    return customer, customer_ids, product, product_ids, frame["rating"].to_numpy(dtype=float)


def _shrunk(code: np.ndarray, beside: np.ndarray, size: int, prior: float) -> np.ndarray:
    return np.bincount(code, beside, minlength=size) / (np.bincount(code, minlength=size) + prior)


def pearson(said: csr_matrix, rated: csr_matrix, wanted: np.ndarray) -> csr_matrix:
    """Wanted rows x all rows: the correlation of what was said (around the usual) where both were rated, times
    n / (n + SHRINKAGE); never of a row with itself."""
    from scipy.sparse import csr_matrix

    square = said.multiply(said).tocsr()
    product = (said[wanted] @ said.T).toarray()
    number = (rated[wanted] @ rated.T).toarray()
    spread = np.sqrt((square[wanted] @ rated.T).toarray() * (rated[wanted] @ square.T).toarray())
    found = np.divide(product, spread, out=np.zeros_like(product), where=spread > 0) * number / (number + SHRINKAGE)
    found[np.arange(len(wanted)), wanted] = 0
    return csr_matrix(found)


def _closest(weight: csr_matrix, count: int) -> csr_matrix:
    """The `count` entries above zero of each row that are largest; the unlike say nothing."""
    from scipy.sparse import csr_matrix

    weight.sort_indices()
    row = np.repeat(np.arange(weight.shape[0]), np.diff(weight.indptr))
    above = weight.data > 0
    row, column, value = row[above], weight.indices[above], weight.data[above]
    order = np.lexsort((column, -value, row))
    rank = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    kept = order[rank < count]
    return csr_matrix((value[kept], (row[kept], column[kept])), shape=weight.shape)


def _alternate(residual: csr_matrix, rated: csr_matrix, *, factors: int, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """Customers x factors and products x factors, by turns each at its best by ridge regression on the other."""
    rng = np.random.default_rng(random_state)
    product_side = rng.normal(0, 0.1, (residual.shape[1], factors))
    turned, rated_turned = residual.T.tocsr(), rated.T.tocsr()
    customer_side = _ridge(residual, rated, product_side)
    for _ in range(ROUNDS):
        product_side = _ridge(turned, rated_turned, customer_side)
        customer_side = _ridge(residual, rated, product_side)
    return customer_side, product_side


def _ridge(residual: csr_matrix, rated: csr_matrix, other: np.ndarray) -> np.ndarray:
    factors = other.shape[1]
    squares = (other[:, :, None] * other[:, None, :]).reshape(len(other), -1)
    gram = (rated @ squares).reshape(-1, factors, factors)
    number = np.diff(rated.indptr)
    gram[:, np.arange(factors), np.arange(factors)] += (PENALTY * np.maximum(number, 1))[:, None]
    return np.linalg.solve(gram, (residual @ other)[:, :, None])[:, :, 0]


def _ends(name: str, draws: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(draws, [0.025, 0.975])
    return {f"{name}_low": float(low), f"{name}_high": float(high)}
