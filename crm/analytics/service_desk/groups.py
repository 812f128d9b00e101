"""Who answers sooner, and what takes long? The same figures by agent, kind, priority, topic or channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm.analytics.service_desk import waiting
from crm.analytics.service_desk.promises import outcomes, wilson
from crm.analytics.service_desk.tickets import Desk
from crm.analytics.service_desk.waiting import FEW_TICKETS
from crm.errors import InvalidInput, NotEnoughData

GROUPINGS = ("agent", "kind", "priority", "topic", "channel")
MOST_GROUPS = 15  # in one table; those with most tickets
SURE = 0.05
TIME_CLASSES = 1_000  # of the test: a million different times tell no more than that many


@dataclass(frozen=True, eq=False)
class Grouped:
    """groups: one row a group, most tickets first: group, tickets, few, answer_median, answer_low, answer_high,
    answer_ninety, solution_median, solution_low, solution_high, solution_ninety (hours), solution_share, solution_share_low,
    solution_share_high, solution_decided (of promised solutions), answer_share, answer_decided, reopened_share, waiting;
    NaN where it cannot be told. left_out: tickets of smaller groups; not_known: tickets without a group. p_value of the
    test that all groups are solved equally soon (log-rank, Mantel 1966; NaN where it cannot be made); different: p < .05."""

    as_of: date
    by: str
    groups: pd.DataFrame
    left_out: int
    not_known: int
    p_value: float
    different: bool


def by_group(desk: Desk, *, by: str, since: date | None = None) -> Grouped:
    """The tickets opened from `since` on by one of GROUPINGS. Raises NotEnoughData where none has such a word."""
    if by not in GROUPINGS:
        raise InvalidInput(f"Tickets cannot be compared by “{by}”; choose one of {', '.join(GROUPINGS)}.", field="by")
    chosen = desk.since(since)
    codes, words = desk.codes(by)
    number = np.bincount(codes[chosen & (codes >= 0)], minlength=len(words))
    ranked = [place for place in np.argsort(-number, kind="stable") if number[place] > 0][:MOST_GROUPS]
    if not ranked:
        raise NotEnoughData("To compare them, tickets must say what they belong to; 0 of this period do.")
    place_of = np.full(len(words) + 1, -1, dtype="int64")  # the last one is for "not known"
    place_of[ranked] = np.arange(len(ranked))
    group = np.where(chosen, place_of[codes], -1)
    k = len(ranked)
    table = pd.DataFrame({"group": words.to_numpy(dtype=object)[ranked], "tickets": number[ranked]})
    p_value = float("nan")
    for name in ("answer", "solution"):
        waits = desk.waits(name)
        found = waiting.table(waiting.waited_by(waits, group, n_groups=k), ("median", "median_low", "median_high", "ninety"))
        table = table.assign(**{f"{name}_{short}": found[column] for short, column in (
            ("median", "median"), ("low", "median_low"), ("high", "median_high"), ("ninety", "ninety"))})
        if name == "solution":
            told = (group >= 0) & ~waits.unknown
            p_value = _log_rank(waits.hours[told], waits.done[told], group[told], k)
    for name, (decided, kept, _) in outcomes(desk).items():
        judged = np.bincount(group[decided & (group >= 0)], minlength=k)
        good = np.bincount(group[kept & (group >= 0)], minlength=k)
        low, high = wilson(good, judged)
        table = table.assign(**{f"{name}_decided": judged, f"{name}_share": np.where(judged > 0, good / np.maximum(judged, 1), np.nan),
                                f"{name}_share_low": low, f"{name}_share_high": high})
    ever = (group >= 0) & (desk.is_solved | desk.is_reopened | desk.no_solution_time)
    solved, again = (np.bincount(group[part], minlength=k) for part in (ever, ever & desk.is_reopened))
    table = table.assign(reopened_share=np.where(solved > 0, again / np.maximum(solved, 1), np.nan),
                         waiting=np.bincount(group[(group >= 0) & desk.is_open], minlength=k), few=table["tickets"] < FEW_TICKETS)
    return Grouped(as_of=desk.as_of, by=by, groups=table, left_out=int(number.sum() - number[ranked].sum()),
                   not_known=int((chosen & (codes < 0)).sum()), p_value=p_value, different=bool(p_value < SURE))


def _log_rank(hours: np.ndarray, done: np.ndarray, group: np.ndarray, k: int) -> float:
    """The log-rank test of k groups, times put into classes (ties by the hypergeometric variance)."""
    from scipy.special import chdtrc

    if k < 2 or not done.any():
        return float("nan")
    edges = np.unique(np.quantile(hours[done], np.linspace(0, 1, TIME_CLASSES + 1)))
    place = np.searchsorted(edges, hours, side="left")
    cells = (len(edges) + 1) * k
    events = np.bincount((place * k + group)[done], minlength=cells).reshape(-1, k).astype("float64")
    at_risk = np.bincount(place * k + group, minlength=cells).reshape(-1, k)[::-1].cumsum(axis=0)[::-1].astype("float64")
    total, happened = at_risk.sum(axis=1), events.sum(axis=1)
    share = at_risk / np.maximum(total, 1)[:, None]
    surprise = (events - share * happened[:, None]).sum(axis=0)
    factor = np.where(total > 1, happened * (total - happened) / np.maximum(total - 1, 1), 0.0)
    covariance = np.diag((factor[:, None] * share).sum(axis=0)) - (factor[:, None] * share).T @ share
    inner = covariance[:k - 1, :k - 1]
    if np.linalg.matrix_rank(inner) < k - 1:
        return float("nan")
    return float(chdtrc(k - 1, surprise[:k - 1] @ np.linalg.solve(inner, surprise[:k - 1])))
