"""Groups over time: how large was each RFM group at earlier moments, and who moved from which to which?

The moments are counted back from `as_of`, so that all periods are equally long and the last moment is today's. The borders
between the marks are the same at every moment: the owner's, or those that part today's customers into fifths. A customer
therefore changes groups by what he or she did (ordered, stayed silent, sent back) and never because others did something;
and the last moment's groups are those of `rfm_segments`. The price: orders and spend add up over the years, so that the
further one looks back, the fewer customers had the time to become good ones.
"""

import calendar
import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments import rfm
from crm.analytics.segments.features import MONEY_STEPS
from crm.analytics.segments.names import RFM_GROUPS
from crm.analytics.segments.rfm import Cuts
from crm.errors import InvalidInput, NotEnoughData

EVERY = {"month": 1, "quarter": 3}  # months
MOST_PERIODS = 60  # five years of months; more bars than that are not told apart
MIN_CUSTOMERS = 10  # two for each fifth, as for the groups of one day
NEW, GONE = "new", "gone"  # where customers come from before their first order, and go to after a long silence
ABSENT, LEFT = np.int8(-1), np.int8(len(RFM_GROUPS))  # in `codes`: no customer yet; gone


@dataclass(frozen=True, eq=False)
class History:
    """The RFM group of every customer at several moments, the oldest first.

    every: "month" or "quarter". periods: (p,) the last day that counted at each moment; the last one is `as_of`.
    cuts: the borders in use at all of them.
    sizes: period (datetime64), group, customers; every group of RFM_GROUPS at every moment, best first, zero where it was
        empty; with `gone_after_days` also "gone".
    flows: period (the later moment), from_group, to_group, customers (> 0); "new" is where first orders come from, "gone"
        where long silence leads and whence some return; who stays moves from a group to itself.
    customer_ids: (n,) sorted int64. codes: (n, p) int8, the place in RFM_GROUPS; -1 before the first order, 7 gone.
    """

    every: str
    periods: tuple[dt.date, ...]
    cuts: Cuts
    sizes: pd.DataFrame
    flows: pd.DataFrame
    customer_ids: np.ndarray
    codes: np.ndarray

    def of_customer(self, customer_id: int) -> pd.DataFrame:
        """The customer's group at each moment since the first order: period (datetime64), group; empty for who never
        bought by then."""
        place = int(np.searchsorted(self.customer_ids, customer_id))
        if place == len(self.customer_ids) or self.customer_ids[place] != customer_id:
            return pd.DataFrame({"period": _moments(()), "group": pd.Series([], dtype="str")})
        codes = self.codes[place]
        there = codes != ABSENT
        names = np.array([*RFM_GROUPS, GONE], dtype=object)[codes[there]]
        return pd.DataFrame({"period": _moments(self.periods)[there].reset_index(drop=True),
                             "group": pd.Series(names, dtype="str")})


def history(orders: pd.DataFrame, *, as_of: dt.date, periods: int = 8, every: str = "quarter",
            cuts: Cuts | tuple | None = None, gone_after_days: int | None = None) -> History:
    """The groups of the customers who had bought, at `periods` moments a month or a quarter apart, the last on `as_of`.

    orders: customer_id, ordered_on, is_purchase, net_amount; rows after `as_of` are ignored. Moments before the first
    purchase are left out. cuts: the owner's borders; where there are none, those that part the customers of `as_of` into
    fifths. gone_after_days: who has not bought for longer has left the groups and is "gone"; None: nobody ever is.

    Raises NotEnoughData below 10 customers, or where no moment before `as_of` had any; InvalidInput for other choices.
    """
    _check(periods, every, gone_after_days)
    own = rfm.checked_cuts(cuts)
    moments = period_ends(as_of, periods=periods, every=every)
    ends = np.array(moments, dtype="datetime64[D]").astype("int64")
    day, codes, customer_ids, bought, amount = _in_the_order_of_days(orders, last_day=int(ends[-1]))
    n = len(customer_ids)
    if n < MIN_CUSTOMERS:
        raise NotEnoughData(f"Groups over time need {MIN_CUSTOMERS} customers who have bought; there are {n}.")

    states = _states(day, codes, bought, amount, n=n, ends=ends)
    own = _fixed(own, states[-1])
    found = np.column_stack([_groups(state, own, gone_after_days) for state in states])
    begun = int(np.argmax((found != ABSENT).any(axis=0)))
    if begun == len(moments) - 1:
        first = np.datetime64(int(day[bought].min()), "D")
        raise NotEnoughData(f"Groups over time need orders from before {moments[-2]:%d %b %Y}; the first one is of "
                            f"{first.astype(dt.date):%d %b %Y}.")
    moments, found = moments[begun:], found[:, begun:]
    return History(every, moments, own, _sizes(moments, found, with_gone=gone_after_days is not None),
                   _flows(moments, found), customer_ids, found)


def period_ends(as_of: dt.date, *, periods: int, every: str) -> tuple[dt.date, ...]:
    """The moments, the oldest first: the same day of earlier months, the last day of a month where it is one.

    >>> [str(day) for day in period_ends(dt.date(2026, 5, 31), periods=3, every="quarter")]
    ['2025-11-30', '2026-02-28', '2026-05-31']
    """
    ends_month = as_of.day == calendar.monthrange(as_of.year, as_of.month)[1]
    found = []
    for back in range(periods - 1, -1, -1):
        year, month = divmod(as_of.year * 12 + as_of.month - 1 - back * EVERY[every], 12)
        last = calendar.monthrange(year, month + 1)[1]
        found.append(dt.date(year, month + 1, last if ends_month else min(as_of.day, last)))
    return tuple(found)


