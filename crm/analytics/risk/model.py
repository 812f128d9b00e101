"""What could hurt the business? Late payers, returns, disputes and dependence, in one readable score a customer.

The score is a sum of named parts, each with points of its own. It is a reading aid that says whom to look at first and
why. It is no probability, and nothing was fitted to losses: no company of one has enough of them.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.risk import concentration, disputes, returns
from crm.analytics.risk import payments as paying
from crm.analytics.risk.sums import total
from crm.errors import InvalidInput, NotEnoughData

# Most points of each part: money that does not come weighs most, for it is both revenue and cost.
POINTS = {"late": 40, "returns": 25, "disputes": 20, "dependence": 15}
LEVELS = ("low", "watch", "high")
WATCH_FROM = 15  # what the smallest part can bring alone
HIGH_FROM = 30  # most bills three weeks late, or two other parts together
HIGH_NEEDS = 40  # points that must be possible, before anybody is called high: one small part alone is no verdict
LATE_FULL_SHARE = 0.5  # half of the bills late brings all points of the share
LATE_FULL_DAYS = 30  # a month late: the next month's bills are due
OVERDUE_FULL_DAYS = 90  # past due, a debt counts as defaulted with banks (Basel Committee 2006, para. 452)
MORE_THAN_USUAL = 0.25  # given back, or complained of, a quarter of everything more than is usual: all points
WAITING = 0.5  # of the points for open complaints, where one is open but answered
DEPENDENCE_FROM, DEPENDENCE_FULL = 0.05, 0.25  # of revenue; annual reports must name customers from 10 % on (IFRS 8.34)
LEAST_AMOUNT = 1e-4  # the smallest amount that is written down: no division by an order of nothing
MOST_DAYS = 365


@dataclass(frozen=True, eq=False)
class Risk:
    """What could hurt the business, up to as_of.

    customers: one row a customer with orders, payments or complaints, the highest score first: customer_id, score
        (0..100: points of possible points; NaN where no part is known), level ("low", "watch", "high"; None), parts
        (0..4, how many are known), possible (points of these), late, returns, disputes, dependence (points; NaN: not
        known), revenue_year (net, 365 days), share (of the year's revenue), open_amount, overdue_amount, is_present
        (bought within the year, owes something or waits with a complaint: who does nothing of this can hurt no more).
    payments, returns, disputes, concentration: see their modules.
    overdue_amount, overdue_customers, open_amount, high_customers (present ones with level high), high_revenue (theirs in
    a year), disputed_amount (NaN: tickets name no order): money at risk. Overdue and open are NaN where it cannot be told.
    parameters: terms_days, grace_days, random_state.
    """

    as_of: dt.date
    customers: pd.DataFrame
    payments: paying.Payments
    returns: returns.Returns
    disputes: disputes.Disputes
    concentration: concentration.Concentration
    overdue_amount: float
    overdue_customers: int
    open_amount: float
    high_customers: int
    high_revenue: float
    disputed_amount: float
    parameters: dict


def assess(orders: pd.DataFrame, *, order_lines: pd.DataFrame, payments: pd.DataFrame, tickets: pd.DataFrame,
           customers: pd.DataFrame, products: pd.DataFrame, as_of: dt.date, terms_days: int | None = None,
           grace_days: int = 0, random_state: int = 0) -> Risk:
    """Assess every customer as of `as_of`; frames as crm.frames gives them, later rows are ignored.

    terms_days: the owner's word on days to pay where no due day is recorded; grace_days: days after the due day that
    do not count as late. Nothing here is drawn at random: `random_state` is there because every analysis has one.
    tickets may hold order_id (0: none); then the money that open complaints are about is known. Raises InvalidInput for
    settings out of range and amounts that are no numbers, NotEnoughData where there is no order, payment or complaint.
    """
    _check(orders, order_lines, payments, terms_days=terms_days, grace_days=grace_days)
    orders, order_lines = _until(orders, "ordered_on", as_of), _until(order_lines, "ordered_on", as_of)
    paid, tickets = _until(payments, "paid_on", as_of), _until_moments(tickets, as_of)
    if len(customers):  # records of deleted customers are nobody's any more
        paid = paid[paid["customer_id"].isin(customers["customer_id"])]
        tickets = tickets[tickets["customer_id"].isin(customers["customer_id"])]
    kinds = customers.set_index("customer_id")["kind"]
    how_paid = paying.measure(orders, paid, as_of=as_of, kinds=kinds, terms_days=terms_days, grace_days=grace_days)
    given_back = returns.measure(order_lines, products, as_of=as_of)
    complaints = disputes.measure(tickets, orders, as_of=as_of)
    hangs_on = concentration.measure(order_lines, as_of=as_of, products=products, customers=customers)
    ids = np.unique(np.concatenate([orders["customer_id"], paid["customer_id"], complaints.customers["customer_id"]]))
    if not len(ids):
        raise NotEnoughData(f"Risk needs orders, payments or complaints; there are 0 up to {as_of:%Y-%m-%d}.")
    usual_order = orders.loc[orders["is_purchase"].to_numpy(dtype=bool), "gross_amount"].median()
    scored = _scored(ids, how_paid, given_back, complaints, hangs_on, usual_order=usual_order)
    scored = scored.assign(is_present=_is_present(scored, orders, complaints, as_of=as_of))
    high = scored[(scored["level"] == "high") & scored["is_present"]]
    table, can_tell = how_paid.invoices.table, how_paid.invoices.judged_from is not None
    over = table[table["days_overdue"] > grace_days]
    dated = can_tell and (table.empty or bool(table["days_overdue"].notna().any()))
    disputed = complaints.customers["disputed_amount"]
    return Risk(
        as_of=as_of, customers=scored, payments=how_paid, returns=given_back, disputes=complaints, concentration=hangs_on,
        overdue_amount=total(over["open_amount"]) if dated else float("nan"),
        overdue_customers=over["customer_id"].nunique(),
        open_amount=total(table["open_amount"]) if can_tell else float("nan"), high_customers=len(high),
        high_revenue=total(high["revenue_year"].clip(lower=0)),
        disputed_amount=total(disputed.dropna()) if "order_id" in tickets else float("nan"),
        parameters={"terms_days": terms_days, "grace_days": grace_days, "random_state": random_state})


def _check(orders: pd.DataFrame, order_lines: pd.DataFrame, paid: pd.DataFrame, *, terms_days: int | None,
           grace_days: int) -> None:
    for frame, column, whose in ((orders, "net_amount", "orders"), (order_lines, "amount", "order lines"),
                                 (paid, "amount", "payments")):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise InvalidInput(f"The amounts of the {whose} are no numbers; write them as numbers without a currency.",
                               field=column)
    for days, name, words in ((terms_days, "terms_days", "Days to pay"), (grace_days, "grace_days", "Days of grace")):
        if days is not None and not 0 <= days <= MOST_DAYS:
            raise InvalidInput(f"{words} are {days}; choose 0 to {MOST_DAYS}.", field=name)


def _until(frame: pd.DataFrame, column: str, as_of: dt.date) -> pd.DataFrame:
    return frame[frame[column] < pd.Timestamp(as_of) + pd.Timedelta(days=1)].reset_index(drop=True)


def _until_moments(tickets: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Tickets opened up to as_of; what happened to them later is blank."""
    known, end = _until(tickets, "opened_at", as_of), pd.Timestamp(as_of) + pd.Timedelta(days=1)
    return known.assign(**{name: known[name].where(known[name] < end) for name in ("first_answered_at", "resolved_at")})


def _scored(ids: np.ndarray, how_paid: paying.Payments, given_back: returns.Returns, complaints: disputes.Disputes,
            hangs_on: concentration.Concentration, *, usual_order: float) -> pd.DataFrame:
    brought = hangs_on.customers.set_index("customer_id")
    money = how_paid.customers.set_index("customer_id")
    can_share = hangs_on.hhi == hangs_on.hhi
    share = brought["share"].reindex(ids, fill_value=0.0 if can_share else np.nan)
    points = pd.DataFrame({
        "late": _late_points(money, usual_order=usual_order).reindex(ids),
        "returns": _returns_points(given_back).reindex(ids),
        "disputes": _disputes_points(complaints).reindex(ids, fill_value=0.0 if complaints.is_recorded else np.nan),
        "dependence": POINTS["dependence"] * _ramp(share, DEPENDENCE_FROM, DEPENDENCE_FULL)}, index=ids)
    known = points.notna()
    possible = known.to_numpy() @ np.array(list(POINTS.values()))
    score = pd.Series(100 * points.sum(axis=1).to_numpy() / np.where(possible > 0, possible, np.nan), index=ids).round(6)
    level = np.select([score.isna(), (score >= HIGH_FROM) & (possible >= HIGH_NEEDS), score >= WATCH_FROM], [-1, 2, 1], 0)
    can_tell = how_paid.invoices.judged_from is not None
    amounts = {name: money[name].reindex(ids, fill_value=0.0) if can_tell else np.nan
               for name in ("open_amount", "overdue_amount")}
    table = points.assign(score=score, level=pd.Categorical.from_codes(level, LEVELS), parts=known.sum(axis=1),
                          possible=possible, revenue_year=brought["revenue"].reindex(ids, fill_value=0.0), share=share,
                          **amounts).rename_axis("customer_id").reset_index()
    table = table[["customer_id", "score", "level", "parts", "possible", *POINTS, "revenue_year", "share", "open_amount",
                   "overdue_amount"]]
    return table.sort_values(["score", "overdue_amount", "revenue_year", "customer_id"],
                             ascending=[False, False, False, True], ignore_index=True)


def _is_present(scored: pd.DataFrame, orders: pd.DataFrame, complaints: disputes.Disputes, *, as_of: dt.date) -> pd.Series:
    since = pd.Timestamp(as_of) - pd.Timedelta(days=concentration.YEAR_DAYS)
    buying = orders.loc[orders["is_purchase"].to_numpy(dtype=bool) & (orders["ordered_on"] > since).to_numpy(), "customer_id"]
    waiting = complaints.customers.loc[complaints.customers["open"] > 0, "customer_id"]
    who = scored["customer_id"]
    return who.isin(buying) | who.isin(waiting) | (scored["open_amount"] > 0)


def _ramp(values, start: float, end: float):
    """0 up to `start`, 1 from `end` on, in a straight line between; not known stays not known."""
    return ((values - start) / (end - start)).clip(0.0, 1.0)


def _late_points(money: pd.DataFrame, *, usual_order: float) -> pd.Series:
    """The worse of habit (how often times how long) and what is overdue now; known with a bill or payments at once.

    Less than the order in the middle counts in proportion: a trifle that is long overdue is no reason to call.
    """
    habit = (_ramp(money["share_late"].fillna(0.0), 0.0, LATE_FULL_SHARE)
             * _ramp(money["median_days_late"].fillna(0.0), 0.0, LATE_FULL_DAYS))
    now = _ramp(money["overdue_days"].fillna(0.0), 0.0, OVERDUE_FULL_DAYS) * _ramp(
        money["overdue_amount"], 0.0, max(usual_order, LEAST_AMOUNT))
    is_known = (money["bills"] > 0) | (money["at_once"] > 0)
    return (POINTS["late"] * np.maximum(habit, now)).where(is_known)


def _returns_points(given_back: returns.Returns) -> pd.Series:
    table = given_back.customers.set_index("customer_id")
    usual = given_back.usual_lines.mean
    points = POINTS["returns"] * _ramp(table["share_of_lines"], usual, usual + MORE_THAN_USUAL)
    return points if given_back.is_recorded else points * np.nan


def _disputes_points(complaints: disputes.Disputes) -> pd.Series:
    """Half for complaining more often than is usual, half for what is open: all of it without an answer or reopened."""
    table = complaints.customers.set_index("customer_id")
    often = _ramp(table["share"], complaints.usual_share.mean, complaints.usual_share.mean + MORE_THAN_USUAL)
    urgent = (table["unanswered"] > 0) | (table["reopened"] > 0)
    now = np.select([urgent, table["open"] > 0], [1.0, WAITING], 0.0)
    return POINTS["disputes"] / 2 * (often + now)
