"""Cohorts: do customers come back, when, for how long, and is it getting better?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.cohorts import beginning, periods, purchases, retention, returning, silence
from crm.analytics.cohorts.purchases import Purchases, as_date
from crm.analytics.cohorts.silence import Staying
from crm.analytics.cohorts.survival import Curve
from crm.analytics.cohorts.trend import FEWEST_CUSTOMERS, Trend, trend
from crm.errors import InvalidInput, NotEnoughData

GRAINS = ("auto", *periods.MONTHS_IN)
BEGINNINGS = ("auto", "count")
MIN_CUSTOMERS = 10  # as many as a cohort needs not to be called small
USUAL_WITHIN_DAYS = (30, 60, 90)  # a quarter is long enough to come back, short enough to be news; less where it must be
MOST_DAYS = 1_825  # five years: nobody waits longer for the answer


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Whether customers come back.

    triangle: see `retention.triangle`; all customers. by: "month", "quarter" or "year".
    new_from: first orders before this day are taken for those of customers from before the data begin, None where there
        is no crowd at the beginning or it is counted on request. All that follows looks at `customers` only, those with
        a first order from then on; `left_out` are the others.
    coming_back: curve of who has not come back yet. by_days, quartiles: see `returning`. within_days: the time that the
        answer is about (None: nobody, or too few, were watched for 30 days), back: its row of `by_days` as a dict.
    half_back_days: half of those who come back within `half_of_days` are back by then (both None where unknown).
    when: when they come, see `returning.when_they_come`. cohorts: see `returning.by_cohort` (empty without within_days).
    trend: newer against older customers; None with `trend_missing`, a sentence. staying: how long they go on buying;
        None with `staying_missing`, a sentence.
    parameters: what was asked for and used.
    """

    as_of: dt.date
    by: str
    triangle: pd.DataFrame
    customers: int
    left_out: int
    new_from: dt.date | None
    coming_back: Curve
    by_days: pd.DataFrame
    quartiles: pd.DataFrame
    within_days: int | None
    back: dict | None
    half_back_days: float | None
    half_of_days: int | None
    when: pd.DataFrame
    cohorts: pd.DataFrame
    trend: Trend | None
    trend_missing: str | None
    staying: Staying | None
    staying_missing: str | None
    early_credits: int
    parameters: dict

    def watched(self, days: int) -> int:
        """How many of `customers` had their first order at least so many days ago."""
        return self.coming_back.followed_for(days)


def analyse(orders: pd.DataFrame, *, as_of: dt.date, by: str = "auto", within_days: int | None = None,
            silence_days: int | None = None, new_customers: str = "auto", random_state: int = 0) -> Cohorts:
    """Whether the customers in an orders frame come back; orders after `as_of` change nothing.

    by: "month", "quarter", "year", or "auto" for the finest that stays readable. within_days: back within how many days
    the answer, the cohorts and the trend are about, 1..1825; None: 90, or what the data allow. silence_days: after how
    many days without an order a customer has fallen silent, 1..1825; None: from the customers' own rhythms.
    new_customers: "auto" leaves out a crowd at the beginning of the data (see `beginning`), "count" counts everybody.
    random_state is accepted as everywhere; nothing here is drawn at random.

    Raises InvalidInput for a choice that is none of these, NotEnoughData with fewer than 10 customers who bought.
    """
    _check(by=by, within_days=within_days, silence_days=silence_days, new_customers=new_customers)
    bought = purchases.read(orders, as_of=as_of)
    n_customers = len(bought.customer_ids)
    if n_customers < MIN_CUSTOMERS:
        raise NotEnoughData(f"Whether customers come back needs {MIN_CUSTOMERS} customers who have bought; "
                            f"there are {n_customers}.")
    grain = periods.readable_grain(bought.first_day, as_of_day=bought.as_of_day) if by == "auto" else by
    new_from_day, rows = newcomers(bought, new_customers=new_customers)
    curve = returning.coming_back(bought, rows)
    within = within_days if within_days is not None else returning.longest_sure(curve, USUAL_WITHIN_DAYS)
    looked_at = tuple(sorted({*returning.LOOKED_AT_DAYS, *([within] if within is not None else [])}))
    by_days = returning.share_by(curve, looked_at)
    half_of_days, half_back_days = _half(curve)
    found, missing = _trend(bought, rows, within_days=within)
    stay, stay_missing = _staying(bought, rows, silence_days=silence_days)
    return Cohorts(
        as_of=as_of, by=grain, triangle=retention.triangle(bought, by=grain, new_from_day=new_from_day),
        customers=len(rows), left_out=n_customers - len(rows),
        new_from=None if new_from_day is None else as_date(new_from_day),
        coming_back=curve, by_days=by_days, quartiles=returning.quartiles(curve), within_days=within,
        back=None if within is None else by_days[by_days["days"] == within].to_dict("records")[0],
        half_back_days=half_back_days, half_of_days=half_of_days,
        when=returning.when_they_come(curve, until_day=min(curve.longest_for(periods.SMALL_COHORT),
                                                           returning.LOOKED_AT_DAYS[-1])),
        cohorts=_cohorts(bought, by=grain, within_days=within, new_from_day=new_from_day),
        trend=found, trend_missing=missing, staying=stay, staying_missing=stay_missing,
        early_credits=bought.early_credits,
        parameters={"by": by, "within_days": within_days, "silence_days": silence_days, "new_customers": new_customers,
                    "random_state": random_state})


