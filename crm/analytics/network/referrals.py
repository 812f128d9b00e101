"""What did the customers spend whom others brought, and do they differ from the rest?"""

import datetime as dt
from collections import deque
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

WINDOWS_DAYS = (365, 180, 90)  # since the first order; the longest that enough customers have lived through
MIN_GROUP = 10  # customers on each side; with fewer an interval says nothing that a glance at the list does not
RESAMPLES = 1_000
MOST_BLOCKS = 2_000  # more customers are drawn in blocks of equal size: the interval of a mean stays what it was
Z_95 = 1.959964  # two-sided, normal


def brought(referrals: pd.DataFrame, spend: pd.Series) -> pd.DataFrame:
    """What each referrer brought, directly and through those brought.

    referrals: from_id (brought), to_id (by whom); nobody is brought twice. spend: net spend by customer_id; who is not
    in it spent nothing. One row a referrer, by customer_id: brought (directly), brought_in_all (all generations, each
    customer once, oneself never), spend_of_brought, value_brought (net spend of all generations), generations (the
    longest line of people who brought each other, from here), is_in_circle (the data say that A brought B and B, over
    others, A: everybody who hangs on the circle then counts as brought by each in it).
    """
    nodes = np.unique(referrals[["from_id", "to_id"]].to_numpy(dtype="int64"))
    parent = np.full(len(nodes), -1, dtype=np.int64)
    parent[np.searchsorted(nodes, referrals["from_id"])] = np.searchsorted(nodes, referrals["to_id"])
    own = spend.reindex(nodes).fillna(0.0).to_numpy(dtype=float)
    tree = _gathered(parent, own)
    has_parent = parent >= 0
    direct = np.bincount(parent[has_parent], minlength=len(nodes))
    direct_spend = np.bincount(parent[has_parent], weights=own[has_parent], minlength=len(nodes))
    found = pd.DataFrame({
        "customer_id": nodes, "brought": direct, "brought_in_all": tree.people, "spend_of_brought": _cents(direct_spend),
        "value_brought": _cents(tree.worth), "generations": tree.depth, "is_in_circle": tree.in_circle})
    return found[found["brought"] > 0].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Gathered:
    people: np.ndarray
    worth: np.ndarray
    depth: np.ndarray
    in_circle: np.ndarray


def _gathered(parent: np.ndarray, own: np.ndarray) -> _Gathered:
    """From the last generation upwards, one generation at a time; what is left at the end goes round in circles."""
    size = len(parent)
    people, depth = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    worth = np.zeros(size)
    waiting = np.bincount(parent[parent >= 0], minlength=size)
    done = np.zeros(size, dtype=bool)
    ready = np.flatnonzero(waiting == 0)
    while len(ready):
        done[ready] = True
        children = ready[parent[ready] >= 0]
        above = parent[children]
        np.add.at(people, above, people[children] + 1)
        np.add.at(worth, above, worth[children] + own[children])
        np.maximum.at(depth, above, depth[children] + 1)
        np.subtract.at(waiting, above, 1)
        above = np.unique(above)
        ready = above[waiting[above] == 0]
    for start in np.flatnonzero(~done):
        if not done[start]:
            _go_round(int(start), parent, own, people, worth, depth, done)
    return _Gathered(people, worth, depth, in_circle=waiting > 0)


def _go_round(start: int, parent, own, people, worth, depth, done) -> None:
    circle = [start]
    while (following := int(parent[circle[-1]])) != start:
        circle.append(following)
    circle.reverse()  # now each brought the next one
    ring = np.array(circle)
    done[ring] = True
    depth[ring] = _longest_lines(depth[ring])
    everybody, worth_of_all = people[ring].sum() + len(ring), worth[ring].sum() + own[ring].sum()
    people[ring] = everybody - 1
    worth[ring] = worth_of_all - own[ring]


def _longest_lines(hanging: np.ndarray) -> np.ndarray:
    """On a circle, from each place: the longest of k steps along it (fewer than its length) and down what hangs there."""
    length = len(hanging)
    reach = np.concatenate([hanging, hanging]) + np.arange(2 * length)
    window: deque[int] = deque()
    longest = np.zeros(length, dtype=np.int64)
    for place in range(2 * length - 1):
        while window and reach[window[-1]] <= reach[place]:
            window.pop()
        window.append(place)
        first = place - length + 1
        if first >= 0:
            while window[0] < first:
                window.popleft()
            longest[first] = reach[window[0]] - first
    return longest


