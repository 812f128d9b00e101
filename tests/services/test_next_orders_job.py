"""Next orders: chances, days, amounts and sums agree with one another, with the truth, and with what was known that day."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from crm import db, frames
from crm.errors import NotEnoughData
from crm.jobs import names, next_orders
from crm.services import customers, orders, scores
from crm.services.orders import LineInput
from tests.analytics.simulate import AS_OF, orders_frame

NOBODY = pd.DataFrame()


def shop(*, n_customers: int = 260, days: int = 500, seed: int = 4, amounts: str = "own", once: bool = False,
         returns: bool = False) -> pd.DataFrame:
    """Customers who order at random at own rates, all the time, each at an own level of amounts (or all for 30)."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer_id in range(1, n_customers + 1):
        gap, level = np.exp(rng.normal(3.3, 0.7)), np.exp(rng.normal(4.0, 0.8))
        day = rng.uniform(0, 60)
        while day <= days:
            amount = 30.0 if amounts == "equal" else round(level * rng.gamma(4, 0.25), 2)
            rows.append((customer_id, days - int(day), max(amount, 0.01)))
            if returns and rng.random() < 0.4:
                rows.append((customer_id, days - int(day), -round(amount * rng.uniform(0.5, 3.0), 2)))
            day += rng.exponential(gap) + 0.01 if not once else days
    return orders_frame(rows)


def asked(monkeypatch, found: pd.DataFrame, question=next_orders.run, **choices):
    """The question to these orders, all of them, whatever their day."""
    monkeypatch.setattr(frames, "orders", lambda session, until: found)
    monkeypatch.setattr(frames, "tickets", lambda session, until: NOBODY)
    monkeypatch.setattr(frames, "answers", lambda session, until: NOBODY)
    return question(None, **{"as_of": AS_OF, **choices})


@pytest.fixture(scope="module")
def known():
    found = shop()
    with pytest.MonkeyPatch.context() as patch:
        return found, asked(patch, found)


def test_chances_days_and_amounts_agree_with_one_another(known):
    _, result = known
    told = result.customers
    assert told["chance"].between(0, 1).all() and told["chance"].is_monotonic_decreasing
    surely, hardly = told["chance"] > 0.52, told["chance"] < 0.48
    assert (told.loc[surely, "expected_days"] <= result.horizon_days).all()
    late = told.loc[hardly, "expected_days"]
    assert (late.isna() | (late >= result.horizon_days)).all() and surely.any() and hardly.any()
    days = told["expected_days"].dropna()
    assert (told.loc[days.index, "expected_on"] - pd.Timestamp(AS_OF)).dt.days.tolist() == days.tolist()
    assert told["expected_money"].to_numpy() == pytest.approx((told["chance"] * told["expected_amount"]).to_numpy())
    assert (told["amount_low"] <= told["expected_amount"]).all() and (told["expected_amount"] <= told["amount_high"]).all()


def test_the_sums_are_those_of_the_customers_and_lie_in_their_ranges(known):
    _, result = known
    assert result.orders.expected == pytest.approx(result.customers["chance"].sum())
    assert result.money.expected == pytest.approx(result.customers["expected_money"].sum())
    for total in (result.orders, result.money):
        assert 0 <= total.low < total.expected < total.high
    within = result.weeks[result.weeks["days_to"] <= 28]["orders"].sum()
    assert within < result.orders.expected < result.weeks[result.weeks["days_to"] <= 35]["orders"].sum()


def test_the_truth_is_found(known):
    found, result = known
    # At random at own rates: the chance of an order in 30 days is 1 - exp(-30 / gap), and half of them come by gap x log 2.
    bought = found.groupby("customer_id")["ordered_on"].agg(["count", "min"])
    gap = (pd.Timestamp(AS_OF) - bought["min"]).dt.days / bought["count"]
    told = result.customers.set_index("customer_id")
    truth = -np.expm1(-30 / gap.reindex(told.index))
    assert np.corrcoef(told["chance"], truth)[0, 1] > 0.75 and told["chance"].mean() == pytest.approx(truth.mean(), abs=0.06)
    often = told[told["usual_gap_days"] < 15]
    assert often["expected_days"].median() == pytest.approx((often["usual_gap_days"] * np.log(2)).median(), rel=0.5)
    own = found[found["is_purchase"]].groupby("customer_id")["net_amount"].mean().reindex(told.index)
    assert np.corrcoef(np.log(told["expected_amount"]), np.log(own))[0, 1] > 0.9


def test_what_would_have_been_said_before_is_told_beside_what_came(known):
    found, result = known
    after = found[(found["ordered_on"] > pd.Timestamp(result.tested_on)) & found["is_purchase"]]
    before = found[(found["ordered_on"] <= pd.Timestamp(result.tested_on)) & found["is_purchase"]]
    latest = before.groupby("customer_id")["ordered_on"].max()  # who was silent for a year had left
    after = after[after["customer_id"].isin(latest.index[latest >= pd.Timestamp(result.tested_on) - pd.Timedelta(days=365)])]
    assert result.tested_on == AS_OF - timedelta(days=30)
    assert result.tested_orders.actual == after["customer_id"].nunique()
    first = after.sort_values(["ordered_on", "order_id"]).drop_duplicates("customer_id")
    assert result.tested_money.actual == pytest.approx(first["gross_amount"].sum())
    assert result.tested_orders.expected == pytest.approx(result.tested_orders.actual, rel=0.2)


