"""Lists: which products should each customer be offered, in which order, and what is each offer worth?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.recommendations.judging.listing import best
from crm.analytics.recommendations.lists.choosing import QUESTIONS, Choice, choose
from crm.analytics.recommendations.lists.diversity import POOL, alike_within, standardised, varied
from crm.analytics.recommendations.lists.entries import Listed, filled_up, joined, places_in
from crm.analytics.recommendations.lists.history import at, read_history
from crm.analytics.recommendations.lists.wanted_by import wanted_by
from crm.analytics.recommendations.lists.why import REASONS, Grounds, why
from crm.analytics.recommendations.lists.worth import prices, usual_amounts
from crm.analytics.recommendations.methods import Recommender
from crm.analytics.recommendations.methods.popularity import by_group, by_popularity
from crm.analytics.recommendations.methods.recommender import blocks
from crm.analytics.recommendations.purchases import Asked, Purchases, ask, grouped, places
from crm.errors import Cancelled, InvalidInput

COLUMNS = (
    "customer_id", "product_id", "rank", "score", "chance", "usual_amount", "expected_amount", "reason",
    "because_product_id", "because_on", "n_1", "n_2", "share", "times", "bought_before", "times_bought", "days_since",
    "usual_gap_days", "gap_is_own", "same_category", "place",
)


def make_lister(purchases: Purchases, recommender: Recommender, *, question: str, chances=None, groups: pd.Series | None = None,
                exclude_recent_days: int = 0, unit_prices: pd.Series | None = None) -> Lister:
    """Ready to answer for any customer: what `recommender` ranks, for one `question`.

    question: "new" (what the customer never bought) or "repeat" (only what the customer bought before, but nothing bought in
    the last `exclude_recent_days` days). chances: judging's Chances for the same method and question; None: no chance and no
    expected amount is told. groups: a label a customer (index customer_id); who has bought nothing gets what is popular in
    their group. unit_prices (index product_id): see worth.usual_unit_prices, for products without a price of their own.
    """
    if question not in QUESTIONS:
        raise InvalidInput(f"There is no question {question!r}; choose new or repeat.", field="question")
    if exclude_recent_days < 0:
        raise InvalidInput(f"{exclude_recent_days} days cannot be left out; choose 0 or more.", field="exclude_recent_days")
    has_groups = bool(grouped(groups, purchases.customer_ids)[1]) and len(purchases.customer_ids) > 0
    # What the method was told to leave out must not come back as merely popular.
    exclude_recent_days = max(exclude_recent_days, getattr(recommender, "exclude_recent_days", 0))
    grounds = Grounds(purchases, read_history(purchases, getattr(recommender, "history", None)), groups if has_groups else None)
    return Lister(
        purchases=purchases,
        recommender=recommender,
        question=question,
        chances=chances,
        groups=groups if has_groups else None,
        exclude_recent_days=exclude_recent_days,
        fallback=by_group(purchases, groups=groups) if has_groups else by_popularity(purchases),
        grounds=grounds,
        usual_amount=usual_amounts(purchases),
        price=prices(purchases, unit_prices),
    )


@dataclass(frozen=True, eq=False)
class Lister:
    """Kept in memory, it answers for one customer within milliseconds. `usual_amount` and `price` are a product's, NaN
    unknown; `fallback` ranks where the method cannot say."""

    purchases: Purchases
    recommender: Recommender
    question: str
    chances: object | None
    groups: pd.Series | None
    exclude_recent_days: int
    fallback: Recommender
    grounds: Grounds
    usual_amount: np.ndarray
    price: np.ndarray

    def list(self, customer_ids: Iterable[int], *, top: int = 5, price_low: float | None = None, price_high: float | None = None,
             categories: Iterable[str] | None = None, diversity: float = 0.0, never: pd.DataFrame | None = None) -> pd.DataFrame:
        """The best `top` products of each customer (ids ascending, each once); fewer where there are no more.

        price_low, price_high: both included; a product of unknown price is in no range. categories: None or empty means
        all. diversity: 0 (the best alone) to 1 (as unlike each other as the best 100 allow). never: pairs customer_id,
        product_id that are not to be offered.

        Columns: customer_id, product_id, rank (1 first), score (higher is better; comparable within one customer, and among
        the places that the method itself filled; elsewhere the share, 0 to 1, of those who bought it), chance (0 to 1 that
        the customer's next order holds it; NaN not known: no chances given, or nothing of the customer known), usual_amount
        (median money of a line, NaN none sold within a year), expected_amount = chance x usual_amount, reason (of REASONS),
        because_product_id (0 none), because_on (day on which the customer last bought that one, NaT), n_1, n_2, share, times
        (see why.py), bought_before, times_bought (days), days_since (the last, NaN never), usual_gap_days (NaN unknown),
        gap_is_own (the customer's own rhythm, not that of the product's other buyers), same_category (of a reason
        "content"), place (in the method's whole list before price, categories, diversity and `never`; 0: not from the method).
        Raises InvalidInput for an impossible choice.
        """
        return self.overview(customer_ids, top=top, price_low=price_low, price_high=price_high, categories=categories,
                             diversity=diversity, never=never)

    def overview(self, customer_ids: Iterable[int], *, top: int = 1, price_low: float | None = None,
                 price_high: float | None = None, categories: Iterable[str] | None = None, diversity: float = 0.0,
                 never: pd.DataFrame | None = None, progress: Callable[[float, str], None] | None = None,
                 cancelled: Callable[[], bool] | None = None) -> pd.DataFrame:
        """As `list`, for tens of thousands of customers, block by block: progress(share 0..1, stage) after each; cancelled()
        before each, whose True raises Cancelled."""
        wanted = np.unique(np.fromiter(customer_ids, dtype=np.int64))
        choice = choose(self.purchases.catalogue, self.price, wanted, top=top, price_low=price_low, price_high=price_high,
                        categories=categories, diversity=diversity, never=never)
        asked = self.ask(wanted)
        parts = blocks(len(wanted), len(self.purchases.product_ids))
        offered = []
        for part in parts:
            if cancelled is not None and cancelled():
                raise Cancelled("Stopped; no lists were made.")
            offered.append(self._block(asked.part(part), np.arange(part.start, part.stop), choice))
            if progress is not None:
                progress(part.stop / len(wanted), "lists")
        return self.table(asked, joined(offered))

    def for_product(self, product_id: int, *, top: int = 100, never: pd.DataFrame | None = None,
                    customer_ids: Iterable[int] | None = None, progress: Callable[[float, str], None] | None = None,
                    cancelled: Callable[[], bool] | None = None) -> pd.DataFrame:
        """Whom to offer this product; see wanted_by.wanted_by."""
        return wanted_by(self, product_id, top=top, never=never, customer_ids=customer_ids, progress=progress, cancelled=cancelled)

    def alike_within(self, items: pd.DataFrame) -> pd.Series:
        """How alike the products of each customer's list are, 0 to 1 (index customer_id; NaN for fewer than two)."""
        columns = places(self.purchases.product_ids, items["product_id"].to_numpy())
        ids, row = np.unique(items["customer_id"].to_numpy(), return_inverse=True)
        order = np.argsort(row, kind="stable")
        place = np.arange(len(row)) - np.searchsorted(row[order], row[order])
        lists = np.full((len(ids), int(place.max(initial=-1)) + 1), -1, dtype=np.int64)
        lists[row[order], place] = columns[order]
        return pd.Series(alike_within(lists, self.grounds.vectors), index=pd.Index(ids, name="customer_id"), name="alike")

    def ask(self, customer_ids: np.ndarray) -> Asked:
        """These customers as the methods want to be asked for them."""
        return ask(self.purchases, customer_ids, self.groups)

    def scores(self, asked: Asked) -> np.ndarray:
        """What the method says; -inf for what the question or the products' state leave out."""
        scores = self.recommender.scores(asked)
        if self.groups is not None and self.recommender.method != "group":
            # Of a customer without purchases the group tells more than a method that knows nothing.
            scores[(np.diff(asked.owned.indptr) == 0) & (asked.group >= 0)] = -np.inf
        return self._asked_for(scores, asked)

    def _asked_for(self, scores: np.ndarray, asked: Asked) -> np.ndarray:
        scores[np.isnan(scores)] = -np.inf  # a share of nobody says nothing
        if not self.purchases.may_be_offered.all():
            scores[:, ~self.purchases.may_be_offered] = -np.inf
        row = np.repeat(np.arange(len(asked)), np.diff(asked.owned.indptr))
        column = asked.owned.indices.astype(np.int64)
        if self.question == "new":
            scores[row, column] = -np.inf
            return scores
        if self.exclude_recent_days > 0:
            history = self.grounds.history
            since = history.days_since(history.find(asked.codes[row], column), self.purchases.as_of)
            again = since >= self.exclude_recent_days
            row, column = row[again], column[again]
        only_these = np.full_like(scores, -np.inf)
        only_these[row, column] = scores[row, column]
        return only_these

    def _block(self, asked: Asked, rows: np.ndarray, choice: Choice) -> Listed:
        """The lists of some of those asked; `rows` are their numbers among all."""
        whole = self.scores(asked)
        left = whole.copy()
        choice.leave_out(left, rows)
        wide = min(choice.top if choice.diversity == 0 else max(POOL, 5 * choice.top), left.shape[1])
        spare, short = self._spare(left, asked, rows, choice)
        products, scores = best(left, wide)
        fallback = np.zeros(products.shape, dtype=bool)
        if len(short):
            more, their_scores = best(spare, wide)
            products[short], scores[short], fallback[short] = filled_up(products[short], scores[short], more, their_scores)
        if choice.diversity > 0:
            relevance = standardised(scores, (products >= 0) & ~fallback) + standardised(scores, fallback) - fallback
            chosen = varied(relevance, products, self.grounds.vectors, top=choice.top, diversity=choice.diversity)
            taken = np.maximum(chosen, 0)
            products = np.where(chosen >= 0, np.take_along_axis(products, taken, axis=1), -1)
            scores, fallback = (np.take_along_axis(each, taken, axis=1) for each in (scores, fallback))
        place = places_in(whole, products, scores, rank_is_place=not choice.narrows and choice.diversity == 0)
        return self.listed(asked, rows, products, scores, place=np.where(fallback, 0, place), fallback=fallback)

    def _spare(self, left: np.ndarray, asked: Asked, rows: np.ndarray, choice: Choice) -> tuple[np.ndarray, np.ndarray]:
        """What is popular, for the rows where the method leaves places empty that it could have filled; and those rows."""
        said = left > -np.inf
        short = np.flatnonzero(np.count_nonzero(said, axis=1) < choice.top)
        part = asked.part(short)
        spare = self._asked_for(self.fallback.scores(part), part)
        choice.leave_out(spare, rows[short])
        spare[said[short]] = -np.inf
        return spare, short

    def listed(self, asked: Asked, rows: np.ndarray, products: np.ndarray, scores: np.ndarray, *, place: np.ndarray,
               fallback: np.ndarray | None = None) -> Listed:
        """The offers of these products (n x top, -1 empty) with what the method says for each of them."""
        fallback = np.zeros(products.shape, dtype=bool) if fallback is None else fallback
        speaks = np.where(fallback, -1, products)
        because = self.recommender.because(asked, speaks)
        similar = np.zeros((2, *products.shape), dtype=np.int64)
        if hasattr(self.recommender, "similar_buyers") and (speaks >= 0).any():
            similar[0], similar[1] = self.recommender.similar_buyers(asked, speaks)
        row, rank = np.nonzero(products >= 0)
        at = (row, rank)
        return Listed(rows[row], rank + 1, products[at], scores[at].astype(float), place[at], because[at], fallback[at],
                      similar[0][at], similar[1][at])

    def table(self, asked: Asked, listed: Listed) -> pd.DataFrame:
        """The offers with their worth, their reasons and what the customer already did with the product."""
        product, row = listed.product, listed.row
        history = self.grounds.history
        code = asked.codes[row]
        chance = np.full(len(row), np.nan)
        # Chances were learned from lists that the method made from purchases: they hold for no others.
        known = ~listed.fallback & (np.diff(asked.owned.indptr)[row] > 0)
        if self.chances is not None and known.any():
            chance[known] = self.chances.of(listed.place[known], listed.score[known])
        reasons = why(self.grounds, self.recommender, asked, listed, question=self.question)
        because = reasons.pop("because")
        before = history.find(code, product)
        because_before = history.find(code, because)
        reason = reasons.pop("reason")
        found = {
            "customer_id": asked.customer_ids[row].astype(np.int64),
            "product_id": self.purchases.product_ids[product],
            "rank": listed.rank.astype(np.int64),
            "score": listed.score,
            "chance": chance,
            "usual_amount": self.usual_amount[product],
            "expected_amount": chance * self.usual_amount[product],
            "reason": pd.Categorical.from_codes(reason, list(REASONS)),
            "because_product_id": np.where(because >= 0, self.purchases.product_ids[because], 0),
            "because_on": history.last_on(because_before).astype("datetime64[us]"),
            **reasons,
            "bought_before": before >= 0,
            "times_bought": at(history.times, before, 0),
            "days_since": history.days_since(before, self.purchases.as_of),
            "usual_gap_days": at(history.gap, before, np.nan),
            "gap_is_own": at(history.gap_is_own, before, False),
            "place": listed.place.astype(np.int64),
        }
        return pd.DataFrame({name: found[name] for name in COLUMNS})
