"""Overview's figures, exports and saved scores: sums done by the database are those that pandas does."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from crm import db, frames
from crm.errors import InvalidInput
from crm.models import SurveyAnswer
from crm.services import customers, export, metrics, orders, products, scores, settings

AS_OF = date(2026, 6, 30)


@pytest.fixture
def sold(workspace):
    """60 orders of 8 customers over a year, some returned, one in dollars, one after the day."""
    draw = np.random.default_rng(1)
    with db.transaction(workspace) as session:
        people = [customers.create(session, name=f"Customer {n}") for n in range(8)]
        goods = [products.create(session, name=f"=Product {n}", price=5) for n in range(3)]
        for n in range(60):
            day = datetime(2025, 7, 1, 12) + timedelta(days=int(draw.integers(0, 364)))
            lines = [orders.LineInput(goods[int(draw.integers(3))], int(draw.integers(1, 5)), 5.25)]
            if n % 10 == 0:
                lines.append(orders.LineInput(goods[0], 1, 2, kind="return"))
            orders.create(session, customer_id=people[int(draw.integers(7))], ordered_at=day, lines=lines)
        orders.create(session, customer_id=people[0], ordered_at=datetime(2026, 6, 1), currency="USD",
                      lines=[orders.LineInput(goods[0], 1, 1000)])
        orders.create(session, customer_id=people[0], ordered_at=datetime(2026, 7, 1),
                      lines=[orders.LineInput(goods[0], 1, 1000)])
        for score in (5, 4, 2):
            session.add(SurveyAnswer(customer_id=people[0], metric="csat", item="order", score=score, scale_min=1,
                                     scale_max=5, answered_at=datetime(2026, 6, 30, 23, 59)))
    return workspace


@pytest.mark.parametrize("days", [30, 90, 365])
def test_figures_of_a_period_are_the_sums_over_its_orders(sold, days):
    with db.reading(sold) as session:
        figures = metrics.overview(session, as_of=AS_OF, days=days)
        table = frames.orders(session, until=AS_OF)
    table = table.assign(age=(pd.Timestamp(AS_OF) - table["ordered_on"]).dt.days)
    first = table.groupby("customer_id")["age"].max()
    if days == 365:  # orders reach back one year: there is no year before to compare with
        assert figures.revenue.previous is None and figures.came_back.previous is None
        return
    for figure, part in (("current", table[table["age"] < days]),
                         ("previous", table[(table["age"] >= days) & (table["age"] < 2 * days)])):
        assert getattr(figures.revenue, figure) == pytest.approx(part["net_amount"].sum())
        assert getattr(figures.orders, figure) == len(part)
        assert getattr(figures.active_customers, figure) == part["customer_id"].nunique()
    now = table[table["age"] < days]
    active = now["customer_id"].unique()
    assert figures.came_back.current == pytest.approx(np.mean([first[one] >= days for one in active]))
    assert figures.average_order.current == pytest.approx(now["net_amount"].mean())
    assert figures.satisfaction.current == pytest.approx(11 / 3) and figures.satisfaction.previous is None
    assert len(figures.revenue.trend) == 12
    assert sum(figures.revenue.trend) == pytest.approx(figures.revenue.current + figures.revenue.previous)


def test_months_add_up_and_the_unfinished_one_is_marked(sold):
    with db.reading(sold) as session:
        months = metrics.monthly_revenue(session, as_of=date(2026, 6, 15))
        table = frames.orders(session, until=date(2026, 6, 15))
    assert months["revenue"].sum() == pytest.approx(table["net_amount"].sum())
    assert months["month"].is_monotonic_increasing and not months["is_complete"].iloc[-1]


def test_a_month_without_orders_is_a_zero_between_the_others(workspace):
    with db.transaction(workspace) as session:
        for month in (1, 2, 9):
            orders.create(session, customer_id=None, ordered_at=datetime(2025, month, 1),
                          lines=[orders.LineInput(None, 1, 100, description="Tea")])
    with db.reading(workspace) as session:
        months = metrics.monthly_revenue(session, as_of=date(2025, 10, 31))
    assert months["revenue"].tolist() == [100, 100, 0, 0, 0, 0, 0, 0, 100, 0] and months["is_complete"].all()


def test_satisfaction_of_another_scale_is_brought_to_five(workspace):
    with db.transaction(workspace) as session:
        for score, top in ((7, 7), (1, 3)):
            session.add(SurveyAnswer(metric="csat", item="x", score=score, scale_min=1, scale_max=top,
                                     answered_at=datetime(2026, 6, 1)))
    with db.reading(workspace) as session:
        assert metrics.overview(session, as_of=AS_OF, days=90).satisfaction.current == pytest.approx(3)


def test_the_best_are_ranked_by_what_they_brought(sold):
    with db.reading(sold) as session:
        best = metrics.top_customers(session, as_of=AS_OF, days=365)
        goods = metrics.top_products(session, as_of=AS_OF, days=365)
        table = frames.orders(session, until=AS_OF)
        lines = frames.order_lines(session, until=AS_OF)
    assert best["revenue"].tolist() == pytest.approx(
        table.groupby("customer_id")["net_amount"].sum().sort_values(ascending=False).head(8).tolist())
    assert goods["revenue"].sum() == pytest.approx(lines["amount"].sum())
    assert best["previous"].isna().all()


def test_figures_of_nothing_are_unknown_not_zero(workspace):
    with db.reading(workspace) as session:
        figures = metrics.overview(session, as_of=AS_OF, days=30)
        assert metrics.monthly_revenue(session, as_of=AS_OF).empty
        assert metrics.extent(session, today=AS_OF).last_on is None
    assert figures.average_order.current is None and figures.came_back.current is None
    assert figures.satisfaction.current is None


def test_orders_of_other_currencies_are_counted_apart(sold):
    with db.reading(sold) as session:
        assert metrics.extent(session, today=AS_OF).other_currency_orders == 1


def test_the_last_orders_day_counts_where_it_is_long_ago(workspace):
    with db.transaction(workspace) as session:
        assert settings.as_of(session) == settings.today(session)
        tea = products.create(session, name="Tea")
        orders.create(session, customer_id=None, ordered_at=datetime(2011, 12, 9),
                      lines=[orders.LineInput(tea, 1, 1)])
    with db.reading(workspace) as session:
        assert settings.as_of(session) == date(2011, 12, 9)


@pytest.mark.every_database
@pytest.mark.parametrize("name", list(export.TABLES))
def test_every_table_can_be_taken_away(sold, name):
    with db.reading(sold) as session:
        table = export.table(session, name)
    assert not [column for column in table.columns if column.endswith(("_e4", "_id"))]


def test_exported_lines_have_the_promised_columns_and_no_formula(sold):
    with db.reading(sold) as session:
        table = export.table(session, "order_lines")
    promised = ["order_number", "ordered_at", "customer_code", "product_code", "product_name", "quantity", "unit_price",
                "kind"]
    assert set(promised) <= set(table.columns) and (table["unit_price"] == 5.25).sum() == 60
    written = export.csv_bytes(table).decode("utf-8-sig")
    assert "'=Product" in written and ",=Product" not in written
    assert len(written.splitlines()) == len(table) + 1


def test_a_columns_name_that_looks_like_a_formula_is_harmless_too():
    written = export.csv_bytes(pd.DataFrame({"=cmd()": ["@x", "fine"], "n": [-1, 2]})).decode("utf-8-sig")
    assert written.splitlines() == ["'=cmd(),n", "'@x,-1", "fine,2"]


def test_an_unknown_table_is_told(workspace):
    with pytest.raises(InvalidInput, match="order_lines"), db.reading(workspace) as session:
        export.table(session, "secrets")


def test_the_newest_scores_count_and_make_nothing_stale(sold):
    with db.reading(sold) as session:
        before = db.revisions_of(session)
        ids = session.execute(select(SurveyAnswer.customer_id)).scalars().all()
    for label in ("Loyal", "Lost"):
        with db.transaction(sold) as session:
            scores.save(session, pd.DataFrame({"customer_id": ids[:1], "label": [label], "number": [np.nan]}),
                        analysis="segments", as_of=AS_OF, parameters={"day": AS_OF}, quality={"silhouette": np.nan})
    with db.reading(sold) as session:
        assert db.revisions_of(session) == before
        (saved,) = scores.of_customer(session, ids[0])
        assert (saved.label, saved.number) == ("Lost", None)
        assert scores.segments(session) == ["Lost"]
        newest = scores.newest_run(session, analysis="segments")
        assert scores.labels(session, run_id=newest).to_dict() == {ids[0]: "Lost"}
        assert scores.newest_run(session, analysis="churn") is None
