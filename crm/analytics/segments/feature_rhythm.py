"""Rhythm: how long between two orders of a customer, how regularly, and how overdue is the next one?"""

import datetime as dt

import numpy as np
import pandas as pd

RHYTHM = ("typical_gap_days", "gap_irregularity", "overdue")


def rhythm(orders: pd.DataFrame, customer_place: np.ndarray, recency_days: np.ndarray, *, as_of: dt.date) -> dict[str, np.ndarray]:
    """The features in RHYTHM, one float64 a customer, NaN where there are too few days with a purchase.

    customer_place: (rows of orders,) which customer, -1 for none. recency_days: (customers,) days since the last purchase.

    typical_gap_days: the median of the days between one day with a purchase and the next (>= 1); NaN below two such days.
    gap_irregularity: the coefficient of variation of these gaps, their sample deviation over their mean (0: like
    clockwork, 1: as irregular as chance, that is a Poisson process); NaN below three days with a purchase.
    overdue: recency_days over typical_gap_days (1: the next order is due today, 3: three gaps have passed).
    """
    n_customers = len(recency_days)
    day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    last = int(np.datetime64(as_of, "D").astype("int64"))
    counted = orders["is_purchase"].to_numpy(dtype=bool) & (day <= last) & (customer_place >= 0)
    if not counted.any():
        return {name: np.full(n_customers, np.nan) for name in RHYTHM}
    day, place = day[counted], customer_place[counted]
    first = day.min()
    span = int(last - first + 1)
    # Customer and day in one number: one plain sort puts all days of a customer beside each other.
    moment = np.sort(place * span + (day - first))
    moment = moment[np.diff(moment, prepend=-1) != 0]
    place, day = moment // span, moment % span
    follows = np.flatnonzero(place[1:] == place[:-1])
    gap, place = day[follows + 1] - day[follows], place[follows]

    gaps = np.bincount(place, minlength=n_customers)
    gap_sorted = np.sort(place * span + gap) % span  # customers are in order already, so theirs stay together
    start = np.cumsum(gaps) - gaps
    some, several = gaps > 0, gaps > 1
    typical = np.full(n_customers, np.nan)
    typical[some] = (gap_sorted[(start + (gaps - 1) // 2)[some]] + gap_sorted[(start + gaps // 2)[some]]) / 2
    # Sums of whole days are exact, whatever the order of the rows.
    total = np.bincount(place, weights=gap, minlength=n_customers)[several]
    squares = np.bincount(place, weights=gap.astype(float) ** 2, minlength=n_customers)[several]
    count = gaps[several]
    irregularity = np.full(n_customers, np.nan)
    irregularity[several] = np.sqrt((count * squares - total**2) / (count * (count - 1))) / (total / count)
    return {"typical_gap_days": typical, "gap_irregularity": irregularity, "overdue": recency_days / typical}
