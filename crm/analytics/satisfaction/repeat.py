"""Satisfaction and purchases: do customers who said they were happy order again more often, and leave less often?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import FEW_ANSWERS, METRICS, Scores, on_common_scale, read_scores
from crm.analytics.satisfaction.scores import DETRACTOR_TO, PROMOTER_FROM, Z, wilson
from crm.errors import InvalidInput, NotEnoughData

LEVELS = ("low", "middle", "high")
MOST_POINTS = 7  # scales with more are told in the three levels
ORDERS_BEFORE = (2, 3, 6)  # one order, two, three to five, more: who has ordered often comes back anyway


@dataclass(frozen=True)
class Difference:
    """How much larger a share is (low to high: 95 %), as a difference of shares, -1 to 1; n customers in all."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_shown(self) -> bool:
        """Whether chance alone would not explain it: the interval does not hold 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class AfterAnswers:
    """What customers did after their first answer, by how they scored.

    rows, one an answer class from the lowest score (then, last, level "none": customers who had not answered): label (the
    score, or "low", "middle", "high"; "" for "none"), level, n, came_back, share, low, high (Wilson; bought again within
    horizon_days), few, n_left (whose leaving_days are over), left, left_share, left_low, left_high.
    trend_z, trend_p_value: Cochran-Armitage test of a steady rise (above 0) or fall of the share over the classes (None where
    it cannot be told); difference: high less low, as found (Newcombe's interval); adjusted: the same among customers with equally many
    orders before and equally recent ones (Mantel-Haenszel, Sato's interval); leaving: who left, low less high. None where a
    side is empty. too_early: known customers whose period is not over; not_buyers: those who had not bought before.
    """

    metric: str
    rows: pd.DataFrame
    trend_z: float | None
    trend_p_value: float | None
    difference: Difference | None
    adjusted: Difference | None
    leaving: Difference | None
    horizon_days: int
    leaving_days: int
    customers: int
    too_early: int
    not_buyers: int
    as_of: dt.date


def after_answers(
    answers: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    horizon_days: int = 180,
    leaving_days: int = 365,
    metric: str | None = None,
    random_state: int = 0,
) -> AfterAnswers:
    """Who bought again within `horizon_days` of an answer, and who bought nothing for `leaving_days`, by score.

    Each customer counts once, by the first answer given as a buyer, so that nothing that came later chose it; only answers
    whose period is over by `as_of` count. Customers who had not answered are followed from one of their orders, drawn by
    lot, as long after it as answers usually come. `metric`: by default csat where at least 30 customers count by it, else the
    one by which most do.
    That one comes with the other is no proof that it is its cause. Raises NotEnoughData where no answer's period is over,
    InvalidInput for periods below a day.
    """
    return after_answers_of(read_scores(answers, as_of=as_of), orders, as_of=as_of, horizon_days=horizon_days,
                        leaving_days=leaving_days, metric=metric, random_state=random_state)


def after_answers_of(
    scores: Scores, orders: pd.DataFrame, *, as_of: dt.date, horizon_days: int, leaving_days: int, metric: str | None,
    random_state: int = 0,
) -> AfterAnswers:
    """The same for scores that are read already."""
    if horizon_days < 1 or leaving_days < 1:
        raise InvalidInput("The time to look ahead must be at least one day.")
    last = day_number(as_of)
    buys = Purchases.read(orders, last=last)
    if len(buys.customers) == 0:
        raise NotEnoughData(f"What customers buy after an answer needs orders; up to {as_of} there are 0.")
    if metric is None:
        metric = most_telling(scores, buys, last=last - horizon_days)
    elif metric not in METRICS:
        raise InvalidInput(f"There is no score {metric!r}; choose one of {', '.join(METRICS)}.")
    said = by_day(scores, metric)
    if said.empty:
        raise NotEnoughData("What customers buy after an answer needs scores of known customers; there are 0.")
    first = first_as_buyer(said, buys)
    not_buyers = said.loc[~np.isin(said["customer_id"], first["customer_id"]), "customer_id"].nunique()
    over = (first["day"] + horizon_days <= last).to_numpy()
    used = first[over].reset_index(drop=True)
    if used.empty:
        raise NotEnoughData(
            f"What customers buy after an answer needs answers of customers who had bought before, given at least {horizon_days} "
            f"days before {as_of}; there are 0 ({len(first):,} such customers answered later)."
        )
    customer, day = used["customer_id"].to_numpy(), used["day"].to_numpy()
    back = buys.orders_between(customer, day, day + horizon_days) > 0
    left = np.where(day + leaving_days <= last, buys.orders_between(customer, day, day + leaving_days) == 0, np.nan)
    point, low, high = used["score"].to_numpy(), float(used["low"].iloc[0]), float(used["high"].iloc[0])
    level = level_of(point, low, high, metric)
    rows = class_rows(point, level, back, left, low=low, high=high, metric=metric)
    recency = day - buys.last_until(customer, day)
    silent_customer, silent_day = not_answered(
        scores, buys, last=last - horizon_days, lag=int(np.median(recency)), random_state=random_state
    )
    silent_back = buys.orders_between(silent_customer, silent_day, silent_day + horizon_days) > 0
    silent_left = np.where(silent_day + leaving_days <= last,
                           buys.orders_between(silent_customer, silent_day, silent_day + leaving_days) == 0, np.nan)
    rows.append(figures("", "none", silent_back, silent_left))
    trend_z, trend_p_value = steady(np.unique(point, return_inverse=True)[1], back)
    strata = stratum_of(buys.orders_until(customer, day), recency)
    is_low, is_high = level == 0, level == 2
    return AfterAnswers(
        metric=metric,
        rows=pd.DataFrame(rows),
        trend_z=trend_z,
        trend_p_value=trend_p_value,
        difference=newcombe(back[is_high], back[is_low]),
        adjusted=mantel_haenszel(back, is_high, is_low, strata),
        leaving=newcombe(left[is_low & ~np.isnan(left)], left[is_high & ~np.isnan(left)]),
        horizon_days=horizon_days,
        leaving_days=leaving_days,
        customers=len(used),
        too_early=int((~over).sum()),
        not_buyers=int(not_buyers),
        as_of=as_of,
    )


@dataclass(frozen=True, eq=False)
class Purchases:
    """Purchases by customer and day, so that those of a time are counted without a loop."""

    customers: np.ndarray  # sorted, each once
    key: np.ndarray  # place of the customer * span + day, sorted
    origin: int
    span: int

    @classmethod
    def read(cls, orders: pd.DataFrame, *, last: int) -> Purchases:
        """Orders that are purchases, up to the day `last`."""
        day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
        used = orders["is_purchase"].to_numpy(dtype=bool) & (day <= last)
        customers, place = np.unique(orders["customer_id"].to_numpy()[used], return_inverse=True)
        day = day[used]
        origin = int(day.min(initial=last)) - 1
        span = max(last - origin, 1) + 2
        return cls(customers, np.sort(place * span + (day - origin)), origin, span)

    def orders_until(self, customer: np.ndarray, day: np.ndarray) -> np.ndarray:
        """How many orders each customer had placed up to and including the day."""
        start, stop, known = self._place(customer, day)
        return np.where(known, stop - start, 0)

    def orders_between(self, customer: np.ndarray, day: np.ndarray, until: np.ndarray) -> np.ndarray:
        """How many after `day`, up to and including `until`."""
        return self.orders_until(customer, until) - self.orders_until(customer, day)

    def last_until(self, customer: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The day of the last order up to the day; for customers who had one."""
        _, stop, _ = self._place(customer, day)
        return self.key[np.maximum(stop - 1, 0)] % self.span + self.origin

    def _place(self, customer: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.minimum(np.searchsorted(self.customers, customer), max(len(self.customers) - 1, 0))
        known = self.customers[place] == customer
        offset = np.clip(day - self.origin, 0, self.span - 1)
        start = np.searchsorted(self.key, place * self.span)
        return start, np.searchsorted(self.key, place * self.span + offset, side="right"), known


def by_day(scores: Scores, metric: str) -> pd.DataFrame:
    """One row a known customer and day, by day: customer_id, day, score (their mean, on the scale used most, to the whole
    point), low and high (the scale's ends)."""
    chosen = scores.metric(metric)
    every = np.zeros(len(scores.score), dtype=np.int64)
    score, low, high = on_common_scale(scores, every, chosen, keys=1)
    known = scores.customer[chosen] > 0
    table = pd.DataFrame({"customer_id": scores.customer[chosen][known], "day": scores.day[chosen][known], "score": score[known]})
    table = table.groupby(["day", "customer_id"], as_index=False)["score"].mean()
    steps = np.floor(table["score"] + 0.5)  # whole points; a half goes up
    return table.assign(score=steps, low=low[0], high=high[0])[["customer_id", "day", "score", "low", "high"]]


def first_as_buyer(said: pd.DataFrame, buys: Purchases) -> pd.DataFrame:
    """The first row (of `by_day`) of each customer that was given after an order."""
    known = buys.orders_until(said["customer_id"].to_numpy(), said["day"].to_numpy()) > 0
    return said[known].drop_duplicates("customer_id")  # by day already


def most_telling(scores: Scores, buys: Purchases, *, last: int) -> str:
    """csat where the first answers of at least FEW_ANSWERS buyers were given up to the day `last`, else the metric with most such
    buyers; where there are none yet, with most buyers, then with most answers of known customers."""
    found = {}
    for name in ("csat", "nps", "likert", "ces"):  # the first of equals is taken
        said = by_day(scores, name)
        first = first_as_buyer(said, buys)
        found[name] = (int((first["day"] <= last).sum()), len(first), len(said))
        if name == "csat" and found[name][0] >= FEW_ANSWERS:
            break
    return max(found, key=found.__getitem__)


def level_of(point: np.ndarray, low: float, high: float, metric: str) -> np.ndarray:
    """0 low, 1 middle, 2 high. NPS by its own classes; else below the scale's middle is low, its two best points are high
    (the best one of three points or fewer, the upper fifth of more than eleven).

    >>> level_of(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 1, 5, "csat").tolist()
    [0, 0, 1, 2, 2]
    """
    from crm.analytics.satisfaction.answers import in_top_boxes

    if metric == "nps":
        return np.where(point <= DETRACTOR_TO, 0, np.where(point >= PROMOTER_FROM, 2, 1))
    top = in_top_boxes(point, np.full(len(point), low), np.full(len(point), high))
    return np.where(top, 2, np.where(point < (low + high) / 2, 0, 1))


def class_rows(
    point: np.ndarray, level: np.ndarray, back: np.ndarray, left: np.ndarray, *, low: float, high: float, metric: str
) -> list[dict]:
    """A row a score, or a level where the scale has many points; the lowest first."""
    if metric == "nps" or high - low + 1 > MOST_POINTS:
        return [figures(LEVELS[number], LEVELS[number], back[level == number], left[level == number])
                for number in np.unique(level)]
    return [figures(f"{score:g}", LEVELS[level[point == score][0]], back[point == score], left[point == score])
            for score in np.unique(point)]


def figures(label: str, level: str, back: np.ndarray, left: np.ndarray) -> dict:
    """One row of AfterAnswers.rows."""
    n, came_back = len(back), int(back.sum())
    low, high = wilson(came_back, n)
    told = left[~np.isnan(left)]
    gone = int(told.sum())
    left_low, left_high = wilson(gone, len(told))
    return {"label": label, "level": level, "n": n, "came_back": came_back, "share": came_back / n if n else np.nan,
            "low": float(low), "high": float(high), "few": n < FEW_ANSWERS, "n_left": len(told), "left": gone,
            "left_share": gone / len(told) if len(told) else np.nan, "left_low": float(left_low), "left_high": float(left_high)}


def not_answered(
    scores: Scores, buys: Purchases, *, last: int, lag: int, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Customers with a day, `lag` days after one of their orders drawn by lot, by which they had never answered.

    Only what was known on that day decides: who answers later was still somebody without an answer then. Days before
    anybody answered, and after `last`, are no candidates.
    """
    day = buys.key % buys.span + buys.origin + lag
    place = buys.key // buys.span
    answered = scores.customer > 0
    first = pd.Series(scores.day[answered]).groupby(scores.customer[answered]).min()
    asked_from = int(scores.day.min()) if len(scores.day) else last
    first_of = first.reindex(buys.customers).fillna(np.inf).to_numpy()[place]
    free = (day >= asked_from) & (day <= last) & (first_of > day)
    day, place = day[free], place[free]
    lot = np.random.default_rng(random_state).random(len(day))
    order = np.lexsort((lot, place))
    one = order[np.flatnonzero(np.diff(place[order], prepend=-1))]
    return buys.customers[place[one]], day[one]


def stratum_of(orders_before: np.ndarray, recency: np.ndarray) -> np.ndarray:
    """Customers with about as many orders before and about as recent a last one share a number."""
    return np.digitize(orders_before, ORDERS_BEFORE) * 2 + (recency > np.median(recency))


def steady(place: np.ndarray, back: np.ndarray) -> tuple[float | None, float | None]:
    """z and two-sided p-value of Cochran (1954) and Armitage (1955): do shares rise (z > 0) steadily over classes 0, 1, ...?"""
    from scipy.special import ndtr

    n, share = len(back), back.mean()
    spread = ((place - place.mean()) ** 2).sum()
    if spread == 0 or share in (0, 1):
        return None, None
    z = ((place - place.mean()) * back).sum() / np.sqrt(share * (1 - share) * spread * n / (n - 1))
    return float(z), float(2 * ndtr(-abs(z)))


def newcombe(first: np.ndarray, second: np.ndarray) -> Difference | None:
    """first's share less second's, with Newcombe's hybrid score interval (1998, method 10)."""
    if len(first) == 0 or len(second) == 0:
        return None
    a, b = first.mean(), second.mean()
    (a_low, a_high), (b_low, b_high) = wilson(first.sum(), len(first)), wilson(second.sum(), len(second))
    return Difference(float(a - b), float(a - b - np.hypot(a - a_low, b_high - b)),
                      float(a - b + np.hypot(a_high - a, b - b_low)), len(first) + len(second))


def mantel_haenszel(back: np.ndarray, first: np.ndarray, second: np.ndarray, stratum: np.ndarray) -> Difference | None:
    """first's share less second's within strata: Mantel-Haenszel's difference with Sato's variance (1989), which holds for
    few large strata and many small ones. None where no stratum has both, or where all did the same."""
    count = {name: np.bincount(stratum[mask], minlength=stratum.max(initial=0) + 1).astype(float)
             for name, mask in (("a", first), ("x", first & back), ("b", second), ("y", second & back))}
    both = (count["a"] > 0) & (count["b"] > 0)
    a, x, b, y = (count[name][both] for name in "axby")
    if not both.any():
        return None
    n = a + b
    weight = (a * b / n).sum()
    value = ((x * b - y * a) / n).sum() / weight
    part = ((a**2 * y - b**2 * x + a * b * (b - a) / 2) / n**2).sum()
    rest = ((x * (b - y) + y * (a - x)) / (2 * n)).sum()
    variance = value * part + rest
    if variance <= 1e-12:  # all came back, or nobody did: the formula would claim certainty
        return None
    half = Z * np.sqrt(variance) / weight
    return Difference(float(value), float(max(value - half, -1)), float(min(value + half, 1)), int(n.sum()))


def day_number(day: dt.date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
