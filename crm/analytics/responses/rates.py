"""Rates: which share of the askings was answered, by survey and by month, and after how many days?

An asking counts once its time is over, answered or not. To count the answered ones at once and the others later would make
every rate of the last weeks too high; to count all at once, too low.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

USUAL_DAYS = 30  # what is given for an answer where an asking never expires
FEW_ASKED = 30  # below, the range of a share is wider than most differences
NEVER_FROM = 3  # somebody who was asked so often and never answered is not going to


@dataclass(frozen=True, eq=False)
class Responses:
    """What became of the askings up to `as_of`.

    asked: askings whose time is over; answered: of them, in time; share (0 to 1) with its Wilson interval low, high; waiting:
    askings whose time is not over, early: those of them that are answered already; median_days: from the asking to the answer, NaN without answers.
    surveys: survey_id, survey, asked, answered, share, low, high, waiting, median_days, few (below 30).
    months: month (its first day, of the asking), asked, answered, share, low, high, few.
    customers: a row a customer whose time is over: customer_id, asked, answered, last_asked_at, answered_last (bool).
    silent: customers who were asked at least three times and never answered, the most often asked first.
    """

    asked: int
    answered: int
    share: float
    low: float
    high: float
    waiting: int
    early: int
    median_days: float
    surveys: pd.DataFrame
    months: pd.DataFrame
    customers: pd.DataFrame
    silent: pd.DataFrame
    as_of: dt.date


def measure(invitations: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None, random_state: int = 0) -> Responses:
    """How many answered. invitations: customer_id, survey_id, survey, invited_at, expires_on (NaT), answered_at (NaT).

    `since`: askings from that day on. Nothing is drawn at random. Raises NotEnoughData where nobody's time is over yet.
    """
    asked = judged(invitations, as_of=as_of)
    if since is not None:
        asked = asked[asked["invited_at"] >= pd.Timestamp(since)]
    over = asked[asked["is_over"]]
    waiting = asked[~asked["is_over"]]
    if over.empty:
        raise NotEnoughData(f"A share of answers needs askings whose time is over; up to {as_of} there are 0, and {len(waiting):,} "
                            "customers still have time to answer.")
    total, hits = len(over), int(over["in_time"].sum())
    share, low, high = (float(one) for one in wilson(np.array(hits), np.array(total)))
    return Responses(total, hits, share, low, high, len(waiting), int(waiting["in_time"].sum()), _median_days(over), _by_survey(over, waiting), _by_month(over),
                     _by_customer(over), _silent(over), as_of)


def judged(invitations: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    """The askings up to `as_of` with closes_at (the end of their time), is_over and in_time (answered by then)."""
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    asked = invitations[invitations["invited_at"] < end]
    closes = (asked["expires_on"] + pd.Timedelta(days=1)).fillna(
        asked["invited_at"].dt.normalize() + pd.Timedelta(days=USUAL_DAYS + 1))
    answered = asked["answered_at"].where(asked["answered_at"] < end)
    return asked.assign(answered_at=answered, closes_at=closes, is_over=closes <= end,
                        in_time=answered.notna() & (answered < closes))


def wilson(hits: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share with its 95 % interval (Wilson 1927); NaN where n is 0.

    >>> [round(float(one), 3) for one in wilson(np.array(8), np.array(10))]
    [0.8, 0.49, 0.943]
    """
    z = 1.959963984540054
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / n
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return share, middle - half, middle + half


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `asked` and `answered` with share, low, high and few."""
    share, low, high = wilson(table["answered"].to_numpy(dtype=float), table["asked"].to_numpy(dtype=float))
    return table.assign(share=share, low=low, high=high, few=table["asked"] < FEW_ASKED)


def _by_survey(over: pd.DataFrame, waiting: pd.DataFrame) -> pd.DataFrame:
    keys = ["survey_id", "survey"]
    table = over.groupby(keys, as_index=False).agg(asked=("in_time", "size"), answered=("in_time", "sum"))
    table["waiting"] = table["survey_id"].map(waiting.groupby("survey_id").size()).fillna(0).astype("int64")
    days = over[over["in_time"]].assign(days=_days).groupby("survey_id")["days"].median()
    table["median_days"] = table["survey_id"].map(days)
    return shares(table)[[*keys, "asked", "answered", "share", "low", "high", "waiting", "median_days", "few"]]


def _by_month(over: pd.DataFrame) -> pd.DataFrame:
    month = over["invited_at"].dt.to_period("M").dt.to_timestamp()
    table = over.groupby(month)["in_time"].agg(asked="size", answered="sum").rename_axis("month")
    every = pd.date_range(table.index.min(), table.index.max(), freq="MS", name="month")
    return shares(table.reindex(every, fill_value=0).reset_index())


def _by_customer(over: pd.DataFrame) -> pd.DataFrame:
    ordered = over.sort_values(["customer_id", "invited_at"], kind="stable")
    return ordered.groupby("customer_id", as_index=False).agg(
        asked=("in_time", "size"), answered=("in_time", "sum"), last_asked_at=("invited_at", "last"),
        answered_last=("in_time", "last"))


def _silent(over: pd.DataFrame) -> pd.DataFrame:
    customers = _by_customer(over)
    never = customers[(customers["answered"] == 0) & (customers["asked"] >= NEVER_FROM)]
    return never[["customer_id", "asked", "last_asked_at"]].sort_values(
        ["asked", "customer_id"], ascending=[False, True], ignore_index=True)


def _days(over: pd.DataFrame) -> pd.Series:
    return (over["answered_at"] - over["invited_at"]).dt.total_seconds() / 86_400


def _median_days(over: pd.DataFrame) -> float:
    return float(_days(over[over["in_time"]]).median())
