"""Who pays late, how late, and does it get worse?

A bill is what was due on one day for one order (several part payments are one bill), or one payment that names no order.
What is overdue and not paid yet counts as a late bill too: who has not paid at all would look better than who paid late.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.risk.invoices import Invoices, open_orders
from crm.analytics.risk.shares import Usual, usual
from crm.analytics.risk.sums import counts, sums, total
from crm.money import UNITS

LOOKBACK_DAYS = 730  # how somebody paid three years ago says little about the next bill
YEAR_DAYS = 365
# The prior counts for at least four bills, so that a single late one is no verdict, and takes nobody to be late in more
# than half of them: a company whose customers pay late must not condemn the one of whom it knows least.
LEAST_WEIGHT, MOST_WEIGHT, MOST_MEAN = 4.0, 40.0, 0.5
AT_ONCE_DAYS = 1  # after the order: paid in the shop, by card, or in advance
AGES = (("0–30 days", 1, 30), ("31–60 days", 31, 60), ("61–90 days", 61, 90), ("over 90 days", 91, None))
NOT_DUE, UNKNOWN_DUE = "not due yet", "due day not known"
STALE_AFTER_DAYS = 31  # bills are paid every month; a longer silence is more likely a file not brought in yet
_BILL_DAYS = 200_000  # more days than a calendar needs: order and due day in one whole number


@dataclass(frozen=True, eq=False)
class Payments:
    """How customers pay, up to as_of.

    customers: one row a customer with bills, payments made at once, or open orders: customer_id, bills (due within two
        years up to as_of, or paid before they are due; open overdue ones included), late_bills, share_late (0..1, drawn
        towards the usual), median_days_late (of the late ones; NaN: none), weighted_days_late (days late of the average
        unit of money, 0 where in time), worst_days_late (NaN: none late), bills_year, late_year, bills_before, late_before (due in the last
        365 days and in the 365 before), at_once (orders paid within a day that name no due day), open_amount,
        overdue_amount, overdue_orders, overdue_days (of the longest; NaN: none), unpaid_on_account (NaN, see Invoices).
    trend: period ("year", "before"), bills, late, share_late (NaN without bills), weighted_days_late.
    ageing: bucket (AGES, then NOT_DUE and UNKNOWN_DUE), orders, customers, amount.
    usual_late: what is usual; its mean is NaN where no bill has a due day.
    invoices: what is open and how far that can be told.
    payments, with_due_day, with_order: numbers of payments; first_on, last_on: days of the first and last (None).
    is_stale: the last payment lies more than 31 days before as_of.
    """

    customers: pd.DataFrame
    trend: pd.DataFrame
    ageing: pd.DataFrame
    usual_late: Usual
    invoices: Invoices
    payments: int
    with_due_day: int
    with_order: int
    first_on: dt.date | None
    last_on: dt.date | None
    is_stale: bool


def measure(orders: pd.DataFrame, payments: pd.DataFrame, *, as_of: dt.date, kinds: pd.Series,
            terms_days: int | None = None, grace_days: int = 0) -> Payments:
    """How customers pay. `orders` and `payments` hold nothing after `as_of`; kinds: by customer_id.

    terms_days: days to pay where no due day is recorded (None: as each customer's bills show); grace_days: a bill is late
    when it is paid more than so many days after it was due.
    """
    today = pd.Timestamp(as_of)
    invoices = open_orders(orders, payments, as_of=today, kinds=kinds, terms_days=terms_days)
    bills, at_once = _bills(orders, payments, invoices.table, today=today, terms_days=terms_days, grace_days=grace_days)
    late, habits = _habits(bills, today=today)
    customers = _with_open(late, at_once, invoices, grace_days=grace_days)
    paid_on = payments["paid_on"]
    return Payments(
        customers=customers, trend=_trend(bills, today), ageing=_ageing(invoices.table, grace_days=grace_days),
        usual_late=habits, invoices=invoices, payments=len(payments), with_due_day=int(payments["due_on"].notna().sum()),
        with_order=int((payments["order_id"] > 0).sum()), first_on=_day(paid_on.min()), last_on=_day(paid_on.max()),
        is_stale=bool(len(payments)) and (today - paid_on.max()).days > STALE_AFTER_DAYS)


def _day(moment: pd.Timestamp) -> dt.date | None:
    return None if pd.isna(moment) else moment.date()


def _bills(orders: pd.DataFrame, payments: pd.DataFrame, open_table: pd.DataFrame, *, today: pd.Timestamp,
           terms_days: int | None, grace_days: int) -> tuple[pd.DataFrame, pd.Series]:
    """Bills (customer_id, due, days_late, amount, is_late), and by customer_id how many orders were paid at once."""
    came = payments[payments["amount"] > 0]
    place = np.where(came["order_id"] > 0, pd.Index(orders["order_id"]).get_indexer(came["order_id"]), -1)
    ordered = _day_numbers(orders["ordered_on"].to_numpy())
    paid, due = _day_numbers(came["paid_on"].to_numpy()), _day_numbers(came["due_on"].to_numpy())
    has_due = came["due_on"].notna().to_numpy()
    prompt = ~has_due & (place >= 0)
    prompt[prompt] = paid[prompt] <= ordered[place[prompt]] + AT_ONCE_DAYS
    at_once = came.loc[prompt].groupby("customer_id")["order_id"].nunique()
    if terms_days is not None:
        given = ~has_due & (place >= 0) & ~prompt
        due = np.where(given, ordered[place] + terms_days, due) if len(ordered) else due
        has_due = has_due | given
    rows = came["order_id"].to_numpy()[has_due]
    # One bill an order and due day; a payment that names no order is a bill of its own.
    key = np.where(rows > 0, rows * _BILL_DAYS + due[has_due], -came["payment_id"].to_numpy()[has_due])
    over = open_table[open_table["days_overdue"] > grace_days]
    over_due = _day_numbers(over["due_on"].to_numpy())
    every = pd.DataFrame({
        "key": np.concatenate([key, over["order_id"].to_numpy() * _BILL_DAYS + over_due]),
        "customer_id": np.concatenate([came["customer_id"].to_numpy()[has_due], over["customer_id"].to_numpy()]),
        "due": np.concatenate([due[has_due], over_due]),
        "paid": np.concatenate([paid[has_due], np.full(len(over), _day_numbers(np.array([today.to_numpy()]))[0])]),
        "amount": np.rint(np.concatenate([came["amount"].to_numpy()[has_due], over["open_amount"].to_numpy()]) * UNITS)})
    bills = every.groupby("key", as_index=False).agg(
        {"customer_id": "min", "due": "min", "paid": "max", "amount": "sum"})
    days_late = (bills["paid"] - bills["due"]).to_numpy(dtype="float64")
    return pd.DataFrame({"customer_id": bills["customer_id"], "due": bills["due"], "days_late": days_late,
                         "amount": bills["amount"] / UNITS, "is_late": days_late > grace_days}), at_once


def _day_numbers(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("int64")


def _year_of(bills: pd.DataFrame, today: pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    """Which bills were due in the last 365 days, and in the 365 before; what is paid before it is due counts now."""
    ago = _day_numbers(np.array([today.to_numpy()]))[0] - bills["due"].to_numpy()
    return ago < YEAR_DAYS, (ago >= YEAR_DAYS) & (ago < 2 * YEAR_DAYS)


def _habits(bills: pd.DataFrame, *, today: pd.Timestamp) -> tuple[pd.DataFrame, Usual]:
    year, before = _year_of(bills, today)
    kept = bills[year | before]  # together LOOKBACK_DAYS
    customer, customer_ids = pd.factorize(kept["customer_id"], sort=True)
    people, is_late = len(customer_ids), kept["is_late"].to_numpy()
    year, before = year[year | before], before[year | before]
    number, late = counts(customer, people), counts(customer, people, where=is_late)
    habits = usual(late, number, least_weight=LEAST_WEIGHT, most_weight=MOST_WEIGHT, most_mean=MOST_MEAN)
    amounts, days = kept["amount"].to_numpy(), np.where(is_late, kept["days_late"], 0.0)
    of_late = kept[is_late].groupby("customer_id")["days_late"].agg(["median", "max"]).reindex(customer_ids)
    return pd.DataFrame({
        "customer_id": customer_ids, "bills": number, "late_bills": late, "share_late": habits.drawn(late, number),
        "median_days_late": of_late["median"].to_numpy(), "worst_days_late": of_late["max"].to_numpy(),
        "weighted_days_late": sums(customer, amounts * days, people) / sums(customer, amounts, people),
        "bills_year": counts(customer, people, where=year), "late_year": counts(customer, people, where=year & is_late),
        "bills_before": counts(customer, people, where=before),
        "late_before": counts(customer, people, where=before & is_late)}), habits


def _with_open(late: pd.DataFrame, at_once: pd.Series, invoices: Invoices, *, grace_days: int) -> pd.DataFrame:
    """The habits of everybody who has any, with what is open and overdue beside them."""
    table = invoices.table
    over = table[table["days_overdue"] > grace_days]
    every = np.union1d(np.union1d(late["customer_id"], at_once.index),
                       np.union1d(table["customer_id"], invoices.on_account.index)).astype("int64")
    found = late.set_index("customer_id").reindex(every)
    number = [name for name in found if name.startswith(("bills", "late_"))]
    found[number] = found[number].fillna(0).astype("int64")
    by_customer = over.groupby("customer_id")
    found = found.assign(
        at_once=at_once.reindex(every, fill_value=0).astype("int64"),
        open_amount=sums(np.searchsorted(every, table["customer_id"]), table["open_amount"].to_numpy(), len(every)),
        overdue_amount=sums(np.searchsorted(every, over["customer_id"]), over["open_amount"].to_numpy(), len(every)),
        overdue_orders=by_customer.size().reindex(every, fill_value=0).astype("int64"),
        overdue_days=by_customer["days_overdue"].max().reindex(every),
        unpaid_on_account=invoices.on_account.reindex(every))
    return found.rename_axis("customer_id").reset_index()


def _trend(bills: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    rows = []
    for period, chosen in zip(("year", "before"), _year_of(bills, today), strict=True):
        theirs = bills[chosen]
        number, late = len(theirs), int(theirs["is_late"].sum())
        amount = total(theirs["amount"])
        days = total(theirs["amount"] * theirs["days_late"].where(theirs["is_late"], 0.0))
        rows.append({"period": period, "bills": number, "late": late, "share_late": late / number if number else float("nan"),
                     "weighted_days_late": days / amount if amount > 0 else float("nan")})
    return pd.DataFrame(rows)


def _ageing(table: pd.DataFrame, *, grace_days: int) -> pd.DataFrame:
    days = table["days_overdue"]
    over = days > grace_days
    chosen = {name: over & (days >= first) & (days <= (last or np.inf)) for name, first, last in AGES}
    chosen |= {NOT_DUE: days.notna() & ~over, UNKNOWN_DUE: days.isna()}
    return pd.DataFrame([{"bucket": name, "orders": int(rows.sum()), "customers": table.loc[rows, "customer_id"].nunique(),
                          "amount": total(table.loc[rows, "open_amount"])} for name, rows in chosen.items()])
