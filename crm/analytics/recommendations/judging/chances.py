"""Chances: how likely is it that a customer's next order holds what the list names?

Counted, not assumed: the last order day of customers who came back is hidden, the method makes the lists it would have made,
and what stood at each place is looked up in that order. All customers drawn count, also those whose order held nothing that
could have been listed. So a chance is about the next order of somebody who orders again, not about whether they do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.recommendations.judging.asking import grid_of, learner, lists, methods_of
from crm.analytics.recommendations.judging.comparing import Comparison
from crm.analytics.recommendations.judging.intervals import LEVEL, resampled_weights, standard_error, wilson
from crm.analytics.recommendations.judging.measures import hits
from crm.analytics.recommendations.judging.monotone import falling
from crm.analytics.recommendations.judging.splits import Split, split
from crm.analytics.recommendations.judging.steps import Steps
from crm.analytics.recommendations.purchases import Purchases
from crm.errors import InvalidInput, NotEnoughData

USUAL_LENGTH = 10  # of a list: the places by which it is told whether places or scores foresee better
DEPTH = 100  # places of a list; nobody asks for longer ones
CUSTOMERS = 2_000  # enough to tell the chance of a place to a point or two
RESAMPLES = 400  # of customers; the ends of the interval rest on ten draws each
SCORE_STEPS = 25  # of equally many cases; the highest is then seen often enough not to boast
MIN_CASES = 40  # in a step of the scores
PARTS = 5  # of the customers, to tell whether places or scores foresee better
RANK_FROM = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25, 30, 40, 50, 70])  # where each step of places begins
FEW_FOUND = 10  # fewer in a step, and resampling no longer tells how uncertain its chance is
MIN_CHANCE = 1e-6  # so that a surprise costs much, but not without end


@dataclass(frozen=True, eq=False)
class Chances:
    """by: "rank" (the place on the list) or "score". Places decide, unless scores foresaw the hidden orders better by more
    than one standard error twice: of other customers, and learned from the orders before those (scores drift as customers
    buy more; what a place is worth hardly does).

    ranks: one row a step of places: rank_from, rank_to, cases, found, chance, low, high (95 %, bootstrap over customers).
    scores: the same by score_from (the lowest score of the step), highest first; None where `by` is "rank".
    customers: whose hidden orders were looked up. depth: places looked at. No chance lies above the highest share seen.
    """

    question: str
    method: str
    parameters: dict
    by: str
    ranks: pd.DataFrame
    scores: pd.DataFrame | None
    customers: int
    depth: int
    exclude_recent_days: int
    as_of: dt.date
    random_state: int

    def of(self, rank: np.ndarray, score: np.ndarray | None = None) -> np.ndarray:
        """The chance (0 to 1) of what stands at these places (1 is the first) with these scores, in the shape of `rank`.

        NaN where nothing is listed (rank below 1, score not finite) and beyond the places that were looked at. Without
        scores the places decide.
        """
        return self._figure("chance", rank, score)

    def interval(self, rank: np.ndarray, score: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Low and high of the chance, 95 %."""
        return self._figure("low", rank, score), self._figure("high", rank, score)

    def _figure(self, column: str, rank: np.ndarray, score: np.ndarray | None) -> np.ndarray:
        rank = np.asarray(rank, dtype=float)
        known = (rank >= 1) & (rank <= self.depth)
        if self.scores is None or score is None:
            steps = self.ranks
            step = np.searchsorted(steps["rank_from"].to_numpy(), np.where(known, rank, 1), side="right") - 1
        else:
            steps = self.scores
            score = np.asarray(score, dtype=float)
            known &= np.isfinite(score)
            step = _step_of_score(np.where(known, score, 0.0), steps["score_from"].to_numpy())
        return np.where(known, steps[column].to_numpy()[step], np.nan)


