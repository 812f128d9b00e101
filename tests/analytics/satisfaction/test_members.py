"""Members of groups: who counts, how often, and how somebody who is in several groups is dealt with."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm.analytics.satisfaction import glance, members, significance
from crm.analytics.satisfaction.groups import compare_labels
from crm.analytics.satisfaction.robust import group_means, pair_errors, wald
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 15)


def answers(customer, score, *, form=None, on="2026-05-20", scale=(1, 5)):
    n = len(customer)
    return pd.DataFrame({
        "answer_id": np.arange(1, n + 1), "response": np.arange(n) if form is None else form, "customer_id": customer,
        "metric": "csat", "item": "Overall", "score": np.asarray(score, dtype=float), "scale_min": float(scale[0]),
        "scale_max": float(scale[1]), "answered_on": np.datetime64(on, "us")})


def counted(frame):
    return members.count(frame, as_of=AS_OF, metric="csat")


def labelled(frame, names):
    return members.of_answers(counted(frame), pd.Series(names, dtype=object))


def test_a_customer_counts_once_in_each_group_with_the_mean_of_his_answers_there():
    frame = answers([1, 1, 1, 2, 2], [2, 4, 5, 1, 3])
    got = members.gather(counted(frame), labelled(frame, ["tea", "tea", "cup", "cup", "cup"]))
    assert got.names == ("cup", "tea")
    assert got.group.tolist() == [0, 0, 1] and got.score.tolist() == [5, 2, 3]


def test_an_anonymous_form_is_a_person_by_itself_and_told():
    frame = answers([0, 0, 0, 7], [2, 4, 5, 1], form=[0, 0, 1, 2])
    got = members.gather(counted(frame), labelled(frame, ["tea"] * 4))
    assert got.score.tolist() == [1, 5, 3] or sorted(got.score) == [1, 3, 5]
    assert got.anonymous == 2


def test_groups_of_customers_leave_the_anonymous_and_the_unlabelled_out():
    frame = answers([0, 1, 2, 3], [2, 4, 5, 1])
    labels = members.of_customers(counted(frame), pd.Series({1: "a", 2: None, 9: "z"}))
    got = members.gather(counted(frame), labels)
    assert got.names == ("a",) and got.score.tolist() == [4] and got.ungrouped == 2 and got.anonymous == 0


def test_the_order_of_rows_and_later_answers_change_nothing():
    rng = np.random.default_rng(0)
    frame = answers(rng.integers(1, 40, 200), rng.integers(1, 6, 200) + 0.1)
    names = pd.Series(rng.choice(["a", "b", "c"], 200), dtype=object)
    late = answers([3, 4], [1, 1], on="2026-06-16")
    mixed = rng.permutation(200)
    one = compare_labels(counted(frame), members.of_answers(counted(frame), names), metric="csat")
    turned = pd.concat([late, frame.iloc[mixed]], ignore_index=True)
    turned_names = pd.concat([pd.Series(["a", "b"], dtype=object), names.iloc[mixed]], ignore_index=True)
    two = compare_labels(counted(turned), members.of_answers(counted(turned), turned_names), metric="csat")
    pd.testing.assert_frame_equal(one.tests, two.tests, check_exact=True)
    pd.testing.assert_frame_equal(one.pairs, two.pairs)


def test_small_groups_are_left_out_or_joined_and_named_either_way():
    frame = answers(np.arange(1, 31), np.tile([1, 2, 3, 4, 5], 6))
    labels = members.of_customers(counted(frame), pd.Series(["a"] * 12 + ["b"] * 12 + ["c"] * 3 + ["d"] * 3, index=range(1, 31)))
    out = compare_labels(counted(frame), labels, metric="csat", fewest=5)
    assert out.left_out == ("c", "d") and out.joined == () and out.groups["group"].tolist() == ["a", "b"]
    joined = compare_labels(counted(frame), labels, metric="csat", fewest=5, others="the rest")
    assert joined.joined == ("c", "d") and joined.left_out == ()
    assert joined.groups.set_index("group").loc["the rest", "n"] == 6
    with pytest.raises(NotEnoughData, match="there are 0 among 4 groups"):
        compare_labels(counted(frame), labels, metric="csat", fewest=100)
    with pytest.raises(InvalidInput, match="no spread"):
        compare_labels(counted(frame), labels, metric="csat", fewest=1)


def test_of_more_than_twenty_groups_the_largest_are_compared():
    customer = np.arange(1, 301)
    frame = answers(customer, np.tile([1, 2, 3, 4, 5], 60))
    labels = members.of_customers(counted(frame), pd.Series([f"g{one % 25:02}" for one in customer], index=customer))
    found = compare_labels(counted(frame), labels, metric="csat")
    assert len(found.groups) == 20 and len(found.left_out) == 5
    joined = compare_labels(counted(frame), labels, metric="csat", others="g00")  # a name that is taken
    assert len(joined.groups) == 20 and joined.groups["group"].is_unique and len(joined.joined) == 6


def paired(scores):
    """Members of groups in which everybody is in each group: scores persons x groups."""
    persons, k = scores.shape
    return members.Members(np.tile(np.arange(persons), k), np.repeat(np.arange(k), persons), scores.T.ravel(),
                           tuple("abcdefgh"[:k]), -9, 9, 0, 0)


def test_two_groups_of_the_same_people_are_the_paired_t_test():
    rng = np.random.default_rng(1)
    scores = rng.normal(0, 1, (25, 1)) + rng.normal([0, 0.4], 0.5, (25, 2))
    groups = group_means(paired(scores))
    error, df = pair_errors(groups)
    expected = stats.ttest_rel(scores[:, 0], scores[:, 1])
    assert (scores[:, 0].mean() - scores[:, 1].mean()) / np.sqrt(error[0]) == pytest.approx(expected.statistic)
    assert df[0] == pytest.approx(24)
    found = wald(np.array([[1.0, -1.0]]), groups)
    assert found.statistic == pytest.approx(expected.statistic**2)


def test_without_anybody_in_two_groups_the_pairs_are_those_of_welch():
    rng = np.random.default_rng(2)
    scores = rng.normal(0, 1, 30)
    group = np.repeat([0, 1], [10, 20])
    error, df = pair_errors(group_means(members.Members(np.arange(30), group, scores, ("a", "b"), -9, 9, 0, 0)))
    expected = stats.ttest_ind(scores[:10], scores[10:], equal_var=False)
    assert (scores[:10].mean() - scores[10:].mean()) / np.sqrt(error[0]) == pytest.approx(expected.statistic)
    assert df[0] == pytest.approx(expected.df)


def test_people_in_several_groups_neither_raise_false_alarms_nor_hide_a_difference():
    rng = np.random.default_rng(5)
    rule = significance.each_against_the_last(4)
    alarms, found, welch = 0, 0, 0
    for _ in range(150):
        inside = rng.random((70, 4)) < [0.9, 0.5, 0.3, 0.6]
        person, group = np.nonzero(inside)
        noise = np.sqrt(0.7) * rng.normal(size=70)[person] + np.sqrt(0.3) * rng.normal(size=len(person))
        score = noise * np.array([1, 1, 2, 1.5])[group]
        order = np.lexsort((person, group))
        for shift in (0.0, 0.5):
            got = members.Members(person[order], group[order], (score + shift * (group == 1))[order], tuple("abcd"), -9, 9, 0, 0)
            is_sure = wald(rule, group_means(got)).p_value < 0.05
            alarms += is_sure and not shift
            found += is_sure and bool(shift)
            welch += bool(shift) and stats.f_oneway(*got.samples().values(), equal_var=False).pvalue < 0.05
    assert 0 < alarms / 150 < 0.1
    assert found / 150 > welch / 150 + 0.2  # Welch takes them for different people and misses it


def test_the_comparison_says_who_is_in_several_groups_and_uses_it():
    rng = np.random.default_rng(6)
    person = np.tile(np.arange(1, 41), 2)
    score = np.clip(np.rint(rng.normal(3, 1, 40)[person - 1] + np.repeat([0, 0.3], 40) + rng.normal(0, 0.3, 80)), 1, 5)
    frame = answers(person, score)
    found = compare_labels(counted(frame), labelled(frame, ["first"] * 40 + ["second"] * 40), metric="csat")
    assert found.checked.in_several == 40 and found.checked.many_in_several
    expected = stats.ttest_rel(score[:40], score[40:])
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.pairs.loc[0, "p_value"] == pytest.approx(expected.pvalue, rel=1e-3)
    assert found.tests.set_index("test").loc["classic", "p_value"] > found.p_value


def test_many_small_groups_of_lopsided_scores_are_told_by_shuffling(monkeypatch):
    monkeypatch.setattr(significance, "SHUFFLES", 199)
    rng = np.random.default_rng(3)
    alarms, formula = 0, 0
    for _ in range(250):
        samples = [rng.choice(5, 12, p=[0.03, 0.05, 0.12, 0.35, 0.45]) + 1.0 for _ in range(15)]
        if any(np.ptp(sample) == 0 for sample in samples):
            continue
        statistic = significance.welch_statistics(np.concatenate(samples)[None], np.full(15, 12))[0]
        formula += stats.f.sf(statistic, 14, significance.welch_df(samples)) < 0.05
        alarms += significance.shuffled(samples, random_state=0) < 0.05
    assert 0.01 < alarms / 250 < 0.09 < formula / 250


def test_the_shuffled_statistic_is_welchs_and_the_same_each_time():
    rng = np.random.default_rng(9)
    samples = [rng.normal(0, 1, 12), rng.normal(0, 2, 20), rng.normal(2, 1, 9)]
    row = np.concatenate(samples)[None]
    assert significance.welch_statistics(row, np.array([12, 20, 9]))[0] == pytest.approx(
        stats.f_oneway(*samples, equal_var=False).statistic)
    one, two = (significance.all_tests(samples, random_state=0) for _ in range(2))
    assert one.equals(two) and one.set_index("test").loc["welch", "p_value"] < 0.01


def test_large_groups_are_not_shuffled():
    samples = [np.tile([1.0, 2, 3], 11), np.tile([1.0, 2, 4], 11)]
    assert significance.all_tests(samples, random_state=0).equals(significance.all_tests(samples))


def test_ranks_of_all_pairs_at_once_are_scipys():
    rng = np.random.default_rng(4)
    samples = {"a": rng.integers(1, 6, 20).astype(float), "b": rng.integers(2, 6, 33).astype(float), "c": rng.normal(3, 1, 6)}
    expected = [stats.mannwhitneyu(samples[one], samples[two]).pvalue for one, two in (("a", "b"), ("a", "c"), ("b", "c"))]
    assert significance.rank_p_values(samples) == pytest.approx(expected)


def test_the_glance_puts_what_explains_most_first_and_corrects_for_looking_at_much():
    rng = np.random.default_rng(8)
    customer = np.arange(1, 241)
    half = np.where(customer % 2, "odd", "even")
    frame = answers(customer, np.clip(np.rint(rng.normal(3, 1, 240) + (half == "odd")), 1, 5))
    got = counted(frame)
    ways = {f"chance {number}": pd.Series(rng.choice(["x", "y", "z"], 240), index=customer) for number in range(12)}
    ways |= {"halves": pd.Series(half, index=customer), "nobody": pd.Series(["alone"] + [None] * 239, index=customer)}
    table = glance.at_a_glance(got, {name: members.of_customers(got, series) for name, series in ways.items()})
    top = table.iloc[0]
    assert len(table) == 13 and (top["grouping"], top["happiest"], top["least_happy"]) == ("halves", "odd", "even")
    assert top["different"] and not table["different"][1:].any()
    assert (table["q_value"] >= table["p_value"]).all()
