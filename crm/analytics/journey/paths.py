"""Which ways do customers take, one step after the other, and what do these bring?

A step is an event; the same kind again is the same step. A way ends in one of ENDS: silent (no sign of life for so many days
up to as_of), early (too early to tell), or more (it goes on beyond the steps that are looked at).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.journey.events import KINDS, Events
from crm.analytics.journey.shares import FEW

ENDS = ("silent", "early", "more")
STATES = (*KINDS, *ENDS)
SILENT, EARLY, MORE = (len(KINDS) + place for place in range(len(ENDS)))
FLOW_COLUMNS = ["step", "from_kind", "to_kind", "customers", "share", "days_quarter", "days_median", "days_three_quarters"]
NEXT_COLUMNS = FLOW_COLUMNS[1:]
AFTER_DAYS = (365, 180, 90, 30)  # what a beginning brings is counted for the longest of these that thirty customers lived through
ENOUGH_AFTER = 30
BASE = len(STATES) + 1  # of the number that a way is written as


@dataclass(frozen=True, eq=False)
class Ways:
    """The steps of n customers: code, kind, day, position (from 1) as arrays by customer; length (n,) of each way,
    is_silent (n,)."""

    code: np.ndarray
    kind: np.ndarray
    day: np.ndarray
    position: np.ndarray
    length: np.ndarray
    is_silent: np.ndarray


def ways(events: Events, *, silence_days: int, without: tuple[str, ...] = ()) -> Ways:
    """Every customer's steps in time, a kind that comes again at once folded into one with its first day; kinds `without`
    are no steps."""
    n = len(events.customer_ids)
    steps = ~np.isin(events.kind, [KINDS.index(name) for name in without])
    code, kind, day = events.code[steps], events.kind[steps], events.day[steps]
    kept = (np.diff(code, prepend=-1) != 0) | (np.diff(kind, prepend=-1) != 0)
    code, kind, day = code[kept], kind[kept], day[kept]
    length = np.bincount(code, minlength=n)
    opens = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int64)
    position = np.arange(len(code)) - np.repeat(opens, length) + 1
    seen = np.full(n, np.iinfo(np.int64).min)
    np.maximum.at(seen, events.code, events.day)  # what was done for them, too: a solution starts the silence anew
    np.maximum.at(seen, events.sign_code, events.sign_day)
    return Ways(code, kind, day, position, length, events.as_of_day - seen >= silence_days)


def flows(found: Ways, *, steps: int) -> pd.DataFrame:
    """Who goes where from each of the first `steps` steps: FLOW_COLUMNS, by step, then the largest first.

    step from 1; to_kind one of STATES; share 0..1 of the customers at that step; days from step to step (quartiles, NaN
    for an end). What follows the last step looked at is "more".
    """
    inside = found.position <= steps
    to, days = _what_follows(found)
    to = np.where((to < len(KINDS)) & (found.position == steps), MORE, to)
    return _counted(found.position[inside], found.kind[inside], to[inside], days[inside])


def following(found: Ways) -> pd.DataFrame:
    """What comes after a kind of step, wherever it stands: NEXT_COLUMNS, as in `flows`, the largest first. Each customer counts
    once a kind, with its first time."""
    to, days = _what_follows(found)
    _, rows = _earliest(found)
    table = _counted(np.ones(len(rows), dtype=np.int64), found.kind[rows], to[rows], days[rows])
    return table[NEXT_COLUMNS]


def _what_follows(found: Ways) -> tuple[np.ndarray, np.ndarray]:
    """The state after each step, and the days until it."""
    is_last = found.position == found.length[found.code]
    to = np.where(is_last, np.where(found.is_silent[found.code], SILENT, EARLY), np.append(found.kind[1:], -1))
    return to.astype(np.int64), np.append(found.day[1:], 0) - found.day


def _earliest(found: Ways) -> tuple[np.ndarray, np.ndarray]:
    """Every customer and kind of step (as one number), and the row of its first time."""
    pair = found.code * len(KINDS) + found.kind
    order = np.argsort(pair, kind="stable")
    first = order[np.diff(pair[order], prepend=-1) != 0]
    return pair[first], first


def _counted(step: np.ndarray, kind: np.ndarray, to: np.ndarray, days: np.ndarray) -> pd.DataFrame:
    group = (step * len(STATES) + kind) * len(STATES) + to
    size, quartiles, keys = _quartiles(group, days.astype(np.float64))
    to_state, kind_of, step_of = keys % len(STATES), keys // len(STATES) % len(STATES), keys // len(STATES) ** 2
    quartiles[:, to_state >= len(KINDS)] = np.nan
    _, at = np.unique(step_of * len(STATES) + kind_of, return_inverse=True)
    table = pd.DataFrame({
        "step": step_of, "from_kind": np.array(STATES)[kind_of], "to_kind": np.array(STATES)[to_state], "customers": size,
        "share": size / np.bincount(at, weights=size)[at], "days_quarter": quartiles[0], "days_median": quartiles[1],
        "days_three_quarters": quartiles[2]})
    return table.assign(_kind=kind_of, _to=to_state).sort_values(
        ["step", "customers", "_kind", "_to"], ascending=[True, False, True, True], ignore_index=True)[FLOW_COLUMNS]


def whole(events: Events, found: Ways, *, steps: int) -> pd.DataFrame:
    """The whole ways, the most usual first: path (tuple of KINDS, at most `steps`), end (one of ENDS), customers, share,
    days (median, first to last step), revenue_quarter, revenue_median, revenue_three_quarters (all that a customer has
    brought by as_of, net of returns)."""
    n, any_step = len(events.customer_ids), found.length > 0
    key = _keys(found, steps) * len(ENDS) + np.where(
        found.length > steps, MORE, np.where(found.is_silent, SILENT, EARLY)) - len(KINDS)
    revenue = np.bincount(events.order_code, weights=events.order_net, minlength=n)
    first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, found.code, found.day)
    np.maximum.at(last, found.code, found.day)
    size, brought, keys = _quartiles(key[any_step], revenue[any_step])
    _, lasting, _ = _quartiles(key[any_step], (last - first)[any_step].astype(np.float64))
    table = pd.DataFrame({
        "path": [_path(one) for one in (keys // len(ENDS)).tolist()], "end": np.array(ENDS)[keys % len(ENDS)], "customers": size,
        "share": size / max(any_step.sum(), 1), "days": lasting[1], "revenue_quarter": brought[0], "revenue_median": brought[1],
        "revenue_three_quarters": brought[2]})
    return table.iloc[np.lexsort((keys, -size))].reset_index(drop=True)


def beginnings(events: Events, found: Ways, *, steps: int = 2) -> tuple[pd.DataFrame, int | None]:
    """What customers brought after their first `steps` steps, by what these were, and for how many days that was counted.

    path (tuple of KINDS), customers, revenue_quarter, revenue_median, revenue_three_quarters (in the days after the last
    of these steps, its own day not counted), bought, bought_share (0..1 ordered in that time). Only customers for whom these
    days are over; beginnings of fewer than ten are left out. The days are the longest of AFTER_DAYS for which there are
    thirty customers, None and no rows where there are not.
    """
    columns = ["path", "customers", "revenue_quarter", "revenue_median", "revenue_three_quarters", "bought", "bought_share"]
    at = np.full(len(events.customer_ids), np.iinfo(np.int64).max)
    here = found.position == steps
    at[found.code[here]] = found.day[here]
    after_days = next((days for days in AFTER_DAYS if (at <= events.as_of_day - days).sum() >= ENOUGH_AFTER), None)
    if after_days is None:
        return pd.DataFrame(columns=columns), None
    judged = np.flatnonzero(at <= events.as_of_day - after_days)
    place, first = events.order_code * 2**20 + events.order_day, judged * 2**20 + at[judged]
    begin, end = (np.searchsorted(place, first + days, side="right") for days in (0, after_days))
    total = np.concatenate([[0.0], np.cumsum(events.order_net)])
    revenue = total[end] - total[begin]
    # A sum of many cents must not become 0.0000001 for who brought nothing.
    revenue = np.where(end > begin, np.round(revenue, 4), 0.0)
    key = _keys(found, steps)[judged]
    size, brought, keys = _quartiles(key, revenue)
    _, where = np.unique(key, return_inverse=True)
    bought = np.bincount(where[revenue > 0], minlength=len(keys))
    table = pd.DataFrame({"path": [_path(one) for one in keys.tolist()], "customers": size, "revenue_quarter": brought[0],
                          "revenue_median": brought[1], "revenue_three_quarters": brought[2], "bought": bought,
                          "bought_share": bought / size})
    table = table.iloc[np.lexsort((keys, -size))]
    return table[table["customers"] >= FEW].reset_index(drop=True), after_days


def reached(found: Ways) -> pd.DataFrame:
    """How many customers ever come to each kind of step: kind, customers, share (0..1), in the order of KINDS."""
    pairs, _ = _earliest(found)
    size = np.bincount(pairs % len(KINDS), minlength=len(KINDS))
    return pd.DataFrame({"kind": KINDS, "customers": size, "share": size / max(len(found.length), 1)})


def _keys(found: Ways, steps: int) -> np.ndarray:
    """Each customer's first steps as one number, the first of them its last digit."""
    inside = found.position <= steps
    weights = (found.kind[inside].astype(np.int64) + 1) * BASE ** (found.position[inside] - 1)
    key = np.zeros(len(found.length), dtype=np.int64)
    np.add.at(key, found.code[inside], weights)
    return key


def _path(key: int) -> tuple[str, ...]:
    steps = []
    while key:
        key, digit = divmod(key, BASE)
        steps.append(KINDS[digit - 1])
    return tuple(steps)


def _quartiles(group: np.ndarray, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Size, quartiles (3, groups; between two amounts halfway as usual) and key of each group, by key."""
    order = np.lexsort((amounts, group))
    keys, first, size = np.unique(group[order], return_index=True, return_counts=True)
    ranked, cuts = amounts[order], []
    for share in (0.25, 0.5, 0.75):
        place = share * (size - 1)
        lower = np.floor(place).astype(np.int64)
        upper = np.minimum(lower + 1, size - 1)
        at_lower, at_upper = ranked[first + lower], ranked[first + upper]
        cuts.append(at_lower + (place - lower) * (at_upper - at_lower))
    return size, np.array(cuts).reshape(3, len(keys)), keys
