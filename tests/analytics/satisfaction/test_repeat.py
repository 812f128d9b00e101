"""What customers do after an answer: who counts, when, and whether the difference is more than chance."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.analytics.satisfaction.repeat import mantel_haenszel, newcombe, steady
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 30)


def said(*rows, metric="csat", scale=(1, 5)) -> pd.DataFrame:
    """(customer_id, day, score)"""
    frame = pd.DataFrame(rows, columns=["customer_id", "answered_on", "score"])
    return frame.assign(metric=metric, item="Overall", scale_min=float(scale[0]), scale_max=float(scale[1]),
                        score=frame["score"].astype(float), answered_on=pd.to_datetime(frame["answered_on"]).astype("datetime64[us]"))


def bought(*rows) -> pd.DataFrame:
    """(customer_id, day) or (customer_id, day, amount)"""
    frame = pd.DataFrame([(*row, 100.0)[:3] for row in rows], columns=["customer_id", "ordered_on", "net_amount"])
    return frame.assign(order_id=np.arange(len(frame)), ordered_on=pd.to_datetime(frame["ordered_on"]).astype("datetime64[us]"),
                        is_purchase=frame["net_amount"] > 0)


def after(answers, orders, **more):
    return satisfaction.after_answers(answers, orders, as_of=AS_OF, **{"horizon_days": 90, **more})


def by_label(result) -> dict:
    return result.rows.set_index("label")[["n", "came_back"]].apply(tuple, axis=1).to_dict()


def test_an_order_counts_from_the_day_after_the_answer_to_the_last_day_of_the_period():
    orders = bought(*[(customer, "2025-01-01") for customer in (1, 2, 3, 4)], (1, "2025-02-01"), (2, "2025-02-02"),
                    (3, "2025-05-02"), (4, "2025-05-03"))
    answers = said(*[(customer, "2025-02-01", 5) for customer in (1, 2, 3, 4)])
    assert by_label(after(answers, orders))["5"] == (4, 2)  # 90 days after 1 February is 2 May


def test_each_customer_counts_once_by_the_first_answer_given_as_a_buyer():
    orders = bought((1, "2025-01-10"), (1, "2025-03-10"))
    answers = said((1, "2025-01-01", 1), (1, "2025-02-01", 2), (1, "2025-04-01", 5))
    result = after(answers, orders)
    assert by_label(result)["2"] == (1, 1) and result.customers == 1 and result.not_buyers == 0


def test_answers_whose_period_is_not_over_and_those_of_no_buyers_are_counted_apart():
    orders = bought((1, "2025-01-10"), (2, "2025-01-10"))
    answers = said((1, "2025-02-01", 4), (2, "2026-06-01", 4), (3, "2025-02-01", 4))
    result = after(answers, orders)
    assert (result.customers, result.too_early, result.not_buyers) == (1, 1, 1)


def test_returns_are_no_purchases():
    orders = bought((1, "2025-01-10"), (1, "2025-02-10", -50.0))
    assert by_label(after(said((1, "2025-02-01", 4)), orders))["4"] == (1, 0)


def test_who_answers_later_was_without_an_answer_before():
    """Nobody is put among those without an answer by what was not known yet, or the silent would be picked."""
    orders = bought((1, "2025-01-01"), (2, "2025-01-01"), (2, "2025-03-01"))
    answers = said((1, "2025-01-11", 4), (2, "2026-01-01", 5))
    rows = after(answers, orders).rows.set_index("level")
    assert rows.loc["none", "n"] == 1


def shop(rng, n=3000, *, effect=0.2):
    """Customers with one or six orders; those with six come back anyway, and are unhappy more often."""
    often = rng.random(n) < 0.5
    unhappy = rng.random(n) < np.where(often, 0.6, 0.2)
    back = rng.random(n) < np.where(often, 0.7, 0.3) - effect * unhappy
    orders = [(c, f"2025-0{1 + k}-0{1 + c % 9}") for c in range(1, n + 1) for k in range(6 if often[c - 1] else 1)]
    orders += [(c, "2025-09-01") for c in range(1, n + 1) if back[c - 1]]
    return said(*[(c, "2025-07-01", 1 if unhappy[c - 1] else 5) for c in range(1, n + 1)]), bought(*orders)


def test_the_difference_between_customers_alike_is_the_planted_one_though_the_plain_one_is_not():
    result = after(*shop(np.random.default_rng(5)))
    assert result.adjusted.low < 0.2 < result.adjusted.high and result.adjusted.is_shown
    assert result.difference.high < 0.2  # those who order often are the unhappier ones here
    assert result.rows["level"].tolist() == ["low", "high", "none"]


def test_without_any_effect_none_is_shown():
    result = after(*shop(np.random.default_rng(6), 1000, effect=0.0))
    assert not result.adjusted.is_shown


def test_the_interval_between_alike_customers_holds_the_truth_in_nineteen_of_twenty_cases():
    held, rng = 0, np.random.default_rng(7)
    for _ in range(400):
        stratum = rng.integers(0, 8, 150)
        first = rng.random(150) < 0.3 + 0.05 * stratum
        back = rng.random(150) < 0.2 + 0.05 * stratum + 0.15 * first
        found = mantel_haenszel(back, first, ~first, stratum)
        held += found.low <= 0.15 <= found.high
    assert 0.915 <= held / 400 <= 0.98


def test_newcombes_interval_is_the_published_one():
    first, second = np.arange(70) < 56, np.arange(80) < 48  # Newcombe 1998, example (a), method 10
    found = newcombe(first, second)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_steady_rise_has_the_p_value_of_the_linear_association():
    from scipy import stats

    rng = np.random.default_rng(8)
    place = rng.integers(0, 5, 400)
    back = rng.random(400) < 0.3 + 0.05 * place
    z, p_value = steady(place, back)
    linear = 399 * stats.pearsonr(place, back).statistic ** 2  # Mantel's (n - 1) r^2
    assert p_value == pytest.approx(stats.chi2.sf(linear, 1)) and z > 0
    assert steady(place, np.ones(400)) == (None, None)


def test_recommendation_is_told_in_three_levels_and_leaving_only_where_its_time_is_over():
    orders = bought(*[(customer, "2025-01-01") for customer in range(1, 7)], (1, "2026-01-20"))
    answers = said(*[(customer, "2025-02-01" if customer < 4 else "2026-01-01", score) for customer, score
                     in ((1, 6), (2, 7), (3, 9), (4, 0), (5, 8), (6, 10))], metric="nps", scale=(0, 10))
    rows = after(answers, orders).rows.set_index("level")
    told = ["low", "middle", "high"]
    assert rows.loc[told, "n"].tolist() == [2, 2, 2] and rows.loc[told, "n_left"].tolist() == [1, 1, 1]
    assert rows.loc["low", "left"] == 0 and rows.loc["high", "left"] == 1


def test_all_scored_alike_leaves_nothing_to_compare():
    result = after(said((1, "2025-02-01", 5), (2, "2025-02-01", 5)), bought((1, "2025-01-01"), (2, "2025-01-01")))
    assert result.difference is None and result.adjusted is None and result.trend_p_value is None


def test_where_nobody_comes_back_no_certainty_is_claimed():
    result = after(said((1, "2025-02-01", 5), (2, "2025-02-01", 1)), bought((1, "2025-01-01"), (2, "2025-01-01")))
    assert result.adjusted is None and result.difference.value == 0 and result.difference.high - result.difference.low > 0.5


def test_later_rows_and_the_order_of_rows_change_nothing():
    answers, orders = shop(np.random.default_rng(9), 400)
    first = after(answers, orders)
    later_answers, later_orders = said((1, "2026-07-01", 1)), bought((1, "2026-07-01"), (2, "2026-07-05"))
    for some, ordered in ((pd.concat([answers, later_answers]), pd.concat([orders, later_orders])),
                          (answers.sample(frac=1, random_state=1), orders.sample(frac=1, random_state=1))):
        again = after(some, ordered)
        pd.testing.assert_frame_equal(again.rows, first.rows)
        assert (again.adjusted, again.customers, again.trend_p_value) == (first.adjusted, first.customers, pytest.approx(first.trend_p_value))


def stated(*customers, day="2025-02-01"):
    return said(*[(customer, day, 1 + customer % 5) for customer in customers], metric="likert")


@pytest.mark.parametrize(("satisfied", "chosen"), [(3, "likert"), (29, "likert"), (30, "csat")])
def test_satisfaction_is_followed_where_thirty_customers_count_by_it_and_else_the_score_with_most(satisfied, chosen):
    orders = bought(*[(customer, "2025-01-01") for customer in range(1, 41)])
    answers = pd.concat([said(*[(customer, "2025-02-01", 4) for customer in range(1, satisfied + 1)]), stated(*range(1, 41))])
    result = after(answers, orders)
    assert result.metric == chosen and result.customers == (40 if chosen == "likert" else 30)


def test_answers_whose_time_is_not_over_do_not_choose_the_score():
    orders = bought(*[(customer, "2025-01-01") for customer in range(1, 41)])
    answers = pd.concat([said(*[(customer, "2026-06-01", 4) for customer in range(1, 41)]), stated(1, 2)])
    assert after(answers, orders).metric == "likert"


def test_what_is_missing_is_told():
    with pytest.raises(NotEnoughData, match="needs orders; up to 2026-06-30 there are 0"):
        after(said((1, "2025-02-01", 5)), bought())
    with pytest.raises(NotEnoughData, match="at least 90 days before"):
        after(said((1, "2026-06-01", 5)), bought((1, "2025-01-01")))
    with pytest.raises(NotEnoughData, match="scores of known customers; there are 0"):
        after(said((0, "2025-02-01", 5)), bought((1, "2025-01-01")))
    with pytest.raises(InvalidInput, match="at least one day"):
        after(said((1, "2025-02-01", 5)), bought((1, "2025-01-01")), horizon_days=0)
    with pytest.raises(InvalidInput, match="no score 'stars'"):
        after(said((1, "2025-02-01", 5)), bought((1, "2025-01-01")), metric="stars")
