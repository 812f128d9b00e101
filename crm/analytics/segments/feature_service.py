"""Service: what did a customer ask and complain about, how soon was it answered, and how content are they?"""

import datetime as dt

import numpy as np
import pandas as pd

TICKETS = ("tickets", "complaints", "late_answers")
LATE_AFTER = np.timedelta64(3, "D")  # long enough for a weekend; who waits longer writes again
SCORED = ("csat", "nps", "likert")  # CES asks about effort, not about being content
PROMOTER_SCALE_END = 10  # a promoter score is one on 0 to 10 only (Reichheld 2003)
# Scores as whole steps: their sums do not depend on the order of the rows.
SCORE_STEPS = 10**9


def ticket_features(tickets: pd.DataFrame, customer_place: np.ndarray, n_customers: int, *, as_of: dt.date) -> dict[str, np.ndarray]:
    """The features in TICKETS, one float64 a customer; what happened after `as_of` had not happened.

    tickets, complaints: how many were opened. late_answers: the share of the tickets, 0..1, that nobody had answered (nor
    resolved) within three days of their opening; NaN without a ticket of which that is known.
    """
    opened, answered, resolved = (tickets[name].to_numpy() for name in ("opened_at", "first_answered_at", "resolved_at"))
    end = np.datetime64(as_of, "D") + np.timedelta64(1, "D")
    counted = (opened < end) & (customer_place >= 0)
    complaint = counted & (tickets["kind"] == "complaint").to_numpy()
    reaction = np.fmin(answered, resolved)  # not a time where neither is known
    in_time = (reaction < end) & (reaction - opened <= LATE_AFTER)
    judged = counted & (in_time | (end - opened > LATE_AFTER))

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(customer_place[rows], minlength=n_customers).astype(float)

    of = count(judged)
    late = count(judged & ~in_time) / np.where(of > 0, of, np.nan)
    return {"tickets": count(counted), "complaints": count(complaint), "late_answers": late}


def satisfaction(answers: pd.DataFrame, customer_place: np.ndarray, n_customers: int, *, as_of: dt.date) -> np.ndarray:
    """The mean of a customer's scores up to `as_of`, each on its own scale from 0 (worst) to 1 (best); NaN without one.

    All answers but CES count, old ones too, as they do on the page of satisfaction: surveys are rare, and a customer has
    one happiness in this program, not two. A score outside its scale is none.
    """
    score, low, high = (answers[name].to_numpy(dtype=float) for name in ("score", "scale_min", "scale_max"))
    metric = answers["metric"]
    counted = (answers["answered_on"].to_numpy() < np.datetime64(as_of, "D") + np.timedelta64(1, "D")) & (customer_place >= 0)
    counted &= metric.isin(SCORED).to_numpy() & (score >= low) & (score <= high) & (high > low)
    counted &= (metric != "nps").to_numpy() | (high == PROMOTER_SCALE_END)
    scaled = (score[counted] - low[counted]) / (high[counted] - low[counted])
    place = customer_place[counted]
    total = np.bincount(place, weights=np.rint(scaled * SCORE_STEPS), minlength=n_customers)
    given = np.bincount(place, minlength=n_customers)
    return total / np.where(given > 0, given * float(SCORE_STEPS), np.nan)
