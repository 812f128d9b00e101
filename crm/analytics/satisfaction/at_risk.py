"""Unhappy customers: what they are worth, what may be lost with them, and who of them was never answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import Scores, read_scores
from crm.analytics.satisfaction.repeat import Difference, Purchases, by_day, day_number, level_of

YEAR_DAYS = 365
RECENT_DAYS = 365  # an older score says little of how somebody feels today


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Customers whose latest score is low, and the revenue that may go with them.

    unhappy, the most urgent first (unanswered before answered, then by revenue): customer_id, score, scale_max, said_on,
    revenue (net, last 12 months), lifetime_revenue, orders, last_ordered_on (NaT never), answered (bool), answered_on (NaT
    not), ordered_since (bool), has_open_ticket (bool).
    revenue: their last 12 months together, nobody below 0; unanswered, unanswered_revenue: of those nobody answered.
    excess: by how much larger the share of unhappy customers is who did not come back than that of happy ones with equally
    many orders (None: not known). lost, lost_low, lost_high: revenue times excess, None where the interval of the excess
    holds 0: then no money at risk can be shown.
    """

    metric: str
    unhappy: pd.DataFrame
    customers: int
    revenue: float
    unanswered: int
    unanswered_revenue: float
    excess: Difference | None
    lost: float | None
    lost_low: float | None
    lost_high: float | None
    as_of: dt.date


def at_risk(
    answers: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    metric: str,
    excess: Difference | None,
    contacts: pd.DataFrame | None = None,
    tickets: pd.DataFrame | None = None,
    recent_days: int = RECENT_DAYS,
    random_state: int = 0,
) -> AtRisk:
    """Unhappy customers on `as_of`: their latest score of `metric`, at most `recent_days` old, is low (level_of).

    answered: a contact of ours, or the first answer to or solution of a ticket, on a later day than the score; answers carry
    no hour, so what happened on the same day may have come before. contacts: customer_id, direction, happened_at; tickets:
    customer_id, opened_at, first_answered_at, resolved_at; either may be missing. Nothing is drawn at random.
    """
    return at_risk_of(read_scores(answers, as_of=as_of), orders, as_of=as_of, metric=metric, excess=excess, contacts=contacts,
                     tickets=tickets, recent_days=recent_days)


def at_risk_of(
    scores: Scores, orders: pd.DataFrame, *, as_of: dt.date, metric: str, excess: Difference | None,
    contacts: pd.DataFrame | None = None, tickets: pd.DataFrame | None = None, recent_days: int = RECENT_DAYS,
) -> AtRisk:
    """The same for scores that are read already."""
    last = day_number(as_of)
    said = by_day(scores, metric).drop_duplicates("customer_id", keep="last")
    said = said[(said["day"] > last - recent_days).to_numpy()]
    level = level_of(said["score"].to_numpy(), float(said["low"].max()), float(said["high"].max()), metric)  # one scale for all
    low = said[level == 0].sort_values("customer_id", ignore_index=True)
    customer, day = low["customer_id"].to_numpy(), low["day"].to_numpy()
    ordered_day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    past = ordered_day <= last
    whose, amount = orders["customer_id"].to_numpy()[past], orders["net_amount"].to_numpy()[past]
    lifetime = sums_of(whose, amount, customer)
    within = ordered_day[past] > last - YEAR_DAYS
    revenue = sums_of(whose[within], amount[within], customer)
    buys = Purchases.read(orders, last=last)
    bought = buys.orders_until(customer, np.full(len(low), last)) if len(buys.customers) else np.zeros(len(low), dtype=np.int64)
    since = bought - buys.orders_until(customer, day) if len(buys.customers) else bought
    last_bought = buys.last_until(customer, np.full(len(low), last)) if len(buys.customers) else day
    answered_on = first_answer(customer, day, contacts, tickets, last=last)
    table = pd.DataFrame({
        "customer_id": customer,
        "score": low["score"],
        "scale_max": low["high"],
        "said_on": moments(day),
        "revenue": revenue,
        "lifetime_revenue": lifetime,
        "orders": bought,
        "last_ordered_on": pd.Series(moments(last_bought)).where(bought > 0),
        "answered": ~np.isnan(answered_on),
        "answered_on": pd.Series(moments(np.nan_to_num(answered_on).astype(np.int64))).where(~np.isnan(answered_on)),
        "ordered_since": since > 0,
        "has_open_ticket": np.isin(customer, waiting(tickets, last=last)),
    })
    table = table.sort_values(["answered", "revenue", "lifetime_revenue", "customer_id"], ascending=[True, False, False, True],
                              ignore_index=True)
    worth = table["revenue"].clip(lower=0)
    unanswered = ~table["answered"]
    shown = excess is not None and excess.low > 0
    total = float(worth.sum())
    return AtRisk(
        metric=metric,
        unhappy=table,
        customers=len(table),
        revenue=total,
        unanswered=int(unanswered.sum()),
        unanswered_revenue=float(worth[unanswered].sum()),
        excess=excess,
        lost=total * excess.value if shown else None,
        lost_low=total * excess.low if shown else None,
        lost_high=total * excess.high if shown else None,
        as_of=as_of,
    )


def sums_of(whose: np.ndarray, amount: np.ndarray, customer: np.ndarray) -> np.ndarray:
    """The sum of each of the customers (sorted); 0 for who has none."""
    if len(customer) == 0:
        return np.zeros(0)
    place = np.minimum(np.searchsorted(customer, whose), len(customer) - 1)
    theirs = customer[place] == whose
    return np.bincount(place[theirs], weights=amount[theirs], minlength=len(customer))


def first_answer(
    customer: np.ndarray, day: np.ndarray, contacts: pd.DataFrame | None, tickets: pd.DataFrame | None, *, last: int
) -> np.ndarray:
    """The first day after `day` on which each customer was answered; NaN where nobody did."""
    parts = []
    if contacts is not None and len(contacts):
        ours = contacts[(contacts["direction"] == "out").to_numpy()]
        parts.append((ours["customer_id"].to_numpy(), ours["happened_at"].to_numpy()))
    if tickets is not None:
        parts += [(tickets["customer_id"].to_numpy(), tickets[name].to_numpy()) for name in ("first_answered_at", "resolved_at")]
    found = np.full(len(customer), np.inf)
    for whose, when in parts:
        there = ~np.isnat(when)
        whose, on = whose[there], when[there].astype("datetime64[D]").astype(np.int64)
        if len(customer) == 0 or len(whose) == 0:
            continue
        place = np.minimum(np.searchsorted(customer, whose), len(customer) - 1)
        later = (customer[place] == whose) & (on > day[place]) & (on <= last)
        np.minimum.at(found, place[later], on[later].astype(float))
    return np.where(np.isinf(found), np.nan, found)


def waiting(tickets: pd.DataFrame | None, *, last: int) -> np.ndarray:
    """Customers with a ticket that was not solved by the day `last`."""
    if tickets is None or tickets.empty:
        return np.zeros(0, dtype=np.int64)
    end = np.datetime64(last + 1, "D")
    opened, solved = tickets["opened_at"].to_numpy(), tickets["resolved_at"].to_numpy()
    return tickets["customer_id"].to_numpy()[(opened < end) & (np.isnat(solved) | (solved >= end))]


def moments(day: np.ndarray) -> np.ndarray:
    return day.astype("datetime64[D]").astype("datetime64[us]")
