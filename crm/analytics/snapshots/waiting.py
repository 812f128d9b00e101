"""Waiting: how many days until each customer's next purchase, as far as it is known yet?"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.snapshots.building import Snapshot, pooled, telling
from crm.analytics.snapshots.cutoffs import check_both_sides, choose_cutoffs
from crm.analytics.snapshots.features import day_number
from crm.analytics.snapshots.purchases import ORDER_COLUMNS, SERVICE_COLUMNS, check_news
from crm.analytics.snapshots.scales import scales_of
from crm.analytics.snapshots.source import After, Source, gone_after


@dataclass(frozen=True, eq=False)
class Spells:
    """frame as of a Window; days: aligned int64, at least 1, until the next purchase, or until the last day that is known
    where there was none; bought: aligned bool, False: still waiting then (censored)."""

    frame: pd.DataFrame
    days: np.ndarray
    bought: np.ndarray


@dataclass(frozen=True, eq=False)
class Waiting:
    """Days from a cutoff to the next purchase; as Windows otherwise (train, test, refit, now, columns, scales, cutoffs).

    train is known up to test_cutoff, test and refit up to as_of: test waits horizon_days at most, the older rows longer.
    """

    as_of: dt.date
    horizon_days: int
    train: Spells
    test: Spells
    refit: Spells
    now: pd.DataFrame
    columns: tuple[str, ...]
    scales: dict[str, str]
    test_cutoff: dt.date
    train_cutoffs: tuple[dt.date, ...]
    refit_cutoffs: tuple[dt.date, ...]


def waiting(
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    horizon_days: int,
    tickets: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
) -> Waiting:
    """How long will each customer wait with the next purchase? Arguments and errors as of `leaving`, with 20 customers who
    bought again, and 20 who did not, within what is known."""
    source = Source(orders, tickets=tickets, answers=answers)
    cutoffs = choose_cutoffs(as_of=as_of, known_since=source.first_purchase(), horizon_days=horizon_days,
                             subject="The time to the next order")
    check_news(source, cutoffs, as_of=as_of, horizon_days=horizon_days)

    def outcome(after: After) -> np.ndarray:
        return after.next_in_days

    snapshot = source.snapshots(gone_after=gone_after(horizon_days), outcome=outcome)
    train = _spells(cutoffs.train, snapshot, known_until=cutoffs.test)
    test, refit = (_spells(days, snapshot, known_until=as_of) for days in ((cutoffs.test,), cutoffs.refit))
    seen = [(spells.frame["customer_id"].to_numpy(), spells.bought) for spells in (train, test)]
    check_both_sides(*seen, subject="The time to the next order", words=("bought again", "bought nothing more"), longer_finds_more=True,
                     cutoffs=cutoffs)
    columns = telling((*ORDER_COLUMNS, *SERVICE_COLUMNS), train.frame)
    return Waiting(
        as_of=as_of, horizon_days=horizon_days, train=train, test=test, refit=refit, now=snapshot(as_of).now(),
        columns=columns, scales=scales_of(columns), test_cutoff=cutoffs.test, train_cutoffs=cutoffs.train,
        refit_cutoffs=cutoffs.refit,
    )


def _spells(cutoffs: tuple[dt.date, ...], snapshot: Callable[[dt.date], Snapshot], *, known_until: dt.date) -> Spells:
    window = pooled(cutoffs, snapshot, is_yes_no=False)
    cutoff_day = window.frame["cutoff"].to_numpy().astype("datetime64[D]").astype("int64")
    known_days = day_number(known_until) - cutoff_day
    bought = window.target <= known_days
    return Spells(window.frame, np.where(bought, window.target, known_days).astype("int64"), bought)
