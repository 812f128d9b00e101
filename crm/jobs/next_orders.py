"""Next orders: who will order in the next days, when, and for how much; and what each will spend in a year."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import prediction, snapshots
from crm.analytics.prediction import amounts, sampling, waiting
from crm.db import reads
from crm.errors import CrmError
from crm.jobs.names import named
from crm.services import scores

WEEKS_AHEAD = 12  # a quarter: beyond it most of the expected orders are not the next ones any more
YEAR_DAYS = 365
# What a first answer compares: the simplest of each kind. All of them are compared on request.
FIRST_AMOUNTS = ("linear", "poisson", "gamma", "boosting_gamma")
FIRST_YEARLY, WITH_DEBTS = ("poisson", "boosting_poisson"), ("linear", "boosting")
# Rows learned from, of customers drawn by lot: at 100,000 simulated customers the AUC was .744 with these, .746 with all 250,000.
MOST_ROWS = 40_000
# Beside the columns that a list of leavers is explained by, the time since the first order: who ordered ten times in a year
# orders less often than who did in a month. On a real shop, the demo and simulated shops it told buyers better or as well (AUC
# .736 and .740, .786 and .795, .713 and .722), and of those that had grown older than what was learned from fewer were expected
# in vain (18 % too many without, 4 % with it). Nobody reads signs here, for which the leavers' list leaves it out.
ALSO = {"tenure_days": "root"}
READ = ("sales", "service", "surveys")


@dataclass(frozen=True, eq=False)
class NextOrders:
    """Who will order, when, and for how much.

    customers: one row a customer who has not left already (silent for a year, or the horizon where that is longer), the highest
        chance first, then the most money: customer_id, chance (0..1 of an order within horizon_days), expected_days (until the next order has come as
        likely as not; NaN: later than can be told), expected_on (that day, NaT), expected_amount (of the next order, if it
        comes), amount_low, amount_high (eight of ten; NaN where amounts could not be learned), expected_money (chance x amount),
        days_silent, usual_gap_days (NaN below two days with an order), average_order.
    weeks: week_from (first day), days_to (days from as_of to the last), orders (customers whose next order is expected in it).
    orders, money: what comes of all together within the horizon. tested_orders, tested_money: the same for the horizon up to
        as_of, as it would have been said on tested_on. tested_money is None where amounts could not be learned.
    buying: how well buyers are foreseen. model: who says so of whom; present: what it looked at, a row a customer. amounts, waiting: how well amounts and days are; None where too little is known, and
        then amounts_missing, waiting_missing say what (amounts are then each customer's own average).
    """

    as_of: date
    horizon_days: int
    customers: pd.DataFrame
    gone: int
    weeks: pd.DataFrame
    orders: amounts.Total
    money: amounts.Total
    tested_on: date
    tested_orders: amounts.TestedTotal
    tested_money: amounts.TestedTotal | None
    buying: prediction.Comparison
    model: prediction.Model
    present: pd.DataFrame
    amounts: amounts.AmountComparison | None
    amounts_missing: str | None
    waiting: waiting.WaitComparison | None
    waiting_missing: str | None
    parameters: dict


@dataclass(frozen=True, eq=False)
class Spend:
    """What each customer will spend in the next horizon_days, net of returns: customers (customer_id, expected_spend, spend_low,
    spend_high (eight of ten), spent_before, the most first), total, tested (on tested_on), comparison."""

    as_of: date
    horizon_days: int
    customers: pd.DataFrame
    total: amounts.Total
    tested_on: date
    tested: amounts.TestedTotal
    comparison: amounts.AmountComparison


@dataclass(frozen=True, eq=False)
class AmountDetails:
    """Every model of an amount beside the others, and what makes amounts more or less by each formula: method -> coefficients."""

    comparison: amounts.AmountComparison
    coefficients: dict[str, pd.DataFrame]


@reads(*READ)
def run(session: Session, *, as_of: date, horizon_days: int = 30, random_state: int = 0) -> NextOrders:
    """Who will order in the `horizon_days` days after `as_of`, on which day, and for how much.

    Raises NotEnoughData where orders reach back less than three horizons, or too few ordered again or did not. Where only the
    amounts or only the days cannot be learned, the rest is told and the result says why.
    """
    asked = _Asked(session, as_of=as_of, horizon_days=horizon_days, random_state=random_state)
    buying = snapshots.buying(**asked.told)
    answer = prediction.answer(_task(buying, also=ALSO), methods=prediction.FIRST, random_state=random_state)
    now, chance = _present(buying), answer.probability
    sizes = _Sizes.learned(asked, buying, methods=FIRST_AMOUNTS)
    days = _Days.learned(asked, buying)
    amount, low, high = sizes.of(now)
    customers = pd.DataFrame({
        "customer_id": now["customer_id"].to_numpy(), "chance": chance, "expected_amount": amount, "amount_low": low,
        "amount_high": high, "expected_money": chance * amount, "days_silent": now["days_silent"].to_numpy(),
        "usual_gap_days": now["mean_gap_days"].to_numpy(), "average_order": now["average_order"].to_numpy()})
    curves = days.curves(now, chance, horizon_days=horizon_days)
    expected_days = np.full(len(now), np.nan) if curves is None else np.ceil(curves.day_of(0.5))
    customers.insert(2, "expected_days", expected_days)
    customers.insert(3, "expected_on", _days_after(as_of, expected_days))
    said = answer.comparison.judged[answer.comparison.proposed].probability
    tested_orders = amounts.tested_total(*amounts.expected_count(said), float(buying.test.target.sum()))
    tested_money = sizes.tested(buying, said)
    # What moved all customers in the past may do so again: the error of the test, and how past months differed.
    error = max(tested_orders.error, np.nan_to_num(amounts.swing(buying.train.target, _cutoffs(buying.train.frame))))
    of_money = max(error, 0.0 if tested_money is None else tested_money.error)
    return NextOrders(
        as_of=as_of, horizon_days=horizon_days,
        customers=customers.sort_values(["chance", "expected_money", "customer_id"], ascending=[False, False, True],
                                        ignore_index=True),
        gone=len(buying.now) - len(now), weeks=_weeks(curves, as_of),
        orders=amounts.total(*amounts.expected_count(chance), error=error),
        money=amounts.total(*amounts.expected_sum(chance, amount, sizes.deviation(amount)), error=of_money),
        tested_on=buying.test_cutoff, tested_orders=tested_orders, tested_money=tested_money, buying=answer.comparison,
        model=answer.model, present=now[list(answer.model.columns)], amounts=sizes.comparison, amounts_missing=sizes.missing, waiting=days.comparison, waiting_missing=days.missing,
        parameters={"horizon_days": horizon_days, "random_state": random_state, "test_cutoff": buying.test_cutoff,
                    "train_cutoffs": list(buying.train_cutoffs), "refit_cutoffs": list(buying.refit_cutoffs),
                    "columns": [*buying.columns, *ALSO], "method": answer.comparison.proposed,
                    "amounts_method": None if sizes.comparison is None else sizes.comparison.proposed,
                    "waiting_method": None if days.comparison is None else days.comparison.proposed})


@reads(*READ)
def spend(session: Session, *, as_of: date, horizon_days: int = YEAR_DAYS, random_state: int = 0) -> Spend:
    """What each customer will spend in the next `horizon_days`, learned from spans of that length.

    Raises NotEnoughData where orders reach back less than three of them.
    """
    asked = _Asked(session, as_of=as_of, horizon_days=horizon_days, random_state=random_state)
    windows = snapshots.spend(**asked.told)
    methods = FIRST_YEARLY if amounts.knows_no_debts(windows.train.target) else WITH_DEBTS
    answer = amounts.answer_amounts(_task(windows), methods=methods, random_state=random_state)
    found, comparison = answer.amount, answer.comparison
    said = comparison.judged[comparison.proposed].amount
    tested = amounts.tested_total(*_certain_sum(said, answer.ranges.deviation(said)), float(windows.test.target.sum()))
    error = max(tested.error, np.nan_to_num(amounts.swing(windows.train.target, _cutoffs(windows.train.frame))))
    now = _present(windows)
    customers = pd.DataFrame({
        "customer_id": now["customer_id"].to_numpy(), "expected_spend": found, "spend_low": answer.low,
        "spend_high": answer.high, "spent_before": now["spent_before"].to_numpy()})
    return Spend(
        as_of=as_of, horizon_days=horizon_days, customers=customers.sort_values(
            ["expected_spend", "customer_id"], ascending=[False, True], ignore_index=True),
        total=amounts.total(*_certain_sum(found, answer.ranges.deviation(found)), error=error), tested_on=windows.test_cutoff,
        tested=tested, comparison=_lean(comparison))


@reads(*READ)
def compare_amounts(session: Session, *, as_of: date, horizon_days: int = 30, of: str = "next_order",
                    random_state: int = 0) -> AmountDetails:
    """Every model of the next order's amount ("next_order"), or of the spend in the horizon ("spend"), with coefficients."""
    asked = _Asked(session, as_of=as_of, horizon_days=horizon_days, random_state=random_state)
    task = _task((snapshots.spend if of == "spend" else snapshots.next_order)(**asked.told))
    found = amounts.compare_amounts(task, methods=amounts.METHODS, random_state=random_state)
    tables = {}
    for method in amounts.FORMULAS:
        if method in found.judged:
            tables[method] = amounts.coefficients(task.learn, method=method, scales=task.scales, random_state=random_state)
    return AmountDetails(_lean(found), tables)


@reads(*READ)
def compare_buying(session: Session, *, as_of: date, horizon_days: int = 30, random_state: int = 0) -> prediction.Comparison:
    """Every model of who will order in the next `horizon_days`."""
    asked = _Asked(session, as_of=as_of, horizon_days=horizon_days, random_state=random_state)
    return prediction.compare(_task(snapshots.buying(**asked.told), also=ALSO), methods=prediction.METHODS, random_state=random_state)


def table(result: NextOrders, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer, the highest chance first: NextOrders.customers with customer_code and customer_name."""
    return named(result.customers, names)


def spend_table(result: Spend, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer, the most expected spend first: Spend.customers with customer_code and customer_name."""
    return named(result.customers, names)


def quality(result: NextOrders) -> dict:
    """What is expected, what would have been expected before and came, and how good each model was on the later time."""
    bought = result.buying.judged[result.buying.proposed]
    found = {
        "customers": len(result.customers), "gone": result.gone,
        "expected_orders": result.orders.expected, "orders_low": result.orders.low, "orders_high": result.orders.high,
        "expected_money": result.money.expected, "money_low": result.money.low, "money_high": result.money.high,
        "tested_on": result.tested_on, "tested_orders_expected": result.tested_orders.expected,
        "tested_orders_came": result.tested_orders.actual, "method": result.buying.proposed,
        **{f"buying_{name}": bought.value(name) for name in ("roc_auc", "pr_auc", "brier", "calibration_error")},
        "buying_beats_rule": result.buying.beats_rule, "buying_base_rate": result.buying.base_rate,
        "amounts_missing": result.amounts_missing, "waiting_missing": result.waiting_missing}
    if "rule" in result.buying.judged:
        found["buying_rule_roc_auc"] = result.buying.judged["rule"].value("roc_auc")
    if result.tested_money is not None:
        found |= {"tested_money_expected": result.tested_money.expected, "tested_money_came": result.tested_money.actual}
    if result.amounts is not None:
        found |= {"amounts_method": result.amounts.proposed, "amounts_beats_rule": result.amounts.beats_rule,
                  "amounts": {method: dict(zip(judged.metrics["metric"], judged.metrics["value"], strict=True))
                              for method, judged in result.amounts.judged.items()}}
    if result.waiting is not None:
        found |= {"waiting_method": result.waiting.proposed, "waiting_beats_rule": result.waiting.beats_rule,
                  "waiting": {method: dict(zip(judged.metrics["metric"], judged.metrics["value"], strict=True))
                              for method, judged in result.waiting.judged.items()}}
    return found


def save(session: Session, result: NextOrders) -> int:
    """Keep every customer's chance to order, and within how many days (the label); returns the run's id."""
    kept = result.customers[["customer_id", "chance"]].rename(columns={"chance": "number"})
    return scores.save(session, kept.assign(label=f"{result.horizon_days} days"), analysis="buying", as_of=result.as_of,
                       parameters=result.parameters, quality=quality(result))


class _Asked:
    """What all questions start from, read once."""

    def __init__(self, session: Session, *, as_of: date, horizon_days: int, random_state: int) -> None:
        tickets, answers = frames.tickets(session, until=as_of), frames.answers(session, until=as_of)
        self.told = {"orders": frames.orders(session, until=as_of), "as_of": as_of, "horizon_days": horizon_days,
                     "tickets": tickets if len(tickets) else None, "answers": answers if len(answers) else None}
        self.random_state = random_state


def _task(windows: snapshots.Windows, *, also: dict[str, str] | None = None) -> prediction.Task:
    """also: columns of the windows' frames beyond those that they name, with their scales."""
    columns = list(dict.fromkeys([*windows.columns, *(also or {})]))

    def rows(window: snapshots.Window) -> prediction.Rows:
        return prediction.Rows(window.frame[columns], window.target, window.frame["customer_id"].to_numpy())

    return prediction.Task(learn=_drawn(rows(windows.train)), test=rows(windows.test), refit=_drawn(rows(windows.refit)),
                           now=_present(windows)[columns], scales={**(also or {}), **windows.scales},
                           rule=windows.rule if windows.rule in columns else None)


def _drawn(rows: prediction.Rows) -> prediction.Rows:
    if len(rows.target) <= MOST_ROWS:
        return rows
    return sampling.take(rows, sampling.sample(rows, most_rows=MOST_ROWS))


def _present(windows: snapshots.Windows) -> pd.DataFrame:
    """Today's rows of those who have not left already."""
    return windows.now[~windows.now["is_gone"].to_numpy(dtype=bool)].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Sizes:
    """Amounts of the next orders; without an answer each customer's own average."""

    answer: amounts.AmountAnswer | None = None
    columns: tuple[str, ...] = ()
    missing: str | None = None

    @classmethod
    def learned(cls, asked: _Asked, buying: snapshots.Windows, *, methods: tuple[str, ...]) -> "_Sizes":
        try:
            windows = snapshots.next_order(**asked.told)
            # Whom it is to tell of is known better by the windows of who buys.
            task = replace(_task(windows), now=windows.now[list(windows.columns)].head(0))
            answer = amounts.answer_amounts(task, methods=methods, random_state=asked.random_state)
        except CrmError as error:
            return cls(missing=str(error))
        return cls(answer, windows.columns)

    @property
    def comparison(self) -> amounts.AmountComparison | None:
        return None if self.answer is None else _lean(self.answer.comparison)

    def of(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Amount, low and high of each."""
        if self.answer is None:
            nothing = np.full(len(frame), np.nan)
            return np.maximum(frame["average_order"].to_numpy(dtype=float), 0.0), nothing, nothing
        amount = self.answer.model.amount(frame[list(self.columns)])
        return amount, *self.answer.ranges.around(amount)

    def deviation(self, amount: np.ndarray) -> np.ndarray:
        # Without a model the amounts of other customers tell nothing of one's own: as far off as they are large.
        return amount if self.answer is None else self.answer.ranges.deviation(amount)

    def tested(self, buying: snapshots.Windows, said: np.ndarray) -> amounts.TestedTotal | None:
        """What all orders of the tested time would have been expected to bring, by the models of then."""
        if self.answer is None:
            return None
        model = self.answer.comparison.models[self.answer.comparison.proposed]
        amount = model.amount(buying.test.frame[list(self.columns)])
        found = self.answer.comparison
        return amounts.tested_total(*amounts.expected_sum(said, amount, self.answer.ranges.deviation(amount)),
                                    float(found.tested.sum()), comparable=float(found.yardstick.capped(found.tested).sum()))


@dataclass(frozen=True, eq=False)
class _Days:
    """Days to the next orders, where they can be told."""

    answer: waiting.WaitAnswer | None = None
    columns: tuple[str, ...] = ()
    missing: str | None = None

    @classmethod
    def learned(cls, asked: _Asked, buying: snapshots.Windows) -> "_Days":
        try:
            known = snapshots.waiting(**asked.told)
            columns = tuple(dict.fromkeys([*known.columns, *ALSO]))
            task = waiting.WaitingTask(learn=_waits(known.train), test=_waits(known.test), refit=_waits(known.refit),
                                       within_days=known.horizon_days, now=known.now.head(0), scales={**ALSO, **known.scales},
                                       columns=columns)
            answer = waiting.answer_waiting(task, random_state=asked.random_state)
        except CrmError as error:
            return cls(missing=str(error))
        return cls(answer, columns)

    @property
    def comparison(self) -> waiting.WaitComparison | None:
        return None if self.answer is None else replace(self.answer.comparison, models={})

    def curves(self, frame: pd.DataFrame, chance: np.ndarray, *, horizon_days: int) -> waiting.Curves | None:
        """By which day each will have ordered, in agreement with the chance within the horizon."""
        if self.answer is None:
            return None
        return self.answer.model.curves(frame[list(self.columns)]).agreeing_with(chance, within_days=horizon_days)


def _waits(spells: snapshots.Spells) -> waiting.Waits:
    return waiting.Waits(spells.frame, spells.days.astype(float), spells.bought, spells.frame["customer_id"].to_numpy())


def _cutoffs(frame: pd.DataFrame) -> np.ndarray:
    return frame["cutoff"].to_numpy()


def _certain_sum(amount: np.ndarray, deviation: np.ndarray) -> tuple[float, float]:
    return float(amount.sum()), float((deviation**2).sum())


def _lean(comparison: amounts.AmountComparison) -> amounts.AmountComparison:
    """Without its models: what is remembered between visits is to stay small."""
    return replace(comparison, models={}, unseen=(np.empty(0), np.empty(0)))


def _days_after(as_of: date, days: np.ndarray) -> np.ndarray:
    whole = np.where(np.isfinite(days), days, 0).astype("timedelta64[D]")
    return np.where(np.isfinite(days), np.datetime64(as_of, "D") + whole, np.datetime64("NaT")).astype("datetime64[s]")


def _weeks(curves: waiting.Curves | None, as_of: date) -> pd.DataFrame:
    if curves is None:
        return pd.DataFrame({"week_from": [], "days_to": [], "orders": []})
    n_weeks = min(WEEKS_AHEAD, int(curves.longest_days // 7))
    ends = 7 * np.arange(1, n_weeks + 1)
    reached = np.array([0.0, *(float(curves.chance(end).sum()) for end in ends)])
    starts = np.datetime64(as_of, "D") + (ends - 6).astype("timedelta64[D]")
    return pd.DataFrame({"week_from": starts.astype("datetime64[s]"), "days_to": ends, "orders": np.diff(reached)})
