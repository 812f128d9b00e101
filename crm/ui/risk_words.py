"""What does the page of risks say? Its sentence, why somebody is listed, what is not known, what hangs on the largest."""

import pandas as pd
import streamlit as st

from crm.analytics import risk
from crm.analytics.risk import Risk
from crm.ui import page, words

FEW_BUYERS = 4  # with fewer, "the largest three" says nothing
WORTH_NAMING = 1.0  # points, before a part is given as a reason
WORSE_BY, FEWEST_BILLS = 0.25, 3  # share of bills late in both years, before it is called worse
MOST_NAMED = 4
MOST = 0.5  # of the overdue orders: how their due day is known belongs into the answer
PARTS = tuple(risk.POINTS)
DIMENSIONS = {"product": "Product", "category": "Category", "channel": "Channel", "country": "Country"}


def options() -> tuple[int | None, int]:
    """Days to pay where no due day is recorded (None: as the payments show), and days that do not count as late."""
    with st.popover("More options", icon=":material/tune:"):
        terms = st.number_input("Days to pay, where no due day is recorded", min_value=0, max_value=365, value=None,
                                placeholder="As your payments show", key="terms_days", width=320)
        grace = st.number_input("Days that do not count as late", min_value=0, max_value=90, value=0, key="grace_days",
                                width=320, help="A transfer over a weekend takes three days.")
    return terms, grace or 0


def sentence(result: Risk, currency: str) -> str:
    """How much hangs on few, and what is overdue or not known."""
    return f"**{_hangs(result)}** {_owed(result, currency)} {_high(result, currency)}".strip()


def _hangs(result: Risk) -> str:
    found = result.concentration
    when = _when(result)
    if found.hhi != found.hhi:
        if result.customers.empty or not found.days_known:
            return "There are no sales yet, so nothing can hang on anybody."
        if len(found.customers):
            return f"As much was given back as was sold in {when}, so shares of revenue cannot be computed."
        return f"There were no sales in {when}, so shares of revenue cannot be computed."
    share = found.top.set_index("first")["share"]
    if found.buyers == 1 and not found.unnamed_share:
        return f"All revenue of {when} comes from one customer."
    if found.buyers == 0:
        return f"All revenue of {when} was sold without a name."
    if found.buyers < FEW_BUYERS:
        return (f"Only {words.count(found.buyers)} customers brought revenue in {when}; the largest brings "
                f"{percent(share[1])} of it.")
    return f"Your 3 largest customers bring {percent(share[3])} of revenue."


def percent(part: float) -> str:
    """A share with a decimal where it is small."""
    return words.share(part, 1 if part < 0.1 else 0)


def _owed(result: Risk, currency: str) -> str:
    paid = result.payments
    if not paid.payments:
        return f"No payments are on record up to {words.day(result.as_of)}, so who pays late is not known."
    if paid.invoices.judged_from is None:
        return "Your payments do not name their orders, so what is open is not known."
    if result.overdue_amount != result.overdue_amount:
        return f"{page.amount(result.open_amount, currency)} is open, but no due day is on record."
    if not result.overdue_customers:
        return "Nothing is overdue."
    amount = page.amount(result.overdue_amount, currency)
    people = "1 customer" if result.overdue_customers == 1 else f"{words.count(result.overdue_customers)} customers"
    over = paid.invoices.table.query("days_overdue > 0")["due_from"]
    if over.eq("given").mean() > MOST:
        return f"{amount} is overdue at {people}, going by your days to pay."
    if over.eq("usual").mean() > MOST:
        return f"{amount} is overdue at {people}, going by the days to pay that are usual for them."
    return f"{amount} is overdue at {people}."


def _high(result: Risk, currency: str) -> str:
    if not result.high_customers:
        return "No customer is at the level “high”."
    brought = page.amount(result.high_revenue, currency)
    if result.high_customers == 1:
        return f"1 customer is at the level “high” and brought {brought} in a year."
    return f"{words.count(result.high_customers)} customers are at the level “high” and brought {brought} in a year."


