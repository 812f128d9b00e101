"""Customer value: what did customers bring, what will they spend, and what may a new one cost?

Purchases by BG/NBD (Fader, Hardie & Lee 2005), spend a purchase by Gamma-Gamma (Fader & Hardie 2013), both fitted by
maximum likelihood to the owner's orders and tested on the last part of them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.value import ahead, fitting, gamma_gamma
from crm.analytics.value.cautions import cautions
from crm.analytics.value.concentration import Concentration, concentration
from crm.analytics.value.fitting import Fitted
from crm.analytics.value.forecast import Forecast, forecast, spend_ranges
from crm.analytics.value.groups import COHORT, by_group, labels_of
from crm.analytics.value.hold_out import HoldOut, hold_out, usual_days
from crm.analytics.value.margins import margins
from crm.analytics.value.newcomers import Newcomers, newcomers
from crm.analytics.value.past import PastValue, customers_so_far, summed
from crm.analytics.value.transactions import with_gifts
from crm.errors import InvalidInput, NotEnoughData

MOST_MONTHS = 60  # beyond five years nothing supports the forecast
WON_THROUGH = ("channel",)  # groupings that say how a customer was won; a segment says what became of one


@dataclass(frozen=True, eq=False)
class CustomerValue:
    """What customers are worth, as of a day.

    customers: one row a customer, most expected spend first: customer_id; expected_spend (net revenue of the next `months`),
        spend_low, spend_high (80 % range); expected_purchases (purchase days), purchases_low, purchases_high; present_value
        (expected_spend discounted to today); expected_margin (NaN without known costs); alive (0..1, chance of still being
        a customer; 1 for every one-time buyer, so no score of leaving); and the columns of PastValue.customers.
    total: the same over all customers: expected_spend, spend_low, spend_high, expected_purchases, purchases_low,
        purchases_high, present_value, expected_margin.
    past: until now. groups: per grouping one row a group, see `groups.by_group`. ahead_concentration: of expected_spend.
    hold_out: the test on the owner's later orders; None where it was not possible, and hold_out_missing says why.
    newcomers: what a new customer is worth.
    warnings: whole sentences on what limits these figures.
    quality: r, alpha (weeks), a, b, log_likelihood (BG/NBD); p, q, gamma (money), gamma_gamma_log_likelihood (None where
        Gamma-Gamma does not hold); customers, repeat_buyers, spend_against_frequency (rank correlation).
    parameters: months, yearly_discount, hold_out_days, random_state.
    """

    as_of: dt.date
    months: int
    yearly_discount: float
    customers: pd.DataFrame
    total: dict[str, float]
    past: PastValue
    groups: dict[str, pd.DataFrame]
    ahead_concentration: Concentration
    hold_out: HoldOut | None
    hold_out_missing: str | None
    newcomers: Newcomers
    warnings: tuple[str, ...]
    quality: dict
    parameters: dict


def estimate(orders: pd.DataFrame, lines: pd.DataFrame | None = None, *, as_of: dt.date, months: int = 12,
             yearly_discount: float = 0.10, groupings: Mapping[str, pd.Series] | None = None,
             hold_out_days: int | None = None, random_state: int = 0) -> CustomerValue:
    """Everything about the value of customers who have bought up to `as_of`; later rows are ignored.

    orders, lines (for costs) as the frames give them; groupings: labels by customer_id, e.g. {"channel": ...};
    hold_out_days: how much of the history is set aside for the test (None: its last third, at most a year). Raises
    InvalidInput for settings out of range, NotEnoughData for less than four weeks of orders or ten repeat buyers.
    """
    _check(months, yearly_discount)
    orders = with_gifts(orders, lines)
    fitted = fitting.fit(orders, as_of=as_of, random_state=random_state)
    tested, untested = _test(orders, fitted, as_of=as_of, days=hold_out_days, random_state=random_state)
    weeks = months * ahead.WEEKS_A_MONTH
    coming = forecast(fitted.purchases_fit, fitted.sizes, fitted.seen, weeks=weeks, yearly_discount=yearly_discount)
    model_error = tested.model_error if tested is not None else 0.0
    known = margins(lines, fitted.purchases.customer_ids, as_of=as_of)
    so_far = customers_so_far(orders, fitted.purchases, known, as_of=as_of)
    labels = labels_of(so_far, groupings)
    past = summed(so_far, known, labels, as_of=as_of)
    sums = {"past_spend": so_far["past_spend"], "past_margin": so_far["past_margin"]}
    correlation = gamma_gamma.spend_against_frequency(fitted.customers)
    low, high = spend_ranges(coming, fitted.purchases_fit, fitted.sizes, fitted.seen, weeks=weeks,
                             model_error=model_error)
    customers = so_far.assign(
        expected_spend=coming.spend.mean, spend_low=low, spend_high=high, expected_purchases=coming.purchases.mean,
        purchases_low=coming.purchases_low, purchases_high=coming.purchases_high, present_value=coming.present_value,
        expected_margin=coming.spend.mean * known.rate, alive=coming.alive)
    customers = customers[["customer_id", "expected_spend", "spend_low", "spend_high", "expected_purchases",
                           "purchases_low", "purchases_high", "present_value", "expected_margin", "alive",
                           *so_far.columns[1:]]]
    return CustomerValue(
        as_of=as_of, months=months, yearly_discount=yearly_discount,
        customers=customers.sort_values(["expected_spend", "customer_id"], ascending=[False, True], ignore_index=True),
        total=_total(coming, known.rate, tested), past=past,
        groups={name: by_group(group, sums, in_sequence=name == COHORT, spend=coming.spend, margin_rate=known.rate,
                               model_error=model_error) for name, group in labels.items()},
        ahead_concentration=concentration(coming.spend.mean), hold_out=tested, hold_out_missing=untested,
        newcomers=newcomers(
            fitted.purchases, fitted.customers, fitted.seen, fitted.purchases_fit, fitted.sizes, known,
            {name: labels[name] for name in WON_THROUGH if name in labels}, months=months,
            yearly_discount=yearly_discount, model_error=model_error),
        warnings=cautions(fitted, tested, untested, past, correlation=correlation, weeks=weeks),
        quality=_quality(fitted, correlation),
        parameters={"months": months, "yearly_discount": yearly_discount,
                    "hold_out_days": tested.days if tested is not None else None, "random_state": random_state})


def _check(months: int, yearly_discount: float) -> None:
    if not 1 <= months <= MOST_MONTHS:
        raise InvalidInput(f"The forecast looks {months} months ahead; choose 1 to {MOST_MONTHS}.", field="months")
    if not 0 <= yearly_discount <= 1:
        raise InvalidInput(f"The yearly discount is {yearly_discount * 100:.0f} %; choose 0 % to 100 %.",
                           field="yearly_discount")


def _test(orders: pd.DataFrame, fitted: Fitted, *, as_of: dt.date, days: int | None,
          random_state: int) -> tuple[HoldOut | None, str | None]:
    if days is None:
        days = usual_days(int(fitted.purchases.day.min()), fitted.purchases.as_of_day)
    try:
        return hold_out(orders, as_of=as_of, days=days, random_state=random_state), None
    except NotEnoughData as error:
        return None, f"Without the last {days} days there is too little left to learn from: {error}"


def _total(coming: Forecast, margin_rate: np.ndarray, tested: HoldOut | None) -> dict[str, float]:
    everybody = np.ones(len(coming.alive), dtype=bool)
    off_purchases, off = (0.0, 0.0) if tested is None else (tested.model_error_purchases, tested.model_error)
    spend, low, high = coming.spend.of(everybody, model_error=off)
    purchases, fewest, most = coming.purchases.of(everybody, model_error=off_purchases)
    return {"expected_spend": spend, "spend_low": low, "spend_high": high, "expected_purchases": purchases,
            "purchases_low": fewest, "purchases_high": most, "present_value": float(coming.present_value.sum()),
            "expected_margin": float((coming.spend.mean * margin_rate).sum())}


def _quality(fitted: Fitted, correlation: float) -> dict:
    model, spend = fitted.purchases_fit, fitted.spend_fit
    return {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b, "log_likelihood": model.log_likelihood,
            **{name: None if spend is None else getattr(spend, name) for name in ("p", "q", "gamma")},
            "gamma_gamma_log_likelihood": None if spend is None else spend.log_likelihood,
            "customers": len(fitted.customers.repeats), "repeat_buyers": int((fitted.customers.repeats > 0).sum()),
            "spend_against_frequency": correlation}
