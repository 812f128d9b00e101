"""Service features: what had a customer's tickets and survey answers told by the end of a given day?"""

import datetime as dt

import numpy as np
import pandas as pd

RECENT_COMPLAINT_DAYS = 180  # an older complaint has either been mended or has already cost the customer
# Where a higher score is better beyond doubt; effort and statements may be turned
SATISFACTION_METRICS = ("csat", "nps")
HOUR = np.timedelta64(1, "h")


def add_service_features(
    frame: pd.DataFrame,
    *,
    as_of: dt.date,
    tickets: pd.DataFrame | None,
    answers: pd.DataFrame | None,
) -> pd.DataFrame:
    """`frame` (sorted by customer_id) with the columns of tickets and of answers, where these are given."""
    moment = np.datetime64(as_of, "D") + np.timedelta64(1, "D")  # the first one that is too late
    if tickets is not None:
        frame = frame.assign(**_ticket_features(frame["customer_id"], tickets, moment=moment))
    if answers is not None:
        frame = frame.assign(**_answer_features(frame["customer_id"], answers, moment=moment))
    return frame


def _ticket_features(
    customer_id: pd.Series, tickets: pd.DataFrame, *, moment: np.datetime64
) -> dict[str, pd.Series]:
    known = tickets[tickets["opened_at"] < moment]
    complaint = known["kind"] == "complaint"
    # A ticket that was resolved later was still open then, whatever its status says today.
    still_open = ~(known["resolved_at"] < moment)
    recent = known["opened_at"] >= moment - np.timedelta64(RECENT_COMPLAINT_DAYS, "D")
    answered = known[known["first_answered_at"] < moment]
    waited_hours = (answered["first_answered_at"] - answered["opened_at"]) / HOUR

    def count(rows: pd.Series) -> pd.Series:
        counts = known.loc[rows, "customer_id"].value_counts()
        return customer_id.map(counts).fillna(0).astype("int64")

    return {
        "complaints_open": count(complaint & still_open),
        "complaints_recent": count(complaint & recent),
        "first_answer_hours": customer_id.map(waited_hours.groupby(answered["customer_id"]).mean()).astype(
            float
        ),
    }


def _answer_features(
    customer_id: pd.Series, answers: pd.DataFrame, *, moment: np.datetime64
) -> dict[str, pd.Series]:
    usable = (
        answers["metric"].isin(SATISFACTION_METRICS) & answers["score"].notna() & (answers["customer_id"] > 0)
    )
    known = answers[usable & (answers["answered_on"] < moment)].sort_values(["answered_on", "answer_id"])
    satisfaction = (known["score"] - known["scale_min"]) / (known["scale_max"] - known["scale_min"])
    by_customer = satisfaction.groupby(known["customer_id"])
    mean = customer_id.map(by_customer.mean()).astype(float)
    return {
        "satisfaction_last": customer_id.map(by_customer.last()).astype(float),
        "satisfaction_mean": mean,
        "satisfaction_known": mean.notna(),
    }