def _cents(amounts: np.ndarray) -> np.ndarray:
    # Money has four decimals; sums in another sequence differ in the fifteenth.
    return np.round(amounts, 4)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Customers whom others brought against the rest, each in the same time after the first order.

    groups: group ("referred" | "other"), customers, mean_spend with mean_spend_low and _high (95 %, bootstrap),
    median_spend, repeat_rate (share with a purchase on a second day) with repeat_rate_low and _high (95 %, Wilson 1927).
    spend_difference, repeat_difference: (estimate, low, high) of referred minus other (bootstrap; Newcombe 1998).
    """

    window_days: int
    groups: pd.DataFrame
    spend_difference: tuple[float, float, float]
    repeat_difference: tuple[float, float, float]


def compare(orders: pd.DataFrame, referred: np.ndarray, *, as_of: dt.date, random_state: int = 0) -> Comparison:
    """Net spend and repeat rate in the first 365 days after the first purchase (180, 90 where fewer than 10 on either
    side have lived through them); who came later is on neither side, so that old and new customers compare.

    Raises NotEnoughData where fewer than 10 of either kind have lived through 90 days.
    """
    people = _first_purchases(orders, as_of=as_of)
    is_referred = np.isin(people.index.to_numpy(), referred)
    lived = (pd.Timestamp(as_of) - people["first_on"]).dt.days.to_numpy()
    for window_days in WINDOWS_DAYS:
        old_enough = lived >= window_days
        counts = [int((old_enough & side).sum()) for side in (is_referred, ~is_referred)]
        if min(counts) >= MIN_GROUP:
            break
    else:
        raise NotEnoughData(
            f"To compare customers whom others brought with the rest, {MIN_GROUP} of each must have bought first at least "
            f"{WINDOWS_DAYS[-1]} days ago; there are {counts[0]:,} and {counts[1]:,}.")
    spent, came_back = _within(orders, people["first_on"], window_days=window_days)
    sides = [(spent[chosen], came_back[chosen]) for chosen in (old_enough & is_referred, old_enough & ~is_referred)]
    draw = np.random.default_rng(random_state)
    means = [_resampled_means(spend, draw) for spend, _ in sides]
    rates = [(int(back.sum()), len(back)) for _, back in sides]
    rows = []
    for group, (spend, back), drawn, rate in zip(("referred", "other"), sides, means, rates, strict=True):
        low, high = np.quantile(drawn, [0.025, 0.975])
        rows.append((group, len(spend), spend.mean(), low, high, np.median(spend), back.mean(), *wilson(*rate)))
    groups = pd.DataFrame(rows, columns=[
        "group", "customers", "mean_spend", "mean_spend_low", "mean_spend_high", "median_spend", "repeat_rate",
        "repeat_rate_low", "repeat_rate_high"])
    low, high = np.quantile(means[0] - means[1], [0.025, 0.975])
    return Comparison(window_days, groups, (float(groups["mean_spend"][0] - groups["mean_spend"][1]), float(low), float(high)),
                      newcombe(*rates[0], *rates[1]))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927).

    >>> [round(end, 4) for end in wilson(15, 20)]
    [0.5313, 0.8881]
    """
    share, z2 = hits / of, Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 * np.sqrt(share * (1 - share) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def newcombe(hits: int, of: int, other_hits: int, other_of: int) -> tuple[float, float, float]:
    """The difference of two shares with its 95 % interval (Newcombe 1998, method 10).

    >>> [round(figure, 4) for figure in newcombe(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    one, other = hits / of, other_hits / other_of
    (low, high), (other_low, other_high) = wilson(hits, of), wilson(other_hits, other_of)
    difference = one - other
    return (difference, difference - float(np.hypot(one - low, other_high - other)),
            difference + float(np.hypot(high - one, other - other_low)))


def _first_purchases(orders: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    bought = orders[orders["is_purchase"].to_numpy(dtype=bool) & (orders["ordered_on"] <= pd.Timestamp(as_of)).to_numpy()]
    return bought.groupby("customer_id")["ordered_on"].min().to_frame("first_on")


def _within(orders: pd.DataFrame, first_on: pd.Series, *, window_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Net spend in the window of each customer, and whether a purchase was made on a later day in it."""
    begun = orders["customer_id"].map(first_on)
    days = (orders["ordered_on"] - begun).dt.days
    inside = orders[(days >= 0) & (days < window_days)]
    spent = inside.groupby("customer_id")["net_amount"].sum().reindex(first_on.index).fillna(0.0)
    later = inside[inside["is_purchase"].to_numpy(dtype=bool) & (inside["ordered_on"] > begun[inside.index])]
    return _cents(spent.to_numpy(dtype=float)), np.isin(first_on.index.to_numpy(), later["customer_id"].to_numpy())


def _resampled_means(spend: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Means of customers drawn anew with replacement (Efron 1979)."""
    if len(spend) > MOST_BLOCKS:
        kept = draw.permutation(len(spend))
        spend = np.array([block.mean() for block in np.array_split(spend[kept], MOST_BLOCKS)])
    return spend[draw.integers(0, len(spend), (RESAMPLES, len(spend)))].mean(axis=1)
