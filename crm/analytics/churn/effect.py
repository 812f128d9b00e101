"""Effect: did contacting keep customers who would have left, and what did it bring?

The only fair comparison is with customers who were held out at random: the same mixture of chances, nobody called. Everybody
counts on the side on which the draw put him, whether the call was made or not (intention to treat), else those who are easily
reached would flatter the calls. Without a hold-out nothing is measured: what happened can only be set beside what the model
had expected, and the gap may as well be the model's error.

The share that stayed, contacted less held out, has Newcombe's hybrid score interval (Newcombe 1998, Statistics in Medicine
17:873-890, method 10), which holds for small groups and shares near 0 and 1; money has a bootstrap interval over customers.
"""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

Z_95 = 1.959963984540054  # two-sided, normal
Z_POWER = 0.8416212335729143  # so that a true effect is seen four times of five
MIN_GROUP = 10  # on either side; below it one customer more or less moves the share by ten points and more
RESAMPLES = 2_000  # the ends of a 95 % interval then move by a few per cent of its width
DRAWS_AT_ONCE = 4_000_000  # of a bootstrap: 32 MB
STATES = ("too_early", "no_hold_out", "too_few", "measured")
VERDICTS = ("helped", "harmed", "not_shown")


@dataclass(frozen=True)
class Side:
    """One side of the draw. customers; stayed (ordered within the horizon); stayed_share and expected_share (mean of 1 - the
    chance of leaving, what the model expected of them without a contact; NaN where no chance is known), 0..1; money: net
    spend in the horizon, a customer."""

    customers: int
    stayed: int
    stayed_share: float
    expected_share: float
    money: float


@dataclass(frozen=True)
class Effect:
    """What a round brought, as far as it can be told.

    state: "too_early" (the horizon has not passed: wait until `measured_on`; only the sizes of the sides are told),
    "no_hold_out" (nothing is measured; what stayed may be set beside what was expected, no more), "too_few" (a side is smaller
    than MIN_GROUP: shares are told, no difference), "measured".
    contacted, held_out: the sides. difference: share that stayed, contacted less held out, -1..1, with low and high (95 %,
    Newcombe 1998, method 10). verdict: "helped" (the whole interval above 0), "harmed" (below), "not_shown"; None unless
    measured. kept: customers more who stayed because of the contacts (difference x contacted), kept_low, kept_high.
    money_difference: net spend a customer, contacted less held out, money_low, money_high (95 %, bootstrap). profit: that times
    the contacted, less the cost of all contacts, profit_low, profit_high. visible_difference: the smallest true difference that
    groups of these sizes would show four times of five. All NaN where they cannot be told.
    """

    state: str
    measured_on: dt.date
    contacted: Side
    held_out: Side
    difference: float
    low: float
    high: float
    verdict: str | None
    kept: float
    kept_low: float
    kept_high: float
    money_difference: float
    money_low: float
    money_high: float
    profit: float
    profit_low: float
    profit_high: float
    cost: float
    visible_difference: float


@dataclass(frozen=True)
class Sizing:
    """Will a round of this size show its effect? expected_difference: share of those contacted who stay because of it, if the
    success rate is right; visible_difference: the smallest that would be seen four times of five; needed: customers (both
    sides) to see the expected one with this hold-out share (None: none are enough); is_enough."""

    contacted: int
    held_out: int
    expected_difference: float
    visible_difference: float
    needed: int | None
    is_enough: bool


