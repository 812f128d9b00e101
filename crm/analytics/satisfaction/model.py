"""Satisfaction: how happy are customers, with what, since when, and who more than others?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from crm.analytics.satisfaction.answers import METRICS, Scores, read_scores
from crm.analytics.satisfaction.groups import GroupComparison, compare_scores
from crm.analytics.satisfaction.scores import (
    NetPromoter,
    Score,
    item_tables,
    metric_score,
    net_promoter,
)
from crm.analytics.satisfaction.trend import monthly
from crm.errors import NotEnoughData


@dataclass(frozen=True, eq=False)
class Satisfaction:
    """What the surveys say up to `as_of`, from `answers` scores.

    csat, ces: Score or None; nps: NetPromoter or None (no answers). ces: higher is easier, as asked. items,
    a row a metric and item, sorted: metric, item, not_applicable, outside_scale, n, mean, median,
    standard_deviation, mean_low, mean_high (t interval; NaN where all are equal or there is only one),
    top_count, top_share, top_low, top_high (Wilson), few (below 30), scale_min, scale_max.
    shares: metric, item, score (whole), count, share of the item's answers (0 to 1).
    trend: metric ("csat": top-two-box share 0 to 1, "nps": -100 to 100, "ces" and "likert": mean score), month
    (its first day), n, value, low, high, few, complete (False: `as_of` lies inside the month).
    comparison: between the groups, None where there are none or too little; `comparison_missing` then says
    why. not_applicable, outside_scale: answers that are no scores and count nowhere.
    """

    csat: Score | None
    nps: NetPromoter | None
    ces: Score | None
    items: pd.DataFrame
    shares: pd.DataFrame
    trend: pd.DataFrame
    comparison: GroupComparison | None
    comparison_missing: str | None
    answers: int
    not_applicable: int
    outside_scale: int
    as_of: dt.date


def measure(
    answers: pd.DataFrame,
    *,
    as_of: dt.date,
    groups: pd.Series | None = None,
    group_name: str | None = None,
    metric: str | None = None,
    test: str = "welch",
    random_state: int = 0,
) -> Satisfaction:
    """Scores with intervals, monthly trend and, with `groups` (customer_id -> label), a comparison of groups.

    `metric`: what is compared; by default the first of csat, nps, ces, likert that was asked. Nothing is
    drawn at random; `random_state` is accepted because every analysis takes it. Raises NotEnoughData without
    a single score.
    """
    scores = read_scores(answers, as_of=as_of)
    if len(scores.score) == 0:
        raise NotEnoughData(
            f"Satisfaction needs survey answers with a score; up to {as_of} there are 0 "
            f"({scores.items['not_applicable'].sum()} not applicable)."
        )
    comparison, missing = None, None
    if groups is not None:
        try:
            comparison = compare_scores(
                scores,
                groups=groups,
                metric=metric or first_metric(scores),
                item=None,
                test=test,
                group_name=group_name,
            )
        except NotEnoughData as problem:
            missing = str(problem)  # the scores themselves are still worth showing
    items, shares = item_tables(scores)
    return Satisfaction(
        csat=metric_score(scores, "csat"),
        nps=net_promoter(scores),
        ces=metric_score(scores, "ces"),
        items=items,
        shares=shares,
        trend=monthly(scores, as_of=as_of),
        comparison=comparison,
        comparison_missing=missing,
        answers=len(scores.score),
        not_applicable=int(scores.items["not_applicable"].sum()),
        outside_scale=int(scores.items["outside_scale"].sum()),
        as_of=as_of,
    )


def first_metric(scores: Scores) -> str:
    """The first metric, in the order of METRICS, with a score of a known customer; csat if there is none."""
    known = scores.customer > 0
    return next((name for name in METRICS if (scores.metric(name) & known).any()), METRICS[0])
