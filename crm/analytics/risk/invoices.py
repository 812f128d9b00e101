"""Which orders are not paid for yet, and since when should they be?

Only what the records allow is said. An order can be judged where payments name orders: its own, most of those of its
customer, or nearly all of those of customers of its kind. Orders from before the payments begin are not judged. What
pays for no order by name, what was paid too much and what was credited counts for the customer's oldest open orders, so
that never more is called open than is. Money that was sent back lowers that, but opens no order again: whoever sent it
knew why (a debit that bounced cannot be told from a refund).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.risk.sums import counts, sums, total

SETTLED_FROM = 0.97  # of the amount: cash discounts of 2 to 3 % and bank charges are no debt
BEGIN_TOGETHER_DAYS = 60  # payments that begin so soon after the orders are taken to be recorded from the first order on
OWN_RECORDED = 0.2  # of a customer's orders are named by payments: then it is usual for this customer
KIND_RECORDED = 0.8  # of the orders of customers of a kind: then an order without a payment is an unpaid one
FEWEST_OWN_TERMS = 3  # bills of a customer whose middle is called usual
FEWEST_KIND_TERMS = 20
ALIKE_TERMS = 0.8  # of the bills of a kind have the same term, to the day: then it is usual for new customers too
FEWEST_RATIOS = 20  # orders with payments, before they are said to differ from their orders as a rule
TAXED = (1.03, 1.30)  # payments to orders: more than a rounding, not more than the highest tax on sales
LESS_FEES = (0.85, 0.97)  # less than cash discount, not less than what market places keep
HALF_PAID = 0.5  # where payments differ from orders as a rule: below that, the order is unpaid
YEAR_DAYS = 365
COLUMNS = ("order_id", "customer_id", "ordered_on", "amount", "paid_amount", "open_amount", "due_on", "due_from",
           "days_overdue")


@dataclass(frozen=True, eq=False)
class Invoices:
    """What is open, and how far that can be told.

    table: one row an open order, the longest overdue first: order_id, customer_id, ordered_on, amount (net of returns),
        paid_amount, open_amount (> 0), due_on (NaT: not known), due_from ("recorded", "given": by the owner, "usual":
        reckoned from the term of earlier bills, "": not known), days_overdue (above 0: overdue; NaN: not known).
    judged_from: the first day whose orders can be judged; None where no payment names an order.
    unjudged_orders, unjudged_amount: orders of the last 365 days of which nothing is known.
    differ_by: payments to their orders at the middle, where they differ as a rule (1.19: with tax); else None. Then
        only orders of which less than half is paid are called open.
    on_account: by customer_id, what was ordered beyond what was paid, for customers whose payments name no order.
    """

    table: pd.DataFrame
    judged_from: pd.Timestamp | None
    unjudged_orders: int
    unjudged_amount: float
    differ_by: float | None
    on_account: pd.Series


def open_orders(orders: pd.DataFrame, payments: pd.DataFrame, *, as_of: pd.Timestamp, kinds: pd.Series,
                terms_days: int | None) -> Invoices:
    """What is open of `orders`, given `payments`; both hold nothing after `as_of`.

    kinds: by customer_id, person or company. terms_days: the owner's word on days to pay where no due date is recorded.
    """
    order_id, net = orders["order_id"].to_numpy(), orders["net_amount"].to_numpy(dtype="float64")
    ordered_on, size = orders["ordered_on"].to_numpy(), len(orders)
    place = np.where(payments["order_id"] > 0, pd.Index(order_id).get_indexer(payments["order_id"]), -1)
    named = place >= 0
    amounts = payments["amount"].to_numpy(dtype="float64")
    customer, customer_ids = pd.factorize(orders["customer_id"], sort=True)
    came = named & (amounts > 0)
    paid = sums(place[came], amounts[came], size)
    is_named = paid > 0
    year = ordered_on > (as_of - pd.Timedelta(days=YEAR_DAYS)).to_numpy()
    if not is_named.any():
        unknown = (net > 0) & year
        return Invoices(_empty(), None, int(unknown.sum()), total(net[unknown]), None, _on_account(orders, payments))
    judged_from = _judged_from(ordered_on, payments["paid_on"].to_numpy())
    since = ordered_on >= judged_from
    sale = net > 0
    judged = sale & (is_named | (since & _is_recorded(customer, customer_ids, sale & (since | is_named), is_named, kinds)))
    differ_by = _differ_by(paid[sale], net[sale])
    if differ_by is None:
        missing = np.where(judged & (paid < SETTLED_FROM * net), net - paid, 0.0)
        over = np.where((since & (net < 0)) | (sale & (paid > net)), paid - net, 0.0)
        rest = np.where((amounts < 0) | (payments["order_id"] == 0), amounts, 0.0)
        left = missing - _covered(customer, ordered_on, order_id, missing, _pool(
            customer, customer_ids, over, payments["customer_id"].to_numpy(), rest))
    else:
        left = np.where(judged & (paid < HALF_PAID * net), net - paid, 0.0)
    rows = np.flatnonzero(left > (1 - SETTLED_FROM) * np.abs(net))
    due_on, due_from = _due(orders, payments, place, rows, kinds=kinds, terms_days=terms_days)
    table = pd.DataFrame({
        "order_id": order_id[rows], "customer_id": orders["customer_id"].to_numpy()[rows], "ordered_on": ordered_on[rows],
        "amount": net[rows], "paid_amount": net[rows] - left[rows], "open_amount": left[rows], "due_on": due_on,
        "due_from": pd.Series(due_from, dtype="str"),
        "days_overdue": (as_of - pd.Series(due_on)).dt.days.astype("float64")})
    unknown = sale & year & ~judged
    return Invoices(table.sort_values(["days_overdue", "order_id"], ascending=[False, True], ignore_index=True),
                    pd.Timestamp(judged_from), int(unknown.sum()), total(net[unknown]), differ_by,
                    _on_account(orders, payments))


def _empty() -> pd.DataFrame:
    kinds = {"order_id": "int64", "customer_id": "int64", "ordered_on": "datetime64[us]", "due_on": "datetime64[us]",
             "due_from": "str"}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "float64")) for name in COLUMNS})


def _judged_from(ordered_on: np.ndarray, paid_on: np.ndarray) -> np.datetime64:
    first_order, first_payment = ordered_on.min(), paid_on.min()
    together = first_payment <= first_order + np.timedelta64(BEGIN_TOGETHER_DAYS, "D")
    return first_order if together else first_payment


def _is_recorded(customer: np.ndarray, customer_ids: np.ndarray, asked: np.ndarray, is_named: np.ndarray,
                 kinds: pd.Series) -> np.ndarray:
    """Of each order: would its payment be on record? By its customer's habit, or by that of customers of the kind."""
    people = len(customer_ids)
    of_own = counts(customer, people, where=asked & is_named) / np.maximum(counts(customer, people, where=asked), 1)
    kind, names = pd.factorize(kinds.reindex(customer_ids).fillna(""))
    of_order = kind[customer]
    of_kind = (counts(of_order, len(names), where=asked & is_named)
               / np.maximum(counts(of_order, len(names), where=asked), 1))
    return (of_own[customer] >= OWN_RECORDED) | (of_kind[of_order] >= KIND_RECORDED)