def measure(members: pd.DataFrame, orders: pd.DataFrame, *, started_on: dt.date, horizon_days: int, as_of: dt.date,
            contact_cost: float = 0.0, random_state: int = 0) -> Effect:
    """Compare those who were contacted with those who were held out, as known at the end of `as_of`.

    members: one row a customer: customer_id, is_holdout (bool), probability (of leaving, as expected at the start; NaN not
    known). orders: customer_id, ordered_on, is_purchase, net_amount, as crm.frames.orders gives them; what lies outside the
    horizon (`horizon_days` days, the first is `started_on`) or after `as_of` changes nothing. contact_cost: of one contact.
    Raises InvalidInput.
    """
    if horizon_days < 1:
        raise InvalidInput(f"The horizon is {horizon_days} days; choose 1 or more.", field="horizon_days")
    measured_on = started_on + dt.timedelta(days=horizon_days)
    members = members.sort_values("customer_id", kind="stable")  # the same answer in whatever sequence they come
    held = members["is_holdout"].to_numpy(dtype=bool)
    is_early = as_of < measured_on  # the horizon's last day has to be over
    stayed, money = _outcomes(members["customer_id"], orders, started_on=started_on, horizon_days=horizon_days)
    expected = 1.0 - members["probability"].to_numpy(dtype=float)
    contacted, held_out = (_side(stayed[rows], money[rows], expected[rows], is_known=not is_early) for rows in (~held, held))
    cost = float(contact_cost * contacted.customers)
    figures = dict.fromkeys(("difference", "low", "high", "kept", "kept_low", "kept_high", "money_difference", "money_low",
                             "money_high", "profit", "profit_low", "profit_high", "visible_difference"), math.nan)
    state = _state(contacted, held_out, is_early=is_early)
    if state != "measured":
        return Effect(state, measured_on, contacted, held_out, verdict=None, cost=cost, **figures)
    low, high = newcombe(contacted.stayed, contacted.customers, held_out.stayed, held_out.customers)
    difference = contacted.stayed_share - held_out.stayed_share
    verdict = "helped" if low > 0 else "harmed" if high < 0 else "not_shown"
    spent_low, spent_high = _bootstrap(money[~held], money[held], random_state=random_state)
    spent = contacted.money - held_out.money
    n = contacted.customers
    figures |= {
        "difference": difference, "low": low, "high": high, "kept": difference * n, "kept_low": low * n, "kept_high": high * n,
        "money_difference": spent, "money_low": spent_low, "money_high": spent_high,
        "profit": spent * n - cost, "profit_low": spent_low * n - cost, "profit_high": spent_high * n - cost,
        "visible_difference": visible_difference(n, held_out.customers, base_share=held_out.stayed_share)}
    return Effect(state, measured_on, contacted, held_out, verdict=verdict, cost=cost, **figures)