def spelled_out(table: pd.DataFrame, result: Risk) -> list[str]:
    """Why each customer has its score, the part with most points first; and what is not known of it."""
    usual = result.returns.usual_lines.mean
    return [_why(row, usual) for row in table.to_dict("records")]


def _why(row: dict, usual_returned: float) -> str:
    reasons = {"late": _why_late(row), "returns": _why_returns(row, usual_returned),
               "disputes": _why_disputes(row), "dependence": f"brings {percent(row['share'])} of revenue"}
    said = sorted((part for part in PARTS if row[part] >= WORTH_NAMING), key=lambda part: -row[part])
    written = [reasons[part] for part in said if reasons[part]]
    known = f"only {row['parts']} of 4 parts known"
    return "; ".join([*written, known] if row["parts"] < 4 else written)


def _why_late(row: dict) -> str:
    written = []
    if row["overdue_orders"] > 0:
        written.append(f"overdue for {row['overdue_days']:.0f} days")
    if row["late_bills"] > 0 and row["late_bills"] > row["overdue_orders"]:
        written.append(f"paid {row['late_bills']:.0f} of {row['bills']:.0f} late, {row['median_days_late']:.0f} days at the "
                       f"middle")
    if _is_worse(row):
        written.append("later than the year before")
    return ", ".join(written)


def _is_worse(row: dict) -> bool:
    if min(row["bills_year"], row["bills_before"]) < FEWEST_BILLS:
        return False
    return row["late_year"] / row["bills_year"] - row["late_before"] / row["bills_before"] >= WORSE_BY


def _why_returns(row: dict, usual: float) -> str:
    return (f"gave back {row['returned_lines']:.0f} of {row['sold_lines']:.0f} items, "
            f"{percent(usual)} is usual")


def _why_disputes(row: dict) -> str:
    if row["unanswered_complaints"] > 0:
        return f"complaint without an answer for {row['open_complaint_days']:.0f} days"
    if row["reopened_complaints"] > 0:
        return "complaint opened again"
    if row["open_complaints"] > 0:
        return f"complaint open for {row['open_complaint_days']:.0f} days"
    orders = row["orders"]
    return f"{row['complaints']:.0f} complaints in {orders:.0f} orders" if row["complaints"] > 1 else "a complaint"


def can_tell_open(result: Risk) -> bool:
    """Whether anything can be said about open orders."""
    return result.payments.invoices.judged_from is not None


def has_bars(result: Risk) -> bool:
    """Whether anything is overdue, or open with no due day known."""
    table = result.payments.ageing.set_index("bucket")
    return bool(table["orders"].drop(risk.NOT_DUE).sum())


def missing(result: Risk, currency: str) -> list[str]:
    """What is not known of payments, and how it could be; one sentence each."""
    paid, found = result.payments, []
    invoices, given = paid.invoices, result.parameters["terms_days"]
    if not paid.payments:
        return ["No payments are on record. Bring in a file of payments with the customer, the day and the amount; with "
                "order numbers it shows what is open, with due days who pays late."]
    number = words.count(paid.payments)
    if not paid.with_order:
        found.append(f"None of the {number} payments names its order, so which orders are open cannot be told. Bring in "
                     "payments with order numbers.")
    if not paid.with_due_day and given is None:
        found.append(f"None of the {number} payments names the day when it was due, so late cannot be told from early. Bring "
                     + ("in due days, or set your days to pay under More options." if paid.with_order else "in due days."))
    unknown = invoices.table["due_from"].eq("")
    if unknown.any() and paid.with_due_day:
        found.append(f"For {words.count(unknown.sum())} of {words.count(len(unknown))} open orders no due day is known.")
    reckoned = int(invoices.table["due_from"].eq("usual").sum())
    if reckoned:
        found.append(f"For {words.count(reckoned)} of {words.count(len(unknown))} open orders the due day is reckoned from "
                     "the days to pay that are usual for the customer.")
    if invoices.unjudged_orders and paid.with_order:
        found.append(f"Of {words.count(invoices.unjudged_orders)} orders of the last 365 days, worth "
                     f"{page.amount(invoices.unjudged_amount, currency)}, no payment is on record, nor is it usual for such "
                     "customers. They do not count as open.")
    if len(invoices.on_account):
        found.append(f"Customers whose payments name no order ordered {page.amount(invoices.on_account.sum(), currency)} "
                     f"more than they paid ({words.count(len(invoices.on_account))} customers).")
    if invoices.differ_by is not None:
        found.append(f"Payments come to {words.share(invoices.differ_by)} of their orders as a rule, perhaps for tax or fees. "
                     "So only orders of which less than half is paid count as open.")
    if paid.is_stale:
        found.append(f"The last payment on record is of {words.day(paid.last_on)}; what was paid since is not known.")
    return found


