"""Trend: how much of a product is sold a month, and is this more or less than a year before, beyond chance?

The same months of two years are compared, so that a season is no growth. Orders come by chance: had a product sold as well as
before, its share of both years together would still not be exactly a half. How far it may stray is told by the product's own
months (quasi-Poisson: McCullagh & Nelder 1989, chapter 9.2), and is never less than orders of these sizes at random moments
would give (a compound Poisson process).
"""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.products.lines import (
    MONEY_STEPS,
    counted,
    different,
    first_days,
    is_sale,
    last_whole_month,
    months_of,
    steps,
)
from crm.errors import InvalidInput

YEAR = 12  # months
FEWEST_MONTHS = 3  # compared with their like of a year before; two cannot tell how far months stray
FEWEST_ORDERS = 5  # in both years together; below, any range is from next to nothing to many times as much
BEGINS_BY_DAY = 3  # a shop may be closed on New Year's Day and the weekend after it; a later beginning makes no whole month
LEVEL = 0.95
FALSE_ALARMS = 0.05  # of the products that are called growing or shrinking, at most one in twenty is not (expected share)
MEASURES = ("revenue", "units", "orders")


def monthly(order_lines: pd.DataFrame, product_id: int, *, as_of: dt.date) -> pd.DataFrame:
    """One row a month from the product's first line to `as_of`, months without a sale too, by month.

    month (its first day), units and revenue (net of returns), orders (with a sale of it), sold_units and sold_revenue (before
    returns), is_complete (False: the month is not over).
    """
    lines = counted(order_lines[order_lines["product_id"].to_numpy() == product_id], as_of=as_of)
    if lines.empty:
        return pd.DataFrame({"month": first_days(np.array([])), **{name: np.array([], dtype="float64") for name in (
            "units", "revenue", "orders", "sold_units", "sold_revenue")}, "is_complete": np.array([], dtype=bool)})
    month, sale = months_of(lines["ordered_on"]), is_sale(lines)
    first, last = int(month.min()), int(months_of(np.array([as_of], dtype="datetime64[D]"))[0])
    place, size = month - first, last - first + 1
    units, amount = lines["quantity"].to_numpy(), steps(lines["amount"])
    in_month, _ = different(place[sale], lines["order_id"].to_numpy()[sale])
    return pd.DataFrame({
        "month": first_days(np.arange(first, last + 1)), "units": np.bincount(place, weights=units, minlength=size),
        "revenue": np.bincount(place, weights=amount, minlength=size) / MONEY_STEPS,
        "orders": np.bincount(in_month, minlength=size).astype("float64"),
        "sold_units": np.bincount(place[sale], weights=units[sale], minlength=size),
        "sold_revenue": np.bincount(place[sale], weights=amount[sale], minlength=size) / MONEY_STEPS,
        "is_complete": np.arange(first, last + 1) <= last_whole_month(as_of)})


def recent(order_lines: pd.DataFrame, *, as_of: dt.date, months: int = YEAR) -> pd.Series:
    """Each product's net revenue in the latest `months` months, the oldest first, the last one up to `as_of`: lists by product_id;
    products without a line in them are not in it."""
    last = int(months_of(np.array([as_of], dtype="datetime64[D]"))[0])
    lines = counted(order_lines, as_of=as_of)
    month = months_of(lines["ordered_on"])
    kept = (month > last - months) & (month <= last)
    codes, ids = pd.factorize(lines["product_id"].to_numpy()[kept], sort=True)
    place = codes * months + (month[kept] - (last - months + 1))
    table = np.bincount(place, weights=steps(lines["amount"])[kept], minlength=len(ids) * months) / MONEY_STEPS
    return pd.Series(list(table.reshape(-1, months)) if len(ids) else [], index=ids, dtype=object)


