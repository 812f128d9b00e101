"""Satisfaction: differences between groups of customers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.analytics.satisfaction.significance import all_tests
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 15)


def grouped(samples, *, scale=(-1e9, 1e9)):
    """One answer a customer; the labels by customer."""
    scores = np.concatenate([np.asarray(sample, dtype=float) for sample in samples.values()])
    label = np.repeat(list(samples), [len(sample) for sample in samples.values()])
    answers = pd.DataFrame(
        {
            "answer_id": np.arange(1, len(scores) + 1),
            "customer_id": np.arange(1, len(scores) + 1),
            "metric": "csat",
            "item": "Overall",
            "score": scores,
            "scale_min": float(scale[0]),
            "scale_max": float(scale[1]),
            "answered_on": np.datetime64("2026-05-20", "us"),
            "comment": None,
        }
    )
    return answers, pd.Series(label, index=answers["customer_id"])


def compare(samples, **choice):
    answers, groups = grouped(samples)
    return satisfaction.compare(answers, as_of=AS_OF, groups=groups, **choice)


def unequal(seed=1):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(3, 0.5, 60), "b": rng.normal(3.6, 1.5, 25), "c": rng.normal(3.1, 1, 40)}


def test_welch_is_the_default_and_agrees_with_scipy():
    from scipy import stats

    samples = unequal()
    result = compare(samples)
    expected = stats.f_oneway(*samples.values(), equal_var=False)
    assert result.test == "welch" and result.note is None
    assert (result.statistic, result.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    row = result.tests.set_index("test").loc["welch"]
    assert stats.f.sf(row["statistic"], row["df_between"], row["df_within"]) == pytest.approx(expected.pvalue)


def test_all_three_tests_are_there_to_choose_from():
    from scipy import stats

    samples = unequal()
    tests = compare(samples, test="kruskal").tests.set_index("test")
    assert tests.loc["classic", "p_value"] == pytest.approx(stats.f_oneway(*samples.values()).pvalue)
    assert tests.loc["kruskal", "p_value"] == pytest.approx(stats.kruskal(*samples.values()).pvalue)
    assert compare(samples, test="kruskal").p_value == tests.loc["kruskal", "p_value"]


@pytest.mark.parametrize(("test", "equal_var"), [("welch", False), ("classic", True)])
def test_pairs_agree_with_scipys_games_howell_and_tukey(test, equal_var):
    from scipy.stats import tukey_hsd

    samples = unequal()
    pairs = compare(samples, test=test).pairs
    expected = tukey_hsd(*samples.values(), equal_var=equal_var)
    interval = expected.confidence_interval()
    upper = np.triu_indices(3, 1)
    assert pairs["p_value"].to_numpy() == pytest.approx(expected.pvalue[upper], abs=1e-7)
    assert pairs["low"].to_numpy() == pytest.approx(interval.low[upper], abs=1e-5)
    assert pairs["high"].to_numpy() == pytest.approx(interval.high[upper], abs=1e-5)
    assert pairs["different"].tolist() == (expected.pvalue[upper] < 0.05).tolist()


def test_a_planted_difference_is_found_and_the_equal_pair_is_not():
    rng = np.random.default_rng(0)
    result = compare({"x": rng.normal(3, 1, 80), "y": rng.normal(3, 1, 80), "z": rng.normal(4.5, 1, 80)})
    told = {(row.group_a, row.group_b): row.different for row in result.pairs.itertuples()}
    assert result.different and not result.few
    assert told == {("x", "y"): False, ("x", "z"): True, ("y", "z"): True}
    assert 0.2 < result.omega_squared < result.eta_squared < 0.6


def test_a_group_of_one_is_left_out_and_said():
    result = compare({"many": [1, 2, 3, 4], "more": [2, 3, 4, 5], "alone": [5]})
    assert result.left_out == ("alone",)
    row = result.groups.set_index("group").loc["alone"]
    assert row["n"] == 1 and not row["compared"] and np.isnan(row["standard_deviation"])
    assert len(result.pairs) == 1


def test_equal_scores_are_no_comparison():
    with pytest.raises(NotEnoughData, match="All 6 customers gave the same score, 4"):
        compare({"a": [4, 4, 4], "b": [4, 4, 4]})


def test_a_group_that_agrees_exactly_is_compared_by_ranks():
    result = compare({"a": [5] * 10, "b": [1, 2, 3, 2, 1, 2, 3, 4, 2, 1]})
    assert result.test == "kruskal" and "equal in a" in result.note
    assert result.different and result.pairs["different"].tolist() == [True]
    assert np.isnan(result.tests.set_index("test").loc["welch", "statistic"])


def test_groups_that_each_agree_exactly_still_get_an_answer():
    result = compare({"a": [5] * 5, "b": [1] * 5})
    assert result.test == "kruskal" and result.different
    assert result.eta_squared == pytest.approx(1)
    classic = compare({"a": [5] * 5, "b": [1] * 5, "c": [3, 4]}, test="classic")
    assert classic.pairs["p_value"].notna().all()


def test_fewer_than_two_groups_are_said_with_their_number():
    with pytest.raises(NotEnoughData, match="there are 1 among 2"):
        compare({"a": [1, 2, 3], "b": [4]})


def test_several_answers_of_one_customer_count_once():
    answers, groups = grouped({"a": [1, 2, 3, 4], "b": [3, 4, 5, 5]}, scale=(1, 5))
    twice = pd.concat([answers, answers])
    one = satisfaction.compare(answers, as_of=AS_OF, groups=groups)
    two = satisfaction.compare(twice, as_of=AS_OF, groups=groups)
    assert two.p_value == one.p_value and two.groups["n"].tolist() == [4, 4]


def test_unknown_customers_and_those_without_a_group_are_not_compared():
    answers, groups = grouped({"a": [1, 2, 3, 4], "b": [3, 4, 5, 5]}, scale=(1, 5))
    answers.loc[0, "customer_id"] = 0
    groups.loc[8] = None
    result = satisfaction.compare(answers, as_of=AS_OF, groups=groups)
    assert result.groups["n"].tolist() == [3, 3] and result.ungrouped == 1


def test_impossible_choices_are_refused():
    answers, groups = grouped({"a": [1, 2, 3], "b": [3, 4, 5]}, scale=(1, 5))
    for choice in ({"metric": "joy"}, {"test": "guess"}):
        with pytest.raises(InvalidInput, match="There is no"):
            satisfaction.compare(answers, as_of=AS_OF, groups=groups, **choice)
    with pytest.raises(InvalidInput, match="in a group twice"):
        satisfaction.compare(answers, as_of=AS_OF, groups=pd.concat([groups, groups[:1]]))
    many, labels = grouped({f"g{index:02}": [1, 2] for index in range(21)}, scale=(1, 5))
    with pytest.raises(InvalidInput, match="21 groups"):
        satisfaction.compare(many, as_of=AS_OF, groups=labels)


def test_measure_keeps_its_scores_where_groups_cannot_be_compared():
    answers, groups = grouped({"a": [1, 2, 3]}, scale=(1, 5))
    result = satisfaction.measure(answers, as_of=AS_OF, groups=groups)
    assert result.csat.n == 3 and result.comparison is None
    assert "there are 1" in result.comparison_missing


def test_answers_after_as_of_do_not_move_the_comparison():
    answers, groups = grouped({"a": [1, 2, 3, 4], "b": [3, 4, 5, 5]}, scale=(1, 5))
    later = answers.assign(score=1.0, answered_on=np.datetime64("2026-06-16", "us"))
    one = satisfaction.compare(answers, as_of=AS_OF, groups=groups)
    two = satisfaction.compare(pd.concat([later, answers]), as_of=AS_OF, groups=groups)
    assert two.p_value == one.p_value
    pd.testing.assert_frame_equal(one.groups, two.groups)


def test_welch_keeps_its_promise_where_spreads_and_sizes_differ_and_the_classic_f_does_not():
    rng = np.random.default_rng(11)
    alarms = {"welch": 0, "classic": 0}
    for _ in range(300):
        tests = all_tests([rng.normal(0, 1, 60), rng.normal(0, 4, 12), rng.normal(0, 2, 20)]).set_index(
            "test"
        )
        for test in alarms:
            alarms[test] += tests.loc[test, "p_value"] < 0.05
    assert alarms["welch"] / 300 < 0.09 < 0.15 < alarms["classic"] / 300
