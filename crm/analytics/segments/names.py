"""Group names: what is each group of customers called, what does it mean, and which one is better?"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")

# Best first. RFM uses seven of them; K-means may use any, at most once each.
SEGMENT_ORDER = (
    "Champions",
    "Best",
    "Loyal",
    "Regular",
    "New",
    "Promising",
    "Occasional",
    "At risk",
    "Fading",
    "Sleeping",
    "Lost",
    "Refunded",
)

RFM_GROUPS = ("Champions", "Loyal", "New", "Promising", "At risk", "Sleeping", "Lost")  # best first

SEGMENT_MEANINGS = {
    "Champions": "good",
    "Best": "good",
    "Loyal": "good",
    "Regular": "good",
    "New": "good",
    "Promising": "good",
    "Occasional": "good",
    "At risk": "attention",
    "Fading": "attention",
    "Sleeping": "past",
    "Lost": "past",
    "Refunded": "past",
}

# A group keeps its colour everywhere; names of the two methods that mean the same share one.
SEGMENT_COLOURS = {
    "Champions": "group0",
    "Best": "group0",
    "Loyal": "group2",
    "Regular": "group2",
    "New": "group7",
    "Promising": "group4",
    "Occasional": "group3",
    "At risk": "group1",
    "Fading": "group1",
    "Sleeping": "group6",
    "Lost": "group5",
    "Refunded": "group5",
}


def renamed(by_group: Mapping[str, T], names: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, T]:
    """SEGMENT_MEANINGS, SEGMENT_COLOURS or the like by what the owner calls the groups.

    >>> renamed({"Lost": "past"}, {"Lost": "Gone for good"})
    {'Gone for good': 'past'}
    """
    called = dict(names)
    return {called.get(group, group): content for group, content in by_group.items()}


# Where a group of that name typically lies, in deviations from the average customer on the log scale:
# (silence, orders, spend). Only the pattern matters: quiet or not, many or few.
TYPICAL_PLACES = {
    "Best": (-1.2, 1.6, 1.5),
    "Regular": (-0.6, 0.6, 0.6),
    "New": (-1.4, -0.8, -0.8),
    "Promising": (-0.8, -0.4, -0.3),
    "Occasional": (0.1, -0.1, 0.1),
    "Fading": (0.6, 0.7, 0.7),
    "Sleeping": (0.7, -0.6, -0.5),
    "Lost": (1.1, -0.9, -1.3),
    "Refunded": (0.3, -0.7, -4.5),  # nothing left after what came back
}
# Words that would be untrue of the group's usual customer, whatever place fits best.
NEEDS_ONE_ORDER = ("New",)
NEEDS_SEVERAL_ORDERS = ("Regular", "Promising")
NEVER = 1e6  # a cost that no other choice of names can outweigh


def name_groups(points: np.ndarray, labels: np.ndarray, customers: pd.DataFrame) -> dict[int, str]:
    """Number of a K-means group -> its name; unique, the best fit of all names together (Kuhn 1955).

    points: (n, 3) log-scaled recency, frequency, spend. "New" is for groups whose usual customer has ordered
    once, "Regular" and "Promising" for others.
    """
    from scipy.optimize import linear_sum_assignment

    names = list(TYPICAL_PLACES)
    places = np.array([TYPICAL_PLACES[name] for name in names])
    groups = np.unique(labels)
    centroids = np.array([points[labels == group].mean(axis=0) for group in groups])
    cost = ((centroids[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    frequency = customers["frequency"].to_numpy()
    for row, group in enumerate(groups):
        bought_once = np.median(frequency[labels == group]) <= 1
        for name in NEEDS_SEVERAL_ORDERS if bought_once else NEEDS_ONE_ORDER:
            cost[row, names.index(name)] += NEVER
    rows, columns = linear_sum_assignment(cost)
    return {int(groups[row]): names[column] for row, column in zip(rows, columns, strict=True)}