def not_due(result: Risk, currency: str) -> str:
    """What is open and not overdue, in a sentence."""
    row = result.payments.ageing.set_index("bucket").loc[risk.NOT_DUE]
    if not row["orders"]:
        return "No other order is open." if result.open_amount else "No order is open."
    amount = page.amount(row["amount"], currency)
    if row["orders"] == 1:
        return f"1 order, {amount}, is open and not due yet."
    return f"{words.count(row['orders'])} orders, {amount} together, are open and not due yet."


def largest(result: Risk, names: pd.DataFrame, currency: str) -> str:
    """What would be left without the largest customer, in a sentence or two."""
    found = result.concentration
    if found.hhi != found.hhi or not found.buyers:
        return ""
    first = found.customers.iloc[0]
    who, when = words.plain(_name(first["customer_id"], names)), _when(result)
    if found.buyers == 1 and not found.unnamed_share:
        return f"Without **{who}**, {when} would have brought nothing."
    left, all_of_it = page.amount(found.without_largest, currency), page.amount(found.revenue, currency)
    text = (f"Without the largest customer, **{who}**, {when} would have brought {left} instead of {all_of_it}: "
            f"{percent(first['share'])} hangs on this one.")
    if found.typical_for_largest == found.typical_for_largest and round(found.typical_for_largest) >= 2:
        text += f" It takes {words.count(found.typical_for_largest)} ordinary customers to make up for it."
    return text


def _when(result: Risk) -> str:
    known = result.concentration.days_known
    return "the last 365 days" if known >= 365 else f"the {known} days on record"


def _name(customer_id: int, names: pd.DataFrame) -> str:
    known = names.loc[names["customer_id"] == customer_id, "customer_name"]
    return known.iloc[0] if len(known) else "a deleted customer"


def has_curve(result: Risk) -> bool:
    """Whether there are enough customers for a picture of the largest."""
    return result.concentration.buyers >= FEW_BUYERS


def alike(result: Risk) -> str:
    """How concentrated that is, in plain words."""
    found = result.concentration
    if found.equivalent != found.equivalent or (found.buyers == 1 and not found.unnamed_share):
        return ""
    text = f"That is as concentrated as {found.equivalent:,.{1 if found.equivalent < 10 else 0}f} equally large customers would be."
    if found.hhi_before == found.hhi_before and found.hhi_before > 0:
        before = 1 / found.hhi_before
        return f"{text} In the 365 days before, it was {before:,.{1 if before < 10 else 0}f}."
    return f"{text} The records do not reach back far enough to compare with the year before."


def unusual_returns(result: Risk, names: pd.DataFrame) -> str:
    """Who and what comes back unusually often, in one sentence each."""
    found = result.returns
    people = found.customers[found.customers["is_unusual"]].sort_values(["share_of_lines", "customer_id"],
                                                                         ascending=[False, True])
    goods = found.categories.loc[found.categories["is_unusual"], "category"]
    parts = []
    if len(goods):
        parts.append(f"More than usual comes back of {', '.join(words.plain(name) for name in goods.head(MOST_NAMED))}.")
    else:
        parts.append("No category stands out.")
    if len(people):
        listed = ", ".join(f"{words.plain(_name(row.customer_id, names))} ({row.returned_lines} of {row.sold_lines})"
                           for row in people.head(MOST_NAMED).itertuples())
        more = len(people) - MOST_NAMED
        parts.append(f"Customers who give back more than usual: {listed}" + (f", and {words.count(more)} more." if more > 0
                                                                             else "."))
    else:
        parts.append("No customer gives back more than chance would explain.")
    return " ".join(parts)
