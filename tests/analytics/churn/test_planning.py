"""Contact plan: a contact pays from cost / (success x value) on, the best first, and nothing that is not known is a zero."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.churn.planning import CURVE_POINTS, contact_plan
from crm.analytics.churn.planning_chart import profit_curve
from crm.errors import InvalidInput


def customers(probability, value=None, **columns) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": np.arange(1, len(probability) + 1), "probability": probability, **columns})
    return frame if value is None else frame.assign(value=value)


def test_whom_to_contact_follows_from_profit_and_not_from_one_half():
    plan = contact_plan(customers([0.9, 0.4, 0.05], [10.0, 500.0, 900.0], name=["A", "B", "C"]), cost=5, success_rate=0.1)
    assert plan.customers["customer_id"].tolist() == [2, 3, 1] and plan.customers["name"].tolist() == ["B", "C", "A"]
    assert plan.customers["expected_profit"].tolist() == pytest.approx([15.0, -0.5, -4.1])
    assert plan.customers["contact"].tolist() == [True, False, False] and plan.contacted == plan.worth_it == 1
    assert (plan.profit, plan.profit_everybody, plan.profit_nobody) == pytest.approx((15.0, 10.4, 0.0))
    assert plan.kept == pytest.approx(0.04) and plan.cost == 5.0
    assert plan.customers["break_even"].tolist() == pytest.approx([0.1, 5 / 90, 5.0]), "above 1: never worth it"


def test_one_value_for_all_gives_one_chance_from_which_on_it_pays():
    plan = contact_plan(customers([0.2, 0.3, 0.25]), cost=5, success_rate=0.2, kept=100)
    assert plan.break_even == pytest.approx(0.25)
    assert plan.customers["contact"].tolist() == [True, False, False], "at the very chance a contact brings nothing"
    assert contact_plan(customers([0.2], [10.0]), cost=5, success_rate=0.2).break_even is None


def test_at_most_so_many_contacts_are_the_best_ones():
    frame = customers(np.linspace(0.9, 0.3, 10), 100.0)
    plan, free = (contact_plan(frame, cost=5, success_rate=0.2, at_most=most) for most in (3, None))
    assert plan.contacted == 3 and free.contacted == plan.worth_it == 10
    assert plan.customers.loc[plan.customers["contact"], "customer_id"].tolist() == [1, 2, 3]
    assert plan.profit == pytest.approx(free.customers["expected_profit"].head(3).sum())
    assert plan.profit_worth_it == free.profit and contact_plan(frame, cost=5, success_rate=0.2, at_most=0).profit == 0.0


def test_the_curve_rises_while_contacts_pay_and_ends_with_everybody():
    rng = np.random.default_rng(1)
    plan = contact_plan(customers(rng.random(5_000), rng.lognormal(4, 1, 5_000)), cost=8, success_rate=0.15)
    curve = plan.curve.set_index("contacted")["profit"]
    assert len(curve) <= CURVE_POINTS and curve.index[0] == 0 and curve.iloc[0] == 0.0
    assert curve.index[-1] == 5_000 and curve.iloc[-1] == pytest.approx(plan.profit_everybody)
    assert curve.idxmax() == plan.contacted and curve.max() == pytest.approx(plan.profit)
    assert (np.diff(curve.loc[: plan.contacted]) > 0).all() and (np.diff(curve.loc[plan.contacted:]) < 0).all()


def test_what_is_not_known_is_left_out_and_counted():
    plan = contact_plan(customers([np.nan, 0.5, 0.5], [100.0, np.nan, 100.0]), cost=1, success_rate=0.5)
    assert plan.unknown == 2 and plan.contacted == 1 and plan.profit_everybody == pytest.approx(24.0)
    assert plan.customers["expected_profit"].isna().tolist() == [False, True, True]
    assert plan.customers["contact"].tolist() == [True, False, False]


def test_a_customer_who_costs_money_is_worth_nothing_rather_than_less():
    plan = contact_plan(customers([0.5], [-300.0]), cost=2, success_rate=0.5)
    assert plan.customers["expected_profit"].tolist() == [-2.0] and np.isinf(plan.customers["break_even"].iloc[0])


@pytest.mark.parametrize(("how", "contacted"), [({"success_rate": 0.0, "cost": 1}, 0), ({"success_rate": 0.5, "cost": 0}, 2),
                                                ({"success_rate": 0.0, "cost": 0}, 0)])
def test_contacts_that_never_help_or_cost_nothing(how, contacted):
    plan = contact_plan(customers([0.5, 0.1], 100.0), **how)
    assert plan.contacted == contacted and np.isfinite(plan.profit)


def test_the_plan_is_the_same_in_whatever_sequence_customers_come_and_changes_no_frame():
    frame = customers([0.3, 0.3, 0.8, 0.1], 50.0)
    before = frame.copy()
    one, other = (contact_plan(given, cost=2, success_rate=0.3) for given in (frame, frame.iloc[::-1]))
    pd.testing.assert_frame_equal(one.customers, other.customers)
    pd.testing.assert_frame_equal(frame, before)


def test_nobody_to_contact_is_a_plan_of_nothing():
    plan = contact_plan(customers([], []), cost=1, success_rate=0.5)
    assert (plan.contacted, plan.profit, plan.profit_everybody, len(plan.curve)) == (0, 0.0, 0.0, 1)
    assert len(profit_curve(plan).data) == 3


@pytest.mark.parametrize(("given", "field"), [
    ({"cost": -1}, "cost"), ({"cost": float("inf")}, "cost"), ({"success_rate": 2}, "success_rate"),
    ({"success_rate": float("nan")}, "success_rate"), ({"kept": -1}, "kept"), ({"at_most": -1}, "at_most"),
])
def test_a_choice_that_makes_no_sense_names_its_field(given, field):
    with pytest.raises(InvalidInput) as told:
        contact_plan(customers([0.5], [1.0]), **{"cost": 1, "success_rate": 0.5, **given})
    assert told.value.field == field
    with pytest.raises(InvalidInput, match="outside"):
        contact_plan(customers([50.0], [1.0]), cost=1, success_rate=0.5)


def test_the_picture_marks_the_proposed_number_and_names_no_colour():
    plan = contact_plan(customers(np.linspace(0.9, 0.01, 50), 100.0), cost=5, success_rate=0.2)
    figure = profit_curve(plan, best="Best")
    assert [trace.meta["meaning"] for trace in figure.data] == ["reference", "good", "attention"]
    mark = figure.data[2]
    assert (mark.x[0], mark.y[0]) == (plan.contacted, plan.profit) and mark.text[0] == f"Best: {plan.contacted}"
    assert "color" not in str(figure.to_plotly_json()["data"])