def newcombe(first: int, n_first: int, second: int, n_second: int) -> tuple[float, float]:
    """95 % interval of first / n_first - second / n_second (Newcombe 1998, method 10: hybrid of Wilson's score intervals).

    >>> tuple(round(end, 4) for end in newcombe(56, 70, 48, 80))
    (0.0524, 0.3339)
    """
    one, other = first / n_first, second / n_second
    (low_one, high_one), (low_other, high_other) = wilson(first, n_first), wilson(second, n_second)
    difference = one - other
    return (difference - math.hypot(one - low_one, high_other - other),
            difference + math.hypot(high_one - one, other - low_other))


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), without continuity correction.

    >>> tuple(round(end, 4) for end in wilson(81, 263))
    (0.2553, 0.3662)
    """
    share, z_squared = successes / n, Z_95**2
    middle = share + z_squared / (2 * n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + z_squared / (4 * n**2))
    # At shares of 0 and 1 the formula ends there exactly, and rounding would carry it beyond.
    return max((middle - half) / (1 + z_squared / n), 0.0), min((middle + half) / (1 + z_squared / n), 1.0)


def needed_size(base_share: float, difference: float, *, holdout_share: float = 0.5) -> int | None:
    """Customers, both sides together, so that a true difference is seen (two-sided 5 %) four times of five; None: no number
    is enough, the difference is 0, or what it would lead to is no share. base_share: of those held out who stay, 0..1.

    Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, section 4.2, without continuity correction.

    >>> needed_size(0.5, 0.1)
    776
    """
    other = base_share + difference
    if not 0 < holdout_share < 1 or not 0 <= base_share <= 1 or not 0 <= other <= 1 or difference == 0:
        return None
    pooled = (1 - holdout_share) * other + holdout_share * base_share
    under_none = math.sqrt(pooled * (1 - pooled) / (holdout_share * (1 - holdout_share)))
    under_effect = math.sqrt(other * (1 - other) / (1 - holdout_share) + base_share * (1 - base_share) / holdout_share)
    exact = ((Z_95 * under_none + Z_POWER * under_effect) / difference) ** 2
    # Each side is whole customers
    return math.ceil(exact * holdout_share) + math.ceil(exact * (1 - holdout_share))


def visible_difference(contacted: int, held_out: int, *, base_share: float) -> float:
    """The smallest gain in the share that stays which groups of these sizes show four times of five; NaN where even the
    greatest gain would not be seen. base_share: of those held out who stay, 0..1."""
    n = contacted + held_out
    if contacted < 1 or held_out < 1 or not 0 <= base_share < 1:
        return math.nan

    def is_seen(difference: float) -> bool:
        needed = needed_size(base_share, difference, holdout_share=held_out / n)
        return needed is not None and needed <= n

    low, high = 0.0, 1.0 - base_share
    if not is_seen(high):
        return math.nan
    for _ in range(40):  # halved so often that nothing is left of the interval
        middle = (low + high) / 2
        low, high = (low, middle) if is_seen(middle) else (middle, high)
    return high


def sizing(probability: np.ndarray | pd.Series, *, success_rate: float, holdout_share: float) -> Sizing:
    """What a round with these customers (their chances of leaving, 0..1) will be able to show. Raises InvalidInput."""
    if not 0 <= holdout_share < 1:
        raise InvalidInput(f"{holdout_share:.0%} would be held out; choose less than all.", field="holdout_share")
    chances = np.asarray(probability, dtype=float)
    leaving = float(np.nanmean(chances)) if np.isfinite(chances).any() else math.nan
    n = len(chances)
    held_out = min(max(int(math.floor(holdout_share * n + 0.5)), 1), n // 2) if holdout_share > 0 else 0
    expected = leaving * success_rate
    base = 1.0 - leaving
    visible = visible_difference(n - held_out, held_out, base_share=base) if base == base else math.nan
    needed = needed_size(base, expected, holdout_share=holdout_share) if base == base else None
    return Sizing(n - held_out, held_out, expected, visible, needed, bool(needed is not None and needed <= n))


def _outcomes(customer_ids: pd.Series, orders: pd.DataFrame, *, started_on: dt.date,
              horizon_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each customer: bought within the horizon (bool), net spend in it (returns lower it)."""
    day = orders["ordered_on"].to_numpy().astype("datetime64[D]")
    first = np.datetime64(started_on, "D")
    within = orders[(day >= first) & (day < first + np.timedelta64(horizon_days, "D"))]
    bought = within.loc[within["is_purchase"].to_numpy(dtype=bool), "customer_id"]
    spent = within.groupby("customer_id")["net_amount"].sum()
    return customer_ids.isin(bought).to_numpy(), spent.reindex(customer_ids).fillna(0.0).to_numpy(dtype=float)


def _side(stayed: np.ndarray, money: np.ndarray, expected: np.ndarray, *, is_known: bool) -> Side:
    known = expected[~np.isnan(expected)]
    is_told = is_known and len(stayed) > 0
    return Side(customers=len(stayed), stayed=int(stayed.sum()) if is_known else 0,
                stayed_share=float(stayed.mean()) if is_told else math.nan,
                expected_share=float(known.mean()) if len(known) else math.nan,
                money=float(money.mean()) if is_told else math.nan)


def _state(contacted: Side, held_out: Side, *, is_early: bool) -> str:
    if is_early:
        return "too_early"
    if held_out.customers == 0:
        return "no_hold_out"
    return "too_few" if min(contacted.customers, held_out.customers) < MIN_GROUP else "measured"


def _bootstrap(first: np.ndarray, second: np.ndarray, *, random_state: int) -> tuple[float, float]:
    """95 % of the difference of means, customers of each side drawn with replacement (percentiles; Efron 1979)."""
    rng = np.random.default_rng(random_state)
    differences = _resampled_means(first, rng) - _resampled_means(second, rng)
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


def _resampled_means(amounts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows = max(DRAWS_AT_ONCE // len(amounts), 1)
    return np.concatenate([amounts[rng.integers(0, len(amounts), (min(rows, RESAMPLES - start), len(amounts)))].mean(axis=1)
                           for start in range(0, RESAMPLES, rows)])