def changes(order_lines: pd.DataFrame, *, as_of: dt.date, measure: str = "revenue", months: int = YEAR,
            random_state: int = 0) -> pd.DataFrame:
    """Every product's sales (before returns) against the same months a year before, one row a product ever sold, by product_id.

    product_id; months: how many whole months are compared, up to the latest `months`, only such whose like a year before lay
    wholly after the product's first sale and the first order of all; since, until: the first and last of them (first days; NaT);
    now, before: sums of the measure ("revenue", "units" or "orders"); change: now / before - 1 (NaN: nothing before, or too
    little); low, high: its range, which holds in 95 of 100 cases (NaN below three months or five orders; high may be inf);
    p_value: of no change; q_value: the same for all products together (Benjamini & Hochberg 1995); direction: "up", "down"
    where that is at most .05, "" otherwise: a change that may be chance is none. Raises InvalidInput for another measure or number
    of months (1 to 12).
    """
    if measure not in MEASURES:
        raise InvalidInput(f"Sales cannot be compared by “{measure}”; choose one of {', '.join(MEASURES)}.", field="measure")
    if not 1 <= months <= YEAR:
        raise InvalidInput(f"{months} months; 1 to {YEAR} can be compared with the same ones a year before.", field="months")
    lines = counted(order_lines, as_of=as_of)
    lines = lines[is_sale(lines)]
    if lines.empty:
        return _table(np.array([], dtype="int64"), np.zeros((0, months)), np.zeros((0, months)), np.zeros((0, 3)), 0)
    codes, ids = pd.factorize(lines["product_id"].to_numpy(), sort=True)
    month, last = months_of(lines["ordered_on"]), last_whole_month(as_of)
    first = np.full(len(ids), np.iinfo("int64").max)
    np.minimum.at(first, codes, month)
    begun = order_lines["ordered_on"].min()
    opened = int(months_of(np.array([begun], dtype="datetime64[D]"))[0]) + (begun.day > BEGINS_BY_DAY)
    earliest = np.maximum(first + 1, opened)  # the first month that is sure to be a whole one, of each product

    kept = (month > last - months - YEAR) & (month <= last)
    codes, month, lines = codes[kept], month[kept], lines[kept]
    # One entry an order and product: an order with the product on three lines came once.
    order = pd.factorize(lines["order_id"].to_numpy())[0]
    key, entry = np.unique(codes.astype("int64") * (order.max(initial=0) + 1) + order, return_inverse=True)
    of, when = np.zeros(len(key), dtype="int64"), np.zeros(len(key), dtype="int64")
    of[entry], when[entry] = codes, month
    sizes = {"orders": lambda: np.ones(len(key)), "units": lambda: np.bincount(entry, weights=lines["quantity"], minlength=len(key)),
             "revenue": lambda: np.bincount(entry, weights=steps(lines["amount"]), minlength=len(key)) / MONEY_STEPS}[measure]()
    sizes = np.maximum(sizes, 0.0)  # a free sample is an order that brought nothing
    place = when - (last - months + 1)  # 0 .. months-1 now; the year before lies below 0
    is_now = place >= 0
    column = np.where(is_now, place, place + YEAR)
    compared = (column >= 0) & (column < months) & (last - months + 1 + column - YEAR >= earliest[of])

    def sums(of_now: bool, weights: np.ndarray) -> np.ndarray:
        chosen = compared & (is_now == of_now)
        return np.bincount(of[chosen] * months + column[chosen], weights=weights[chosen],
                           minlength=len(ids) * months).reshape(-1, months)

    moments = np.column_stack([np.bincount(of[compared], weights=weights[compared], minlength=len(ids))
                               for weights in (np.ones(len(key)), sizes, sizes**2)])
    pairs = np.clip(last - YEAR - earliest + 1, 0, months)
    return _table(ids, sums(True, sizes), sums(False, sizes), moments, pairs, last)


def _table(ids: np.ndarray, now: np.ndarray, before: np.ndarray, moments: np.ndarray, pairs, last: int = 0) -> pd.DataFrame:
    """`now`, `before`: (products, months); `moments`: orders, sum and sum of squares of their sizes; `pairs`: months compared."""
    from scipy.stats import false_discovery_control, t

    pairs = np.broadcast_to(np.asarray(pairs, dtype="int64"), len(ids))
    sum_now, sum_before = now.sum(axis=1), before.sum(axis=1)
    total = sum_now + sum_before
    orders, size, squares = moments.T
    judged = (pairs >= FEWEST_MONTHS) & (orders >= FEWEST_ORDERS) & (total > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sum_now / total
        # How far the months stray, each told from the others (HC3, MacKinnon & White 1985): strong months sway the sum most.
        both = now + before
        strayed = (((now - both * share[:, None]) / (1 - both / total[:, None])) ** 2).sum(axis=1)
        # As variance in units of the mean, at least that of orders of these sizes.
        spread = np.fmax(np.where((share > 0) & (share < 1), strayed / (total * share * (1 - share)), 0.0), squares / size)
        reach = t.ppf((1 + LEVEL) / 2, np.maximum(pairs - 1, 1))
        low, high = _wilson(share, total / spread, reach)
        p_value = 2 * t.sf(np.abs(share - 0.5) * 2 * np.sqrt(total / spread), np.maximum(pairs - 1, 1))
        change = np.where((pairs > 0) & (sum_before > 0), sum_now / sum_before - 1, np.nan)
        low, high = low / (1 - low) - 1, np.where(high < 1, high / (1 - high) - 1, np.inf)
    q_value = np.full(len(ids), np.nan)
    if judged.any():
        q_value[judged] = false_discovery_control(p_value[judged])
    sure = judged & (q_value <= FALSE_ALARMS)
    days = first_days(np.array([last + 1]) - pairs)
    known = pairs > 0
    return pd.DataFrame({
        "product_id": ids, "months": pairs, "since": np.where(known, days, np.datetime64("NaT", "us")),
        "until": np.where(known, first_days(np.array([last])), np.datetime64("NaT", "us")),
        "now": np.where(known, sum_now, np.nan), "before": np.where(known, sum_before, np.nan), "change": change,
        "low": np.where(judged, low, np.nan), "high": np.where(judged, high, np.nan),
        "p_value": np.where(judged, p_value, np.nan), "q_value": q_value,
        "direction": pd.array(np.where(sure, np.where(share > 0.5, "up", "down"), ""), dtype="str")})


def _wilson(share: np.ndarray, cases: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of a share's interval (Wilson 1927), `reach` standard errors wide: sound near 0 and 1 too."""
    middle = (share + reach**2 / (2 * cases)) / (1 + reach**2 / cases)
    half = reach / (1 + reach**2 / cases) * np.sqrt(share * (1 - share) / cases + reach**2 / (4 * cases**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
