"""Churn: who is likely not to order in the next H days, and how far can that be trusted?

Time runs one way. The model learns from windows whose H days had closed before the test cutoff, is tested on
the latest closed window, and only then learns again, that window included, to score the customers of today.

A logistic regression is calibrated where it was trained, and several pooled windows keep the base rate from
drifting far (on a real shop the calibration error on the later window was .041, with one training window
.070). A further sigmoid or isotonic step would need a window of its own, taken from the training: it is left
out, and the error is shown instead.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.churn import evaluation
from crm.analytics.churn.features import day_number, order_features, stayed_away
from crm.analytics.churn.history import OrderHistory, read_history
from crm.analytics.churn.logistic import Logistic, fit, reasons
from crm.analytics.churn.service import add_service_features
from crm.errors import InvalidInput, NotEnoughData

# And as many who stayed: about four a feature; below it the formula follows single customers
MIN_LEAVERS = 20
MAX_WINDOWS = 4  # pooled cutoffs: on a real shop more than four changed neither ranking nor calibration
WINDOW_STEP_DAYS = 30  # a month apart: other customers are due, other weeks are in the label
MAX_HORIZON_DAYS = 730  # beyond two years nobody waits for the answer
YEAR_DAYS = 365
Z_95 = 1.96  # two-sided, normal
# Who has been silent for a year has left already. Counting them as leavers foretold would flatter the model: on
# three years of an invented shop the AUC was .90 with them and said nothing about those who can still be kept.
GONE_AFTER_DAYS = 365


@dataclass(frozen=True, eq=False)
class ChurnResult:
    """Chances of not ordering within `horizon_days` after `as_of`, and the proof.

    customers: customer_id, probability (0..1), days_silent, usual_gap_days (NaN below two purchase days),
        monetary_per_year (net spend a year of tenure, at least one year; may be < 0), reason_1..reason_3
        (codes "raises:FEATURE" or "lowers:FEATURE", strongest first, None where nothing stands out), is_gone
        (silent for more than a year, or the horizon where that is longer: left already, and no part of training
        and test), at_stake (probability x monetary_per_year, >= 0); highest chance first.
    quality: the figures of `evaluation.quality` on the test window, n_test (customers there), n_leavers,
        n_train (rows: a customer counts once a window), n_train_customers, base_rate_train.
    calibration: from_probability, to_probability, customers, predicted, observed (test window).
    gain: contacted, model, rule (test window).
    drivers: feature, effect (log-odds a standard deviation; > 0 raises the chance), low, high (95 %), strongest
        first.
    parameters: horizon_days, random_state, test_cutoff, train_cutoffs, fit_cutoffs (dates), features.
    """

    as_of: dt.date
    horizon_days: int
    customers: pd.DataFrame
    quality: dict
    calibration: pd.DataFrame
    gain: pd.DataFrame
    drivers: pd.DataFrame
    parameters: dict


class _Windows:
    """Features and labels at any cutoff, each computed once."""

    def __init__(
        self,
        history: OrderHistory,
        *,
        horizon_days: int,
        tickets: pd.DataFrame | None,
        answers: pd.DataFrame | None,
    ) -> None:
        self._history, self._horizon_days = history, horizon_days
        self._tickets, self._answers = tickets, answers
        self._known: dict[dt.date, pd.DataFrame] = {}

    def features(self, cutoff: dt.date) -> pd.DataFrame:
        if cutoff not in self._known:
            frame = order_features(self._history, as_of_day=day_number(cutoff))
            self._known[cutoff] = add_service_features(
                frame, as_of=cutoff, tickets=self._tickets, answers=self._answers
            )
        return self._known[cutoff]

    def present(self, cutoff: dt.date) -> pd.DataFrame:
        """The features of those who had not left already."""
        frame = self.features(cutoff)
        return frame[frame["days_silent"] <= max(GONE_AFTER_DAYS, self._horizon_days)].reset_index(drop=True)

    def away(self, cutoff: dt.date) -> np.ndarray:
        return stayed_away(
            self._history,
            self.present(cutoff)["customer_id"].to_numpy(),
            cutoff_day=day_number(cutoff),
            horizon_days=self._horizon_days,
        )

    def pooled(self, cutoffs: list[dt.date]) -> tuple[pd.DataFrame, np.ndarray]:
        frames = [self.present(cutoff) for cutoff in cutoffs]
        return pd.concat(frames, ignore_index=True), np.concatenate([self.away(cutoff) for cutoff in cutoffs])


def estimate(
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    horizon_days: int = 90,
    tickets: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
    random_state: int = 0,
) -> ChurnResult:
    """Estimate every customer's chance of making no purchase in the `horizon_days` days after `as_of`.

    orders (and tickets, answers) as the frames give them; anything after `as_of` is ignored. Raises
    InvalidInput for a horizon out of range, NotEnoughData when the orders reach back less than three horizons
    (history, training, test) or fewer than 20 customers left, or stayed, in the training or the test.
    """
    if not 1 <= horizon_days <= MAX_HORIZON_DAYS:
        raise InvalidInput(
            f"The horizon is {horizon_days} days; choose 1 to {MAX_HORIZON_DAYS}.", field="horizon_days"
        )
    first_on = _first_purchase(orders, as_of=as_of, horizon_days=horizon_days)
    windows = _Windows(read_history(orders), horizon_days=horizon_days, tickets=tickets, answers=answers)
    test_cutoff = as_of - dt.timedelta(days=horizon_days)
    train_cutoffs = _closed_cutoffs(test_cutoff, first_on=first_on, horizon_days=horizon_days)
    fit_cutoffs = _closed_cutoffs(as_of, first_on=first_on, horizon_days=horizon_days)

    seen, seen_away = windows.pooled(train_cutoffs)
    tested, tested_away = windows.present(test_cutoff), windows.away(test_cutoff)
    _check_counts(seen["customer_id"], seen_away, where="in the months it learns from")
    _check_counts(tested["customer_id"], tested_away, where="in the days it is tested on")
    chance, silent = fit(seen, seen_away).probability(tested), tested["days_silent"].to_numpy()
    counts = {
        "n_test": len(tested),
        "n_leavers": int(tested_away.sum()),
        "n_train": len(seen),
        "n_train_customers": int(seen["customer_id"].nunique()),
        "base_rate_train": float(seen_away.mean()),
    }
    model = fit(*windows.pooled(fit_cutoffs))
    return ChurnResult(
        as_of=as_of,
        horizon_days=horizon_days,
        customers=_scored(model, windows.features(as_of), gone_after_days=max(GONE_AFTER_DAYS, horizon_days)),
        quality=evaluation.quality(tested_away, chance, silent, random_state=random_state) | counts,
        calibration=evaluation.calibration_table(tested_away, chance),
        gain=evaluation.gain_table(tested_away, chance, silent),
        drivers=_drivers(model),
        parameters={
            "horizon_days": horizon_days,
            "random_state": random_state,
            "test_cutoff": test_cutoff,
            "train_cutoffs": train_cutoffs,
            "fit_cutoffs": fit_cutoffs,
            "features": list(model.columns),
        },
    )


def _first_purchase(orders: pd.DataFrame, *, as_of: dt.date, horizon_days: int) -> dt.date:
    purchases = orders.loc[orders["is_purchase"].to_numpy(dtype=bool), "ordered_on"]
    first_on = purchases.min()
    known_days = 0 if pd.isna(first_on) else max((as_of - first_on.date()).days, 0)
    needed_days = 3 * horizon_days
    if known_days < needed_days:
        raise NotEnoughData(
            f"Churn over {horizon_days} days needs orders that reach back {needed_days} days; these reach "
            f"back {known_days}. Choose a shorter horizon."
        )
    return first_on.date()


def _closed_cutoffs(closed_by: dt.date, *, first_on: dt.date, horizon_days: int) -> list[dt.date]:
    """Up to four cutoffs, latest first: labels known by `closed_by`, a horizon of history before each."""
    horizon = dt.timedelta(days=horizon_days)
    latest = closed_by - horizon
    candidates = [latest - dt.timedelta(days=WINDOW_STEP_DAYS * i) for i in range(MAX_WINDOWS)]
    return [cutoff for cutoff in candidates if cutoff - horizon >= first_on]


def _check_counts(customer_ids: pd.Series, away: np.ndarray, *, where: str) -> None:
    for rows, what in ((away, "left"), (~away, "stayed")):
        n_customers = customer_ids[rows].nunique()
        if n_customers < MIN_LEAVERS:
            raise NotEnoughData(
                f"Churn needs {MIN_LEAVERS} customers who {what} {where}; there are {n_customers}."
            )


def _scored(model: Logistic, frame: pd.DataFrame, *, gone_after_days: int) -> pd.DataFrame:
    years = np.maximum(frame["tenure_days"], YEAR_DAYS) / YEAR_DAYS
    scored = pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "probability": model.probability(frame),
            "days_silent": frame["days_silent"],
            "usual_gap_days": frame["mean_gap_days"],
            "monetary_per_year": frame["monetary"] / years,
            "is_gone": frame["days_silent"] > gone_after_days,
        }
    )
    scored = scored.assign(at_stake=scored["probability"] * scored["monetary_per_year"].clip(lower=0))
    scored = pd.concat([scored, reasons(model.contributions(frame), model.columns)], axis=1)
    return scored.sort_values(["probability", "customer_id"], ascending=[False, True], ignore_index=True)


def _drivers(model: Logistic) -> pd.DataFrame:
    half = Z_95 * model.standard_errors
    drivers = pd.DataFrame({"feature": model.columns, "effect": model.coefficients,
                            "low": model.coefficients - half, "high": model.coefficients + half})
    return drivers.sort_values("effect", key=lambda effect: -effect.abs(), kind="stable", ignore_index=True)
