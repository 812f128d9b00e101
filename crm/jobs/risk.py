"""Risk: what could hurt the business, its table, its saved scores."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import risk as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.services import scores


@reads("sales", "customers", "service")
def run(session: Session, *, as_of: date, terms_days: int | None = None, grace_days: int = 0,
        random_state: int = 0) -> analysis.Risk:
    """Late payers, returns, complaints and dependence; see crm.analytics.risk.

    terms_days: days to pay where no due day is recorded; grace_days: days after the due day that do not count as late.
    """
    return analysis.assess(
        frames.orders(session, until=as_of), order_lines=frames.order_lines(session, until=as_of),
        payments=frames.payments(session, until=as_of), tickets=frames.tickets(session, until=as_of),
        customers=frames.customers(session), products=frames.products(session), as_of=as_of, terms_days=terms_days,
        grace_days=grace_days, random_state=random_state)


def table(result: analysis.Risk, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer, the highest score first: customer_code, customer_name, the columns of Risk.customers and,
    from Payments, Returns and Disputes, what the score rests on."""
    return named(details(result, result.customers), names)


def details(result: analysis.Risk, customers: pd.DataFrame) -> pd.DataFrame:
    """`customers`, some rows of Risk.customers, with what their parts rest on; blank where that is not known."""
    paid = result.payments.customers.drop(columns=["open_amount", "overdue_amount"])
    complaints = result.disputes.customers.rename(columns={
        "open": "open_complaints", "unanswered": "unanswered_complaints", "reopened": "reopened_complaints",
        "share": "share_complaints", "open_days": "open_complaint_days"})
    returned = result.returns.customers.drop(columns=["low", "high"]).rename(columns={
        "share_of_amount": "share_returned", "share_of_lines": "share_lines_returned", "is_unusual": "returns_unusual"})
    for part in (paid, returned, complaints):
        customers = customers.merge(part, on="customer_id", how="left")
    return customers


def open_orders(result: analysis.Risk, names: pd.DataFrame) -> pd.DataFrame:
    """One row an open order, the longest overdue first, with customer_code and customer_name."""
    return named(result.payments.invoices.table, names)


def quality(result: analysis.Risk) -> dict:
    """What was found and on what it rests, as plain figures."""
    hangs_on, paid = result.concentration, result.payments
    levels = result.customers["level"].value_counts()
    top = {f"share_of_first_{row.first}": row.share for row in hangs_on.top.itertuples()}
    year, before = paid.trend.set_index("period").to_dict("index").values()
    return {
        "customers": len(result.customers), **{level: int(levels[level]) for level in analysis.LEVELS}, **top,
        "hhi": hangs_on.hhi, "equivalent_customers": hangs_on.equivalent, "revenue": hangs_on.revenue,
        "without_largest": hangs_on.without_largest, "overdue_amount": result.overdue_amount,
        "overdue_customers": result.overdue_customers, "open_amount": result.open_amount,
        "high_revenue": result.high_revenue, "disputed_amount": result.disputed_amount,
        "bills": year["bills"], "share_late": year["share_late"], "share_late_before": before["share_late"],
        "share_given_back": result.returns.share_of_amount, "payments": paid.payments,
        "payments_with_due_day": paid.with_due_day, "payments_with_order": paid.with_order,
        "orders_not_judged": paid.invoices.unjudged_orders, "ageing": paid.ageing.to_dict("records"),
        "dependence": hangs_on.by.to_dict("records")}


def save(session: Session, result: analysis.Risk) -> int:
    """Keep every customer's score, 0..100, and level; returns the run's id."""
    known = result.customers[result.customers["score"].notna()]
    return scores.save(session, known.rename(columns={"score": "number", "level": "label"})[
        ["customer_id", "number", "label"]].astype({"label": "str"}), analysis="risk", as_of=result.as_of,
        parameters=result.parameters, quality=quality(result))