def chances(purchases: Purchases, comparison: Comparison | None = None, *, question: str = "new", method: str | None = None,
            parameters: dict | None = None, customers: int = CUSTOMERS, depth: int = DEPTH, groups: pd.Series | None = None,
            exclude_recent_days: int = 0, random_state: int = 0, progress: Callable[[float, str], None] | None = None,
            cancelled: Callable[[], bool] | None = None) -> Chances:
    """The chances of a method's lists: of `method`, or of the method that a `comparison` proposed, with its settings.

    Up to `customers` customers with orders on two days or more are drawn by chance, and lists of `depth` are looked up in
    their last one. Give `groups` and `exclude_recent_days` as the lists will have them (a comparison brings its own days and
    question). Raises NotEnoughData below 20 such customers, InvalidInput for what does not exist, Cancelled when told to stop.
    """
    if comparison is not None:
        question, exclude_recent_days = comparison.question, comparison.exclude_recent_days
        method = method or comparison.proposed
        parameters = comparison.parameters.get(method) if parameters is None else parameters
    if method not in methods_of(question):
        raise InvalidInput(f"There is no method “{method}” here; choose from {', '.join(methods_of(question))}.", field="method")
    if depth < 1 or customers < 1:
        raise InvalidInput("Chances need lists of at least 1 product, and customers.", field="depth" if depth < 1 else "customers")
    steps = Steps(progress, cancelled, n_steps=4)
    steps.begin("orders")
    hidden = split(purchases, "last_order", customers=customers, groups=groups, random_state=random_state)
    settings = {**grid_of(question, method)[0], **(parameters or {})}

    def looked_up(hidden: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        steps.begin(method)
        made = learner(question, hidden.training, method=method, parameters=settings, groups=groups,
                       exclude_recent_days=exclude_recent_days, random_state=random_state)
        places, scores = lists(made, hidden, question, np.arange(len(hidden.asked)), top=depth, before_each=steps.go_on)
        return places >= 0, scores, hits(places, hidden.truth(question))

    listed, scores, found = looked_up(hidden)
    by_rank, by_score = curves(listed, scores, found, random_state=random_state)
    if by_score is not None:
        try:
            earlier = split(hidden.training, "last_order", customers=customers, groups=groups, random_state=random_state)
            before = curves(*looked_up(earlier), random_state=random_state)
        except NotEnoughData:
            before = (None, None)
        if not _score_holds_later(*before, listed, scores, found):
            by_score = None
    steps.begin("chances")
    return Chances(question=question, method=method, parameters=settings, by="rank" if by_score is None else "score", ranks=by_rank,
                   scores=by_score, customers=len(listed), depth=listed.shape[1], exclude_recent_days=exclude_recent_days,
                   as_of=purchases.as_of, random_state=random_state)


def _score_holds_later(by_rank: pd.DataFrame | None, by_score: pd.DataFrame | None, listed: np.ndarray, scores: np.ndarray,
                       found: np.ndarray) -> bool:
    """Whether scores foresee these orders better than places do, both learned from the orders before."""
    if by_score is None:
        return False
    place = np.searchsorted(by_rank["rank_from"].to_numpy(), np.arange(1, listed.shape[1] + 1), side="right") - 1
    step = np.where(listed, _step_of_score(scores, by_score["score_from"].to_numpy()), 0)
    lead = (_log_losses(by_rank["chance"].to_numpy()[place], found) - _log_losses(by_score["chance"].to_numpy()[step], found))
    lead = (lead * listed)[:, :USUAL_LENGTH].sum(axis=1)
    return bool(lead.mean() > standard_error(lead))


def _log_losses(chance: np.ndarray, found: np.ndarray) -> np.ndarray:
    chance = np.clip(np.nan_to_num(chance, nan=0.0), MIN_CHANCE, 1 - MIN_CHANCE)
    return -np.where(found, np.log(chance), np.log1p(-chance))


def curves(listed: np.ndarray, scores: np.ndarray, found: np.ndarray, *, random_state: int = 0) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """How the chance falls along the lists: the tables `ranks` and `scores` of Chances.

    listed, found: (customers, places) bool; scores in the same shape. Raises NotEnoughData where nothing is listed.
    """
    if not listed.any():
        raise NotEnoughData("Chances need lists, and nothing could be listed for anybody whose last order was looked at.")
    rank_from = RANK_FROM[listed.shape[1] >= RANK_FROM]
    by_rank = np.where(listed, np.searchsorted(rank_from, np.arange(1, listed.shape[1] + 1), side="right") - 1, -1)
    score_from = _score_steps(scores[listed])
    by_score = np.where(listed, _step_of_score(scores, score_from), -1)
    rank_to = np.append(rank_from[1:] - 1, listed.shape[1])
    places = _curve({"rank_from": rank_from, "rank_to": rank_to}, by_rank, found, random_state=random_state)
    usual = slice(0, USUAL_LENGTH)
    lead = _losses(by_rank, found, len(rank_from), told=usual) - _losses(by_score, found, len(score_from), told=usual)
    if len(lead) < PARTS or lead.mean() <= standard_error(lead):
        return places, None
    return places, _curve({"score_from": score_from}, by_score, found, random_state=random_state)


def _curve(steps: dict[str, np.ndarray], step: np.ndarray, found: np.ndarray, *, random_state: int) -> pd.DataFrame:
    size = len(next(iter(steps.values())))
    each_found, each_cases = _by_step(step, found, size)
    cases, hits_of_step = each_cases.sum(axis=0), each_found.sum(axis=0)
    chance = falling(hits_of_step, cases)
    low, high = _interval(each_found, each_cases, chance, random_state=random_state)
    return pd.DataFrame({**steps, "cases": cases.astype(np.int64), "found": hits_of_step.astype(np.int64), "chance": chance,
                         "low": low, "high": high})


def _score_steps(scores: np.ndarray) -> np.ndarray:
    """Where each step begins, highest first: steps of about equally many scores, more of them among the highest."""
    size = len(scores)
    # Ever finer towards the top, where the chances differ: halves, as long as enough cases are left.
    share = np.unique(np.concatenate([np.linspace(0, 1, SCORE_STEPS + 1)[1:], 0.5 ** np.arange(1, 12)]))
    share = share[(share * size >= min(MIN_CASES, size))]
    ordered = np.sort(scores)[::-1]
    begins = np.unique(ordered[np.minimum((share * size).astype(np.int64), size) - 1])[::-1]
    begins[-1] = -np.inf  # a score lower than any seen has the chance of the lowest
    return begins


def _step_of_score(scores: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """The step, highest first, that a score falls into."""
    return len(begins) - np.searchsorted(begins[::-1], scores, side="right")


def _by_step(step: np.ndarray, found: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(customers, steps): found, and cases."""
    customers = len(step)
    listed = step >= 0
    cell = (np.arange(customers)[:, None] * size + step)[listed]
    cases = np.bincount(cell, minlength=customers * size).reshape(customers, size)
    hit = np.bincount(cell, found[listed], minlength=customers * size).reshape(customers, size)
    return hit.astype(np.float32), cases.astype(np.float32)


def _losses(step: np.ndarray, found: np.ndarray, size: int, *, told: slice) -> np.ndarray:
    """(customers,) log loss of the places `told` of each list, with chances learned from the customers of the other parts."""
    hit, cases = _by_step(step, found, size)
    part = np.arange(len(step)) % PARTS
    loss = np.zeros(len(step))
    for number in range(PARTS):
        mine = part == number
        if mine.all() or not mine.any():
            continue
        chance = falling(hit[~mine].sum(axis=0), cases[~mine].sum(axis=0))
        mine_step = step[mine][:, told]
        loss[mine] = (_log_losses(chance[mine_step], found[mine][:, told]) * (mine_step >= 0)).sum(axis=1)
    return loss


def _interval(hit: np.ndarray, cases: np.ndarray, chance: np.ndarray, *, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % of the falling curve over resampled customers; where next to nothing was found, not narrower than so few customers
    can tell (Wilson): what was never found would else be impossible for certain."""
    weights = resampled_weights(len(hit), resamples=RESAMPLES, random_state=random_state)
    drawn = falling(weights @ hit, weights @ cases)
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    least, most = wilson(chance, np.count_nonzero(cases, axis=0))
    few = (hit.sum(axis=0) < FEW_FOUND) & (cases.sum(axis=0) > 0)
    low, high = np.where(few, np.minimum(low, least), low), np.where(few, np.maximum(high, most), high)
    # The chance falls: what bounds a step from above bounds the later ones too, and from below the earlier ones.
    return np.minimum(np.maximum.accumulate(low[::-1])[::-1], chance), np.maximum(np.minimum.accumulate(high), chance)
