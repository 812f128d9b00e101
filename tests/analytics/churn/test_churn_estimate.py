"""Churn estimates: honest in time, right on known truth, and clear where data are too few?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from crm.analytics import churn
from crm.analytics.churn import evaluation
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.churn.test_churn_features import answer, answers_frame, ticket, tickets_frame
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders


@pytest.fixture(scope="module")
def shop():
    return shop_orders()


@pytest.fixture(scope="module")
def estimated(shop):
    return churn.estimate(shop[0], as_of=AS_OF)


def same_results(one, other):
    pd.testing.assert_frame_equal(one.customers, other.customers, check_exact=True)
    pd.testing.assert_frame_equal(one.drivers, other.drivers, check_exact=True)
    pd.testing.assert_frame_equal(one.calibration, other.calibration, check_exact=True)
    assert one.quality == other.quality


def test_orders_after_as_of_change_nothing(shop, estimated):
    same_results(estimated, churn.estimate(later_orders(shop[0]), as_of=AS_OF))


def test_the_order_of_rows_changes_nothing_and_the_frame_stays_as_it_was(shop, estimated):
    orders = shop[0].copy()
    same_results(estimated, churn.estimate(orders.sample(frac=1, random_state=2), as_of=AS_OF))
    pd.testing.assert_frame_equal(orders, shop[0])


def test_planted_leavers_are_found_again(shop, estimated):
    orders, gone = shop
    silent = estimated.customers.set_index("customer_id")
    assert set(silent.index) == set(orders["customer_id"])
    is_gone = silent.index.isin(gone)
    assert roc_auc_score(is_gone, silent["probability"]) > 0.95
    assert (
        silent.loc[is_gone, "probability"].median() > 0.7 > 0.3 > silent.loc[~is_gone, "probability"].median()
    )
    assert estimated.customers["probability"].is_monotonic_decreasing


def test_training_never_sees_the_test_window(estimated):
    used = estimated.parameters
    horizon = dt.timedelta(days=90)
    assert used["test_cutoff"] == AS_OF - horizon
    assert 1 <= len(used["train_cutoffs"]) <= 4
    assert max(used["train_cutoffs"]) + horizon <= used["test_cutoff"]
    assert used["test_cutoff"] in used["fit_cutoffs"]
    assert max(used["fit_cutoffs"]) + horizon <= AS_OF


def test_orders_in_the_test_window_change_its_labels_but_not_the_training(shop):
    orders, _ = shop
    test_cutoff = np.datetime64(AS_OF - dt.timedelta(days=90), "us")
    silenced = orders[(orders["ordered_on"] <= test_cutoff) | (orders["customer_id"] % 2 == 0)]
    before, after = (churn.estimate(each, as_of=AS_OF) for each in (orders, silenced))
    assert before.quality["mean_probability"] == after.quality["mean_probability"]
    assert before.quality["base_rate"] < after.quality["base_rate"]


def test_reasons_name_what_sets_a_customer_apart(estimated):
    codes = {f"{way}:{feature}" for way in ("raises", "lowers") for feature in churn.FEATURE_LABELS}
    for column in ("reason_1", "reason_2", "reason_3"):
        assert set(estimated.customers[column].dropna()) <= codes
    top = estimated.customers.head(20)
    assert top["reason_1"].str.startswith("raises:").all()
    assert (top[["reason_1", "reason_2", "reason_3"]] == "raises:silence_ratio").any(axis=1).mean() > 0.5


def test_usual_gap_and_yearly_spend_are_counted_by_hand(shop):
    rows = [(9_001, 700, 40.0), (9_001, 640, 60.0), (9_002, 3, 70.0)]
    orders = pd.concat([shop[0], orders_frame(rows)], ignore_index=True)
    found = churn.estimate(orders, as_of=AS_OF).customers.set_index("customer_id")
    assert found.loc[9_001, "usual_gap_days"] == 60
    assert found.loc[9_001, "monetary_per_year"] == pytest.approx(100 / 700 * 365)
    assert np.isnan(found.loc[9_002, "usual_gap_days"])
    assert found.loc[9_002, "monetary_per_year"] == 70


def test_complaints_that_drive_customers_away_are_found(shop):
    orders, gone = shop
    last_on = orders[orders["is_purchase"]].groupby("customer_id")["ordered_on"].max()
    complaints = []
    for customer_id in gone:
        days_ago = (pd.Timestamp(AS_OF) - last_on[customer_id]).days + 2
        complaints.append(ticket(customer_id, opened=days_ago, answered=days_ago - 1))
    answers = answers_frame(*[answer(i, i, score=float(1 + i % 5), answered=300) for i in range(1, 200)])
    result = churn.estimate(orders, as_of=AS_OF, tickets=tickets_frame(*complaints), answers=answers)
    effect = result.drivers.set_index("feature")["effect"]
    assert effect["complaints_open"] > 0.2
    assert result.quality["auc"] > churn.estimate(orders, as_of=AS_OF).quality["auc"]
    assert set(result.drivers["feature"]) == set(churn.FEATURE_LABELS)


def test_empty_service_frames_are_no_obstacle(shop, estimated):
    result = churn.estimate(shop[0], as_of=AS_OF, tickets=tickets_frame(), answers=answers_frame())
    assert result.quality["auc"] == pytest.approx(estimated.quality["auc"], abs=1e-6)
    assert not result.customers["reason_1"].str.contains("complaints|satisfaction").any()


def test_a_short_history_is_refused_with_its_length(shop):
    first = shop[0][shop[0]["ordered_on"] >= np.datetime64(AS_OF - dt.timedelta(days=200), "us")]
    with pytest.raises(NotEnoughData, match="reach back 270 days; these reach back 200"):
        churn.estimate(first, as_of=AS_OF)
    with pytest.raises(NotEnoughData, match="these reach back 0"):
        churn.estimate(first.iloc[:0], as_of=AS_OF)
    assert churn.estimate(first, as_of=AS_OF, horizon_days=60).horizon_days == 60


def test_too_few_leavers_or_stayers_are_refused_with_their_number():
    rhythm = range(0, 400, 20)
    loyal = [(customer, day, 10.0) for customer in range(1, 41) for day in rhythm]
    gone = [(customer, 399, 10.0) for customer in range(101, 104)]
    with pytest.raises(NotEnoughData, match=r"Churn needs 20 customers who left .*; there are 3"):
        churn.estimate(orders_frame(loyal + gone), as_of=AS_OF)
    many_gone = [(customer, 399, 10.0) for customer in range(101, 151)]
    with pytest.raises(NotEnoughData, match=r"Churn needs 20 customers who stayed .*; there are 5"):
        churn.estimate(orders_frame([row for row in loyal if row[0] <= 5] + many_gone), as_of=AS_OF)


def test_a_horizon_out_of_range_is_refused(shop):
    for horizon_days in (0, 731):
        with pytest.raises(InvalidInput, match=str(horizon_days)):
            churn.estimate(shop[0], as_of=AS_OF, horizon_days=horizon_days)


def test_a_rule_that_cannot_be_beaten_is_not_said_to_be():
    rng = np.random.default_rng(0)
    days_silent = rng.integers(0, 200, 600)
    away = rng.random(600) < days_silent / 250
    same = evaluation.quality(away, days_silent / 200, days_silent, random_state=0)
    assert not same["beats_rule"] and same["difference_low"] == same["difference_high"] == 0
    perfect = evaluation.quality(away, away * 0.8 + 0.1, days_silent, random_state=0)
    assert perfect["beats_rule"] and perfect["auc"] == 1


def test_figures_agree_with_the_reference():
    rng = np.random.default_rng(4)
    probability = np.round(rng.random(500), 2)
    away = rng.random(500) < probability
    found = evaluation.quality(away, probability, np.round(rng.random(500), 1), random_state=0)
    assert found["auc"] == pytest.approx(roc_auc_score(away, probability), abs=1e-12)
    assert found["brier"] == pytest.approx(brier_score_loss(away, probability), abs=1e-12)
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert found["calibration_error"] < 0.08


def test_ties_count_in_proportion_when_leavers_are_found():
    away = np.array([True, False, False, True, False, False, False, False, False, False])
    assert evaluation.found_in_first(away, np.ones(10), share=0.3) == pytest.approx(0.3)
    assert evaluation.found_in_first(away, away.astype(float), share=0.2) == 1
    assert evaluation.found_in_first(away, away.astype(float), share=0.1) == pytest.approx(0.5)


def test_a_contact_that_costs_more_than_it_saves_is_not_made(estimated):
    plan = churn.contact_plan(estimated, cost=5.0, success_rate=0.2, kept=100.0)
    worth = plan.customers[plan.customers["contact"]]
    assert worth["probability"].min() > 5 / (0.2 * 100)
    assert plan.contacted == len(worth) > 0
    assert plan.profit == pytest.approx(worth["expected_profit"].sum())
    assert plan.profit >= max(plan.profit_everybody, plan.profit_nobody)
    assert churn.contact_plan(estimated, cost=1e9, success_rate=1.0).contacted == 0
    with pytest.raises(InvalidInput):
        churn.contact_plan(estimated, cost=1.0, success_rate=1.2)


def test_the_real_shop_gives_the_published_figures(online_retail):
    result = churn.estimate(online_retail, as_of=dt.date(2011, 12, 9), horizon_days=90)
    assert result.parameters["test_cutoff"] == dt.date(2011, 9, 10)
    assert result.quality["n_test"] == 3_370
    assert result.quality["base_rate"] == pytest.approx(0.43, abs=0.005)
    assert result.quality["auc_rule"] == pytest.approx(0.683, abs=0.0005)
    assert result.quality["auc"] == pytest.approx(0.744, abs=0.003)
    assert result.quality["calibration_error"] < 0.05
    assert result.quality["beats_rule"]
    assert len(result.customers) == 4_338
    effect = result.drivers.set_index("feature")["effect"]
    assert effect["days_silent"] > 0 and effect["silence_ratio"] > 0 > effect["purchase_days"]


def test_every_chart_says_its_meaning(estimated):
    bars = churn.risk_histogram(estimated).data[0]
    assert sum(bars.y) == (~estimated.customers["is_gone"]).sum() > 0
    assert bars.meta["meaning"] == ["good"] * 10 + ["attention"] * 10
    drivers = churn.drivers(estimated).data[0]
    assert [way == "attention" for way in drivers.meta["meaning"]] == [effect > 0 for effect in drivers.x]
    curve = churn.calibration(estimated)
    assert [trace.meta["meaning"] for trace in curve.data] == ["reference", "good"]
    gain = churn.gain(estimated)
    assert [trace.meta["meaning"] for trace in gain.data] == ["reference", "comparison", "good"]
    for trace in gain.data:
        assert trace.y[0] == 0 and trace.y[-1] == pytest.approx(1)


def test_only_drivers_that_chance_would_not_explain_are_drawn(estimated):
    table = estimated.drivers.set_index("feature")
    drawn = set(churn.drivers(estimated).data[0].y)
    clear = table[(table["low"] > 0) | (table["high"] < 0)].index
    assert drawn == {churn.FEATURE_LABELS[feature] for feature in clear}
    assert (table["low"] < table["effect"]).all() and (table["effect"] < table["high"]).all()


def test_who_was_silent_for_a_year_is_scored_but_no_part_of_the_test(estimated):
    gone = estimated.customers["is_gone"]
    assert gone.any()
    assert (estimated.customers["days_silent"] > 365).equals(gone)
    assert estimated.quality["n_test"] < len(estimated.customers)