def _check(*, by: str, within_days: int | None, silence_days: int | None, new_customers: str) -> None:
    if by not in GRAINS:
        raise InvalidInput(f"Cohorts are by “{by}”; choose one of {', '.join(GRAINS)}.", field="by")
    if new_customers not in BEGINNINGS:
        raise InvalidInput(f"New customers are “{new_customers}”; choose one of {', '.join(BEGINNINGS)}.",
                           field="new_customers")
    check_days(within_days, "Customers are to come back within", field="within_days")
    check_days(silence_days, "Customers are to have fallen silent after", field="silence_days")


def check_days(days: int | None, what: str, *, field: str) -> None:
    """Raises InvalidInput for a number of days out of 1..1825."""
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"{what} {days} days; choose 1 to {MOST_DAYS:,}.", field=field)


def newcomers(bought: Purchases, *, new_customers: str) -> tuple[int | None, np.ndarray]:
    """From which day on customers are new (None: all are), and the places of those who are."""
    day = (None if new_customers == "count"
           else beginning.new_from(bought.first_day, as_of_day=bought.as_of_day))
    everybody = np.arange(len(bought.customer_ids))
    return day, everybody if day is None else everybody[bought.first_day >= day]


def _half(curve: Curve) -> tuple[int | None, float | None]:
    of_days = returning.longest_sure(curve, returning.LOOKED_AT_DAYS)
    half = float("nan") if of_days is None else returning.half_of_returners(curve, of_days)
    return (None, None) if half != half else (of_days, half)


def _cohorts(bought: Purchases, *, by: str, within_days: int | None, new_from_day: int | None) -> pd.DataFrame:
    table = returning.by_cohort(bought, np.arange(len(bought.customer_ids)), by=by, within_days=within_days or 0)
    if within_days is None:
        return table.head(0)
    return table if new_from_day is None else table[
        table["cohort"].to_numpy() >= np.datetime64(new_from_day, "D")].reset_index(drop=True)


def _trend(bought: Purchases, rows: np.ndarray, *, within_days: int | None) -> tuple[Trend | None, str | None]:
    found = None if within_days is None else trend(bought, rows, within_days=within_days)
    if found is not None:
        return found, None
    watched = 0 if within_days is None else int((bought.first_day[rows] <= bought.as_of_day - within_days).sum())
    days = within_days or USUAL_WITHIN_DAYS[0]
    return None, (f"Whether it is getting better needs {FEWEST_CUSTOMERS} newer and {FEWEST_CUSTOMERS} older customers "
                  f"whose first order lies at least {days} days back; there are {watched} in all.")


def _staying(bought: Purchases, rows: np.ndarray, *, silence_days: int | None) -> tuple[Staying | None, str | None]:
    days = silence_days if silence_days is not None else silence.usual_silence(bought)
    if days is None:
        return None, (f"After how long a customer has fallen silent needs {silence.FEWEST_REPEATERS} customers who bought "
                      f"on two days; there are {int((bought.second_gap > 0).sum())}.")
    found = silence.staying(bought, rows, silence_days=days)
    if found is not None:
        return found, None
    judged = int((bought.first_day[rows] <= bought.as_of_day - days).sum())
    return None, (f"How long customers go on buying needs {periods.SMALL_COHORT} customers whose first order lies at "
                  f"least {days} days back; there are {judged}.")