def _differ_by(paid: np.ndarray, net: np.ndarray) -> float | None:
    ratios = paid[paid > 0] / net[paid > 0]
    if len(ratios) < FEWEST_RATIOS:
        return None
    middle = float(np.median(ratios))
    as_a_rule = TAXED[0] < middle <= TAXED[1] or LESS_FEES[0] <= middle < LESS_FEES[1]
    return middle if as_a_rule else None


def _pool(customer: np.ndarray, customer_ids: np.ndarray, over: np.ndarray, payer: np.ndarray,
          rest: np.ndarray) -> np.ndarray:
    """What each customer has to the good: overpaid, credited, paid without naming an order, less what was sent back;
    never below 0."""
    of = pd.Index(customer_ids).get_indexer(payer)
    here = of >= 0
    own = sums(customer, over, len(customer_ids)) + sums(of[here], rest[here], len(customer_ids))
    return np.maximum(own, 0.0)


def _covered(customer: np.ndarray, ordered_on: np.ndarray, order_id: np.ndarray, missing: np.ndarray,
             pool: np.ndarray) -> np.ndarray:
    """How much of each order's missing amount the customer's own good covers, the oldest orders first."""
    covered = np.zeros(len(missing))
    rows = np.flatnonzero((missing > 0) & (pool[customer] > 0))
    if not len(rows):
        return covered
    rows = rows[np.lexsort((order_id[rows], ordered_on[rows], customer[rows]))]
    running = np.cumsum(missing[rows])
    is_first = np.concatenate([[True], customer[rows][1:] != customer[rows][:-1]])
    of_others = np.maximum.accumulate(np.where(is_first, running - missing[rows], 0.0))
    before = running - missing[rows] - of_others
    covered[rows] = np.clip(pool[customer[rows]] - before, 0.0, missing[rows])
    return covered


