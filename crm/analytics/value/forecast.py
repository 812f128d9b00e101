"""Forecast: what will each customer buy in the next weeks, and within which range, alone and all together?

A range of 80 % has three sources: each customer's own chance (the spread of the models), the parameters (fitted to so
many customers and no more), and the model itself, as far as it was off on later purchases when it was tested. Sums over
customers add the first as independent; the other two move all customers together.
"""

from dataclasses import dataclass

import numpy as np

from crm.analytics.value import ahead
from crm.analytics.value.bgnbd import BgNbd, Distinct, alive
from crm.analytics.value.order_size import OrderSize

CASES = 400  # behind a customer's range: its high end lay within 2 % of what 20,000 cases gave, its low one within 8 %
ROWS_AT_ONCE = 2048  # 2,048 x 400 cases stay within some megabytes
# Steps of the plane's golden ratio: points that fill cases x cases evenly, without chance (Roberts 2018).
EVENLY = (0.7548776662466927, 0.5698402909980532)


@dataclass(frozen=True, eq=False)
class Expected:
    """Sums that are to come, one element a customer: mean, own_variance (of the customer's own chance), together
    (axes of uncertainty x customers: how far the mean moves by one standard deviation, for all at once)."""

    mean: np.ndarray
    own_variance: np.ndarray
    together: np.ndarray

    def of(self, rows: np.ndarray, *, model_error: float = 0.0) -> tuple[float, float, float]:
        """Mean, low and high (80 %) of the sum over these customers; model_error is relative to the mean."""
        mean = float(self.mean[rows].sum())
        variance = float(self.own_variance[rows].sum()) + self.shared_variance(rows) + (model_error * mean) ** 2
        return mean, *spread_out(mean, variance)

    def shared_variance(self, rows: np.ndarray) -> float:
        return float((self.together[:, rows].sum(axis=1) ** 2).sum())


@dataclass(frozen=True, eq=False)
class Forecast:
    """One element a customer. alive 0..1; purchases and spend: means and uncertainty; purchases_low, purchases_high: 80 %
    range of the number; present_value: the mean spend, discounted."""

    alive: np.ndarray
    purchases: Expected
    spend: Expected
    purchases_low: np.ndarray
    purchases_high: np.ndarray
    present_value: np.ndarray


def forecast(model: BgNbd, sizes: OrderSize, seen: Distinct, *, weeks: float, yearly_discount: float = 0.0) -> Forecast:
    """What comes within `weeks` of the customers' last day that counts."""
    coming = ahead.purchases(model.parameters, seen, weeks)
    mean, second_moment = coming.mean[seen.place], coming.second_moment[seen.place]
    moved = [(ahead.mean_purchases(above, seen, weeks) - ahead.mean_purchases(below, seen, weeks)) / 2
             for above, below in model.maximum.nearby()]
    moved = np.array(moved)[:, seen.place]
    by_size = [mean * (above - below) / 2 for above, below in sizes.nearby()]
    spend = mean * sizes.mean
    once, twice = sizes.second_moments()
    discounted = ahead.discounted_purchases(model.parameters, seen, weeks, yearly_discount=yearly_discount,
                                            undiscounted=coming.mean)
    return Forecast(
        alive=alive(model.parameters, seen)[seen.place],
        purchases=Expected(mean, np.maximum(second_moment - mean**2, 0.0), moved),
        spend=Expected(spend, np.maximum(once * mean + twice * second_moment - spend**2, 0.0),
                       np.vstack([moved * sizes.mean, *by_size])),
        purchases_low=coming.low[seen.place], purchases_high=coming.high[seen.place],
        present_value=discounted[seen.place] * sizes.mean)


def spend_ranges(expected: Forecast, model: BgNbd, sizes: OrderSize, seen: Distinct, *, weeks: float,
                 model_error: float) -> tuple[np.ndarray, np.ndarray]:
    """Low and high (80 %) of every customer's own spend: the exact distribution of the number of purchases, and of what so
    many come to, widened by what moves all customers together. Equal customers get equal ranges."""
    sequences = tuple(np.argsort(np.argsort(np.arange(CASES) * step % 1.0)) for step in EVENLY)
    once = np.flatnonzero(sizes.customers.repeats == 0)
    histories, first_of_each = np.unique(seen.place[once], return_index=True)
    stand_in = np.zeros(len(seen.repeats), dtype="int64")  # one for all one-time buyers of a day
    stand_in[histories] = once[first_of_each]
    stands_for = np.arange(len(seen.place))
    stands_for[once] = stand_in[seen.place[once]]
    # Who most likely buys nothing has a range of nothing.
    rows = np.unique(stands_for[expected.purchases_high > 0])
    come_to = sizes.sums(sequences)
    low, high = np.zeros(len(seen.place)), np.zeros(len(seen.place))
    first, last = (int(round(level * CASES)) for level in ahead.RANGE)
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[begin:begin + ROWS_AT_ONCE]
        kinds, place = np.unique(seen.place[some], return_inverse=True)
        part = Distinct(seen.repeats[kinds], seen.last_days[kinds], seen.age_days[kinds], seen.customers[kinds], place)
        sums = np.partition(come_to(some, _cases(model, part, weeks)[place]), (first, last - 1), axis=1)
        low[some], high[some] = sums[:, first], sums[:, last - 1]
    low, high = low[stands_for], high[stands_for]
    mean, own = expected.spend.mean, expected.spend.own_variance
    shared = (expected.spend.together**2).sum(axis=0) + (model_error * mean) ** 2
    wider = np.sqrt(1.0 + np.divide(shared, own, out=np.zeros_like(own), where=own > 0))
    return (np.where(low < mean, np.maximum(mean - wider * (mean - low), 0.0), low),
            np.where(high > mean, mean + wider * (high - mean), high))


def _cases(model: BgNbd, seen: Distinct, weeks: float) -> np.ndarray:
    """Further purchases of each history in CASES equally likely cases, from most to fewest."""
    in_cases = np.zeros((len(seen.repeats), CASES + 1), dtype="int32")
    for _, rows, chance in ahead.chances(model.parameters, seen, weeks, down_to=0.5 / CASES):
        in_cases[rows, np.rint(chance * CASES).astype("int64")] += 1  # one more purchase in that many of the cases
    return np.cumsum(in_cases[:, :0:-1], axis=1)[:, ::-1]


def spread_out(mean: float, variance: float) -> tuple[float, float]:
    """The 80 % range of a gamma variable: never below 0, and with the longer tail above, as sums of spend have; where that
    tail is so long that nine of ten cases lie below the mean, it reaches up to the mean."""
    from scipy.special import gammaincinv

    if not (mean > 0 and variance > 0 and np.isfinite(variance)):
        return mean, mean
    shape = mean * mean / variance
    low, high = (gammaincinv(shape, level) * mean / shape for level in ahead.RANGE)
    return float(low), max(float(high), mean)
