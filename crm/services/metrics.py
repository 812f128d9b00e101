"""How is business? Revenue, orders, customers and satisfaction of a period, all summed by the database."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pandas as pd
from sqlalchemy import ColumnElement, case, distinct, extract, func, select
from sqlalchemy.orm import Session

from crm.db import reads
from crm.models import Customer, Order, OrderLine, Product, SurveyAnswer
from crm.models.counting import counts
from crm.money import UNITS

BUCKETS = 12  # points of a sparkline: six for the period, six for the one before


@dataclass(frozen=True)
class Figure:
    """One figure of a period: `current` and `previous` (None where it cannot be computed) and its 12-point `trend`."""

    current: float | None
    previous: float | None
    trend: tuple[float | None, ...]


@dataclass(frozen=True)
class Overview:
    """The figures of a period of `days` ending at `as_of`: revenue and average order in the currency, came_back 0..1
    (share of the period's customers who had bought before it), satisfaction the mean CSAT, every scale brought to 1..5."""

    as_of: date
    days: int
    revenue: Figure
    orders: Figure
    active_customers: Figure
    average_order: Figure
    came_back: Figure
    satisfaction: Figure
    satisfaction_answers: int


@dataclass(frozen=True)
class Extent:
    """What the workspace holds: numbers of records, the first and last order's day, orders in other currencies, orders of days to come."""

    customers: int
    orders: int
    first_on: date | None
    last_on: date | None
    other_currency_orders: int
    future_orders: int


@reads("customers", "sales")
def extent(session: Session, *, today: date) -> Extent:
    """What there is to look at; orders of days after `today` are counted apart."""
    orders, first, last = session.execute(select(func.count(), func.min(Order.ordered_at), func.max(Order.ordered_at))
                                          .where(counts(session))).one()
    everything = session.scalar(select(func.count()).select_from(Order).where(Order.deleted_at.is_(None)))
    people = session.scalar(select(func.count()).select_from(Customer).where(Customer.deleted_at.is_(None)))
    ahead = session.scalar(select(func.count()).select_from(Order).where(
        counts(session), Order.ordered_at >= _after(today)))
    return Extent(people, orders, first.date() if first else None, last.date() if last else None,
                  everything - orders, ahead)


@reads("customers", "sales", "surveys")
def overview(session: Session, *, as_of: date, days: int) -> Overview:
    """The period's six figures beside those of the equally long period before."""
    both, trend = _sums(session, _edges(as_of, days, 2)), _sums(session, _edges(as_of, days, BUCKETS))
    before, now = both.iloc[0], both.iloc[1]
    first = session.scalar(select(func.min(Order.ordered_at)).where(counts(session)))
    began = _edges(as_of, days, 2)[0][0]

    def figure(name: str) -> Figure:
        # Where orders reach back less far than the period before, or nobody could have come back in it, there is
        # nothing to compare with.
        needed = began - timedelta(days=days) if name == "came_back" else began + timedelta(days=days / 10)
        comparable = name == "satisfaction" or (first is not None and first <= needed)
        return Figure(_figure(now[name]), _figure(before[name]) if comparable else None,
                      tuple(map(_figure, trend[name])))

    return Overview(as_of, days, *map(figure, ("revenue", "orders", "active_customers", "average_order", "came_back",
                                               "satisfaction")), int(now["answers"]))


@reads("sales")
def monthly_revenue(session: Session, *, as_of: date) -> pd.DataFrame:
    """One row a month from the first order to `as_of`, months without orders too: month (its first day), revenue, orders, is_complete (False: not over, or
    the first month, where orders begin after its third day)."""
    year, month = extract("year", Order.ordered_at), extract("month", Order.ordered_at)
    rows = session.execute(select(year, month, func.sum(Order.net_amount_e4), _purchases())
                           .where(counts(session), Order.ordered_at < _after(as_of))
                           .group_by(year, month).order_by(year, month)).all()
    frame = pd.DataFrame(rows, columns=["year", "month", "revenue", "orders"]).astype(
        {"year": int, "month": int, "revenue": float, "orders": int})
    frame = frame.set_index(pd.to_datetime(frame[["year", "month"]].assign(day=1)))
    if len(frame):
        every = pd.date_range(frame.index[0], pd.Timestamp(as_of), freq="MS")
        frame = frame.reindex(every, fill_value=0)  # a month without orders sold nothing, and that is known
    months = pd.Series(frame.index, dtype="datetime64[us]")
    frame = frame.reset_index(drop=True)
    last_day = months + pd.offsets.MonthEnd(0)
    complete = last_day <= pd.Timestamp(as_of)
    first = session.scalar(select(func.min(Order.ordered_at)).where(counts(session)))
    if first is not None and first.day > 3:  # a shop may be closed on New Year's Day and the weekend after it
        complete &= months > pd.Timestamp(first)
    return pd.DataFrame({"month": months, "revenue": frame["revenue"] / UNITS, "orders": frame["orders"],
                         "is_complete": complete})


@reads("sales")
def top_products(session: Session, *, as_of: date, days: int, limit: int = 8) -> pd.DataFrame:
    """The products that brought most in the period: product_id, name, revenue, previous (NaN: none), quantity."""
    start, middle, end = _edges(as_of, days, 2)[0][0], _edges(as_of, days, 1)[0][0], _after(as_of)
    now, before = (case((condition, OrderLine.amount_e4), else_=0)
                   for condition in (Order.ordered_at >= middle, Order.ordered_at < middle))
    sold = case((Order.ordered_at >= middle, OrderLine.quantity), else_=0)
    query = (select(Product.id, Product.name, func.sum(now), func.sum(before), func.sum(sold))
             .select_from(Order).join(OrderLine, OrderLine.order_id == Order.id)
             .join(Product, Product.id == OrderLine.product_id)
             .where(counts(session), Order.status != "cancelled", Order.ordered_at >= start, Order.ordered_at < end,
                    Product.kind != "fee")
             .group_by(Product.id, Product.name).order_by(func.sum(now).desc(), Product.id).limit(limit))
    return _ranking(session, query, ["product_id", "name", "revenue", "previous", "quantity"])


@reads("customers", "sales")
def top_customers(session: Session, *, as_of: date, days: int, limit: int = 8) -> pd.DataFrame:
    """The customers who brought most in the period: customer_id, name, revenue, previous (NaN: none), orders."""
    start, middle, end = _edges(as_of, days, 2)[0][0], _edges(as_of, days, 1)[0][0], _after(as_of)
    now, before = (case((condition, Order.net_amount_e4), else_=0)
                   for condition in (Order.ordered_at >= middle, Order.ordered_at < middle))
    bought = case(((Order.ordered_at >= middle) & (Order.charged_amount_e4 > 0), Order.id))
    query = (select(Customer.id, Customer.name, func.sum(now), func.sum(before), func.count(bought))
             .select_from(Order).join(Customer, Customer.id == Order.customer_id)
             .where(counts(session), Order.ordered_at >= start, Order.ordered_at < end, Customer.deleted_at.is_(None))
             .group_by(Customer.id, Customer.name).order_by(func.sum(now).desc(), Customer.id).limit(limit))
    return _ranking(session, query, ["customer_id", "name", "revenue", "previous", "orders"])


def _ranking(session: Session, query, columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(session.execute(query).all(), columns=columns)
    revenue, previous = (frame[name].astype(float) / UNITS for name in ("revenue", "previous"))
    last = columns[-1]
    frame = frame.assign(revenue=revenue, previous=previous.where(previous > 0), **{last: frame[last].astype(float)})
    return frame[frame["revenue"] > 0].reset_index(drop=True)


def _sums(session: Session, edges: list[tuple[datetime, datetime]]) -> pd.DataFrame:
    """One row an interval: revenue, orders, active_customers, average_order, came_back, satisfaction, answers."""
    place = _interval(Order.ordered_at, edges)
    bought = Order.charged_amount_e4 > 0
    gone = select(Customer.id).where(Customer.deleted_at.is_not(None))
    known = bought & Order.customer_id.is_not(None) & Order.customer_id.not_in(gone)
    first = (select(Order.customer_id, func.min(Order.ordered_at).label("first_at"))
             .where(counts(session), known).group_by(Order.customer_id).subquery("first"))
    began = case(*((Order.ordered_at < end, start) for start, end in edges))
    query = (select(place, func.sum(Order.net_amount_e4), _purchases(),
                    func.sum(case((bought, Order.net_amount_e4))),
                    func.count(distinct(case((known, Order.customer_id)))),
                    func.count(distinct(case((known & (first.c.first_at < began), Order.customer_id)))))
             .outerjoin(first, first.c.customer_id == Order.customer_id)
             .where(counts(session), Order.ordered_at >= edges[0][0], Order.ordered_at < edges[-1][1])
             .group_by(place))
    frame = pd.DataFrame(0.0, index=range(len(edges)), dtype=float,
                         columns=["revenue", "orders", "charged", "active_customers", "returning"])
    for number, *sums in session.execute(query):
        frame.loc[number] = [float(item or 0) for item in sums]
    happy = _interval(SurveyAnswer.answered_at, edges)
    from_1_to_5 = 1 + 4 * (SurveyAnswer.score - SurveyAnswer.scale_min) / (
        SurveyAnswer.scale_max - SurveyAnswer.scale_min)
    scores = session.execute(
        select(happy, func.avg(from_1_to_5), func.count(SurveyAnswer.score))
        .where(SurveyAnswer.metric == "csat", SurveyAnswer.answered_at >= edges[0][0],
               SurveyAnswer.answered_at < edges[-1][1]).group_by(happy)).all()
    means = {number: (float(mean), answers) for number, mean, answers in scores if mean is not None}
    return pd.DataFrame({
        "revenue": frame["revenue"] / UNITS, "orders": frame["orders"], "active_customers": frame["active_customers"],
        # A share or a mean of nothing is unknown, not 0.
        "average_order": frame["charged"] / UNITS / frame["orders"].where(frame["orders"] > 0),
        "came_back": frame["returning"] / frame["active_customers"].where(frame["active_customers"] > 0),
        "satisfaction": [means.get(number, (float("nan"), 0))[0] for number in frame.index],
        "answers": [means.get(number, (0.0, 0))[1] for number in frame.index]})


def _purchases() -> ColumnElement:
    return func.sum(case((Order.charged_amount_e4 > 0, 1), else_=0))


def _interval(moment, edges: list[tuple[datetime, datetime]]) -> ColumnElement[int]:
    return case(*((moment < end, number) for number, (_, end) in enumerate(edges)))


def _edges(as_of: date, days: int, number: int) -> list[tuple[datetime, datetime]]:
    """1: the period; 2: the period before and it; BUCKETS: both periods cut into 12 equal parts."""
    span, parts = (days, 1) if number == 1 else (2 * days, number)
    end = _after(as_of)
    start = end - timedelta(days=span)
    marks = [start + (end - start) * part / parts for part in range(parts + 1)]
    return list(zip(marks, marks[1:], strict=False))


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min)


def _figure(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