def _check(periods: int, every: str, gone_after_days: int | None) -> None:
    if every not in EVERY:
        raise InvalidInput(f"Groups over time go by {' or '.join(EVERY)}, not by {every!r}.", field="every")
    if not 2 <= periods <= MOST_PERIODS:
        raise InvalidInput(f"{periods} moments were asked for; choose 2 to {MOST_PERIODS}.", field="periods")
    if gone_after_days is not None and gone_after_days < 1:
        raise InvalidInput("Customers are gone after one day of silence at the least.", field="gone_after_days")


def _in_the_order_of_days(orders: pd.DataFrame, *, last_day: int) -> tuple[np.ndarray, ...]:
    """Day, place of the customer, whether it is a purchase and whole 1/10,000 of money a row, sorted once by day; the ids
    of the customers who ever bought, sorted."""
    day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    past = day <= last_day
    bought = orders["is_purchase"].to_numpy(dtype=bool)
    customer = orders["customer_id"].to_numpy()
    customer_ids = np.unique(customer[past & bought])
    place = np.searchsorted(customer_ids, customer)
    place[place == len(customer_ids)] = 0
    # Who never bought is no customer: what is credited to them counts nowhere.
    kept = past & (customer_ids[place] == customer) if len(customer_ids) else np.zeros(len(day), dtype=bool)
    sequence = np.flatnonzero(kept)
    sequence = sequence[np.argsort(day[sequence], kind="stable")]
    amount = np.rint(orders["net_amount"].to_numpy(dtype=float)[sequence] * MONEY_STEPS)
    return day[sequence], place[sequence], customer_ids.astype("int64"), bought[sequence], amount


def _states(day: np.ndarray, place: np.ndarray, bought: np.ndarray, amount: np.ndarray, *, n: int,
            ends: np.ndarray) -> list[pd.DataFrame]:
    """The customers' recency_days, frequency and monetary at each end: every order is looked at once, in time."""
    last_day = np.full(n, np.iinfo("int64").min // 2)
    frequency, whole_amount = np.zeros(n, dtype="int64"), np.zeros(n)
    states, begin = [], 0
    for end in ends.tolist():
        stop = int(np.searchsorted(day, end, side="right"))
        now = slice(begin, stop)
        buying = place[now][bought[now]]
        last_day[buying] = day[now][bought[now]]  # in the order of days: the latest is written last
        frequency += np.bincount(buying, minlength=n)
        whole_amount += np.bincount(place[now], weights=amount[now], minlength=n)
        states.append(pd.DataFrame({"recency_days": end - last_day, "frequency": frequency.copy(),
                                    "monetary": whole_amount / MONEY_STEPS}))
        begin = stop
    return states


def _fixed(own: Cuts, today: pd.DataFrame) -> Cuts:
    """The borders for all moments: the owner's, today's fifths where the owner has none."""
    of_today = rfm.fifths(today)
    return Cuts(*(mine if mine is not None else fifth for mine, fifth in zip(own, of_today, strict=True)))


def _groups(state: pd.DataFrame, cuts: Cuts, gone_after_days: int | None) -> np.ndarray:
    scored = rfm.rfm_scores(state, cuts=cuts)
    codes = rfm.group_codes(scored["r_score"], scored["f_score"], scored["m_score"], scored["frequency"])
    if gone_after_days is not None:
        codes = np.where(state["recency_days"].to_numpy() > gone_after_days, LEFT, codes)
    return np.where(state["frequency"].to_numpy() > 0, codes, ABSENT).astype("int8")


def _sizes(moments: tuple[dt.date, ...], found: np.ndarray, *, with_gone: bool) -> pd.DataFrame:
    groups = [*RFM_GROUPS, GONE] if with_gone else list(RFM_GROUPS)
    counted = [np.bincount(column[column != ABSENT], minlength=len(groups)) for column in found.T]
    return pd.DataFrame({
        "period": _moments(moments).repeat(len(groups)).reset_index(drop=True),
        "group": pd.Series(groups * len(moments), dtype="str"),
        "customers": np.concatenate(counted).astype("int64"),
    })


def _flows(moments: tuple[dt.date, ...], found: np.ndarray) -> pd.DataFrame:
    names = np.array([*RFM_GROUPS, GONE, NEW], dtype=object)
    new, n_names = len(names) - 1, len(names)
    moment, pairs, customers = [], [], []
    for later in range(1, len(moments)):
        there = found[:, later] != ABSENT
        before = np.where(found[there, later - 1] == ABSENT, new, found[there, later - 1]).astype("int64")
        counted = np.bincount(before * n_names + found[there, later], minlength=n_names**2)
        moved = np.flatnonzero(counted)
        moment += [moments[later]] * len(moved)
        pairs.append(moved)
        customers.append(counted[moved])
    pair = np.concatenate(pairs)
    return pd.DataFrame({"period": _moments(tuple(moment)), "from_group": pd.Series(names[pair // n_names], dtype="str"),
                         "to_group": pd.Series(names[pair % n_names], dtype="str"),
                         "customers": np.concatenate(customers).astype("int64")})


def _moments(days: tuple[dt.date, ...]) -> pd.Series:
    return pd.Series(np.array(days, dtype="datetime64[D]").astype("datetime64[us]"))