def _due(orders: pd.DataFrame, payments: pd.DataFrame, place: np.ndarray, rows: np.ndarray, *, kinds: pd.Series,
         terms_days: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Due days of the orders at `rows`, and where each comes from."""
    ordered_on = orders["ordered_on"].to_numpy()
    due = payments["due_on"].to_numpy()
    known = (place >= 0) & ~np.isnat(due) & (payments["amount"].to_numpy() > 0)
    latest = pd.Series(due[known]).groupby(place[known]).max()  # of several instalments the last one that is known
    recorded = latest.reindex(rows).to_numpy().astype("datetime64[us]")
    if terms_days is not None:
        days = np.full(len(rows), float(terms_days))
        reckoned = "given"
    else:
        terms = ((due[known] - ordered_on[place[known]]) / np.timedelta64(1, "D"))
        days = _usual_terms(terms, orders["customer_id"].to_numpy()[place[known]],
                            orders["customer_id"].to_numpy()[rows], kinds)
        reckoned = "usual"
    none, unknown = np.isnat(recorded), np.isnan(days)
    by_terms = ordered_on[rows] + np.where(unknown, 0, np.floor(days)).astype("int64").astype("timedelta64[D]")
    due_on = np.where(none, np.where(unknown, np.datetime64("NaT"), by_terms), recorded).astype("datetime64[us]")
    return due_on, np.select([~none, ~unknown], ["recorded", reckoned], "")


def _usual_terms(terms: np.ndarray, customers: np.ndarray, wanted: np.ndarray, kinds: pd.Series) -> np.ndarray:
    """Days to pay that are usual for each wanted customer: the middle of the own bills, else that of the kind."""
    own = pd.DataFrame({"customer_id": customers, "days": terms})
    own = own[own["customer_id"].isin(wanted)].groupby("customer_id")["days"].agg(["size", "median"])
    usual = own.loc[own["size"] >= FEWEST_OWN_TERMS, "median"].reindex(wanted).to_numpy(dtype="float64", copy=True)
    kind_of_bill = kinds.reindex(customers).fillna("").to_numpy(dtype=object)
    kind_of_wanted = kinds.reindex(wanted).fillna("").to_numpy(dtype=object)
    for kind in set(kind_of_wanted[np.isnan(usual)]):
        theirs = terms[kind_of_bill == kind]
        if len(theirs) >= FEWEST_KIND_TERMS and (np.abs(theirs - np.median(theirs)) <= 1).mean() >= ALIKE_TERMS:
            usual[np.isnan(usual) & (kind_of_wanted == kind)] = np.median(theirs)
    return usual


def _on_account(orders: pd.DataFrame, payments: pd.DataFrame) -> pd.Series:
    """Ordered less paid, where more than a cash discount, of customers none of whose payments names an order."""
    naming = payments.loc[payments["order_id"] > 0, "customer_id"]
    theirs = payments[~payments["customer_id"].isin(naming)]
    if theirs.empty or orders.empty:
        return pd.Series(dtype="float64", name="on_account")
    payer, payers = pd.factorize(theirs["customer_id"], sort=True)
    paid = sums(payer, theirs["amount"].to_numpy(), len(payers))
    begun = _judged_from(orders["ordered_on"].to_numpy(), payments["paid_on"].to_numpy())
    bought = orders[(orders["ordered_on"] >= begun) & orders["customer_id"].isin(payers)]
    of = pd.Index(payers).get_indexer(bought["customer_id"])
    ordered = sums(of, bought["net_amount"].to_numpy(), len(payers))
    owed = ordered - paid
    return pd.Series(owed, index=payers, name="on_account")[owed > (1 - SETTLED_FROM) * np.abs(ordered)]
