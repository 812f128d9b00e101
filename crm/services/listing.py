"""Which customers fit, in which order? Searched, filtered, sorted and paged by the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, literal_column, select
from sqlalchemy.orm import Session

from crm import money
from crm.errors import InvalidInput
from crm.models import Customer, CustomerScore, CustomerTag, Order, ScoreRun
from crm.models.counting import counts
from crm.services import search
from crm.services.among import listed, read_ids

PAGE_SIZE = 25  # what fits one laptop screen
ACTIVE_DAYS = 90  # the same quarter that Overview starts with
SCORED = {"leaving": "churn", "buying": "buying"}  # chances 0..1 by the newest saved run of the analysis
SORTS = ("name", "code", "last_order", "orders", "spent", *SCORED)
SHOWS = ("active", "new", "silent", "no_order")


@dataclass(frozen=True)
class Page:
    """`rows`: one a customer (id, version, code, name, company, email, phone, country, stage, segment, leaving and
    buying 0..1, last_order, orders, spent in the workspace's currency); `total`: how many fit in all."""

    rows: pd.DataFrame
    total: int


def page(session: Session, *, query: str = "", show: str | None = None, segment: str | None = None,
         country: str | None = None, tag: str | None = None, among: Iterable[int] | None = None, as_of: date,
         sort: str = "name", descending: bool = False, number: int = 1, size: int | None = PAGE_SIZE) -> Page:
    """Page `number` (from 1) of the customers that fit; `size` None gives all of them.

    `show` is one of SHOWS, counted at `as_of`: active (ordered within 90 days), new (first order within 90 days),
    silent (ordered, but not within 90 days), no_order. `among`: only these customers, any number of ids. Raises
    InvalidInput for an unknown sort or show.
    """
    if sort not in SORTS:
        raise InvalidInput(f"Customers cannot be sorted by “{sort}”.")
    totals, latest = _totals(session), _latest_runs(session)
    fitting = _fitting(session, query, show, segment, country, tag, among, as_of, latest)
    source = fitting
    if sort in ("last_order", "orders", "spent"):
        source = fitting.outerjoin(totals, totals.c.customer_id == Customer.id)
    counted = select(func.count()).select_from(fitting.subquery())
    found = session.scalars(_sorted(source, sort, descending, totals, latest)
                            .limit(size).offset((number - 1) * size if size else None)).all()
    return Page(_rows(session, found, totals, latest), session.scalar(counted))


def ids(session: Session, *, query: str = "", show: str | None = None, segment: str | None = None,
        country: str | None = None, tag: str | None = None, among: Iterable[int] | None = None, as_of: date) -> np.ndarray:
    """All customers that fit, by id (int64); the filters are those of `page`."""
    fitting = _fitting(session, query, show, segment, country, tag, among, as_of, _latest_runs(session))
    return read_ids(session, fitting.order_by(Customer.id))


def countries(session: Session) -> list[str]:
    """All countries that customers have, the most frequent first."""
    return list(session.scalars(select(Customer.country).where(Customer.deleted_at.is_(None), Customer.country != "")
                                .group_by(Customer.country).order_by(func.count().desc(), Customer.country)))


def _totals(session: Session):
    # A credit note is no order, but it lowers what was spent.
    bought_at = case((Order.charged_amount_e4 > 0, Order.ordered_at))
    return (select(Order.customer_id, func.max(bought_at).label("last_order"),
                   func.min(bought_at).label("first_order"), func.count(bought_at).label("orders"),
                   func.sum(Order.net_amount_e4).label("spent_e4"))
            .where(counts(session), Order.customer_id.is_not(None))
            .group_by(Order.customer_id).subquery("totals"))


def _latest_runs(session: Session) -> dict[str, int]:
    return dict(session.execute(select(ScoreRun.analysis, func.max(ScoreRun.id)).group_by(ScoreRun.analysis))
                .all())


def _fitting(session, query, show, segment, country, tag, among, as_of, latest) -> Select:
    if show is not None and show not in SHOWS:
        raise InvalidInput(f"Customers cannot be shown by “{show}”.")
    limited = [] if among is None else [Customer.id.in_(listed(session, among))]
    return select(Customer.id).where(Customer.deleted_at.is_(None), search.matches(query), *limited,
                                     *_filters(session, show, segment, country, tag, as_of, latest))


def _filters(session, show, segment, country, tag, as_of, latest) -> list[ColumnElement[bool]]:
    since = datetime.combine(as_of - timedelta(days=ACTIVE_DAYS - 1), time.min)
    end = datetime.combine(as_of + timedelta(days=1), time.min)
    bought = exists().where(Order.customer_id == Customer.id, counts(session), Order.charged_amount_e4 > 0,
                            Order.ordered_at < end)
    lately, before = bought.where(Order.ordered_at >= since), bought.where(Order.ordered_at < since)
    shown = {None: [], "active": [lately], "new": [lately, ~before], "silent": [before, ~lately],
             "no_order": [~bought]}[show]
    if segment is not None:
        shown.append(exists().where(CustomerScore.run_id == latest.get("segments", 0),
                                    CustomerScore.customer_id == Customer.id, CustomerScore.label == segment))
    if country is not None:
        shown.append(Customer.country == country)
    if tag is not None:
        shown.append(exists().where(CustomerTag.customer_id == Customer.id, CustomerTag.tag == tag))
    return shown


def _sorted(source: Select, sort: str, descending: bool, totals, latest) -> Select:
    by_name = literal_column("substr(customers.search_text, 1, 100)")  # as indexed: casefolded, the name first
    if sort in SCORED:
        score = CustomerScore.__table__.alias("score")
        source = source.outerjoin(score, and_(score.c.customer_id == Customer.id,
                                              score.c.run_id == latest.get(SCORED[sort], 0)))
        key = score.c.number
    else:
        key = {"name": by_name, "code": Customer.code, "last_order": totals.c.last_order, "orders": totals.c.orders,
               "spent": totals.c.spent_e4}[sort]
    if sort in ("name", "code"):
        return source.order_by(key.desc() if descending else key, Customer.id)
    # Customers without the figure come last, whichever way the rest runs.
    return source.order_by(key.is_(None), key.desc() if descending else key, by_name, Customer.id)


def _rows(session: Session, ids: list[int], totals, latest) -> pd.DataFrame:
    columns = (Customer.id, Customer.version, Customer.code, Customer.name, Customer.company, Customer.email,
               Customer.phone, Customer.country, Customer.stage)
    chosen = Customer.id.in_(ids) if len(ids) <= 1000 else literal(True)  # databases limit the length of a list
    rows = {row.id: row._asdict() for row in session.execute(select(*columns).where(chosen))}
    limited = totals.c.customer_id.in_(ids) if len(ids) <= 1000 else literal(True)
    for row in session.execute(select(totals).where(limited)):
        if row.customer_id in rows:
            rows[row.customer_id] |= {"last_order": row.last_order, "orders": row.orders,
                                      "spent": float(money.from_e4(row.spent_e4))}
    scored = CustomerScore.customer_id.in_(ids) if len(ids) <= 1000 else literal(True)
    kept = [("segments", "segment", CustomerScore.label),
            *((analysis, column, CustomerScore.number) for column, analysis in SCORED.items())]
    for analysis, column, content in kept:
        for customer_id, value in session.execute(select(CustomerScore.customer_id, content).where(
                CustomerScore.run_id == latest.get(analysis, 0), scored)):
            if customer_id in rows:
                rows[customer_id][column] = value
    names = [column.key for column in columns] + ["segment", *SCORED, "last_order", "orders", "spent"]
    frame = pd.DataFrame([rows[customer_id] for customer_id in ids], columns=names)
    return frame.assign(last_order=pd.to_datetime(frame["last_order"]), orders=frame["orders"].fillna(0).astype(int),
                        spent=frame["spent"].astype(float),
                        **{column: frame[column].astype(float) for column in SCORED})