def test_orders_after_the_day_change_nothing(known, monkeypatch):
    found, result = known
    later = found.head(60).assign(order_id=lambda rows: rows["order_id"] + 1_000_000, gross_amount=9_999.0, net_amount=9_999.0,
                                  ordered_on=np.datetime64(AS_OF + timedelta(days=3), "us"), is_purchase=True)
    again = asked(monkeypatch, pd.concat([found, later], ignore_index=True))
    pd.testing.assert_frame_equal(again.customers, result.customers)
    # as text, for a figure that is not known (NaN) does not equal itself
    assert json.dumps(next_orders.quality(again), default=str) == json.dumps(next_orders.quality(result), default=str)


def test_the_sequence_of_the_orders_changes_nothing(known, monkeypatch):
    found, result = known
    again = asked(monkeypatch, found.sample(frac=1, random_state=2, ignore_index=True))
    pd.testing.assert_frame_equal(again.customers, result.customers, rtol=1e-6)


def test_one_price_for_all_leaves_the_chances_and_says_why_amounts_are_the_usual_ones(monkeypatch):
    result = asked(monkeypatch, shop(amounts="equal"))
    assert result.amounts is None and "are 30.00" in result.amounts_missing and result.tested_money is None
    assert result.customers["expected_amount"].to_numpy() == pytest.approx(np.full(len(result.customers), 30.0))
    assert result.customers["amount_low"].isna().all() and result.money.expected == pytest.approx(30 * result.orders.expected)
    assert next_orders.quality(result)["amounts_missing"]


def test_who_gave_more_back_than_was_bought_is_expected_to_pay_nothing_less(monkeypatch):
    result = asked(monkeypatch, shop(returns=True, seed=6))
    assert (result.customers["average_order"] < 0).any()
    assert (result.customers["expected_amount"] >= 0).all() and result.money.low >= 0
    spent = asked(monkeypatch, shop(returns=True, seed=6), next_orders.spend, horizon_days=90)
    assert np.isfinite(spent.customers[["expected_spend", "spend_low", "spend_high"]].to_numpy()).all()


@pytest.mark.parametrize(("found", "words"), [
    (shop(n_customers=1), "there"), (shop(n_customers=60, once=True), "as if everybody had left"), (shop().head(0), "there are 0 that count so far"),
    (shop(days=40), "reach back")])
def test_too_little_is_told_with_what_it_takes(monkeypatch, found, words):
    with pytest.raises(NotEnoughData, match=words):
        asked(monkeypatch, found)


def test_a_year_ahead_needs_years_behind(monkeypatch, known):
    found, _ = known
    with pytest.raises(NotEnoughData, match="365 days"):
        asked(monkeypatch, found, next_orders.spend)
    quarter = asked(monkeypatch, found, next_orders.spend, horizon_days=90)
    assert quarter.total.expected == pytest.approx(quarter.customers["expected_spend"].sum())
    assert quarter.total.low < quarter.total.expected < quarter.total.high
    assert quarter.comparison.judged[quarter.comparison.proposed].value("r2_capped") > 0.3
    assert quarter.tested.expected == pytest.approx(quarter.tested.actual, rel=0.3)


def test_every_model_of_the_amount_is_compared_and_its_coefficients_are_told(monkeypatch, known):
    found, _ = known
    details = asked(monkeypatch, found, next_orders.compare_amounts)
    assert set(details.coefficients) == {"linear", "poisson", "gamma"} and not details.comparison.models
    assert {"mean", "rule", "boosting", "boosting_gamma"} < set(details.comparison.judged)
    average = details.coefficients["gamma"].set_index("column").loc["average_order"]
    assert average["effect_low"] > 0.5  # twice the average so far: nearly twice the next order


def test_what_is_saved_stands_with_the_customer(workspace):
    rng = np.random.default_rng(1)
    with db.transaction(workspace) as session:
        for number in range(70):
            customer = customers.create(session, name=f"Customer {number:02}")
            day, gap = int(rng.integers(0, 40)), float(rng.uniform(20, 120))
            while day < 200:
                orders.create(session, customer_id=customer, ordered_at=datetime(2026, 1, 1) + timedelta(days=day),
                              lines=[LineInput(None, 1, float(rng.integers(10, 90)), description="Tea")])
                day += 1 + int(rng.exponential(gap))
    with db.transaction(workspace) as session:
        result = next_orders.run(session, as_of=date(2026, 1, 1) + timedelta(days=199))
        run_id = next_orders.save(session, result)
        table = next_orders.table(result, names.customers(session))
    with db.reading(workspace) as session:
        first = result.customers.iloc[0]
        assert scores.newest_run(session, analysis="buying") == run_id
        kept = scores.of_customer(session, int(first["customer_id"]))[0]
        assert kept.number == pytest.approx(first["chance"]) and kept.label == "30 days" and kept.horizon_days == 30
    assert table.columns[:3].tolist() == ["customer_code", "customer_name", "chance"] and len(table) == len(result.customers)
